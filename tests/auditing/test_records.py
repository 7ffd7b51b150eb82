"""Record numbers in entries, read back by the audit: true lists pass, every other is told, and why."""

from __future__ import annotations

import pytest
from pyroaring import BitMap

from surveyspec.config import Disclosure
from surveyspec.study import Study
from surveytrail.auditing.records import Index, ranges
from surveytrail.reporting.extension import word
from tests.reporting.fixtures.small_report import write_study

RAW, ANALYSED = BitMap(range(1, 101)), BitMap(range(1, 91))
SETS = {
    "all": RAW,
    "analysed": ANALYSED,
    "most": ANALYSED - BitMap([7]),
    "some": BitMap(range(20, 40)),
    "few": BitMap([3]),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    study = write_study(tmp_path_factory.mktemp("records"))
    config = study.config.model_copy(update={"disclosure": Disclosure(min_base=10)})
    edges = {
        name: [("value", "w1", name, ("v_2",)), ("filter and groups", "w1", "analysed", ("v_1",))] for name in SETS
    }
    edges |= {"same": edges["some"], "weights": [("filter and groups", "w1", "analysed", ("v_1",))]}
    return Index(
        Study(study.directory, config, study.document, study.waves), edges, SETS, {"w1": RAW}, {"w1": ANALYSED}
    )


def wrong(index: Index, number: str, text: str) -> str:
    return index.wrong(number, text, lambda name: word(f"records_of.{name}", "en"))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("all", "all records of the raw file (100)"),
        ("analysed", "all analysed records, listed in the colophon"),
        ("most", "the analysed records without 7"),
        ("some", "20–39"),
        ("some", "20– 39"),
        ("same", "as for some"),
        ("few", "not shown, the base is smaller than 10 respondents"),
    ],
)
def test_what_is_true_passes(index: Index, number: str, text: str) -> None:
    assert wrong(index, number, text) == ""


@pytest.mark.parametrize(
    ("number", "text", "why"),
    [
        ("all", "all records of the raw file (90)", "no list of all's 100 records"),
        ("most", "the analysed records without 8", "the index has 89 records of most: 1–6, 8–90"),
        ("some", "20–38", "the index has 20 records of some: 20–39"),
        ("some", "too many to print, see the command below", "no list of some's 20 records"),
        ("same", "as for most", "same and most have other records"),
        ("few", "3", "few rests on fewer than 10 records"),
        ("some", "not shown, the base is smaller than 10 respondents", "no list of some's 20 records"),
        ("weights", "1–90", "weights has no records of its own"),
    ],
)
def test_what_is_not_is_told(index: Index, number: str, text: str, why: str) -> None:
    assert wrong(index, number, text) == why


def test_columns_that_are_not_public_hide_the_list(index: Index) -> None:
    spec = index.study.waves["w1"]
    variables = [
        variable.model_copy(update={"sensitivity": "restricted"}) if variable.code == "SIZE" else variable
        for variable in spec.codebook.variables
    ]
    private = spec.__class__(spec.id, spec.wave, spec.codebook.model_copy(update={"variables": variables}))
    study = Study(index.study.directory, index.study.config, index.study.document, {"w1": private})
    hiding = Index(study, index.edges, index.sets, index.raw, index.analysed)
    assert wrong(hiding, "some", "20–39") == "some rests on columns that are not public: v_1"
    assert wrong(hiding, "some", "not shown, the number rests on columns that are not public (v_1)") == ""


def test_ranges_are_runs_of_neighbours() -> None:
    assert ranges([5, 1, 2, 3, 9]) == [(1, 3), (5, 5), (9, 9)]
    assert ranges([]) == []
