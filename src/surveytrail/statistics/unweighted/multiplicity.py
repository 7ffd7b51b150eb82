"""Correction of p-values within one family of tests, by statsmodels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.errors import StatisticsError

Correction = Literal["none", "bonferroni", "holm", "hochberg", "benjamini_hochberg", "benjamini_yekutieli"]

_METHODS = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "benjamini_hochberg": "fdr_bh",
    "benjamini_yekutieli": "fdr_by",
}


def adjust(p_values: Sequence[float], method: Correction) -> FloatArray:
    """Adjust the p-values of one family.

    Parameters
    ----------
    p_values: (m,) of all tests in the family; NaN (a test that was not defined) stays NaN and does not count.
    method: `holm`, `benjamini_hochberg`, ... or `none`, which must be asked for by name.

    Returns (m,) adjusted p-values in the same order. Errors: StatisticsError for an unknown method or p outside 0..1.
    """
    values = np.asarray(list(p_values), dtype=np.float64)
    known = np.isfinite(values)
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise StatisticsError(
            "Not p-values", expected="numbers from 0 to 1", got=f"{values[known].min():g} to {values[known].max():g}"
        )
    if method == "none":
        return values
    if method not in _METHODS:
        raise StatisticsError(
            "Unknown correction for multiple tests", got=repr(method), expected=", ".join(["none", *_METHODS]),
            hint="choose one of these",
        )  # fmt: skip
    adjusted = np.full_like(values, np.nan)
    if known.any():
        from statsmodels.stats.multitest import multipletests

        adjusted[known] = multipletests(
            values[known], alpha=0.05, method=_METHODS[method], maxiter=1, is_sorted=False, returnsorted=False
        )[1]
    return adjusted
