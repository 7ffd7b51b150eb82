"""Reading HTML: text by element, with the marks that elements carry as attributes."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

from lxml import etree
from lxml import html as parser

from surveytrail.auditing.content import Block, Mark, Picture, Rendering, joined
from surveytrail.auditing.tokens import squeezed

BLOCKS = {
    "p",
    "div",
    "li",
    "dt",
    "dd",
    "td",
    "th",
    "caption",
    "figcaption",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "title",
    "summary",
    "blockquote",
    "pre",
    "section",
    "header",
    "nav",
    "main",
    "aside",
    "ul",
    "ol",
    "dl",
    "table",
    "tr",
    "figure",
    "details",
    "tbody",
    "thead",
    "body",
    "footer",
    "button",
    "option",
    "label",
}
UNREAD = {"script", "style", "template", "noscript"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
SPOKEN = (
    "alt",
    "title",
    "aria-label",
    "aria-description",
    "placeholder",
    "data-copy",
    "data-copied",
    "data-close",
    "data-entry-label",
    "data-label",
    "summary",
)
KINDS = (
    "num",
    "value-of",
    "label-of",
    "param",
    "codebook",
    "quote",
    "segment",
    "claim",
    "word",
    "colophon",
    "made",
    "waive",
)
SVG = "{http://www.w3.org/2000/svg}"
Which = tuple[Mark, object]


def read_html(path: Path) -> Rendering:
    """Read an HTML document."""
    tree = parser.fromstring(path.read_bytes())
    rendering = Rendering(path.stem, "html", (tree.get("lang") or "")[:2])
    _Walk(rendering).walk(tree)
    for meta in tree.iter("meta"):
        name, content = meta.get("name"), meta.get("content")
        if name not in {None, "viewport", "generator", "color-scheme"} and content:
            rendering.blocks.append(Block(f"metadata '{name}'", joined([(content, None, 0)])))
    rendering.entries = [str(entry.get("data-entry")) for entry in tree.iter() if _has(entry, "st-entry")]
    rendering.tables = [
        [[squeezed("".join(map(str, cell.itertext()))) for cell in row.iter("td", "th")] for row in table.iter("tr")]
        for table in tree.iter("table")
    ]
    return rendering


class _Walk:
    """One way through the tree: a block ends where a block-level element begins or ends."""

    def __init__(self, rendering: Rendering) -> None:
        self.rendering = rendering
        self.pieces: list[tuple[str, Mark | None, object]] = []
        self.section: list[tuple[int, str, bool]] = []
        self.tag = "text"

    def walk(self, element: parser.HtmlElement, mark: Which | None = None, entry: str = "") -> None:
        """Read an element and what is in it."""
        if not isinstance(element.tag, str) or element.tag in UNREAD:
            return
        tag = element.tag.removeprefix(SVG)
        self._spoken(element)
        if tag in {"img", "svg"}:
            self.rendering.pictures.append(_picture(element, self._place(tag)))
            return
        if tag == "div" and element.get("data-entry"):
            entry = element.get("data-entry")
        found = _mark(element, entry)
        if found is not None:
            mark = (found, element)
        if tag in BLOCKS:
            self._flush()
            self.tag = tag
        if tag in HEADINGS:
            level = int(tag[1])
            self.section = [part for part in self.section if part[0] < level]
            holder = element.getparent()
            spared = _has(element, "methods") or (holder is not None and _has(holder, "methods"))
            self.section.append((level, squeezed(element.text_content()), spared))
        self._add(element.text, mark)
        for child in element:
            self.walk(child, mark, entry)
            self._add(child.tail, mark)
        if tag in BLOCKS:
            self._flush()

    def _add(self, text: str | None, mark: Which | None) -> None:
        if text:
            self.pieces.append((text, mark[0] if mark else None, mark[1] if mark else None))

    def _flush(self) -> None:
        if any(text.strip() for text, _, _ in self.pieces):
            self.rendering.blocks.append(self._block(self._place(self.tag), self.pieces))
        self.pieces = []

    def _block(self, place: str, pieces: list[tuple[str, Mark | None, object]]) -> Block:
        sections = tuple(title for _, title, _ in self.section)
        return Block(place, joined(pieces), sections, not any(spared for _, _, spared in self.section))

    def _spoken(self, element: parser.HtmlElement) -> None:
        for name in SPOKEN:
            text = element.get(name)
            if text and not (element.tag == "img" and text == element.get("alt")):
                mark = Mark("made", "back") if _has(element, "st-back") else None
                if element.get("id") == "data-status":
                    mark = Mark("word", "notice")
                self.rendering.blocks.append(self._block(self._place(f"{element.tag} {name}"), [(text, mark, 0)]))

    def _place(self, what: str) -> str:
        return f"{what}, section '{self.section[-1][1]}'" if self.section else what


def _has(element: parser.HtmlElement, name: str) -> bool:
    return isinstance(element.tag, str) and name in (element.get("class") or "").split()


def _mark(element: parser.HtmlElement, entry: str) -> Mark | None:
    """Return what an element says of its text; an entry's fields are told apart by the entry that they stand in."""
    for kind in KINDS:
        key = element.get(f"data-{kind}")
        if key is not None and (kind != "label" or element.tag == "span"):
            return Mark(kind, key, element.get("data-show") or "")
    if entry and element.get("data-field"):
        return Mark("field", entry, str(element.get("data-field")))
    tag, identifier = element.tag, element.get("id")
    if _has(element, "st-id"):
        return Mark("field", entry, "id")
    if tag == "a" and _has(element, "footnote-ref"):
        return Mark("made", "footnote")
    if tag == "a" and (
        element.get("role") == "doc-biblioref" or _has(element, "quarto-xref") or _has(element, "st-ref")
    ):
        target = (element.get("href") or "").removeprefix("#")
        return Mark("made", "citation", target) if target.startswith("ref-") else Mark("made", "reference", target)
    if tag == "a" and (element.get("href") or "") == squeezed(element.text_content()):
        return Mark("made", "address")
    if _has(element, "header-section-number") or _has(element, "toc-section-number"):
        return Mark("made", "section")
    if _has(element, "st-caption-number"):
        return Mark("made", "caption")
    if identifier == "refs":
        return Mark("made", "references")
    if identifier == "data-status":
        return Mark("word", "notice")
    if _has(element, "st-series"):
        return Mark("param", "study.title")
    if identifier == "TOC":
        return Mark("made", "contents")
    return None


