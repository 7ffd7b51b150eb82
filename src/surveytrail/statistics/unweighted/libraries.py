"""The libraries behind the unweighted tests: loaded late, options pinned, result columns translated in one place.

Pingouin names its p column differently from function to function and rounds intervals by default. Here its rounding is
switched off for the length of a call, every option is passed by name, and `COLUMNS` says once which of its columns is
which. P-values are recomputed from the statistic by `tails` (survival functions, with their logarithm); the tests hold
them against the library's own.

The two-sample and signed-rank tests call SciPy directly, which is what Pingouin does too, because Pingouin compares
every value of one sample with every value of the other and runs out of memory at survey sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from typing import Any

from surveytrail.statistics.errors import StatisticsError

# Pingouin function -> our name of a figure -> its column.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "ttest": {"statistic": "T", "df": "dof", "p": "p_val"},
    "kruskal": {"statistic": "H", "df": "ddof1", "p": "p_unc"},
    "friedman": {"statistic": "Q", "df": "ddof1", "p": "p_unc", "effect": "W"},
    "cochran": {"statistic": "Q", "df": "dof", "p": "p_unc"},
    "chi2_mcnemar": {"statistic": "chi2", "df": "dof", "p": "p_approx", "p_exact": "p_exact"},
    "chi2_independence": {"statistic": "chi2", "df": "dof", "p": "pval", "effect": "cramer"},
    "corr": {"statistic": "r", "n": "n", "p": "p_val"},
    "partial_corr": {"statistic": "r", "n": "n", "p": "p_val"},
    "anova": {"statistic": "F", "p": "p_unc", "effect": "np2", "sum_of_squares": "SS", "df": "DF"},
    "welch_anova": {"statistic": "F", "df": "ddof1", "df_denominator": "ddof2", "p": "p_unc", "effect": "np2"},
    "homoscedasticity": {"statistic": "T", "p": "pval"},
    "homoscedasticity.levene": {"statistic": "W", "p": "pval"},
    "normality": {"statistic": "W", "p": "pval"},
    "pairwise_tukey": {
        "first": "A", "second": "B", "difference": "diff", "standard_error": "se", "statistic": "T", "p": "p_tukey",
    },
}  # fmt: skip


@contextmanager
def pingouin() -> Iterator[Any]:
    """Yield the pingouin module with its rounding switched off."""
    import pingouin as library

    kept = dict(library.options)
    library.options["round"] = None
    library.options["round.column.CI95"] = None
    try:
        yield library
    finally:
        library.options.update(kept)


def translate(function: str, table: Any, row: int = 0) -> dict[str, float]:
    """Return the figures of one row of a pingouin result under our names; `function` is a key of `COLUMNS`.

    Errors: StatisticsError when the installed version names its columns differently (figures must never be misread).
    """
    wanted = COLUMNS[function]
    absent = [column for column in wanted.values() if column not in table.columns]
    if absent:
        raise StatisticsError(
            "Unexpected result of a library", f"pingouin.{function}, version {version('pingouin')}",
            expected=f"columns {', '.join(wanted.values())}", got=", ".join(map(str, table.columns)),
            hint="install the version in requirements.lock, or extend the translation table",
        )  # fmt: skip
    return {ours: table[theirs].iloc[row] for ours, theirs in wanted.items()}


@cache
def label(package: str) -> str:
    """Name and version of a package, e.g. ``pingouin 0.7.0``."""
    return f"{package} {version(package)}"
