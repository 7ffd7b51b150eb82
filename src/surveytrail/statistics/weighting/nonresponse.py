"""Adjustment for nonresponse: by weighting classes, or by a model of the propensity to respond.

Both turn the design weights of all invited units into weights of the respondents that stand for them as well. Weighting
classes keep the weighted total of every class; propensities do so on average only, and their extreme values are shown.
Sources: Little (1986), International Statistical Review 54, 139-157; Särndal & Lundström (2005), chapter 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from surveytrail.statistics.arrays import BoolArray, FloatArray, IntArray, as_mask, as_matrix, codes_of
from surveytrail.statistics.errors import StatisticsError, shorten
from surveytrail.statistics.weighting.margins import check_base_weights


@dataclass(frozen=True)
class ResponseClass:
    """One weighting class: units invited and responding, the weighted response rate and the factor 1 / rate."""

    name: str
    invited: int
    responded: int
    response_rate: float

    @property
    def factor(self) -> float:
        """What the weights of the respondents in this class are multiplied by."""
        return 1 / self.response_rate


@dataclass(frozen=True, eq=False)
class ClassAdjustment:
    """Weights (n,) adjusted within classes, 0 for nonrespondents; the classes; the overall weighted response rate."""

    weights: FloatArray
    classes: tuple[ResponseClass, ...]
    response_rate: float


@dataclass(frozen=True, eq=False)
class PropensityAdjustment:
    """Weights adjusted by modelled response propensities.

    Attributes
    ----------
    weights: (n,) design weight over propensity, 0 for nonrespondents.
    propensities: (n,) modelled probability to respond.
    coefficients: (p,) of the logistic model, in the order of `names`.
    """

    weights: FloatArray
    propensities: FloatArray
    coefficients: FloatArray
    names: tuple[str, ...]


def adjust_by_class(
    design_weights: FloatArray, responded: BoolArray, classes: Any, *, smallest: int = 1
) -> ClassAdjustment:
    """Give the weight of nonrespondents to the respondents of their class.

    Parameters
    ----------
    design_weights: (n,) weights of all invited units.
    responded: (n,) booleans.
    classes: (n,) class of each unit, known for respondents and nonrespondents.
    smallest: fewest respondents accepted in a class.

    Errors: StatisticsError naming a class with too few respondents (classes are never merged in silence).
    """
    base = check_base_weights(design_weights)
    answered = as_mask(responded, base.shape[0], "responded")
    index, labels = codes_of(classes, "nonresponse class")
    invited = np.bincount(index, minlength=len(labels))
    respondents = np.bincount(index[answered & (base > 0)], minlength=len(labels))
    _require_respondents(labels, invited, respondents, smallest)
    total = np.bincount(index, weights=base, minlength=len(labels))
    answering = np.bincount(index, weights=np.where(answered, base, 0.0), minlength=len(labels))
    rates = answering / total
    table = tuple(
        ResponseClass(label, int(asked), int(count), float(rate))
        for label, asked, count, rate in zip(labels, invited, respondents, rates, strict=True)
    )
    weights = np.where(answered, base / rates[index], 0.0)
    return ClassAdjustment(weights, table, float(answering.sum() / total.sum()))


def _require_respondents(labels: Sequence[str], invited: IntArray, respondents: IntArray, smallest: int) -> None:
    needed = max(1, smallest)
    few = np.flatnonzero(respondents < needed)
    if few.size:
        first = int(few[0])
        raise StatisticsError(
            "Empty category" if respondents[first] == 0 else "Too few respondents in a class",
            f"nonresponse class `{labels[first]}`: {respondents[first]} of {invited[first]} invited responded",
            expected=f"at least {needed} respondents in every class",
            got=f"fewer in {shorten([labels[int(i)] for i in few])}",
            hint="merge the class with a similar one, by name, or model the propensity instead",
        )


def adjust_by_propensity(
    design_weights: FloatArray, responded: BoolArray, model: FloatArray, names: Sequence[str]
) -> PropensityAdjustment:
    """Divide the weights of respondents by their propensity from a weighted logistic regression.

    Parameters
    ----------
    design_weights: (n,) weights of all invited units, also those of the regression.
    responded: (n,) booleans.
    model: (n, p) model matrix, with a column of ones where an intercept is wanted.
    names: the p names of its columns.

    Errors: StatisticsError when the model does not converge, e.g. because nobody of a kind responded.
    """
    from surveytrail.statistics import fitting

    base = check_base_weights(design_weights)
    answered = as_mask(responded, base.shape[0], "responded")
    matrix = as_matrix(model, base.shape[0], "model")
    fit = fitting.fit(matrix, answered.astype(np.float64), base, fitting.BINOMIAL, tuple(names))
    weights = np.where(answered, base / fit.fitted, 0.0)
    return PropensityAdjustment(weights, fit.fitted, fit.coefficients, tuple(names))


def propensity_classes(propensities: FloatArray, count: int = 5) -> IntArray:
    """(n,) classes 0..count-1 of equal size by propensity, for `adjust_by_class`.

    Less sensitive to extreme propensities than dividing by them. Units with equal propensities always share a class.
    """
    cuts = np.quantile(propensities, np.arange(1, count) / count)
    return np.searchsorted(cuts, propensities, side="left").astype(np.int64)
