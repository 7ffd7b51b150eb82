"""R's profile-likelihood limits for a share, short cuts included: they alone separate it from the exact limits.

R fits the log odds by iteratively reweighted least squares that stop at a change of 1e-8, so that the information is
that of the last but one step; it evaluates the deviance on a grid of steps, fits a cubic spline (Forsythe, Malcolm &
Moler 1977), tabulates it at three times as many points and interpolates linearly between these.
"""

from __future__ import annotations

import numpy as np
from scipy import special, stats


def r_profile_limits(y: np.ndarray, weights: np.ndarray, se: float, df: float, level: float) -> tuple[float, float]:
    """Limits for the share of a 0/1 item without missing values, given its design-based standard error."""
    n = y.size
    w = weights / weights.mean()
    p = float(w @ y / w.sum())
    eta, information = _unconverged_fit(y, w)
    variance = (se / (p * (1 - p))) ** 2
    cutoff = stats.t.ppf(1 - (1 - level) / 2, df) * np.sqrt(variance * information)
    dispersion = n / (n - 1)

    def deviance(at: float) -> float:
        return float(2 * w.sum() * (p * np.logaddexp(0, -at) + (1 - p) * np.logaddexp(0, at)))

    highest = np.sqrt(stats.f.isf(stats.norm.sf(cutoff) / 2, 1, n - 1))
    points = [(eta, 0.0)]
    for sign in (-1, 1):
        root, step = 0.0, 0
        while step < 9 and abs(root) < highest:
            step += 1
            at = eta + sign * step * highest / 5 * np.sqrt(variance)
            root = sign * np.sqrt((deviance(at) - deviance(eta)) / dispersion)
            points.append((at, root))
    x, z = np.array(sorted(points)).T
    grid = np.linspace(x[0], x[-1], 3 * x.size)
    found = np.interp([-cutoff, cutoff], _spline(x, z, grid), grid)
    return tuple(special.expit(found))


def _unconverged_fit(y: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """Log odds and information when R's fit of an intercept stops."""
    mu = (w * y + 0.5) / (w + 1)
    eta = special.logit(mu)
    old = np.inf
    while True:
        variance = mu * (1 - mu)
        information = float((w * variance).sum())
        at = float((w * variance) @ (eta + (y - mu) / variance) / information)
        eta, mu = np.full_like(y, at), np.full_like(y, special.expit(at))
        deviance = float(-2 * np.sum(w * (special.xlogy(y, mu) + special.xlogy(1 - y, 1 - mu))))
        if abs(deviance - old) / (abs(deviance) + 0.1) < 1e-8:
            return at, information
        old = deviance


def _spline(x: np.ndarray, z: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Cubic spline whose ends take their third derivative from the cubic through the four end points."""
    n, h = x.size, np.diff(x)
    slope = np.diff(z) / h
    matrix, right = np.zeros((n, n)), np.zeros(n)
    for i in range(1, n - 1):
        matrix[i, i - 1 : i + 2] = h[i - 1], 2 * (h[i - 1] + h[i]), h[i]
        right[i] = slope[i] - slope[i - 1]
    second = np.diff(slope) / (x[2:] - x[:-2])
    third = np.diff(second) / (x[3:] - x[:-3])
    matrix[0, :2], right[0] = (-h[0], h[0]), third[0] * h[0] ** 2
    matrix[-1, -2:], right[-1] = (h[-1], -h[-1]), -third[-1] * h[-1] ** 2
    c = np.linalg.solve(matrix, right)
    j = np.clip(np.searchsorted(x, at, side="right") - 1, 0, n - 2)
    d = at - x[j]
    b = slope[j] - h[j] * (c[j + 1] + 2 * c[j])
    return z[j] + d * (b + d * (3 * c[j] + d * (c[j + 1] - c[j]) / h[j]))
