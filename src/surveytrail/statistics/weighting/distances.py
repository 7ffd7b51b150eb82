"""The three distances of calibration: how an adjustment factor depends on the linear predictor.

Deville & Särndal (1992), JASA 87, 376-382: the factor is ``g = F(u)`` with ``F`` increasing and ``F(0) = F'(0) = 1``.
Each distance also gives the integral of ``F``, whose weighted sum is the convex function that the solver minimises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.errors import StatisticsError

DistanceName = Literal["linear", "raking", "logit"]
Bound = float | FloatArray


@dataclass(frozen=True)
class Distance:
    """`factor`, its `slope` and its `integral`, each a function of the linear predictor (n,)."""

    factor: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]
    integral: Callable[[FloatArray], FloatArray]


def distance(name: DistanceName, bounds: tuple[Bound, Bound] | None) -> Distance:
    """The distance `name`, its factors kept between `bounds` (scalars or (n,); None = unbounded).

    Errors: StatisticsError for an unknown name, bounds that do not enclose 1, `logit` without finite bounds.
    """
    low, high = (-np.inf, np.inf) if bounds is None else bounds
    if bounds is not None and not (np.all(np.asarray(low) < 1) and np.all(np.asarray(high) > 1)):
        raise StatisticsError(
            "Unusable calibration bounds",
            expected="lower bound < 1 < upper bound (they limit weight / base weight)",
            got=f"{low!r} to {high!r}",
            hint="a factor of 1 leaves the base weight as it is and must stay possible",
        )
    if name == "linear":
        return _linear(low, high)
    if name == "raking":
        return _raking(low, high)
    if name == "logit":
        if not (np.all(np.isfinite(low)) and np.all(np.isfinite(high))):
            raise StatisticsError(
                "Logit calibration without bounds",
                expected="finite bounds such as (0.3, 3)",
                got=f"{low!r} to {high!r}",
                hint="name both bounds, or use the raking distance",
            )
        return _logit(low, high)
    raise StatisticsError(
        "Unknown calibration distance",
        got=repr(name),
        expected="linear, raking or logit",
        hint="choose one of the three",
    )


def _linear(low: Bound, high: Bound) -> Distance:
    def factor(u: FloatArray) -> FloatArray:
        return np.clip(1 + u, low, high)

    def slope(u: FloatArray) -> FloatArray:
        return ((1 + u > low) & (1 + u < high)).astype(np.float64)

    def integral(u: FloatArray) -> FloatArray:
        g = factor(u)
        return (g * g - 1) / 2 + g * (1 + u - g)

    return Distance(factor, slope, integral)


def _raking(low: Bound, high: Bound) -> Distance:
    low = np.maximum(low, 0.0)

    def factor(u: FloatArray) -> FloatArray:
        return np.clip(np.exp(u), low, high)

    def slope(u: FloatArray) -> FloatArray:
        g = np.exp(u)
        return np.where((g > low) & (g < high), g, 0.0)

    def integral(u: FloatArray) -> FloatArray:
        g = factor(u)
        with np.errstate(divide="ignore", invalid="ignore"):
            beyond = np.where((np.exp(u) > low) & (np.exp(u) < high), 0.0, g * (u - np.log(g)))
        return g - 1 + np.where(np.isfinite(beyond), beyond, 0.0)

    return Distance(factor, slope, integral)


def _logit(low: Bound, high: Bound) -> Distance:
    lower, upper = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    steepness = (upper - lower) / ((upper - 1) * (1 - lower))
    # log of (1 - L) / (U - 1): where the logistic curve must be placed for F(0) = 1
    shift = np.log(1 - lower) - np.log(upper - 1)

    def curve(u: FloatArray) -> FloatArray:
        return np.asarray(0.5 * (1 + np.tanh((steepness * u + shift) / 2)))

    def factor(u: FloatArray) -> FloatArray:
        return lower + (upper - lower) * curve(u)

    def slope(u: FloatArray) -> FloatArray:
        share = curve(u)
        return (upper - lower) * steepness * share * (1 - share)

    def integral(u: FloatArray) -> FloatArray:
        rise = np.logaddexp(0.0, steepness * u + shift) - np.logaddexp(0.0, shift)
        return lower * u + (upper - lower) / steepness * rise

    return Distance(factor, slope, integral)
