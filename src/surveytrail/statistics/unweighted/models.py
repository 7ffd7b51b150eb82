"""Regression without weights: OLS with HC3 errors, WLS, logit, GEE by statsmodels; proportional odds by `ordinal`.

The proportional odds model is our own Newton fit with unit weights: statsmodels minimises it with numerical derivatives
and stops four digits short of what is asked of two engines. Each fit comes back in one form, whatever made it;
`coefficient_test` turns one of its coefficients into a test with an effect size.
"""

from __future__ import annotations

import math
import warnings as python_warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from scipy import stats

from surveytrail.statistics import ordinal, tails
from surveytrail.statistics.arrays import FloatArray, IntArray
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.fitting import require_full_rank
from surveytrail.statistics.model_matrix import ModelMatrix
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.unweighted.effect_intervals import Effect
from surveytrail.statistics.unweighted.libraries import label
from surveytrail.statistics.unweighted.samples import numbers, outcome

# Beyond this linear predictor a probability is 0 or 1 to 13 digits: the fit is running away.
_LARGEST_PREDICTOR = 30.0
# The library stops estimating equations by their score, which fades while the coefficients still run away.
_LARGEST_OF_SCORES = 20.0
# Share of the outcome's variation, and of a row's own say in its fitted value, that counts as nothing.
_NOTHING = 1e-12

Kind = Literal["ols", "wls", "logit", "ordinal_logit", "gee_logit"]


@dataclass(frozen=True, eq=False)
class ModelResult:
    """A fitted model.

    Attributes
    ----------
    kind: what was fitted; `covariance_type` how its covariance was estimated.
    names: of the p coefficients; coefficients, standard_errors: (p,); covariance: (p, p).
    df: residual degrees of freedom of the t reference, infinite for normal ones.
    n_used: rows; fit: figures of the whole model (r2, log_likelihood, ...).
    predictor_spread: (p,) standard deviation of each predictor, NaN for intercepts and thresholds.
    spread: standard deviation of the outcome (OLS, WLS), else NaN.
    library: what computed it.
    """

    kind: Kind
    covariance_type: str
    names: tuple[str, ...]
    coefficients: FloatArray
    standard_errors: FloatArray
    covariance: FloatArray
    df: float
    n_used: int
    fit: Mapping[str, float]
    predictor_spread: FloatArray
    spread: float
    library: str

    @property
    def statistics(self) -> FloatArray:
        """(p,) coefficient over standard error."""
        return self.coefficients / self.standard_errors

    def tails(self) -> list[tails.Tail]:
        """Two-sided p-value of each coefficient with its logarithm."""
        return [tails.t_two_sided(float(t), self.df) for t in self.statistics]

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """(p,) limits of the coefficients."""
        upper = stats.norm.isf((1 - level) / 2) if math.isinf(self.df) else stats.t.isf((1 - level) / 2, self.df)
        half = float(upper) * self.standard_errors
        return self.coefficients - half, self.coefficients + half

    def position(self, name: str) -> int:
        """Place of a coefficient; StatisticsError when there is none of that name."""
        if name not in self.names:
            raise StatisticsError(
                "Unknown coefficient", f"`{name}`", expected=", ".join(self.names), got=repr(name),
                hint="name a column of the model",
            )  # fmt: skip
        return self.names.index(name)


@dataclass(frozen=True, eq=False)
class _Fitted:
    """What the fitters below return: coefficients (p,), covariance (p, p) and how they came about."""

    coefficients: FloatArray
    covariance: FloatArray
    covariance_type: str
    df: float
    fit: Mapping[str, float]
    library: str


