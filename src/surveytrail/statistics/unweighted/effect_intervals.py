"""Intervals of effect sizes, each in closed form or by inverting a noncentral distribution; nothing is random here."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import optimize, special, stats

from surveytrail.statistics import count_intervals
from surveytrail.statistics.arrays import FloatArray

Limits = tuple[float, float]


class Effect(NamedTuple):
    """An effect size: name, value, limits (NaN where there is no method), and how the limits were made."""

    name: str
    value: float
    lower: float
    upper: float
    method: str


NO_EFFECT = Effect("", math.nan, math.nan, math.nan, "")


def normal_quantile(level: float) -> float:
    """The upper normal quantile of a two-sided interval."""
    return float(-special.ndtri((1 - level) / 2))


def _noncentrality(upper_tail: Callable[[float], float], goal: float, start: float) -> float:
    """The noncentrality at which the upper tail of the observed statistic equals `goal`; tails grow with it."""
    high = max(start, 1.0)
    while upper_tail(high) < goal and high < 1e12:
        high *= 2
    return float(optimize.brentq(lambda value: upper_tail(value) - goal, 0.0, high, xtol=1e-12, rtol=1e-13))


def chi_square_noncentrality(x: float, df: float, level: float) -> Limits:
    """Limits of the noncentrality of a chi-square statistic; 0 where even the central distribution lies below."""

    def tail(value: float) -> float:
        return float(stats.ncx2.sf(x, df, value)) if value > 0 else float(special.chdtrc(df, x))

    return _limits(tail, x, level)


def f_noncentrality(x: float, df1: float, df2: float, level: float) -> Limits:
    """Limits of the noncentrality of an F statistic."""

    def tail(value: float) -> float:
        return float(stats.ncf.sf(x, df1, df2, value)) if value > 0 else float(special.fdtrc(df1, df2, x))

    return _limits(tail, x * df1, level)


def _limits(tail: Callable[[float], float], start: float, level: float) -> Limits:
    alpha = (1 - level) / 2
    central = tail(0.0)
    lower = 0.0 if central >= alpha else _noncentrality(tail, alpha, start)
    upper = 0.0 if central >= 1 - alpha else _noncentrality(tail, 1 - alpha, start)
    return lower, upper


def t_noncentrality(t: float, df: float, level: float) -> Limits:
    """Limits of the noncentrality of a t statistic, by inverting the noncentral t distribution."""
    alpha = (1 - level) / 2
    # limits lie about two of these away; much further out the library's distribution is not defined
    reach = 6 * math.sqrt(1 + t * t / (2 * df))

    def solve(goal: float) -> float:
        def excess(value: float) -> float:
            below = float(stats.nct.cdf(t, df, value))
            # far from t the library has no value: the probability is 0 or 1 there
            return (float(value < t) if math.isnan(below) else below) - goal

        return float(optimize.brentq(excess, t - reach, t + reach, xtol=1e-12, rtol=1e-13))

    return solve(1 - alpha), solve(alpha)


def correlation(r: float, n: int, level: float, *, kind: str, controlled: int = 0) -> Effect:
    """Interval of a correlation on Fisher's z scale.

    `kind`: pearson (variance 1 / (n - 3)), spearman ((1 + r^2 / 2) / (n - 3), Bonett & Wright 2000), kendall
    (0.437 / (n - 4), Fieller et al. 1957); `controlled` variables are subtracted from n.
    """
    size = n - controlled
    if kind == "kendall":
        variance, method, name = 0.437 / (size - 4) if size > 4 else math.nan, "Fisher z (Fieller)", "tau"
    elif kind == "spearman":
        variance = (1 + r * r / 2) / (size - 3) if size > 3 else math.nan
        method, name = "Fisher z (Bonett & Wright)", "rho"
    else:
        variance, method, name = 1 / (size - 3) if size > 3 else math.nan, "Fisher z", "r"
    if abs(r) >= 1 or math.isnan(variance):
        return Effect(name, r, math.nan, math.nan, "")
    half = normal_quantile(level) * math.sqrt(variance)
    return Effect(name, r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half), f"{method}, {level:.0%}")


def cliff_delta(x: FloatArray, y: FloatArray, level: float) -> Effect:
    """Cliff's delta P(x > y) - P(x < y), the rank-biserial correlation of two samples, with its asymmetric interval.

    The variance is Cliff's (1993) consistent estimate, the limits are those of Feng & Cliff (2004). Sorting instead of
    comparing all pairs keeps it linear in memory.
    """
    over_x = _dominance(x, y)
    over_y = -_dominance(y, x)
    delta = float(over_x.mean())
    n, m = x.shape[0], y.shape[0]
    if n < 2 or m < 2:
        return Effect("Cliff's delta", delta, math.nan, math.nan, "")
    pairs = float(n) * m
    sum_square = _sum_of_squared_signs(x, y)
    between = (
        m * m * float(((over_x - delta) ** 2).sum())
        + n * n * float(((over_y - delta) ** 2).sum())
        - (sum_square - pairs * delta * delta)
    ) / (pairs * (n - 1) * (m - 1))
    variance = max(between, (1 - delta * delta) / (pairs - 1))
    z = normal_quantile(level)
    if abs(delta) == 1:
        return Effect("Cliff's delta", delta, math.nan, math.nan, "")
    spread = z * math.sqrt(variance) * math.sqrt((1 - delta**2) ** 2 + z * z * variance)
    base = 1 - delta**2 + z * z * variance
    lower, upper = (delta - delta**3 - spread) / base, (delta - delta**3 + spread) / base
    return Effect("Cliff's delta", delta, max(-1.0, lower), min(1.0, upper), f"Feng & Cliff, {level:.0%}")


def _dominance(x: FloatArray, y: FloatArray) -> FloatArray:
    """Per value of x the share of y below it minus the share above it."""
    ordered = np.sort(y)
    below, at_or_below = np.searchsorted(ordered, x, "left"), np.searchsorted(ordered, x, "right")
    return np.asarray((below - (y.shape[0] - at_or_below)) / y.shape[0], dtype=np.float64)


def _sum_of_squared_signs(x: FloatArray, y: FloatArray) -> float:
    """Number of pairs that differ."""
    ordered = np.sort(y)
    tied = np.searchsorted(ordered, x, "right") - np.searchsorted(ordered, x, "left")
    return float(x.shape[0] * y.shape[0] - tied.sum())


def signed_rank(r: float, nonzero: int, level: float) -> Effect:
    """Matched-pairs rank-biserial correlation with a normal interval on Fisher's z scale.

    Its standard error is that of r = 2 W / (n (n + 1) / 2) - 1 without an effect (as R's effectsize::rank_biserial).
    """
    if abs(r) >= 1 or nonzero < 2:
        return Effect("matched-pairs rank-biserial r", r, math.nan, math.nan, "")
    n = nonzero
    error = math.sqrt((2 * n**3 + 3 * n**2 + n) / 6) / ((n * n + n) / 2)
    half = normal_quantile(level) * error
    lower, upper = math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)
    return Effect("matched-pairs rank-biserial r", r, lower, upper, f"normal on Fisher z, {level:.0%}")


def wilson(count: float, n: float, level: float) -> Limits:
    """Wilson's score interval of a proportion."""
    found = count_intervals.wilson(count, n, level)
    return float(found.lower), float(found.upper)


def paired_difference(both: int, first_only: int, second_only: int, neither: int, level: float) -> Effect:
    """Difference of two shares of the same respondents, first minus second (Newcombe 1998, method 10)."""
    found = count_intervals.newcombe_paired(both, first_only, second_only, neither, level)
    difference, lower, upper = (float(number) for number in found)
    return Effect("difference of shares", difference, lower, upper, f"Newcombe paired, {level:.0%}")


def cohen_h(share: float, reference: float) -> float:
    """Cohen's h: the difference of two shares on the arcsine scale."""
    return 2 * math.asin(math.sqrt(share)) - 2 * math.asin(math.sqrt(reference))
