"""Student's t and F from the incomplete beta function, and their quantiles; no statistics library is asked.

The regularised incomplete beta function is evaluated by its continued fraction (DLMF 8.17.22) with Lentz's algorithm,
on the log scale, so that a p-value far out in the tail keeps all its digits.
"""

from __future__ import annotations

import math
from statistics import NormalDist

_TINY = 1e-300


def normal_quantile(probability: float) -> float:
    """Return the point of the standard normal distribution below which a probability lies."""
    return NormalDist().inv_cdf(probability)


def log_incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """Return the natural logarithm of the regularised incomplete beta function I_x(a, b).

    Parameters
    ----------
    a, b : shapes, > 0
    x : 0 < x < 1
    rest : 1 - x, given apart because it may be known to more digits
    """
    if x > (a + 1) / (a + b + 2):
        other = math.exp(log_incomplete_beta(b, a, rest, x))
        return math.log1p(-other)
    log_x = math.log1p(-rest) if rest < 0.5 else math.log(x)
    log_rest = math.log1p(-x) if x < 0.5 else math.log(rest)
    large, small = max(a, b), min(a, b)
    front = a * log_x + b * log_rest + _log_gamma_ratio(large, small) - math.lgamma(small) - math.log(a)
    return front - math.log(_continued_fraction(a, b, x))


def _log_gamma_ratio(a: float, b: float) -> float:
    """Return log(gamma(a + b) / gamma(a)), by Stirling's series where the two logarithms would cancel."""
    if a < 30:
        return math.lgamma(a + b) - math.lgamma(a)
    return (a - 0.5) * math.log1p(b / a) + b * math.log(a + b) - b + _stirling(a + b) - _stirling(a)


def _stirling(z: float) -> float:
    """Return what Stirling's formula lacks of log(gamma(z)) (DLMF 5.11.1)."""
    return 1 / (12 * z) - 1 / (360 * z**3) + 1 / (1260 * z**5) - 1 / (1680 * z**7)


def _continued_fraction(a: float, b: float, x: float) -> float:
    """Evaluate 1 + d1/(1 + d2/(1 + …)) of DLMF 8.17.22 by Lentz's algorithm."""
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1, 100_000):
        m = step // 2
        if step % 2 == 0:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / (1.0 + term * d or _TINY)
        c = 1.0 + term / c or _TINY
        value *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return value


def log_f_tail(x: float, df1: float, df2: float) -> float:
    """Return the logarithm of P(F > x) for F with df1 and df2 degrees of freedom."""
    if x <= 0:
        return 0.0
    total = df2 + df1 * x
    return log_incomplete_beta(df2 / 2, df1 / 2, df2 / total, df1 * x / total)


def log_t_two_sided(t: float, df: float) -> float:
    """Return the logarithm of P(|T| > |t|) for Student's t."""
    return log_f_tail(t * t, 1.0, df)


def t_quantile(level: float, df: float) -> float:
    """Return the t with P(|T| <= t) = level, by Newton's method from the normal quantile."""
    wanted = math.log1p(-level)
    t = normal_quantile((1 + level) / 2)
    log_constant = _log_gamma_ratio(df / 2, 0.5) - 0.5 * math.log(df * math.pi)
    for _ in range(200):
        tail = log_t_two_sided(t, df)
        log_density = log_constant - (df + 1) / 2 * math.log1p(t * t / df)
        step = (tail - wanted) / (2 * math.exp(log_density - tail))
        following = max(t + step, t / 2)  # stays positive
        if abs(following - t) <= 1e-15 * t:
            return following
        t = following
    return t
