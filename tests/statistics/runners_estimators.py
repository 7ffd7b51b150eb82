"""Computes the reference cases of the estimators: means, totals, ratios, quantiles, intervals, domains, contrasts."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from surveytrail.statistics import estimators
from surveytrail.statistics.design import ReplicateDesign
from surveytrail.statistics.estimates import t_quantile
from surveytrail.statistics.intervals import proportion_interval
from tests.statistics.conformance import (
    CLOSED_FORM,
    DELIBERATE,
    ITERATIVE,
    Case,
    Deliberate,
    Figures,
    Unsupported,
    runner,
)
from tests.statistics.reference import Reference


def columns_of(frame: pd.DataFrame, variables: str | list[str]) -> np.ndarray:
    """(n, k) numbers; a factor becomes one 0/1 column per category, NaN where it is missing."""
    blocks = []
    for variable in [variables] if isinstance(variables, str) else variables:
        if variable == "1":
            blocks.append(np.ones((len(frame), 1)))
        elif isinstance(frame[variable].dtype, pd.CategoricalDtype):
            codes = frame[variable].cat.codes.to_numpy()
            dummies = (codes[:, None] == np.arange(len(frame[variable].cat.categories))).astype(float)
            dummies[codes < 0] = np.nan
            blocks.append(dummies)
        else:
            blocks.append(frame[variable].to_numpy(float)[:, None])
    return np.concatenate(blocks, axis=1)


def where(frame: pd.DataFrame, condition: str) -> np.ndarray:
    """Rows that meet an R condition of the simple kind used in the cases."""
    plain = frame.astype({c: object for c in frame.columns if isinstance(frame[c].dtype, pd.CategoricalDtype)})
    return plain.eval(condition).to_numpy(bool)


def domains_by(frame: pd.DataFrame, variables: list[str]) -> np.ndarray:
    """(n, d) the groups with respondents, the first variable changing fastest."""
    codes = [pd.Categorical(frame[v]).codes.astype(int) for v in variables]
    masks = []
    for level in np.ndindex(*[c.max() + 1 for c in reversed(codes)]):
        mask = np.all([c == value for c, value in zip(reversed(codes), level, strict=True)], axis=0)
        if mask.any():
            masks.append(mask)
    return np.column_stack(masks)


def intervals(value: np.ndarray, se: np.ndarray, df: float, level: float = 0.95) -> dict[str, np.ndarray]:
    half, normal = t_quantile(level, df) * se, t_quantile(level, math.inf) * se
    return {
        "ci_lower": value - half, "ci_upper": value + half,
        "ci_z_lower": value - normal, "ci_z_upper": value + normal, "cv": se / value,
    }  # fmt: skip


@runner("mean", "total", "ratio", "deff", "missing", "lonely_psu", "replicate")
def smooth(case: Case, reference: Reference) -> Figures:
    inputs, frame, design = case["inputs"], reference.frame(case["dataset"]), reference.design(case["design"])
    if inputs.get("adjust_domain_lonely"):
        design = replace(design, single_unit_in_domains=True)
    if inputs.get("where"):
        design = design.subset(where(frame, inputs["where"]))
    y = columns_of(frame, inputs["y"])
    extra: dict[str, Any] = {"covariance": "vcov" in case}
    if inputs["estimator"] == "ratio":
        result = estimators.ratio(design, y, columns_of(frame, inputs["x"]), **extra)
    else:
        extra["design_effect"] = inputs.get("deff")
        result = getattr(estimators, inputs["estimator"])(design, y, **extra)
    value, se = result.value[:, 0], result.standard_error[:, 0]
    full = reference.design(case["design"])
    df = float((design if "df_full" in case else full).degrees_of_freedom)
    figures = {"value": value, "se": se, "df": df, **intervals(value, se, df)}
    if result.design_effect is not None:
        figures["deff"] = result.design_effect[:, 0]
    if result.covariance is not None:
        figures["vcov"] = result.covariance
    return figures


DELIBERATE["extreme_share"] = Deliberate(
    "a share of 0 or 1 gets Korn-Graubard limits from the number of respondents; R gives NaN or an interval of no width",
    math.inf,
)
DELIBERATE["exact_profile"] = Deliberate(
    "profile-likelihood limits are solved exactly; R interpolates a coarse grid around an unconverged fit", 2e-3
)
DELIBERATE["extreme_replicates"] = Deliberate(
    "a share of 0 or 1 in some replicates: delta method instead of infinite log odds cut off where R's fit stops",
    math.inf,
)


def _proportion_tolerance(case: Case, name: str) -> float:
    """R fits `logit` and `likelihood` iteratively and stops at 1e-8."""
    return ITERATIVE if case["inputs"]["method"] in ("logit", "likelihood") else CLOSED_FORM


@runner("ciprop", "ciprop_rep", tolerance=_proportion_tolerance)
def proportion(case: Case, reference: Reference) -> Figures:
    inputs, design = case["inputs"], reference.design(case["design"])
    shares = estimators.mean(design, columns_of(reference.frame(case["dataset"]), inputs["y"]))
    interval, warnings = proportion_interval(
        design, shares, inputs["method"], inputs["ci_level"], df="design", cap_effective_n=False
    )
    key = "exact_profile" if inputs["method"] == "likelihood" else ""
    for warning, reason in (
        ("delta_method", "extreme_replicates"), ("no_success", "extreme_share"), ("all_success", "extreme_share"),
    ):  # fmt: skip
        key = reason if warning in warnings.get((0, 0), ()) else key
    figures = ("value", "ci_lower", "ci_upper") if key == "extreme_share" else ("ci_lower", "ci_upper")
    return {
        "value": shares.value, "se": shares.standard_error, "df": shares.design_degrees_of_freedom,
        "ci_lower": interval.lower, "ci_upper": interval.upper, "deliberate": dict.fromkeys(figures, key) if key else {},
    }  # fmt: skip
