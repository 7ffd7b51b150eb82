"""Headline numbers under other decisions, against figures worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from surveyspec.study import load_study
from surveytrail.claims import check_claims
from surveytrail.ledger.collect import Ledger
from surveytrail.pipeline import compute_ledger
from tests.tiny import write_tiny
from tests.tiny_sensitivity import VARIED

STEM = "w1.sensitivity.use.alpha"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return compute_ledger(load_study(write_tiny(tmp_path_factory.mktemp("varied"), config=VARIED)))


@pytest.fixture(scope="module")
def rows(ledger: Ledger) -> pd.DataFrame:
    return ledger.frame.set_index("id")


@pytest.mark.parametrize(
    ("number", "numerator", "denominator"),
    [
        ("w1.use.alpha.unweighted", 3, 4),  # records 1, 2, 3, 8; 4 does not know, 7 is no answer of the scale
        (f"{STEM}.fast=kept.unweighted", 4, 5),  # and record 5
        (f"{STEM}.fast=slower.unweighted", 2, 2),  # 114 seconds or more: 3, 8
        (f"{STEM}.use=weekly.unweighted", 2, 4),
    ],
)
def test_shares(rows: pd.DataFrame, number: str, numerator: int, denominator: int) -> None:
    row = rows.loc[number]
    assert (row["numerator"], row["denominator"], row["n_used"]) == (numerator, denominator, denominator)
    assert row["lower"] < row["value"] <= row["upper"]


def test_weights_are_made_anew_for_the_respondents_of_a_specification(rows: pd.DataFrame) -> None:
    """Sizes of those analysed: 1, 2, 8 small, 3, 4, 7 large, to 80 and 20 per cent; without the rule also 5, small."""
    small, large = 6 * 0.8 / 3, 6 * 0.2 / 3
    assert rows.loc[f"{STEM}.weighting=raked.raked", "value"] == pytest.approx(
        (2 * small + large) / (3 * small + large)
    )
    small, large = 7 * 0.8 / 4, 7 * 0.2 / 3
    expected = (3 * small + large) / (4 * small + large)
    assert rows.loc[f"{STEM}.weighting=raked.fast=kept.raked", "value"] == pytest.approx(expected)


def test_numbers_about_all_specifications(rows: pd.DataFrame) -> None:
    others = [name for name in rows.index if name.startswith(STEM) and "=" in name]
    values = [*rows.loc[others, "value"].tolist(), 0.75]
    assert rows.loc[f"{STEM}.specifications.unweighted", "numerator"] == len(values) == 7
    assert rows.loc[f"{STEM}.smallest.unweighted", "value"] == min(values) == 0.5
    assert rows.loc[f"{STEM}.largest.unweighted", "value"] == max(values) == 1.0
    claimed = rows.loc[f"{STEM}.most.unweighted"]
    assert (claimed["numerator"], claimed["denominator"]) == (sum(value > 0.5 for value in values), 7)
    covering = rows.loc[f"{STEM}.covering.unweighted"]
    specs = rows[rows["settings"].map(lambda text: "options" in json.loads(text or "{}")) & (rows["estimate"] == "use")]
    inside = ((specs["lower"] <= 0.75) & (specs["upper"] >= 0.75)).sum() + 1
    assert (covering["numerator"], covering["denominator"]) == (inside, 7)
    assert json.loads(covering["text"])["en"].endswith("%")


def test_rows_say_what_was_decided_otherwise(rows: pd.DataFrame) -> None:
    row = rows.loc[f"{STEM}.weighting=raked.fast=slower.raked"]
    settings = json.loads(row["settings"])
    assert settings["options"] == {"weighting": "raked", "fast": "slower"}
    assert settings["cleaning"]["speeders"]["faster_than"] == 0.95
    assert (row["kind"], row["estimate"], row["weight"], row["item"]) == ("sensitivity", "use", "raked", "USE_A")
    assert json.loads(row["label"])["en"] == "Use at least monthly – Alpha – Weights (raked) – Fast answers (slower)"


def test_lineage_reaches_records_that_the_study_excludes(ledger: Ledger) -> None:
    edges = ledger.edges[ledger.edges["number_id"] == f"{STEM}.fast=kept.unweighted"]
    assert set(edges["why"]) == {"value", "value not used", "skip logic", "respondent", "exclusion no_size"} - (
        {"skip logic"} - set(edges["why"])
    )
    sizes = dict(zip(ledger.row_sets["row_set"], ledger.row_sets["size"], strict=True))
    assert [sizes[name] for name in edges.loc[edges["why"] == "value", "row_set"]] == [5]
    of_all = ledger.edges[ledger.edges["number_id"] == f"{STEM}.smallest.unweighted"]
    assert {"exclusion speeders", "weight raked"} <= set(of_all["why"])
    kinds = of_all.loc[of_all["why"] == "value", "row_set"].map(sizes)
    assert {4, 5, 2} <= set(kinds)


def test_a_claim_can_ask_in_how_many_specifications_another_holds(tmp_path: Path) -> None:
    robust = f"    - {{id: robust, text: {{en: always}}, holds_if: {STEM}.most.unweighted == 1}}\n"
    config = VARIED.replace("sensitivity:\n", f"{robust}sensitivity:\n", 1)
    study = load_study(write_tiny(tmp_path, config=config))
    claims = check_claims(study, compute_ledger(study).frame).set_index("id")
    assert claims.loc["most", "verdict"] == "holds"
    assert claims.loc["robust", "verdict"] == "fails"
    assert claims.loc["robust", "printed"].endswith("%")


def test_a_study_without_the_section_has_no_such_numbers(tmp_path: Path) -> None:
    frame = compute_ledger(load_study(write_tiny(tmp_path))).frame
    assert not (frame["kind"] == "sensitivity").any()
