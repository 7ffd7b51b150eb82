"""Comparisons of means: t tests, analysis of variance, equivalence, and the checks of their assumptions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

from surveytrail.statistics import tails
from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.unweighted import effect_intervals as intervals
from surveytrail.statistics.unweighted.effect_intervals import NO_EFFECT, Effect
from surveytrail.statistics.unweighted.libraries import label, pingouin, translate
from surveytrail.statistics.unweighted.samples import complete, grouped, outcome


def t_one_sample(y: Any, *, mean: float = 0.0, level: float = 0.95) -> TestResult:
    """One-sample t test against `mean`; effect Cohen's d with a noncentral t interval."""
    (values,) = complete("t_one_sample", y)
    return _single("t_one_sample", values, mean, "Cohen's d", level, float(np.abs(values).max()))


def t_paired(y: Any, other: Any, *, level: float = 0.95) -> TestResult:
    """Paired t test of mean(y - other); effect Cohen's dz with a noncentral t interval."""
    first, second = complete("t_paired", y, other)
    scale = float(max(np.abs(first).max(), np.abs(second).max()))
    return _single("t_paired", first - second, 0.0, "Cohen's dz", level, scale)


def _is_rounding(error: float, scale: float) -> bool:
    """Say whether a standard error is no more than rounding leaves of constant values (as R's t.test decides)."""
    return error <= 10 * float(np.finfo(np.float64).eps) * scale


def _single(test: str, values: FloatArray, mean: float, name: str, level: float, scale: float) -> TestResult:
    """Test a mean; `scale` is the largest value that went into the differences, for what rounding leaves of zero."""
    n, spread = values.shape[0], float(values.std(ddof=1))
    if _is_rounding(spread / math.sqrt(n), scale):
        nothing = Effect(name, math.nan, math.nan, math.nan, "")
        return outcome(test, "t", math.nan, (n - 1,), tails.t_two_sided(math.nan, n - 1), nothing, n, label("pingouin"))
    with pingouin() as pg:
        table = pg.ttest(
            x=values, y=mean, paired=False, alternative="two-sided", correction=False, r=0.707, confidence=level
        )
    figures = translate("ttest", table)
    t, df = float(figures["statistic"]), float(figures["df"])
    difference = float(values.mean()) - mean
    lower, upper = (limit / math.sqrt(n) for limit in intervals.t_noncentrality(t, df, level))
    effect = Effect(name, difference / spread, lower, upper, f"noncentral t, {level:.0%}")
    details = _difference(difference, spread / math.sqrt(n), df, level)
    return outcome(test, "t", t, (df,), tails.t_two_sided(t, df), effect, n, label("pingouin"), details=details)


def _difference(difference: float, error: float, df: float, level: float) -> dict[str, float]:
    half = float(stats.t.isf((1 - level) / 2, df)) * error
    return {
        "difference": difference, "standard_error": error, "difference_lower": difference - half,
        "difference_upper": difference + half,
    }  # fmt: skip


def t_welch(y: Any, group: Any, *, level: float = 0.95) -> TestResult:
    """Welch's t test, second group minus first; effect Cohen's d (pooled SD), normal interval (Hedges & Olkin 1985)."""
    return _two("t_welch", y, group, level, welch=True)


def t_student(y: Any, group: Any, *, level: float = 0.95) -> TestResult:
    """Student's t test, second group minus first; effect Cohen's d (pooled SD) with a noncentral t interval."""
    return _two("t_student", y, group, level, welch=False)


