"""Population margins checked against the sample, before any weight is touched.

A margin is one categorical variable with a population total for each of its levels. All that can be known to be wrong
in advance is refused here, by name: a level without respondents, a level without a target, margins whose totals
contradict each other. Nothing is merged or dropped in silence.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveytrail.statistics.arrays import BoolArray, FloatArray, IntArray, weighted_counts
from surveytrail.statistics.errors import StatisticsError, shorten

Level = Hashable
MarginInput = Mapping[str, tuple[Any, Mapping[Level, float]]]

# Totals of two margins that differ by less than this share are equal up to the rounding of their sources.
_SAME_TOTAL = 1e-9


@dataclass(frozen=True, eq=False)
class Margin:
    """One margin, ready for use.

    Attributes
    ----------
    name: the variable.
    levels: the L levels in the order of their targets.
    index: (n,) position 0..L-1 of each row's level.
    targets: (L,) population totals.
    """

    name: str
    levels: tuple[Level, ...]
    index: IntArray
    targets: FloatArray

    def totals(self, weights: FloatArray) -> FloatArray:
        """(L,) weighted counts per level for `weights` (n,)."""
        return weighted_counts(self.index, weights, len(self.levels))


@dataclass(frozen=True)
class MarginLevel:
    """What became of one level of one margin.

    Attributes: `n` respondents with weight, `target`, weighted totals `before` and `after`.
    """

    margin: str
    level: Level
    n: int
    target: float
    before: float
    after: float

    @property
    def relative_error(self) -> float:
        """(after - target) / target, 0 where both are 0."""
        if self.target == 0:
            return 0.0 if self.after == 0 else float("inf")
        return self.after / self.target - 1


def report(
    margins: Sequence[Margin], before: FloatArray, after: FloatArray, respondents: FloatArray | None = None
) -> tuple[MarginLevel, ...]:
    """One `MarginLevel` per level of every margin.

    Parameters
    ----------
    margins: coded by row, or by cell where the other arguments are sums per cell.
    before, after: (n,) weights.
    respondents: (n,) how many respondents with weight each entry stands for; by default one where `before` is positive.
    """
    counted = (before > 0).astype(np.float64) if respondents is None else respondents
    rows: list[MarginLevel] = []
    for margin in margins:
        sums = (margin.totals(counted), margin.targets, margin.totals(before), margin.totals(after))
        columns = zip(margin.levels, *sums, strict=True)
        rows.extend(
            MarginLevel(margin.name, level, int(n), float(target), float(old), float(new))
            for level, n, target, old, new in columns
        )
    return tuple(rows)


def check_base_weights(base_weights: FloatArray) -> FloatArray:
    """Return the weights (n,) as float64; StatisticsError unless all are finite, >= 0 and some are positive."""
    weights = np.asarray(base_weights, dtype=np.float64)
    if weights.ndim != 1:
        raise StatisticsError(
            "Unusable base weights", expected="one weight per row", got=f"an array of shape {weights.shape}"
        )
    bad = ~np.isfinite(weights) | (weights < 0)
    if bad.any() or not (weights > 0).any():
        where = f"row {int(np.flatnonzero(bad)[0]) + 1}" if bad.any() else "all rows"
        raise StatisticsError(
            "Unusable base weights",
            where,
            expected="finite weights >= 0, some of them positive",
            got=f"{int(bad.sum())} missing, infinite or negative weights, {int((weights > 0).sum())} positive ones",
            hint="without design weights name a base weight of 1 for every row; exclude rows without a weight "
            "by a cleaning rule",
        )
    return weights


def prepare(base_weights: FloatArray, margins: MarginInput, total: float | None = None) -> list[Margin]:
    """Check margins against the sample and code them.

    Parameters
    ----------
    base_weights: (n,) weights; rows of weight 0 do not count as respondents.
    margins: name -> (levels of the rows, shape (n,); level -> target).
    total: population size when the targets are shares: each margin's targets are scaled to add up to it.

    Errors: StatisticsError for a level without target, a target without respondents, targets that are not positive
    numbers, and margins that do not add up to the same total.
    """
    if not margins:
        raise StatisticsError(
            "No margins",
            expected="at least one margin with a target for each level",
            got="none",
            hint="name the margins of the weight, or use the base weight as it is",
        )
    prepared = [_prepare_one(name, rows, targets, base_weights) for name, (rows, targets) in margins.items()]
    if total is not None:
        return [Margin(m.name, m.levels, m.index, m.targets * (total / m.targets.sum())) for m in prepared]
    _require_same_totals(prepared)
    return prepared


def _prepare_one(name: str, rows: Any, targets: Mapping[Level, float], base_weights: FloatArray) -> Margin:
    levels = tuple(targets)
    values = np.array([float(targets[level]) for level in levels], dtype=np.float64)
    bad = ~np.isfinite(values) | (values <= 0)
    if bad.any() or not levels:
        named = ", ".join(f"{level} = {targets[level]}" for level, wrong in zip(levels, bad, strict=True) if wrong)
        raise StatisticsError(
            "Unusable margin target",
            f"margin `{name}`",
            expected="a positive population total for each level",
            got=named or "no levels",
            hint="a level that is empty in the population must be left out of the margin, and its respondents "
            "excluded or recoded by a cleaning rule",
        )
    weighted = base_weights > 0
    index = level_index(name, rows, levels, weighted)
    present = np.bincount(index if weighted.all() else index[weighted], minlength=len(levels))
    if (present == 0).any():
        empty = int(np.flatnonzero(present == 0)[0])
        listed = [str(levels[i]) for i in np.flatnonzero(present == 0)]
        raise StatisticsError(
            "Empty category",
            f"margin `{name}`, level `{levels[empty]}`: target {values[empty]:g}, achieved 0",
            expected="at least one respondent with positive weight in every level that has a target",
            got=f"no respondents in {shorten(listed)}",
            hint=f"likely cause: nobody of this kind answered, or the level is spelled differently in the data "
            f"(there: {shorten([str(levels[i]) for i in np.flatnonzero(present)])}); merge it with a neighbouring "
            "level in margin and data, by name in the configuration",
        )
    return Margin(name, levels, index, values)


def level_index(name: str, rows: Any, levels: tuple[Level, ...], weighted: BoolArray) -> IntArray:
    """Code the levels of the rows (n,) by their position in `levels`.

    A row that is `weighted` (n,) and has no known level is an error; the others count as of the first level.
    """
    column: NDArray[Any] = np.asarray(rows)
    n = weighted.shape[0]
    if column.shape != (n,):
        raise StatisticsError(
            "Wrong number of rows",
            f"margin `{name}`",
            expected=f"{n} values (one per weight)",
            got=f"an array of shape {column.shape}",
        )
    if column.dtype.kind in "iub" and all(isinstance(level, int | np.integer | np.bool_) for level in levels):
        index = _index_of_integers(column, np.array([int(level) for level in levels]))  # type: ignore[call-overload]
    else:
        import pandas as pd

        index = pd.Index(levels).get_indexer(pd.Index(column.astype(object)))
    if (index >= 0).all():
        return index.astype(np.int64, copy=False)
    unknown = (index < 0) & weighted
    if unknown.any():
        first = int(np.flatnonzero(unknown)[0])
        found = sorted({str(value) for value in column[unknown][:10_000]})
        raise StatisticsError(
            "Level without a target",
            f"margin `{name}`, row {first + 1}",
            expected=f"one of the levels that have a target: {shorten([str(level) for level in levels])}",
            got=f"{shorten(found)} in {int(unknown.sum())} rows",
            hint="give the level a target, recode it, or impute missing values by a declared rule; "
            "rows cannot be weighted to a margin they have no place in",
        )
    return np.maximum(index, 0).astype(np.int64, copy=False)


def _index_of_integers(column: NDArray[Any], levels: IntArray) -> IntArray:
    """Positions of integer codes by a lookup table (the fast path: no sorting, no hashing)."""
    low, high = int(levels.min()), int(levels.max())
    if high - low > 1_000_000:
        order = np.argsort(levels)
        place = np.searchsorted(levels, column, sorter=order).clip(max=len(levels) - 1)
        return np.where(levels[order[place]] == column, order[place], -1)
    places = np.arange(len(levels))
    inside = int(column.min(initial=high)) >= low and int(column.max(initial=low)) <= high
    shifted = column.astype(np.int64, copy=False) - low if low else column.astype(np.int64, copy=False)
    if inside and np.array_equal(levels - low, places):
        return shifted
    table = np.full(high - low + 1, -1, dtype=np.int64)
    table[levels - low] = places
    if inside:
        return table[shifted]
    known = (shifted >= 0) & (shifted <= high - low)
    return np.where(known, table[np.where(known, shifted, 0)], -1)


def _require_same_totals(margins: Sequence[Margin]) -> None:
    totals = [float(margin.targets.sum()) for margin in margins]
    if max(totals) - min(totals) <= _SAME_TOTAL * max(totals):
        return
    listed = "; ".join(
        f"`{margin.name}` adds up to {total:.12g}" for margin, total in zip(margins, totals, strict=True)
    )
    raise StatisticsError(
        "Margins contradict each other",
        f"margins {', '.join(f'`{margin.name}`' for margin in margins)}",
        expected="the same population total in every margin",
        got=listed,
        hint="likely cause: the margins come from different sources or years, or a level is missing; take them from "
        "one source, or give them as shares with one population total",
    )
