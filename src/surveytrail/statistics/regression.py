"""Regression with complex samples: weighted fits with the variance that the design gives them.

The coefficients maximise the weighted likelihood; their covariance is the design-based covariance of the weighted
scores between two inverse information matrices (Binder 1983), or that of the refits with every replicate.
Tests of a term: Wald's F, and the working likelihood ratio and working Wald test, whose distribution is a sum of
chi-squares with the eigenvalues of the misspecification matrix (Lumley & Scott 2014).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import stats

from surveytrail.statistics import chisq_sums, fitting, tails
from surveytrail.statistics.arrays import BoolArray, FloatArray, IntArray
from surveytrail.statistics.design import ReplicateDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.inference import (
    SINGULAR,
    AnyDesign,
    beyond_noise,
    covariance_by_replicates,
    covariance_of_scores,
    quadratic_form,
    restrict,
)
from surveytrail.statistics.model_matrix import ModelMatrix
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.smooth import divide

TermMethod = Literal["wald", "working_wald", "working_lrt"]

EXACT_FIT = "the model meets every outcome exactly: no standard errors, no tests"


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted regression.

    Attributes
    ----------
    model: family name.
    names: of the p parameters.
    coefficients: (p,); covariance: (p, p), design-based.
    degrees_of_freedom: of the residual: design df minus the number of slopes.
    n_used: rows with weight and without missing values.
    deviance: weighted, with weights scaled to mean 1.
    dispersion: variance of the Pearson residuals; NaN for ordinal outcomes.
    working_covariance: (p, p) inverse information with weights scaled to mean 1.
    predictors: the model matrix.
    parameter_of_column: (columns of the model matrix) place of each column's coefficient, -1 where it has none.
    refit: the deviance of the model without some columns, for likelihood ratios.
    warnings: sentences for the reader; there is one wherever a statistic is NaN.
    """

    model: str
    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    degrees_of_freedom: float
    n_used: int
    deviance: float
    dispersion: float
    working_covariance: FloatArray
    predictors: ModelMatrix
    parameter_of_column: IntArray
    refit: Callable[[BoolArray], float]
    warnings: tuple[str, ...] = ()

    @cached_property
    def standard_error(self) -> FloatArray:
        """(p,) square roots of the diagonal of the covariance."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def statistic(self) -> FloatArray:
        """(p,) coefficient over standard error; NaN where nothing varies."""
        return divide(self.coefficients, self.standard_error)

    def tails(self) -> list[tails.Tail]:
        """Two-sided p-value of each coefficient with its logarithm, by Student's t."""
        return [tails.t_two_sided(float(t), self.degrees_of_freedom) for t in self.statistic]

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """(p,) lower and upper limits by Student's t."""
        half = float(stats.t.isf((1 - level) / 2, self.degrees_of_freedom)) * self.standard_error
        return self.coefficients - half, self.coefficients + half


def generalised_linear(design: AnyDesign, y: FloatArray, predictors: ModelMatrix, *, family: str) -> Regression:
    """Fit a generalised linear model with canonical link.

    Parameters
    ----------
    design: the design; its domain restricts the fit, its structure stays whole.
    y: (n,) outcome, NaN = missing.
    predictors: the model matrix.
    parameter_of_column: (columns of the model matrix) place of each column's coefficient, -1 where it has none.
    family: gaussian, binomial or quasibinomial, poisson or quasipoisson.

    Errors: StatisticsError for unknown families, dependent predictors, complete separation, no rows left.
    Source: Binder (1983), International Statistical Review 51, 279-292.
    """
    if family not in fitting.FAMILIES:
        raise StatisticsError(
            "Unknown family",
            got=repr(family),
            expected=", ".join(fitting.FAMILIES),
            hint="choose one of these families",
        )
    form = fitting.FAMILIES[family]
    outcome = np.asarray(y, dtype=np.float64)
    view = restrict(design, predictors.complete & np.isfinite(outcome), "regression")
    inside = view.domain_weights > 0
    x, values = predictors.values, np.where(inside, outcome, 0.0)
    weights = view.domain_weights
    mean_weight = float(design.domain_weights[design.in_domain].mean())
    fit = fitting.fit(x, values, weights / mean_weight, form, predictors.names)
    residual = np.where(inside, values - fit.fitted, 0.0)
    if isinstance(view, ReplicateDesign):

        def again(block: FloatArray) -> FloatArray:
            starts = fit.coefficients
            return np.vstack(
                [
                    fitting.fit(x, values, column / mean_weight, form, predictors.names, start=starts).coefficients
                    for column in block.T
                ]
            )

        covariance = covariance_by_replicates(view, fit.coefficients, again)
    else:
        influence = (x * residual[:, None]) @ fit.inverse_information / mean_weight
        covariance = covariance_of_scores(view, influence)

    exact = beyond_noise(float(np.abs(residual).max()), values) == 0
    if exact:
        covariance = np.zeros_like(covariance)

    def refit(keep: BoolArray) -> float:
        kept = tuple(name for name, used in zip(predictors.names, keep, strict=True) if used)
        return fitting.fit(x[:, keep], values, weights / mean_weight, form, kept).deviance

    # As R counts: sampled units with complete answers, but all replicates of the domain.
    counted = design if isinstance(design, ReplicateDesign) else view
    pearson = residual[inside] / np.sqrt(form.variance(fit.fitted[inside]))
    # R scales the residuals by weights of mean 1 among all rows and back by weights of mean 1 among the complete ones.
    pearson *= np.sqrt(weights[inside].mean() / mean_weight)
    return Regression(
        model=form.name,
        names=predictors.names,
        coefficients=fit.coefficients,
        covariance=covariance,
        degrees_of_freedom=float(counted.degrees_of_freedom) + 1 - len(predictors.names),
        n_used=int(inside.sum()),
        deviance=fit.deviance,
        dispersion=_dispersion(pearson, weights[inside], isinstance(view, ReplicateDesign)),
        working_covariance=fit.inverse_information,
        predictors=predictors,
        parameter_of_column=np.arange(len(predictors.names)),
        refit=refit,
        warnings=(EXACT_FIT,) if exact else (),
    )