def _two(test: str, y: Any, group: Any, level: float, *, welch: bool) -> TestResult:
    (low, high), _ = grouped(test, y, group, count=2)
    n1, n2 = high.shape[0], low.shape[0]
    error = math.sqrt(high.var(ddof=1) / n1 + low.var(ddof=1) / n2)
    if _is_rounding(error, float(max(np.abs(low).max(), np.abs(high).max()))):
        nothing = Effect("Cohen's d", math.nan, math.nan, math.nan, "")
        return outcome(test, "t", math.nan, (), tails.Tail(math.nan, math.nan), nothing, n1 + n2, label("pingouin"))
    with pingouin() as pg:
        table = pg.ttest(
            x=high, y=low, paired=False, alternative="two-sided", correction=welch, r=0.707, confidence=level
        )
    figures = translate("ttest", table)
    t, df = float(figures["statistic"]), float(figures["df"])
    pooled = math.sqrt(((n1 - 1) * high.var(ddof=1) + (n2 - 1) * low.var(ddof=1)) / (n1 + n2 - 2))
    difference = float(high.mean() - low.mean())
    d = difference / pooled
    scale = math.sqrt(1 / n1 + 1 / n2)
    if welch:
        half = intervals.normal_quantile(level) * math.sqrt(1 / n1 + 1 / n2 + d * d / (2 * (n1 + n2)))
        limits, method = (d - half, d + half), f"normal (Hedges & Olkin), {level:.0%}"
    else:
        lower, upper = intervals.t_noncentrality(t, df, level)
        limits, method = (lower * scale, upper * scale), f"noncentral t, {level:.0%}"
    details = {
        **_difference(difference, error if welch else pooled * scale, df, level),
        "hedges_g": d * (1 - 3 / (4 * (n1 + n2) - 9)),
        "mean_first": float(low.mean()), "mean_second": float(high.mean()),
    }  # fmt: skip
    effect = Effect("Cohen's d", d, *limits, method)
    return outcome(test, "t", t, (df,), tails.t_two_sided(t, df), effect, n1 + n2, label("pingouin"), details=details)


def _frame(samples: list[FloatArray], names: list[str]) -> Any:
    import pandas as pd

    return pd.DataFrame({"y": np.concatenate(samples), "g": np.repeat(names, [len(sample) for sample in samples])})


def _eta_square(f: float, df1: float, df2: float, level: float) -> Effect:
    """Eta squared of an F statistic with the interval of its noncentrality (Steiger 2004)."""
    low, high = intervals.f_noncentrality(f, df1, df2, level)
    size = df1 + df2 + 1
    value = f * df1 / (f * df1 + df2)
    return Effect("eta squared", value, low / (low + size), high / (high + size), f"noncentral F, {level:.0%}")


def anova(y: Any, group: Any, *, level: float = 0.95) -> TestResult:
    """One-way analysis of variance (type II sums of squares); effect eta squared with a noncentral F interval."""
    samples, names = grouped("anova", y, group)
    with pingouin() as pg:
        table = pg.anova(data=_frame(samples, names), dv="y", between="g", ss_type=2, detailed=True, effsize="np2")
    between, within = translate("anova", table, 0), translate("anova", table, 1)
    f, df1, df2 = (float(value) for value in (between["statistic"], between["df"], within["df"]))
    total = between["sum_of_squares"] + within["sum_of_squares"]
    error = within["sum_of_squares"] / df2
    details = {"omega_squared": float((between["sum_of_squares"] - df1 * error) / (total + error))}
    tail, effect = tails.f_distribution(f, df1, df2), _eta_square(f, df1, df2, level)
    n = sum(len(sample) for sample in samples)
    return outcome("anova", "F", f, (df1, df2), tail, effect, n, label("pingouin"), details=details)


def welch_anova(y: Any, group: Any, *, level: float = 0.95) -> TestResult:
    """Welch's analysis of variance; effect eta squared of Welch's F with its df, interval likewise (approximate)."""
    samples, names = grouped("welch_anova", y, group)
    with pingouin() as pg:
        figures = translate("welch_anova", pg.welch_anova(data=_frame(samples, names), dv="y", between="g"))
    f, df1, df2 = (float(figures[key]) for key in ("statistic", "df", "df_denominator"))
    tail, effect = tails.f_distribution(f, df1, df2), _eta_square(f, df1, df2, level)
    n = sum(len(sample) for sample in samples)
    return outcome("welch_anova", "F", f, (df1, df2), tail, effect, n, label("pingouin"))


def bartlett(y: Any, group: Any) -> TestResult:
    """Bartlett's test of equal variances (sensitive to non-normality)."""
    return _variances("bartlett", "chi2", y, group)


def levene(y: Any, group: Any) -> TestResult:
    """Levene's test of equal variances around the medians (Brown & Forsythe)."""
    return _variances("levene", "F", y, group)


