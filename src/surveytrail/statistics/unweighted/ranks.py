"""Rank tests: two samples, pairs, several groups, several variables of the same respondents; and Cochran's Q."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

from surveytrail.statistics import tails
from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.unweighted import effect_intervals as intervals
from surveytrail.statistics.unweighted.effect_intervals import Effect
from surveytrail.statistics.unweighted.libraries import label, pingouin, translate
from surveytrail.statistics.unweighted.samples import binary, complete, grouped, outcome


def mann_whitney(y: Any, group: Any, *, continuity: bool = True, level: float = 0.95) -> TestResult:
    """Mann-Whitney U of the second group against the first, normal approximation with correction for ties.

    The effect is Cliff's delta (the rank-biserial correlation), second group over first. `continuity` applies the
    continuity correction, as R does by default. `details` hold z and the probability of superiority.
    """
    (low, high), _ = grouped("mann_whitney", y, group, count=2)
    n1, n2 = high.shape[0], low.shape[0]
    found = stats.mannwhitneyu(
        high, low, use_continuity=continuity, alternative="two-sided", method="asymptotic", axis=0, nan_policy="raise"
    )
    u = float(found.statistic)
    n = n1 + n2
    ties = _tie_sum(np.concatenate([high, low]))
    spread = math.sqrt(n1 * n2 / 12 * ((n + 1) - ties / (n * (n - 1))))
    z = _corrected(u - n1 * n2 / 2, 0.5 if continuity else 0.0, spread)
    effect = intervals.cliff_delta(high, low, level)
    details = {"z": z, "probability_of_superiority": u / (n1 * n2)}
    said = ("no p-value: all values are tied",) if spread == 0 else ()
    tail = tails.normal_two_sided(z)
    return outcome("mann_whitney", "U", u, (), tail, effect, n, label("scipy"), said, details)


def _tie_sum(values: FloatArray) -> float:
    """Sum of t^3 - t over the groups of tied values."""
    counts = np.unique(values, return_counts=True)[1].astype(np.float64)
    return float((counts**3 - counts).sum())


def _corrected(deviation: float, correction: float, spread: float) -> float:
    if spread == 0:
        return math.nan
    return math.copysign(max(abs(deviation) - correction, 0.0), deviation) / spread


def wilcoxon(
    y: Any, other: Any = None, *, value: float = 0.0, continuity: bool = False, level: float = 0.95
) -> TestResult:
    """Wilcoxon signed-rank test of y - other, or of y - `value`, normal approximation; zero differences are dropped.

    The statistic is W+, the rank sum of the positive differences (R's V). The effect is the matched-pairs rank-biserial
    correlation.
    """
    if other is None:
        differences = complete("wilcoxon", y)[0] - value
    else:
        first, second = complete("wilcoxon", y, other)
        differences = first - second - value
    nonzero = differences[differences != 0]
    n = nonzero.shape[0]
    if n == 0:
        raise StatisticsError(
            "No differences to rank", "wilcoxon", expected="some pairs that differ", got="only zero differences",
            hint="the two variables are the same",
        )  # fmt: skip
    ranks = stats.rankdata(np.abs(nonzero))
    positive = float(ranks[nonzero > 0].sum())
    found = stats.wilcoxon(
        differences, zero_method="wilcox", correction=continuity, alternative="two-sided", method="asymptotic", axis=0,
        nan_policy="raise",
    )  # fmt: skip
    whole = n * (n + 1) / 2
    smaller = float(found.statistic)
    spread = math.sqrt(n * (n + 1) * (2 * n + 1) / 24 - _tie_sum(np.abs(nonzero)) / 48)
    z = math.copysign(_corrected(whole / 2 - smaller, 0.5 if continuity else 0.0, spread), positive - whole / 2)
    effect = intervals.signed_rank(2 * positive / whole - 1, n, level)
    details = {"z": z, "nonzero": float(n), "zeros": float(differences.shape[0] - n)}
    tail = tails.normal_two_sided(z)
    return outcome("wilcoxon", "W", positive, (), tail, effect, differences.shape[0], label("scipy"), details=details)


def kruskal_wallis(y: Any, group: Any, *, level: float = 0.95) -> TestResult:
    """Kruskal-Wallis H with correction for ties; effect epsilon squared, interval by the noncentral chi-square."""
    import pandas as pd

    samples, names = grouped("kruskal_wallis", y, group)
    together = np.concatenate(samples)
    if np.ptp(together) == 0:
        # the library divides by a variance of zero
        tail = tails.Tail(math.nan, math.nan)
        return outcome("kruskal_wallis", "H", math.nan, (), tail, _scaled("epsilon squared", math.nan, 1, 1, level),
                       len(together), label("pingouin"))  # fmt: skip
    frame = pd.DataFrame({"y": together, "g": np.repeat(names, [len(one) for one in samples])})
    with pingouin() as pg:
        figures = translate("kruskal", pg.kruskal(data=frame, dv="y", between="g", detailed=False))
    h, df, n = float(figures["statistic"]), float(figures["df"]), len(frame)
    effect = _scaled("epsilon squared", h, df, 1 / (n - 1), level)
    return outcome("kruskal_wallis", "H", h, (df,), tails.chi_square(h, df), effect, n, label("pingouin"))


def _scaled(name: str, chi2: float, df: float, factor: float, level: float) -> Effect:
    if not math.isfinite(chi2):
        return Effect(name, math.nan, math.nan, math.nan, "")
    low, high = intervals.chi_square_noncentrality(chi2, df, level)
    return Effect(
        name, chi2 * factor, min(1.0, low * factor), min(1.0, high * factor), f"noncentral chi-square, {level:.0%}"
    )


def friedman(*items: Any, level: float = 0.95) -> TestResult:
    """Friedman's chi-square over two or more variables of the same respondents; effect Kendall's W."""
    columns = _items("friedman", items)
    with pingouin() as pg:
        table = pg.friedman(data=_wide(columns), dv=None, within=None, subject=None, method="chisq")
    figures = translate("friedman", table)
    q, df, n = float(figures["statistic"]), float(figures["df"]), columns[0].shape[0]
    effect = _scaled("Kendall's W", q, df, 1 / (n * (len(columns) - 1)), level)
    return outcome("friedman", "Q", q, (df,), tails.chi_square(q, df), effect, n, label("pingouin"))


def cochran_q(*items: Any, level: float = 0.95) -> TestResult:
    """Cochran's Q over two or more 0/1 variables of the same respondents; effect eta squared of Q, Q / (n (k - 1))."""
    columns = binary("cochran_q", *_items("cochran_q", items), smallest=3)
    with pingouin() as pg:
        figures = translate("cochran", pg.cochran(data=_wide(columns), dv=None, within=None, subject=None))
    q, df, n = float(figures["statistic"]), float(figures["df"]), columns[0].shape[0]
    effect = _scaled("eta squared of Q", q, df, 1 / (n * (len(columns) - 1)), level)
    return outcome("cochran_q", "Q", q, (df,), tails.chi_square(q, df), effect, n, label("pingouin"))


def _items(test: str, items: tuple[Any, ...]) -> list[FloatArray]:
    columns = items
    if len(items) == 1 and np.ndim(items[0]) == 2:
        columns = tuple(np.asarray(items[0], dtype=np.float64).T)
    if len(columns) < 2:
        raise StatisticsError("Too few variables", test, expected="two or more aligned columns", got=str(len(columns)))
    return complete(test, *columns)


def _wide(columns: list[FloatArray]) -> Any:
    import pandas as pd

    # Zero-padded names keep the order of the columns when the library sorts them.
    return pd.DataFrame({f"item{place:03d}": column for place, column in enumerate(columns)})
