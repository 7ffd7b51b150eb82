"""Weighted quantiles and their intervals.

The interval of a quantile is found on the scale of the distribution function, where the design-based variance of a
share is at hand, and carried back by the same rule that gave the quantile (Woodruff 1952); or by inverting a test
(Francisco & Fuller 1991); or, with replicate weights, from the quantiles of the replicates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from surveytrail.statistics.arrays import FloatArray, IntArray, as_matrix
from surveytrail.statistics.design import ReplicateDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.estimates import DegreesOfFreedom, Estimates
from surveytrail.statistics.estimators import BLOCK_NUMBERS, AnyDesign, domain_masks, mean
from surveytrail.statistics.intervals import ProportionMethod, proportion_interval
from surveytrail.statistics.replicates import replicate_variance

QuantileRule = Literal["hf1", "hf2", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9"]
QuantileTies = Literal["weight", "row_order"]
QuantileInterval = Literal[ProportionMethod, "score", "quantile"]

# Two shares of the total weight closer than this are the same share.
TIE = 1e-12

QUANTILE_WARNINGS = {
    "no_value": "no respondent with a weight and a value is in this domain",
    "limit_outside_sample": "a limit lies beyond the smallest or the largest answer",
    "no_degrees_of_freedom": "as many strata as sampled units in this domain: no standard error",
    "jackknife_quantile": "jackknife replicates do not give valid standard errors of quantiles",
}


@dataclass(frozen=True, eq=False)
class QuantileEstimates:
    """Quantiles of k items in d domains at q probabilities; arrays have shape (k, d, q) unless said otherwise.

    Attributes
    ----------
    value, lower, upper:
        Quantiles and their limits; NaN where there is none, and then `warnings` says why.
    standard_error:
        Width of the interval over twice the t quantile.
    n_used:
        (k, d) respondents with a weight and a value.
    warnings:
        (item, domain, probability) -> keys of `QUANTILE_WARNINGS`.
    """

    value: FloatArray
    lower: FloatArray
    upper: FloatArray
    standard_error: FloatArray
    n_used: IntArray
    level: float
    method: str
    warnings: dict[tuple[int, int, int], tuple[str, ...]] = field(default_factory=dict)


def weighted_quantile(
    x: FloatArray, weights: FloatArray, p: FloatArray, rule: QuantileRule = "hf1", ties: QuantileTies = "weight"
) -> FloatArray:
    """Return the quantiles of values `x` (n,) with `weights` (n,) at probabilities `p`, in the shape of `p`.

    Rules carry the numbers of Hyndman & Fan (1996), with cumulated weights in place of counts: hf1 inverts the
    distribution function, hf2 averages where it is flat, hf4 to hf9 interpolate. Rows without weight or value do not
    count. Equal values are ordered by weight, so that the order of rows never matters; `ties="row_order"` leaves them
    as they come, like R, which matters to hf4 and later rules. NaN where nothing is left.
    """
    kept = (weights > 0) & ~np.isnan(x)
    x, weights = x[kept], weights[kept]
    p = np.asarray(p, dtype=np.float64)
    if x.size == 0:
        return np.full(p.shape, np.nan)
    order = np.argsort(x, kind="stable") if ties == "row_order" else np.lexsort((weights, x))
    x, weights = x[order], weights[order]
    cumulated = np.cumsum(weights)
    if rule in ("hf1", "hf2"):
        share = cumulated / cumulated[-1]
        first = np.minimum(np.searchsorted(share, p - TIE, side="left"), x.size - 1)
        if rule == "hf1":
            return x[first]
        following = np.minimum(first + 1, x.size - 1)
        return np.where(np.abs(share[first] - p) <= TIE, (x[first] + x[following]) / 2.0, x[first])
    if x.size == 1:
        return np.full(p.shape, x[0])
    return np.interp(p, _plotting_positions(weights, cumulated, rule), x)


def _plotting_positions(weights: FloatArray, cumulated: FloatArray, rule: QuantileRule) -> FloatArray:
    """(n,) the probability that belongs to each value under an interpolating rule."""
    total, last, below = cumulated[-1], weights[-1], cumulated - weights
    positions = {
        "hf4": (cumulated, total),
        "hf5": ((below + cumulated) / 2.0, total),
        "hf6": (cumulated, total + last),
        "hf7": (below, total - last),
        "hf8": (below / 3.0 + cumulated * 2.0 / 3.0, total + last / 3.0),
        "hf9": (below * 3.0 / 8.0 + cumulated * 5.0 / 8.0, total + last / 4.0),
    }
    if rule not in positions:
        raise StatisticsError(
            "Unknown quantile rule", expected=", ".join(get_args(QuantileRule)), got=str(rule),
            hint="hf1 is the weighted sample quantile, hf7 interpolates as spreadsheets do",
        )  # fmt: skip
    numerator, denominator = positions[rule]
    result: FloatArray = numerator / denominator
    return result


class _Task(NamedTuple):
    """One domain: design restricted to it, items (n, k), probabilities (q,), rule, ties, level, degrees of freedom."""

    design: AnyDesign
    y: FloatArray
    p: FloatArray
    rule: QuantileRule
    ties: QuantileTies
    level: float
    df: DegreesOfFreedom
    cap: bool


def quantiles(
    design: AnyDesign,
    y: ArrayLike,
    probabilities: Sequence[float],
    domains: ArrayLike | None = None,
    *,
    rule: QuantileRule = "hf1",
    ties: QuantileTies = "weight",
    interval: QuantileInterval = "xlogit",
    level: float = 0.95,
    df: DegreesOfFreedom = "domain",
    cap_effective_n: bool = True,
) -> QuantileEstimates:
    """Estimate quantiles with intervals.

    Parameters
    ----------
    design, y, domains:
        As in `estimators.mean`.
    probabilities:
        q numbers above 0 and below 1.
    rule, ties:
        See `weighted_quantile`.
    interval:
        A method of `intervals.proportion_interval` (Woodruff 1952), `score` (inverts the test that a value is the
        quantile, Francisco & Fuller 1991) or `quantile` (replicate designs: t interval from the replicates' quantiles).
    level, df, cap_effective_n:
        As in `intervals.proportion_interval`.

    Raises
    ------
    StatisticsError:
        Probabilities outside (0, 1), an unknown rule or interval, `quantile` with a design that has no replicates.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    _check(design, p, interval)
    matrix = as_matrix(y, design.n, "y")
    masks = domain_masks(design, domains)
    shape = (matrix.shape[1], masks.shape[1], p.shape[0])
    value, lower, upper, error = (np.full(shape, np.nan) for _ in range(4))
    n_used = np.zeros(shape[:2], dtype=np.int64)
    warnings: dict[tuple[int, int, int], tuple[str, ...]] = {}
    step = max(1, BLOCK_NUMBERS // max(design.n * p.shape[0], 1))
    for domain in range(shape[1]):
        view = design.subset(masks[:, domain])
        weighted = (view.domain_weights > 0)[:, None]
        n_used[:, domain] = (~np.isnan(matrix) & weighted).sum(axis=0)
        for start in range(0, shape[0], step):
            for items, base in _same_base(view, matrix[:, start : start + step]):
                task = _Task(base, matrix[:, start + items], p, rule, ties, level, df, cap_effective_n)
                at = (start + items, domain)
                value[at] = _point(task, base.domain_weights)
                lower[at], upper[at], t = _LIMITS.get(interval, _woodruff)(task, value[at], interval)
                error[at] = (upper[at] - lower[at]) / (2.0 * t)
    reasons = {
        "no_value": np.isnan(value),
        "limit_outside_sample": ~np.isnan(value) & (np.isnan(lower) | np.isnan(upper)),
        "no_degrees_of_freedom": np.isnan(error) & ~np.isnan(lower) & ~np.isnan(upper),
    }
    for reason, missing in reasons.items():
        for cell in zip(*np.nonzero(missing), strict=True):
            warnings[cell] = (reason,)
    if interval == "quantile" and isinstance(design, ReplicateDesign) and design.kind in ("JK1", "JKn"):
        warnings = {cell: (*warnings.get(cell, ()), "jackknife_quantile") for cell in np.ndindex(*shape)}
    return QuantileEstimates(value, lower, upper, error, n_used, level, interval, warnings)


def _same_base(view: AnyDesign, matrix: FloatArray) -> Iterator[tuple[IntArray, AnyDesign]]:
    """Yield items answered by the same rows of the domain, with the view on these rows."""
    missing = np.isnan(matrix) & view.in_domain[:, None]
    patterns, group = np.unique(missing, axis=1, return_inverse=True)
    for number, absent in enumerate(patterns.T):
        items = np.flatnonzero(group.reshape(-1) == number)
        yield items, view.subset(~absent) if absent.any() else view


def _check(design: AnyDesign, p: FloatArray, interval: str) -> None:
    if p.ndim != 1 or p.size == 0 or not ((p > 0) & (p < 1)).all():
        raise StatisticsError(
            "Unusable probabilities", expected="numbers above 0 and below 1",
            got=", ".join(f"{v:g}" for v in p.ravel()),
            hint="0.5 is the median; minimum and maximum are no design-based estimates",
        )  # fmt: skip
    if interval == "quantile" and not isinstance(design, ReplicateDesign):
        raise StatisticsError(
            "Interval needs replicate weights", "`quantile`", expected="a design with replicate weights",
            got="a design for linearisation", hint="choose xlogit, beta, mean, asin, wilson or score",
        )  # fmt: skip


def _point(task: _Task, weights: FloatArray) -> FloatArray:
    """(k, q) quantiles of all items under one column of weights."""
    columns = range(task.y.shape[1])
    return np.stack([weighted_quantile(task.y[:, item], weights, task.p, task.rule, task.ties) for item in columns])


Limits = tuple[FloatArray, FloatArray, FloatArray]


def _woodruff(task: _Task, value: FloatArray, method: Any) -> Limits:
    """Limits of the distribution function at the quantile, carried back by the quantile rule."""
    flat = _shares_up_to(task, value)
    interval, _ = proportion_interval(
        task.design,
        flat,
        method,
        task.level,
        df=task.df,
        cap_effective_n=task.cap,
    )
    weights = task.design.domain_weights
    limits = []
    for side, outside in ((interval.lower, interval.lower < 0), (interval.upper, interval.upper > 1)):
        shares = np.where(outside, np.nan, side)[:, 0].reshape(value.shape)
        limits.append(np.stack([
            _carry_back(task, task.y[:, item], weights, shares[item]) for item in range(value.shape[0])
        ]))  # fmt: skip
    return limits[0], limits[1], flat.quantile(task.level, task.df)[:, 0].reshape(value.shape)


def _carry_back(task: _Task, x: FloatArray, weights: FloatArray, shares: FloatArray) -> FloatArray:
    known = ~np.isnan(shares)
    result = np.full(shares.shape, np.nan)
    result[known] = weighted_quantile(x, weights, shares[known], task.rule, task.ties)
    return result


def _shares_up_to(task: _Task, thresholds: FloatArray) -> Estimates:
    """Shares of values up to thresholds (k, q), as estimates with k * q items."""
    columns = task.y[:, :, None]
    below = np.where(np.isnan(columns) | np.isnan(thresholds), np.nan, columns <= thresholds)
    return mean(task.design, below.reshape(task.y.shape[0], -1))


def _score(task: _Task, value: FloatArray, method: Any) -> Limits:
    """Invert the t test that the share of values up to theta is p, by bisection over the observed values."""
    reference = _shares_up_to(task, value)
    t = reference.quantile(task.level, task.df)[:, 0].reshape(value.shape)
    weighted = task.design.domain_weights > 0
    items = [np.unique(column[weighted & ~np.isnan(column)]) for column in task.y.T]
    sizes = np.array([[len(values)] for values in items])
    limits = []
    for side in (1.0, -1.0):
        # The statistic falls from value to value; find the first at which it is no longer above side * t.
        low, high = np.full(value.shape, -1), np.broadcast_to(sizes, value.shape).copy()
        while (high - low > 1).any():
            middle = np.clip((low + high) // 2, 0, np.maximum(sizes - 1, 0))
            at = np.stack([v[m] if len(v) else np.full(m.shape, np.nan) for v, m in zip(items, middle, strict=True)])
            shares = _shares_up_to(task, at)
            with np.errstate(divide="ignore", invalid="ignore"):
                statistic = (task.p - shares.value.reshape(value.shape)) / shares.standard_error.reshape(value.shape)
            above = (statistic > side * t) & (middle > low)
            below = ~(statistic > side * t) & (middle < high)
            low, high = np.where(above, middle, low), np.where(below & ~above, middle, high)
        found = np.minimum(high, np.maximum(sizes - 1, 0))
        limit = np.stack([v[m] if len(v) else np.full(m.shape, np.nan) for v, m in zip(items, found, strict=True)])
        limits.append(np.where((high >= sizes) | np.isnan(t), np.nan, limit))
    return limits[0], limits[1], t


def _replicate(task: _Task, value: FloatArray, method: Any) -> Limits:
    """t interval with the variance of the replicates' quantiles."""
    design = task.design
    assert isinstance(design, ReplicateDesign)
    outside = ~design.in_domain
    replicates = []
    for block in design.blocks():
        for column in range(block.shape[1]):
            weights = block[:, column].copy()
            weights[outside] = 0.0
            replicates.append(_point(task, weights))
    flat = _shares_up_to(task, value)
    t = flat.quantile(task.level, task.df)[:, 0].reshape(value.shape)
    half = t * np.sqrt(replicate_variance(design, np.stack(replicates), value))
    return value - half, value + half, t


_LIMITS = {"score": _score, "quantile": _replicate}
