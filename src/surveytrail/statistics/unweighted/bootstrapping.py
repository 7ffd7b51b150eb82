"""Bootstrap statements: intervals of ranks, and indirect effects. Seeded, and the same for every order of evaluation.

Draws come from NumPy's PCG64: ``default_rng(seed).integers(0, n, size=(draws, n))``, rows being taken in the order in
which they are given (sort them by respondent first). Any other engine can draw the same samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveytrail.statistics import tails
from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.unweighted.effect_intervals import Effect
from surveytrail.statistics.unweighted.libraries import label
from surveytrail.statistics.unweighted.samples import complete, outcome

Seed = int | Sequence[int]
_BLOCK_CELLS = 4_000_000
# Smallest eigenvalue of cross products of columns of length 1; rounding leaves some 1e-16 of dependent ones.
_SINGULAR = 1e-12


@dataclass(frozen=True, eq=False)
class RankIntervals:
    """Ranks of k items by their means, 1 = highest.

    Attributes
    ----------
    means: (k,) of the non-missing values.
    rank: (k,) from 1; tied items share their mean rank.
    lower, upper: (k,) percentile interval of the rank over the draws.
    top_share: (k,) share of the draws in which the item is first (ties shared).
    n_used: rows with at least one value.
    """

    means: FloatArray
    rank: FloatArray
    lower: FloatArray
    upper: FloatArray
    top_share: FloatArray
    n_used: int
    draws: int
    level: float


def draw_counts(n: int, draws: int, seed: Seed) -> Iterator[FloatArray]:
    """Yield, block by block, how often each of n rows is drawn: (d, n) counts for d draws."""
    generator = np.random.Generator(np.random.PCG64(seed))
    block = max(1, min(draws, _BLOCK_CELLS // max(n, 1)))
    for start in range(0, draws, block):
        size = min(block, draws - start)
        rows: NDArray[np.int64] = generator.integers(0, n, size=(size, n))
        flat = rows + n * np.arange(size)[:, None]
        yield np.bincount(flat.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)


def _sums(counts: FloatArray, values: FloatArray) -> FloatArray:
    """Return ``counts @ values`` summed in one order, so that the number of BLAS threads changes no bit."""
    return np.einsum("dn,nk->dk", counts, values, optimize=False)


def _check(draws: int) -> None:
    if draws < 100:
        raise StatisticsError(
            "Too few bootstrap draws", expected="at least 100, usually 2000", got=str(draws), hint="raise the number"
        )


def bootstrap_ranks(items: Any, *, seed: Seed, draws: int = 2000, level: float = 0.95) -> RankIntervals:
    """Rank the means of items and bootstrap the respondents to see how firm the ranks are.

    Parameters
    ----------
    items: (n, k) values, e.g. 0/1 for shares; NaN = missing, left out of the item's mean.
    seed: of the draws; an integer or several.
    draws: number of bootstrap samples.
    level: of the percentile intervals (limits are ranks that occur).

    Source: Hall & Miller (2009), Annals of Statistics 37, 3929-3959.
    """
    _check(draws)
    values = np.asarray(items, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] < 2:
        raise StatisticsError("Nothing to rank", expected="two or more items side by side", got=f"shape {values.shape}")
    values = values[np.isfinite(values).any(axis=1)]
    known = np.isfinite(values)
    filled, present = np.where(known, values, 0.0), known.astype(np.float64)
    if not present.sum(axis=0).all():
        raise StatisticsError(
            "Item without values", f"item {int(np.argmin(present.sum(axis=0))) + 1}", expected="some respondents",
            got="none", hint="leave the item out",
        )  # fmt: skip
    means = filled.sum(axis=0) / present.sum(axis=0)
    drawn = np.concatenate(
        [
            _ranks(_sums(counts, filled) / np.maximum(_sums(counts, present), 1e-300))
            for counts in draw_counts(len(values), draws, seed)
        ]
    )
    tail = round((1 - level) / 2, 12)  # 0.025 and not a bit more, which would be one draw further in
    lower, upper = np.quantile(drawn, [tail, 1 - tail], axis=0, method="inverted_cdf")
    first = drawn == drawn.min(axis=1, keepdims=True)
    top = (first / first.sum(axis=1, keepdims=True)).mean(axis=0)
    return RankIntervals(means, _ranks(means[None])[0], lower, upper, top, len(values), draws, level)


def _ranks(means: FloatArray) -> FloatArray:
    """(d, k) ranks of each row, 1 = highest, ties sharing their mean rank."""
    higher = (means[:, None, :] > means[:, :, None]).sum(axis=2)
    equal = (means[:, None, :] == means[:, :, None]).sum(axis=2)
    return np.asarray(higher + (equal + 1) / 2, dtype=np.float64)


# An indirect effect this small, in standard deviations of y per standard deviation of x, is zero.
_ZERO = 1e-12


def indirect_effect(
    x: Any, mediator: Any, y: Any, *covariates: Any, seed: Seed, draws: int = 2000, level: float = 0.95
) -> TestResult:
    """Indirect effect of x on y through a mediator: the product a * b of two least-squares slopes, bootstrapped.

    a is the slope of x in mediator ~ x + covariates, b that of the mediator in y ~ mediator + x + covariates. The
    interval is the percentile interval of a * b; p is twice the smaller share of draws beyond 0, counting one draw more
    on each side, so that it is never 0. `details` hold a, b, and the direct and total effects.

    Source: Preacher & Hayes (2008), Behavior Research Methods 40, 879-891.
    """
    _check(draws)
    columns = complete("indirect_effect", x, mediator, y, *covariates, smallest=4 + len(covariates))
    n = len(columns[0])
    # Columns: 1, x, covariates, mediator, y; both regressions follow from their cross products.
    centred = [column - column.mean() for column in (columns[0], *columns[3:], columns[1], columns[2])]
    data = np.column_stack([np.ones(n), *centred])
    size = data.shape[1]
    products = (data[:, :, None] * data[:, None, :]).reshape(n, size * size)
    gram = _sums(np.ascontiguousarray(data.T), data)
    a, b, direct = _paths(gram[None])
    _, _, total = _regress(gram[None], size - 2, size - 1)
    drawn = []
    for counts in draw_counts(n, draws, seed):
        slope_a, slope_b, _ = _paths(_sums(counts, products).reshape(-1, size, size))
        drawn.append(slope_a * slope_b)
    effects = np.concatenate(drawn)
    effects = effects[np.isfinite(effects)]
    if not math.isfinite(float(a[0] * b[0])) or not len(effects):
        raise StatisticsError(
            "Indirect effect not defined", "indirect_effect",
            expected="x, mediator and covariates that vary and do not determine each other",
            got=f"{len(effects)} of {draws} draws with such values", hint="leave out the variable that adds nothing",
        )  # fmt: skip
    # Slopes of zero come out as rounding leaves them; whether a draw lies beyond 0 must not depend on that.
    least = _ZERO * math.sqrt(gram[-1, -1] / gram[1, 1])
    effects = np.where(np.abs(effects) <= least, 0.0, effects)
    tail = (1 - level) / 2
    lower, upper = np.quantile(effects, [tail, 1 - tail], method="linear")
    below, above = int((effects <= 0).sum()), int((effects >= 0).sum())
    p = min(1.0, 2 * (min(below, above) + 1) / (len(effects) + 1))
    value = float(a[0] * b[0])
    effect = Effect("indirect effect", value, float(lower), float(upper), f"percentile bootstrap, {level:.0%}")
    details = {
        "a": float(a[0]), "b": float(b[0]), "direct": float(direct[0]), "total": float(total[0]),
        "draws": float(len(effects)),
    }  # fmt: skip
    lost = draws - len(effects)
    warnings = (f"{lost} of {draws} draws were degenerate and left out",) if lost else ()
    return outcome(
        "indirect_effect",
        "a*b",
        value,
        (),
        tails.Tail(p, float(np.log(p))),
        effect,
        n,
        label("numpy"),
        warnings,
        details,
    )


def _paths(gram: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Slopes a, b and the direct effect from cross products (d, p, p) of 1, x, covariates, mediator, y."""
    size = gram.shape[1]
    _, _, a = _regress(gram, size - 2, size - 2)
    b, _, direct = _regress(gram, size - 1, size - 1)
    return a, b, direct


def _regress(gram: FloatArray, predictors: int, outcome_column: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Least squares of one column on the first `predictors`; returns last slope, intercept and the slope of x.

    NaN in draws whose predictors depend on each other.
    """
    left, right = gram[:, :predictors, :predictors], gram[:, :predictors, outcome_column]
    sizes = np.sqrt(np.diagonal(left, axis1=1, axis2=2))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = left / (sizes[:, :, None] * sizes[:, None, :])
    usable = np.isfinite(scaled).all(axis=(1, 2))
    usable[usable] = np.linalg.eigvalsh(scaled[usable])[:, 0] > _SINGULAR
    slopes = np.full(right.shape, np.nan)
    slopes[usable] = np.linalg.solve(left[usable], right[usable][..., None])[..., 0]
    return (slopes[:, -1].astype(np.float64), slopes[:, 0].astype(np.float64), slopes[:, 1].astype(np.float64))
