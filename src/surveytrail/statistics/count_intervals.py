"""Intervals for unweighted counts: one share, the difference of two, independent or paired.

For samples whose respondents are taken as independent draws. Limits keep to the range and have no need of a continuity
correction; see Newcombe (1998a, 1998b) for their coverage. Arguments may be numbers or arrays of the same shape.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from surveytrail.statistics.arrays import BoolArray, FloatArray
from surveytrail.statistics.errors import StatisticsError


class CountInterval(NamedTuple):
    """Estimate and limits; NaN where there is no respondent."""

    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray


def wilson(successes: ArrayLike, n: ArrayLike, level: float = 0.95) -> CountInterval:
    """Return Wilson's score interval (1927) for a share of `successes` in `n` respondents."""
    x, size = _counts(successes, n)
    z = _z(level)
    p = _share(x, size)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = p + z**2 / (2.0 * size)
        half = z * np.sqrt(p * (1.0 - p) / size + z**2 / (4.0 * size**2))
        lower, upper = (centre - half) / (1.0 + z**2 / size), (centre + half) / (1.0 + z**2 / size)
    # At the ends of the range rounding would leave 1e-17 instead of 0.
    return CountInterval(p, np.where(x == 0, _where_known(0.0, size), lower), np.where(x == size, p, upper))


def clopper_pearson(successes: ArrayLike, n: ArrayLike, level: float = 0.95) -> CountInterval:
    """Return the exact interval of Clopper & Pearson (1934), which covers at least at the level."""
    x, size = _counts(successes, n)
    alpha = 1.0 - level
    some, rest = x > 0, x < size
    lower = special.betaincinv(np.where(some, x, 1.0), np.where(some, size - x + 1.0, 1.0), alpha / 2.0)
    upper = special.betaincinv(np.where(rest, x + 1.0, 1.0), np.where(rest, size - x, 1.0), 1.0 - alpha / 2.0)
    known = _where_known(1.0, size)
    return CountInterval(_share(x, size), np.where(some, lower, 0.0) * known, np.where(rest, upper, 1.0) * known)


def newcombe_difference(
    first: ArrayLike, n_first: ArrayLike, second: ArrayLike, n_second: ArrayLike, level: float = 0.95
) -> CountInterval:
    """Return the interval for the difference of two independent shares, first minus second.

    Wilson's limits of the shares are combined by squares (Newcombe 1998a, method 10).
    """
    a, b = wilson(first, n_first, level), wilson(second, n_second, level)
    difference = a.estimate - b.estimate
    below = np.hypot(a.estimate - a.lower, b.upper - b.estimate)
    above = np.hypot(a.upper - a.estimate, b.estimate - b.lower)
    return CountInterval(difference, difference - below, difference + above)


def newcombe_paired(
    both: ArrayLike, first_only: ArrayLike, second_only: ArrayLike, neither: ArrayLike, level: float = 0.95
) -> CountInterval:
    """Return the interval for the difference of two shares of the same respondents, first minus second.

    Wilson's limits are combined with the correlation of the two answers, which is shrunk by half a count when positive
    (Newcombe 1998b, method 10).

    Parameters
    ----------
    both, first_only, second_only, neither:
        Respondents who have both properties, one of them, none.
    """
    e, f, g, h = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (both, first_only, second_only, neither))
    )
    n = e + f + g + h
    a, b = wilson(e + f, n, level), wilson(e + g, n, level)
    cross = e * h - f * g
    shrunk = np.where(cross > 0, np.maximum(cross - n / 2.0, 0.0), cross)
    spread = np.sqrt((e + f) * (g + h) * (e + g) * (f + h))
    phi = np.divide(shrunk, spread, out=np.zeros_like(shrunk), where=spread > 0)
    difference = a.estimate - b.estimate
    down, up = a.estimate - a.lower, a.upper - a.estimate
    other_up, other_down = b.upper - b.estimate, b.estimate - b.lower
    below = np.sqrt(np.maximum(down**2 - 2.0 * phi * down * other_up + other_up**2, 0.0))
    above = np.sqrt(np.maximum(up**2 - 2.0 * phi * up * other_down + other_down**2, 0.0))
    return CountInterval(difference, difference - below, difference + above)


def _z(level: float) -> float:
    if not 0 < level < 1:
        raise StatisticsError("Unusable confidence level", expected="above 0 and below 1, as 0.95", got=f"{level:g}")
    return float(special.ndtri(1.0 - (1.0 - level) / 2.0))


def _counts(successes: ArrayLike, n: ArrayLike) -> tuple[FloatArray, FloatArray]:
    x, size = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64))
    bad: BoolArray = np.atleast_1d((x < 0) | (x > size) | (x != np.floor(x)) | (size != np.floor(size)))
    if bad.any():
        where = int(np.flatnonzero(bad.ravel())[0])
        raise StatisticsError(
            "Not counts", expected="whole numbers with 0 <= successes <= n",
            got=f"{np.atleast_1d(x).ravel()[where]:g} of {np.atleast_1d(size).ravel()[where]:g}",
            hint="weighted shares have intervals of their own: `intervals.proportion_interval`",
        )  # fmt: skip
    return x, size


def _share(x: FloatArray, n: FloatArray) -> FloatArray:
    return np.divide(x, n, out=np.full(np.shape(n), np.nan), where=n > 0)


def _where_known(value: float, n: FloatArray) -> FloatArray:
    return np.where(n > 0, value, np.nan)
