"""The SVG as it stands in a page: printed numbers are links to their entries, marks carry their ids.

The file can stand inside HTML as it is: every id begins with the figure's name, no style reaches beyond the drawing,
nothing is fetched. Each text is marked up by the class of its parts, as text of the page is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from surveyspec.identifiers import short_anchor
from surveytrail.figures.content import FigureContent
from surveytrail.figures.sheet import Shape, Sheet
from surveytrail.figures.style import FALLBACK_FONTS, FONT
from surveytrail.figures.tokens import Line, Token, line_text

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
NAMESPACES: dict[Any, str] = {None: SVG, "xlink": XLINK}
TARGET, SPARE = 16.0, 3.0  # points: height of the area to tap, and what it is wider than its number
REFERENCE = re.compile(r"url\(#([^)]+)\)")


def finished_svg(drawn: str, sheet: Sheet) -> bytes:
    """Return matplotlib's SVG tied to the ledger.

    Parameters
    ----------
    drawn : the SVG as matplotlib writes it
    sheet : what has been put on it
    """
    root = etree.fromstring(drawn.encode(), etree.XMLParser(remove_comments=True, remove_blank_text=True))
    content = sheet.content
    name = f"{content.figure}-{content.language}"
    for style in list(root.iter(_tag("style"))):  # it would reach the whole page
        style.getparent().remove(style)
    for metadata in list(root.iter(_tag("metadata"))):
        root.remove(metadata)
    groups = {str(element.get("id")): element for element in root.iter(_tag("g"))}
    for written in sheet.texts:
        elements = groups[written.gid].iter(_tag("text"))
        for place, (line, element) in enumerate(zip(written.lines, elements, strict=True)):
            if len(line) == 1 and line[0].kind == "R":
                _make_link(element, line[0], place_id(written.gid, place, 0), content.names())
                _add_target(element, written.boxes[place][0], root)
            else:
                _mark_up(element, line, f"{written.gid}-{place}", content.names())
    for shape in sheet.shapes:
        _tie(groups[shape.gid], shape, content)
    _prefix_ids(root, name)
    _name_figure(root, content, name)
    etree.cleanup_namespaces(root, top_nsmap=NAMESPACES)
    text = etree.tostring(root, encoding="unicode").replace(f"'{FONT}'", f"'{FONT}', {FALLBACK_FONTS}")
    return text.encode()


def place_id(gid: str, place: int, part: int) -> str:
    """Return the id of a printed number in the SVG, where the entry's arrow leads back to."""
    return f"{gid}-{place}-{part}"


def _tag(name: str) -> str:
    return f"{{{SVG}}}{name}"


def _mark_up(element: etree._Element, line: Line, stem: str, names: Mapping[str, str]) -> None:
    """Replace a text by its parts, each in an element that says what it is."""
    element.text = None
    for part, token in enumerate(line):
        if token.kind == "R":
            made = etree.SubElement(element, _tag("a"), _link(token, f"{stem}-{part}", names))
        else:
            made = etree.SubElement(element, _tag("tspan"), _class_of(token))
        made.text = token.text


def _make_link(element: etree._Element, token: Token, identifier: str, names: Mapping[str, str]) -> None:
    """Wrap a text that is one printed number in a link."""
    parent = element.getparent()
    assert parent is not None
    link = etree.Element(_tag("a"), _link(token, identifier, names))
    parent.replace(element, link)
    link.append(element)


def _add_target(element: etree._Element, box: tuple[float, float, float, float], root: etree._Element) -> None:
    """Lay an area behind a number that is large enough to point at and to tap."""
    wide, high = (float(part) for part in str(root.get("viewBox")).split()[2:])
    left, top, width, height = box[0] * wide, box[1] * high, box[2] * wide, box[3] * high
    spare = max(TARGET - height, 0) / 2
    area = {"x": left - SPARE, "y": top - spare, "width": width + 2 * SPARE, "height": height + 2 * spare}
    target = etree.Element(_tag("rect"), {name: f"{value:.2f}" for name, value in area.items()})
    target.set("class", "st-target")
    target.set("fill", "none")  # by attributes, so that a page's style can show it
    target.set("pointer-events", "all")
    element.addprevious(target)


def _link(token: Token, identifier: str, names: Mapping[str, str]) -> dict[str, str]:
    name = names.get(token.source)
    label = {"aria-label": f"{name}: {token.text}"} if name and token.show in {"value", "interval"} else {}
    return {
        "id": identifier,
        "class": "st-num",
        "href": f"#{short_anchor(token.source)}",
        "data-num": token.source,
        "data-show": token.show,
        **label,
    }


def _class_of(token: Token) -> dict[str, str]:
    if token.kind == "P":
        return {"class": "st-param", "data-param": token.source}
    if token.kind == "C" and token.show:
        return {"class": "st-codebook", "data-label-of": token.source}
    if token.kind == "C":
        return {"class": "st-codebook", "data-codebook": token.source}
    return {"class": "st-word"}


def _tie(group: etree._Element, shape: Shape, content: FigureContent) -> None:
    """Give a mark the id of its number; where nothing printed says the same, make it a link of its own."""
    group.set("data-number", shape.number)
    group.set("data-shape", shape.shape)
    group.set("class", "st-mark")
    if shape.alone:
        mark = next(mark for mark in content.marks if mark.number == shape.number)
        link = etree.Element(_tag("a"), _link(mark.text, place_id(shape.gid, 0, 0), content.names()))
        link.extend(list(group))
        group.append(link)


def _prefix_ids(root: etree._Element, name: str) -> None:
    """Make ids unique in a page with several figures, and let references follow."""
    renamed = {}
    for element in root.iter():
        identifier = element.get("id")
        if identifier is not None and not identifier.startswith(f"{name}-"):
            renamed[identifier] = f"{name}-{identifier}"
            element.set("id", renamed[identifier])
    link = f"{{{XLINK}}}href"
    for element in root.iter():
        target = str(element.get(link, ""))[1:]
        if target in renamed:
            element.set(link, f"#{renamed[target]}")
        for attribute, value in [(str(key), str(value)) for key, value in element.attrib.items()]:
            if "url(#" in value:
                element.set(attribute, REFERENCE.sub(lambda match: f"url(#{renamed.get(match[1], match[1])})", value))


def _name_figure(root: etree._Element, content: FigureContent, name: str) -> None:
    """Add a name and a description for screen readers, and the style that matplotlib sets for all elements."""
    root.set("role", "group")  # not an image: its numbers can be reached
    root.set("class", "st-figure")
    root.set("lang", content.language)
    root.set("aria-labelledby", f"{name}-t")
    root.set("aria-describedby", f"{name}-d")
    root.set("style", "stroke-linejoin: round; stroke-linecap: butt")
    title, description = etree.Element(_tag("title")), etree.Element(_tag("desc"))
    title.set("id", f"{name}-t")
    description.set("id", f"{name}-d")
    title.text, description.text = content.title.text, line_text(content.alt)
    root.insert(0, title)
    root.insert(1, description)
