"""Array types and the few array operations that designs and estimators share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from surveytrail.statistics.errors import StatisticsError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def as_matrix(values: ArrayLike, rows: int, name: str) -> FloatArray:
    """Return `values` as a float64 matrix with `rows` rows; a vector becomes one column."""
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim == 1:
        matrix = matrix[:, None]
    if matrix.ndim != 2 or matrix.shape[0] != rows:
        raise StatisticsError(
            "Wrong number of rows",
            f"`{name}`",
            expected=f"{rows} rows (one per row of the design)",
            got=f"an array of shape {matrix.shape}",
            hint="build the variables and the design from the same frame",
        )
    return matrix


def require_finite(values: NDArray[Any]) -> None:
    """Refuse infinite values: NaN stands for a missing answer, infinity for a mistake in a derived variable."""
    infinite = np.isinf(values)
    if infinite.any():
        row = int(np.argwhere(infinite)[0][0])
        raise StatisticsError(
            "Infinite value", f"row {row + 1}", expected="finite numbers, NaN for a missing answer", got="inf",
            hint="look for a division by zero in the derived variable",
        )  # fmt: skip


def as_mask(values: ArrayLike, rows: int, name: str) -> BoolArray:
    """Return `values` as a vector of `rows` booleans; anything else than booleans is refused."""
    mask = np.asarray(values)
    if mask.dtype != np.bool_ or mask.shape != (rows,):
        raise StatisticsError(
            "Not a row mask",
            f"`{name}`",
            expected=f"{rows} booleans",
            got=f"{mask.dtype} of shape {mask.shape}",
        )
    return mask


def codes_of(values: ArrayLike, name: str) -> tuple[IntArray, list[str]]:
    """Code a column by the sorted order of its distinct values.

    Returns the codes 0..m-1, shape (n,), and the m distinct values as text. Missing values are an error.
    """
    column: NDArray[Any] = np.asarray(values)
    if column.dtype == object:
        missing = np.array([value is None or value != value for value in column], dtype=bool)
        if not missing.any():
            column = np.array([str(value) for value in column])
    elif column.dtype.kind == "f":
        missing = np.isnan(column)
    else:
        missing = np.zeros(column.shape, dtype=bool)
    if missing.any():
        raise StatisticsError(
            "Missing value in a design variable",
            f"`{name}`, row {int(np.flatnonzero(missing)[0]) + 1}",
            expected="a stratum, cluster or population size for every row",
            got=f"{int(missing.sum())} missing values",
            hint="fill in the sampling information or exclude these rows by a cleaning rule before weighting",
        )
    levels, codes = np.unique(column, return_inverse=True)
    return codes.astype(np.int64).reshape(-1), [str(level) for level in levels]


def combine_codes(columns: Sequence[IntArray]) -> IntArray:
    """Code the combinations of several code columns, in lexicographic order, as 0..m-1."""
    combined = _compact(columns[0])
    for column in columns[1:]:
        combined = _compact(combined * (int(column.max(initial=0)) + 1) + column)
    return combined


def _compact(codes: IntArray) -> IntArray:
    """Renumber codes >= 0 as 0..m-1 in the same order, without sorting where the codes are small."""
    if codes.size and int(codes.min()) >= 0 and int(codes.max()) <= 8 * codes.size:
        used = np.bincount(codes) > 0
        return (np.cumsum(used) - 1)[codes]
    return np.unique(codes, return_inverse=True)[1].astype(np.int64).reshape(-1)


def weighted_counts(codes: IntArray, weights: FloatArray, groups: int) -> FloatArray:
    """Sum `weights` (n,) within groups given by `codes` (n,); returns (groups,)."""
    return np.bincount(codes, weights=weights, minlength=groups).astype(np.float64, copy=False)


def group_sums(values: FloatArray, codes: IntArray, groups: int) -> FloatArray:
    """Sum the rows of `values` (n, k) within groups given by `codes` (n,); returns (groups, k)."""
    if values.shape[1] == 1:
        sums: FloatArray = np.bincount(codes, weights=values[:, 0], minlength=groups).astype(np.float64)
        return sums[:, None]
    return np.asarray(indicator(codes, groups) @ values)


def indicator(codes: IntArray, groups: int) -> sparse.csc_array:
    """Return the sparse (groups, n) matrix that sums rows within groups."""
    n = codes.shape[0]
    return sparse.csc_array((np.ones(n), codes, np.arange(n + 1)), shape=(groups, n))


def column_rank(matrix: FloatArray, tolerance: float = 1e-5) -> int:
    """Return the rank of a matrix (n, R) by the rule of LINPACK's QR decomposition.

    Columns are orthogonalised one after the other; a column counts when more than `tolerance` of its length is left.
    """
    # The triangular factor has the same column lengths and angles as the matrix, in at most R rows.
    residual: FloatArray = np.array(np.linalg.qr(np.asarray(matrix, dtype=np.float64), mode="r"))
    length = np.linalg.norm(residual, axis=0)
    if residual.shape[0] == residual.shape[1] and (np.abs(np.diagonal(residual)) > tolerance * length).all():
        return residual.shape[1]
    rank = 0
    for column in range(residual.shape[1]):
        left = float(np.linalg.norm(residual[:, column]))
        if length[column] == 0 or left <= tolerance * length[column]:
            continue
        rank += 1
        direction = residual[:, column] / left
        residual[:, column:] -= np.outer(direction, direction @ residual[:, column:])
        if rank == residual.shape[0]:
            break
    return rank
