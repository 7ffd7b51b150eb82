"""The design that a case is about: the one it names, its weights adjusted, seen on a domain, as its inputs say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from surveytrail.statistics import weighting
from surveytrail.statistics.arrays import BoolArray
from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.model_matrix import model_matrix, parse_formula
from tests.statistics.reference import Case, Reference

Design = SurveyDesign | ReplicateDesign


def prepared(case: Case, reference: Reference) -> Design:
    """Return the design of a case, ready for an estimator or a test."""
    inputs, design = case["inputs"], reference.design(case["design"])
    frame = reference.frame(case["dataset"])
    if inputs.get("adjust"):
        design = adjusted(inputs["adjust"], frame, design, reference)
    if inputs.get("adjust_domain_lonely") and isinstance(design, SurveyDesign):
        design = replace(design, single_unit_in_domains=True)
    return design.subset(where(frame, inputs["where"])) if inputs.get("where") else design


def where(frame: pd.DataFrame, condition: str) -> BoolArray:
    """Rows that meet an R condition of the simple kind used in the cases."""
    plain = frame.astype({c: object for c in frame.columns if isinstance(frame[c].dtype, pd.CategoricalDtype)})
    return plain.eval(condition).to_numpy(bool)


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


def adjusted(inputs: Case, frame: pd.DataFrame, design: Design, reference: Reference) -> Design:
    """Return the design with the adjustment of the weights that `inputs` describe."""
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
