"""Variances of weighted shares and means by Taylor linearisation, from the formulas.

The estimate ``sum(w y) / sum(w)`` over a domain has the influence ``w (y - estimate) / sum(w)``, 0 outside the domain.
The design is one stratum drawn with replacement, so the variance is ``n / (n - 1) * sum((e - mean(e))^2)`` over all n
analysed records, in the domain or not. After raking, ``e`` is the residual of the influence from a regression on the
margins' levels (Deville & Särndal 1992): with u = influence / raked weight, ``e = raked weight * (u - fitted u)``,
fitted with equal base weights. Trimming changes the weights in the influence and not the regression.
"""

from __future__ import annotations

import numpy as np

from recount.tables import FloatArray
from recount.weighting import Weight

# A sum of squares this much smaller than that of the influences is what rounding leaves of zero.
ROUNDING = 1e-22


def influences(values: FloatArray, weights: FloatArray, estimates: FloatArray) -> FloatArray:
    """Return (n, k) influences of n records on k shares or means.

    Parameters
    ----------
    values : (n, k) 0/1 or the answer; NaN outside the base
    weights : (n,) final weights
    estimates : (k,) the shares or means
    """
    used = ~np.isnan(values) & (weights > 0)[:, None]
    totals = weights @ used
    deviations = np.where(used, np.where(used, values, 0.0) - estimates, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return weights[:, None] * deviations / totals


def covariance(influence: FloatArray, weight: Weight | None) -> FloatArray:
    """Return the (k, k) covariance matrix of k estimates from their (n, k) influences."""
    centred = _centred(influence, weight)
    size = len(influence)
    return size / (size - 1) * centred.T @ centred


def standard_errors(influence: FloatArray, weight: Weight | None) -> FloatArray:
    """Return the (k,) standard errors of k estimates from their (n, k) influences; NaN without a base."""
    centred = _centred(influence, weight)
    size = len(influence)
    squares = np.einsum("ik,ik->k", centred, centred)
    squares = np.where(squares <= ROUNDING * np.einsum("ik,ik->k", influence, influence), 0.0, squares)
    return np.sqrt(size / (size - 1) * squares)


def _centred(influence: FloatArray, weight: Weight | None) -> FloatArray:
    left = _residuals(influence, weight)
    return left - left.mean(axis=0)


def _residuals(influence: FloatArray, weight: Weight | None) -> FloatArray:
    """Return what the margins leave of the influences; all of it without raking."""
    if weight is None or weight.raked is None or weight.cells is None:
        return influence
    inside = weight.raked > 0
    raked, cells = weight.raked[inside][:, None], weight.cells[inside]
    scaled = influence[inside] / raked
    levels = [cells[:, [place]] == np.arange(cells[:, place].max() + 1) for place in range(cells.shape[1])]
    # one level of each further margin is implied by the others
    model = np.column_stack([levels[0], *(level[:, 1:] for level in levels[1:])]).astype(np.float64)
    fitted = model @ np.linalg.lstsq(model, scaled, rcond=None)[0]
    left = np.zeros_like(influence)
    left[inside] = raked * (scaled - fitted)
    return left
