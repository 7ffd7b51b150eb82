"""The smooth statistics: how each is computed from weighted totals, and its linearised scores.

Scores follow Deville (1999): the derivative of the statistic in the weight of a row, times the weight.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from surveytrail.statistics.arrays import BoolArray, FloatArray

# A variance below this share of the mean square it is the rest of is rounding error.
ROUNDING_SHARE = 1e-14


def divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide, NaN where the denominator is 0."""
    shape = np.broadcast_shapes(numerator.shape, np.shape(denominator))
    return np.divide(numerator, denominator, out=np.full(shape, np.nan), where=np.asarray(denominator) != 0)


@dataclass(frozen=True, eq=False)
class Cells:
    """One block of k items within one domain.

    Attributes
    ----------
    data:
        The variables of the statistic, each (n, k), with 0 where a row does not count.
    valid:
        (n, k) rows that count: in the domain, nothing missing.
    weights:
        (n,) full-sample weights.
    """

    data: tuple[FloatArray, ...]
    valid: BoolArray
    weights: FloatArray

    @property
    def base(self) -> FloatArray:
        """(k,) sum of the weights of the rows that count."""
        return self.weights @ self.valid


@dataclass(frozen=True)
class SmoothStatistic:
    """A smooth function of weighted totals.

    Attributes
    ----------
    name:
        What is estimated.
    values:
        Estimates (r, k) under weights (n, r).
    scores:
        Weighted scores (n, k) around the full-sample estimates (k,): the linearised statistic of each row.
    """

    name: str
    values: Callable[[Cells, FloatArray], FloatArray]
    scores: Callable[[Cells, FloatArray], FloatArray]


def _mean_values(cells: Cells, weights: FloatArray) -> FloatArray:
    base = weights.T @ cells.valid.astype(np.float64)
    return divide(weights.T @ cells.data[0], base)


def _mean_scores(cells: Cells, value: FloatArray) -> FloatArray:
    deviations = np.where(cells.valid, cells.data[0] - value, 0.0)
    return divide(deviations * cells.weights[:, None], cells.base)


def _total_values(cells: Cells, weights: FloatArray) -> FloatArray:
    return weights.T @ cells.data[0]


def _total_scores(cells: Cells, value: FloatArray) -> FloatArray:
    return cells.data[0] * cells.weights[:, None]


def _ratio_values(cells: Cells, weights: FloatArray) -> FloatArray:
    return divide(weights.T @ cells.data[0], weights.T @ cells.data[1])


def _ratio_scores(cells: Cells, value: FloatArray) -> FloatArray:
    residuals = cells.data[0] - value * cells.data[1]
    return divide(residuals * cells.weights[:, None], cells.weights @ cells.data[1])


def _product_moment(cells: Cells, weights: FloatArray, left: int, right: int) -> FloatArray:
    """(r, k) weighted mean products of two variables around their means, with the divisor n - 1."""
    valid = cells.valid.astype(np.float64)
    base = weights.T @ valid
    # Shifting by the unweighted means keeps the digits of variables far from 0.
    x, y = (_shifted(cells, index) for index in (left, right))
    raw = divide(weights.T @ (x * y), base)
    moments = raw - divide(weights.T @ x, base) * divide(weights.T @ y, base)
    if left == right:
        # A constant has a variance of 0, not of a rounding error, which may be negative.
        moments = np.where(moments <= ROUNDING_SHARE * raw, 0.0, moments)
    return moments * _bessel(cells)


def _shifted(cells: Cells, index: int) -> FloatArray:
    centre = cells.data[index].sum(axis=0) / np.maximum(cells.valid.sum(axis=0), 1)
    return np.where(cells.valid, cells.data[index] - centre, 0.0)


def _bessel(cells: Cells) -> FloatArray:
    """(k,) n / (n - 1) over the respondents with a weight; NaN for one respondent."""
    n = (cells.valid & (cells.weights > 0)[:, None]).sum(axis=0).astype(np.float64)
    return divide(n, n - 1.0)


def _variance_values(cells: Cells, weights: FloatArray) -> FloatArray:
    return _product_moment(cells, weights, 0, 0)


def _variance_scores(cells: Cells, value: FloatArray) -> FloatArray:
    return _moment_scores(cells, value, 0, 0)


def _covariance_values(cells: Cells, weights: FloatArray) -> FloatArray:
    return _product_moment(cells, weights, 0, 1)


def _covariance_scores(cells: Cells, value: FloatArray) -> FloatArray:
    return _moment_scores(cells, value, 0, 1)


def _moment_scores(cells: Cells, value: FloatArray, left: int, right: int) -> FloatArray:
    products = _centred(cells, left) * _centred(cells, right) * _bessel(cells)
    return divide(np.where(cells.valid, products - value, 0.0) * cells.weights[:, None], cells.base)


def _centred(cells: Cells, index: int) -> FloatArray:
    shifted = _shifted(cells, index)
    mean = divide(cells.weights @ shifted, cells.base)
    return np.where(cells.valid, shifted - mean, 0.0)


def _correlation_values(cells: Cells, weights: FloatArray) -> FloatArray:
    xx, yy = (_product_moment(cells, weights, index, index) for index in (0, 1))
    return divide(_product_moment(cells, weights, 0, 1), np.sqrt(xx * yy))


def _correlation_scores(cells: Cells, value: FloatArray) -> FloatArray:
    own = cells.weights[:, None]
    xx, yy = (_product_moment(cells, own, index, index)[0] / _bessel(cells) for index in (0, 1))
    x, y = (divide(_centred(cells, index), np.sqrt(v)) for index, v in ((0, xx), (1, yy)))
    return divide((x * y - value * (x**2 + y**2) / 2.0) * own, cells.base)


MEAN = SmoothStatistic("mean", _mean_values, _mean_scores)
TOTAL = SmoothStatistic("total", _total_values, _total_scores)
RATIO = SmoothStatistic("ratio", _ratio_values, _ratio_scores)
VARIANCE = SmoothStatistic("variance", _variance_values, _variance_scores)
COVARIANCE = SmoothStatistic("covariance", _covariance_values, _covariance_scores)
CORRELATION = SmoothStatistic("correlation", _correlation_values, _correlation_scores)
