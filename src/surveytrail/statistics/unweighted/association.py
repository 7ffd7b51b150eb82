"""Correlations, with intervals on Fisher's z scale, and the reliability of a scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from surveytrail.statistics import tails
from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.unweighted import effect_intervals as intervals
from surveytrail.statistics.unweighted.libraries import label, pingouin, translate
from surveytrail.statistics.unweighted.samples import complete, outcome


def pearson(x: Any, y: Any, *, level: float = 0.95) -> TestResult:
    """Pearson's correlation; the statistic and the effect are r, `details` hold its t."""
    return _correlation("pearson", x, y, level)


def spearman(x: Any, y: Any, *, level: float = 0.95) -> TestResult:
    """Spearman's rank correlation; p by the t approximation, interval after Bonett & Wright (2000)."""
    return _correlation("spearman", x, y, level)


def _correlation(kind: str, x: Any, y: Any, level: float) -> TestResult:
    first, second = complete(kind, x, y)
    n = len(first)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        r, t = math.nan, math.nan
    else:
        with pingouin() as pg:
            r = float(translate("corr", pg.corr(first, second, alternative="two-sided", method=kind))["statistic"])
        r = _whole(r)
        t = _t_of(r, n - 2)
    effect = intervals.correlation(r, n, level, kind=kind)
    letter = "r" if kind == "pearson" else "rho"
    tail = tails.t_two_sided(t, n - 2)
    return outcome(kind, letter, r, (n - 2,), tail, effect, n, label("pingouin"), details={"t": t})


def _whole(r: float) -> float:
    """A correlation of 1 or -1 that rounding has kept from being it."""
    return math.copysign(1.0, r) if 1 - abs(r) < 1e-14 else r


def _t_of(r: float, df: float) -> float:
    return math.copysign(math.inf, r) if abs(r) >= 1 else r * math.sqrt(df / ((1 - r) * (1 + r)))


def kendall(x: Any, y: Any, *, level: float = 0.95) -> TestResult:
    """Kendall's tau-b, p by the normal approximation with correction for ties."""
    first, second = complete("kendall", x, y)
    n = len(first)
    found = stats.kendalltau(
        first, second, variant="b", method="asymptotic", alternative="two-sided", nan_policy="raise"
    )
    tau, p = float(found.statistic), float(found.pvalue)
    effect = intervals.correlation(tau, n, level, kind="kendall")
    tail = tails.Tail(p, math.log(p) if p > 0 else -math.inf)
    return outcome("kendall", "tau", tau, (), tail, effect, n, label("scipy"))


def partial_spearman(x: Any, y: Any, *covariates: Any, level: float = 0.95) -> TestResult:
    """Spearman's correlation of x and y with covariates held constant (partial correlation of the ranks).

    It is not defined where a variable does not vary, or where the covariates leave nothing of x or y.
    """
    import pandas as pd

    if not covariates:
        raise StatisticsError(
            "No covariates", "partial_spearman", expected="one or more variables to hold constant", got="none",
            hint="use spearman",
        )  # fmt: skip
    columns = complete("partial_spearman", x, y, *covariates, smallest=3 + len(covariates))
    names = [f"v{place:03d}" for place in range(len(columns))]
    n, k = len(columns[0]), len(covariates)
    own = _of_what_is_left(columns)
    if math.isnan(own) or 1 - abs(own) < 1e-9:
        # the library inverts a matrix that is singular where x and y say the same
        r = _whole(own)
    else:
        with pingouin() as pg:
            table = pg.partial_corr(
                data=pd.DataFrame(dict(zip(names, columns, strict=True))), x=names[0], y=names[1], covar=names[2:],
                alternative="two-sided", method="spearman",
            )  # fmt: skip
        r = _whole(float(translate("partial_corr", table)["statistic"]))
    df = n - 2 - k
    t = _t_of(r, df)
    effect = intervals.correlation(r, n, level, kind="spearman", controlled=k)
    return outcome(
        "partial_spearman", "rho", r, (df,), tails.t_two_sided(t, df), effect, n, label("pingouin"), details={"t": t}
    )


def _of_what_is_left(columns: list[FloatArray]) -> float:
    """Correlate what the ranks of the covariates leave of those of the first two; NaN where they leave nothing."""
    ranks = stats.rankdata(np.column_stack(columns), axis=0)
    ranks -= ranks.mean(axis=0)
    whole = (ranks**2).sum(axis=0)
    given = ranks[:, 2:]
    left = ranks[:, :2] - given @ np.linalg.lstsq(given, ranks[:, :2], rcond=None)[0]
    rest = (left**2).sum(axis=0)
    if (whole == 0).any() or (rest <= 1e-20 * whole[:2]).any():
        return math.nan
    return float(left[:, 0] @ left[:, 1] / math.sqrt(rest[0] * rest[1]))


@dataclass(frozen=True)
class Reliability:
    """Cronbach's alpha of a scale.

    Attributes: `alpha` with limits `lower` and `upper` (Feldt 1965) at `level`, `n_used` complete rows, `items`.
    """

    alpha: float
    lower: float
    upper: float
    level: float
    n_used: int
    items: int
    library: str


def cronbach_alpha(*items: Any, level: float = 0.95) -> Reliability:
    """Cronbach's alpha of two or more items (n,), complete rows only; the interval is Feldt's, unrounded."""
    import pandas as pd

    if len(items) < 2:
        raise StatisticsError("Too few items", "cronbach_alpha", expected="two or more items", got=str(len(items)))
    columns = complete("cronbach_alpha", *items)
    frame = pd.DataFrame({f"item{place:03d}": column for place, column in enumerate(columns)})
    with pingouin() as pg:
        alpha = float(pg.cronbach_alpha(data=frame, nan_policy="listwise", ci=level)[0])
    n, k = frame.shape
    df1, df2 = n - 1, (n - 1) * (k - 1)
    tail = (1 - level) / 2
    lower = 1 - (1 - alpha) * float(stats.f.isf(tail, df1, df2))
    upper = 1 - (1 - alpha) * float(stats.f.ppf(tail, df1, df2))
    return Reliability(alpha, lower, upper, level, n, k, label("pingouin"))
