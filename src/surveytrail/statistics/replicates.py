"""Variances from replicate weights: the estimator is computed again with each replicate."""

from __future__ import annotations

import numpy as np

from surveytrail.statistics.arrays import BoolArray, FloatArray
from surveytrail.statistics.design import ReplicateDesign


def replicate_variance(design: ReplicateDesign, replicates: FloatArray, estimate: FloatArray) -> FloatArray:
    """Return the variances of estimates from their replicates.

    Parameters
    ----------
    design:
        Gives scale, rscales and the centre.
    replicates:
        (R, ...) the estimate computed with each replicate; those not finite are left out, cell by cell.
    estimate:
        (...) the full-sample estimate, the centre of designs with `mse`.

    Returns
    -------
    Variances (...), NaN where no replicate is finite.
    """
    if replicates.ndim == 2:
        sums = replicates.sum(axis=0)
        if np.isfinite(sums).all():
            deviations = replicates - _simple_centre(design, replicates, estimate, sums)
            return np.asarray(design.scale * np.einsum("rk,rk,r->k", deviations, deviations, design.rscales))
    usable: BoolArray = np.isfinite(replicates)
    rscales = _along_replicates(design, estimate)
    centre = _centre(design, replicates, estimate, usable)
    squares = np.where(usable, replicates - centre, 0.0) ** 2 * rscales
    return np.where(usable.any(axis=0), design.scale * squares.sum(axis=0), np.nan)


def replicate_covariance(design: ReplicateDesign, replicates: FloatArray, estimate: FloatArray) -> FloatArray:
    """Return the covariance matrix (m, m) from replicates (R, m) of estimates (m,).

    A replicate in which any of the estimates is not finite is left out.
    """
    kept: BoolArray = np.atleast_1d(np.isfinite(replicates).all(axis=1))
    if not kept.any():
        return np.full((estimate.shape[0], estimate.shape[0]), np.nan)
    rows = np.broadcast_to(kept[:, None], replicates.shape)
    deviations = np.where(rows, replicates - _centre(design, replicates, estimate, rows), 0.0)
    covariance: FloatArray = design.scale * (deviations * np.asarray(design.rscales)[:, None]).T @ deviations
    return covariance


def _simple_centre(
    design: ReplicateDesign, replicates: FloatArray, estimate: FloatArray, sums: FloatArray
) -> FloatArray:
    """Return the centre (k,) of replicates (R, k) that are all finite; `sums` (k,) are theirs."""
    if design.mse:
        return estimate
    counted = np.asarray(design.rscales) > 0
    if counted.all():
        return np.asarray(sums / replicates.shape[0])
    return np.asarray(replicates[counted].mean(axis=0))


def _along_replicates(design: ReplicateDesign, estimate: FloatArray) -> FloatArray:
    """Return the rscales (R, 1, ...) so that they multiply replicates of `estimate`."""
    return np.asarray(design.rscales, dtype=np.float64).reshape((-1,) + (1,) * np.ndim(estimate))


def _centre(design: ReplicateDesign, replicates: FloatArray, estimate: FloatArray, usable: BoolArray) -> FloatArray:
    """Return the full-sample estimate or the mean of the usable replicates with a positive rscale."""
    if design.mse:
        return estimate
    counted = usable & (_along_replicates(design, estimate) > 0)
    sums = np.where(counted, replicates, 0.0).sum(axis=0)
    number = counted.sum(axis=0)
    return np.divide(sums, number, out=np.full(estimate.shape, np.nan), where=number > 0)
