"""Reading DOCX: runs of paragraphs, with the marks that bookmarks and links put around them."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from lxml import etree

from surveytrail.auditing.content import Block, Mark, Picture, Rendering, joined
from surveytrail.auditing.tokens import squeezed

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
TEXT_PARTS = re.compile(r"word/(?:document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml")
PROPERTY_PARTS = ("docProps/core.xml", "docProps/custom.xml")
UNREAD_PROPERTIES = {"created", "modified", "revision", "language", "lastModifiedBy", "lastPrinted"}
MARKED = re.compile(r"(?P<name>m-[0-9a-f]{12})-\d+|(?P<field>f-[0-9a-f]{12}-\w+)")
NUMBER = re.compile(r"n-[0-9a-f]{12}")
TARGET = re.compile(r"(?:ref|fig|tbl|sec|quarto)-")
KNOWN_PROPERTIES = {"data-status": Mark("word", "notice"), "study-title": Mark("param", "study.title")}


def mark_digest(mark: Mark) -> str:
    """Return what the bookmarks of a mark begin with: names are short there, so that it is a digest."""
    shown = f"{mark.kind}:{mark.key}" + (f"#{mark.show}" if mark.show else "")
    return "m-" + hashlib.sha1(shown.encode(), usedforsecurity=False).hexdigest()[:12]


def field_name(anchor: str, name: str) -> str:
    """Return the bookmark of a field of the entry that has an anchor."""
    return f"f{anchor.removeprefix('n')}-{name}"


def read_docx(path: Path, known: Mapping[str, Mark]) -> Rendering:
    """Read a DOCX document.

    Parameters
    ----------
    known : every mark that a document of this study can carry, by the name of its bookmark
    """
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    core = etree.fromstring(parts["docProps/core.xml"])
    language = next((str(text) for text in core.itertext("{*}language")), "")
    rendering = Rendering(path.stem, "docx", (language or "")[:2])
    for name in sorted(parts):
        if TEXT_PARTS.fullmatch(name):
            _Part(rendering, name, parts, known).read()
    for name in PROPERTY_PARTS:
        if name in parts:
            _properties(rendering, name, etree.fromstring(parts[name]))
    return rendering


class _Part:
    """One part of the archive: its paragraphs in order, and the bookmarks that are open."""

    def __init__(self, rendering: Rendering, name: str, parts: Mapping[str, bytes], known: Mapping[str, Mark]) -> None:
        self.rendering, self.name, self.parts, self.known = rendering, name, parts, known
        self.targets = _relations(name, parts)
        self.open: dict[str, tuple[str, Mark | None]] = {}
        self.section: list[tuple[int, str]] = []
        self.count = 0

    def read(self) -> None:
        """Read the whole part."""
        root = etree.fromstring(self.parts[self.name])
        for element in root.iter(f"{W}p", f"{W}bookmarkStart", f"{W}bookmarkEnd"):
            inside = any(parent.tag == f"{W}p" for parent in element.iterancestors())
            if element.tag == f"{W}p":
                self._paragraph(element)
            elif not inside:
                self._bookmark(element)
        for table in root.iter(f"{W}tbl"):
            rows = [[squeezed("".join(_shown(cell))) for cell in row.iter(f"{W}tc")] for row in table.iter(f"{W}tr")]
            self.rendering.tables.append(rows)

    def _paragraph(self, paragraph: etree._Element) -> None:
        self.count += 1
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        named = str(style.get(f"{W}val")) if style is not None else ""
        heading = re.fullmatch(r"Heading(\d)", named)
        text = squeezed("".join(_shown(paragraph)))
        if heading:
            level = int(heading.group(1))
            self.section = [*(part for part in self.section if part[0] < level), (level, text)]
        where = f", section '{self.section[-1][1]}'" if self.section else ""
        place = f"{self.name.removeprefix('word/')} paragraph {self.count}{where}"
        pieces: list[tuple[str, Mark | None, object]] = []
        entries = len(self.rendering.entries)
        self._runs(paragraph, None, pieces, place)
        if named == "AuditHeadNext":
            self.rendering.following |= set(self.rendering.entries[entries:])
        if any(part.strip() for part, _, _ in pieces):
            self.rendering.blocks.append(Block(place, joined(pieces), tuple(title for _, title in self.section)))

    def _runs(
        self,
        element: etree._Element,
        link: tuple[Mark, object] | None,
        pieces: list[tuple[str, Mark | None, object]],
        place: str,
    ) -> None:
        for child in element:
            if child.tag in {f"{W}bookmarkStart", f"{W}bookmarkEnd"}:
                self._bookmark(child)
            elif child.tag == f"{W}hyperlink":
                self._runs(child, self._link(child) or link, pieces, place)
            elif child.tag == f"{W}fldSimple":
                self._runs(child, (Mark("made", "page"), child), pieces, place)
            elif child.tag in {f"{W}t", f"{W}delText"}:
                mark, which = link if link is not None else self._innermost(child.text or "")
                pieces.append((child.text or "", mark, which))
            elif child.tag in {f"{W}br", f"{W}tab", f"{W}cr"}:
                pieces.append((" ", None, None))
            elif child.tag == f"{W}drawing":
                self._drawing(child, place)
            elif child.tag not in {f"{W}pPr", f"{W}rPr", f"{W}p"}:
                self._runs(child, link, pieces, place)

    def _bookmark(self, element: etree._Element) -> None:
        identifier = element.get(f"{W}id", "")
        if element.tag == f"{W}bookmarkEnd":
            self.open.pop(identifier, None)
            return
        name = element.get(f"{W}name", "")
        match = MARKED.fullmatch(name)
        if match:
            self.open[identifier] = (name, self.known.get(match["name"] or match["field"], Mark("unknown", name)))
        elif name == "refs":
            self.open[identifier] = (name, Mark("made", "references"))
        if NUMBER.fullmatch(name):
            self.rendering.entries.append(name)

    def _innermost(self, text: str) -> tuple[Mark | None, object]:
        if not self.open:
            if self.name.startswith("word/header"):
                return Mark("word", "notice"), None
            if self.name.startswith("word/footer") and text.strip(" /"):
                return Mark("param", "study.title"), None
            return None, None
        name, mark = list(self.open.values())[-1]
        return mark, name

    def _link(self, element: etree._Element) -> tuple[Mark, object] | None:
        anchor = element.get(f"{W}anchor", "")
        if NUMBER.fullmatch(anchor):
            return Mark("num", anchor), element
        if TARGET.match(anchor):
            return Mark("made", "citation" if anchor.startswith("ref-") else "reference", anchor), element
        target = self.targets.get(element.get(f"{R}id", ""))
        if target is not None and target == squeezed("".join(_shown(element))):
            return Mark("made", "address"), element
        return None

    def _drawing(self, drawing: etree._Element, place: str) -> None:
        described = drawing.find(f".//{WP}docPr")
        alt = (described.get("descr") or "") if described is not None else ""
        for blip in drawing.iter(f"{A}blip"):
            target = self.targets.get(blip.get(f"{R}embed", ""), "")
            content = self.parts.get(f"word/{target}")
            digest = hashlib.sha256(content).hexdigest() if content is not None else None
            self.rendering.pictures.append(Picture(place, alt, digest, None, target))


def _shown(element: etree._Element) -> list[str]:
    return [part.text or "" if part.tag == f"{W}t" else " " for part in element.iter(f"{W}t", f"{W}tab", f"{W}br")]


def _relations(name: str, parts: Mapping[str, bytes]) -> dict[str, str]:
    folder, _, file = name.rpartition("/")
    content = parts.get(f"{folder}/_rels/{file}.rels")
    if content is None:
        return {}
    return {str(found.get("Id")): str(found.get("Target")) for found in etree.fromstring(content)}


def _properties(rendering: Rendering, name: str, root: etree._Element) -> None:
    for element in root:
        kind = element.get("name") or etree.QName(element).localname
        text = "".join(map(str, element.itertext()))
        repeated = any(squeezed(block.text) == squeezed(text) for block in rendering.blocks)
        if text.strip() and kind not in UNREAD_PROPERTIES and not repeated:  # a title is judged where it is printed
            rendering.blocks.append(Block(f"{name} '{kind}'", joined([(text, KNOWN_PROPERTIES.get(kind), 0)])))
