"""What tests and regressions need from either kind of design: usable rows, degrees of freedom, covariances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from surveytrail.statistics.arrays import BoolArray, FloatArray
from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.linearise import total_covariance
from surveytrail.statistics.replicates import replicate_covariance

AnyDesign = SurveyDesign | ReplicateDesign


def restrict(design: AnyDesign, complete: BoolArray, what: str) -> AnyDesign:
    """Return the view of `design` on the rows of its domain that are `complete` (n,).

    Errors: StatisticsError when no row with weight is left; `what` names the variables.
    """
    view = design.subset(complete)
    if not (view.domain_weights > 0).any():
        raise StatisticsError(
            "No respondents left",
            what,
            expected="rows with weight and without missing values in the domain",
            got="none",
            hint="look at the filter and at the missing values of these variables",
        )
    return view


def covariance_of_scores(design: AnyDesign, influence: FloatArray) -> FloatArray:
    """Return the covariance (k, k) of weighted totals of `influence` (n, k).

    The influence is that of one respondent on the estimate, not weighted; rows outside the design's domain must be 0.
    With replicates the totals are taken with every replicate, the influence itself being held fixed.
    """
    if isinstance(design, SurveyDesign):
        return total_covariance(design, influence * design.weights[:, None], present=design.in_domain)
    totals = np.vstack([block.T @ influence for block in design.blocks()])
    return replicate_covariance(design, totals, influence.T @ design.weights)


def quadratic_form(estimate: FloatArray, covariance: FloatArray) -> float:
    """Return ``estimate' covariance^-1 estimate`` of a Wald test; NaN when the covariance (k, k) is singular.

    It is when the sampled units are fewer than the quantities tested, or when a combination of these does not vary.
    """
    spread = np.sqrt(np.diagonal(covariance))
    if not (spread > 0).all():
        return float("nan")
    correlation = covariance / np.outer(spread, spread)
    if np.linalg.eigvalsh(correlation)[0] < 1e-12 * len(spread):
        return float("nan")
    scaled = estimate / spread
    return float(scaled @ np.linalg.solve(correlation, scaled))


SINGULAR = "the covariance of the tested quantities is singular: too few sampled units, or no variation"
NO_VARIATION = "the estimate does not vary under the design: no test"

# A standard error below this share of the size of the outcome is rounding error.
NOISE = 1e-12


def beyond_noise(error: float, outcome: FloatArray) -> float:
    """Return a standard error, or exactly 0 where it is but the rounding error of outcomes (n,) of their size."""
    size = float(np.abs(outcome).max(initial=0.0))
    return error if error > NOISE * size else 0.0


def covariance_by_replicates(
    design: ReplicateDesign, estimate: FloatArray, again: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """Return the covariance (k, k) of an estimate (k,) that `again` recomputes from replicate weights.

    `again` takes a block of replicate weights (n, r), 0 outside the domain, and returns (r, k).
    """
    inside = design.in_domain[:, None]
    rows = [again(np.where(inside, block, 0.0)) for block in design.blocks()]
    return replicate_covariance(design, np.vstack(rows), estimate)
