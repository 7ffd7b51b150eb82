"""Reliability and agreement: Cronbach's alpha of a scale, Cohen's kappa of two classifications."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from surveytrail.statistics.arrays import FloatArray, IntArray, as_matrix
from surveytrail.statistics.contrasts import ComplexArray, smooth_contrast
from surveytrail.statistics.design import SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.estimators import AnyDesign, mean, smooth_scores
from surveytrail.statistics.linearise import total_variances
from surveytrail.statistics.replicates import replicate_variance
from surveytrail.statistics.smooth import VARIANCE, divide


class ScaleEstimate(NamedTuple):
    """A coefficient with its standard error and the number of respondents behind it; NaN comes with a warning."""

    value: float
    standard_error: float
    n_used: int
    warnings: tuple[str, ...] = ()


def _estimate(value: float, variance: float, n_used: int) -> ScaleEstimate:
    """Return the estimate with what there is to say about it."""
    warnings: tuple[str, ...] = ()
    if n_used < 2:
        warnings = (f"{n_used} respondents with all values: not defined",)
    elif not np.isfinite(value):
        value, variance = np.nan, np.nan
        warnings = ("all respondents have the same value: not defined",)
    elif np.isnan(variance):
        warnings = ("no standard error can be estimated",)
    return ScaleEstimate(float(value), float(np.sqrt(variance)), n_used, warnings)


def cronbach_alpha(design: AnyDesign, items: ArrayLike) -> ScaleEstimate:
    """Estimate Cronbach's alpha (1951) of the population from `items` (n, k), with a linearised standard error.

    Rows with any item missing are left out. Errors: StatisticsError for fewer than two items.
    """
    matrix = as_matrix(items, design.n, "items")
    if matrix.shape[1] < 2:
        raise StatisticsError("Scale too short", expected="at least two items", got=str(matrix.shape[1]))
    columns = np.column_stack([matrix, matrix.sum(axis=1)])
    kept = ~np.isnan(columns).any(axis=1)
    n_used = int((kept & (design.domain_weights > 0)).sum())
    if isinstance(design, SurveyDesign):
        variances, scores = smooth_scores(VARIANCE, design, [columns])
        slopes = _alpha_slopes(variances)
        spread = total_variances(design, np.nan_to_num(scores @ slopes)[:, None], kept)[0]
        return _estimate(float(_alpha(variances)), spread, n_used)
    replicates, value = _replicated_variances(design, columns, kept)
    spread = replicate_variance(design, _alpha(replicates), _alpha(value))
    return _estimate(float(_alpha(value)), float(spread), n_used)


def _replicated_variances(design: AnyDesign, columns: FloatArray, kept: np.ndarray) -> tuple[FloatArray, FloatArray]:
    """Variances of the columns under each replicate (R, k + 1) and for the full sample (k + 1,)."""
    from surveytrail.statistics.estimators import variance

    estimates = variance(design.subset(kept & design.in_domain), columns)
    assert estimates.replicates is not None
    return estimates.replicates[:, :, 0], estimates.value[:, 0]


def _alpha(variances: FloatArray) -> FloatArray:
    """Alpha from variances (..., k + 1): the items', then the total's."""
    k = variances.shape[-1] - 1
    return np.asarray(k / (k - 1) * (1.0 - divide(variances[..., :-1].sum(axis=-1), variances[..., -1])))


def _alpha_slopes(variances: FloatArray) -> FloatArray:
    """(k + 1,) derivatives of alpha in the variances."""
    k, total = variances.shape[0] - 1, variances[-1]
    slopes = divide(np.full(k + 1, -k / (k - 1)), total)
    slopes[-1] = k / (k - 1) * divide(variances[:-1].sum(), total**2)
    return slopes


def kappa(design: AnyDesign, first: IntArray, second: IntArray) -> ScaleEstimate:
    """Estimate Cohen's kappa (1960) of the population for two classifications coded 0..m-1, -1 = missing.

    The standard error is that of the function of the cell shares (delta method with their design-based covariance).
    """
    categories = int(max(first.max(initial=0), second.max(initial=0))) + 1
    cells = (first * categories + second)[:, None] == np.arange(categories**2)
    known = (first >= 0) & (second >= 0)
    shares = mean(design, np.where(known[:, None], cells, np.nan), covariance=True)
    assert shares.covariance is not None

    def function(p: ComplexArray) -> complex:
        table = p.reshape(categories, categories)
        observed, expected = np.trace(table), table.sum(axis=1) @ table.sum(axis=0)
        return complex((observed - expected) / (1.0 - expected)) if expected.real < 1.0 else complex(np.nan)

    result = smooth_contrast(shares.value[:, 0], shares.covariance, function)
    return _estimate(float(result.value[0]), float(result.covariance[0, 0]), int(shares.n_used[0, 0]))
