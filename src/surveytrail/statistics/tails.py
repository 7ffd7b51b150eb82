"""Tail probabilities by survival functions, each with its natural logarithm.

``1 - cdf`` loses all digits of a small p-value, and the survival function itself underflows to 0 near 1e-308.
Every test here therefore reports a pair ``(p, log_p)``: ``log_p`` stays finite where ``p`` has become 0, so that
two engines can compare extreme p-values on the log scale.

The logarithms come from the library where ``p`` is representable, and otherwise from the leading expansion of the
incomplete gamma and beta functions (Abramowitz & Stegun 1964, 6.5.31 and 26.5.4), which converge fast that far out.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy import special

_SMALLEST = 1e-290


class Tail(NamedTuple):
    """A tail probability and its natural logarithm."""

    p: float
    log_p: float


def _pair(p: float, log_p: float | None = None) -> Tail:
    """``p`` with its logarithm; a given ``log_p`` stands for an underflowed ``p``."""
    if math.isnan(p):
        return Tail(math.nan, math.nan)
    if log_p is not None:
        return Tail(p, log_p)
    return Tail(p, math.log(p) if p > 0 else -math.inf)


def _log_upper_gamma(shape: float, x: float) -> float:
    """log Q(shape, x) for x far in the upper tail, by Lentz's evaluation of the continued fraction."""
    tiny = 1e-300
    b = x + 1.0 - shape
    c = 1.0 / tiny
    d = 1.0 / (b if b != 0 else tiny)
    fraction = d
    for i in range(1, 10_000):
        a = -i * (i - shape)
        b += 2.0
        d = 1.0 / (a * d + b or tiny)
        c = b + a / c or tiny
        step = c * d
        fraction *= step
        if abs(step - 1.0) < 1e-15:
            break
    return -x + shape * math.log(x) - float(special.gammaln(shape)) + math.log(fraction)


def _log_incomplete_beta(a: float, b: float, log_x: float) -> float:
    """log I_x(a, b) for x so small that I_x underflows: x^a (1-x)^b / (a B(a, b)) * 2F1(a + b, 1; a + 1; x)."""
    x = math.exp(log_x)
    term = total = 1.0
    for i in range(100_000):
        term *= (a + b + i) / (a + 1 + i) * x
        total += term
        if abs(term) < 1e-17 * abs(total):
            break
    return a * log_x + b * math.log1p(-x) - math.log(a) - float(special.betaln(a, b)) + math.log(total)


def chi_square(x: float, df: float) -> Tail:
    """Upper tail of a chi-square variable.

    Parameters: ``x`` the statistic, ``df`` > 0 its degrees of freedom. Returns ``P(X > x)`` and its logarithm.
    """
    if math.isnan(x) or math.isnan(df):
        return _pair(math.nan)
    if x <= 0:
        return _pair(1.0)
    p = float(special.gammaincc(df / 2, x / 2))
    return _pair(p) if p > _SMALLEST else _pair(p, _log_upper_gamma(df / 2, x / 2))


def f_distribution(x: float, df_numerator: float, df_denominator: float) -> Tail:
    """Upper tail of an F variable; ``df_denominator`` may be infinite (a chi-square divided by its df)."""
    if math.isnan(x) or math.isnan(df_numerator) or math.isnan(df_denominator):
        return _pair(math.nan)
    if df_denominator <= 0 or df_numerator <= 0:
        return _pair(math.nan)
    if x <= 0:
        return _pair(1.0)
    if math.isinf(df_denominator):
        return chi_square(x * df_numerator, df_numerator)
    ratio = df_denominator / (df_denominator + df_numerator * x)
    p = float(special.betainc(df_denominator / 2, df_numerator / 2, ratio))
    if p > _SMALLEST:
        return _pair(p)
    log_ratio = -math.log1p(df_numerator * x / df_denominator)
    return _pair(p, _log_incomplete_beta(df_denominator / 2, df_numerator / 2, log_ratio))


def t_two_sided(t: float, df: float) -> Tail:
    """Two-sided tail of Student's t, ``P(|T| > |t|)``; ``df`` may be infinite (the normal distribution)."""
    if math.isnan(t) or math.isnan(df):
        return _pair(math.nan)
    if math.isinf(df):
        return normal_two_sided(t)
    if math.isinf(t):
        return _pair(0.0)
    return f_distribution(t * t, 1.0, df) if t != 0 else _pair(1.0)


def t_upper(t: float, df: float) -> Tail:
    """Upper tail of Student's t, ``P(T > t)``."""
    both = t_two_sided(t, df)
    if math.isnan(both.p) or t >= 0:
        return Tail(both.p / 2, both.log_p - math.log(2.0))
    return _pair(1.0 - both.p / 2)


def normal_two_sided(z: float) -> Tail:
    """Two-sided tail of the standard normal, ``P(|Z| > |z|)``."""
    if math.isnan(z):
        return _pair(math.nan)
    log_p = math.log(2.0) + float(special.log_ndtr(-abs(z)))
    return Tail(min(1.0, 2.0 * float(special.ndtr(-abs(z)))), min(0.0, log_p))
