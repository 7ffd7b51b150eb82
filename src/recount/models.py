"""Regression models fitted by Newton's method from their likelihoods or estimating equations."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from recount.distributions import log_normal_two_sided, log_t_two_sided, normal_quantile, t_quantile
from recount.outcomes import Columns, Outcome, Roles, UndefinedError, complete, require
from recount.tables import FloatArray

MOST_STEPS = 500
CONVERGED = 1e-12
# What rounding leaves of a residual of zero, as a share of the outcome's spread.
NOTHING = 1e-10


@dataclass(frozen=True)
class Fit:
    """Coefficients (p,) of the predictors in order, their standard errors (p,), and the residual df (None: normal)."""

    coefficients: FloatArray
    errors: FloatArray
    df: float | None


class _Derivatives(NamedTuple):
    value: float
    gradient: FloatArray
    information: FloatArray


def ols(roles: Roles, parts: list[str], level: float) -> list[Outcome]:
    """Least squares with heteroscedasticity-consistent errors HC3; effects per standard deviations of both sides."""
    y, *given = complete(roles["y"][0], *roles["given"])
    x = _model(y, given)
    inverse = np.linalg.inv(x.T @ x)
    coefficients: FloatArray = np.linalg.lstsq(x, y, rcond=None)[0].astype(np.float64)
    leverage = np.einsum("ij,jk,ik->i", x, inverse, x)
    left = y - x @ coefficients
    # errors come from rows that deviate from the fit: not from a perfect one, nor from a row that it must go through
    require(float(left @ left) > NOTHING**2 * float(((y - y.mean()) ** 2).sum()) and leverage.max() <= 1 - NOTHING)
    scores = x * (left / (1 - leverage))[:, None]
    errors = np.sqrt(np.diagonal(inverse @ (scores.T @ scores) @ inverse))
    fit = Fit(coefficients[1:], errors[1:], len(y) - x.shape[1])
    scales = [float(column.std(ddof=1) / y.std(ddof=1)) for column in given]
    return [
        _tested(fit, place, len(y), part, level, partial(operator.mul, scale))
        for place, (part, scale) in enumerate(zip(parts, scales, strict=True))
    ]


def _model(y: FloatArray, given: Columns) -> FloatArray:
    """Return an intercept and the predictors, which may not depend on each other, of an outcome that varies."""
    x = np.column_stack([np.ones(len(y)), *given])
    require(len(y) > 0 and np.ptp(y) > 0 and int(np.linalg.matrix_rank(x)) == x.shape[1])
    return x


def logit(roles: Roles, parts: list[str], level: float) -> list[Outcome]:
    """Logistic regression by maximum likelihood; odds ratios per standard deviation of the predictor."""
    y, *given = complete(roles["y"][0], *roles["given"])
    x = _model(y, given)
    coefficients, information = _maximise(np.zeros(x.shape[1]), lambda b: _binary(b, x, y))
    errors = np.sqrt(np.diagonal(np.linalg.inv(information)))
    return _odds(Fit(coefficients[1:], errors[1:], None), given, len(y), parts, level)


def ordinal_logit(roles: Roles, parts: list[str], level: float) -> list[Outcome]:
    """Proportional odds (McCullagh 1980): logit P(y <= j) = threshold j - slopes x; observed information."""
    y, *given = complete(roles["y"][0], *roles["given"])
    x, levels = _model(y, given)[:, 1:], np.unique(y)
    require(len(levels) > 2)
    codes = np.searchsorted(levels, y)
    below = np.array([(codes <= place).mean() for place in range(len(levels) - 1)])
    start = np.concatenate([np.zeros(x.shape[1]), np.log(below / (1 - below))])
    found, information = _maximise(start, lambda b: _ordered(b, x, codes, len(levels) - 1))
    errors = np.sqrt(np.diagonal(np.linalg.inv(information)))
    slopes = x.shape[1]
    return _odds(Fit(found[:slopes], errors[:slopes], None), given, len(y), parts, level)


def clustered_logit(roles: Roles, level: float) -> Outcome:
    """Logistic regression over all pairs of items, one intercept per pair, respondents as clusters.

    Generalised estimating equations with an exchangeable working correlation and robust errors (Liang & Zeger 1986).
    The correlation is the mean product of two Pearson residuals of one respondent over their mean square, the number of
    coefficients taken off the number of pairs and of rows. The effect is the odds ratio of yes against no.
    """
    size = len(roles["x"][0])
    x, y = np.concatenate(roles["x"]), np.concatenate(roles["y"])
    pair, cluster = np.repeat(np.arange(len(roles["x"])), size), np.tile(np.arange(size), len(roles["x"]))
    known = ~np.isnan(x) & ~np.isnan(y)
    intercepts = [np.ones(len(x)), *((pair == place) * 1.0 for place in range(1, len(roles["x"])))]
    model = np.column_stack([x, *intercepts])[known]
    require(bool(known.any()) and np.ptp(y[known]) > 0 and np.linalg.matrix_rank(model) == model.shape[1])
    fit = _estimating_equations(model, y[known], cluster[known])
    tested = _tested(fit, 0, int(known.sum()), None, level, math.exp)
    return replace(tested, records=len(np.unique(cluster[known])))


def _estimating_equations(x: FloatArray, y: FloatArray, cluster: np.ndarray) -> Fit:
    members = [np.flatnonzero(cluster == code) for code in np.unique(cluster)]
    members = [rows for rows in members if len(rows)]
    free = len(y) - x.shape[1]
    pairs = sum(len(rows) * (len(rows) - 1) / 2 for rows in members)
    coefficients, correlation = _maximise(np.zeros(x.shape[1]), lambda b: _binary(b, x, y))[0], 0.0
    for _ in range(MOST_STEPS):
        mean = 1 / (1 + np.exp(-x @ coefficients))
        spread = np.sqrt(mean * (1 - mean))
        residual = (y - mean) / spread
        scale = math.fsum(residual**2) / free
        products = math.fsum((residual[rows].sum() ** 2 - (residual[rows] ** 2).sum()) / 2 for rows in members)
        correlation = products / scale / (pairs - x.shape[1])
        bread, scores = _clustered(x * spread[:, None], residual, members, correlation)
        step = np.linalg.solve(bread, scores.sum(axis=0))
        coefficients = coefficients + step
        if np.abs(step).max() < CONVERGED:
            inverse = np.linalg.inv(bread)
            return Fit(coefficients, np.sqrt(np.diagonal(inverse @ (scores.T @ scores) @ inverse)), None)
    raise UndefinedError  # a predictor tells the outcomes apart completely


def _clustered(
    scaled: FloatArray, residual: FloatArray, members: list[np.ndarray], correlation: float
) -> tuple[FloatArray, FloatArray]:
    """Return the information matrix and the scores per cluster; an exchangeable correlation inverts in closed form."""
    width = scaled.shape[1]
    bread, scores = np.zeros((width, width)), np.zeros((len(members), width))
    for place, rows in enumerate(members):
        own, left, count = scaled[rows], residual[rows], len(rows)
        share = correlation / (1 + (count - 1) * correlation)
        total = own.sum(axis=0)
        bread += (own.T @ own - share * np.outer(total, total)) / (1 - correlation)
        scores[place] = (own.T @ left - share * total * left.sum()) / (1 - correlation)
    return bread, scores


def _binary(coefficients: FloatArray, x: FloatArray, y: FloatArray) -> _Derivatives:
    line = x @ coefficients
    mean = 1 / (1 + np.exp(-line))
    value = float((y * line - np.logaddexp(0, line)).sum())
    return _Derivatives(value, x.T @ (y - mean), x.T @ (x * (mean * (1 - mean))[:, None]))


def _ordered(parameters: FloatArray, x: FloatArray, codes: np.ndarray, thresholds: int) -> _Derivatives:
    """Return log likelihood, gradient and observed information of the proportional odds model."""
    slopes = x.shape[1]
    ends = np.concatenate([[-np.inf], parameters[slopes:], [np.inf]])
    line = x @ parameters[:slopes]
    gradients, densities, curves, shares = [], [], [], []
    for side in (0, 1):  # lower and upper end of each answer's interval
        with np.errstate(over="ignore"):
            cumulative = 1 / (1 + np.exp(-(ends[codes + side] - line)))
        shares.append(cumulative)
        densities.append(cumulative * (1 - cumulative))
        curves.append(densities[-1] * (1 - 2 * cumulative))
        marks = (codes + side - 1)[:, None] == np.arange(thresholds)
        gradients.append(np.column_stack([-x, marks.astype(np.float64)]))
    probability = shares[1] - shares[0]
    if (probability <= 0).any():
        return _Derivatives(-math.inf, np.zeros(len(parameters)), np.eye(len(parameters)))
    score = (gradients[1] * densities[1][:, None] - gradients[0] * densities[0][:, None]) / probability[:, None]
    second = [gradients[side].T @ (gradients[side] * (curves[side] / probability)[:, None]) for side in (0, 1)]
    return _Derivatives(float(np.log(probability).sum()), score.sum(axis=0), score.T @ score - second[1] + second[0])


def _maximise(start: FloatArray, derivatives: Callable[[FloatArray], _Derivatives]) -> tuple[FloatArray, FloatArray]:
    """Return the maximum of a log likelihood and its information matrix, by Newton's method with halved steps."""
    parameters, now = start, derivatives(start)
    for _ in range(MOST_STEPS):
        step = np.linalg.solve(now.information, now.gradient)
        following = derivatives(parameters + step)
        while following.value < now.value - 1e-10 * abs(now.value):
            step = step / 2
            following = derivatives(parameters + step)
        parameters, now = parameters + step, following
        if np.abs(step * np.sqrt(np.diagonal(now.information))).max() < CONVERGED:
            return parameters, now.information
    raise UndefinedError  # a predictor tells the outcomes apart completely


def _odds(fit: Fit, given: Columns, n: int, parts: list[str], level: float) -> list[Outcome]:
    spreads = [float(column.std(ddof=1)) for column in given]
    return [
        _tested(fit, place, n, part, level, partial(_odds_ratio, spread))
        for place, (part, spread) in enumerate(zip(parts, spreads, strict=True))
    ]


def _odds_ratio(spread: float, coefficient: float) -> float:
    return math.exp(coefficient * spread)


def _tested(fit: Fit, place: int, n: int, part: str | None, level: float, effect: Callable[[float], float]) -> Outcome:
    """Return the test of one coefficient; ``effect`` turns it and its limits into an effect size."""
    value, error = float(fit.coefficients[place]), float(fit.errors[place])
    quantile = normal_quantile((1 + level) / 2) if fit.df is None else t_quantile(level, fit.df)
    z = value / error
    log_p = log_normal_two_sided(z) if fit.df is None else log_t_two_sided(z, fit.df)
    limits = effect(value - quantile * error), effect(value + quantile * error)
    df = () if fit.df is None else (fit.df,)
    parts = () if part is None else (part,)
    return Outcome(n, z, effect(value), limits, df, log_p, parts, iterative=True)
