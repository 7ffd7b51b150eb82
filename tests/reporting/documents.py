"""Reading rendered documents what is printed in them, linked and anchored."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pypdfium2

from surveyspec.identifiers import short_anchor

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
VOID = {"meta", "link", "img", "br", "hr", "input", "col"}


@dataclass
class Element:
    """An HTML element with its parent."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.children)

    def all(self, tag: str | None = None, **attributes: str) -> list[Element]:
        """Return descendants by tag and by attributes (``class_`` is one of the classes, ``data_num`` is data-num)."""
        return [found for found in self._walk() if found.matches(tag, attributes)]

    def one(self, tag: str | None = None, **attributes: str) -> Element:
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} of {tag} {attributes}"
        return found[0]

    def matches(self, tag: str | None, attributes: dict[str, str]) -> bool:
        if tag is not None and self.tag != tag:
            return False
        for name, value in attributes.items():
            if name == "class_":
                if value not in self.attributes.get("class", "").split():
                    return False
            elif self.attributes.get(name.replace("_", "-")) != value:
                return False
        return True

    def inside(self, tag: str | None = None, **attributes: str) -> bool:
        return self.parent is not None and (
            self.parent.matches(tag, attributes) or self.parent.inside(tag, **attributes)
        )

    def _walk(self) -> Iterator[Element]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child._walk()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("document", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(made)
        if tag not in VOID:
            self.at = made

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        while self.at.tag != tag and self.at.parent is not None:
            self.at = self.at.parent
        self.at = self.at.parent or self.root

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


def read_html(path: Path) -> Element:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.root


@dataclass(frozen=True)
class Docx:
    """Texts, links and anchors of a DOCX document."""

    text: str
    links: list[str]
    bookmarks: list[str]
    header: str
    footer: str
    headers_used: int
    parts: list[str]


def read_docx(path: Path) -> Docx:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        parts = {name: archive.read(name).decode() for name in names if name.endswith(".xml")}
    trees = [ElementTree.fromstring(parts[name]) for name in ("word/document.xml", "word/footnotes.xml")]
    header = next(text for name, text in parts.items() if re.fullmatch(r"word/header\d*\.xml", name))
    footer = next(text for name, text in parts.items() if re.fullmatch(r"word/footer\d*\.xml", name))
    return Docx(
        text="\n".join("".join(run.text or "" for run in paragraph.iter(f"{WORD}t"))
                       for tree in trees for paragraph in tree.iter(f"{WORD}p")),
        links=[link.attrib[f"{WORD}anchor"] for tree in trees for link in tree.iter(f"{WORD}hyperlink")
               if f"{WORD}anchor" in link.attrib],
        bookmarks=[mark.attrib[f"{WORD}name"] for tree in trees for mark in tree.iter(f"{WORD}bookmarkStart")],
        header="".join(ElementTree.fromstring(header).itertext()),
        footer="".join(ElementTree.fromstring(footer).itertext()),
        headers_used=len(list(trees[0].iter(f"{WORD}headerReference"))),
        parts=names,
    )  # fmt: skip


def pdf_destinations(path: Path) -> set[str]:
    """Return the anchors of entries that links of a PDF lead to."""
    return {name.decode() for name in re.findall(rb"/Dest\s*\((n-[0-9a-f]{12})\)", path.read_bytes())}


def pdf_texts(path: Path) -> list[str]:
    """Return the text of each page of a PDF."""
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path)]


def pdf_entries(path: Path) -> dict[str, list[int]]:
    """Return the pages on which, as its entry says, each number of a PDF is printed."""
    _, *entries = "".join(pdf_texts(path)).split("trail trace ")
    return {short_anchor(entry.split()[0]): [int(page) for page in re.findall(r"\u21a9\ufe0e? \S+\s(\d+)", entry)]
            for entry in entries}  # fmt: skip


def pdf_links(path: Path) -> dict[str, list[int]]:
    """Return the pages before the appendix, in order, on which links of a PDF lead to each anchor of an entry."""
    content = path.read_bytes()
    objects = {int(name): text for name, text in re.findall(rb"\n(\d+) 0 obj(.*?)endobj", content, re.DOTALL)}
    pages = next(text for text in objects.values() if re.search(rb"/Type\s*/Pages\b", text))
    appendix = next(number for number, text in enumerate(pdf_texts(path)) if "trail trace " in text)  # begins a page
    found: dict[str, list[int]] = {}
    for number, page in enumerate(re.findall(rb"(\d+) 0 R", pages)[:appendix], 1):
        annotations = re.search(rb"/Annots\s*\[(.*?)\]", objects[int(page)], re.DOTALL)
        for reference in re.findall(rb"(\d+) 0 R", annotations.group(1) if annotations else b""):
            for name in re.findall(rb"/Dest\s*\((n-[0-9a-f]{12})\)", objects[int(reference)]):
                if number not in found.setdefault(name.decode(), []):
                    found[name.decode()].append(number)
    return found
