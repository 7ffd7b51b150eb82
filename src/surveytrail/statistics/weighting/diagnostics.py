"""What weighting did to the weights: the table that stands beside every weighted number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.weighting.margins import MarginInput, MarginLevel, check_base_weights, prepare, report


@dataclass(frozen=True)
class WeightSummary:
    """The shape of one set of weights.

    Attributes
    ----------
    n: rows with positive weight.
    total, mean, minimum, maximum: of these weights.
    ratio: maximum over minimum.
    coefficient_of_variation: standard deviation (divisor n) over mean.
    kish_design_effect: ``n sum(w^2) / sum(w)^2 = 1 + cv^2``, the loss of precision by unequal weights (Kish 1992).
    effective_n: ``n`` over that.
    smallest_adjustment, largest_adjustment: of weight over weight before; None without weights before.
    share_trimmed: share of the rows whose weight was cut; None where no trimming took place.
    margins: per level respondents, target, weighted total before and after.
    """

    n: int
    total: float
    mean: float
    minimum: float
    maximum: float
    ratio: float
    coefficient_of_variation: float
    kish_design_effect: float
    effective_n: float
    smallest_adjustment: float | None = None
    largest_adjustment: float | None = None
    share_trimmed: float | None = None
    margins: tuple[MarginLevel, ...] = ()


def kish_design_effect(weights: FloatArray) -> float:
    """``n sum(w^2) / sum(w)^2`` over the rows with positive weight; 1 for equal weights."""
    positive = weights[weights > 0]
    mean = float(positive.mean())
    scaled = positive / mean
    return float((scaled @ scaled) / positive.shape[0])


def summarise(
    weights: FloatArray,
    before: FloatArray | None = None,
    margins: MarginInput | Sequence[MarginLevel] | None = None,
    *,
    total: float | None = None,
    share_trimmed: float | None = None,
) -> WeightSummary:
    """Describe weights (n,), against the weights `before` (n,) and the population `margins` where given.

    `margins` are either the margins as given to raking (with its `total` when their targets are shares) or the report
    that came out of it.
    """
    after = check_base_weights(weights)
    positive = after[after > 0]
    mean = float(positive.mean())
    effect = kish_design_effect(after)
    low = high = None
    if before is not None:
        used = np.asarray(before, dtype=np.float64) > 0
        adjustments = after[used] / np.asarray(before, dtype=np.float64)[used]
        low, high = float(adjustments.min()), float(adjustments.max())
    return WeightSummary(
        n=positive.shape[0],
        total=float(positive.sum()),
        mean=mean,
        minimum=float(positive.min()),
        maximum=float(positive.max()),
        ratio=float(positive.max() / positive.min()),
        coefficient_of_variation=float(positive.std() / mean),
        kish_design_effect=effect,
        effective_n=positive.shape[0] / effect,
        smallest_adjustment=low,
        largest_adjustment=high,
        share_trimmed=share_trimmed,
        margins=_margin_report(margins, after if before is None else before, after, total),
    )


def _margin_report(
    margins: MarginInput | Sequence[MarginLevel] | None, before: FloatArray, after: FloatArray, total: float | None
) -> tuple[MarginLevel, ...]:
    if margins is None:
        return ()
    if isinstance(margins, Sequence):
        return tuple(margins)
    return report(prepare(before, margins, total), before, after)
