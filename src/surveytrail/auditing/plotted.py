"""Judging where marks stand: the axis is read from the printed ticks, and each mark must be where its number belongs.

Works on the SVG as a reader sees it: positions of ticks, dots, intervals and bars in points. Figures without an axis (a
flow) have texts only, which are judged as texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lxml import etree

from surveytrail.auditing.consistency import Check, Rounded
from surveytrail.auditing.expected import Expected

AWAY = 1.0  # points that a mark may stand beside its place: what ticks are rounded to, and the eye does not see
BASELINE = 6.0  # points from the middle of a tick's text to the line that it stands on, at most
TICK = "axis tick"
POINT = re.compile(r"(-?[\d.]+) (-?[\d.]+)")


@dataclass(frozen=True)
class Axis:
    """The value axis of a figure: ``position = offset + slope * value``, of the value's logarithm on a ratio axis.

    Parameters
    ----------
    direction : 0 where values run across the figure, 1 where they run upwards
    """

    direction: int
    is_ratio: bool
    slope: float
    offset: float

    @classmethod
    def fitting(cls, ticks: Sequence[tuple[float, tuple[float, float]]]) -> list[Axis]:
        """Return the axes on which ticks can stand where they do: with two ticks both scales, with none no axis."""
        if len(ticks) < 2:
            return []
        values, places = np.array([value for value, _ in ticks]), np.array([place for _, place in ticks])
        direction = int(np.ptp(places[:, 1]) > np.ptp(places[:, 0]))
        found = []
        for is_ratio in (False, True):
            if not is_ratio or (values > 0).all():
                scaled = np.log(values) if is_ratio else values
                slope, offset = np.polyfit(scaled, places[:, direction], 1)
                if np.abs(offset + slope * scaled - places[:, direction]).max() <= AWAY:
                    found.append(cls(direction, is_ratio, float(slope), float(offset)))
        return found

    def place(self, value: float) -> float:
        """Return where a value belongs."""
        return self.offset + self.slope * (float(np.log(value)) if self.is_ratio else value)


def plotted(folder: Path, expected: Expected) -> Check:
    """Hold every mark of every figure in a folder against the ledger.

    Returns
    -------
    how many marks there are, how many could be judged, and those that stand elsewhere than their number says
    """
    check = Check("marks", "marks of figures stand where their numbers belong")
    for path in sorted(folder.glob("*.json")):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(manifest, dict) and "files" in manifest:
            root = etree.fromstring(path.with_suffix(".svg").read_bytes())
            judge_marks(root, manifest, expected, check)
    return check


def judge_marks(root: etree._Element, manifest: Mapping[str, Any], expected: Expected, check: Check) -> None:
    """Add the marks of one figure to a check.

    Parameters
    ----------
    root : the figure's SVG
    manifest : the list of all that stands on it
    """
    marks = [element for element in root.iter() if element.get("data-number") is not None]
    name = f"{manifest['figure']}.{manifest['language']}"
    check.printed += len(marks)
    if sorted(str(mark.get("id")) for mark in marks) != sorted(str(mark["gid"]) for mark in manifest.get("marks", [])):
        check.problems.append(f"{name}: the marks drawn are not those that its manifest lists")
    axes = Axis.fitting(_ticks(root, manifest))
    if axes:
        check.checked += len(marks)
        check.problems += sorted((_misplaced(marks, expected, axis, name) for axis in axes), key=len)[0]
    elif marks:
        check.problems.append(f"{name}: its printed ticks give no axis that its {len(marks)} marks could stand on")


def _misplaced(marks: Sequence[etree._Element], expected: Expected, axis: Axis, name: str) -> list[str]:
    """Say which marks stand elsewhere than their numbers belong on an axis."""
    found = [(mark, *pair) for mark in marks for pair in _pairs(mark, expected.rows, axis)]
    # texts stand on a line a little below the middle of what they name, all of them alike
    aside = float(np.median([drawn - axis.place(value) for _, drawn, value in found] or [0.0])) if axis.direction else 0
    compared = {mark.get("id") for mark, _, _ in found}
    wrong = {
        str(mark.get("id")): f"{name}: nothing is drawn as the {mark.get('data-shape')} of {mark.get('data-number')}"
        for mark in marks
        if mark.get("id") not in compared
    }
    for mark, drawn, value in found:
        away = drawn - axis.place(value) - aside
        if abs(away) > AWAY or abs(aside) > BASELINE:
            where = f"{name}: the {mark.get('data-shape')} of {mark.get('data-number')}"
            wrong[str(mark.get("id"))] = f"{where} stands {away + aside:+.1f} points from {value:g}"
    return list(wrong.values())


def _ticks(root: etree._Element, manifest: Mapping[str, Any]) -> list[tuple[float, tuple[float, float]]]:
    """Return the value of each tick of a figure, and where its text stands."""
    stem = f"{manifest['figure']}-{manifest['language']}-text-"
    groups = {str(group.get("id")): group for group in root.iterfind(".//{*}g")}
    found = []
    for place, text in enumerate(manifest["texts"], 1):
        if [part["source"] for part in text["parts"]] != [TICK]:
            continue
        group = groups.get(f"{stem}{place}")
        element = group.find(".//{*}text") if group is not None else None
        value = Rounded.of(text["text"], manifest["language"])
        if element is not None and value is not None and "".join(map(str, element.itertext())) == text["text"]:
            at = float(element.get("x", "nan")), float(element.get("y", "nan"))
            found.append(((value.low + value.high) / 2, at))
    return found


def _pairs(mark: etree._Element, rows: Mapping[str, Mapping[Any, Any]], axis: Axis) -> Iterator[tuple[float, float]]:
    """Yield where a mark was drawn on the axis, and the value that should stand there."""
    row = rows[str(mark.get("data-number"))]
    paths = [path.get("d", "") for path in mark.iterfind(".//{*}path") if not _is_stored(path)]
    drawn = [float(point[axis.direction]) for path in paths for point in POINT.findall(path)]
    if mark.get("data-shape") in {"interval", "bar"} and not drawn:
        return
    if mark.get("data-shape") == "interval":
        ends = sorted(drawn, reverse=axis.slope < 0)
        yield ends[0], float(row["lower"])
        yield ends[-1], float(row["upper"])
    elif mark.get("data-shape") == "bar":
        yield axis.place(0.0) + max(drawn) - min(drawn), float(row["value"])
    else:
        for dot in mark.iter("{*}use"):
            yield float(dot.get("y" if axis.direction else "x", "nan")), float(row["value"])


def _is_stored(path: etree._Element) -> bool:
    """Say whether a path is a marker's form, which is drawn elsewhere."""
    parent = path.getparent()
    return parent is not None and etree.QName(parent).localname == "defs"
