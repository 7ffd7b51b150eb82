"""Computes the reference cases of weighting: raking, post-stratification, calibration, trimming, nonresponse."""

from __future__ import annotations

from typing import Any

from surveytrail.statistics import estimators, weighting
from surveytrail.statistics.design import ReplicateDesign
from surveytrail.statistics.model_matrix import model_matrix, parse_formula
from tests.statistics.conformance import DELIBERATE, ITERATIVE, Case, Deliberate, Figures, runner
from tests.statistics.preparing import adjusted
from tests.statistics.reference import Reference


def replicate_fits_stop_early(case: Case, name: str) -> float:
    """R stops raking when the full sample has settled, which leaves single replicates 1e-8 away."""
    return ITERATIVE if case["inputs"]["method"] == "rake" and name.endswith("se") else 1e-9


DELIBERATE["settled_sample"] = Deliberate(
    "R stops raking replicates when the full sample has settled, after one round if that meets its margins already",
    0.05,
)


@runner("weighting", "weighting_rep", tolerance=replicate_fits_stop_early)
def weights(case: Case, reference: Reference) -> Figures:
    frame, design = reference.frame(case["dataset"]), reference.design(case["design"])
    after = adjusted(case["inputs"], frame, design, reference)
    figures: dict[str, Any] = {"df": float(after.degrees_of_freedom)}
    for key in case.get("after", {}):
        statistic, variable = key.split(".")
        result = getattr(estimators, statistic)(after, frame[variable].to_numpy(float)[:, None])
        figures[f"after.{key}.value"] = result.value[0, 0]
        figures[f"after.{key}.se"] = result.standard_error[0, 0]
    summary = weighting.summarise(after.weights, design.weights)
    figures |= {
        "summary.n": summary.n, "summary.sum": summary.total, "summary.min": summary.minimum,
        "summary.max": summary.maximum, "summary.kish_deff": summary.kish_design_effect,
        "summary.n_eff": summary.effective_n, "summary.g_min": summary.smallest_adjustment,
        "summary.g_max": summary.largest_adjustment,
    }  # fmt: skip
    if isinstance(after, ReplicateDesign) and case["inputs"]["method"] == "rake":
        figures["deliberate"] = {name: "settled_sample" for name in figures if name.endswith(".se")}
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
