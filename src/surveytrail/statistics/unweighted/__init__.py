"""Tests without weights: pingouin, SciPy and statsmodels behind one call, every option pinned, one form of result.

``run_test(name, *arrays, **options)`` finds the test by name; the functions can be called directly as well. Weighted
data never come here: weights have no place in the signatures, and `chisquare`, `ttests`, `rank_tests` and `regression`
exist for them. Libraries are imported inside the functions, so importing this package is cheap.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from typing import Any

from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.unweighted import association, bootstrapping, means, ranks, tables
from surveytrail.statistics.unweighted.association import Reliability, cronbach_alpha
from surveytrail.statistics.unweighted.bootstrapping import RankIntervals, bootstrap_ranks, indirect_effect
from surveytrail.statistics.unweighted.means import tukey
from surveytrail.statistics.unweighted.models import ModelResult, coefficient_test, fit_model
from surveytrail.statistics.unweighted.multiplicity import adjust

__all__ = [
    "TESTS", "ModelResult", "RankIntervals", "Reliability", "adjust", "bootstrap_ranks", "coefficient_test",
    "cronbach_alpha", "fit_model", "indirect_effect", "run_test", "tukey",
]  # fmt: skip


def _coefficient(kind: Any) -> Callable[..., TestResult]:
    def test(
        y: Any, predictors: Any, *, coefficient: str, clusters: Any = None, hc3: bool = True, level: float = 0.95
    ) -> TestResult:
        """Fit a model to an outcome and a `ModelMatrix`, and test one coefficient by name."""
        fitted = fit_model(kind, y, predictors, clusters=clusters, hc3=hc3)
        return coefficient_test(fitted, coefficient, level=level)

    return test


# The name in a study's configuration -> the function. The docstring of each says what goes in.
TESTS: dict[str, Callable[..., TestResult]] = {
    "t_one_sample": means.t_one_sample,
    "t_paired": means.t_paired,
    "t_welch": means.t_welch,
    "t_student": means.t_student,
    "anova": means.anova,
    "welch_anova": means.welch_anova,
    "bartlett": means.bartlett,
    "levene": means.levene,
    "shapiro": means.shapiro,
    "tost_mean": means.tost_mean,
    "mann_whitney": ranks.mann_whitney,
    "wilcoxon": ranks.wilcoxon,
    "kruskal_wallis": ranks.kruskal_wallis,
    "friedman": ranks.friedman,
    "cochran_q": ranks.cochran_q,
    "chi_square": tables.chi_square,
    "mcnemar": tables.mcnemar,
    "binomial": tables.binomial,
    "tost_share": tables.tost_share,
    "pearson": association.pearson,
    "spearman": association.spearman,
    "kendall": association.kendall,
    "partial_spearman": association.partial_spearman,
    "indirect_effect": bootstrapping.indirect_effect,
    "ols": _coefficient("ols"),
    "logit": _coefficient("logit"),
    "ordinal_logit": _coefficient("ordinal_logit"),
    "gee_logit": _coefficient("gee_logit"),
}


def run_test(name: str, *arrays: Any, **options: Any) -> TestResult:
    """Run a test by name.

    Parameters
    ----------
    name: a key of `TESTS`.
    arrays: the data, aligned columns (n,) with NaN (or None for categories) where a value is missing; rows that are not
        complete are left out.
    options: those of the test, by name.

    Errors: StatisticsError for an unknown test or option, and for data that the test cannot take.
    """
    if name not in TESTS:
        close = difflib.get_close_matches(name, TESTS, n=1)
        raise StatisticsError(
            "Unknown test", f"`{name}`", expected=", ".join(sorted(TESTS)), got=repr(name),
            hint=f"did you mean {close[0]}?" if close else "choose one of these",
        )  # fmt: skip
    function = TESTS[name]
    parameters = inspect.signature(function).parameters
    allowed = [key for key, parameter in parameters.items() if parameter.kind is parameter.KEYWORD_ONLY]
    unknown = [key for key in options if key not in allowed]
    missing = [key for key in allowed if parameters[key].default is inspect.Parameter.empty and key not in options]
    if unknown or missing:
        raise StatisticsError(
            "Wrong options", f"test `{name}`", expected=", ".join(allowed) or "no options",
            got=f"unknown: {', '.join(unknown)}" if unknown else f"missing: {', '.join(missing)}",
            hint="correct the options of this test",
        )  # fmt: skip
    needed = [p for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty]
    open_ended = any(p.kind is p.VAR_POSITIONAL for p in parameters.values())
    most = sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters.values())
    if len(arrays) < len(needed) or (len(arrays) > most and not open_ended):
        raise StatisticsError(
            "Wrong number of variables", f"test `{name}`", expected=", ".join(p.name for p in needed) or "items",
            got=f"{len(arrays)} columns", hint="name the variables that this test compares",
        )  # fmt: skip
    return function(*arrays, **options)
