"""The census: every cell one class, each for a reason; what does not fit is found."""

from dataclasses import replace
from pathlib import Path

import pytest
from pyroaring import BitMap

from surveyspec.problems import StudyError
from surveyspec.study import Study
from surveytrail.lineage import COUNT, VALUE
from surveytrail.proof.census import CLASSES, FileCensus, Finding, control_column, take_census
from surveytrail.proof.evidence import NOT_USED, OUTSIDE
from surveytrail.proof.index import CellIndex, Tie
from tests.proof.studies import CODEBOOK, CONFIG, HEADER, finished, records
from tests.tiny import MARGINS, write_tiny


def census_of(study: Study, index: CellIndex | None = None) -> FileCensus:
    (found,) = take_census(study, index)
    return found


@pytest.fixture(scope="module")
def index(small: Study) -> CellIndex:
    return CellIndex.read(small.directory)


def test_classes_add_up_to_rows_times_columns(small: Study) -> None:
    found = census_of(small)
    assert (found.rows, found.columns, found.cells) == (60, 13, 780)
    assert tuple(found.counts) == CLASSES
    assert sum(found.counts.values()) == found.classified == 780
    assert found.findings == [] and found.holds


def test_every_class_has_its_cells(small: Study) -> None:
    found = census_of(small)
    excluded = len((small.directory / "results/w1/exclusions.csv").read_text().splitlines()) - 1
    analysed = 60 - excluded
    # time, invitation, size: read by counts of records; respondent: by the first of them
    assert found.counts["direct"] >= 4 * 60
    # of the excluded, the nine other columns: three dropped or not analysed, the open text, weight, answers, spare
    assert found.counts["row excluded"] == 9 * excluded
    assert sum(found.excluded.values()) == 9 * excluded
    assert set(found.excluded) == {"no_size", "again", "speeders"}
    assert found.counts["identifier dropped"] == analysed
    unread = {(unread, column): (reason, cells) for unread, column, reason, cells in found.unread}
    assert unread["identifier dropped", "ip"] == ("direct identifier", analysed)
    assert unread["column not analysed", "rts1"] == ("page time stamps", analysed)
    assert unread["column not analysed", "v_6"] == (NOT_USED, analysed)
    assert unread["column not analysed", "v_5"] == (NOT_USED, analysed)


def test_cells_of_records_outside_all_bases_say_so(tmp_path: Path) -> None:
    """Without the test that everybody is in, the late question is read of users only."""
    head, tail = CONFIG.split("  - {id: H2")
    config = head + "  - {id: E1" + tail.split("  - {id: E1")[1]
    write_tiny(tmp_path, config=config, codebook=CODEBOOK, header=HEADER, records=records(), margins=MARGINS)
    found = census_of(finished(tmp_path))
    assert found.holds
    (late,) = [entry for entry in found.unread if entry[1] == "v_4"]
    assert late[:3] == ("column not analysed", "v_4", OUTSIDE)
    assert 0 < late[3] < 60


def test_global_is_for_cells_that_only_a_median_or_raking_reads(small: Study, index: CellIndex) -> None:
    ties = [tie for tie in index.ties if tie.why != COUNT]
    found = census_of(small, CellIndex(ties, index.records))
    assert found.counts["global"] > 0 and found.holds


def test_the_control_fails(small: Study, index: CellIndex) -> None:
    wave, column = control_column(small, index)
    found = census_of(small, index.without_column(wave, column))
    assert not found.holds
    assert found.classified < found.cells
    assert {finding.what for finding in found.findings} == {"unexplained"}
    assert {finding.column for finding in found.findings} == {column}


def test_one_cell_without_an_edge_is_found(small: Study, index: CellIndex) -> None:
    """One record is left out of every edge on a column."""
    record = index.records[next(tie.row_set for tie in index.ties if tie.number == "w1.use.alpha.unweighted")][0]
    spoiled = index
    for tie in index.of_cell("w1", record, "v_2"):
        spoiled = spoiled.without_cell(tie.number, "w1", record, "v_2")
    found = census_of(small, spoiled)
    assert found.findings == [Finding("unexplained", "v_2", 1, record)]
    assert found.classified == found.cells - 1


@pytest.mark.parametrize(
    ("column", "records_", "what"),
    [
        ("ip", [3], "an edge on a column that is not to be read (direct identifier)"),
        ("v_6", [3], "an edge on a column that is not to be read"),
        ("v_2", [61], "an edge on a record that the file does not have"),
        ("v_99", [3], "an edge on a column that the file does not have"),
    ],
)
def test_edges_that_contradict_the_codebook_or_the_file(
    small: Study, index: CellIndex, column: str, records_: list[int], what: str
) -> None:
    extra = Tie("w1.use.alpha.unweighted", "DIRECT", VALUE, "w1", "extra", (column,))
    found = census_of(small, CellIndex([*index.ties, extra], {**index.records, "extra": BitMap(records_)}))
    assert not found.holds
    assert found.findings[0].what.startswith(what)
    assert found.findings[0].column == column


def test_a_value_from_an_excluded_record_is_a_contradiction(small: Study, index: CellIndex) -> None:
    excluded = int((small.directory / "results/w1/exclusions.csv").read_text().splitlines()[1].split(",")[0])
    tie = next(tie for tie in index.ties if tie.why == VALUE)
    extra = replace(tie, row_set="extra")
    found = census_of(small, CellIndex([*index.ties, extra], {**index.records, "extra": BitMap([excluded])}))
    assert Finding("a value computed from an excluded record", tie.columns[0], 1, excluded) in found.findings


def test_the_first_wave(wave1: Study) -> None:
    found = census_of(wave1)
    assert found.holds and found.rows > 900 and found.columns > 150
    assert set(found.excluded) >= {"test_records", "screened_out", "broke_off"}


def test_another_raw_file_than_the_ledgers_stops(own: Study) -> None:
    raw = own.directory / "data/raw/w1.csv"
    raw.write_bytes(raw.read_bytes().replace(b"192.0.2.7", b"192.0.2.8"))
    with pytest.raises(StudyError, match="the raw files that the ledger was computed from"):
        take_census(own)
