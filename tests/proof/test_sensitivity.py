"""The proofs on numbers whose respondents, weights and definitions are decided otherwise than the study's."""

import numpy as np
import pandas as pd
import pytest
from pyroaring import BitMap

from surveyspec.study import Study
from surveytrail.frames import read_frame
from surveytrail.lineage import VALUE
from surveytrail.pipeline import compute_ledger
from surveytrail.proof.blank import Blanker
from surveytrail.proof.census import take_census
from surveytrail.proof.changes import Change
from surveytrail.proof.dependents import find_dependents
from surveytrail.proof.index import CellIndex, Tie
from surveytrail.proof.rebuild import Judge, rows_by_id
from surveytrail.proof.tamper import Tamperer, tamper

RAW = "data/raw/w1.csv"


@pytest.fixture(scope="module")
def judge(varied: Study) -> Judge:
    return Judge(varied)


@pytest.fixture(scope="module")
def ledger(varied: Study) -> pd.DataFrame:
    frame = read_frame(varied.directory / "results/ledger/ledger.parquet")
    return frame[frame["kind"] == "sensitivity"].set_index("id")


def excluded(study: Study, rule: str) -> int:
    """Return a record that only this rule excludes."""
    lines = (study.directory / "results/w1/exclusions.csv").read_text().splitlines()[1:]
    return next(int(line.split(",")[0]) for line in lines if line.split(",")[2] == rule)


def test_changes_of_cells_and_records_are_predicted(varied: Study, judge: Judge) -> None:
    found = tamper(Tamperer(varied, judge), 120, seed=20)
    assert found.failures == []
    assert found.total.changed > 0


def test_rebuilds_take_nothing_over_that_has_changed(varied: Study, judge: Judge) -> None:
    for number, change in Tamperer(varied, judge).changes(20, seed=12):
        table = change.apply(judge.tables["w1"])
        anew = rows_by_id(compute_ledger(varied, {"w1": table}, with_lineage=False).frame)
        assert judge.rebuild({"w1": table}) == anew, (number, str(change))


def test_a_cell_that_only_other_decisions_read_is_predicted_and_missed_without_its_edge(
    varied: Study, judge: Judge
) -> None:
    """A record that cleaning excludes is read where the rule is left out."""
    record, number = excluded(varied, "speeders"), "w1.sensitivity.use.alpha.fast=kept.unweighted"
    tamperer = Tamperer(varied, judge)
    table = judge.tables["w1"]
    cells, place = table.cells[record - 1].copy(), table.column_names.index("v_2")
    old = str(cells[place])
    cells[place] = "1" if old == "3" else "3"
    trial = tamperer.judged(0, Change("another answer", "w1", record, "v_2", old, cells[place], cells))
    assert trial.holds and number in trial.predicted and "w1.use.alpha.unweighted" not in trial.predicted
    spoiled = tamperer.without(tamperer.index.without_cell(number, "w1", record, "v_2"))
    assert number in spoiled.judged(0, trial.change).missed


def test_redrawing_all_that_a_number_does_not_read_leaves_it(varied: Study, judge: Judge, ledger: pd.DataFrame) -> None:
    blanker, rng = Blanker(varied, judge), np.random.default_rng(9)
    for number in ledger.index:
        assert blanker.blank([number], rng)[0].holds, number


def test_without_the_edges_of_values_redrawing_changes_numbers(
    varied: Study, judge: Judge, ledger: pd.DataFrame
) -> None:
    spoiled, rng = Blanker(varied, judge).without_direct(), np.random.default_rng(9)
    number = "w1.sensitivity.use.alpha.fast=kept.unweighted"
    assert any(not spoiled.blank([number], rng)[0].holds for _ in range(5))


def test_a_record_excluded_by_a_rule_that_is_left_out_has_numbers(varied: Study) -> None:
    found = find_dependents(varied.directory, RAW, excluded(varied, "speeders"), None, "v_2")
    direct = {entry.number for entry in found.of_kind("DIRECT")}
    assert found.excluded == "speeders"
    assert "w1.sensitivity.use.alpha.fast=kept.unweighted" in direct
    assert "w1.sensitivity.use.alpha.largest.unweighted" in direct
    assert all(number.startswith("w1.sensitivity.") for number in direct)


def test_the_census_knows_who_is_excluded_where(varied: Study) -> None:
    (found,) = take_census(varied)
    assert found.findings == [] and found.holds


@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        ("w1.use.alpha.unweighted", True),
        ("w1.sensitivity.use.alpha.twice=last.unweighted", True),
        ("w1.sensitivity.use.alpha.fast=kept.unweighted", False),
    ],
)
def test_the_census_finds_values_of_records_that_the_number_excludes(varied: Study, number: str, wrong: bool) -> None:
    """Who is too fast is excluded everywhere but where this rule is left out."""
    index = CellIndex.read(varied.directory)
    records = {**index.records, "one": BitMap([excluded(varied, "speeders")])}
    spoiled = CellIndex([*index.ties, Tie(number, "DIRECT", VALUE, "w1", "one", ("v_2",))], records)
    (found,) = take_census(varied, spoiled)
    names = [finding.what for finding in found.findings]
    assert ("a value computed from an excluded record" in names) == wrong


def test_respondents_that_cannot_be_weighted_have_an_error_and_no_value(ledger: pd.DataFrame) -> None:
    row = ledger.loc["w1.sensitivity.use.alpha.large=out.raked"]
    assert pd.isna(row["value"]) and row["error"] == "a population share of 0.2 and no respondent"
    assert row["text"] == '{"en": "–"}'
