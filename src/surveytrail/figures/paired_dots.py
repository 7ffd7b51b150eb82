"""Paired dots: one line per item, one dot with its interval per series, the printed values beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveyspec.identifiers import short_anchor
from surveytrail.figures.content import FigureContent, Mark, Row
from surveytrail.figures.layout import NOTE_HEIGHT, TOP, lay_out
from surveytrail.figures.style import (
    EDGE,
    FAINT_INK,
    GAP,
    GRID,
    HEAD_MARKER,
    LINK,
    MARKER_SIZE,
    MARKERS,
    NOTICE,
    SMALL_TEXT_SIZE,
    TEXT_SIZE,
    WIDTH,
    series_colors,
)
from surveytrail.figures.tokens import Line, Token, line_text
from surveytrail.ledger.display import value_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.text import Annotation

SPREAD = 0.36  # between the first and the last series of a row, in rows
HEAD_HEIGHT = 0.08  # inches between the first rule and the heads


@dataclass(frozen=True)
class Drawn:
    """A drawn figure and what is on it.

    Parameters
    ----------
    texts : every text as drawn, in parts with their classes; ``lines`` holds how it is broken
    marks : identifier in the SVG, number, series and shape of every mark
    """

    canvas: Canvas
    texts: list[tuple[Line, list[str]]]
    marks: list[dict[str, str]]


class PairedDots:
    """One drawing in progress: matplotlib's canvas and the list of what has been put on it."""

    def __init__(self, content: FigureContent) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.content = content
        self.colors = series_colors()
        self.texts: list[tuple[Line, list[str]]] = []
        self.marks: list[dict[str, str]] = []
        self.canvas = Figure(figsize=(WIDTH, 1.0))
        self.renderer = FigureCanvasAgg(self.canvas).get_renderer()
        self.layout = lay_out(content, self._width)

    def draw(self) -> Drawn:
        """Lay the figure out and draw it."""
        layout = self.layout
        self.canvas.set_size_inches(WIDTH, layout.height)
        body = layout.height - layout.bottom - TOP
        size = (layout.left / WIDTH, layout.bottom / layout.height, layout.span / WIDTH, body / layout.height)
        axes = self.canvas.add_axes(size)
        axes.set_ylim(len(layout.labels) - 0.5, -0.5)
        self._scale(axes)
        self._row_labels(axes)
        for place, row in enumerate(self.content.rows):
            self._row(axes, place, row)
        self._heads(axes)
        self._notes()
        return Drawn(self.canvas, self.texts, self.marks)

    def _scale(self, axes: Axes) -> None:
        """Set the value axis: from zero for shares, whole steps, written as the study's language writes them."""
        import seaborn as sns
        from matplotlib.ticker import FixedLocator, MaxNLocator

        drawn = [
            bound
            for row in self.content.rows
            for mark in row.marks
            for bound in (mark.value, mark.lower, mark.upper)
            if bound is not None
        ]
        share = self.content.unit == "share"
        low, high = (0.0, max([*drawn, 0.1])) if share else (min(drawn, default=0.0), max(drawn, default=1.0))
        ticks = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        ticks = [float(tick) for tick in ticks if not share or 0 <= tick <= 1.0001]
        axes.set_xlim(ticks[0], ticks[-1])
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        decimals = 0 if share else 1
        texts = [value_text(tick, self.content.unit, decimals, self.content.language) for tick in ticks]
        axes.set_xticklabels(texts)
        for text in texts:
            self._list_text((Token("S", text, "axis tick"),))
        axes.tick_params(length=0)
        axes.set_xlabel(self.content.axis.text, labelpad=2)
        self._list_text((self.content.axis,))
        axes.set_yticks([])
        axes.set_axisbelow(True)
        sns.despine(ax=axes, left=True, bottom=True)

    def _row_labels(self, axes: Axes) -> None:
        """Write the labels to the left, and rule the rows across labels, axis and columns."""
        layout, labels = self.layout, self.layout.labels
        across = [(EDGE - layout.left) / layout.span, 1 + layout.column_edges[-1] / layout.span]
        for place in range(len(labels) + 1):
            (rule,) = axes.plot(across, [place - 0.5] * 2, color=GRID, linewidth=0.5, zorder=0)
            rule.set(transform=axes.get_yaxis_transform(), clip_on=False)
        for place, (row, label) in enumerate(zip(self.content.rows, labels, strict=True)):
            text = self._write(axes, "\n".join(label), (0, place), (-GAP, 0), ha="right", va="center_baseline")
            text.set_linespacing(1.0)
            self._list_text((row.label,), label)

    def _row(self, axes: Axes, place: int, row: Row) -> None:
        """Draw the dots of one row, joined by a thin line, and print their values to the right."""
        points = [(mark.value, self._height(place, mark)) for mark in row.marks if mark.value is not None]
        if len(points) > 1:
            axes.plot(*zip(*points, strict=True), color=LINK, linewidth=0.8, zorder=1)
        for mark in row.marks:
            color, height = self.colors[mark.series], self._height(place, mark)
            if mark.lower is not None and mark.upper is not None:
                (line,) = axes.plot([mark.lower, mark.upper], [height] * 2, color=color, linewidth=1.4, zorder=2)
                line.set(gid=self._gid(mark, "interval"), solid_capstyle="butt", clip_on=False)
            if mark.value is not None:
                (dot,) = axes.plot([mark.value], [height], MARKERS[mark.series], color=color, zorder=3)
                dot.set(gid=self._gid(mark, "dot"), markersize=MARKER_SIZE, clip_on=False)
                dot.set(markeredgecolor="white", markeredgewidth=0.5)
            edge = (self.layout.column_edges[mark.series], 0)
            text = self._write(axes, mark.text.text, (1, place), edge, ha="right", va="center_baseline", color=color)
            text.set_gid(self._gid(mark, "text"))
            self._list_text((mark.text,))

    def _heads(self, axes: Axes) -> None:
        """Name each series over its column of values, with its marker: the heads are the legend too."""
        top, style = -0.5, {"va": "baseline", "weight": "bold"}
        for place, series in enumerate(self.content.series):
            color, edge = self.colors[place], self.layout.column_edges[place]
            self._write(axes, series.text, (1, top), (edge, HEAD_HEIGHT), ha="right", color=color, **style)
            before = 1 + (edge - self._width(series.text, True) - HEAD_MARKER / 2) / self.layout.span
            above = top - (HEAD_HEIGHT + TEXT_SIZE / 72 / 3) / self.layout.row_height
            (dot,) = axes.plot([before], [above], MARKERS[place], color=color, transform=axes.get_yaxis_transform())
            dot.set(markersize=MARKER_SIZE, markeredgewidth=0, clip_on=False)
            self._list_text((series,))
        if self.content.status is not None:
            corner = (EDGE - self.layout.left, HEAD_HEIGHT)
            self._write(axes, self.content.status.text, (0, top), corner, ha="left", color=NOTICE, **style)
            self._list_text((self.content.status,))

    def _notes(self) -> None:
        """Write the notes below the axis, at the left edge."""
        lines = [line for note in self.layout.notes for line in note]
        for place, line in enumerate(reversed(lines)):
            height = (EDGE + place * NOTE_HEIGHT) / self.layout.height
            self.canvas.text(EDGE / WIDTH, height, line, va="bottom", size=SMALL_TEXT_SIZE, color=FAINT_INK)
        for tokens, wrapped in zip(self.content.notes, self.layout.notes, strict=True):
            self._list_text(tokens, wrapped)

    def _height(self, place: int, mark: Mark) -> float:
        """Return where a series stands in its row, so that intervals do not cover each other."""
        series = len(self.content.series)
        return place if series == 1 else place + SPREAD * (mark.series / (series - 1) - 0.5)

    def _gid(self, mark: Mark, shape: str) -> str:
        gid = f"{self.content.figure}-{self.content.language}-{short_anchor(mark.number)}-{shape}"
        self.marks.append({"gid": gid, "number": mark.number, "shape": shape})
        return gid

    def _list_text(self, tokens: Line, lines: list[str] | None = None) -> None:
        self.texts.append((tokens, [line_text(tokens)] if lines is None else lines))

    def _write(
        self, axes: Axes, text: str, point: tuple[float, float], offset: tuple[float, float], **style: Any
    ) -> Annotation:
        """Write a text at a fraction of the axis and a row, moved by inches."""
        points = (72 * offset[0], 72 * offset[1])
        return axes.annotate(
            text, point, points, xycoords=("axes fraction", "data"), textcoords="offset points", **style
        )

    def _width(self, text: str, bold: bool) -> float:
        """Return the width of a text in inches, in the style's font."""
        from matplotlib.font_manager import FontProperties

        font = FontProperties(size=TEXT_SIZE, weight="bold" if bold else "normal")
        width, _, _ = self.renderer.get_text_width_height_descent(text, font, False)
        return float(width) / self.canvas.dpi
