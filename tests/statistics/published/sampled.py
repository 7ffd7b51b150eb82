"""Surveys with a sampling design: values, standard errors and intervals from strata, clusters, fpc and weights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from surveytrail.statistics import estimators, regression, weighting
from surveytrail.statistics.arrays import BoolArray, FloatArray
from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.design_columns import design_from_columns
from surveytrail.statistics.estimates import Estimates
from surveytrail.statistics.intervals import proportion_interval
from surveytrail.statistics.model_matrix import model_matrix
from surveytrail.statistics.quantiles import quantiles
from surveytrail.statistics.replication import jackknife
from tests.statistics.published.comparison import Figure, Item, dataset, printed

# Reference values that were never printed are held at the precision they were noted with.
NOTED = 1e-9
AGES = [-np.inf, 64, 74, 84, np.inf]


@dataset("published/nchs_rcc_users_2018")
def nchs_users(folder: Path, items: list[Item]) -> Iterator[Figure]:
    """Residents of care communities (NCHS): counts in thousands, percentages, errors, Korn-Graubard limits.

    Each table is about the residents with a known answer: they are the domain, the design stays whole.
    """
    frame = pd.read_csv(folder / "rccsu2018.csv")
    design = design_from_columns(
        rows=len(frame), weights=frame["weight"], strata=[frame["pufstrata2"]], population_sizes=[frame["fpc_popsize"]]
    )
    frame["Age"] = pd.cut(frame["age2"], AGES, labels=["Under 65", "65-74", "75-84", "85 and over"])
    for item in items:
        ours = _number_and_share(design, frame, item["variable"], item["category"], item["filter"])
        yield printed(item, ours[item["statistic"]], decimals=1 if item["unit"] == "percent" else 0)


def _number_and_share(
    design: SurveyDesign, frame: pd.DataFrame, variable: str, category: str, condition: str
) -> dict[str, float]:
    """One row of a table: the seven figures about a category, by the names of the published table's columns."""
    answer = frame[variable]
    domain = answer.notna().to_numpy()
    if condition.startswith("Age group"):
        domain = domain & (frame["Age"] == condition.split('"')[1]).to_numpy()
    those = _has(answer, category)
    share, number = estimators.mean(design, those, domain), estimators.total(design, those, domain)
    limits, _ = proportion_interval(design, share, "beta")
    return {
        "n": float((those & domain).sum()),
        "Number": number.value[0, 0] / 1000, "SE_number": number.standard_error[0, 0] / 1000,
        "Percent": share.value[0, 0] * 100, "SE_percent": share.standard_error[0, 0] * 100,
        "LL_percent": limits.lower[0, 0] * 100, "UL_percent": limits.upper[0, 0] * 100,
    }  # fmt: skip


def _has(answer: pd.Series, category: str) -> BoolArray:
    """(n,) who gave an answer; the published tables print 0 and 1 as FALSE and TRUE and merge two races."""
    if category in ("FALSE", "TRUE"):
        return (answer == (category == "TRUE")).to_numpy()
    if category == "Another race or ethnicity":
        return answer.isin(["Hispanic", "Other"]).to_numpy()
    return (answer == category).to_numpy()


@dataset("design/nchs_rcc_2018", "reference_values_own.json")
def nchs_establishments(folder: Path, items: list[Item]) -> Iterator[Figure]:
    """Residential care communities as establishments: percentages and their errors, to four decimals."""
    frame = pd.read_csv(folder / "rcc2018.csv", low_memory=False)
    design = design_from_columns(
        rows=len(frame), weights=frame["weight"], strata=[frame["PUFSTRATA"]], population_sizes=[frame["fpc_popsize"]]
    )
    for item in items:
        answer = frame[item["variable"]]
        share = estimators.mean(design, (answer.astype(str) == item["category"]).to_numpy(), answer.notna().to_numpy())
        yield printed(item, share.value[0, 0] * 100, key="estimate", decimals=4)
        yield printed(item, share.standard_error[0, 0] * 100, key="se", decimals=4)
        yield printed(item, share.n_used[0, 0], key="n")


