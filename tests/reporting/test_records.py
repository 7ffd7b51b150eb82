"""Record numbers in the entries: short, true, and not told where that would say too much."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyroaring import BitMap

from surveyspec.codebook import Sensitivity
from surveyspec.config import Disclosure
from surveyspec.study import Study
from surveytrail.lineage import Lineage
from surveytrail.reporting.records import RecordSets, analysed_text, ranges, record_texts
from tests.reporting.fixtures.small_report import write_study

RAW, ANALYSED = BitMap(range(1, 101)), BitMap(range(1, 91))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("records"))


def texts(study: Study, records: BitMap, columns: list[str], why: str = "value", least: int = 10) -> str | None:
    lineage = Lineage()
    lineage.add("w1.x.unweighted", "DIRECT", why, "w1", np.array(sorted(records)), columns)
    lineage.add("w1.x.unweighted", "INDIRECT", "respondent", "w1", np.array(sorted(records)), ["id"])
    config = study.config.model_copy(update={"disclosure": Disclosure(min_base=least)})
    changed = Study(study.directory, config, study.document, study.waves)
    sets = RecordSets(lineage.edges, lineage.row_sets, {"w1": RAW}, {"w1": ANALYSED})
    return record_texts(changed, sets, ["en", "fr"]).get("w1.x.unweighted", {}).get("en")


@pytest.mark.parametrize(
    ("records", "text"),
    [([1, 2, 3, 5, 7, 8], "1–3, 5, 7–8"), ([4], "4"), ([], ""), ([9, 1, 2], "1–2, 9")],
)
def test_ranges_are_short_and_sorted(records: list[int], text: str) -> None:
    assert ranges(records) == text


@pytest.mark.parametrize(
    ("records", "text"),
    [
        (RAW, "all records of the raw file (100)"),
        (ANALYSED, "all analysed records, listed in the colophon"),
        (
            ANALYSED - BitMap(range(3, 88, 7)),
            "the analysed records without 3, 10, 17, 24, 31, 38, 45, 52, 59, 66, 73, 80, 87",
        ),
        (BitMap(range(20, 40)), "20–39"),
        (BitMap([*range(20, 40), 95]), "20–39, 95"),
    ],
)
def test_a_set_is_told_in_the_shortest_true_way(study: Study, records: BitMap, text: str) -> None:
    assert texts(study, records, ["v_2"]) == text


def test_records_of_a_small_base_are_not_named(study: Study) -> None:
    assert texts(study, BitMap([3, 4]), ["v_2"]) == "not shown, the base is smaller than 10 respondents"
    assert texts(study, BitMap([3, 4]), ["v_2"], least=2) == "3–4"
    assert texts(study, BitMap(range(20, 29)), ["v_2"]) == "not shown, the base is smaller than 10 respondents"
    assert texts(study, BitMap(range(20, 30)), ["v_2"]) == "20–29"


def test_records_of_columns_that_are_not_public_are_not_named(study: Study) -> None:
    closed: Sensitivity = "restricted"
    spec = study.waves["w1"]
    variables = [
        variable.model_copy(update={"sensitivity": closed}) if variable.code == "SIZE" else variable
        for variable in spec.codebook.variables
    ]
    private = spec.__class__(spec.id, spec.wave, spec.codebook.model_copy(update={"variables": variables}))
    changed = Study(study.directory, study.config, study.document, {"w1": private})
    assert texts(changed, BitMap(range(20, 60)), ["v_1"]) == (
        "not shown, the number rests on columns that are not public (v_1)"
    )
    assert texts(changed, BitMap(range(20, 60)), ["v_1"], why="filter and groups") is None
    assert texts(changed, BitMap(range(20, 60)), ["v_2"]) == "20–59"


def test_a_number_to_which_every_record_matters_has_no_list(study: Study) -> None:
    assert texts(study, ANALYSED, ["v_1"], why="weight raked") is None


def test_a_list_too_long_to_print_is_left_to_the_command(study: Study) -> None:
    raw = BitMap(range(1, 4001))
    sets = RecordSets(pd.DataFrame(), pd.DataFrame(), {"w1": raw}, {"w1": BitMap(range(1, 4001, 2))})
    assert analysed_text(sets, "w1", "en") == "2,000 of 4,000: too many to print, see the command below"


def test_a_list_of_those_left_out_that_is_too_long_is_left_to_the_command_too(study: Study) -> None:
    analysed = BitMap(range(1, 6001))
    lineage = Lineage()
    lineage.add("w1.x.unweighted", "DIRECT", "value", "w1", np.array(range(1, 6001, 3)), ["v_2"])
    sets = RecordSets(lineage.edges, lineage.row_sets, {"w1": BitMap(range(1, 6101))}, {"w1": analysed})
    found = record_texts(study, sets, ["en"])["w1.x.unweighted"]["en"]
    assert found == "too many to print, see the command below"


def test_the_records_analysed_are_listed_once(study: Study) -> None:
    sets = RecordSets(pd.DataFrame(), pd.DataFrame(), {"w1": RAW}, {"w1": ANALYSED})
    assert analysed_text(sets, "w1", "fr") == "90 sur 100: 1–90"
