"""Raking: weights that meet several population margins at once, by iterative proportional fitting.

Deming & Stephan (1940): scale the weights to one margin after the other until all hold. The factor of a row depends on
its combination of levels only, so the work is done on the few combinations that occur and not on the rows; a million
rows cost three passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from surveytrail.statistics.arrays import FloatArray, IntArray, weighted_counts
from surveytrail.statistics.weighting.conflicts import explain_failure
from surveytrail.statistics.weighting.margins import (
    Level,
    Margin,
    MarginInput,
    MarginLevel,
    check_base_weights,
    prepare,
    report,
)


@dataclass(frozen=True, eq=False)
class RakeResult:
    """Raked weights and how they came about.

    Attributes
    ----------
    weights: (n,) raked weights.
    adjustments: (n,) raked weight over base weight (1 where the base weight is 0).
    iterations: rounds over all margins.
    margins: one entry per level: respondents, target, weighted total before and after.
    """

    weights: FloatArray
    adjustments: FloatArray
    iterations: int
    margins: tuple[MarginLevel, ...]

    @property
    def largest_error(self) -> float:
        """Largest relative distance of an achieved total from its target."""
        return max(abs(row.relative_error) for row in self.margins)

    @property
    def achieved(self) -> Mapping[str, Mapping[Level, float]]:
        """Weighted totals after raking: margin -> level -> total."""
        totals: dict[str, dict[Level, float]] = {}
        for row in self.margins:
            totals.setdefault(row.margin, {})[row.level] = row.after
        return totals


@dataclass(frozen=True, eq=False)
class Cells:
    """The combinations of levels that occur in the sample.

    Attributes: `of_row` (n,) the combination 0..k-1 of each row, `levels` per margin (k,) its level.
    """

    of_row: IntArray
    levels: tuple[IntArray, ...]

    @property
    def count(self) -> int:
        """Number of combinations that occur."""
        return int(self.levels[0].shape[0])

    @classmethod
    def of(cls, margins: Sequence[Margin]) -> Cells:
        """Find the combinations, by counting where their number allows, else by sorting."""
        sizes = [len(margin.levels) for margin in margins]
        possible = float(np.prod([float(size) for size in sizes]))
        combined = margins[0].index
        if possible <= 4 * combined.shape[0] + 100_000:
            for margin, size in zip(margins[1:], sizes[1:], strict=True):
                combined = combined * size
                combined += margin.index
            occupied = np.bincount(combined, minlength=int(possible)) > 0
            where = np.flatnonzero(occupied)
            if where.shape[0] == occupied.shape[0]:
                of_row = combined
            else:
                place = np.cumsum(occupied) - 1
                of_row = place[combined]
            return cls(of_row, tuple(np.unravel_index(where, sizes)))
        columns = np.column_stack([margin.index for margin in margins])
        combinations, of_row = np.unique(columns, axis=0, return_inverse=True)
        return cls(of_row.reshape(-1), tuple(combinations.T))


def rake(
    base_weights: FloatArray,
    margins: MarginInput,
    *,
    tolerance: float = 1e-12,
    max_iterations: int = 5_000,
    total: float | None = None,
) -> RakeResult:
    """Rake weights to population margins.

    Parameters
    ----------
    base_weights:
        (n,) weights before raking, >= 0; rows of weight 0 keep it.
    margins:
        Name -> (the level of each row, shape (n,); level -> population total). Integer codes are the fast form.
    tolerance:
        Stop when every achieved total is within this share of its target.
    max_iterations:
        Rounds over all margins before giving up.
    total:
        Population size when the targets are shares (of 1 or of 100): each margin is scaled to add up to it.

    Returns: RakeResult. Errors: StatisticsError when a level has no respondents or no target, when margins contradict
    each other, and when no weights meet all margins (naming margin, level, target, achieved total and likely cause).

    Source: Deming & Stephan (1940), Annals of Mathematical Statistics 11, 427-444.
    """
    base = check_base_weights(base_weights)
    prepared = prepare(base, margins, total)
    cells = Cells.of(prepared)
    start = weighted_counts(cells.of_row, base, cells.count)
    fitted, iterations, error = _fit(start[:, None], cells, prepared, tolerance, max_iterations)
    if error > tolerance:
        raise explain_failure(prepared, cells.levels, start, fitted[:, 0], iterations, tolerance)
    factors = np.divide(fitted[:, 0], start, out=np.ones_like(start), where=start > 0)
    adjustments = factors[cells.of_row]
    weights = base * adjustments
    if not base.all():
        adjustments = np.where(base > 0, adjustments, 1.0)
    return RakeResult(weights, adjustments, iterations, _report(prepared, cells, base, start, weights))


def _report(
    margins: Sequence[Margin], cells: Cells, base: FloatArray, start: FloatArray, weights: FloatArray
) -> tuple[MarginLevel, ...]:
    """Report on the raked rows: summed once by cell, and from there by level."""
    respondents = np.bincount(cells.of_row if base.all() else cells.of_row[base > 0], minlength=cells.count)
    by_cell = [
        Margin(margin.name, margin.levels, levels, margin.targets)
        for margin, levels in zip(margins, cells.levels, strict=True)
    ]
    after = weighted_counts(cells.of_row, weights, cells.count)
    return report(by_cell, start, after, respondents.astype(np.float64))


def rake_replicates(
    replicate_weights: FloatArray,
    margins: Sequence[Margin],
    *,
    tolerance: float = 1e-12,
    max_iterations: int = 5_000,
    first_replicate: int = 1,
) -> FloatArray:
    """Rake every replicate to the same margins.

    Parameters: `replicate_weights` (n, r); `margins` as prepared for the full sample; `first_replicate` the number of
    the first column, for messages. Returns the raked weights (n, r).

    Errors: StatisticsError that names the replicate, e.g. when it has no weight left in a level.
    """
    cells = Cells.of(margins)
    n = replicate_weights.shape[0]
    gather = sparse.csc_array((np.ones(n), cells.of_row, np.arange(n + 1)), shape=(cells.count, n))
    start = np.asarray(gather @ replicate_weights)
    fitted, iterations, error = _fit(start, cells, margins, tolerance, max_iterations)
    if error > tolerance:
        column = int(np.argmax(_errors(fitted, cells, margins)))
        raise explain_failure(
            margins, cells.levels, start[:, column], fitted[:, column], iterations, tolerance, first_replicate + column
        )
    factors = np.divide(fitted, start, out=np.ones_like(start), where=start > 0)
    return replicate_weights * factors[cells.of_row]


def _fit(
    start: FloatArray, cells: Cells, margins: Sequence[Margin], tolerance: float, max_iterations: int
) -> tuple[FloatArray, int, float]:
    """Iterative proportional fitting of cell totals (k, r); returns them, the rounds and the largest error."""
    sums = [_summation(levels, len(margin.levels)) for margin, levels in zip(margins, cells.levels, strict=True)]
    fitted = start.copy()
    single = start.shape[1] == 1
    for iteration in range(1, max_iterations + 1):
        worst = 0.0
        for margin, levels, add in zip(margins, cells.levels, sums, strict=True):
            if single:
                totals = np.bincount(levels, weights=fitted[:, 0], minlength=len(margin.levels))[:, None]
            else:
                totals = np.asarray(add @ fitted)
            with np.errstate(divide="ignore", invalid="ignore"):
                factor = margin.targets[:, None] / totals
            if not np.isfinite(factor).all():
                return fitted, iteration, np.inf
            worst = max(worst, float(np.abs(1 / factor - 1).max()))
            fitted *= factor[levels]
        if worst <= tolerance / 2:
            break
    return fitted, iteration, float(_errors(fitted, cells, margins).max())


def _summation(levels: IntArray, count: int) -> sparse.csr_array:
    cells = levels.shape[0]
    return sparse.csc_array((np.ones(cells), levels, np.arange(cells + 1)), shape=(count, cells)).tocsr()


def _errors(fitted: FloatArray, cells: Cells, margins: Sequence[Margin]) -> FloatArray:
    """(r,) largest relative distance from a target, per column of the cell totals (k, r)."""
    worst = np.zeros(fitted.shape[1])
    for margin, levels in zip(margins, cells.levels, strict=True):
        totals = np.asarray(_summation(levels, len(margin.levels)) @ fitted)
        errors = np.abs(totals / margin.targets[:, None] - 1).max(axis=0)
        worst = np.maximum(worst, np.where(np.isfinite(errors), errors, np.inf))
    return worst
