"""The sheet that a figure is drawn on: matplotlib's canvas, and a list of all that has been put on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveyspec.identifiers import short_anchor
from surveytrail.figures.content import FigureContent, Mark
from surveytrail.figures.style import EDGE, FAINT_INK, NOTICE, SMALL_TEXT_SIZE, TEXT_SIZE
from surveytrail.figures.tokens import Line, Token, line_text

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

NOTE_HEIGHT = 0.145  # inches


@dataclass(frozen=True)
class Written:
    """A text on the sheet: where it is in the SVG, its lines in parts with their classes, where each part stands.

    Parameters
    ----------
    boxes : per line and part: left, top, width, height in shares of the sheet
    """

    gid: str
    lines: tuple[Line, ...]
    boxes: tuple[tuple[tuple[float, float, float, float], ...], ...]

    @property
    def tokens(self) -> Line:
        """All parts, with a space where a line was broken."""
        joined: list[Token] = []
        for line in self.lines:
            if joined:
                joined.append(Token("S", " ", "line break"))
            joined.extend(line)
        return tuple(joined)


@dataclass(frozen=True)
class Shape:
    """A mark on the sheet: the number that it shows, and whether it is the only thing that shows it."""

    gid: str
    number: str
    shape: str
    alone: bool
    box: tuple[float, float, float, float] | None = None


class Sheet:
    """A drawing in progress. Places are inches from the left and from the top."""

    def __init__(self, content: FigureContent, width: float) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.content = content
        self.width, self.height = width, 1.0
        self.texts: list[Written] = []
        self.shapes: list[Shape] = []
        self.canvas: Canvas = Figure(figsize=(width, 1.0))
        self._renderer = FigureCanvasAgg(self.canvas).get_renderer()

    def set_height(self, height: float) -> None:
        """Fix the height: before anything is drawn."""
        self.height = height
        self.canvas.set_size_inches(self.width, height)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Add axes to a part of the sheet, without ticks and frame."""
        bottom = self.height - top - height
        size = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        axes = self.canvas.add_axes(size)
        axes.set_axis_off()
        return axes

    def write(
        self,
        lines: Sequence[Line],
        x: float,
        y: float,
        size: float = TEXT_SIZE,
        line_height: float = 1.1,
        **style: Any,
    ) -> None:
        """Write a text of one or several lines, centred on ``y`` unless ``va`` says otherwise.

        Parameters
        ----------
        style : ha, va, color, weight as matplotlib knows them
        """
        gid = f"{self._stem}-text-{len(self.texts) + 1}"
        text = "\n".join(line_text(line) for line in lines)
        place = (x / self.width, 1 - y / self.height)
        style = {"va": "center_baseline" if len(lines) == 1 else "center", **style}
        drawn = self.canvas.text(*place, text, size=size, linespacing=line_height, **style)
        drawn.set_gid(gid)
        bold = style.get("weight") == "bold"
        extent = drawn.get_window_extent(self._renderer)
        self.texts.append(Written(gid, tuple(lines), self._boxes(lines, extent, style.get("ha", "left"), size, bold)))

    def write_number(self, token: Token, x: float, y: float, **style: Any) -> None:
        """Write a printed value, interval or count."""
        self.write([(token,)], x, y, **style)

    def mark(self, artist: Artist, mark: Mark, shape: str, alone: bool = False) -> None:
        """Say which number something drawn shows; ``alone`` where no printed text says the same."""
        gid = f"{self._stem}-{short_anchor(mark.number)}-{shape}"
        artist.set_gid(gid)
        box = None
        if alone:
            extent = artist.get_window_extent(self._renderer)
            box = self._share(extent.x0, extent.y0, extent.x1, extent.y1)
        self.shapes.append(Shape(gid, mark.number, shape, alone, box))

    def write_status(self, y: float) -> None:
        """Say in the upper left corner that the data are synthetic, if they are."""
        if self.content.status is not None:
            self.write([(self.content.status,)], EDGE, y, color=NOTICE, weight="bold", ha="left", va="baseline")

    def write_notes(self, notes: Sequence[Sequence[Line]]) -> None:
        """Write notes, each broken into lines, at the foot of the sheet."""
        lines = [line for note in notes for line in note]
        for place, line in enumerate(lines):
            y = self.height - EDGE - (len(lines) - place - 0.5) * NOTE_HEIGHT
            self.write([line], EDGE, y, size=SMALL_TEXT_SIZE, color=FAINT_INK, ha="left")

    def text_width(self, text: str, size: float = TEXT_SIZE, bold: bool = False) -> float:
        """Return the width of a text in inches, in the style's font."""
        from matplotlib.font_manager import FontProperties

        font = FontProperties(size=size, weight="bold" if bold else "normal")
        width, _, _ = self._renderer.get_text_width_height_descent(text, font, False)
        return float(width) / self.canvas.dpi

    @property
    def _stem(self) -> str:
        return f"{self.content.figure}-{self.content.language}"

    def _boxes(
        self, lines: Sequence[Line], extent: Any, ha: str, size: float, bold: bool
    ) -> tuple[tuple[tuple[float, float, float, float], ...], ...]:
        """Return where each part of each line stands."""
        height = (extent.y1 - extent.y0) / len(lines)
        found = []
        for place, line in enumerate(lines):
            top = extent.y1 - place * height
            total = self.text_width(line_text(line), size, bold) * self.canvas.dpi
            spare = (extent.x1 - extent.x0 - total) * {"left": 0.0, "center": 0.5, "right": 1.0}[ha]
            left, boxes = extent.x0 + spare, []
            for token in line:
                width = self.text_width(token.text, size, bold) * self.canvas.dpi
                boxes.append(self._share(left, top - height, left + width, top))
                left += width
            found.append(tuple(boxes))
        return tuple(found)

    def _share(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        """Return a box in pixels from the lower left as shares of the sheet from the upper left."""
        wide, high = self.width * self.canvas.dpi, self.height * self.canvas.dpi
        return round(x0 / wide, 5), round(1 - y1 / high, 5), round((x1 - x0) / wide, 5), round((y1 - y0) / high, 5)
