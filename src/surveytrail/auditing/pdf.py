"""Reading PDF: glyphs with their places, links over them, and the list of marks that the document carries with it.

A number is told by the rectangle of its link alone. What else is marked stands in an attached list of places: where the
text of a mark begins and ends. Neither is believed for what it says: the glyphs between are what is judged.
"""

from __future__ import annotations

import ctypes
import json
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from surveytrail.auditing.content import Block, Mark, Picture, Piece, Rendering, joined

MARKS = "marks.json"
NUMBER = re.compile(r"n-[0-9a-f]{12}")
NEAR = 0.7  # points: how far a glyph's origin may lie from the place of a mark
BROKEN_WORD = {0xFFFE, 0x02, 0xAD}  # how a hyphen at the end of a line is read
JOINER = 0x200D
Point = tuple[int, float, float]


@dataclass(slots=True)
class Glyph:
    """A character as it is read, its origin from the top left corner, and what is known of it."""

    text: str
    page: int
    x: float
    y: float
    made_up: bool
    mark: Mark | None = None
    which: object = None


@dataclass
class Stretch:
    """A mark with the places where its text begins and ends; a region is a block as wide as the page."""

    mark: Mark
    start: Point
    end: Point
    region: bool
    order: int


@dataclass
class Lines:
    """The glyphs of all pages by page and line, for looking up places."""

    glyphs: list[Glyph]
    by_line: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for index, glyph in enumerate(self.glyphs):
            if not glyph.made_up:
                self.by_line[glyph.page, round(glyph.y)].append(index)

    def near(self, page: int, y: float) -> list[int]:
        """Return the glyphs whose baseline lies at a height."""
        lines = (round(y) - 1, round(y), round(y) + 1)
        found = [
            index
            for line in lines
            for index in self.by_line.get((page, line), ())
            if abs(self.glyphs[index].y - y) < NEAR
        ]
        return sorted(found)


def read_pdf(path: Path, language: str) -> Rendering:
    """Read a PDF document; its language is given, since plain PDF does not say it."""
    document = pdfium.PdfDocument(path)
    try:
        rendering = Rendering(path.stem, "pdf", language)
        stretches = _stretches(document)
        pages = dict(enumerate(document, 1))
        by_page = {number: _glyphs(page, number) for number, page in pages.items()}
        glyphs = [glyph for part in by_page.values() for glyph in part]
        _apply(Lines(glyphs), by_page, stretches)
        for number, page in pages.items():
            _link(page, by_page[number])
            _describe(page, number, rendering)
        rendering.entries = [name for name in _destinations(document) if NUMBER.fullmatch(name)]
        rendering.following = {part.mark.key for part in stretches if part.mark.kind == "entry" and part.mark.show}
        rendering.pictures += _pictures(by_page, stretches)
        spread = _spread(glyphs)
        for number, part in by_page.items():
            rendering.blocks += _blocks(part, number, spread)
        for key, text in document.get_metadata_dict(skip_empty=True).items():
            if key in {"Title", "Subject", "Keywords"}:
                rendering.blocks.append(Block(f"metadata '{key}'", (Piece(text),)))
        return rendering
    finally:
        document.close()


def _glyphs(page: Any, number: int) -> list[Glyph]:
    height, text = page.get_height(), page.get_textpage()
    x, y = ctypes.c_double(), ctypes.c_double()
    found = []
    handle, code_of, origin = (
        text.raw,
        raw.FPDFText_GetUnicode,
        raw.FPDFText_GetCharOrigin,
    )  # looked up once: many glyphs
    for index in range(text.count_chars()):
        code = code_of(handle, index)
        if code == JOINER:
            continue
        origin(handle, index, x, y)
        made_up = raw.FPDFText_IsGenerated(handle, index) == 1
        found.append(Glyph("\u00ad" if code in BROKEN_WORD else chr(code), number, x.value, height - y.value, made_up))
    return found


