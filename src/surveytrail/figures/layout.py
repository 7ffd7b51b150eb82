"""Where things stand in a figure with labels to the left, an axis, and columns of printed values to the right."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from surveyspec.problems import Problem, StudyError
from surveyspec.study import CONFIG
from surveytrail.figures.content import FigureContent
from surveytrail.figures.style import EDGE, GAP, HEAD_MARKER, ROW_HEIGHT, WIDTH
from surveytrail.figures.tokens import line_text

LABEL_CHARACTERS = (34, 28, 22, 18)  # labels are broken earlier where many columns leave little room
NOTE_CHARACTERS = 110
NARROWEST_AXIS = 1.8  # inches
LABEL_LINE = 0.13  # inches for a line of a label that takes several
TOP, BELOW_AXIS, NOTE_HEIGHT = 0.30, 0.44, 0.145  # inches


@dataclass(frozen=True)
class Layout:
    """Sizes in inches.

    Parameters
    ----------
    labels, notes : the label of each row and each note, broken into lines
    left, span : where the value axis begins, and its length
    column_edges : right edge of each column of values, from the axis' end
    bottom, height : where the rows end, and the height of the whole figure
    """

    labels: list[list[str]]
    notes: list[list[str]]
    left: float
    span: float
    column_edges: list[float]
    row_height: float
    bottom: float
    height: float


def lay_out(content: FigureContent, width_of: Callable[[str, bool], float]) -> Layout:
    """Make room for labels, values, heads and notes.

    Parameters
    ----------
    width_of : width in inches of a text, bold or not

    Raises
    ------
    StudyError : series whose labels leave no room for the axis
    """
    edges: list[float] = []
    for place, series in enumerate(content.series):
        printed = [
            width_of(mark.text.text, False) for row in content.rows for mark in row.marks if mark.series == place
        ]
        edges.append((edges[-1] if edges else 0.0) + GAP + max([width_of(series.text, True) + HEAD_MARKER, *printed]))
    for characters in LABEL_CHARACTERS:
        labels = [textwrap.wrap(row.label.text, characters) for row in content.rows]
        left = EDGE + max(width_of(line, False) for label in labels for line in label) + GAP
        span = WIDTH - left - edges[-1] - EDGE
        if span >= NARROWEST_AXIS:
            break
    else:
        raise StudyError(_too_wide(content))
    notes = [textwrap.wrap(line_text(note), NOTE_CHARACTERS) for note in content.notes]
    row_height = max(ROW_HEIGHT, max(map(len, labels)) * LABEL_LINE + LABEL_LINE / 2)
    bottom = BELOW_AXIS + NOTE_HEIGHT * sum(map(len, notes)) + EDGE
    height = TOP + row_height * len(content.rows) + bottom
    return Layout(labels, notes, left, span, edges, row_height, bottom, height)


def _too_wide(content: FigureContent) -> Problem:
    longest = max((series.text for series in content.series), key=len)
    return Problem(
        CONFIG,
        f"figures.{content.figure}.series",
        f"labels that leave no room for the dots, such as '{longest}'",
        "a word or two for each series: they stand over the columns of values",
        f"shorten them in '{content.language}'; title and axis can say more",
    )
