"""What a hypothesis test gives, and the columns that it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from recount.intervals import NONE, Limits
from recount.tables import FloatArray

Columns = list[FloatArray]
Roles = dict[str, Columns]


class UndefinedError(ArithmeticError):
    """These data cannot carry the test."""


def require(condition: bool | np.bool_) -> None:
    """Stop a test that its data cannot carry."""
    if not condition:
        raise UndefinedError


@dataclass(frozen=True)
class Outcome:
    """One result of a test.

    Parameters
    ----------
    n : records (or pairs) that it is computed from
    statistic, effect, limits : the test statistic, the effect size and its interval; NaN and none where undefined
    df : degrees of freedom, numerator first
    log_p : natural logarithm of the two-sided p-value; NaN without one
    parts : parts of the number id that tell it from others of the same test
    iterative : whether a fit stands behind it
    solved_limits : whether the limits, and only they, are the solution of an equation (noncentral distributions)
    records : records behind it, where n counts their pairs of items
    """

    n: int
    statistic: float = math.nan
    effect: float = math.nan
    limits: Limits = NONE
    df: tuple[float, ...] = ()
    log_p: float = math.nan
    parts: tuple[str, ...] = ()
    iterative: bool = False
    solved_limits: bool = False
    records: int | None = None


def complete(*columns: FloatArray) -> Columns:
    """Return columns without the records that lack any of their values."""
    known = ~np.isnan(np.column_stack(columns)).any(axis=1)
    return [column[known] for column in columns]


def two_groups(values: FloatArray, groups: FloatArray) -> Columns:
    """Return the values of the group with the lower code and of that with the higher one, each two at least."""
    y, group = complete(values, groups)
    counts = np.unique(group, return_counts=True)[1]
    require(len(counts) == 2 and counts.min() >= 2)
    return [y[group == code] for code in np.unique(group)]


def ranks(values: FloatArray) -> FloatArray:
    """Return average ranks from 1: how many values lie below, and the middle of those that tie."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    return np.asarray((below + (counts + 1) / 2)[place], dtype=np.float64)


def tie_sum(values: FloatArray) -> float:
    """Return the sum of t^3 - t over the groups of t tied values."""
    counts = np.unique(values, return_counts=True)[1].astype(np.float64)
    return float((counts**3 - counts).sum())


def product_moment(x: FloatArray, y: FloatArray) -> float:
    """Return Pearson's correlation; NaN if either does not vary."""
    x, y = x - math.fsum(x) / len(x), y - math.fsum(y) / len(y)
    squares = math.fsum(x * x) * math.fsum(y * y)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return math.nan
    return math.fsum(x * y) / math.sqrt(squares)
