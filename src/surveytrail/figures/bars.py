"""Stacked bars: one bar of full length per item, divided by answer, the printed values inside."""

from __future__ import annotations

from surveytrail.figures.content import FigureContent, Mark
from surveytrail.figures.dots import AXIS_GAP, TICK_GAP, tick_text
from surveytrail.figures.layout import BELOW_AXIS, LABEL_CHARACTERS, LABEL_LINE, broken_notes
from surveytrail.figures.sheet import NOTE_HEIGHT, Sheet
from surveytrail.figures.style import EDGE, GAP, INK, WIDTH, answer_colors, is_dark
from surveytrail.figures.tokens import Line, Token, wrapped

BAR, ROW = 0.27, 0.40  # inches: height of a bar, and from one bar to the next
LEGEND_LINE, SWATCH, LEGEND_GAP = 0.20, 0.11, 0.22  # inches
STATUS_HEIGHT = 0.22  # inches
ROOM = 0.06  # inches that a bar's part needs beside its text
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw_stacked_bars(content: FigureContent) -> Sheet:
    """Draw a figure of divided bars. Parts too narrow for their value carry it in name only."""
    sheet = Sheet(content, WIDTH)
    labels = [wrapped((row.label,), LABEL_CHARACTERS[1]) for row in content.rows]
    left = EDGE + max(sheet.text_width(line[0].text) for label in labels for line in label) + GAP
    span = WIDTH - left - GAP - sheet.text_width(tick_text("share", 1.0, content.language)) / 2
    legend = _legend_lines(sheet)
    top = EDGE + (STATUS_HEIGHT if content.status else 0) + LEGEND_LINE * len(legend) + EDGE
    row_height = max(ROW, max(map(len, labels)) * LABEL_LINE + LABEL_LINE)
    body = row_height * len(content.rows)
    notes = broken_notes(content)
    sheet.set_height(top + body + BELOW_AXIS + NOTE_HEIGHT * sum(map(len, notes)) + EDGE)
    sheet.write_status(EDGE + STATUS_HEIGHT * 0.6)
    _draw_legend(sheet, legend, top - EDGE - LEGEND_LINE * len(legend))
    axes = sheet.axes(left, top, span, body)
    axes.set(xlim=(0, 1), ylim=(len(content.rows) - 0.5, -0.5))
    colors = answer_colors(len(content.series))
    for place, row in enumerate(content.rows):
        y = top + row_height * (place + 0.5)
        sheet.write(labels[place], left - GAP, y, ha="right", line_height=1.0)
        begin = 0.0
        for mark in row.marks:
            if mark.value is None:
                continue
            (part,) = axes.barh(place, mark.value, BAR / row_height, begin, color=colors[mark.series])
            part.set(edgecolor="white", linewidth=0.8, clip_on=False)
            fits = _fits(sheet, mark, span)
            sheet.mark(part, mark, "bar", alone=not fits)
            if fits:
                ink = "white" if is_dark(colors[mark.series]) else INK
                sheet.write_number(mark.text, left + (begin + mark.value / 2) * span, y, ha="center", color=ink)
            begin += mark.value
    for tick in TICKS:
        text = Token("S", tick_text("share", tick, content.language), "axis tick")
        sheet.write([(text,)], left + tick * span, top + body + TICK_GAP, ha="center")
    assert content.axis is not None
    sheet.write([(content.axis,)], left + span / 2, top + body + AXIS_GAP, ha="center")
    sheet.write_notes(notes)
    return sheet


def _fits(sheet: Sheet, mark: Mark, span: float) -> bool:
    return mark.value is not None and sheet.text_width(mark.text.text) + ROOM <= mark.value * span


def _legend_lines(sheet: Sheet) -> list[list[tuple[int, Line, float]]]:
    """Return the legend broken into lines: place of the answer, its label, and where it begins."""
    lines: list[list[tuple[int, Line, float]]] = [[]]
    x = EDGE
    for place, series in enumerate(sheet.content.series):
        width = SWATCH + GAP / 2 + sheet.text_width(series.text) + LEGEND_GAP
        if lines[-1] and x + width > sheet.width:
            lines.append([])
            x = EDGE
        lines[-1].append((place, (series,), x))
        x += width
    return lines


def _draw_legend(sheet: Sheet, lines: list[list[tuple[int, Line, float]]], top: float) -> None:
    colors = answer_colors(len(sheet.content.series))
    axes = sheet.axes(0, 0, sheet.width, sheet.height)
    axes.set(xlim=(0, sheet.width), ylim=(sheet.height, 0))
    for number, line in enumerate(lines):
        y = top + LEGEND_LINE * (number + 0.5)
        for place, label, x in line:
            axes.barh(y, SWATCH, SWATCH, x, color=colors[place])
            sheet.write([label], x + SWATCH + GAP / 2, y, ha="left")
