"""Confidence intervals for shares, weighted and unweighted.

All weighted intervals start from the design-based variance of the share, so they fit any design; they differ in the
scale on which the share is taken to be normal. Near 0 and 1 only those that know the range are of use.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from scipy import special

from surveytrail.statistics.arrays import BoolArray, FloatArray
from surveytrail.statistics.design import ReplicateDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.estimates import DegreesOfFreedom, Estimates, Interval, t_quantile, warning_table
from surveytrail.statistics.estimators import AnyDesign
from surveytrail.statistics.replicates import replicate_variance

ProportionMethod = Literal["logit", "xlogit", "beta", "wilson", "asin", "likelihood", "mean"]


# An effective sample size that no sample has: the variance is rounding error.
BEYOND_ANY_SAMPLE = 1e15


class ProportionInterval(NamedTuple):
    """An interval with the warnings of cells whose limits come from another method than the one asked for."""

    interval: Interval
    warnings: dict[tuple[int, int], tuple[str, ...]]


class _Share(NamedTuple):
    """Everything the methods need, each (k, d): share, variance, t quantile, sample sizes."""

    p: FloatArray
    variance: FloatArray
    t: FloatArray
    n: FloatArray
    n_domain: FloatArray
    effective: FloatArray
    logit_variance: FloatArray
    alpha: float


def proportion_interval(
    design: AnyDesign,
    shares: Estimates,
    method: ProportionMethod = "logit",
    level: float = 0.95,
    *,
    df: DegreesOfFreedom = "domain",
    cap_effective_n: bool = True,
) -> ProportionInterval:
    """Return the limits for shares that `estimators.mean` computed from 0/1 items.

    Parameters
    ----------
    design:
        The design the shares were estimated with.
    shares:
        Estimates with values in [0, 1].
    method:
        - `logit`: t interval on the log odds; with replicate designs from the replicates' log odds.
        - `xlogit`: the same with the variance by the delta method for all designs.
        - `beta`: Clopper-Pearson with the effective sample size, adjusted for the degrees of freedom (Korn & Graubard
          1998).
        - `wilson`: score interval with the effective sample size (Wilson 1927; Kott & Carr 1997).
        - `asin`: t interval on the arcsine of the square root, kept within [0, 1].
        - `likelihood`: the share's profile likelihood, scaled by the design (Rao & Scott 1984).
        - `mean`: t interval on the share itself.
    level:
        Confidence level.
    df:
        Degrees of freedom of t: of the domain, of the whole design, or infinite.
    cap_effective_n:
        Whether `beta` uses the number of respondents where the effective sample size exceeds it, so that a design
        effect below 1 that may be luck does not shorten the interval. R's `svyciprop` does not cap.

    Returns
    -------
    Limits (k, d). Shares of 0 and 1 have no variance: whatever the method, their limits are those of `beta` with
    the number of respondents, and a warning says so. Shares that the design fixes, as those of its strata or of a
    raking margin, have none either: both limits are the share, with a warning.
    """
    if method not in _METHODS:
        raise StatisticsError(
            "Unknown interval method", expected=", ".join(_METHODS), got=str(method), hint="choose one of these"
        )
    _require_shares(shares.value)
    share, fell_back = _prepare(design, shares, level, df, method)
    lower, upper = _METHODS[method](share, cap_effective_n)
    extreme = (shares.value == 0) | (shares.value == 1)
    at_zero, at_one = _clopper_pearson(share.p, _respondents(share), share.alpha)
    lower, upper = np.where(extreme, at_zero, lower), np.where(extreme, at_one, upper)
    fixed = (share.effective > BEYOND_ANY_SAMPLE) & ~extreme
    lower, upper = np.where(fixed, share.p, lower), np.where(fixed, share.p, upper)
    flags = {
        "fixed_share": fixed,
        "no_success": shares.value == 0,
        "all_success": shares.value == 1,
        "delta_method": fell_back & ~extreme,
        "no_degrees_of_freedom": np.isnan(share.t) & ~extreme & ~fixed & ~np.isnan(shares.value),
    }
    return ProportionInterval(Interval(lower, upper, level, method), warning_table(flags))


def _require_shares(values: FloatArray) -> None:
    outside = (values < -1e-12) | (values > 1 + 1e-12)
    if outside.any():
        raise StatisticsError(
            "Not a share", expected="means of 0/1 items, between 0 and 1", got=f"{values[outside][0]:g}",
            hint="use the interval of the mean (`Estimates.interval`), or code the item as 0 and 1",
        )  # fmt: skip


def _prepare(
    design: AnyDesign, shares: Estimates, level: float, df: DegreesOfFreedom, method: str
) -> tuple[_Share, BoolArray]:
    """Collect what the methods need; also say where `logit` falls back on the delta method."""
    p, variance, n = shares.value, shares.variance, shares.n_used.astype(np.float64)
    degrees = shares.chosen_df(df)
    t = t_quantile(level, degrees)
    spread = p * (1.0 - p)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = spread / variance
        delta = variance / spread**2
    fell_back: BoolArray = np.zeros(p.shape, dtype=bool)
    logit_variance = delta
    if method in ("logit", "likelihood") and isinstance(design, ReplicateDesign) and shares.replicates is not None:
        inside = ((shares.replicates > 0) & (shares.replicates < 1)) | np.isnan(shares.replicates)
        fell_back = np.asarray(~inside.all(axis=0))
        with np.errstate(divide="ignore", invalid="ignore"):
            own = replicate_variance(design, special.logit(shares.replicates), special.logit(p))
        logit_variance = np.where(fell_back, delta, own)
    domain = shares.n_domain.astype(np.float64)
    return _Share(p, variance, t, n, domain, effective, logit_variance, 1.0 - level), fell_back


def _logit(share: _Share, cap: bool) -> tuple[FloatArray, FloatArray]:
    half = share.t * np.sqrt(share.logit_variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        return special.expit(special.logit(share.p) - half), special.expit(special.logit(share.p) + half)


def _beta(share: _Share, cap: bool) -> tuple[FloatArray, FloatArray]:
    size = share.effective * _df_ratio(share)
    return _clopper_pearson(share.p, np.minimum(size, share.n) if cap else size, share.alpha)


def _df_ratio(share: _Share) -> FloatArray:
    """(k, d) squared ratio of the t quantiles of an unclustered sample and of the design."""
    return _squared_ratio(share, share.n_domain)


def _squared_ratio(share: _Share, rows: FloatArray) -> FloatArray:
    return (t_quantile(1.0 - share.alpha, rows - 1.0) / share.t) ** 2


def _respondents(share: _Share) -> FloatArray:
    """(k, d) sample size for shares of 0 and 1: respondents, fewer where the degrees of freedom are few."""
    ratio = _squared_ratio(share, share.n)
    return share.n * np.where(np.isnan(ratio), 1.0, np.minimum(ratio, 1.0))


def _clopper_pearson(p: FloatArray, n: FloatArray, alpha: float) -> tuple[FloatArray, FloatArray]:
    """Limits for n * p successes out of n, which need not be whole numbers."""
    x = n * p
    inner_low, inner_high = (p > 0) & (n > 0), (p < 1) & (n > 0)
    with np.errstate(invalid="ignore"):
        lower = special.betaincinv(np.where(inner_low, x, 1.0), np.where(inner_low, n - x + 1.0, 1.0), alpha / 2.0)
        upper = special.betaincinv(
            np.where(inner_high, x + 1.0, 1.0), np.where(inner_high, n - x, 1.0), 1.0 - alpha / 2.0
        )
    unknown = np.isnan(p) | np.isnan(n)
    lower = np.where(unknown, np.nan, np.where(inner_low, lower, 0.0))
    return lower, np.where(unknown, np.nan, np.where(inner_high, upper, 1.0))


def _wilson(share: _Share, cap: bool) -> tuple[FloatArray, FloatArray]:
    return _wilson_limits(share.p, share.effective, share.t)


def _wilson_limits(p: FloatArray, n: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = p + z**2 / (2.0 * n)
        half = z * np.sqrt(p * (1.0 - p) / n + z**2 / (4.0 * n**2))
        return (centre - half) / (1.0 + z**2 / n), (centre + half) / (1.0 + z**2 / n)


def _asin(share: _Share, cap: bool) -> tuple[FloatArray, FloatArray]:
    angle = np.arcsin(np.sqrt(np.clip(share.p, 0.0, 1.0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        half = share.t / 2.0 / np.sqrt(share.effective)
    return np.sin(np.maximum(angle - half, 0.0)) ** 2, np.sin(np.minimum(angle + half, np.pi / 2.0)) ** 2


def _mean(share: _Share, cap: bool) -> tuple[FloatArray, FloatArray]:
    half = share.t * np.sqrt(share.variance)
    return share.p - half, share.p + half


def _likelihood(share: _Share, cap: bool) -> tuple[FloatArray, FloatArray]:
    """Solve deviance(q) - deviance(p) = t^2 * variance of the log odds * p(1-p), by bisection on the log odds.

    The deviance is per respondent. Its estimated dispersion n / (n - 1) is kept, as R's `svyglm` has it.
    """
    p = share.p
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = share.t**2 * share.logit_variance * p * (1.0 - p) * share.n / (share.n - 1.0)
        centre = special.logit(p)
        least = 2.0 * (special.entr(p) + special.entr(1.0 - p))
    limits = []
    for sign in (-1.0, 1.0):
        near, far = np.zeros_like(p), np.full_like(p, 800.0)
        for _ in range(100):
            middle = (near + far) / 2.0
            odds = centre + sign * middle
            with np.errstate(invalid="ignore"):
                excess = 2.0 * (np.logaddexp(0.0, -odds) * p + np.logaddexp(0.0, odds) * (1.0 - p)) - least
                inside = excess <= bound
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        limits.append(np.where(np.isfinite(bound), special.expit(centre + sign * near), np.nan))
    return limits[0], limits[1]


_METHODS = {
    "logit": _logit,
    "xlogit": _logit,
    "beta": _beta,
    "wilson": _wilson,
    "asin": _asin,
    "likelihood": _likelihood,
    "mean": _mean,
}