def _stretches(document: Any) -> list[Stretch]:
    """Return the marks that are attached to the document, begin and end paired in their nesting."""
    listed: list[list[Any]] = []
    for index in range(document.count_attachments()):
        attachment = document.get_attachment(index)
        if attachment.get_name() == MARKS:
            listed = json.loads(bytes(attachment.get_data()))
    opened: list[tuple[str, str, Point]] = []
    found: list[Stretch] = []
    for label, mark, page, x, y in listed:
        place = (int(page), float(x), float(y))
        if label in {"st-open", "st-top"}:
            opened.append((label, mark, place))
            continue
        at = next((at for at in range(len(opened) - 1, -1, -1) if opened[at][1] == mark), None)
        if at is None:
            continue
        began, _, start = opened.pop(at)
        kind, _, key = mark.partition(":")
        name, _, show = key.partition("#")
        found.append(Stretch(Mark(kind, name, show), start, place, began == "st-top", len(found)))
    return found


def _apply(lines: Lines, by_page: Mapping[int, list[Glyph]], stretches: list[Stretch]) -> None:
    """Give every glyph the innermost mark that it lies in: regions first, then stretches from the outermost."""
    for stretch in sorted((part for part in stretches if part.region), key=lambda part: -part.order):
        top, bottom = (stretch.start[0], stretch.start[2] - NEAR), (stretch.end[0], stretch.end[2] + NEAR)
        for page in range(top[0], bottom[0] + 1):
            for glyph in by_page[page]:
                if top <= (page, glyph.y) <= bottom:
                    glyph.mark, glyph.which = stretch.mark, ("region", stretch.order)
    found = []
    for stretch in stretches:
        first, last = _first(lines, stretch.start), _last(lines, stretch.end)
        if not stretch.region and first is not None and last is not None:
            found.append((last - first, first, last, stretch))
    for _, first, last, stretch in sorted(found, key=lambda part: -part[0]):  # the shorter lies in the longer
        for glyph in lines.glyphs[first : last + 1]:
            if glyph.mark is not None and glyph.mark.kind == "picture":
                continue  # a picture at the top of a page stands inside a text that began on the page before
            glyph.mark, glyph.which = stretch.mark, ("stretch", stretch.order)


def _first(lines: Lines, place: Point) -> int | None:
    page, x, y = place
    line = lines.near(page, y)
    behind = [index for index in line if lines.glyphs[index].x >= x - NEAR]
    if behind:  # the nearest: what overflows from the cell before may lie there too
        return min(behind, key=lambda index: (abs(lines.glyphs[index].x - x) > NEAR, index))
    # the mark stands at the end of a line and its text on the next
    return line[-1] + 1 if line and line[-1] + 1 < len(lines.glyphs) else None


def _last(lines: Lines, place: Point) -> int | None:
    page, x, y = place
    return next((index for index in reversed(lines.near(page, y)) if lines.glyphs[index].x < x - NEAR / 2), None)


def _link(page: Any, glyphs: list[Glyph]) -> None:
    """Mark the glyphs under links to entries of numbers; such a link says more than any mark around it."""
    height = page.get_height()
    origins = sorted((glyph.y, at) for at, glyph in enumerate(glyphs) if not glyph.made_up)
    heights = [y for y, _ in origins]
    for index in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_LINK:
            target = _string(annotation, b"Dest")
            for left, top, right, bottom in _rectangles(annotation) if NUMBER.fullmatch(target) else ():
                for _, at in origins[bisect_left(heights, height - top) : bisect_left(heights, height - bottom + NEAR)]:
                    mark = glyphs[at].mark
                    if mark is not None and mark.kind in {"picture", "entry"}:  # judged by lists of their own
                        continue
                    if left - NEAR <= glyphs[at].x < right - NEAR / 2:
                        glyphs[at].mark, glyphs[at].which = Mark("num", target), ("link", index)
        raw.FPDFPage_CloseAnnot(annotation)


def _rectangles(annotation: Any) -> list[tuple[float, float, float, float]]:
    """Return the places that a link covers, one per line: left, top, right, bottom from the page's lower edge."""
    corners = raw.FS_QUADPOINTSF()
    found = []
    for index in range(raw.FPDFAnnot_CountAttachmentPoints(annotation)):
        raw.FPDFAnnot_GetAttachmentPoints(annotation, index, corners)
        across = (corners.x1, corners.x2, corners.x3, corners.x4)
        along = (corners.y1, corners.y2, corners.y3, corners.y4)
        found.append((min(across), max(along), max(across), min(along)))
    if not found:
        box = raw.FS_RECTF()
        raw.FPDFAnnot_GetRect(annotation, box)
        found.append((box.left, box.top, box.right, box.bottom))
    return found


