"""Dots: one line per item, one dot with its interval per series, the printed values beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveytrail.figures.content import FigureContent, Mark, Row, Scale
from surveytrail.figures.layout import TOP, Layout, lay_out
from surveytrail.figures.sheet import Sheet
from surveytrail.figures.style import (
    EDGE,
    FAINT_INK,
    GAP,
    GRID,
    HEAD_MARKER,
    LINK,
    MARKER_SIZE,
    MARKERS,
    TEXT_SIZE,
    WIDTH,
    series_colors,
)
from surveytrail.figures.tokens import Token
from surveytrail.ledger.display import value_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPREAD = 0.36  # between the first and the last series of a row, in rows
HEAD_HEIGHT = 0.08  # inches between the first rule and the heads
TICK_GAP, AXIS_GAP = 0.10, 0.27  # inches between the rows and the middle of ticks and of the axis' label
RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
FINE_RATIO_TICKS = (0.25, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0)
FINE_RANGE = 5.0  # ratios that span less than this are ticked finely
NO_EFFECT = 1.0


def draw_dots(content: FigureContent) -> Sheet:
    """Draw a figure of dots on any scale.

    Raises
    ------
    StudyError : series whose labels leave no room for the axis
    """
    sheet = Sheet(content, WIDTH)
    layout = lay_out(content, sheet)
    sheet.set_height(layout.height)
    body = layout.row_height * len(content.rows)
    axes = sheet.axes(layout.left, TOP, layout.span, body)
    axes.set_ylim(len(content.rows) - 0.5, -0.5)
    _rules(axes, layout, len(content.rows))
    _scale(sheet, axes, layout, TOP + body)
    for place, row in enumerate(content.rows):
        y = TOP + layout.row_height * (place + 0.5)
        sheet.write(layout.labels[place], layout.left - GAP, y, ha="right", line_height=1.0)
        _row(sheet, axes, layout, place, row)
    _heads(sheet, layout)
    sheet.write_status(TOP - HEAD_HEIGHT)
    sheet.write_notes(layout.notes)
    return sheet


def ticks_of(scale: Scale, values: list[float]) -> list[float]:
    """Return where the axis is ticked: round numbers that enclose all values; shares begin at zero."""
    from matplotlib.ticker import MaxNLocator

    low, high = min(values, default=0.0), max(values, default=1.0)
    if scale == "rank":
        return [float(rank) for rank in range(1, int(high) + 1)]
    if scale == "ratio":
        low, high = min(low, NO_EFFECT), max(high, NO_EFFECT)
        choice = FINE_RATIO_TICKS if high / low < FINE_RANGE and high <= FINE_RATIO_TICKS[-1] else RATIO_TICKS
        first = max((place for place, tick in enumerate(choice) if tick <= low), default=0)
        last = min((place for place, tick in enumerate(choice) if tick >= high), default=len(choice) - 1)
        return list(choice[first : last + 1])
    if scale == "share":
        low, high = 0.0, max(high, 0.1)
    ticks = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in ticks if scale != "share" or 0 <= tick <= 1.0001]


def tick_text(scale: Scale, tick: float, language: str) -> str:
    """Write a tick as the study's language writes numbers."""
    if scale == "share":
        return value_text(tick, "share", 0, language)
    decimals = 0 if scale == "rank" else 1 if round(tick, 1) == round(tick, 2) else 2
    return value_text(tick, "statistic", decimals, language)


def _rules(axes: Axes, layout: Layout, rows: int) -> None:
    """Rule the rows across labels, axis and columns."""
    right = layout.columns[-1].edge
    across = [(EDGE - layout.left) / layout.span, (right - layout.left) / layout.span]
    for place in range(rows + 1):
        (rule,) = axes.plot(across, [place - 0.5] * 2, color=GRID, linewidth=0.5, zorder=0)
        rule.set(transform=axes.get_yaxis_transform(), clip_on=False)


