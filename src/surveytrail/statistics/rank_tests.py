"""Design-based rank tests for two or more groups (R's `svyranktest`).

Ranks are estimated population ranks: the weight below a value, plus half of the weight at it, as a share of the whole.
The scores of these ranks are then compared between groups by a weighted regression whose variance the design gives
(Lumley & Scott 2013, Biometrika 100, 831-842).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from scipy import special

from surveytrail.statistics import fitting, tails
from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.categories import code_levels, label_of
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.inference import (
    SINGULAR,
    AnyDesign,
    beyond_noise,
    covariance_of_scores,
    quadratic_form,
    restrict,
)
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.ttests import t_result

Score = Literal["wilcoxon", "vanderWaerden", "median"]
Ties = Literal["midpoint", "row_order"]

SCORES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "wilcoxon": lambda share: share,
    "vanderWaerden": lambda share: special.ndtri(share),
    "median": lambda share: (share > 0.5).astype(np.float64),
}


def rank_test(
    design: AnyDesign,
    y: FloatArray,
    group: Any,
    *,
    score: Score = "wilcoxon",
    ties: Ties = "midpoint",
    level: float = 0.95,
) -> TestResult:
    """Test whether groups have the same distribution of ranks.

    Parameters
    ----------
    design: the design; its domain restricts the test.
    y: (n,) ordered or numeric outcome, NaN = missing.
    group: (n,) two or more groups; None and NaN = missing.
    score: `wilcoxon` (with several groups the Kruskal-Wallis test), `vanderWaerden` (normal scores), `median`.
    ties: `midpoint` gives tied values the middle of their weight; `row_order` averages the running totals without
        weights as R does, which makes the result depend on the order of the rows when tied rows differ in weight.

    Returns: TestResult; with two groups t and the difference in mean rank score (second level minus first) with its
    interval, with more groups F. Errors: StatisticsError for fewer than two groups or an unknown score.
    """
    if score not in SCORES:
        raise StatisticsError(
            "Unknown rank score", got=repr(score), expected=", ".join(SCORES), hint="choose one of these"
        )
    values = np.asarray(y, dtype=np.float64)
    codes, levels = code_levels(group, np.isfinite(values) & (design.domain_weights > 0))
    if len(levels) < 2:
        raise StatisticsError(
            "Too few groups",
            expected="two or more groups with respondents",
            got=", ".join(map(str, levels)) or "none",
            hint="likely cause: the filter leaves one group only",
        )
    view = restrict(design, np.isfinite(values) & (codes >= 0), "rank test")
    inside = view.domain_weights > 0
    scores = np.zeros(view.n)
    scores[inside] = SCORES[score](_rank_shares(values[inside], view.weights[inside], ties))
    model = np.column_stack([np.ones(view.n), *(codes == place for place in range(1, len(levels)))])
    names = ("(Intercept)", *(str(one) for one in levels[1:]))
    fit = fitting.fit(model, scores, view.domain_weights, fitting.GAUSSIAN, names)
    residual = np.where(inside, scores - fit.fitted, 0.0)
    covariance = covariance_of_scores(view, (model * residual[:, None]) @ fit.inverse_information)
    df = float(view.degrees_of_freedom)
    used = int(inside.sum())
    if len(levels) == 2:
        name = f"{score} rank, {label_of(levels[1])} - {label_of(levels[0])}"
        error = beyond_noise(math.sqrt(covariance[1, 1]), scores[inside])
        effect = "difference in mean rank score"
        return t_result(name, effect, float(fit.coefficients[1]), error, df - 1, used, level)
    errors = [beyond_noise(math.sqrt(variance), scores[inside]) for variance in np.diagonal(covariance)[1:]]
    covariance = covariance[1:, 1:] * np.outer(np.sign(errors), np.sign(errors))
    return _several(f"{score} rank, {len(levels)} groups", fit.coefficients[1:], covariance, df, used)


def _rank_shares(values: FloatArray, weights: FloatArray, ties: Ties) -> FloatArray:
    """(n,) estimated population rank of each value, as a share of the total weight."""
    order = np.argsort(values, kind="stable")
    _, place = np.unique(values, return_inverse=True)
    if ties == "midpoint":
        at = np.bincount(place, weights=weights)
        return np.asarray(((np.cumsum(at) - at / 2) / weights.sum())[place])
    running = np.empty_like(weights)
    running[order] = np.cumsum(weights[order]) - weights[order] / 2
    mean = np.bincount(place, weights=running) / np.bincount(place)
    return np.asarray(mean[place] / weights.sum())


def _several(test: str, beta: FloatArray, covariance: FloatArray, df_design: float, n_used: int) -> TestResult:
    count = float(beta.shape[0])
    chi2 = quadratic_form(beta, covariance)
    df = (count, df_design - count)
    warnings: tuple[str, ...] = (SINGULAR,) if math.isnan(chi2) else ()
    if df[1] <= 0:
        warnings = (*warnings, "no degrees of freedom left for a test")
    tail = tails.f_distribution(chi2 / count, *df)
    return TestResult(
        test=test,
        statistic=chi2 / count,
        statistic_name="F",
        df=df,
        p=tail.p,
        log_p=tail.log_p,
        effect_size=math.nan,
        effect_name="",
        effect_lower=math.nan,
        effect_upper=math.nan,
        interval_method="",
        n_used=n_used,
        library="surveytrail",
        warnings=warnings,
        details={"chi2": chi2},
    )
