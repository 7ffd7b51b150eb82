"""The specification curve: estimates with their intervals in order, and a matrix of the options behind each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveytrail.figures.dots import tick_text, ticks_of
from surveytrail.figures.layout import broken_notes
from surveytrail.figures.sheet import NOTE_HEIGHT, Sheet
from surveytrail.figures.specifications import OTHERS, REPORTED, CurveContent
from surveytrail.figures.style import (
    EDGE,
    FAINT_INK,
    GAP,
    GRID,
    HEAD_MARKER,
    MARKER_SIZE,
    MARKERS,
    SMALL_TEXT_SIZE,
    WIDTH,
    series_colors,
)
from surveytrail.figures.tokens import Line, Token, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEAD, PANEL, BETWEEN = 0.34, 2.1, 0.16  # inches: above the curve, the curve, between curve and matrix
OPTION, DECISION = 0.16, 0.06  # inches: a row of the matrix, and the gap before a decision
INDENT = 0.12  # inches
LABEL_CHARACTERS = 44
DOT = 2.6  # points


def draw_curve(content: CurveContent) -> Sheet:
    """Draw a specification curve."""
    sheet = Sheet(content, WIDTH)
    labels = _labels(content)
    left = EDGE + max(_label_width(sheet, line, is_head) for line, is_head, _ in labels) + GAP
    span = WIDTH - left - EDGE
    matrix = sum(OPTION + (DECISION if is_head else 0.0) for _, is_head, _ in labels)
    notes = broken_notes(content)
    sheet.set_height(HEAD + PANEL + BETWEEN + matrix + GAP + NOTE_HEIGHT * sum(map(len, notes)) + EDGE)
    _curve(sheet, content, left, span)
    _matrix(sheet, content, labels, left, span, HEAD + PANEL + BETWEEN)
    _heads(sheet, content, left + span)
    sheet.write_status(HEAD - 0.12)
    sheet.write_notes(notes)
    return sheet


Label = tuple[Line, bool, tuple[int, ...]]


def _labels(content: CurveContent) -> list[Label]:
    """Return the lines of the matrix: text, whether it is a decision, and where it has dots."""
    found: list[Label] = []
    for decision in content.decisions:
        found.append(((decision.label,), True, ()))
        for option in decision.options:
            lines = wrapped((option.label,), LABEL_CHARACTERS)
            found += [(line, False, option.places if not place else ()) for place, line in enumerate(lines)]
    return found


def _label_width(sheet: Sheet, line: Line, is_head: bool) -> float:
    text = "".join(token.text for token in line)
    return sheet.text_width(text, SMALL_TEXT_SIZE, is_head) + (0.0 if is_head else INDENT)


def _curve(sheet: Sheet, content: CurveContent, left: float, span: float) -> None:
    """Draw the estimates with their intervals, by rising value, and a line through the reported one."""
    drawn = [bound for mark in content.marks for bound in (mark.value, mark.lower, mark.upper) if bound is not None]
    ticks = ticks_of(content.scale, drawn)
    axes = sheet.axes(left, HEAD, span, PANEL)
    axes.set(xlim=(-0.7, len(content.rows) - 0.3), ylim=(ticks[0], ticks[-1]))
    for tick in ticks:
        axes.axhline(tick, color=GRID, linewidth=0.6, zorder=0)
        y = HEAD + PANEL * (1 - (tick - ticks[0]) / (ticks[-1] - ticks[0]))
        text = Token("S", tick_text(content.scale, tick, content.language), "axis tick")
        sheet.write([(text,)], left - GAP / 2, y, ha="right", size=SMALL_TEXT_SIZE)
    assert content.axis is not None
    room = left - 2 * EDGE - 0.5
    lines = wrapped((content.axis,), max(10, int(room / 0.075)))
    sheet.write(lines, EDGE, HEAD + PANEL / 2, ha="left", line_height=1.1)
    colors, size = series_colors(), min(MARKER_SIZE, 72 * span / len(content.rows) * 0.8)
    for place, row in enumerate(content.rows):
        mark = row.marks[0]
        is_reported = mark.series == REPORTED
        color, order = colors[mark.series], 3 if is_reported else 1
        if is_reported and mark.value is not None:
            axes.axhline(mark.value, color=color, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1)
        if mark.lower is not None and mark.upper is not None:
            (line,) = axes.plot([place, place], [mark.lower, mark.upper], color=color, linewidth=1.0, zorder=order)
            line.set(solid_capstyle="butt", clip_on=False, alpha=1.0 if is_reported else 0.45)
            sheet.mark(line, mark, "interval")
        if mark.value is not None:
            (dot,) = axes.plot([place], [mark.value], MARKERS[mark.series], color=color, zorder=order + 1)
            dot.set(markersize=MARKER_SIZE if is_reported else size, markeredgewidth=0, clip_on=False)
            sheet.mark(dot, mark, "dot", alone=True)


def _matrix(sheet: Sheet, content: CurveContent, labels: list[Label], left: float, span: float, top: float) -> None:
    """Draw a dot where a specification has an option, under its estimate."""
    height = sum(OPTION + (DECISION if is_head else 0.0) for _, is_head, _ in labels)
    axes: Axes = sheet.axes(left, top, span, height)
    axes.set(xlim=(-0.7, len(content.rows) - 0.3), ylim=(height, 0))
    colors = series_colors()
    reported = [row.marks[0].series == REPORTED for row in content.rows]
    y = 0.0
    for line, is_head, places in labels:
        y += OPTION / 2 + (DECISION if is_head else 0.0)
        x = EDGE + (0.0 if is_head else INDENT)
        weight = "bold" if is_head else "normal"
        sheet.write([line], x, top + y, size=SMALL_TEXT_SIZE, ha="left", weight=weight)
        if places:
            axes.axhline(y, color=GRID, linewidth=0.5, zorder=0)
        for series, color in ((OTHERS, FAINT_INK), (REPORTED, colors[REPORTED])):
            chosen = [place for place in places if reported[place] == (series == REPORTED)]
            axes.plot(chosen, [y] * len(chosen), "s", color=color, markersize=DOT, markeredgewidth=0, zorder=2)
        y += OPTION / 2


def _heads(sheet: Sheet, content: CurveContent, right: float) -> None:
    """Name the two kinds of marks above the curve."""
    colors = series_colors()
    legend = sheet.axes(0, 0, sheet.width, HEAD)
    legend.set(xlim=(0, sheet.width), ylim=(HEAD, 0))
    edge, y = right, HEAD - 0.16
    for place in (OTHERS, REPORTED):
        series = content.series[place]
        sheet.write([(series,)], edge, y, ha="right", color=colors[place], weight="bold")
        before = edge - sheet.text_width(series.text, bold=True) - HEAD_MARKER / 2
        (dot,) = legend.plot([before], [y], MARKERS[place], color=colors[place])
        dot.set(markersize=MARKER_SIZE, markeredgewidth=0, clip_on=False)
        edge = before - HEAD_MARKER - GAP
