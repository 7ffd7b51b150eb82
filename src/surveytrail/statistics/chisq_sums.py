"""Tail probabilities of weighted sums of chi-square variables.

Under complex sampling Pearson's X2 and the working likelihood ratio are distributed as ``sum a_i * chi2_1`` with
eigenvalues ``a_i`` of a design-effect matrix (Rao & Scott 1984; Lumley & Scott 2014). Three ways to the tail:

``satterthwaite``  a scaled chi-square with the same mean and variance.
``saddlepoint``    Lugannani-Rice in Barndorff-Nielsen's form (Kuonen 1999); accurate far into the tail.
``exact``          numerical inversion of the moment generating function, to about 12 digits (Rice 1980): the contour
                   passes through the saddlepoint and bends to the right, where the integrand dies like a Gaussian.

With ``denominator_df`` the sum is divided by an independent ``chi2_df / df`` (the "F version" of Lumley & Scott):
``P(sum a_i chi2_1 - (x/df) chi2_df > 0)`` is again the tail of a sum of chi-squares, one coefficient being negative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from surveytrail.statistics import tails
from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.errors import StatisticsError

Method = Literal["satterthwaite", "saddlepoint", "exact"]

# Below this distance of the saddlepoint from 0 (in units of the largest coefficient) the formula is 0/0: R's survey
# falls back to Satterthwaite there, and so do we.
_NEAR_MEAN = 1e-4


def upper_tail(
    x: float,
    coefficients: FloatArray,
    *,
    df: FloatArray | None = None,
    method: Method = "satterthwaite",
    denominator_df: float = math.inf,
    truncate_denominator: bool = False,
) -> tails.Tail:
    """``P(sum a_i * chi2_{df_i} > x)`` and its logarithm.

    Parameters
    ----------
    x: the statistic, not divided by anything.
    coefficients: (k,) the weights ``a_i``; tiny negative values from an eigenvalue routine count as 0.
    df: (k,) degrees of freedom of each component, 1 when absent.
    method: see the module's text.
    denominator_df: df of an independent chi-square denominator; infinite = none.
    truncate_denominator: cut the multiplicity (not the scale) of the denominator to a whole number in the saddlepoint,
        as R's `pFsum` does when it repeats its coefficient; only to compare with figures made that way.

    Raises StatisticsError when no coefficient is positive or the method is unknown.
    """
    terms = _Sum.build(coefficients, df)
    if method not in ("satterthwaite", "saddlepoint", "exact"):
        raise StatisticsError(
            title="Unknown method for a sum of chi-squares",
            detail="The tail of a weighted sum of chi-square variables can be had in three ways.",
            got=repr(method),
            expected="satterthwaite, saddlepoint or exact",
            hint="Choose one of the three.",
        )
    if math.isnan(x):
        return tails.Tail(math.nan, math.nan)
    if x <= 0 and not np.any(terms.a < 0):
        return tails.Tail(1.0, 0.0)
    if method == "satterthwaite":
        return _satterthwaite(x, terms, denominator_df)
    whole, at = terms, x
    if not math.isinf(denominator_df):
        multiplicity = math.floor(denominator_df) if truncate_denominator else denominator_df
        whole, at = _Sum(np.append(terms.a, -x / denominator_df), np.append(terms.df, multiplicity)), 0.0
    if method == "exact":
        return _exact(at, whole)
    return _saddlepoint(at, whole) or _satterthwaite(x, terms, denominator_df)


@dataclass(frozen=True)
class _Sum:
    """A weighted sum of independent chi-squares, with its cumulant generating function."""

    a: FloatArray
    df: FloatArray

    @classmethod
    def build(cls, coefficients: FloatArray, df: FloatArray | None) -> _Sum:
        a = np.atleast_1d(np.asarray(coefficients, dtype=float))
        weights = np.ones_like(a) if df is None else np.atleast_1d(np.asarray(df, dtype=float))
        largest = float(np.max(np.abs(a), initial=0.0))
        kept = np.abs(a) > 1e-12 * largest
        if not np.all(np.isfinite(a)) or not np.any(a[kept] > 0):
            raise StatisticsError(
                title="A sum of chi-squares without a positive coefficient",
                detail="The coefficients are eigenvalues of a design-effect matrix; their sum must be a positive "
                "quantity.",
                got=", ".join(f"{value:.6g}" for value in a),
                expected="finite coefficients, at least one above 0",
                hint="The covariance matrix of the tested quantities is probably all 0: look for an empty cell or a "
                "design without variation.",
            )
        return cls(a[kept], weights[kept])

    def cgf(self, z: float) -> float:
        """Cumulant generating function between the singularities."""
        return -0.5 * float(self.df @ np.log1p(-2 * z * self.a))

    def slope(self, z: float) -> float:
        return float(np.sum(self.df * self.a / (1 - 2 * z * self.a)))

    def curvature(self, z: float) -> float:
        return float(2 * np.sum(self.df * self.a**2 / (1 - 2 * z * self.a) ** 2))

    @property
    def mean(self) -> float:
        return float(self.df @ self.a)

    @property
    def first_singularity(self) -> float:
        return 1 / (2 * float(np.max(self.a)))

    @property
    def last_negative_singularity(self) -> float:
        negative = self.a[self.a < 0]
        return 1 / (2 * float(np.min(negative))) if negative.size else -math.inf

    def saddle(self, x: float) -> float:
        """The root of ``K'(z) = x``: K' rises from its left to its right singularity, so bracketing always works."""
        right = self.first_singularity
        left = self.last_negative_singularity
        if math.isinf(left):
            left = -float(np.sum(self.df)) / (2 * x) - right
        low, high = left, right
        z = 0.0
        for _ in range(200):
            excess = self.slope(z) - x
            if excess > 0:
                high = z
            else:
                low = z
            step = z - excess / self.curvature(z)
            following = step if low < step < high else (low + high) / 2
            if abs(following - z) <= 1e-15 * max(abs(following), right):
                return following
            z = following
        return z


def _satterthwaite(x: float, terms: _Sum, denominator_df: float) -> tails.Tail:
    first, second = terms.mean, float(terms.df @ terms.a**2)
    df = first**2 / second
    return tails.f_distribution(x / first, df, denominator_df)


def _saddlepoint(x: float, terms: _Sum) -> tails.Tail | None:
    """The saddlepoint tail, or None so close to the mean that the formula is 0/0."""
    z = terms.saddle(x)
    if abs(z) * float(np.max(terms.a)) < _NEAR_MEAN:
        return None
    w = math.copysign(math.sqrt(2 * (z * x - terms.cgf(z))), z)
    v = z * math.sqrt(terms.curvature(z))
    r = w + math.log(v / w) / w
    return tails.Tail(float(special.ndtr(-r)), float(special.log_ndtr(-r)))


def _exact(x: float, terms: _Sum) -> tails.Tail:
    if x < 0:
        log_p, upper = _invert(-x, _Sum(-terms.a, terms.df))
        return _as_tail(log_p, not upper)
    return _as_tail(*_invert(x, terms))


def _as_tail(log_p: float, upper: bool) -> tails.Tail:
    log_p = min(log_p, 0.0)
    if upper:
        return tails.Tail(math.exp(log_p), log_p)
    rest = -math.expm1(log_p)
    return tails.Tail(rest, math.log(rest) if rest > 0 else -math.inf)


def _invert(x: float, terms: _Sum) -> tuple[float, bool]:
    """The logarithm of the smaller tail at ``x >= 0`` and whether that is the upper one.

    The contour is the parabola ``z = zeta + c (t^2 + 2 i t)`` with ``c`` the distance from ``zeta`` to the first
    singularity, so that the square root there becomes analytic in ``t``; ``t = sinh u`` lets the trapezoidal rule
    converge geometrically whatever the decay.
    """
    first = terms.first_singularity
    zeta = terms.saddle(x)
    upper = zeta >= 0
    room = first if upper else -terms.last_negative_singularity
    away = min(1 / math.sqrt(terms.curvature(0.0)), room / 2)
    zeta = max(zeta, away) if upper else min(zeta, -away)
    c = first - zeta
    base = terms.cgf(zeta) - zeta * x

    def integrand(u: FloatArray) -> FloatArray:
        t = np.sinh(u)
        z = zeta + c * t * (t + 2j)
        cgf = -0.5 * np.log1p(-2 * np.multiply.outer(z, terms.a)) @ terms.df
        values = np.exp(cgf - z * x - base) / z * (2 * c * (t + 1j)) * np.cosh(u)
        return np.asarray(values.imag / math.pi)

    end = 0.25
    while end < 40.0 and abs(float(integrand(np.full(1, end))[0])) > 1e-19:
        end *= 1.1
    panels = 32
    step = end / panels
    values = integrand(np.arange(panels + 1, dtype=np.float64) * step)
    total = float(values.sum() - (values[0] + values[-1]) / 2)
    integral = step * total
    for _ in range(12):
        total += float(integrand((np.arange(panels, dtype=np.float64) + 0.5) * step).sum())
        panels, step = 2 * panels, step / 2
        refined = step * total
        if abs(refined - integral) <= 2e-15 * abs(refined):
            integral = refined
            break
        integral = refined
    return base + math.log(abs(integral)), upper
