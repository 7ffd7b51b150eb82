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
from tests.statistics.conformance import Case, Figures, Unsupported, runner
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
