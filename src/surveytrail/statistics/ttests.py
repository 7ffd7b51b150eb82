"""Design-based t tests: one sample, paired, and two groups (R's `svyttest`)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

from surveytrail.statistics import tails
from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.categories import code_levels, label_of
from surveytrail.statistics.design import ReplicateDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.inference import (
    NO_VARIATION,
    AnyDesign,
    beyond_noise,
    covariance_by_replicates,
    covariance_of_scores,
    restrict,
)
from surveytrail.statistics.model_matrix import model_matrix
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.regression import generalised_linear
from surveytrail.statistics.smooth import divide


def one_sample(design: AnyDesign, y: FloatArray, *, mean: float = 0.0, level: float = 0.95) -> TestResult:
    """Test whether a population mean equals `mean`.

    Parameters: `y` (n,) with NaN = missing. The reference is Student's t with one degree of freedom less than the
    design has in its domain, answers missing or not, as in R. Returns a TestResult whose effect size is the difference
    from `mean` with its interval.
    """
    values = np.asarray(y, dtype=np.float64) - mean
    view = restrict(design, np.isfinite(values), "t test")
    filled = np.where(view.in_domain, values, 0.0)
    total = float(view.domain_weights.sum())
    estimate = float(view.domain_weights @ filled) / total
    if isinstance(view, ReplicateDesign):

        def again(block: FloatArray) -> FloatArray:
            return divide(filled @ block, block.sum(axis=0))[:, None]

        variance = covariance_by_replicates(view, np.array([estimate]), again)[0, 0]
    else:
        influence = np.where(view.in_domain, filled - estimate, 0.0) / total
        variance = covariance_of_scores(view, influence[:, None])[0, 0]
    df = float(design.degrees_of_freedom) - 1
    error = beyond_noise(math.sqrt(variance), filled + mean * view.in_domain)
    used = int((view.domain_weights > 0).sum())
    return t_result("one-sample t", "difference", estimate, error, df, used, level)


def paired(design: AnyDesign, y: FloatArray, other: FloatArray, *, level: float = 0.95) -> TestResult:
    """Test whether two variables (n,) of the same respondents have the same mean; the effect is mean(y - other)."""
    return one_sample(design, np.asarray(y, dtype=np.float64) - np.asarray(other, dtype=np.float64), level=level)


def two_groups(design: AnyDesign, y: FloatArray, group: Any, *, level: float = 0.95) -> TestResult:
    """Test whether the means of two groups are equal.

    Parameters: `y` (n,) with NaN = missing; `group` (n,) with two levels, None and NaN = missing. The effect is the
    mean of the second level (sorted, or in category order) minus that of the first, by a weighted regression.

    Errors: StatisticsError unless exactly two groups have respondents.
    """
    values = np.asarray(y, dtype=np.float64)
    codes, labels = two_group_codes(group, np.isfinite(values) & (design.domain_weights > 0))
    predictors = model_matrix({"group": codes}, ["group"])
    fit = generalised_linear(design, values, predictors, family="gaussian")
    used = np.isfinite(values) & np.isfinite(codes) & (design.domain_weights > 0)
    return t_result(
        f"two-sample t, {label_of(labels[1])} - {label_of(labels[0])}",
        "difference",
        float(fit.coefficients[1]),
        beyond_noise(float(fit.standard_error[1]), values[used]),
        fit.degrees_of_freedom,
        fit.n_used,
        level,
    )


def two_group_codes(group: Any, usable: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[FloatArray, tuple[Any, Any]]:
    """Code two groups as 0.0 and 1.0 (NaN = missing); StatisticsError unless exactly two occur in `usable` rows."""
    codes, levels = code_levels(group, usable)
    if len(levels) != 2:
        raise StatisticsError(
            "Not two groups",
            expected="exactly two groups with respondents",
            got=f"{len(levels)}: {', '.join(label_of(level) for level in levels[:8])}",
            hint="choose two groups by a filter, or use a test for several groups",
        )
    return np.where(codes >= 0, codes, np.nan).astype(np.float64), (levels[0], levels[1])


def t_result(test: str, effect: str, estimate: float, error: float, df: float, n_used: int, level: float) -> TestResult:
    """Return the two-sided t test of an estimate with its standard error; `effect` names what is estimated."""
    warnings: tuple[str, ...] = ()
    if df <= 0:
        warnings = ("no degrees of freedom left for a test",)
    if not error > 0:
        warnings = (*warnings, NO_VARIATION)
    statistic = estimate / error if error > 0 else math.nan
    tail = tails.t_two_sided(statistic, df) if df > 0 else tails.Tail(math.nan, math.nan)
    half = float(stats.t.isf((1 - level) / 2, df)) * error if df > 0 else math.nan
    return TestResult(
        test=test,
        statistic=statistic,
        statistic_name="t",
        df=(df,),
        p=tail.p,
        log_p=tail.log_p,
        effect_size=estimate,
        effect_name=effect,
        effect_lower=estimate - half,
        effect_upper=estimate + half,
        interval_method=f"design-based t, {level:.0%}",
        n_used=n_used,
        library="surveytrail",
        warnings=warnings,
        details={"standard_error": error},
    )
