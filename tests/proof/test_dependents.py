"""Forward tracing: from a cell to the numbers that read it."""

import subprocess
import sys

import pytest

from surveyspec.problems import StudyError
from surveyspec.study import Study
from surveytrail.proof.dependents import Dependents, find_dependents
from surveytrail.proof.index import CellIndex, read_ties

RAW = "data/raw/w1.csv"


def numbers(found: Dependents, kind: str, why: str) -> set[str]:
    return {part.number for part in found.numbers if (kind, why) in part.edges}


def analysed_record(study: Study) -> int:
    index = CellIndex.read(study.directory)
    tie = next(tie for tie in index.ties if (tie.number, tie.kind) == ("w1.level.unweighted", "DIRECT"))
    return index.records[tie.row_set][0]


def test_numbers_by_kind_and_reason(small: Study) -> None:
    record = analysed_record(small)
    found = find_dependents(small.directory, RAW, record, None, "v_2")
    assert {"w1.use.alpha.unweighted", "w1.use.alpha.post", "w1.level.raked", "w1.H1.p_adjusted.unweighted"} <= numbers(
        found, "DIRECT", "value"
    )
    assert {"w1.late.unweighted", "w1.late.post"} == numbers(found, "INDIRECT", "filter and groups") - numbers(
        found, "DIRECT", "value"
    )
    assert not found.of_kind("GLOBAL")
    assert found.numbers[0].text["en"]
    assert found.cell.raw in {"1", "2", "3"} and found.cell.meaning["en"] in {"never", "monthly", "weekly"}
    assert (found.cell.variable, found.unread, found.excluded) == ("USE_A", "", "")


def test_weights_medians_and_counts(small: Study) -> None:
    record = analysed_record(small)
    size = find_dependents(small.directory, RAW, record, None, "v_1")
    assert "w1.level.raked" in numbers(size, "GLOBAL", "weight raked")
    assert "w1.level.unweighted" in numbers(size, "INDIRECT", "exclusion no_size")
    duration = find_dependents(small.directory, RAW, record, None, "duration")
    assert "w1.level.unweighted" in numbers(duration, "GLOBAL", "exclusion speeders")
    assert numbers(duration, "DIRECT", "count of records") == {
        "w1.flow.excluded.speeders.unweighted", "w1.flow.analysed.unweighted",
    }  # fmt: skip


def test_an_excluded_record_names_its_rule(small: Study) -> None:
    first = (small.directory / "results/w1/exclusions.csv").read_text().splitlines()[1].split(",")
    record, rule = int(first[0]), first[2]
    answer = find_dependents(small.directory, RAW, record, None, "v_2")
    assert (answer.numbers, answer.excluded, answer.unread) == (
        (),
        rule,
        f"the record is excluded by the rule '{rule}'",
    )
    read = find_dependents(small.directory, RAW, record, None, "v_1")
    assert read.numbers and read.excluded == rule and not read.unread


def test_cells_that_nobody_reads_say_why(small: Study) -> None:
    record = analysed_record(small)
    reasons = {
        column: find_dependents(small.directory, RAW, record, None, column).unread for column in ("ip", "rts1", "v_6")
    }
    assert reasons == {
        "ip": "identifier dropped: direct identifier",
        "rts1": "column not analysed: page time stamps",
        "v_6": "column not analysed: in the codebook, and no number, weight or cleaning rule reads it",
    }
    assert find_dependents(small.directory, RAW, record, None, "ip").cell.raw is None


def test_restricted_answers_are_not_shown(small: Study) -> None:
    cell = find_dependents(small.directory, RAW, analysed_record(small), None, "v_5").cell
    assert cell.raw is None and "restricted" in cell.withheld


def test_a_physical_line_leads_to_its_record(small: Study) -> None:
    """Comments with a line break make records of two lines."""
    by_row = find_dependents(small.directory, RAW, 20, None, "v_2").cell
    lines = range(by_row.first_line, by_row.last_line + 1)
    assert {find_dependents(small.directory, RAW, None, line, "v_2").cell.record for line in lines} == {20}


def test_a_file_is_named_as_in_the_study_or_as_typed(small: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small.directory / "data")
    assert find_dependents(small.directory, "raw/w1.csv", 1, None, "v_2").cell.file == RAW
    assert find_dependents(small.directory, str(small.directory / RAW), 1, None, "v_2").cell.file == RAW


@pytest.mark.parametrize(
    ("file", "row", "line", "column", "message"),
    [
        ("data/raw/w2.csv", 1, None, "v_2", r"not a raw file with answers(.|\n)*did you mean 'data/raw/w1.csv'"),
        (RAW, 61, None, "v_2", r"record 61(.|\n)*a record from 1 to 60"),
        (RAW, 0, None, "v_2", r"record 0(.|\n)*no such record"),
        (RAW, None, 1, "v_2", r"line 1(.|\n)*the header(.|\n)*a line from 2 to"),
        (RAW, None, 9999, "v_2", r"line 9999(.|\n)*no record there"),
        (RAW, 1, None, "v_22", r"w1.csv:1: column 'v_22'(.|\n)*did you mean 'v_2'"),
        (RAW, 1, None, "#99", r"a column there"),
    ],
)
def test_what_cannot_be_found_is_told(
    small: Study, file: str, row: int | None, line: int | None, column: str, message: str
) -> None:
    with pytest.raises(StudyError, match=message):
        find_dependents(small.directory, file, row, line, column)


def test_a_changed_raw_file_stops(own: Study) -> None:
    raw = own.directory / RAW
    raw.write_bytes(raw.read_bytes().replace(b"192.0.2.7", b"192.0.2.8"))
    with pytest.raises(StudyError, match="another sha256"):
        find_dependents(own.directory, RAW, 1, None, "v_2")


def test_the_quick_way_into_the_index_gives_what_the_whole_index_gives(small: Study) -> None:
    index = CellIndex.read(small.directory)
    columns = sorted({column for wave, column in index.by_column if wave == "w1"})
    cells = [(record, column) for record in range(1, 61) for column in columns]
    for record, column in cells[::7]:
        assert read_ties(small.directory, "w1", record, column) == index.of_cell("w1", record, column)
    assert read_ties(small.directory, "w1", 1, "rts1") == read_ties(small.directory, "w2", 1, columns[0]) == []


def test_the_first_wave(wave1: Study) -> None:
    found = find_dependents(wave1.directory, "data/raw/wave1_unipark.csv", 400, None, "v_7")
    assert len(found.numbers) > 100


def test_the_way_forward_needs_no_statistics_libraries(small: Study) -> None:
    """An answer within a second is mostly a matter of what is not imported."""
    words = ["dependents", "data/raw/w1.csv", "--row", "5", "--column", "v_1", "--directory", str(small.directory)]
    script = (
        f"import sys; from surveytrail.cli.app import app; app({words}, standalone_mode=False); "
        "print([name for name in ('pandas', 'scipy', 'statsmodels', 'duckdb') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "read by" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
