"""Where things stand in a figure with labels to the left, an axis, and columns of printed values to the right."""

from __future__ import annotations

from dataclasses import dataclass

from surveyspec.problems import Problem, StudyError
from surveyspec.study import CONFIG
from surveytrail.figures.content import FigureContent
from surveytrail.figures.sheet import NOTE_HEIGHT, Sheet
from surveytrail.figures.style import EDGE, GAP, HEAD_MARKER, ROW_HEIGHT
from surveytrail.figures.tokens import Line, wrapped

LABEL_CHARACTERS = (34, 28, 22, 18)  # labels are broken earlier where many columns leave little room
NOTE_CHARACTERS = 110
NARROWEST_AXIS = 1.8  # inches
LABEL_LINE = 0.13  # inches for a line of a label that takes several
TOP, BELOW_AXIS = 0.30, 0.44  # inches
WITH_INTERVAL = {"rank", "ratio"}  # scales whose intervals are printed too
INTERVAL_GAP = 0.09  # inches between a value and its interval


@dataclass(frozen=True)
class Column:
    """Right edges of a series' printed values and intervals, in inches from the left; None where not printed."""

    values: float
    intervals: float | None

    @property
    def edge(self) -> float:
        """Right edge of the whole column."""
        return self.values if self.intervals is None else self.intervals


@dataclass(frozen=True)
class Layout:
    """Sizes in inches.

    Parameters
    ----------
    labels, notes : the label of each row and each note, broken into lines
    left, span : where the value axis begins, and its length
    columns : the columns of printed values, per series
    bottom, height : what lies below the rows, and the height of the whole figure
    """

    labels: list[list[Line]]
    notes: list[list[Line]]
    left: float
    span: float
    columns: list[Column]
    row_height: float
    bottom: float
    height: float


def broken_notes(content: FigureContent) -> list[list[Line]]:
    """Return the notes broken into lines that fit the figure."""
    return [wrapped(note, NOTE_CHARACTERS) for note in content.notes]


def lay_out(content: FigureContent, sheet: Sheet) -> Layout:
    """Make room for labels, values, heads and notes.

    Raises
    ------
    StudyError : series whose labels leave no room for the axis
    """
    widths = [_column_widths(content, place, sheet) for place in range(len(content.series))]
    beside = sum(GAP + max(head, values + intervals) for head, values, intervals in widths) + EDGE
    for characters in LABEL_CHARACTERS:
        labels = [wrapped((row.label,), characters) for row in content.rows]
        left = EDGE + max(sheet.text_width(line[0].text) for label in labels for line in label) + GAP
        span = sheet.width - left - beside
        if span >= NARROWEST_AXIS:
            break
    else:
        raise StudyError(_too_wide(content))
    columns, edge = [], left + span
    for head, values, intervals in widths:
        edge += GAP + max(head, values + intervals)
        columns.append(Column(edge - intervals, edge if intervals else None))
    notes = broken_notes(content)
    row_height = max(ROW_HEIGHT, max(map(len, labels)) * LABEL_LINE + LABEL_LINE / 2)
    bottom = BELOW_AXIS + NOTE_HEIGHT * sum(map(len, notes)) + EDGE
    height = TOP + row_height * len(content.rows) + bottom
    return Layout(labels, notes, left, span, columns, row_height, bottom, height)


def _column_widths(content: FigureContent, series: int, sheet: Sheet) -> tuple[float, float, float]:
    """Return the widths of a column's head, its values, and its intervals with the gap before them."""
    marks = [mark for mark in content.marks if mark.series == series]
    head = sheet.text_width(content.series[series].text, bold=True) + HEAD_MARKER
    values = max(sheet.text_width(mark.text.text) for mark in marks)
    printed = [mark.interval.text for mark in marks if mark.interval is not None]
    if content.scale not in WITH_INTERVAL or not printed:
        return head, values, 0.0
    return head, values, INTERVAL_GAP + max(map(sheet.text_width, printed))


def _too_wide(content: FigureContent) -> Problem:
    longest = max((series.text for series in content.series), key=len)
    return Problem(
        CONFIG,
        f"figures.{content.figure}.series",
        f"labels that leave no room for the dots, such as '{longest}'",
        "a word or two for each series: they stand over the columns of values",
        f"shorten them in '{content.language}'; title and axis can say more",
    )
