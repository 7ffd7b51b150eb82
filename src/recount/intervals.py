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
    return max(0.0, centre - half), min(1.0, centre + half)


def symmetric(value: float, se: float, df: float, level: float) -> Limits:
    """Return value plus and minus the t quantile times the standard error; none without a degree of freedom."""
    if df <= 0 or math.isnan(value) or math.isnan(se):
        return NONE
    half = t_quantile(level, df) * se
    return value - half, value + half


def logit(share: float, se: float, df: float, level: float) -> Limits:
    """Return the interval that is symmetric on the log-odds scale (Korn & Graubard 1998), with the t quantile."""
    if df <= 0 or math.isnan(share) or math.isnan(se):
        return NONE
    if not 0 < share < 1:
        return NONE
    odds, half = math.log(share / (1 - share)), t_quantile(level, df) * se / (share * (1 - share))
    return 1 / (1 + math.exp(half - odds)), 1 / (1 + math.exp(-half - odds))
