"""The reference figures: cases, data sets and designs made with R's `survey` package.

The full suite lies beside the checkout in ../shared/reference where it is available; the part about the synthetic
business survey `biz` is committed in tests/reference and is used otherwise.
"""

from __future__ import annotations

import json
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.design_columns import design_from_columns
from surveytrail.statistics.replication import replicate_design

COMMITTED = Path(__file__).resolve().parents[1] / "reference"
FULL = Path(__file__).resolve().parents[2] / ".." / "shared" / "reference"

_YES_NO = ["No", "Yes"]
_API_FACTORS = ("stype", "sch_wide", "comp_imp", "both", "awards", "yr_rnd", "sw_na")
# Category orders that are not alphabetical, as the reference declares them.
_ORDERS = {
    "ellgrp": ["low", "mid", "high"],
    "agecat": ["(0,19]", "(19,39]", "(39,59]", "(59,Inf]"],
    "size": ["micro", "small", "medium", "large"],
}
_FACTORS = {
    **dict.fromkeys(("apisrs", "apistrat", "apiclus1", "apiclus2", "lonely", "lonelyclus"), (*_API_FACTORS, "ellgrp")),
    "nhanes": ("race", "agecat", "RIAGENDR"),
    "biz": ("size", "region", "industry"),
    "biz_gross": ("size", "region", "industry"),
}  # fmt: skip

Case = dict[str, Any]


class Reference:
    """One folder of reference figures."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def groups(self) -> list[str]:
        return sorted(path.stem for path in (self.root / "cases").glob("*.json"))

    def cases(self, group: str) -> list[Case]:
        path = self.root / "cases" / f"{group}.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else []

    def case_ids(self) -> set[str]:
        return {case["id"] for group in self.groups() for case in self.cases(group)}

    @property
    def title(self) -> str:
        """What the figures are, for the tally; a folder's `meta` file tells the version that made them."""
        made = [json.loads(path.read_text("utf-8"))["survey"] for path in sorted(self.root.glob("meta_*.json"))]
        names = {COMMITTED: "committed part (biz)", FULL.resolve(): "full suite"}
        return f"{names.get(self.root, self.root)}, R survey {', '.join(made) or '4.5'}"

    @cached_property
    def designs(self) -> dict[str, Case]:
        return json.loads((self.root / "designs.json").read_text("utf-8"))

    @cached_property
    def replicate_designs(self) -> dict[str, Case]:
        return json.loads((self.root / "repdesigns.json").read_text("utf-8"))

    @cache  # noqa: B019  (one instance per run)
    def frame(self, name: str) -> pd.DataFrame:
        """A data set with its factors as categories in the reference's order."""
        frame = pd.read_csv(self.root / "data" / f"{name}.csv", keep_default_na=False, na_values=[""])
        texts = [column for column in frame.columns if frame[column].dtype.kind not in "biuf"]
        for column in _FACTORS.get(name, texts):
            if column in frame:
                frame[column] = _as_factor(frame[column], _ORDERS.get(column))
        if name.startswith("biz") and "likert" in frame:
            frame["likert_f"] = _as_factor(frame["likert"], None)
        return frame

    def dataset_of(self, design: str) -> str:
        return (self.designs.get(design) or self.replicate_designs[design])["dataset"]

    @cache  # noqa: B019
    def design(self, name: str) -> SurveyDesign | ReplicateDesign:
        """The design a case names, built from its description."""
        if name in self.replicate_designs:
            return self._replicate(self.replicate_designs[name])
        record = self.designs[name]
        frame = self.frame(record["dataset"])
        column = lambda key: [frame[c].to_numpy() for c in _listed(record.get(key))]  # noqa: E731
        return design_from_columns(
            rows=len(frame),
            weights=frame[record["weights"]].to_numpy(float) if record.get("weights") else None,
            strata=column("strata"), clusters=column("ids"), population_sizes=column("fpc"),
            nest=bool(record.get("nest")),
            single_unit=record["options"].get("survey.lonely.psu", "fail") if record["options"] else "fail",
        )  # fmt: skip

    def _replicate(self, record: Case) -> ReplicateDesign:
        frame = self.frame(record["dataset"])
        weights = pd.read_csv(self.root / record["file"]).to_numpy(float)
        base = np.ones(len(frame)) if record["dataset"] == "scd" else frame[record["base_weights"]].to_numpy(float)
        rscales = np.asarray(record["rscales"], float)
        return replicate_design(base, weights, scale=float(record["scale"]), rscales=rscales, mse=bool(record["mse"]))


def _listed(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _as_factor(values: pd.Series, order: list[str] | None) -> pd.Series:
    """Text categories; numbers in numeric order, text alphabetically, or in the order given."""
    text = values.map(lambda v: v if isinstance(v, str) else str(int(v)), na_action="ignore")
    if order is None:
        seen = values.dropna().unique()
        order = [v if isinstance(v, str) else str(int(v)) for v in sorted(seen)]
    return pd.Series(pd.Categorical(text, categories=order), index=values.index)


@cache
def load_references() -> list[Reference]:
    """Every folder there is: the full suite where it is available, then the committed part with cases of its own."""
    return [Reference(root) for root in (FULL.resolve(), COMMITTED) if (root / "cases").is_dir()]


def load_reference() -> Reference:
    """The full suite where it is available, else the committed part."""
    return load_references()[0]
