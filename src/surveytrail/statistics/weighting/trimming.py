"""Trimming: limits on the weights, the weight cut off being given to the other respondents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from surveytrail.statistics.arrays import BoolArray, FloatArray
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.weighting.margins import check_base_weights

LimitUnit = Literal["weight", "mean", "median"]
Redistribution = Literal["equal", "proportional"]


@dataclass(frozen=True, eq=False)
class TrimResult:
    """Trimmed weights and what was done.

    Attributes
    ----------
    weights: (n,) trimmed weights; their sum is that of the weights before.
    trimmed: (n,) rows whose weight was cut or raised to a limit (in any round).
    lower, upper: the limits as weights.
    rounds: how often weight was cut and redistributed.
    """

    weights: FloatArray
    trimmed: BoolArray
    lower: float
    upper: float
    rounds: int

    @property
    def share_trimmed(self) -> float:
        """Share of the rows with weight that were trimmed."""
        return float(self.trimmed.sum() / max(1, int((self.weights > 0).sum())))


def trim(
    weights: FloatArray,
    *,
    lower: float = 0.0,
    upper: float = np.inf,
    unit: LimitUnit = "weight",
    strict: bool = False,
    redistribution: Redistribution = "equal",
) -> TrimResult:
    """Cut weights to limits and give the difference to the rows inside them.

    Parameters
    ----------
    weights: (n,) weights >= 0; rows of weight 0 stay out of it.
    lower, upper: the limits, in `unit`s.
    unit: `weight` (absolute), or multiples of the `mean` or `median` of the positive weights.
    strict: repeat until redistribution pushes nothing over a limit, rows once cut staying at it; else once (R's
        `trimWeights(strict=)`).
    redistribution: the same amount to each row inside the limits (`equal`, as in R), or `proportional` to its weight.

    Errors: StatisticsError for limits in the wrong order, and when no weights within the limits keep the sum.
    """
    start = check_base_weights(weights)
    active = start > 0
    centre = {"weight": 1.0, "mean": float(start[active].mean()), "median": float(np.median(start[active]))}[unit]
    low, high = lower * centre, upper * centre
    if not low < high:
        raise StatisticsError(
            "Unusable trimming limits", expected="a lower limit below the upper one", got=f"{low:g} and {high:g}"
        )
    total, count = float(start.sum()), int(active.sum())
    if strict and not low * count <= total * (1 + 1e-12) <= high * count * (1 + 2e-12):
        raise StatisticsError(
            "Trimming limits cannot hold",
            f"{count} weights that add up to {total:.10g}, mean {total / count:.6g}",
            expected="a mean weight between the limits",
            got=f"limits {low:.6g} and {high:.6g}",
            hint="widen the limits or give them as multiples of the mean",
        )
    current = start.copy()
    ever = np.zeros_like(active)
    rounds = 0
    while rounds == 0 or strict:
        outside = active & ((current < low) | (current > high))
        if not outside.any():
            break
        # A row once cut stays at its limit: later rounds move the others only.
        inside = active & ~outside & ~ever
        if not inside.any():
            raise StatisticsError(
                "Every weight is outside the trimming limits",
                f"{count} weights",
                expected="some weights inside",
                got=f"limits {low:.6g} and {high:.6g}, weights {start[active].min():.6g} to {start.max():.6g}",
                hint="widen the limits or give them as multiples of the mean",
            )
        ever |= outside
        current = _redistribute(current, outside, inside, low, high, redistribution)
        rounds += 1
    return TrimResult(current, ever, low, high, rounds)


def _redistribute(
    weights: FloatArray, outside: BoolArray, inside: BoolArray, low: float, high: float, how: Redistribution
) -> FloatArray:
    cut = np.where(outside, np.clip(weights, low, high), weights)
    spare = float((weights - cut).sum())
    if how == "equal":
        return np.where(inside, cut + spare / int(inside.sum()), cut)
    return np.where(inside, cut * (1 + spare / float(cut[inside].sum())), cut)