def _variances(method: str, letter: str, y: Any, group: Any) -> TestResult:
    samples, names = grouped(method, y, group)
    options = {"center": "median"} if method == "levene" else {}
    with pingouin() as pg:
        table = pg.homoscedasticity(
            data=_frame(samples, names), dv="y", group="g", method=method, alpha=0.05, **options
        )
    key = "homoscedasticity.levene" if method == "levene" else "homoscedasticity"
    statistic = float(translate(key, table)["statistic"])
    n, k = sum(len(sample) for sample in samples), len(samples)
    df: tuple[float, ...] = (k - 1.0,) if method == "bartlett" else (k - 1.0, float(n - k))
    tail = tails.chi_square(statistic, df[0]) if method == "bartlett" else tails.f_distribution(statistic, *df)
    return outcome(method, letter, statistic, df, tail, NO_EFFECT, n, label("pingouin"))


def shapiro(y: Any) -> TestResult:
    """Shapiro-Wilk test of normality; above 5000 values its p-value is only approximate, and it says so."""
    (values,) = complete("shapiro", y)
    with pingouin() as pg:
        figures = translate("normality", pg.normality(values, method="shapiro", alpha=0.05))
    p = float(figures["p"])
    warnings = ("more than 5000 values: the p-value is approximate",) if len(values) > 5000 else ()
    tail = tails.Tail(p, math.log(p) if p > 0 else -math.inf)
    return outcome(
        "shapiro", "W", float(figures["statistic"]), (), tail, NO_EFFECT, len(values), label("pingouin"), warnings
    )


def tost_mean(y: Any, *, mean: float = 0.0, bound: float, level: float = 0.95) -> TestResult:
    """Equivalence of a mean with `mean` within `bound`: two one-sided t tests (Schuirmann 1987).

    For pairs pass the differences. The effect is the difference from `mean` with its interval at ``2 * level - 1``: the
    mean is equivalent at ``1 - level`` exactly when this interval lies within the bounds.
    """
    (values,) = complete("tost_mean", y)
    n = len(values)
    error = float(values.std(ddof=1)) / math.sqrt(n)
    difference, df = float(values.mean()) - mean, float(n - 1)
    if error == 0:
        return outcome("tost_mean", "t", math.nan, (df,), tails.Tail(math.nan, math.nan), NO_EFFECT, n, "scipy")
    # The binding one-sided test is that against the nearer bound; pingouin reports its p but not its statistic.
    statistic = (bound - abs(difference)) / error
    half = float(stats.t.isf(1 - level, df)) * error
    effect = Effect("difference", difference, difference - half, difference + half, f"t, {2 * level - 1:.0%}")
    return outcome(
        "tost_mean", "t", statistic, (df,), tails.t_upper(statistic, df), effect, n, label("scipy"),
        details={"bound": bound},
    )  # fmt: skip


def tukey(y: Any, group: Any, *, level: float = 0.95) -> tuple[TestResult, ...]:
    """All pairwise differences of group means with Tukey's correction; each effect is a difference, later - earlier."""
    samples, names = grouped("tukey", y, group)
    places = [f"{place:03d}" for place in range(len(names))]
    with pingouin() as pg:
        table = pg.pairwise_tukey(data=_frame(samples, places), dv="y", between="g", effsize="none")
    n, k = sum(len(sample) for sample in samples), len(samples)
    margin = float(stats.studentized_range.isf(1 - level, k, n - k)) / math.sqrt(2)
    results = []
    for row in range(len(table)):
        figures = translate("pairwise_tukey", table, row)
        earlier, later = (names[int(str(figures[key]))] for key in ("first", "second"))
        difference, half = -float(figures["difference"]), margin * float(figures["standard_error"])
        effect = Effect("difference", difference, difference - half, difference + half, f"Tukey, {level:.0%}")
        p = float(figures["p"])
        tail = tails.Tail(p, math.log(p) if p > 0 else -math.inf)
        statistic, df = -float(figures["statistic"]), (float(n - k),)
        results.append(outcome(f"tukey, {later} - {earlier}", "t", statistic, df, tail, effect, n, label("pingouin")))
    return tuple(results)