def _string(annotation: Any, key: bytes) -> str:
    size = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFAnnot_GetStringValue(annotation, key, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw.decode("utf-16le").rstrip("\0")


def _destinations(document: Any) -> list[str]:
    names = []
    for index in range(raw.FPDF_CountNamedDests(document.raw)):
        size = ctypes.c_long(0)
        raw.FPDF_GetNamedDest(document.raw, index, None, size)
        buffer = ctypes.create_string_buffer(max(2, size.value))
        raw.FPDF_GetNamedDest(document.raw, index, buffer, size)
        names.append(buffer.raw.decode("utf-16le").rstrip("\0"))
    return names


def _describe(page: Any, number: int, rendering: Rendering) -> None:
    """Read the alternative texts of a page's tagged structure."""
    tree = raw.FPDF_StructTree_GetForPage(page.raw)
    if not tree:
        return
    waiting = [raw.FPDF_StructTree_GetChildAtIndex(tree, at) for at in range(raw.FPDF_StructTree_CountChildren(tree))]
    while waiting:
        element = waiting.pop()
        if not element:
            continue
        size = raw.FPDF_StructElement_GetAltText(element, None, 0)
        kind = _read(raw.FPDF_StructElement_GetType, element)
        if size > 2 and kind == "Figure":
            alt = _read(raw.FPDF_StructElement_GetAltText, element)
            rendering.pictures.append(Picture(f"p. {number}, alternative text", alt, None, None))
        waiting += [
            raw.FPDF_StructElement_GetChildAtIndex(element, at)
            for at in range(raw.FPDF_StructElement_CountChildren(element))
        ]
    raw.FPDF_StructTree_Close(tree)


def _read(function: Any, element: Any) -> str:
    size = function(element, None, 0)
    buffer = ctypes.create_string_buffer(max(2, size))
    function(element, buffer, size)
    return buffer.raw.decode("utf-16le").rstrip("\0")


def _pictures(by_page: Mapping[int, list[Glyph]], stretches: list[Stretch]) -> list[Picture]:
    """Return the pictures of the document with the texts that can be read in their places."""
    found = []
    for stretch in stretches:
        if stretch.region and stretch.mark.kind == "picture":
            pages = range(stretch.start[0], stretch.end[0] + 1)
            inside = [glyph for page in pages for glyph in by_page[page] if glyph.which == ("region", stretch.order)]
            lines = "".join(glyph.text for glyph in inside).replace("\u00ad", "").split("\r\n")
            name = stretch.mark.key
            place = f"p. {stretch.start[0]}, picture {name}"
            found.append(Picture(place, "", None, tuple(line for line in lines if line.strip()), name))
    return found


def _blocks(glyphs: list[Glyph], number: int, spread: dict[object, list[Glyph]]) -> list[Block]:
    """Return the text of a page outside pictures as one block; words broken at the end of a line are joined.

    Parameters
    ----------
    spread : marked texts that go on on another page; each is read whole where it begins
    """
    shown: list[Glyph] = []
    for glyph in glyphs:
        if glyph.mark is not None and glyph.mark.kind == "picture":
            continue
        if glyph.which in spread:
            shown += spread[glyph.which]
            spread[glyph.which] = []
        else:
            shown.append(glyph)
    pieces: list[tuple[str, Mark | None, object]] = []
    last: Glyph | None = None
    between = ""
    for glyph in shown:
        turned = last is not None and last.page != glyph.page
        if glyph.made_up or glyph.text in "\r\n\u00ad":  # a made-up space or line end, a hyphen at the end of a line
            between += glyph.text
            continue
        if between or turned:
            text = "" if "\u00ad" in between else " "
            same = last is not None and (last.mark, last.which) == (glyph.mark, glyph.which)
            pieces.append((text, glyph.mark, glyph.which) if same else (text, None, None))
        pieces.append((glyph.text, glyph.mark, glyph.which))
        last, between = glyph, ""
    return [Block(f"p. {number}", joined(pieces))]


def _spread(glyphs: list[Glyph]) -> dict[object, list[Glyph]]:
    """Return the glyphs of every marked text that stands on more than one page."""
    found: dict[object, list[Glyph]] = defaultdict(list)
    for glyph in glyphs:
        if isinstance(glyph.which, tuple) and glyph.which[0] == "stretch":
            found[glyph.which].append(glyph)
    return {which: part for which, part in found.items() if part[0].page != part[-1].page}
