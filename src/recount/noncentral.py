"""Limits of noncentralities, by inverting the noncentral chi-square and t distributions (Steiger & Fouladi 1997).

Both distributions are mixtures and evaluated as such: chi-square with a Poisson number of further degrees of freedom
(Johnson, Kotz & Balakrishnan 1995, 29.3), and t as a normal variable over a scaled chi (31.1), integrated over the chi.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from recount.distributions import log_chi_square_tail, log_gamma_term, log_upper_gamma

# Standard deviations after which the tails of the mixing distributions hold less than 1e-17.
REACH = 10.0
NODES, PANEL_WEIGHTS = np.polynomial.legendre.leggauss(20)


def chi_square_tail(x: float, df: float, noncentrality: float) -> float:
    """Return P(X > x) for the noncentral chi-square distribution, x > 0."""
    if noncentrality == 0:
        return math.exp(log_chi_square_tail(x, df))
    mean, half = noncentrality / 2, df / 2
    reach = REACH * math.sqrt(mean) + 60
    counts = range(max(0, math.floor(mean - reach)), math.ceil(mean + reach))
    shares = np.exp([log_gamma_term(count, mean) for count in counts])
    # Q(a + 1, x) = Q(a, x) + x^a exp(-x) / gamma(a + 1)
    steps = np.exp([log_gamma_term(half + count, x / 2) for count in counts])
    first = math.exp(log_upper_gamma(half + counts[0], x / 2))
    tails = first + np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    return math.fsum(shares * tails)


def chi_square_limits(x: float, df: float, level: float) -> tuple[float, float]:
    """Return the noncentralities under which the statistic x lies at the ends of a two-sided interval.

    An end is 0 where x is small enough for the central distribution.
    """
    tail = (1 - level) / 2
    central = math.exp(log_chi_square_tail(x, df))

    def limit(goal: float) -> float:
        high = max(x, 1.0)
        while chi_square_tail(x, df, high) < goal:
            high *= 2
        return crossing(lambda value: chi_square_tail(x, df, value) - goal, 0.0, high)

    return 0.0 if central >= tail else limit(tail), 0.0 if central >= 1 - tail else limit(1 - tail)


def t_below(t: float, df: float, noncentrality: float) -> float:
    """Return P(T <= t) for the noncentral t distribution of T = (Z + noncentrality) / s with s = chi / sqrt(df).

    It is the mean of Phi(t s - noncentrality) over s or, where t is so large that this bends too sharply, the mean of
    P(s >= (z + noncentrality) / t) over z.
    """
    if abs(t) <= math.sqrt(2 * df):
        s, shares = _chi_nodes(t, df)
        return math.fsum(share * _normal_below(t * part - noncentrality) for part, share in zip(s, shares, strict=True))
    if t < 0:
        return 1 - t_below(-t, df, -noncentrality)
    low = max(-noncentrality, -REACH)
    if low >= REACH:
        return 1.0
    z, shares = _nodes(low, REACH, 24)
    density = math.sqrt(df / 2) / t
    return _normal_below(-noncentrality) + math.fsum(
        share * math.exp(log_upper_gamma(df / 2, ((part + noncentrality) * density) ** 2) - part * part / 2)
        for part, share in zip(z, shares, strict=True)
    ) / math.sqrt(2 * math.pi)


def _normal_below(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


@lru_cache(maxsize=8)
def _chi_nodes(t: float, df: float) -> tuple[list[float], list[float]]:
    """Return points of s = chi / sqrt(df) and their shares of its distribution."""
    low = max(0.0, 1 - REACH / math.sqrt(2 * df))
    high = 1 + REACH / math.sqrt(df)
    # the normal distribution function bends within 1 / |t|, the density of s within 1 / sqrt(df)
    s, widths = _nodes(low, high, 12 + math.ceil((high - low) * abs(t)))
    shares = [
        math.exp(log_gamma_term(df / 2, df / 2 * part * part)) * df / part * width
        for part, width in zip(s, widths, strict=True)
    ]
    return s, shares


def _nodes(low: float, high: float, panels: int) -> tuple[list[float], list[float]]:
    """Return points between two ends and the width that each stands for (Gauss-Legendre on equal panels)."""
    width = (high - low) / panels
    points = [low + width * (panel + (node + 1) / 2) for panel in range(panels) for node in NODES.tolist()]
    return points, [weight * width / 2 for weight in PANEL_WEIGHTS.tolist()] * panels


def t_limits(t: float, df: float, level: float) -> tuple[float, float]:
    """Return the noncentralities under which the statistic t lies at the ends of a two-sided interval."""
    reach = REACH * math.sqrt(1 + t * t / (2 * df))

    def limit(goal: float) -> float:
        return crossing(lambda value: goal - t_below(t, df, value), t - reach, t + reach)

    return limit(1 - (1 - level) / 2), limit((1 - level) / 2)


def crossing(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where an increasing function crosses 0 between low and high, as near as doubles go.

    Each round tries the secant and then halves what is left.
    """
    at_low, at_high = function(low), function(high)
    while True:
        for guess in (low - at_low * (high - low) / (at_high - at_low), low + (high - low) / 2):
            if not low < guess < high:
                continue
            found = function(guess)
            if found == 0:
                return guess
            if found < 0:
                low, at_low = guess, found
            else:
                high, at_high = guess, found
        if high - low <= 4e-16 * max(abs(low), abs(high)) or not low < low + (high - low) / 2 < high:
            return low + (high - low) / 2
