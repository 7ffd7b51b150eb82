"""Direct standardisation: compare groups as if each had the population's distribution of another variable."""

from __future__ import annotations

import numpy as np

from surveytrail.statistics.arrays import BoolArray, FloatArray, IntArray, combine_codes
from surveytrail.statistics.design import PostStratificationStep, SurveyDesign
from surveytrail.statistics.errors import StatisticsError, shorten


def standardised_design(
    design: SurveyDesign, by: IntArray, population: FloatArray, over: IntArray, complete: BoolArray | None = None
) -> SurveyDesign:
    """Return the design with weights that give each group the same distribution of the standardising variable.

    Each group keeps its estimated size; within it the categories of `by` get the shares of `population`. Variances of
    estimates with the new design are those of post-stratified ones (Korn & Graubard 1999, section 4.3).

    Parameters
    ----------
    design:
        Sample design, weights for the population.
    by:
        (n,) codes 0..m-1 of the standardising variable.
    population:
        (m,) sizes or shares of its categories in the standard population.
    over:
        (n,) codes 0..g-1 of the groups to compare.
    complete:
        (n,) rows with a value of what is estimated; others get weight 0 before the shares are computed.

    Raises
    ------
    StatisticsError:
        A group without a respondent in a category of `by`, so that it cannot be given its share.
    """
    kept = design.in_domain if complete is None else design.in_domain & complete
    before = np.where(kept, design.weights, 0.0)
    groups, categories = int(over.max()) + 1, population.shape[0]
    size = np.bincount(over, weights=before, minlength=groups)
    cell = over * categories + by
    sums = np.bincount(cell, weights=before, minlength=groups * categories)
    target = np.outer(size, population / population.sum()).ravel()
    empty = (sums == 0) & (target > 0)
    if empty.any():
        names = [f"group {c // categories}, category {c % categories}" for c in np.flatnonzero(empty)]
        raise StatisticsError(
            "Group without respondents in a category", shorten(names), expected="a respondent in every category",
            got="none", hint="merge categories of the standardising variable or leave the group out",
        )  # fmt: skip
    factor = np.divide(target, sums, out=np.zeros_like(sums), where=sums > 0)
    after = before * factor[cell]
    step = PostStratificationStep(combine_codes([cell]), before, after)
    return design.calibrated(after, step)
