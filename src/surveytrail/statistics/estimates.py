"""What an estimator returns: values with their variances, bases and warnings, for items x domains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy import special

from surveytrail.statistics.arrays import FloatArray, IntArray

DegreesOfFreedom = Literal["domain", "design", "infinite"]

# Texts of the warnings, by what happened. Keys are stable: the ledger stores them.
WARNINGS = {
    "empty_domain": "no respondent with a weight is in this domain",
    "all_missing": "every respondent of this domain lacks a value",
    "one_respondent": "one respondent only: no standard error can be estimated",
    "no_degrees_of_freedom": "as many strata as sampled units in this domain: no interval with t quantiles",
    "zero_base": "the weighted base is zero",
    "no_variation": "all respondents have the same value: the design effect is not defined",
    "no_success": "the share is 0: limits by Korn and Graubard with the number of respondents",
    "all_success": "the share is 1: limits by Korn and Graubard with the number of respondents",
    "fixed_share": "the design fixes the share: it has no sampling error, and the limits are the share",
    "delta_method": "the share is 0 or 1 in some replicates: variance of the log odds by the delta method",
    "replicates_dropped": "some replicates have no respondent, or no variation, in this domain and were left out",
    "no_replicate": "no replicate has respondents, or variation, in this domain: no standard error",
    "population_below_sample": "the weights sum to less than the number of respondents: not scaled to the population?",
}


@dataclass(frozen=True, eq=False)
class Interval:
    """Lower and upper limits, shape (k, d), the level and the name of the method."""

    lower: FloatArray
    upper: FloatArray
    level: float
    method: str


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimates for k items in d domains.

    Attributes
    ----------
    value, variance:
        (k, d); NaN where undefined, and then `warnings` says why.
    degrees_of_freedom:
        (k, d) of the variance in the domain: sampled units minus strata that have a respondent there.
    design_degrees_of_freedom:
        The same for the whole design.
    n_used:
        (k, d) respondents with a weight that the value is computed from.
    n_domain:
        (k, d) respondents with a weight in the domain, those without a value for the item included.
    sum_of_weights:
        (k, d) the weights of the respondents used, added up.
    design_effect:
        (k, d) variance over the variance of a simple random sample of the same size, when asked for.
    covariance:
        (k*d, k*d) of all values, items outside, domains inside, when asked for.
    replicates:
        (R, k, d) the values under each replicate, for replicate designs.
    warnings:
        (item, domain) -> keys of `WARNINGS`, for cells with something to know.
    """

    value: FloatArray
    variance: FloatArray
    degrees_of_freedom: FloatArray
    design_degrees_of_freedom: float
    n_used: IntArray
    n_domain: IntArray
    sum_of_weights: FloatArray
    design_effect: FloatArray | None = None
    covariance: FloatArray | None = None
    replicates: FloatArray | None = None
    warnings: Mapping[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)

    @property
    def standard_error(self) -> FloatArray:
        """(k, d) square roots of the variances."""
        return np.sqrt(self.variance)

    @property
    def coefficient_of_variation(self) -> FloatArray:
        """(k, d) standard error over value; NaN where the value is 0."""
        return np.divide(self.standard_error, self.value, out=np.full_like(self.value, np.nan), where=self.value != 0)

    def quantile(self, level: float, df: DegreesOfFreedom = "domain") -> FloatArray:
        """(k, d) the t quantile for a two-sided interval at `level`; NaN where no degree of freedom is left."""
        return t_quantile(level, self.chosen_df(df))

    def chosen_df(self, df: DegreesOfFreedom) -> FloatArray:
        """(k, d) degrees of freedom: of the domain, of the design, or infinite (normal quantiles)."""
        if df == "domain":
            return self.degrees_of_freedom
        number = self.design_degrees_of_freedom if df == "design" else np.inf
        return np.full(self.value.shape, float(number))

    def interval(self, level: float = 0.95, df: DegreesOfFreedom = "domain") -> Interval:
        """Return the symmetric interval: value plus and minus the t quantile times the standard error.

        For shares near 0 or 1 use `intervals.proportion_interval`, which offers limits that stay in range.
        """
        half = self.quantile(level, df) * self.standard_error
        return Interval(self.value - half, self.value + half, level, "mean")

    def messages(self, item: int, domain: int = 0) -> list[str]:
        """Return the warnings of a cell as sentences."""
        return [WARNINGS[key] for key in self.warnings.get((item, domain), ())]


def t_quantile(level: float, degrees_of_freedom: FloatArray | float) -> FloatArray:
    """Return the upper quantile of Student's t for a two-sided interval; normal for infinite, NaN for df <= 0."""
    df = np.asarray(degrees_of_freedom, dtype=np.float64)
    upper = 1.0 - (1.0 - level) / 2.0
    with np.errstate(invalid="ignore"):
        finite = special.stdtrit(np.where(np.isfinite(df) & (df > 0), df, 1.0), upper)
    return np.where(np.isinf(df), special.ndtri(upper), np.where(df > 0, finite, np.nan))


def warning_table(flags: Mapping[str, np.ndarray]) -> dict[tuple[int, int], tuple[str, ...]]:
    """Turn masks (k, d) by warning key into the warnings of each cell."""
    table: dict[tuple[int, int], tuple[str, ...]] = {}
    for key, mask in flags.items():
        for item, domain in zip(*np.nonzero(mask), strict=True):
            cell = (int(item), int(domain))
            table[cell] = (*table.get(cell, ()), key)
    return table
