"""Functions of estimates: differences, linear combinations and smooth functions, with their covariances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.errors import StatisticsError

ComplexArray = NDArray[np.complex128]


# A variance below this share of the terms that cancel in it is rounding error.
ROUNDING_SHARE = 1e-14

UNDEFINED = "an estimate in it, or the function there, is not defined"


class Contrast(NamedTuple):
    """Values (m,) of m functions of estimates, their covariance matrix (m, m), and warnings by number of the function.

    Values and variances that are not defined are NaN, and then there is a warning.
    """

    value: FloatArray
    covariance: FloatArray
    warnings: Mapping[int, str] = MappingProxyType({})

    @property
    def standard_error(self) -> FloatArray:
        """(m,) square roots of the variances."""
        return np.sqrt(np.diagonal(self.covariance))


def linear_contrasts(value: ArrayLike, covariance: ArrayLike, coefficients: ArrayLike) -> Contrast:
    """Return linear combinations of estimates.

    Parameters
    ----------
    value:
        (p,) estimates, for cells (k, d) flattened with items outside, as in `Estimates.covariance`.
    covariance:
        (p, p) their covariance matrix.
    coefficients:
        (m, p) or (p,) one row per combination, for example (1, -1) for a difference.
    """
    values, matrix = _checked(value, covariance)
    rows = np.atleast_2d(np.asarray(coefficients, dtype=np.float64))
    if rows.shape[1] != values.shape[0]:
        raise StatisticsError(
            "Contrast does not fit",
            expected=f"{values.shape[0]} coefficients, one per estimate",
            got=f"{rows.shape[1]}",
        )
    return _contrast(rows @ values, rows, matrix)


def smooth_contrast(
    value: ArrayLike, covariance: ArrayLike, function: Callable[[ComplexArray], ComplexArray | complex]
) -> Contrast:
    """Return smooth functions of estimates with their covariance by the delta method.

    `function` takes the estimates as a complex vector (p,) and returns one or m complex numbers; it must be built
    from analytic operations (+, *, /, log, sqrt ...). Its derivatives come from steps along the imaginary axis, which
    have no cancellation (Squire & Trapp 1998), so they are exact to rounding.
    """
    values, matrix = _checked(value, covariance)
    step = 1e-30
    at = np.atleast_1d(np.asarray(function(values.astype(np.complex128))))
    gradient = np.empty((at.shape[0], values.shape[0]))
    for index in range(values.shape[0]):
        moved = values.astype(np.complex128)
        moved[index] += 1j * step
        gradient[:, index] = np.atleast_1d(np.asarray(function(moved))).imag / step
    return _contrast(np.asarray(at.real), gradient, matrix)


def _contrast(value: FloatArray, gradient: FloatArray, matrix: FloatArray) -> Contrast:
    """Return the functions with their covariances by their gradient (m, p); variances of rounding size become 0."""
    covariance = gradient @ matrix @ gradient.T
    size = np.einsum("mp,pq,mq->m", np.abs(gradient), np.abs(matrix), np.abs(gradient))
    still = np.diagonal(covariance) <= ROUNDING_SHARE * size
    covariance[still, :] = 0.0
    covariance[:, still] = 0.0
    undefined = np.flatnonzero(~np.isfinite(value) | ~np.isfinite(np.diagonal(covariance)))
    return Contrast(value, covariance, dict.fromkeys(undefined.tolist(), UNDEFINED))


def _checked(value: ArrayLike, covariance: ArrayLike) -> tuple[FloatArray, FloatArray]:
    values, matrix = np.asarray(value, dtype=np.float64).ravel(), np.asarray(covariance, dtype=np.float64)
    if matrix.shape != (values.size, values.size):
        raise StatisticsError(
            "Covariances missing", expected=f"a covariance matrix for {values.size} estimates", got=f"{matrix.shape}",
            hint="estimate with `covariance=True`",
        )  # fmt: skip
    return values, matrix
