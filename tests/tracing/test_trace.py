"""A number walked back to the cells that it was computed from."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from surveyspec.codebook import Codebook
from surveyspec.identifiers import short_anchor
from surveyspec.problems import StudyError
from surveyspec.study import Study, load_study
from surveytrail.frames import write_frame
from surveytrail.tracing.frames import LEDGER, VERIFICATION
from surveytrail.tracing.raw_records import withheld
from surveytrail.tracing.trace import closest_numbers, resolve_number, trace_number
from tests.tracing.small_study import CODEBOOK, SHARES, SILENT, write_results, write_study

FACEBOOK = "w1.private_use.facebook.unweighted"
SMALL = "w1.professional_use.facebook.size=small.unweighted"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = write_study(tmp_path_factory.mktemp("study"))
    write_results(study)
    return study


def test_the_fixture_is_what_its_answers_say(study: Study) -> None:
    for number, (numerator, records) in SHARES.items():
        trace = trace_number(study, number, rows=0)
        assert (trace.row["numerator"], trace.row["n_used"]) == (numerator, len(records)), number
        assert (trace.tie, sorted(trace.edges[0].records)) == ("DIRECT", records), number


def test_records_lines_and_cells_are_those_of_the_file(study: Study) -> None:
    trace = trace_number(study, FACEBOOK)
    assert trace.records_behind == 6
    shown = [(record.record, record.first_line, record.last_line, record.respondent) for record in trace.records]
    assert shown == [(1, 2, 2, "101"), (2, 3, 4, "102"), (3, 5, 5, "103"), (4, 6, 6, "104"), (6, 8, 8, "106")]
    cells = [
        (cell.column, cell.variable, cell.raw, cell.label["fr"]) for record in trace.records for cell in record.cells
    ]
    assert cells[0] == ("v_1", "PRIV_FB", "5", "tous les jours")
    assert [cell[2] for cell in cells] == ["5", "3", "1", "5", "3"]


def test_the_printed_command_prints_the_record(study: Study) -> None:
    record = trace_number(study, FACEBOOK, rows=2).records[1]
    printed = subprocess.run(shlex.split(record.command), capture_output=True, check=True).stdout
    assert printed == b'"102";"3";"5";"1";"5";"1";"41";"first line\nsecond line";"b@example.org"\r\n'


def test_edges_carry_kind_columns_and_records(study: Study) -> None:
    edges = [(edge.kind, edge.why, edge.columns, sorted(edge.records)) for edge in trace_number(study, FACEBOOK).edges]
    assert edges == [
        ("DIRECT", "value", ("v_1",), [1, 2, 3, 4, 6, 8]),
        ("INDIRECT", "value not used", ("v_1",), [5]),
        ("INDIRECT", "respondent", ("lfdn",), [1, 2, 3, 4, 5, 6, 8]),
        ("INDIRECT", "filter and groups", ("#7",), list(range(1, 9))),
    ]


def test_variables_lead_to_the_line_that_declares_them(study: Study) -> None:
    lines = CODEBOOK.splitlines()
    item, age = trace_number(study, FACEBOOK).variables
    assert (item.code, item.column, age.code, age.column) == ("PRIV_FB", "v_1", "AGE", "#7")
    for variable in (item, age):
        file, line = variable.place.split(":")
        assert file == "data/codebooks/w1.yaml"
        assert f"code: {variable.code}" in lines[int(line) - 1]
    assert item.label["en"] == "Facebook"


@pytest.mark.parametrize(
    ("number", "codes"),
    [(SMALL, ["PROF_FB", "SIZE"]), ("w1.index.raked", ["INDEX", "SIZE"]), (FACEBOOK, ["PRIV_FB", "AGE"])],
)
def test_what_groups_weights_and_filters_read_is_named(study: Study, number: str, codes: list[str]) -> None:
    assert [variable.code for variable in trace_number(study, number, rows=0).variables] == codes


def test_a_derived_variable_leads_to_its_questions(study: Study) -> None:
    (index,) = trace_number(study, "w1.index.unweighted").variables
    assert index.place.startswith("config.yaml:")
    config = (study.directory / "config.yaml").read_text(encoding="utf-8").splitlines()
    assert "INDEX:" in config[int(index.place.split(":")[1]) - 1]
    assert [part.code for part in index.made_of] == ["PRIV_FB", "PRIV_LI"]


def test_a_missing_cell_says_why(study: Study) -> None:
    cells = [cell for record in trace_number(study, SILENT, rows=8).records for cell in record.cells]
    assert [(cell.raw, cell.missing) for cell in cells[3:6]] == [("5", ""), ("-77", "NOT_REACHED"), ("3", "")]


def test_a_number_without_direct_cells_shows_those_of_its_closest_tie(study: Study) -> None:
    weighted = trace_number(study, "w1.weights.deff.raked", rows=8)
    assert (weighted.tie, weighted.columns, weighted.records_behind) == ("GLOBAL", ("v_5",), 8)
    assert [record.record for record in weighted.records] == list(range(1, 9))


def test_cells_that_are_not_public_stay_hidden(tmp_path: Path) -> None:
    directory = tmp_path / "hidden"
    write_study(directory)
    codebook = directory / "data/codebooks/w1.yaml"
    text = codebook.read_text(encoding="utf-8")
    text = text.replace("column: v_1\n", "column: v_1\n    sensitivity: restricted\n")
    text = text.replace("column: lfdn\n", "column: lfdn\n    sensitivity: restricted\n")
    codebook.write_text(text, encoding="utf-8")
    study = load_study(directory)
    write_results(study)
    record = trace_number(study, FACEBOOK, rows=1).records[0]
    assert record.respondent is None
    assert record.cells[0].raw is None
    assert record.cells[0].withheld == "not shown: the codebook marks it 'restricted'"
    assert record.cells[0].label == {}


def test_a_column_without_a_variable_stays_hidden() -> None:
    assert withheld(None) == "not in the codebook"
    fields = {"code": "EMAIL", "column": "e", "slug": "e", "type": "open", "label": {"en": "E"}, "sensitivity": "drop"}
    codebook = Codebook.model_validate({"wave": "w", "title": {"en": "W"}, "languages": ["en"], "variables": [fields]})
    assert withheld(codebook.variables[0]) == "not shown: the codebook marks it 'drop'"


def test_an_anchor_stands_for_its_number(study: Study) -> None:
    assert trace_number(study, short_anchor(FACEBOOK), rows=0).row["id"] == FACEBOOK
    assert trace_number(study, f"#{short_anchor(FACEBOOK)}", rows=0).row["id"] == FACEBOOK


def test_an_unknown_number_names_the_closest(study: Study) -> None:
    with pytest.raises(StudyError) as caught:
        trace_number(study, "w1.privat_use.facebook.unweighted")
    text = str(caught.value)
    assert f"{LEDGER}: id\n    found:    no number 'w1.privat_use.facebook.unweighted'" in text
    assert f"expected: one of the {len(pd.read_parquet(study.directory / LEDGER))} ids of the ledger" in text
    assert f"did you mean {FACEBOOK}" in text


def test_a_part_of_an_id_finds_the_ids_that_have_it() -> None:
    assert closest_numbers("linkedin", sorted(SHARES)) == [
        "w1.private_use.linkedin.unweighted",
        "w1.professional_use.linkedin.unweighted",
    ]
    assert closest_numbers("zzzz", sorted(SHARES)) == []


def test_nothing_close_points_to_the_list_of_ids() -> None:
    with pytest.raises(StudyError, match=r"ids stand in results/ledger/ledger\.json"):
        resolve_number("qqqqqqqq", list(SHARES))


def test_before_the_first_run(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    with pytest.raises(StudyError) as caught:
        trace_number(study, FACEBOOK)
    assert f"{LEDGER}\n    found:    no such file" in str(caught.value)
    assert "run 'make', or 'snakemake' in the study's folder, first" in str(caught.value)


def test_a_raw_file_that_changed_since_is_not_shown_as_the_origin(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    write_results(study)
    raw = tmp_path / "data/raw/answers.csv"
    raw.write_bytes(raw.read_bytes().replace(b'"101";"5"', b'"101";"1"'))
    with pytest.raises(StudyError) as caught:
        trace_number(study, FACEBOOK)
    assert f"from which {FACEBOOK} was computed" in str(caught.value)
    assert "restore the file, or run the pipeline again" in str(caught.value)


def test_a_wave_that_the_study_no_longer_has(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    write_results(study)
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace(" w1", " w2"), encoding="utf-8")
    with pytest.raises(StudyError, match="a number of the wave 'w1'"):
        trace_number(load_study(tmp_path), FACEBOOK)


def test_the_verdict_of_the_second_engine(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    write_results(study)
    assert trace_number(study, FACEBOOK, rows=0).verdict is None
    verdicts = {"id": [FACEBOOK], "value_ledger": [4 / 6], "value_recomputed": [4 / 6], "match": [True]}
    write_frame(pd.DataFrame(verdicts), tmp_path / VERIFICATION)
    verdict = trace_number(study, FACEBOOK, rows=0).verdict
    assert verdict is not None
    assert verdict["match"]
    assert trace_number(study, SMALL, rows=0).verdict is None
