"""Arrays as they come, made ready for a test: complete rows, groups, and the result built in one place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.categories import code_levels, label_of
from surveytrail.statistics.errors import StatisticsError, shorten
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.tails import Tail
from surveytrail.statistics.unweighted.effect_intervals import Effect


def numbers(values: Any, name: str) -> FloatArray:
    """(n,) float64, NaN = missing. Errors: StatisticsError for anything that is not a column of numbers."""
    try:
        column = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise StatisticsError(
            "Not numeric", f"`{name}`", expected="a column of numbers", got=repr(np.asarray(values).flat[0]),
            hint="code the categories as numbers, or use a test for categories",
        ) from None  # fmt: skip
    if column.ndim != 1:
        raise StatisticsError("Not a column", f"`{name}`", expected="one value per row", got=f"shape {column.shape}")
    return column


def complete(test: str, *columns: Any, smallest: int = 3) -> list[FloatArray]:
    """Numeric columns (n,) without the rows in which any is missing; StatisticsError when too few are left."""
    arrays = [numbers(column, f"variable {place}") for place, column in enumerate(columns, start=1)]
    if len({array.shape for array in arrays}) != 1:
        raise StatisticsError(
            "Columns of different length", test, expected="aligned columns, one row per respondent",
            got=", ".join(str(array.shape[0]) for array in arrays),
        )  # fmt: skip
    keep = np.isfinite(np.column_stack(arrays)).all(axis=1)
    if int(keep.sum()) < smallest:
        raise StatisticsError(
            "Too few rows", test, expected=f"at least {smallest} rows without missing values", got=f"{int(keep.sum())}",
            hint="look at the filter and at the missing values",
        )  # fmt: skip
    return [array[keep] for array in arrays]


def binary(test: str, *columns: Any, smallest: int = 1) -> list[FloatArray]:
    """Complete rows of 0/1 columns (n,); StatisticsError for any other value."""
    arrays = complete(test, *columns, smallest=smallest)
    for place, values in enumerate(arrays, start=1):
        if not np.isin(values, (0.0, 1.0)).all():
            raise StatisticsError(
                "Not a yes/no variable", f"{test}, variable {place}", expected="0 and 1",
                got=", ".join(f"{value:g}" for value in np.unique(values)[:5]), hint="derive a 0/1 variable",
            )  # fmt: skip
    return arrays


def grouped(test: str, values: Any, groups: Any, *, count: int | None = None) -> tuple[list[FloatArray], list[str]]:
    """Split values (n,) by group (n,): the samples in the order of the levels, and the levels as text.

    Errors: StatisticsError unless there are `count` groups (at least two where None), each with two rows or more.
    """
    numeric = numbers(values, "values")
    if np.shape(groups) != numeric.shape:
        raise StatisticsError(
            "Columns of different length", test, expected="aligned columns", got=f"{numeric.shape}, {np.shape(groups)}"
        )
    codes, found = code_levels(groups, np.isfinite(numeric))
    levels = [label_of(level) for level in found]
    samples = [numeric[(codes == place) & np.isfinite(numeric)] for place in range(len(levels))]
    if (count is not None and len(levels) != count) or len(levels) < 2:
        raise StatisticsError(
            "Wrong number of groups", test, expected=f"{count or 'two or more'} groups with values",
            got=f"{len(levels)}: {shorten(levels)}",
            hint="choose the groups by a filter, or use a test for more groups",
        )  # fmt: skip
    small = [level for level, sample in zip(levels, samples, strict=True) if sample.shape[0] < 2]
    if small:
        raise StatisticsError(
            "Too few rows in a group", test, expected="at least two values per group", got=f"fewer in {shorten(small)}",
            hint="merge the group with another, by name",
        )  # fmt: skip
    return samples, levels


def outcome(
    test: str,
    letter: str,
    statistic: float,
    df: tuple[float, ...],
    tail: Tail,
    effect: Effect,
    n_used: int,
    library: str,
    warnings: tuple[str, ...] = (),
    details: Mapping[str, float] | None = None,
) -> TestResult:
    """Put a result together; a statistic that is not finite gets a warning instead of a silent NaN."""
    if not math.isfinite(statistic):
        warnings = (*warnings, "the statistic is not defined: a variable does not vary")
    return TestResult(
        test, float(statistic), letter, tuple(float(value) for value in df), tail.p, tail.log_p, effect.value,
        effect.name, effect.lower, effect.upper, effect.method, n_used, library, warnings, dict(details or {}),
    )  # fmt: skip