def _scale(sheet: Sheet, axes: Axes, layout: Layout, foot: float) -> None:
    """Set the value axis and write its ticks and its label below the rows."""
    content = sheet.content
    drawn = [bound for mark in content.marks for bound in (mark.value, mark.lower, mark.upper) if bound is not None]
    ticks = ticks_of(content.scale, drawn)
    spare = 0.5 if content.scale == "rank" else 0.0
    axes.set_xlim(ticks[0] - spare, ticks[-1] + spare)
    if content.scale == "ratio":
        axes.set_xscale("log")
        axes.set_xlim(min([ticks[0], *drawn]), max([ticks[-1], *drawn]))
    for tick in ticks:
        is_reference = content.scale == "ratio" and tick == NO_EFFECT
        axes.axvline(tick, color=FAINT_INK if is_reference else GRID, linewidth=0.9 if is_reference else 0.6, zorder=0)
        across = axes.transAxes.inverted().transform(axes.transData.transform((tick, 0)))[0]
        text = Token("S", tick_text(content.scale, tick, content.language), "axis tick")
        sheet.write([(text,)], layout.left + float(across) * layout.span, foot + TICK_GAP, ha="center")
    assert content.axis is not None
    sheet.write([(content.axis,)], layout.left + layout.span / 2, foot + AXIS_GAP, ha="center")


def _row(sheet: Sheet, axes: Axes, layout: Layout, place: int, row: Row) -> None:
    """Draw the dots of one row, joined by a thin line, and print their values to the right."""
    colors, series = series_colors(), len(sheet.content.series)
    points = [(mark.value, _height(place, mark, series)) for mark in row.marks if mark.value is not None]
    if len(points) > 1 and sheet.content.scale != "rank":
        axes.plot(*zip(*points, strict=True), color=LINK, linewidth=0.8, zorder=1)
    y = TOP + layout.row_height * (place + 0.5)
    for mark in row.marks:
        color, height = colors[mark.series], _height(place, mark, series)
        if mark.lower is not None and mark.upper is not None:
            (line,) = axes.plot([mark.lower, mark.upper], [height] * 2, color=color, linewidth=1.4, zorder=2)
            line.set(solid_capstyle="butt", clip_on=False)
            sheet.mark(line, mark, "interval")
        if mark.value is not None:
            (dot,) = axes.plot([mark.value], [height], MARKERS[mark.series], color=color, zorder=3)
            dot.set(markersize=MARKER_SIZE, clip_on=False, markeredgecolor="white", markeredgewidth=0.5)
            sheet.mark(dot, mark, "dot")
        column = layout.columns[mark.series]
        sheet.write_number(mark.text, column.values, y, ha="right", color=color)
        if column.intervals is not None and mark.interval is not None:
            sheet.write_number(mark.interval, column.intervals, y, ha="right", color=FAINT_INK)


def _heads(sheet: Sheet, layout: Layout) -> None:
    """Name each series over its column of values, with its marker: the heads are the legend too."""
    colors = series_colors()
    legend = sheet.axes(0, 0, sheet.width, TOP)
    legend.set_xlim(0, sheet.width)
    legend.set_ylim(TOP, 0)
    for place, series in enumerate(sheet.content.series):
        edge = layout.columns[place].edge
        sheet.write([(series,)], edge, TOP - HEAD_HEIGHT, ha="right", va="baseline", color=colors[place], weight="bold")
        before = edge - sheet.text_width(series.text, bold=True) - HEAD_MARKER / 2
        (dot,) = legend.plot([before], [TOP - HEAD_HEIGHT - TEXT_SIZE / 72 / 3], MARKERS[place], color=colors[place])
        dot.set(markersize=MARKER_SIZE, markeredgewidth=0, clip_on=False)


def _height(place: int, mark: Mark, series: int) -> float:
    """Return where a series stands in its row, so that intervals do not cover each other."""
    return place if series == 1 else place + SPREAD * (mark.series / (series - 1) - 0.5)
