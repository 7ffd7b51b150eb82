"""Tails of Student's t, F, chi-square and the normal distribution, and quantiles; no statistics library is asked.

The regularised incomplete beta function is evaluated by its continued fraction (DLMF 8.17.22), the incomplete gamma
function by its series or continued fraction (DLMF 8.7.1, 8.9.2), both with Lentz's algorithm and on the log scale, so
that a p-value far out in the tail keeps all its digits.
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


def f_quantile(tail: float, df1: float, df2: float) -> float:
    """Return the x with P(F > x) = tail, by bisection on the logarithm of x."""
    wanted, low, high = math.log(tail), -700.0, 700.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if log_f_tail(math.exp(middle), df1, df2) > wanted else (low, middle)
    return math.exp((low + high) / 2)


def log_t_two_sided(t: float, df: float) -> float:
    """Return the logarithm of P(|T| > |t|) for Student's t."""
    return log_f_tail(t * t, 1.0, df)


def t_quantile(level: float, df: float) -> float:
    """Return the t with P(|T| <= t) = level, by Newton's method from the normal quantile; for df of at least 0.05.

    With fewer degrees of freedom the square of t leaves the range of floating-point numbers.
    """
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


def log_gamma_term(a: float, x: float) -> float:
    """Return log(x^a exp(-x) / gamma(a + 1)): for a whole number a, the Poisson probability of a with mean x."""
    if a < 30:
        return a * math.log(x) - x - math.lgamma(a + 1) if a else -x
    excess = (x - a) / a
    return a * (math.log1p(excess) - excess) - 0.5 * math.log(2 * math.pi * a) - _stirling(a)


def log_upper_gamma(a: float, x: float) -> float:
    """Return the logarithm of the regularised upper incomplete gamma function Q(a, x), for a > 0 and x > 0."""
    if x < a + 1:
        term, total, step = 1.0, 1.0, 0
        while term > 1e-17 * total:
            step += 1
            term *= x / (a + step)
            total += term
        return math.log1p(-math.exp(log_gamma_term(a, x)) * total)
    value = c = x + 1 - a or _TINY
    d = 0.0
    for step in range(1, 100_000):
        term = -step * (step - a)
        bottom = x + 2 * step + 1 - a
        d = 1.0 / (bottom + term * d or _TINY)
        c = bottom + term / c or _TINY
        value *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return log_gamma_term(a, x) + math.log(a) - math.log(value)


def log_chi_square_tail(x: float, df: float) -> float:
    """Return the logarithm of P(X > x) for chi-square with df degrees of freedom."""
    return log_upper_gamma(df / 2, x / 2) if x > 0 else 0.0


def log_normal_two_sided(z: float) -> float:
    """Return the logarithm of P(|Z| > |z|) for the standard normal distribution."""
    return log_chi_square_tail(z * z, 1)
