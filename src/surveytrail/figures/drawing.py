"""Drawing a figure of the study: SVG, PNG, and the list of all that stands on it."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pandas as pd

from surveyspec.config import Figure
from surveyspec.study import Study
from surveytrail.figures.content import FigureContent, figure_content
from surveytrail.figures.paired_dots import Drawn, PairedDots
from surveytrail.figures.style import FALLBACK_FONTS, FONT, figure_style
from surveytrail.figures.tokens import line_text
from surveytrail.frames import write_whole
from surveytrail.manifest import data_status

KINDS = {"paired_dots": PairedDots}


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
    ``<id>.<language>.svg``, ``.png`` and ``.json``. In the SVG every dot, interval and printed value is a group whose
    ``data-number`` is the number's id. The JSON lists every text with its parts and their classes (R result, P
    parameter, C label, S made by the figure), every mark, the alternative text, and the digests of both images.

    Raises
    ------
    StudyError : a number that the ledger does not have, a label or words missing in the language
    """
    content = figure_content(study, figure, ledger, language)
    with figure_style():
        drawn = KINDS[figure.kind](content).draw()
        svg, png = _svg(drawn, content), _png(drawn)
    stem = f"{figure.id}.{language}"
    manifest = {
        "figure": figure.id,
        "kind": figure.kind,
        "language": language,
        "data_status": data_status(study),
        "title": content.title.as_json(),
        "alt": {"text": line_text(content.alt), "parts": [token.as_json() for token in content.alt]},
        "numbers": sorted({mark.number for row in content.rows for mark in row.marks}),
        "texts": [
            {"text": line_text(tokens), "lines": lines, "parts": [token.as_json() for token in tokens]}
            for tokens, lines in drawn.texts
        ],
        "marks": drawn.marks,
        "files": {f"{stem}.svg": sha256(svg).hexdigest(), f"{stem}.png": sha256(png).hexdigest()},
    }
    listing = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()
    written = []
    for ending, data in (("svg", svg), ("png", png), ("json", listing)):
        written.append(out / f"{stem}.{ending}")
        write_whole(written[-1], data)
    return written


def _png(drawn: Drawn) -> bytes:
    stream = io.BytesIO()
    drawn.canvas.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _svg(drawn: Drawn, content: FigureContent) -> bytes:
    """Return the SVG with its marks tied to numbers, and a title and description for screen readers."""
    stream = io.StringIO()
    drawn.canvas.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]  # without XML declaration and DOCTYPE it can stand inside HTML as it is
    text = text.replace(f"font-family: '{FONT}'", f"font-family: '{FONT}', {FALLBACK_FONTS}")
    for mark in drawn.marks:
        opening = f'<g id="{mark["gid"]}">'
        number, shape = quoteattr(mark["number"]), quoteattr(mark["shape"])
        text = text.replace(opening, f"{opening[:-1]} data-number={number} data-shape={shape}>")
    name = f"{content.figure}-{content.language}"
    text = text.replace("<svg ", f'<svg role="img" lang="{content.language}" aria-labelledby="{name}-t {name}-d" ', 1)
    head = (
        f'<title id="{name}-t">{escape(content.title.text)}</title>\n '
        f'<desc id="{name}-d">{escape(line_text(content.alt))}</desc>\n '
    )
    return text.replace("<defs>", f"{head}<defs>", 1).encode()
