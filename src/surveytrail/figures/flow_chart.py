"""The flow diagram: boxes from top to bottom for what goes on, a box beside each arrow for what leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from surveytrail.figures.content import FigureContent, Row
from surveytrail.figures.flow import BEGINS, LEAVES
from surveytrail.figures.sheet import Sheet
from surveytrail.figures.style import EDGE, FAINT_INK, PLATE, TEXT_SIZE, WIDTH
from surveytrail.figures.tokens import Line, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAIN_LEFT, MAIN_WIDTH = EDGE, 2.45  # inches
SIDE_LEFT, SIDE_WIDTH = 3.05, WIDTH - 3.05 - EDGE
MAIN_CHARACTERS, SIDE_CHARACTERS = 33, 48
LINE, PADDING, BETWEEN = 0.165, 0.10, 0.22  # inches
STATUS_HEIGHT = 0.24


Stage = tuple[Row, list[Row]]


def draw_flow(content: FigureContent) -> Sheet:
    """Draw a flow diagram."""
    sheet = Sheet(content, WIDTH)
    stages = _stages(content)
    ends = [place + 1 == len(stages) or stages[place + 1][0].marks[0].series == BEGINS for place in range(len(stages))]
    heights = [_stage_height(stage, end) for stage, end in zip(stages, ends, strict=True)]
    top = EDGE + (STATUS_HEIGHT if content.status else 0.0)
    sheet.set_height(top + sum(heights) - BETWEEN + EDGE)
    axes = sheet.axes(0, 0, sheet.width, sheet.height)
    axes.set(xlim=(0, sheet.width), ylim=(sheet.height, 0))
    sheet.write_status(EDGE + STATUS_HEIGHT * 0.55)
    for stage, end, height in zip(stages, ends, heights, strict=True):
        _draw_stage(sheet, axes, stage, top, None if end else top + height)
        top += height
    return sheet


def _draw_stage(sheet: Sheet, axes: Axes, stage: Stage, top: float, goes_to: float | None) -> None:
    """Draw a step, what leaves after it, and the arrows from it.

    Parameters
    ----------
    goes_to : where the next step begins, None where nothing goes on
    """
    main, side = stage
    middle, high, side_high = MAIN_LEFT + MAIN_WIDTH / 2, _main_height(main), _side_height(side)
    _box(axes, MAIN_LEFT, top, MAIN_WIDTH, high)
    _write_main(sheet, main, middle, top + PADDING)
    if goes_to is not None:
        _arrow(axes, (middle, top + high), (middle, goes_to))
    if side:
        beside = top if goes_to is None else top + high + BETWEEN / 2
        begin = (MAIN_LEFT + MAIN_WIDTH, top + high / 2) if goes_to is None else (middle, beside + side_high / 2)
        _arrow(axes, begin, (SIDE_LEFT, begin[1]))
        _box(axes, SIDE_LEFT, beside, SIDE_WIDTH, side_high)
        _write_side(sheet, side, beside + PADDING)


def _stages(content: FigureContent) -> list[Stage]:
    """Return each step with what leaves after it."""
    stages: list[Stage] = []
    for row in content.rows:
        if row.marks[0].series != LEAVES:
            stages.append((row, []))
        else:
            stages[-1][1].append(row)
    return stages


def _main_height(row: Row) -> float:
    return LINE * (len(_main_lines(row)) + 1) + 2 * PADDING


def _side_height(rows: list[Row]) -> float:
    return LINE * sum(len(_side_lines(row)) for row in rows) + 2 * PADDING if rows else 0.0


def _stage_height(stage: Stage, end: bool) -> float:
    """Return the room from a step to the next: what leaves stands below the step, or beside it at the end."""
    main, side = _main_height(stage[0]), _side_height(stage[1])
    if end:
        return max(main, side) + BETWEEN
    return main + (side + BETWEEN if side else BETWEEN)


def _main_lines(row: Row) -> list[Line]:
    return wrapped((row.label,), MAIN_CHARACTERS)


def _side_lines(row: Row) -> list[Line]:
    return wrapped((row.label,), SIDE_CHARACTERS)


def _write_main(sheet: Sheet, row: Row, middle: float, top: float) -> None:
    lines = _main_lines(row)
    for place, line in enumerate(lines):
        sheet.write([line], middle, top + LINE * (place + 0.5), ha="center")
    count = row.marks[0].text
    sheet.write_number(count, middle, top + LINE * (len(lines) + 0.5), ha="center", weight="bold", size=TEXT_SIZE + 1)


def _write_side(sheet: Sheet, rows: list[Row], top: float) -> None:
    """Write what leaves: labels to the left, counts to the right, one row after the other."""
    y = top
    for row in rows:
        lines = _side_lines(row)
        sheet.write_number(row.marks[0].text, SIDE_LEFT + SIDE_WIDTH - PADDING, y + LINE / 2, ha="right", weight="bold")
        for line in lines:
            sheet.write([line], SIDE_LEFT + PADDING, y + LINE / 2, ha="left")
            y += LINE


def _box(axes: Axes, left: float, top: float, width: float, height: float) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((left, top), width, height, facecolor=PLATE, edgecolor=FAINT_INK, linewidth=0.7))


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    from matplotlib.patches import FancyArrowPatch

    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 7, "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(start, end, linewidth=0.9, color=FAINT_INK, **style))
