"""Weighted maximum likelihood of generalised linear models, by iteratively reweighted least squares.

Only the point estimate and its ingredients; `regression` adds the variance that the design gives it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.errors import StatisticsError, shorten

_ETA_LIMIT = 30.0


@dataclass(frozen=True)
class Family:
    """A family with its canonical link.

    Attributes: `mean` of the linear predictor; `variance` of the mean (also the derivative of the mean, the link being
    canonical); `unit_deviance` of (y, mean); `start` mean of y; `valid` range of y.
    """

    name: str
    mean: Callable[[FloatArray], FloatArray]
    variance: Callable[[FloatArray], FloatArray]
    unit_deviance: Callable[[FloatArray, FloatArray], FloatArray]
    start: Callable[[FloatArray], FloatArray]
    link: Callable[[FloatArray], FloatArray]
    valid: tuple[float, float]


def _binomial_deviance(y: FloatArray, mean: FloatArray) -> FloatArray:
    return np.asarray(
        2
        * (special.xlogy(y, y) - special.xlogy(y, mean) + special.xlogy(1 - y, 1 - y) - special.xlogy(1 - y, 1 - mean))
    )


GAUSSIAN = Family(
    "gaussian",
    lambda eta: eta,
    np.ones_like,
    lambda y, mean: (y - mean) ** 2,
    lambda y: y,
    lambda mean: mean,
    (-np.inf, np.inf),
)
BINOMIAL = Family(
    "binomial",
    special.expit,
    lambda mean: mean * (1 - mean),
    _binomial_deviance,
    lambda y: (y + 0.5) / 2,
    special.logit,
    (0.0, 1.0),
)
POISSON = Family(
    "poisson",
    np.exp,
    lambda mean: mean,
    lambda y, mean: 2 * (special.xlogy(y, y / mean) - (y - mean)),
    lambda y: y + 0.1,
    np.log,
    (0.0, np.inf),
)
FAMILIES = {family.name: family for family in (GAUSSIAN, BINOMIAL, POISSON)} | {
    "quasibinomial": BINOMIAL,
    "quasipoisson": POISSON,
}


@dataclass(frozen=True, eq=False)
class Fit:
    """A converged fit.

    Attributes
    ----------
    coefficients: (p,).
    fitted: (n,) means.
    working_weights: (n,) weight times the derivative of the mean.
    inverse_information: (p, p) inverse of X'WX with the weights as they were given.
    deviance: weighted.
    """

    coefficients: FloatArray
    fitted: FloatArray
    working_weights: FloatArray
    inverse_information: FloatArray
    deviance: float
    iterations: int


def fit(
    matrix: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    family: Family,
    names: tuple[str, ...],
    *,
    start: FloatArray | None = None,
    tolerance: float = 1e-14,
    max_iterations: int = 100,
) -> Fit:
    """Fit by iteratively reweighted least squares.

    Parameters
    ----------
    matrix: (n, p) model matrix; y: (n,) outcome; weights: (n,) >= 0, rows of weight 0 are left out.
    names: the p columns, for messages.
    start: (p,) coefficients to start from.
    tolerance: relative change of the deviance at which to stop.

    Errors: StatisticsError for columns that depend on others, outcomes the family cannot have, and coefficients that
    run away (complete separation).
    """
    used = weights > 0
    x, outcome, w = matrix[used], y[used], weights[used]
    _check(x, outcome, family, names)
    eta = family.link(family.start(outcome)) if start is None else x @ start
    previous = np.inf
    beta = np.zeros(x.shape[1]) if start is None else start
    settled = 0
    for iteration in range(1, max_iterations + 1):
        mean = family.mean(eta)
        slope = family.variance(mean)
        root = np.sqrt(w * slope)
        q, r = np.linalg.qr(x * root[:, None])
        beta = np.linalg.solve(r, q.T @ (root * eta + np.sqrt(w) * (outcome - mean) / np.sqrt(slope)))
        eta = x @ beta
        if family is not GAUSSIAN and np.abs(eta).max() > _ETA_LIMIT:
            break
        deviance = float(w @ family.unit_deviance(outcome, family.mean(eta)))
        settled = settled + 1 if abs(deviance - previous) <= tolerance * (abs(deviance) + 0.1) else 0
        previous = deviance
        # One more step after the deviance has settled: it is flat at its minimum, the coefficients are not.
        if settled >= 2 or family is GAUSSIAN:
            return _finish(matrix, weights, beta, family, deviance, iteration)
    raise _runaway(x, beta, eta, names, max_iterations)


def _finish(
    matrix: FloatArray, weights: FloatArray, beta: FloatArray, family: Family, deviance: float, count: int
) -> Fit:
    fitted = family.mean(matrix @ beta)
    working = weights * family.variance(fitted)
    root = np.sqrt(working)
    _, r = np.linalg.qr(matrix * root[:, None])
    inverse = np.linalg.solve(r, np.eye(r.shape[0]))
    return Fit(beta, fitted, working, inverse @ inverse.T, deviance, count)


def _check(x: FloatArray, y: FloatArray, family: Family, names: tuple[str, ...]) -> None:
    low, high = family.valid
    if y.size == 0 or not np.isfinite(y).all() or (y < low).any() or (y > high).any():
        raise StatisticsError(
            "Outcome does not fit the model",
            f"family {family.name}",
            expected=f"values from {low:g} to {high:g}",
            got="no rows" if y.size == 0 else f"values from {y.min():g} to {y.max():g}",
            hint="recode the outcome or choose another family",
        )
    require_full_rank(x, names)


def require_full_rank(x: FloatArray, names: tuple[str, ...]) -> None:
    """Stop when the columns of `x` (n, p) depend on each other or outnumber its rows, naming the columns."""
    if x.shape[0] < x.shape[1]:
        raise StatisticsError(
            "Too few rows for the model",
            expected=f"at least {x.shape[1]} rows, one per coefficient",
            got=f"{x.shape[0]}",
            hint="use fewer predictors or a larger domain",
        )
    norms = np.linalg.norm(x, axis=0)
    _, r = np.linalg.qr(x / np.where(norms > 0, norms, 1.0))
    dependent = (np.abs(np.diagonal(r)) < 1e-9) | (norms == 0)
    if dependent.any():
        listed = [names[i] for i in np.flatnonzero(dependent)]
        raise StatisticsError(
            "Predictors depend on each other",
            f"column `{listed[0]}`",
            expected="columns that no others add up to",
            got=f"{shorten(listed)}: empty or a combination of the columns before",
            hint="likely cause: a category without respondents among the rows used, or a variable given twice; "
            "merge the category or drop the column",
        )


def _runaway(x: FloatArray, beta: FloatArray, eta: FloatArray, names: tuple[str, ...], limit: int) -> StatisticsError:
    size = np.abs(beta) * np.where(x.std(axis=0) > 0, x.std(axis=0), 0.0)
    name = names[int(np.argmax(size))] if size.any() else names[0]
    return StatisticsError(
        "Regression did not converge",
        f"coefficient of `{name}`: {beta[names.index(name)]:.4g} and growing",
        expected=f"stable coefficients within {limit} steps",
        got=f"a linear predictor of up to {np.abs(eta).max():.3g}",
        hint="likely cause: this predictor separates the outcomes completely (a category with all or none); "
        "merge the category or drop the predictor",
    )