def _picture(element: parser.HtmlElement, place: str) -> Picture:
    """Return a picture: an SVG in the page, or an image whose data the page carries."""
    if element.tag.removeprefix(SVG) == "svg":
        return Picture(place, _described(element), None, tuple(_svg_texts(element)), _svg_name(element))
    source, alt = element.get("src") or "", element.get("alt") or ""
    if not source.startswith("data:"):
        return Picture(place, alt, None, None, source)
    head, _, data = source.partition(",")
    content = base64.b64decode(data) if head.endswith(";base64") else unquote_to_bytes(data)
    texts = None
    if "svg" in head:
        texts = tuple(_svg_texts(etree.fromstring(content)))
    return Picture(place, alt, hashlib.sha256(content).hexdigest(), texts)


def _svg_texts(svg: etree._Element) -> Iterator[str]:
    for element in svg.iter():
        if isinstance(element.tag, str) and etree.QName(element).localname == "text":
            # spaces inside numbers are kept as they are
            yield re.sub(r"[ \t\r\n]+", " ", "".join(map(str, element.itertext()))).strip()


def _described(svg: parser.HtmlElement) -> str:
    return next(
        (
            squeezed(part.text_content())
            for part in svg.iter()
            if isinstance(part.tag, str) and part.tag.endswith("desc")
        ),
        "",
    )


def _svg_name(svg: parser.HtmlElement) -> str:
    named = (svg.get("aria-labelledby") or "").split()
    return named[0].removesuffix("-t") if named else ""
