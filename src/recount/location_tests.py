"""Tests of means, ranks and correlations, each from its textbook formula."""

from __future__ import annotations

import math

import numpy as np

from recount.distributions import (
    log_chi_square_tail,
    log_normal_two_sided,
    log_t_two_sided,
    normal_quantile,
)
from recount.intervals import NONE, Limits
from recount.noncentral import chi_square_limits, t_limits
from recount.outcomes import Outcome, Roles, complete, product_moment, ranks, require, tie_sum, two_groups
from recount.tables import FloatArray

# Records that a test takes at least; in each of two groups it takes two.
FEWEST = 3
# What rounding leaves of a column that others determine, as a share of it.
NOTHING = 1e-10


def t_of_differences(differences: FloatArray, level: float) -> Outcome:
    """Student's t of a mean against zero; Cohen's d with the interval of the noncentral t."""
    n = len(differences)
    require(n >= FEWEST)
    mean, spread = math.fsum(differences) / n, float(differences.std(ddof=1))
    if spread == 0:
        return Outcome(n, df=(n - 1,))
    t, df = mean / spread * math.sqrt(n), n - 1
    lower, upper = t_limits(t, df, level)
    limits = lower / math.sqrt(n), upper / math.sqrt(n)
    return Outcome(n, t, mean / spread, limits, (df,), log_t_two_sided(t, df), solved_limits=True)


def t_welch(roles: Roles, level: float) -> Outcome:
    """Welch's t, second group minus first; Cohen's d with a normal interval (Hedges & Olkin 1985)."""
    low, high = two_groups(roles["y"][0], roles["group"][0])
    n1, n2 = len(high), len(low)
    s1, s2 = high.var(ddof=1), low.var(ddof=1)
    difference = math.fsum(high) / n1 - math.fsum(low) / n2
    a, b = s1 / n1, s2 / n2
    if a + b == 0:
        return Outcome(n1 + n2)
    t, df = difference / math.sqrt(a + b), (a + b) ** 2 / (a**2 / (n1 - 1) + b**2 / (n2 - 1))
    d = difference / math.sqrt(((n1 - 1) * s1 + (n2 - 1) * s2) / (n1 + n2 - 2))
    half = _z(level) * math.sqrt(1 / n1 + 1 / n2 + d * d / (2 * (n1 + n2)))
    return Outcome(n1 + n2, t, d, (d - half, d + half), (df,), log_t_two_sided(t, df))


def signed_ranks(differences: FloatArray, level: float) -> Outcome:
    """Wilcoxon's signed ranks: W+, normal approximation with ties, no correction; zero differences are dropped.

    The effect is the matched-pairs rank-biserial correlation with a normal interval on Fisher's z scale.
    """
    kept = differences[differences != 0]
    require(len(differences) >= FEWEST and len(kept) > 0)
    n, whole = len(kept), len(kept) * (len(kept) + 1) / 2
    plus = float(ranks(np.abs(kept))[kept > 0].sum())
    spread = math.sqrt(whole * (2 * n + 1) / 12 - tie_sum(np.abs(kept)) / 48)
    effect = 2 * plus / whole - 1
    error = math.sqrt(n * (n + 1) * (2 * n + 1) / 6) / whole
    limits = _fisher(effect, error, level) if n > 1 else NONE
    log_p = log_normal_two_sided((plus - whole / 2) / spread)
    return Outcome(len(differences), plus, effect, limits, log_p=log_p)


def mann_whitney(roles: Roles, level: float) -> Outcome:
    """Mann and Whitney's U of the second group, continuity and ties corrected; Cliff's delta (Feng & Cliff 2004)."""
    low, high = two_groups(roles["y"][0], roles["group"][0])
    n, m = len(high), len(low)
    total = np.concatenate([high, low])
    u = float(ranks(total)[:n].sum()) - n * (n + 1) / 2
    spread = math.sqrt(n * m / 12 * (n + m + 1 - tie_sum(total) / ((n + m) * (n + m - 1))))
    effect = 2 * u / (n * m) - 1
    limits = cliff_limits(high, low, effect, level)
    if spread == 0:
        return Outcome(n + m, u, effect, limits)
    z = max(abs(u - n * m / 2) - 0.5, 0) / spread
    return Outcome(n + m, u, effect, limits, log_p=log_normal_two_sided(z))


def cliff_limits(x: FloatArray, y: FloatArray, delta: float, level: float) -> Limits:
    """Return Feng and Cliff's interval of P(x > y) - P(x < y), from how often each level occurs in both samples."""
    n, m = len(x), len(y)
    if abs(delta) == 1:
        return NONE
    levels = np.unique(np.concatenate([x, y]))
    a, b = ((sample[:, None] == levels).sum(axis=0).astype(np.float64) for sample in (x, y))
    over_y = (np.cumsum(b) - b - (m - np.cumsum(b))) / m
    over_x = (np.cumsum(a) - a - (n - np.cumsum(a))) / n
    rows = m * m * float(a @ (over_y - delta) ** 2)
    columns = n * n * float(b @ (over_x + delta) ** 2)
    cells = n * m - float(a @ b) - n * m * delta**2
    variance = max((rows + columns - cells) / (n * m * (n - 1) * (m - 1)), (1 - delta**2) / (n * m - 1))
    z = _z(level)
    root = z * math.sqrt(variance) * math.sqrt((1 - delta**2) ** 2 + z * z * variance)
    base = 1 - delta**2 + z * z * variance
    return max(-1.0, (delta - delta**3 - root) / base), min(1.0, (delta - delta**3 + root) / base)


