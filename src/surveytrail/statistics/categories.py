"""Categorical columns, coded: one place that knows what a level is, in which order levels come, and what is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveytrail.statistics.arrays import BoolArray, IntArray

Levels = tuple[Any, ...]


def code_levels(values: Any, usable: BoolArray | None = None) -> tuple[IntArray, Levels]:
    """Code a categorical column (n,).

    Parameters
    ----------
    values: text, numbers, booleans or pandas categories; None and NaN are missing.
    usable: (n,) rows whose levels count; levels that occur only elsewhere are dropped. All rows when absent.

    Returns
    -------
    codes (n,) 0..m-1 in the order of the levels, -1 where missing or dropped; and the m levels: in the order of the
    pandas categories where there are any, else sorted.
    """
    codes, levels = _code(values)
    occurring = codes if usable is None else codes[usable]
    counts = np.bincount(occurring[occurring >= 0], minlength=len(levels))
    if (counts > 0).all():
        return codes, levels
    place = np.where(counts > 0, np.cumsum(counts > 0) - 1, -1)
    kept = tuple(level for level, count in zip(levels, counts, strict=True) if count > 0)
    return np.where(codes >= 0, place[codes], -1), kept


def label_of(level: Any) -> str:
    """A level as text; whole numbers without decimals."""
    return f"{level:g}" if isinstance(level, float) else str(level)


def _code(values: Any) -> tuple[IntArray, Levels]:
    categorical = getattr(values, "cat", values)
    if hasattr(categorical, "categories") and hasattr(categorical, "codes"):
        return np.asarray(categorical.codes, dtype=np.int64), tuple(categorical.categories.tolist())
    column: NDArray[Any] = np.asarray(values)
    if column.dtype == object:
        import pandas as pd

        found, uniques = pd.factorize(column, sort=False, use_na_sentinel=True)
        levels = sorted(uniques.tolist())
        place = {level: position for position, level in enumerate(levels)}
        order = np.array([place[level] for level in uniques.tolist()] + [-1], dtype=np.int64)
        return order[found], tuple(levels)
    missing = np.isnan(column) if column.dtype.kind == "f" else np.zeros(column.shape, dtype=bool)
    distinct, inverse = np.unique(column[~missing], return_inverse=True)
    codes = np.full(column.shape, -1, dtype=np.int64)
    codes[~missing] = inverse
    return codes, tuple(distinct.tolist())
