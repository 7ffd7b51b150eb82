"""Proportional odds regression with complex samples (R's `svyolr`, logistic link).

``logit P(Y <= j) = threshold_j - x' slope``. The parameters are the slopes, then the thresholds. Newton's method with
the exact second derivatives. R differences the gradient with steps of 0.001 instead, so that its standard errors are
off by per cents where a predictor has a large spread (the coefficients agree).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import special

from surveytrail.statistics.arrays import BoolArray, FloatArray, IntArray
from surveytrail.statistics.categories import code_levels
from surveytrail.statistics.design import ReplicateDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.fitting import require_full_rank
from surveytrail.statistics.inference import AnyDesign, covariance_by_replicates, covariance_of_scores, restrict
from surveytrail.statistics.model_matrix import ModelMatrix
from surveytrail.statistics.regression import Regression


@dataclass(frozen=True, eq=False)
class OrdinalFit:
    """A converged fit: `parameters` (p,), unweighted `scores` (n, p), `inverse_information` (p, p), `deviance`."""

    parameters: FloatArray
    scores: FloatArray
    inverse_information: FloatArray
    deviance: float


def proportional_odds(design: AnyDesign, y: Any, levels: Sequence[Any], predictors: ModelMatrix) -> Regression:
    """Fit a proportional odds model.

    Parameters
    ----------
    design: the design; its domain restricts the fit.
    y: (n,) outcome; None or NaN = missing.
    levels: the q + 1 >= 3 levels of the outcome from low to high.
    predictors: the model matrix; its intercept column, if any, is dropped (the thresholds take its place).

    Errors: StatisticsError for fewer than three levels, a level without respondents, or a fit that runs away.
    Source: McCullagh (1980), Journal of the Royal Statistical Society B 42, 109-142; Binder (1983) for the variance.
    """
    index = _code_outcome(y, levels)
    view = restrict(design, predictors.complete & (index >= 0), "ordinal regression")
    weights = view.domain_weights
    inside = weights > 0
    _require_all_levels(index[inside], levels)
    slopes = np.flatnonzero(predictors.term_of_column >= 0)
    x = predictors.values[:, slopes]
    slope_names = tuple(predictors.names[i] for i in slopes)
    require_full_rank(np.column_stack([np.ones(int(inside.sum())), x[inside]]), ("(Intercept)", *slope_names))
    mean_weight = float(design.domain_weights[design.in_domain].mean())
    codes = np.where(inside, index, 0)
    thresholds = len(levels) - 1
    fit = maximise(x, codes, weights / mean_weight, thresholds)
    if isinstance(view, ReplicateDesign):

        def again(block: FloatArray) -> FloatArray:
            fits = [maximise(x, codes, column / mean_weight, thresholds, fit.parameters) for column in block.T]
            return np.vstack([one.parameters for one in fits])

        covariance = covariance_by_replicates(view, fit.parameters, again)
    else:
        influence = np.where(inside[:, None], fit.scores, 0.0) @ fit.inverse_information / mean_weight
        covariance = covariance_of_scores(view, influence)

    def refit(keep: BoolArray) -> float:
        kept = predictors.values[:, np.flatnonzero(keep & (predictors.term_of_column >= 0))]
        return maximise(kept, codes, weights / mean_weight, thresholds).deviance

    cuts = tuple(f"{low}|{high}" for low, high in pairwise(levels))
    place = np.full(len(predictors.names), -1, dtype=np.int64)
    place[slopes] = np.arange(len(slopes))
    return Regression(
        model="ordinal",
        names=slope_names + cuts,
        coefficients=fit.parameters,
        covariance=covariance,
        degrees_of_freedom=float(view.degrees_of_freedom) - len(slopes),
        n_used=int(inside.sum()),
        deviance=fit.deviance,
        dispersion=float("nan"),
        working_covariance=fit.inverse_information,
        predictors=predictors,
        parameter_of_column=place,
        refit=refit,
    )


def _code_outcome(y: Any, levels: Sequence[Any]) -> IntArray:
    """(n,) position of each value among the levels, -1 = missing."""
    if len(levels) < 3:
        raise StatisticsError(
            "Too few levels for an ordinal model",
            expected="three or more ordered levels",
            got=f"{len(levels)}",
            hint="use the binomial family for two levels",
        )
    codes, found = code_levels(y)
    place = {level: position for position, level in enumerate(levels)}
    stray = [level for level in found if level not in place]
    if stray:
        row = int(np.flatnonzero(codes == found.index(stray[0]))[0])
        raise StatisticsError(
            "Unknown level of an ordinal outcome",
            f"row {row + 1}",
            got=repr(stray[0]),
            expected=f"one of {', '.join(str(level) for level in levels)}",
            hint="add the level in its order or recode it",
        )
    return np.array([*(place[level] for level in found), -1], dtype=np.int64)[codes]


def _require_all_levels(index: IntArray, levels: Sequence[Any]) -> None:
    empty = np.flatnonzero(np.bincount(index, minlength=len(levels)) == 0)
    if empty.size:
        raise StatisticsError(
            "Empty category",
            f"outcome level `{levels[int(empty[0])]}`: no respondents",
            expected="some in every level",
            got="none among the rows used",
            hint="merge the level with a neighbour, by name",
        )


def maximise(
    x: FloatArray, y: IntArray, weights: FloatArray, thresholds: int, start: FloatArray | None = None
) -> OrdinalFit:
    """Maximise the weighted likelihood by Newton steps, halved where they do not help.

    Parameters: `x` (n, slopes) without intercept, `y` (n,) codes 0..thresholds, `weights` (n,), 0 leaving a row out,
    `start` (p,) slopes then thresholds. Errors: StatisticsError when the coefficients run away.
    """
    used = weights > 0
    xs, ys, ws = x[used], y[used], weights[used]
    if start is None:
        below = np.array([ws[ys <= j].sum() for j in range(thresholds)]) / ws.sum()
        start = np.concatenate([np.zeros(x.shape[1]), special.logit(below)])
    parameters = start
    value, gradient, information = derivatives(parameters, xs, ys, ws, thresholds)
    for _ in range(100):
        step = np.linalg.solve(information, gradient.sum(axis=0))
        length = 1.0
        while length > 1e-8:
            candidate = parameters + length * step
            if np.all(np.diff(candidate[x.shape[1] :]) > 0):
                new, new_gradient, new_information = derivatives(candidate, xs, ys, ws, thresholds)
                if new >= value - 1e-12 * (1 + abs(value)):
                    break
            length /= 2
        else:
            break
        moved = float(np.max(np.abs(candidate - parameters) * np.sqrt(np.diagonal(information))))
        parameters, value, gradient, information = candidate, new, new_gradient, new_information
        if moved <= 1e-11:
            scores = np.zeros((x.shape[0], parameters.shape[0]))
            scores[used] = gradient / ws[:, None]
            return OrdinalFit(parameters, scores, np.asarray(np.linalg.inv(information), dtype=np.float64), -2 * value)
        if np.abs(xs @ parameters[: x.shape[1]]).max(initial=0.0) > 1e3:
            break
    raise StatisticsError(
        "Ordinal regression did not converge",
        expected="stable coefficients within 100 steps",
        got=f"coefficients up to {np.abs(parameters).max():.3g}",
        hint="likely cause: a predictor separates the levels of the outcome completely; merge categories or drop it",
    )


def derivatives(
    parameters: FloatArray, x: FloatArray, y: IntArray, w: FloatArray, thresholds: int
) -> tuple[float, FloatArray, FloatArray]:
    """Weighted log likelihood, the weighted scores (n, p) and the observed information (p, p) at `parameters` (p,)."""
    n, slopes = x.shape
    eta = x @ parameters[:slopes]
    cuts = np.concatenate([[-np.inf], parameters[slopes:], [np.inf]])
    high, low = special.expit(cuts[y + 1] - eta), special.expit(cuts[y] - eta)
    # The difference of two logistic values without cancellation in the upper tail.
    probability = np.where(low > 0.5, special.expit(eta - cuts[y]) - special.expit(eta - cuts[y + 1]), high - low)
    density_high, density_low = high * (1 - high), low * (1 - low)
    bend_high, bend_low = density_high * (1 - 2 * high), density_low * (1 - 2 * low)
    design_high, design_low = np.zeros((n, slopes + thresholds)), np.zeros((n, slopes + thresholds))
    design_high[:, :slopes] = design_low[:, :slopes] = -x
    rows = np.arange(n)
    upper, lower = y < thresholds, y > 0
    design_high[rows[upper], slopes + y[upper]] = 1.0
    design_low[rows[lower], slopes + y[lower] - 1] = 1.0
    score = (density_high[:, None] * design_high - density_low[:, None] * design_low) / probability[:, None]
    information = (
        (score * w[:, None]).T @ score
        - (design_high * (w * bend_high / probability)[:, None]).T @ design_high
        + (design_low * (w * bend_low / probability)[:, None]).T @ design_low
    )
    with np.errstate(divide="ignore"):
        value = float(w @ np.log(np.maximum(probability, 0.0)))
    return value, score * w[:, None], information
