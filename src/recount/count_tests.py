"""Tests of counts: one share, paired shares, two categories."""

from __future__ import annotations

import math

import numpy as np

from recount.distributions import log_chi_square_tail
from recount.intervals import Limits, wilson
from recount.noncentral import chi_square_limits
from recount.outcomes import Outcome, Roles, complete, require
from recount.tables import FloatArray

# As in R: probabilities this close to the observed one count as equal to it.
_EQUAL = 1e-7


def binomial(roles: Roles, share: float, level: float) -> Outcome:
    """Exact binomial test, two-sided by the method of small p-values; Cohen's h with Wilson's interval carried over."""
    (values,) = complete(roles["y"][0])
    n, count = len(values), round(math.fsum(values))
    require(n > 0)
    logs = log_binomial(n, share)
    log_p = min(0.0, log_sum(logs[logs <= logs[count] + math.log1p(_EQUAL)]))
    lower, upper = (_arcsine(float(limit or 0), share) for limit in wilson(count, n, level))
    return Outcome(n, count, _arcsine(count / n, share), (lower, upper), log_p=log_p)


def _arcsine(share: float, reference: float) -> float:
    return 2 * math.asin(math.sqrt(share)) - 2 * math.asin(math.sqrt(reference))


def tost_share(roles: Roles, share: float, bound: float, level: float) -> Outcome:
    """Equivalence with a share within a bound: the larger of two one-sided exact p-values (Schuirmann 1987)."""
    (values,) = complete(roles["y"][0])
    n, count = len(values), round(math.fsum(values))
    require(n > 0)
    lower, upper = wilson(count, n, 2 * level - 1)
    above = _log_at_least(n, count, share - bound)
    below = _log_at_least(n, n - count, 1 - (share + bound))  # as many failures or more
    limits = float(lower or 0) - share, float(upper or 0) - share
    return Outcome(n, count, count / n - share, limits, log_p=max(above, below))


def _log_at_least(n: int, count: int, share: float) -> float:
    """Return the logarithm of the probability of at least so many successes."""
    if count == 0 or share >= 1:
        return 0.0
    return log_sum(log_binomial(n, share)[count:]) if share > 0 else -math.inf


def chi_square(roles: Roles, level: float) -> Outcome:
    """Pearson's chi-square of a crosstab, uncorrected; Cramér's V with the interval of the noncentral chi-square."""
    x, y = complete(roles["x"][0], roles["y"][0])
    require(len(x) > 0 and np.ptp(x) > 0 and np.ptp(y) > 0)
    table = np.array([[((x == a) & (y == b)).sum() for b in np.unique(y)] for a in np.unique(x)], dtype=np.float64)
    n = float(table.sum())
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    x2 = math.fsum(((table - expected) ** 2 / expected).ravel())
    df, most = (table.shape[0] - 1) * (table.shape[1] - 1), n * (min(table.shape) - 1)
    lower, upper = (min(1.0, math.sqrt(limit / most)) for limit in chi_square_limits(x2, df, level))
    effect = min(1.0, math.sqrt(x2 / most))
    return Outcome(len(x), x2, effect, (lower, upper), (df,), log_chi_square_tail(x2, df), solved_limits=True)


def mcnemar(roles: Roles, level: float) -> Outcome:
    """McNemar's chi-square; the difference of the two shares (Newcombe 1998, method 10).

    With continuity correction, unless as many say only the one as only the other: then it is 0, as in R.
    """
    x, y = complete(roles["x"][0], roles["y"][0])
    require(len(x) > 0)
    both, first = int((x * y).sum()), int((x * (1 - y)).sum())
    second, neither = int(((1 - x) * y).sum()), int(((1 - x) * (1 - y)).sum())
    discordant = first + second
    x2 = (abs(first - second) - 1) ** 2 / discordant if first != second else 0.0
    log_p = log_chi_square_tail(x2, 1) if first != second else 0.0
    effect, limits = newcombe(both, first, second, neither, level)
    return Outcome(len(x), x2, effect, limits, (1,), log_p)


def newcombe(both: int, first: int, second: int, neither: int, level: float) -> tuple[float, Limits]:
    """Return the difference of two shares of the same respondents and its interval (Newcombe 1998, method 10)."""
    n = both + first + second + neither
    p, q = (both + first) / n, (both + second) / n
    (p_low, p_high), (q_low, q_high) = wilson(both + first, n, level), wilson(both + second, n, level)
    assert p_low is not None and p_high is not None and q_low is not None and q_high is not None
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    surplus = both * neither - first * second
    phi = (max(surplus - n / 2, 0) if surplus > 0 else surplus) / math.sqrt(margins) if margins else 0.0

    def reach(a: float, b: float) -> float:
        return math.sqrt(max(a * a - 2 * phi * a * b + b * b, 0.0))

    return p - q, (p - q - reach(p - p_low, q_high - q), p - q + reach(p_high - p, q - q_low))


def log_binomial(n: int, share: float) -> FloatArray:
    """Return the logarithms of the probabilities of 0, 1, …, n successes; 0 < share < 1."""
    k = np.arange(n)
    steps = np.log((n - k) / (k + 1)) + math.log(share) - math.log1p(-share)
    return np.asarray(n * math.log1p(-share) + np.concatenate([[0.0], np.cumsum(steps)]))


def log_sum(logarithms: FloatArray) -> float:
    """Return the logarithm of a sum of numbers given by their logarithms."""
    top = float(logarithms.max())
    return top + math.log(math.fsum(np.exp(logarithms - top)))