def _dispersion(pearson: FloatArray, weights: FloatArray, replicates: bool) -> float:
    """Variance of the Pearson residuals, as R has it: centred and with n / (n - 1) for linearised designs, else not."""
    share = weights / weights.sum()
    if replicates:
        return float(share @ pearson**2)
    return float(share @ (pearson - share @ pearson) ** 2) * pearson.shape[0] / (pearson.shape[0] - 1)


def term_test(regression: Regression, term: str, *, method: TermMethod = "wald") -> TestResult:
    """Test whether all coefficients of one term are 0.

    Parameters
    ----------
    regression: the fitted model that contains the term.
    term: its name, e.g. ``region`` or ``a:b``.
    method: `wald` (F with the design's df), `working_lrt` (likelihood ratio), `working_wald`; the last two with the
        saddlepoint distribution of a sum of chi-squares over the residual df.

    Returns: TestResult; `details` holds the eigenvalues of the working tests as ``eigenvalue_1`` and so on.
    Errors: StatisticsError when the model has no such term.
    Source: Lumley & Scott (2014), Australian & New Zealand Journal of Statistics 56, 1-14.
    """
    columns = regression.predictors.columns_of(term)
    tested = regression.parameter_of_column[columns]
    beta = regression.coefficients[tested]
    covariance = regression.covariance[np.ix_(tested, tested)]
    count, residual_df = len(columns), regression.degrees_of_freedom
    if method == "wald":
        statistic = quadratic_form(beta, covariance) / count
        tail = tails.f_distribution(statistic, count, residual_df)
        return _term_result(regression, term, "F", statistic, (float(count), residual_df), tail, {})
    working = regression.working_covariance[np.ix_(tested, tested)]
    eigenvalues = np.sort(np.linalg.eigvals(np.linalg.solve(working, covariance)).real)[::-1].astype(np.float64)
    if method == "working_wald":
        statistic = float(beta @ np.linalg.solve(working, beta))
    else:
        keep = np.ones(len(regression.predictors.names), dtype=bool)
        keep[columns] = False
        statistic = regression.refit(keep) - regression.deviance
    tail = chisq_sums.upper_tail(statistic, eigenvalues, method="saddlepoint", denominator_df=residual_df)
    details = {f"eigenvalue_{i + 1}": float(value) for i, value in enumerate(eigenvalues)}
    return _term_result(regression, term, "chi2", statistic, (float(count), residual_df), tail, details)


def _term_result(
    regression: Regression,
    term: str,
    letter: str,
    statistic: float,
    df: tuple[float, ...],
    tail: tails.Tail,
    details: dict[str, float],
) -> TestResult:
    return TestResult(
        test=f"term {term}",
        statistic=statistic,
        statistic_name=letter,
        df=df,
        p=tail.p,
        log_p=tail.log_p,
        effect_size=float("nan"),
        effect_name="",
        effect_lower=float("nan"),
        effect_upper=float("nan"),
        interval_method="",
        n_used=regression.n_used,
        library="surveytrail",
        warnings=(SINGULAR,) if np.isnan(statistic) else (),
        details=details,
    )