@dataset("design/chile_ele7_firms", "reference_values_own.json")
def chilean_firms(folder: Path, items: list[Item]) -> Iterator[Figure]:
    """Firms in 75 strata with population sizes, three strata of one firm each: value added over wages by size."""
    frame = pd.read_csv(folder / "ELE7.csv")
    design = design_from_columns(
        rows=len(frame), weights=frame["fe_transversal"], strata=[frame["estrato"]], clusters=[frame["rol_ficticio"]],
        population_sizes=[frame["pob"]], single_unit="remove",
    )  # fmt: skip
    for item in items:
        if "filter" in item:
            domain = (frame["cod_tamano"] == float(item["filter"].rpartition(" ")[2])).to_numpy()
            found = estimators.ratio(design, frame["VA_2022f"], frame["REMP_TOTAL"], domain)
        else:
            found = estimators.total(design, np.ones(len(frame)))
        for key, ours in (("estimate", found.value), ("se", found.standard_error)):
            yield Figure(item["id"], float(item[key]), float(ours[0, 0]), 0.0, NOTED)
        yield printed(item, found.n_used[0, 0], key="n")


@dataclass(frozen=True)
class Sample:
    """A sample of the Californian schools, or a textbook's, with the design that an item names."""

    frame: pd.DataFrame
    design: SurveyDesign | ReplicateDesign

    def estimate(self, item: Item) -> Estimates:
        domain = _rows(self.frame, item["filter"])
        variable = item["variable"]
        if variable == "stype":
            kind = re.findall(r"type ([EHM])", item["description"])[0]
            return estimators.total(self.design, (self.frame["stype"] == kind).to_numpy(), domain)
        if item["statistic"] == "ratio":
            numerator, denominator = variable.split("/")
            return estimators.ratio(self.design, self.frame[numerator], self.frame[denominator], domain)
        estimator = estimators.total if item["statistic"] == "total" else estimators.mean
        return estimator(self.design, self.frame[variable], domain)


def _rows(frame: pd.DataFrame, condition: str) -> BoolArray | None:
    return None if condition == "all rows" else frame.eval(condition).to_numpy(bool)


# Strata, clusters and population sizes of each file, and its weights.
_DESIGNS = {
    "apistrat.csv": {"strata": ["stype"], "population_sizes": ["fpc"], "weights": "pw"},
    "apiclus1.csv": {"clusters": ["dnum"], "population_sizes": ["fpc"], "weights": "pw"},
    "apiclus2.csv": {"clusters": ["dnum", "snum"], "population_sizes": ["fpc1", "fpc2"]},
    "hospital.csv": {"strata": ["oblevel"], "population_sizes": ["tothosp"], "weights": "weighta"},
    "fpc.csv": {"strata": ["stratid"], "clusters": ["psuid"], "weights": "weight"},
}
_STYPE = {"E": 4421.0, "H": 755.0, "M": 1018.0}
_SCH_WIDE = {"No": 1072.0, "Yes": 5122.0}
_COMP_IMP = {"No": 1712.0, "Yes": 4482.0}
# Saved with an older version, which prints one unit more than today's (23.920, the figure of survey 4.1-1 and 4.5).
_OLDER = {"RS042": 5e-5}


@dataset("design/california_api")
def californian_schools(folder: Path, items: list[Item]) -> Iterator[Figure]:
    """What R prints for its schools: totals, means, ratios, domains; weighted, calibrated, raked, jackknifed."""
    estimate: Estimates | None = None
    for item in items:
        if item["statistic"].startswith("regression"):
            continue
        is_error = item["statistic"].startswith("se")
        if not is_error or item["weight"].startswith("JK1"):
            estimate = _sample(folder, item).estimate(item)
        assert estimate is not None
        found = printed(item, (estimate.standard_error if is_error else estimate.value)[0, 0])
        yield Figure(found.item, found.printed, found.ours, found.unit, _OLDER.get(found.item))
    yield from _model_and_quantiles(_sample(folder, items[6]), {item["description"]: item for item in items})