def fit_model(
    kind: Kind, y: Any, predictors: ModelMatrix, *, weights: Any = None, clusters: Any = None, hc3: bool = True
) -> ModelResult:
    """Fit a model to the complete rows.

    Parameters
    ----------
    kind: `ols`; `wls` (needs `weights`, precision weights: its errors are not those of a survey design); `logit`;
        `ordinal_logit` (numeric outcome, three or more values); `gee_logit` (needs `clusters`, exchangeable working
        correlation, robust errors).
    y: (n,) outcome, NaN = missing; 0/1 for `logit` and `gee_logit`.
    predictors: the model matrix, with an intercept except for `ordinal_logit`, where it is dropped.
    hc3: heteroscedasticity-consistent errors (HC3) for `ols`; classical ones if False.

    Errors: StatisticsError when the model cannot be fitted (dependent columns, complete separation).
    """
    values = numbers(y, "outcome")
    used = np.flatnonzero(np.isfinite(values) & predictors.complete)
    wanted = predictors.term_of_column >= (0 if kind == "ordinal_logit" else -1)
    x, target = predictors.values[np.ix_(used, np.flatnonzero(wanted))], values[used]
    names = tuple(name for name, kept in zip(predictors.names, wanted, strict=True) if kept)
    if kind == "ordinal_logit":
        require_full_rank(np.column_stack([np.ones(len(x)), x]), ("(Intercept)", *names))
    else:
        require_full_rank(x, names)
    if np.ptp(target) == 0:
        raise StatisticsError(
            "Outcome does not vary", kind, expected="two or more values",
            got=f"{target[0]:g} in all {len(target)} rows", hint="look at the filter",
        )  # fmt: skip
    fitters: Mapping[str, Callable[[], _Fitted]] = {
        "ols": lambda: _ols(target, x, hc3),
        "wls": lambda: _wls(target, x, _aligned("weights", weights, used)),
        "logit": lambda: _logit(target, x),
        "ordinal_logit": lambda: _ordinal(target, x),
        "gee_logit": lambda: _gee(target, x, _aligned("clusters", clusters, used)),
    }
    if kind not in fitters:
        raise StatisticsError("Unknown model", got=repr(kind), expected=", ".join(fitters), hint="choose one of these")
    if kind in ("logit", "gee_logit") and not np.isin(target, (0.0, 1.0)).all():
        raise StatisticsError(
            "Not a yes/no outcome", f"{kind}", expected="0 and 1", hint="derive a 0/1 variable",
            got=f"values from {target.min():g} to {target.max():g}",
        )  # fmt: skip
    fitted = fitters[kind]()
    if kind == "ordinal_logit":
        names = (*names, *(f"{low:g}|{high:g}" for low, high in pairwise(np.unique(target))))
    spreads = np.full(len(names), np.nan)
    spreads[: x.shape[1]] = np.where(x.std(axis=0) > 0, x.std(axis=0, ddof=1), np.nan)
    spread = float(target.std(ddof=1)) if kind in ("ols", "wls") else math.nan
    return ModelResult(
        kind, fitted.covariance_type, names, fitted.coefficients, np.sqrt(np.diagonal(fitted.covariance)),
        fitted.covariance, fitted.df, len(used), fitted.fit, spreads, spread, fitted.library,
    )  # fmt: skip


def _aligned(what: str, values: Any, used: IntArray) -> Any:
    if values is None:
        raise StatisticsError(f"No {what}", expected=f"{what}, one per row", got="none", hint=f"pass {what}=")
    return np.asarray(values)[used]


def _fit_quietly(
    kind: str, x: FloatArray, fit: Callable[[], Any], largest_predictor: float = _LARGEST_PREDICTOR
) -> Any:
    """Run a statsmodels fit; what the library only warns about (no convergence, separation) is an error here."""
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore")
        try:
            fitted = fit()
        except (np.linalg.LinAlgError, ValueError, FloatingPointError) as error:
            raise _failed(kind, str(error)) from error
    states = getattr(fitted, "mle_retvals", None) or {"converged": getattr(fitted, "converged", True)}
    largest = float(np.abs(np.asarray(fitted.params)).max())
    reach = float(np.abs(x @ np.asarray(fitted.params)).max())
    if not states["converged"] or not math.isfinite(largest) or reach > largest_predictor:
        raise _failed(kind, f"coefficients up to {largest:.3g}")
    return fitted


def _failed(kind: str, found: str) -> StatisticsError:
    return StatisticsError(
        "Regression did not converge", kind, expected="stable coefficients", got=found,
        hint="likely cause: a predictor separates the outcomes completely (a category with all or none); merge the "
        "category or drop the predictor",
    )  # fmt: skip


def _pack(fitted: Any, covariance_type: str, df: float, fit: Mapping[str, float]) -> _Fitted:
    coefficients = np.asarray(fitted.params, dtype=np.float64)
    covariance = np.asarray(fitted.cov_params(), dtype=np.float64)
    return _Fitted(coefficients, covariance, covariance_type, df, fit, label("statsmodels"))


def _ols(y: FloatArray, x: FloatArray, hc3: bool) -> _Fitted:
    from statsmodels.regression.linear_model import OLS

    covariance_type = "HC3" if hc3 else "nonrobust"
    _require_errors(y, x)
    fitted = OLS(y, x, missing="raise", hasconst=None).fit(method="qr", cov_type=covariance_type, use_t=True)
    return _pack(fitted, "HC3" if hc3 else "classical", float(fitted.df_resid), _linear_figures(fitted))


def _require_errors(y: FloatArray, x: FloatArray) -> None:
    """Stop where nothing is left to estimate errors from: a perfect fit, or a row that alone decides a coefficient."""
    q, _ = np.linalg.qr(x)
    leverage = (q**2).sum(axis=1)
    left = y - q @ (q.T @ y)
    if (left**2).sum() <= _NOTHING**2 * ((y - y.mean()) ** 2).sum():
        found, hint = "residuals of 0", "a predictor repeats the outcome: drop it"
    elif leverage.max() > 1 - _NOTHING:
        found = f"row {int(leverage.argmax()) + 1} of those used, whose fitted value is its own"
        hint = "drop the predictor on which only this row differs"
    else:
        return
    raise StatisticsError("Errors not defined", "ols", expected="rows that deviate from the fit", got=found, hint=hint)