def kruskal_wallis(roles: Roles, level: float) -> Outcome:
    """Kruskal and Wallis' H corrected for ties; epsilon squared."""
    y, group = complete(roles["y"][0], roles["group"][0])
    n, codes = len(y), np.unique(group)
    require(len(codes) >= 2 and min((group == code).sum() for code in codes) >= 2)
    if np.ptp(y) == 0:
        return Outcome(n)
    own = ranks(y)
    between = math.fsum(own[group == code].sum() ** 2 / (group == code).sum() for code in codes)
    h = (12 / (n * (n + 1)) * between - 3 * (n + 1)) / (1 - tie_sum(y) / (n**3 - n))
    return _chi_square(n, h, len(codes) - 1, 1 / (n - 1), level)


def friedman(roles: Roles, level: float) -> Outcome:
    """Friedman's Q corrected for ties; Kendall's W."""
    items = np.column_stack(complete(*roles["items"]))
    n, k = items.shape
    require(n >= FEWEST)
    if (np.ptp(items, axis=1) == 0).all():
        return Outcome(n)
    own = np.array([ranks(row) for row in items])
    ties = math.fsum(tie_sum(row) for row in items)
    deviations = own.sum(axis=0) - n * (k + 1) / 2
    q = 12 * math.fsum(deviations**2) / (n * k * (k + 1) - ties / (k - 1))
    return _chi_square(n, q, k - 1, 1 / (n * (k - 1)), level)


def cochran_q(roles: Roles, level: float) -> Outcome:
    """Cochran's Q of several yes/no items; Q over its largest possible value."""
    items = np.column_stack(complete(*roles["items"]))
    n, k = items.shape
    require(n >= FEWEST)
    if (np.ptp(items, axis=1) == 0).all():
        return Outcome(n)
    per_item, per_record = items.sum(axis=0), items.sum(axis=1)
    q = k * (k - 1) * math.fsum((per_item - per_item.mean()) ** 2) / math.fsum(per_record * (k - per_record))
    return _chi_square(n, q, k - 1, 1 / (n * (k - 1)), level)


def _chi_square(n: int, x: float, df: int, factor: float, level: float) -> Outcome:
    lower, upper = (min(1.0, limit * factor) for limit in chi_square_limits(x, df, level))
    return Outcome(n, x, x * factor, (lower, upper), (df,), log_chi_square_tail(x, df), solved_limits=True)


def correlation(x: FloatArray, y: FloatArray, level: float, *, rank: bool) -> Outcome:
    """Pearson's or Spearman's correlation (average ranks), p by Student's t, interval on Fisher's z scale."""
    x, y = complete(x, y)
    require(len(x) >= FEWEST)
    if rank:
        x, y = ranks(x), ranks(y)
    return _correlated(product_moment(x, y), len(x), 0, level, rank=rank)


def partial_spearman(roles: Roles, level: float) -> Outcome:
    """Spearman's correlation of x and y once the ranks of the covariates explain their part of both."""
    x, y, *given = (ranks(column) for column in complete(*roles["x"], *roles["y"], *roles["given"]))
    require(len(x) >= FEWEST + len(given))
    model = np.column_stack([np.ones(len(x)), *given])
    left = [column - model @ np.linalg.lstsq(model, column, rcond=None)[0] for column in (x, y)]
    if any(np.ptp(column) == 0 for column in (x, y, *given)) or any(
        rest @ rest <= NOTHING**2 * float(((whole - whole.mean()) ** 2).sum())
        for rest, whole in zip(left, (x, y), strict=True)
    ):
        return Outcome(len(x))
    return _correlated(product_moment(*left), len(x), len(given), level, rank=True)


def _correlated(r: float, n: int, controlled: int, level: float, *, rank: bool) -> Outcome:
    df, size = n - 2 - controlled, n - controlled
    if math.isnan(r):
        return Outcome(n, df=(df,))
    r = math.copysign(1.0, r) if 1 - abs(r) < 1e-14 else r
    if abs(r) >= 1:
        return Outcome(n, r, r, df=(df,), log_p=-math.inf)
    # ranks: Bonett & Wright (2000)
    variance = (1 + r * r / 2 if rank else 1.0) / (size - 3) if size > 3 else math.nan
    limits = _fisher(r, math.sqrt(variance), level) if size > 3 else NONE
    return Outcome(n, r, r, limits, (df,), log_t_two_sided(r * math.sqrt(df / ((1 - r) * (1 + r))), df))


def _fisher(r: float, error: float, level: float) -> Limits:
    if abs(r) >= 1:
        return NONE
    half = _z(level) * error
    return math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def _z(level: float) -> float:
    return normal_quantile((1 + level) / 2)
