"""Tracing numbers from files beside the survey exports: the right file, its lines, and no text of an interview."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveytrail.cli.app import app
from surveytrail.frames import write_frame
from surveytrail.pipeline import compute_ledger
from surveytrail.tracing.frames import LEDGER, LINEAGE, ROW_SETS
from surveytrail.tracing.trace import trace_number
from tests.tiny_fieldwork import write_fieldwork


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_fieldwork(tmp_path_factory.mktemp("fieldwork"))
    ledger = compute_ledger(load_study(folder))
    for name, frame in ((LEDGER, ledger.frame), (LINEAGE, ledger.edges), (ROW_SETS, ledger.row_sets)):
        write_frame(frame, folder / name)
    return folder


def test_a_response_rate_leads_to_its_counts(folder: Path) -> None:
    found = trace_number(load_study(folder), "w1.response.rr5.others.unweighted", rows=20)
    assert (found.tie, found.columns, found.records_behind) == ("DIRECT", ("count",), 5)
    assert [record.first_line for record in found.records] == [9, 10, 11, 12, 16]
    last = {cell.column: cell.raw for cell in found.records[-1].cells}
    assert last == {"frame": "others", "disposition": "other", "count": "1"}
    assert found.records[0].command.endswith("9,9p " + str(folder / "data/raw/dispositions.csv"))
    assert found.variables == ()


def test_agreement_leads_to_codes_and_coders_and_shows_no_text(folder: Path) -> None:
    result = CliRunner().invoke(app, ["trace", "interviews.alpha.wait.unweighted", "-d", str(folder), "--rows", "9"])
    assert result.exit_code == 0
    for line in (
        "DIRECT  value: 2 records, columns iv_id, seg_id, code, coder of data/raw/interview_segments.csv",
        "DIRECT  value: 3 records, columns iv_id, coder1, coder2 of data/raw/interviews_metadata.csv",
        "record 7, line 8\n",
        "code = 'WAIT'",
        "computed from 2 records and 4 columns of data/raw/interview_segments.csv",
    ):
        assert line in result.output, line
    assert "We wait and see" not in result.output
    assert "respondent" not in result.output


def test_sources_in_json(folder: Path) -> None:
    words = ["trace", "interviews.codes.wait.unweighted", "-d", str(folder), "--json"]
    edges = json.loads(CliRunner().invoke(app, words).stdout)["edges"]
    assert {edge["source"] for edge in edges} == {
        "data/raw/interview_segments.csv", "data/raw/interviews_metadata.csv",
    }  # fmt: skip


def test_a_changed_file_stops_the_trace(folder: Path, tmp_path: Path) -> None:
    path = folder / "data/raw/dispositions.csv"
    before = path.read_bytes()
    try:
        path.write_bytes(before + b"\n")
        with pytest.raises(StudyError, match=r"data/raw/dispositions\.csv\n    found: "):
            trace_number(load_study(folder), "w1.response.rr1.total.unweighted")
    finally:
        path.write_bytes(before)