def _wls(y: FloatArray, x: FloatArray, weights: Any) -> _Fitted:
    from statsmodels.regression.linear_model import WLS

    model = WLS(y, x, weights=weights, missing="raise", hasconst=None)
    fitted = model.fit(method="qr", cov_type="nonrobust", use_t=True)
    return _pack(fitted, "classical", float(fitted.df_resid), _linear_figures(fitted))


def _linear_figures(fitted: Any) -> dict[str, float]:
    return {
        "r2": float(fitted.rsquared), "adjusted_r2": float(fitted.rsquared_adj),
        "residual_variance": float(fitted.scale),
    }  # fmt: skip


def _logit(y: FloatArray, x: FloatArray) -> _Fitted:
    from statsmodels.discrete.discrete_model import Logit

    model = Logit(y, x, missing="raise", check_rank=False)
    fitted = _fit_quietly(
        "logit",
        x,
        lambda: model.fit(method="newton", maxiter=100, tol=1e-12, disp=False, cov_type="nonrobust", use_t=False),
    )
    figures = {"log_likelihood": float(fitted.llf), "mcfadden_r2": float(fitted.prsquared)}
    mean = fitted.predict()
    slope = float((mean * (1 - mean)).mean())
    figures |= {f"average_marginal_effect_{place}": slope * float(b) for place, b in enumerate(fitted.params)}
    return _pack(fitted, "inverse information", math.inf, figures)


def _ordinal(y: FloatArray, x: FloatArray) -> _Fitted:
    levels, codes = np.unique(y, return_inverse=True)
    if len(levels) < 3:
        raise StatisticsError(
            "Too few levels for an ordinal model", expected="three or more values", got=f"{len(levels)}",
            hint="use logit for two values",
        )  # fmt: skip
    try:
        fitted = ordinal.maximise(x, codes, np.ones(len(codes)), len(levels) - 1)
    except np.linalg.LinAlgError as error:
        raise _failed("ordinal_logit", str(error)) from error
    reach = float(np.ptp(x @ fitted.parameters[: x.shape[1]]))
    if reach > _LARGEST_PREDICTOR:
        raise _failed("ordinal_logit", f"linear predictors {reach:.3g} apart")
    figures = {"log_likelihood": -fitted.deviance / 2}
    return _Fitted(
        fitted.parameters, fitted.inverse_information, "inverse information", math.inf, figures, "surveytrail"
    )


def _gee(y: FloatArray, x: FloatArray, clusters: Any) -> _Fitted:
    from statsmodels.genmod.cov_struct import Exchangeable
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE

    groups = np.unique(clusters, return_inverse=True)[1]
    order = np.argsort(groups, kind="stable")
    model = GEE(y[order], x[order], groups=groups[order], family=Binomial(), cov_struct=Exchangeable(), missing="raise")
    fitted = _fit_quietly(
        "gee_logit",
        x,
        lambda: model.fit(maxiter=500, ctol=1e-12, params_niter=1, first_dep_update=0, cov_type="robust"),
        _LARGEST_OF_SCORES,
    )
    figures = {"clusters": float(groups.max() + 1), "working_correlation": float(model.cov_struct.dep_params)}
    return _pack(fitted, "robust (clusters)", math.inf, figures)


def coefficient_test(result: ModelResult, name: str, *, level: float = 0.95) -> TestResult:
    """Turn one coefficient into a test.

    The effect is the standardised coefficient (OLS, WLS: per standard deviation of predictor and outcome) or the odds
    ratio per standard deviation of the predictor; `details` hold the raw coefficient, its limits and standard error,
    the odds ratio per unit, and with `logit` the average marginal effect.
    """
    place = result.position(name)
    low, high = (float(limit[place]) for limit in result.interval(level))
    value, error = float(result.coefficients[place]), float(result.standard_errors[place])
    spread = float(result.predictor_spread[place])
    details = {"coefficient": value, "coefficient_lower": low, "coefficient_upper": high, "standard_error": error}
    method = f"{'normal' if math.isinf(result.df) else 't'}, {result.covariance_type} errors, {level:.0%}"
    if result.kind in ("ols", "wls"):
        scale = spread / result.spread
        effect = Effect("standardised coefficient", value * scale, low * scale, high * scale, method)
    else:
        details["odds_ratio_per_unit"] = math.exp(value)
        odds = [math.exp(limit * spread) for limit in (value, low, high)]
        effect = Effect("odds ratio per SD", odds[0], odds[1], odds[2], method)
    marginal = result.fit.get(f"average_marginal_effect_{place}")
    if marginal is not None:
        details["average_marginal_effect"] = marginal
    df = () if math.isinf(result.df) else (result.df,)
    letter = "z" if math.isinf(result.df) else "t"
    statistic = float(result.statistics[place])
    return outcome(
        f"{result.kind}, {name}", letter, statistic, df, tails.t_two_sided(statistic, result.df), effect, result.n_used,
        result.library, details=details,
    )  # fmt: skip
