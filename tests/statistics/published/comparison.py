"""Published figures beside ours: which items of a data set come out in their printed rounding.

A module registers, with `@dataset(folder)`, a function that computes the figures of a data set's items from its raw
files. What the collector of the data noted down of his own recomputation (`reproduced`, `match`) is never read for a
verdict: `match: false` only says which items are **controls**, figures that do not follow from the data and must come
out as mismatches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

REAL = (Path(__file__).resolve().parents[3] / ".." / "shared" / "real").resolve()
ABSENT = "../shared/real is absent: the raw files of the published surveys are not part of the repository"
# A figure exactly half a unit away is a tie, whichever way its authors round.
TIE = 1e-9

Item = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """One printed number and ours.

    Attributes
    ----------
    item: id of the item that the figure belongs to; an item may have several (a count and its percentage).
    printed: the number as it is printed.
    ours: the number computed here.
    unit: what the last printed digit counts (0.1 = one decimal).
    relative: instead of the unit, for reference values that were never printed: the relative difference allowed.
    """

    item: str
    printed: float
    ours: float
    unit: float
    relative: float | None = None

    @property
    def matches(self) -> bool:
        allowed = self.unit / 2 * (1 + TIE) if self.relative is None else self.relative * abs(self.printed)
        return abs(self.ours - self.printed) <= allowed


def printed(item: Item, ours: float, *, key: str = "published", decimals: int | None = None) -> Figure:
    """Return the figure that an item prints under `key`; its decimals are counted unless they are given."""
    text = item[key]
    shown = len(text.partition(".")[2]) if decimals is None else decimals
    return Figure(item["id"], float(text), float(ours), 10.0**-shown)


Reproduce = Callable[[Path, list[Item]], Iterable[Figure]]
_DATASETS: dict[str, tuple[Reproduce, str]] = {}


def dataset(folder: str, values: str = "published.json") -> Callable[[Reproduce], Reproduce]:
    """Register the function that computes the figures of the data set in a folder below ../shared/real."""

    def register(function: Reproduce) -> Reproduce:
        _DATASETS[folder] = (function, values)
        return function

    return register


@dataclass(frozen=True)
class Comparison:
    """A data set's items and what became of them."""

    folder: str
    items: dict[str, Item]
    figures: list[Figure]

    @cached_property
    def controls(self) -> set[str]:
        return {name for name, item in self.items.items() if item.get("match") is False}

    @cached_property
    def reproduced(self) -> set[str]:
        """Items all of whose figures come out; an item without a figure does not."""
        wrong = {figure.item for figure in self.figures if not figure.matches}
        return {figure.item for figure in self.figures} - wrong

    @cached_property
    def missed(self) -> list[str]:
        """Items that should come out and do not, in their order."""
        return [name for name in self.items if name not in self.controls | self.reproduced]

    @cached_property
    def unflagged(self) -> list[str]:
        """Controls that come out although they should not."""
        return [name for name in self.items if name in self.controls & self.reproduced]

    def describe(self, name: str) -> str:
        item = self.items[name]
        found = ", ".join(f"printed {f.printed:g}, ours {f.ours:.6g}" for f in self.figures if f.item == name)
        note = item.get("note", "").removeprefix("does not reproduce: ")
        return f"{name} {item['description']}: {found or 'not computed'}{f' ({note})' if note else ''}"


def datasets() -> list[str]:
    """Return the folders of all data sets, in the order of registration."""
    from tests.statistics.published import sampled, tabulated  # noqa: F401  (they register themselves)

    return list(_DATASETS)


def compare(folder: str) -> Comparison:
    """Compute a data set's figures and hold them against what was printed."""
    reproduce, values = _DATASETS[folder]
    items = read_items(REAL / folder / values)
    return Comparison(folder, {item["id"]: item for item in items}, list(reproduce(REAL / folder, items)))


def read_items(path: Path) -> list[Item]:
    """Return the items of a file, numbers as the text that stands there; an item without an id gets its place."""
    document = json.loads(path.read_text("utf-8"), parse_float=str, parse_int=str)
    return [{"id": f"#{place}", **item} for place, item in enumerate(document["items"], 1)]


def report(comparisons: Iterable[Comparison]) -> Iterator[str]:
    """Return the lines of the command: what is wrong, the controls, and the table with its sum."""
    table = [f"{'data set':<34}{'items reproduced':>18}{'figures':>9}{'controls flagged':>18}"]
    sums = [0, 0, 0, 0, 0]
    for one in comparisons:
        yield from (f"DIFFERS    {one.folder} {one.describe(name)}" for name in one.missed)
        yield from (f"UNFLAGGED  {one.folder} {one.describe(name)}" for name in one.unflagged)
        yield from (f"control    {one.folder} {one.describe(n)}" for n in one.items if n in one.controls)
        controls = len(one.controls)
        expected = len(one.items) - controls
        row = [expected - len(one.missed), expected, len(one.figures), controls - len(one.unflagged), controls]
        sums = [a + b for a, b in zip(sums, row, strict=True)]
        table.append(_line(one.folder, row))
    yield from ["", *table, _line("all", sums)]
    yield f"{sums[0]} of {sums[1]} published items reproduced, {sums[3]} of {sums[4]} controls reported as mismatches"


def _line(name: str, row: list[int]) -> str:
    return f"{name:<34}{f'{row[0]} of {row[1]}':>18}{row[2]:>9}{f'{row[3]} of {row[4]}' if row[4] else '-':>18}"
