"""Agreement of coders who assign nominal values to the same units: Krippendorff's alpha and its bootstrap interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.unweighted.bootstrapping import draw_counts


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's alpha; NaN where coders used one value only, so that chance agreement is certain.

    Attributes
    ----------
    lower, upper: percentile interval over the bootstrap draws in which alpha is defined; NaN where the coders never
        differ, since samples of such units show no uncertainty at all.
    units: units with values of two or more coders.
    blocks: of these units, the blocks that are drawn together.
    undefined: draws left out because all values in them are the same.
    """

    alpha: float
    lower: float
    upper: float
    units: int
    blocks: int
    undefined: int


def value_counts(values: ArrayLike) -> FloatArray:
    """Return how many coders gave each value to each unit, as ``nominal_alpha`` takes it.

    Parameters
    ----------
    values: (coders, units) numbers that stand for nominal values; NaN where a coder did not see a unit.

    Returns
    -------
    (units, 1, values) counts, values in ascending order.
    """
    table = np.asarray(values, dtype=np.float64)
    known = np.unique(table[~np.isnan(table)])
    return (table[:, :, None] == known).sum(axis=0)[:, None, :].astype(np.float64)


def nominal_alpha(counts: FloatArray, *, seed: int | Sequence[int], draws: int, level: float = 0.95) -> Agreement:
    """Compute alpha for nominal values and bootstrap the units.

    Alpha is 1 minus the observed disagreement within units over the disagreement that would be expected had the same
    values been given at random (Krippendorff 2019, Content Analysis, 4th ed., chapter 12; worked examples: Krippendorff
    2011, Computing Krippendorff's Alpha-Reliability). Units that fewer than two coders saw cannot be paired and do not
    count. The interval is the percentile interval of alpha over samples of the units, as Zapf et al. (2016, BMC Medical
    Research Methodology 16:93) found it to cover well.

    Parameters
    ----------
    counts: (blocks, units of a block, values) how many coders gave each value; the units of a block are drawn together,
        as the decisions of the same coders on the same segment are.
    seed: of the draws; an integer or several.
    draws: number of bootstrap samples.
    """
    coders = counts.sum(axis=2)
    paired = coders >= 2
    counts, coders = counts[paired.any(axis=1)], coders[paired.any(axis=1)]
    paired = coders >= 2
    if not len(counts):
        raise StatisticsError(
            "Nothing to compare", expected="units that two or more coders have coded", got="none",
            hint="have a second coder code some of the interviews",
        )  # fmt: skip
    disagreement = np.where(paired, (coders**2 - (counts**2).sum(axis=2)) / np.maximum(coders - 1, 1), 0.0)
    sums = np.column_stack([disagreement.sum(axis=1), (counts * paired[:, :, None]).sum(axis=1)])
    drawn = np.concatenate([_alpha(block @ sums) for block in draw_counts(len(sums), draws, seed)])
    defined = drawn[np.isfinite(drawn)]
    tail = (1 - level) / 2
    lower, upper = np.quantile(defined, [tail, 1 - tail], method="linear") if len(defined) else (np.nan, np.nan)
    observed = float(_alpha(sums.sum(axis=0)[None])[0])
    if np.isnan(observed) or not disagreement.any():
        lower = upper = np.nan
    return Agreement(observed, float(lower), float(upper), int(paired.sum()), len(sums), draws - len(defined))


def _alpha(sums: FloatArray) -> FloatArray:
    """Return alpha from sums over units: (samples, 1 + values) disagreement, then how often each value was given."""
    given = sums[:, 1:]
    n = given.sum(axis=1)
    expected = n**2 - (given**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - sums[:, 0] * (n - 1) / expected, np.nan)
