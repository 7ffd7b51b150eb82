"""Confidence intervals of shares and means, each from its textbook formula."""

from __future__ import annotations

import math

from recount.distributions import normal_quantile, t_quantile

Limits = tuple[float | None, float | None]
NONE: Limits = (None, None)


def wilson(successes: int, n: int, level: float) -> Limits:
    """Return Wilson's (1927) interval of an unweighted share: the roots of the score test's quadratic."""
    if n == 0:
        return NONE
    z = normal_quantile((1 + level) / 2)
    centre = (successes + z * z / 2) / (n + z * z)
    half = z * math.sqrt(successes * (n - successes) / n + z * z / 4) / (n + z * z)
    return (centre - half if successes else 0.0), (centre + half if successes < n else 1.0)


def symmetric(value: float, se: float, df: float, level: float) -> Limits:
    """Return value plus and minus the t quantile times the standard error."""
    half = t_quantile(level, df) * se
    return value - half, value + half


def logit(share: float, se: float, n: int, level: float) -> Limits:
    """Return the interval that is symmetric on the log-odds scale, with the t quantile for n - 1 degrees of freedom.

    Shares of 0 and 1 have no log odds: theirs is the exact binomial interval of n respondents (Clopper & Pearson 1934).
    """
    if not 0 < share < 1:
        beyond = ((1 - level) / 2) ** (1 / n)
        return (0.0, 1 - beyond) if share <= 0 else (beyond, 1.0)
    df = n - 1
    odds, half = math.log(share / (1 - share)), t_quantile(level, df) * se / (share * (1 - share))
    return 1 / (1 + math.exp(half - odds)), 1 / (1 + math.exp(-half - odds))
