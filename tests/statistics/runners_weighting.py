"""Computes the reference cases of weighting: raking, post-stratification, calibration, trimming, nonresponse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from surveytrail.statistics import estimators, weighting
from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.model_matrix import model_matrix, parse_formula
from tests.statistics.conformance import ITERATIVE, Case, Figures, runner
from tests.statistics.reference import Reference

Design = SurveyDesign | ReplicateDesign


def text(column: pd.Series) -> np.ndarray:
    return column.astype(str).to_numpy()


def margins_of(
    inputs: Case, frame: pd.DataFrame, reference: Reference
) -> dict[str, tuple[np.ndarray, dict[str, float]]]:
    """The margins of a raking case, from the case or from the margins of the business survey."""
    if "margins" in inputs:
        return {name: (text(frame[name]), targets) for name, targets in inputs["margins"].items()}
    table = pd.read_csv(reference.root / inputs.get("margins_file", "data/biz_margins.csv"))
    return {
        name: (text(frame[name]), dict(zip(rows["level"], rows["N"].astype(float), strict=True)))
        for name, rows in table.groupby("variable", sort=False)
        if name in inputs.get("vars", ["size", "region", "industry"])
    }


def totals_of(inputs: Case, terms: tuple[str, ...], reference: Reference) -> dict[str, float]:
    """The population totals of a calibration case by column of the model matrix."""
    if "population" in inputs:
        return {name: float(value) for name, value in inputs["population"].items()}
    table = pd.read_csv(reference.root / inputs["margins_file"])
    first = table[table["variable"] == terms[0]]
    totals = {"(Intercept)": float(first["N"].sum())}
    for row in table.itertuples():
        totals[f"{row.variable}{row.level}"] = float(row.N)
    return totals


def adjust(case: Case, reference: Reference) -> Design:
    """Apply the adjustment of a case to its design."""
    inputs, frame, design = case["inputs"], reference.frame(case["dataset"]), reference.design(case["design"])
    method = inputs["method"]
    if method.startswith("rake"):
        # R's rake() sweeps margin means out of the scores; ours uses the exact residual unless told otherwise.
        design, _ = weighting.rake_design(design, margins_of(inputs, frame, reference), residuals="swept")
        if method == "rake_then_trim":
            design, _ = weighting.trim_design(
                design, lower=inputs["lower_x_mean"], upper=inputs["upper_x_mean"], unit="mean", strict=inputs["strict"]
            )
        return design
    if method == "poststratify":
        variables = inputs["cells"] if isinstance(inputs["cells"], list) else [inputs["cells"]]
        columns = [text(frame[name]) for name in variables]
        if "pop" in inputs:
            return weighting.poststratify_design(design, columns[0], inputs["pop"], name=variables[0])[0]
        table = pd.read_csv(reference.root / inputs["pop_file"])
        targets = {tuple(row[:-1]): float(row[-1]) for row in table[[*variables, "Freq"]].itertuples(index=False)}
        return weighting.poststratify_design(design, weighting.cross(columns), targets)[0]
    _, terms = parse_formula(inputs["formula"])
    model = model_matrix(frame, terms)
    totals = totals_of(inputs, terms, reference)
    return weighting.calibrate_design(
        design,
        model.values,
        np.array([totals[name] for name in model.names]),
        names=model.names,
        calibration_distance=inputs["calfun"],
        bounds=tuple(inputs["bounds"]) if inputs.get("bounds") else None,
        cut_adjustments=tuple(inputs["trim"]) if "trim" in inputs else None,
    )[0]


def replicate_fits_stop_early(case: Case, name: str) -> float:
    """R stops raking when the full sample has settled, which leaves single replicates 1e-8 away."""
    return ITERATIVE if case["inputs"]["method"] == "rake" and name.endswith("se") else 1e-9


@runner("weighting", "weighting_rep", tolerance=replicate_fits_stop_early)
def weights(case: Case, reference: Reference) -> Figures:
    frame, design = reference.frame(case["dataset"]), reference.design(case["design"])
    adjusted = adjust(case, reference)
    figures: dict[str, Any] = {"df": float(adjusted.degrees_of_freedom)}
    for key in case["after"]:
        statistic, variable = key.split(".")
        result = getattr(estimators, statistic)(adjusted, frame[variable].to_numpy(float)[:, None])
        figures[f"after.{key}.value"] = result.value[0, 0]
        figures[f"after.{key}.se"] = result.standard_error[0, 0]
    summary = weighting.summarise(adjusted.weights, design.weights)
    figures |= {
        "summary.n": summary.n, "summary.sum": summary.total, "summary.min": summary.minimum,
        "summary.max": summary.maximum, "summary.kish_deff": summary.kish_design_effect,
        "summary.n_eff": summary.effective_n, "summary.g_min": summary.smallest_adjustment,
        "summary.g_max": summary.largest_adjustment,
    }  # fmt: skip
    return figures


@runner("nonresponse")
def nonresponse(case: Case, reference: Reference) -> Figures:
    inputs = case["inputs"]
    frame = reference.frame(inputs["dataset"])
    base, responded = frame[inputs["w"]].to_numpy(float), frame["resp"].to_numpy() == 1
    if "cells" in inputs:
        result = weighting.adjust_by_class(base, responded, frame[inputs["cells"]].to_numpy())
        final = result.weights[responded]
        return {
            "value": [one.response_rate for one in result.classes], "overall": result.response_rate,
            "sum": final.sum(), "min": final.min(), "max": final.max(),
        }  # fmt: skip
    model = model_matrix(frame, parse_formula(inputs["formula"])[1])
    fitted = weighting.adjust_by_propensity(base, responded, model.values, model.names)
    return {
        "value": fitted.coefficients, "phat_min": fitted.propensities.min(), "phat_max": fitted.propensities.max(),
        "ipw_sum": fitted.weights.sum(),
    }  # fmt: skip
