"""Drawing a figure of the study: SVG, PNG, and the list of all that stands on it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from surveyspec.figures import Figure
from surveyspec.study import Study
from surveytrail.figures.bars import draw_stacked_bars
from surveytrail.figures.content import FigureContent, Gathering
from surveytrail.figures.curve import draw_curve
from surveytrail.figures.dots import draw_dots
from surveytrail.figures.estimates import dots_content, stacked_bars_content
from surveytrail.figures.flow import flow_content
from surveytrail.figures.flow_chart import draw_flow
from surveytrail.figures.hypotheses import hypotheses_content
from surveytrail.figures.margins import weighting_content
from surveytrail.figures.sheet import Sheet
from surveytrail.figures.specifications import curve_content
from surveytrail.figures.style import figure_style
from surveytrail.figures.svg import finished_svg, place_id
from surveytrail.figures.tokens import line_text
from surveytrail.frames import write_whole
from surveytrail.manifest import data_status

# per kind: what it shows, gathered from the ledger, and how that is drawn
Gather = Callable[[Any], FigureContent]
KINDS: dict[str, tuple[Gather, Callable[[Any], Sheet]]] = {
    "dots": (dots_content, draw_dots),
    "ranks": (hypotheses_content, draw_dots),
    "forest": (hypotheses_content, draw_dots),
    "stacked_bars": (stacked_bars_content, draw_stacked_bars),
    "flow": (flow_content, draw_flow),
    "specification_curve": (curve_content, draw_curve),
    "weighting": (weighting_content, draw_dots),
}


def figure_content(study: Study, figure: Figure, ledger: pd.DataFrame, language: str) -> FigureContent:
    """Gather what a figure of any kind shows.

    Raises
    ------
    StudyError : a number that the ledger does not have, a label or words missing in the language
    """
    gather, _ = KINDS[figure.kind]
    return gather(Gathering(study, figure, ledger, language))


def draw_figure(study: Study, figure: Figure, ledger: pd.DataFrame, language: str, out: Path) -> list[Path]:
    """Draw a figure from ledger values.

    Parameters
    ----------
    figure : one of the study's figures
    ledger : the ledger's frame; nothing else is read, nothing is computed
    language : language of all texts
    out : folder to write to

    Returns
    -------
    ``<id>.<language>.svg``, ``.png`` and ``.json``. In the SVG every mark is a group whose ``data-number`` is the
    number's id, every printed number a link to its entry in the audit appendix. The JSON lists every text with its
    parts and their classes (R result, P parameter, C label, S made by the figure), every mark, where every number
    stands, the alternative text, and the digests of both images.

    Raises
    ------
    StudyError : a number that the ledger does not have, a label or words missing in the language
    """
    content = figure_content(study, figure, ledger, language)
    _, draw = KINDS[figure.kind]
    with figure_style():
        sheet = draw(content)
        svg, png = _svg(sheet), _png(sheet)
    stem = f"{figure.id}.{language}"
    listing = _manifest(study, sheet, {f"{stem}.svg": svg, f"{stem}.png": png})
    data = (json.dumps(listing, indent=1, ensure_ascii=False) + "\n").encode()
    written = []
    for ending, content_bytes in (("svg", svg), ("png", png), ("json", data)):
        written.append(out / f"{stem}.{ending}")
        write_whole(written[-1], content_bytes)
    return written


def _manifest(study: Study, sheet: Sheet, files: dict[str, bytes]) -> dict[str, Any]:
    """Return the list of all that stands on a sheet."""
    content = sheet.content
    return {
        "figure": content.figure,
        "kind": content.kind,
        "language": content.language,
        "data_status": data_status(study),
        "title": content.title.as_json(),
        "alt": {"text": line_text(content.alt), "parts": [token.as_json() for token in content.alt]},
        "numbers": sorted({*(mark.number for mark in content.marks), *_printed(sheet)}),
        "texts": [
            {
                "text": line_text(text.tokens),
                "lines": [line_text(line) for line in text.lines],
                "parts": [token.as_json() for token in text.tokens],
            }
            for text in sheet.texts
        ],
        "marks": [{"gid": shape.gid, "number": shape.number, "shape": shape.shape} for shape in sheet.shapes],
        "places": _places(sheet),
        "files": {name: sha256(data).hexdigest() for name, data in files.items()},
    }


def _printed(sheet: Sheet) -> set[str]:
    """Return the numbers that some text prints, notes included."""
    return {token.source for text in sheet.texts for token in text.tokens if token.kind == "R"}


def _places(sheet: Sheet) -> list[dict[str, Any]]:
    """Return where each number stands: its id in the SVG, and its box (left, top, width, height) in shares."""
    printed = [
        {"id": place_id(text.gid, at, part), "number": token.source, "show": token.show, "box": text.boxes[at][part]}
        for text in sheet.texts
        for at, line in enumerate(text.lines)
        for part, token in enumerate(line)
        if token.kind == "R"
    ]
    alone = [
        {"id": place_id(shape.gid, 0, 0), "number": shape.number, "show": "value", "box": shape.box}
        for shape in sheet.shapes
        if shape.alone
    ]
    return printed + alone


def _png(sheet: Sheet) -> bytes:
    stream = io.BytesIO()
    sheet.canvas.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _svg(sheet: Sheet) -> bytes:
    stream = io.StringIO()
    sheet.canvas.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return finished_svg(stream.getvalue(), sheet)
