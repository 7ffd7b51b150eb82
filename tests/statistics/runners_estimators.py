"""Computes the reference cases of the estimators: means, totals, ratios, quantiles, intervals, domains, contrasts."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pandas as pd

from surveytrail.statistics import estimators
from surveytrail.statistics.arrays import combine_codes
from surveytrail.statistics.contrasts import linear_contrasts, smooth_contrast
from surveytrail.statistics.estimates import t_quantile
from surveytrail.statistics.intervals import proportion_interval
from surveytrail.statistics.quantiles import quantiles
from surveytrail.statistics.scales import cronbach_alpha, kappa
from surveytrail.statistics.standardisation import standardised_design
from surveytrail.statistics.weighting.diagnostics import kish_design_effect
from tests.statistics.conformance import (
    CLOSED_FORM,
    DELIBERATE,
    ITERATIVE,
    Case,
    Deliberate,
    Figures,
    runner,
)
from tests.statistics.preparing import prepared
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
    with np.errstate(divide="ignore", invalid="ignore"):
        variation = se / value
    return {
        "ci_lower": value - half, "ci_upper": value + half,
        "ci_z_lower": value - normal, "ci_z_upper": value + normal, "cv": variation,
    }  # fmt: skip


@runner("mean", "total", "ratio", "deff", "missing", "lonely_psu", "replicate")
def smooth(case: Case, reference: Reference) -> Figures:
    inputs, frame, design = case["inputs"], reference.frame(case["dataset"]), prepared(case, reference)
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
    "a share of 0 or 1 gets Korn-Graubard limits from the number of respondents; R gives NaN or no width",
    math.inf,
)
DELIBERATE["exact_profile"] = Deliberate(
    "profile-likelihood limits are solved exactly; R interpolates a coarse grid around an unconverged fit", 1e-2
)
DELIBERATE["profile_rescaled"] = Deliberate(
    "with missing values R's profile scales weights to mean 1 among complete rows, its information among all rows", 0.03
)
DELIBERATE["arcsine_range"] = Deliberate(
    "the arcsine interval stops at 0 and 1, where R's sine turns back into the range", math.inf
)
DELIBERATE["fixed_share"] = Deliberate(
    "a share that the design fixes has no sampling error: both limits are the share; R gives 0.5 or NaN", math.inf
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
    inputs, design = case["inputs"], prepared(case, reference)
    y = columns_of(reference.frame(case["dataset"]), inputs["y"])
    shares = estimators.mean(design, y)
    interval, warnings = proportion_interval(
        design, shares, inputs["method"], inputs["ci_level"], df="design", cap_effective_n=False
    )
    key = ""
    if inputs["method"] == "likelihood":
        key = "profile_rescaled" if np.isnan(y).any() else "exact_profile"
    if inputs["method"] == "asin" and (interval.lower[0, 0] == 0 or interval.upper[0, 0] == 1):
        key = "arcsine_range"
    for warning, reason in (
        ("delta_method", "extreme_replicates"), ("no_success", "extreme_share"), ("all_success", "extreme_share"),
        ("fixed_share", "fixed_share"),
    ):  # fmt: skip
        key = reason if warning in warnings.get((0, 0), ()) else key
    figures = ("value", "ci_lower", "ci_upper") if key == "extreme_share" else ("ci_lower", "ci_upper")
    return {
        "value": shares.value, "se": shares.standard_error, "df": shares.design_degrees_of_freedom,
        "ci_lower": interval.lower, "ci_upper": interval.upper,
        "deliberate": dict.fromkeys(figures, key) if key else {},
    }  # fmt: skip


DELIBERATE["tie"] = Deliberate(
    "the distribution function meets p exactly: the quantile is the value there, as for unweighted data; "
    "in R rounding in the last bit decides between it and the next value",
    math.inf,
)
DELIBERATE["top_answer"] = Deliberate(
    "hf4 at a share of exactly 1 is the largest answer; R divides 0 by 0 there", math.inf
)
DELIBERATE["score_interval"] = Deliberate(
    "the limits are the values at which the test rejects; R takes the unweighted share below each as a weighted one",
    math.inf,
)
_RULES = {"math": "hf1", "school": "hf2"}


@runner("quantile", "quantile_rep")
def quantile(case: Case, reference: Reference) -> Figures:
    inputs, design = case["inputs"], prepared(case, reference)
    y = columns_of(reference.frame(case["dataset"]), inputs["y"])
    rule = _RULES.get(inputs["qrule"], inputs["qrule"])
    result = quantiles(
        design, y, inputs["p"], rule=rule, ties="row_order", interval=inputs["interval"], level=inputs["ci_level"],
        cap_effective_n=False,
    )  # fmt: skip
    deliberate = {}
    if rule in ("hf1", "hf2") and np.ptp(design.weights) == 0:
        deliberate = dict.fromkeys(("value", "ci_lower", "ci_upper", "se"), "tie")
    if rule == "hf4" and (result.value == np.nanmax(y)).any():
        deliberate = dict.fromkeys(("ci_lower", "ci_upper", "se"), "top_answer")
    if inputs["interval"] == "score":
        deliberate |= dict.fromkeys(("ci_lower", "ci_upper", "se"), "score_interval")
    return {
        "value": result.value[0, 0], "ci_lower": result.lower[0, 0], "ci_upper": result.upper[0, 0],
        "se": result.standard_error[0, 0], "df": design.degrees_of_freedom, "deliberate": deliberate,
    }  # fmt: skip


@runner("domain")
def domain(case: Case, reference: Reference) -> Figures:
    inputs, frame, design = case["inputs"], reference.frame(case["dataset"]), prepared(case, reference)
    if "by" not in inputs:
        return {**smooth(case, reference), "df_full": reference.design(case["design"]).degrees_of_freedom}
    masks = domains_by(frame, inputs["by"])
    result = getattr(estimators, inputs["estimator"])(design, columns_of(frame, inputs["y"]), masks)
    value, se = result.value.ravel(), result.standard_error.ravel()
    df = result.degrees_of_freedom.ravel()
    half = t_quantile(0.95, df) * se
    whole = result.design_degrees_of_freedom
    return {
        "value": value, "se": se, "df": whole, "domain_df": df, **intervals(value, se, whole),
        "ci_domdf_lower": value - half, "ci_domdf_upper": value + half,
    }  # fmt: skip


@runner("var", "corr")
def second_moments(case: Case, reference: Reference) -> Figures:
    frame, design, y = reference.frame(case["dataset"]), prepared(case, reference), case["inputs"]["y"]
    if case["group"] == "var":
        result = estimators.variance(design, columns_of(frame, y))
        return {"value": result.value, "se": result.standard_error}
    x, z = (columns_of(frame, name) for name in y)
    return {"value": estimators.correlation(design, x, z).value, "cov": estimators.covariance(design, x, z).value}


@runner("contrast")
def contrast(case: Case, reference: Reference) -> Figures:
    inputs, frame, design = case["inputs"], reference.frame(case["dataset"]), prepared(case, reference)
    kind = inputs["estimator"]
    if kind == "standardized_mean":
        return _standardised(inputs, frame, design)
    names = inputs["y"] if "y" in inputs else sorted(set(re.findall(r"[a-z]\w*(?!\w*\()", inputs["expr"])))
    masks = domains_by(frame, [inputs["by"]]) if kind == "domain_contrast" else None
    means = estimators.mean(design, columns_of(frame, names), masks, covariance=True)
    if kind == "nl_contrast":
        code = compile(inputs["expr"].replace("^", "**"), "R expression", "eval")
        functions = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt}
        result = smooth_contrast(means.value, means.covariance, lambda p: eval(code, functions, dict(zip(names, p))))  # noqa: B905
    else:
        result = linear_contrasts(means.value, means.covariance, inputs["coef"])
    df = design.degrees_of_freedom
    return {"value": result.value, "se": result.standard_error, "df": df,
            **intervals(result.value, result.standard_error, df)}  # fmt: skip


def _standardised(inputs: Case, frame: pd.DataFrame, design: Any) -> Figures:
    y = columns_of(frame, inputs["y"])
    codes = [pd.Categorical(frame[v]).codes.astype(np.int64) for v in (*inputs["by"], inputs["std_by"])]
    over = combine_codes(codes[:-1])
    adjusted = standardised_design(design, codes[-1], np.asarray(inputs["pop"], float), over, ~np.isnan(y[:, 0]))
    result = estimators.mean(adjusted, y, domains_by(frame, inputs["by"]))
    return {"value": result.value, "se": result.standard_error}


@runner("scale", "kish")
def scale_and_kish(case: Case, reference: Reference) -> Figures:
    inputs, frame, design = case["inputs"], reference.frame(case["dataset"]), prepared(case, reference)
    if case["group"] == "kish":
        weights = frame[inputs["w"]].to_numpy(float)
        if "by" not in inputs:
            effect = kish_design_effect(weights)
            return {"value": effect, "n_eff": weights.size / effect}
        return {"value": [kish_design_effect(weights[mask]) for mask in domains_by(frame, [inputs["by"]]).T]}
    if inputs["estimator"] == "cronbach_alpha":
        return {"value": cronbach_alpha(design, columns_of(frame, inputs["y"])).value}
    first, second = (pd.Categorical(frame[v]).codes.astype(np.int64) for v in inputs["y"])
    result = kappa(design, first, second)
    return {"value": result.value, "se": result.standard_error}