def _sample(folder: Path, item: Item) -> Sample:
    frame = pd.read_csv(folder / item["data_file"])
    if item["design"] == "census":
        return Sample(frame, SurveyDesign(np.ones(len(frame))))
    columns = dict(_DESIGNS[item["data_file"]])
    if "ultimate cluster" in item["design"] or item["design"] == "psu=dnum":
        columns = {"clusters": ["dnum"], "weights": "pw"}
    design: SurveyDesign | ReplicateDesign = design_from_columns(
        rows=len(frame),
        weights=frame[columns["weights"]] if "weights" in columns else None,
        strata=[frame[name] for name in columns.get("strata", ())],
        clusters=[frame[name] for name in columns.get("clusters", ())],
        population_sizes=[frame[name] for name in columns.get("population_sizes", ())],
        nest=item["data_file"] == "fpc.csv",
    )
    if item["weight"].startswith("JK1") and isinstance(design, SurveyDesign):
        design = jackknife(design, mse="mse=TRUE" in item["description"])
    return Sample(frame, _adjusted(design, frame, item, folder))


def _adjusted(
    design: SurveyDesign | ReplicateDesign, frame: pd.DataFrame, item: Item, folder: Path
) -> SurveyDesign | ReplicateDesign:
    """Post-stratify, rake (errors by R's sweeps, which printed these) or calibrate as the item says."""
    plan = item["design"]
    text = {name: frame[name].to_numpy(str) for name in ("stype", "sch.wide", "comp.imp") if name in frame}
    if "post-stratified" in plan:
        return weighting.poststratify_design(design, text["stype"], _STYPE, name="stype")[0]
    if "raked to stype" in plan:
        margins = {"stype": (text["stype"], _STYPE), "sch.wide": (text["sch.wide"], _SCH_WIDE)}
        return weighting.rake_design(design, margins, residuals="swept")[0]
    if "raked to the joint" in plan:
        schools = pd.read_csv(folder / "apipop.csv")
        cells = (schools["stype"] + " " + schools["sch.wide"]).value_counts().astype(float).to_dict()
        joint = np.char.add(np.char.add(text["stype"], " "), text["sch.wide"])
        margins = {"stype x sch.wide": (joint, cells), "comp.imp": (text["comp.imp"], _COMP_IMP)}
        return weighting.rake_design(design, margins, residuals="swept")[0]
    if "calibration" in plan:
        model = model_matrix(frame, ["api99"])
        return weighting.calibrate_design(design, model.values, np.array([6194.0, 3914069.0]), names=model.names)[0]
    return design


def _model_and_quantiles(sample: Sample, by_text: dict[str, Item]) -> Iterator[Figure]:
    frame, design = sample.frame, sample.design
    predictors = model_matrix(frame, ["ell", "meals"])
    fit = regression.generalised_linear(design, frame["api00"].to_numpy(float), predictors, family="gaussian")
    labels = ("svyglm api00~ell+meals: intercept", "coef ell", "coef meals")
    for label, name, value, error in zip(
        labels, ("intercept", "ell", "meals"), fit.coefficients, fit.standard_error, strict=True
    ):
        yield printed(by_text[label], value)
        yield printed(by_text[f"SE {name}"], error)
    found: FloatArray = quantiles(design, frame["api00"], [0.5, 0.25, 0.75]).value[0, 0]
    for label, value in zip(
        ("svyquantile 0.5 api00", "svyquantile 0.25", "svyquantile 0.75"), found.tolist(), strict=True
    ):
        yield printed(by_text[label], value)
