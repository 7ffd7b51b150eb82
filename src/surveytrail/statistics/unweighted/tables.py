"""Tests of counts: independence of two categories, paired shares, one share against a value or a range of values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

from surveytrail.statistics import tails
from surveytrail.statistics.categories import code_levels
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.unweighted import effect_intervals as intervals
from surveytrail.statistics.unweighted.effect_intervals import Effect
from surveytrail.statistics.unweighted.libraries import label, pingouin, translate
from surveytrail.statistics.unweighted.samples import binary, outcome


def chi_square(row: Any, column: Any, *, correction: bool = False, level: float = 0.95) -> TestResult:
    """Pearson's chi-square test of independence of two categorical variables (n,); None and NaN are missing.

    `correction` applies Yates' correction to 2 x 2 tables. The effect is Cramér's V of the statistic, its interval by
    the noncentral chi-square. `details` hold the smallest expected count.
    """
    import pandas as pd

    if np.shape(row) != np.shape(column):
        raise StatisticsError("Columns of different length", "chi_square", expected="aligned columns")
    pair = [code_levels(values)[0] for values in (row, column)]
    known = (pair[0] >= 0) & (pair[1] >= 0)
    frame = pd.DataFrame({"row": pair[0][known], "column": pair[1][known]})
    shape = frame["row"].nunique(), frame["column"].nunique()
    if min(shape) < 2:
        raise StatisticsError(
            "Too few categories", "chi_square", expected="at least two levels of each variable",
            got=f"a {shape[0]} x {shape[1]} table", hint="likely cause: the filter leaves one category only",
        )  # fmt: skip
    with pingouin() as pg:
        expected, _, table = pg.chi2_independence(data=frame, x="row", y="column", correction=correction)
    figures = translate("chi2_independence", table)  # the first row is Pearson's statistic
    chi2, df, n = float(figures["statistic"]), float(figures["df"]), len(frame)
    smaller = min(shape) - 1
    low, high = intervals.chi_square_noncentrality(chi2, df, level)
    value, lower, upper = (min(1.0, math.sqrt(one / (n * smaller))) for one in (chi2, low, high))
    effect = Effect("Cramér's V", value, lower, upper, f"noncentral chi-square, {level:.0%}")
    least = float(np.min(expected.to_numpy()))
    warnings = (f"expected counts down to {least:.1f}: the chi-square distribution is doubtful",) if least < 5 else ()
    return outcome(
        "chi_square", "chi2", chi2, (df,), tails.chi_square(chi2, df), effect, n, label("pingouin"), warnings,
        {"smallest_expected": least},
    )  # fmt: skip


def mcnemar(first: Any, second: Any, *, correction: bool = True, level: float = 0.95) -> TestResult:
    """McNemar's test of two 0/1 variables of the same respondents; effect the difference of shares, first - second.

    Where as many respondents say only the one as only the other, the statistic is 0 with and without the correction, as
    in R. `details` hold the exact binomial p-value, the discordant counts and their odds ratio.
    """
    import pandas as pd

    x, y = binary("mcnemar", first, second)
    both, only_x = int(((x == 1) & (y == 1)).sum()), int(((x == 1) & (y == 0)).sum())
    only_y, neither = int(((x == 0) & (y == 1)).sum()), int(((x == 0) & (y == 0)).sum())
    effect = intervals.paired_difference(both, only_x, only_y, neither, level)
    details = {
        "first_only": float(only_x), "second_only": float(only_y),
        "odds_ratio": only_x / only_y if only_y else math.inf if only_x else math.nan,
    }  # fmt: skip
    if only_x == only_y:
        said = () if only_x else ("no respondent differs between the two variables",)
        return outcome(
            "mcnemar", "chi2", 0.0, (1.0,), tails.Tail(1.0, 0.0), effect, len(x), label("pingouin"), said,
            {**details, "p_exact": 1.0},
        )  # fmt: skip
    with pingouin() as pg:
        _, table = pg.chi2_mcnemar(data=pd.DataFrame({"x": x, "y": y}), x="x", y="y", correction=correction)
    figures = translate("chi2_mcnemar", table)
    chi2, details["p_exact"] = float(figures["statistic"]), float(figures["p_exact"])
    tail = tails.chi_square(chi2, 1.0)
    return outcome("mcnemar", "chi2", chi2, (1.0,), tail, effect, len(x), label("pingouin"), details=details)


def binomial(y: Any, *, share: float = 0.5, level: float = 0.95) -> TestResult:
    """Exact binomial test of a 0/1 variable against `share` (two-sided by the method of small p-values, as in R).

    The effect is Cohen's h, its interval that of Wilson for the share, carried over. `details` hold the share and its
    Wilson interval. The statistic is the number of successes.
    """
    (values,) = binary("binomial", y)
    count, n = int(values.sum()), len(values)
    p = float(stats.binomtest(count, n, share, alternative="two-sided").pvalue)
    low, high = intervals.wilson(count, n, level)
    limits = intervals.cohen_h(low, share), intervals.cohen_h(high, share)
    effect = Effect("Cohen's h", intervals.cohen_h(count / n, share), *limits, f"Wilson, {level:.0%}")
    details = {"share": count / n, "share_lower": low, "share_upper": high, "reference": share}
    tail = tails.Tail(p, math.log(p) if p > 0 else -math.inf)
    return outcome("binomial", "successes", float(count), (), tail, effect, n, label("scipy"), details=details)


def tost_share(y: Any, *, share: float, bound: float, level: float = 0.95) -> TestResult:
    """Equivalence of the share of a 0/1 variable with `share` within `bound`: two one-sided exact binomial tests.

    The effect is the difference from `share` with the Wilson interval at ``2 * level - 1``. The statistic is the number
    of successes; p is the larger of the two one-sided p-values.
    """
    (values,) = binary("tost_share", y)
    low_bound, high_bound = share - bound, share + bound
    if not 0 <= low_bound < high_bound <= 1:
        raise StatisticsError(
            "Unusable equivalence bounds", expected="bounds between 0 and 1", got=f"{low_bound:g} and {high_bound:g}",
            hint="choose a smaller bound",
        )  # fmt: skip
    count, n = int(values.sum()), len(values)
    above = float(stats.binom.logsf(count - 1, n, low_bound)) if count > 0 else 0.0
    below = float(stats.binom.logcdf(count, n, high_bound))
    log_p = max(above, below)
    low, high = intervals.wilson(count, n, 2 * level - 1)
    effect = Effect("difference", count / n - share, low - share, high - share, f"Wilson, {2 * level - 1:.0%}")
    details = {"share": count / n, "bound": bound, "reference": share}
    tail = tails.Tail(math.exp(log_p), log_p)
    return outcome("tost_share", "successes", float(count), (), tail, effect, n, label("scipy"), details=details)
