"""Rao and Scott's test of a crosstab of weighted shares."""

from __future__ import annotations

import math

import numpy as np

from recount.distributions import log_f_tail
from recount.intervals import NONE
from recount.noncentral import chi_square_limits
from recount.outcomes import Outcome
from recount.tables import FloatArray
from recount.variances import ROUNDING, covariance, influences
from recount.weighting import Weight

# As near to 1 as this, the square of the effect is 1; matrices of a greater condition are singular.
FULL, CONDITION = 1e-6, 1e12


def rao_scott(x: FloatArray, y: FloatArray, inside: FloatArray, weight: Weight, level: float) -> Outcome:
    """Test independence, with Rao and Scott's (1984) second-order correction; the effect is Cramér's V.

    Pearson's statistic is divided by the trace of the generalised design effects of the log odds ratios, and referred
    to F with ``trace^2 / trace of the square`` and that times the degrees of freedom of the design (Thomas & Rao 1987):
    the records with a weight in the filter, minus one, whether they answered or not. The interval of V inverts the
    noncentral chi-square distribution that the statistic, as a chi-square with the first of these, would have.

    Parameters
    ----------
    x, y : (n,) categories of all analysed records; NaN where missing
    inside : (n,) 1 for the records of the base
    weight : the weight of the design
    level : of the interval
    """
    weighted = (inside > 0) & (weight.final > 0)
    used = weighted & ~np.isnan(x) & ~np.isnan(y)
    own, n = np.where(used, weight.final, 0.0), int(used.sum())
    rows, columns = np.unique(x[used]), np.unique(y[used])
    if len(rows) < 2 or len(columns) < 2:
        return Outcome(n, iterative=True)
    cells = np.column_stack([used & (x == a) & (y == b) for a in rows for b in columns]).astype(np.float64)
    shares = own @ cells / own.sum()
    table = shares.reshape(len(rows), len(columns))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    phi2 = float(((table - expected) ** 2 / expected).sum())
    spread = covariance(influences(np.where(used[:, None], cells, np.nan), own, shares), weight)
    effects = design_effects(shares, spread, len(rows), len(columns))
    trace, square = float(np.trace(effects)), float(np.trace(effects @ effects))
    most = min(table.shape) - 1
    cramers_v = math.sqrt(phi2 / most)
    if not trace > ROUNDING:  # the margins of the weighting fix every cell, or too many are empty
        return Outcome(n, effect=cramers_v, iterative=True)
    statistic, df1 = phi2 / trace, trace**2 / square
    df2 = df1 * (int(weighted.sum()) - 1)
    log_p = log_f_tail(statistic, df1, df2)
    limits = NONE
    if cramers_v**2 < 1 - FULL:  # else every noncentrality is too small
        # noncentralities per unit of the statistic, times what one of these is of phi squared
        lower, upper = (limit / df1 * trace / most for limit in chi_square_limits(statistic * df1, df1, level))
        limits = math.sqrt(min(1.0, lower)), math.sqrt(min(1.0, upper))
    return Outcome(n, statistic, cramers_v, limits, (df1, df2), log_p, iterative=True)


def design_effects(shares: FloatArray, spread: FloatArray, rows: int, columns: int) -> FloatArray:
    """Return the matrix whose eigenvalues are the generalised design effects of the log odds ratios, divided by n.

    NaN where too many cells are empty for it.

    Parameters
    ----------
    shares : (rows * columns,) cell shares
    spread : their covariance under the design
    """
    odds = np.kron(_differences(rows), _differences(columns))
    with np.errstate(divide="ignore"):
        inverse = np.where(shares > 0, 1 / shares, 0.0)
    scaled = odds * inverse
    simple = scaled @ odds.T
    if np.linalg.cond(simple) > CONDITION:
        return np.full_like(simple, np.nan)
    return np.asarray(np.linalg.solve(simple, scaled @ spread @ scaled.T))


def _differences(levels: int) -> FloatArray:
    """Return the (levels - 1, levels) contrasts of each level with the first."""
    return np.column_stack([-np.ones(levels - 1), np.eye(levels - 1)])
