"""Tracing of every kind of number, and of claims: held against the raw file, which is read here by csv alone."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from surveyspec.study import Study
from surveytrail.cli.app import app
from surveytrail.tracing.trace import trace_number

ANSWERS = {"1", "2", "3"}


def trail(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.output


def raw_records(study: Study) -> list[dict[str, str]]:
    with (study.directory / "data/raw/w1.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def analysed(study: Study, without: str = "") -> list[tuple[int, dict[str, str]]]:
    """Return raw records with their numbers, but for those that cleaning excluded; ``without`` is a rule left out."""
    with (study.directory / "results/w1/exclusions.csv").open(encoding="utf-8", newline="") as stream:
        excluded = {int(row["record"]) for row in csv.DictReader(stream) if row["rule"] != without}
    return [(number, row) for number, row in enumerate(raw_records(study), 1) if number not in excluded]


def ids(study: Study, kind: str) -> list[str]:
    ledger = pd.read_parquet(study.directory / "results/ledger/ledger.parquet", columns=["id", "kind"])
    return ledger.loc[ledger["kind"] == kind, "id"].tolist()


@pytest.mark.parametrize("kind", ["estimate", "test", "sensitivity", "flow", "weighting"])
def test_every_kind_of_number_leads_to_raw_cells(varied: Study, kind: str) -> None:
    numbers = ids(varied, kind)
    assert numbers
    rows = raw_records(varied)
    for number in dict.fromkeys([*numbers[:3], numbers[len(numbers) // 2], *numbers[-3:]]):
        code, output = trail("trace", number, "--directory", varied.directory, "--json", "--rows", 3)
        found = json.loads(output)
        assert code == 0 and found["number"]["id"] == number
        assert found["tie"] and found["columns"] and found["records_behind"] > 0, number
        for record in found["records"]:
            raw = rows[record["record"] - 1]
            shown = {cell["column"]: cell["raw"] for cell in record["cells"] if cell["raw"] is not None}
            assert shown == {column: raw[column] for column in shown}, number


def test_a_share_is_what_counting_the_raw_rows_gives(varied: Study) -> None:
    users = [(number, row["v_2"]) for number, row in analysed(varied) if row["v_2"] in ANSWERS]
    found = trace_number(varied, "w1.use.alpha.unweighted", rows=len(users))
    assert [record.record for record in found.records] == [number for number, _ in users]
    assert found.row["numerator"] == sum(answer != "1" for _, answer in users)
    assert (found.row["denominator"], found.columns) == (len(users), ("v_2",))


def test_a_share_under_another_decision_is_what_counting_gives(varied: Study) -> None:
    """With fast answers kept, records that the rule for duplicates never looked at are left out by none."""
    found = trace_number(varied, "w1.sensitivity.use.alpha.fast=kept.unweighted", rows=99)
    users = [(number, row["v_2"]) for number, row in analysed(varied, "speeders") if row["v_2"] in ANSWERS]
    assert [record.record for record in found.records] == [number for number, _ in users]
    assert found.row["numerator"] == sum(answer != "1" for _, answer in users)


@pytest.mark.parametrize("statistic", ["rho", "p", "p_adjusted", "n"])
def test_a_test_rests_on_the_records_with_both_answers(varied: Study, statistic: str) -> None:
    found = trace_number(varied, f"w1.H2.{statistic}.unweighted", rows=99)
    both = {number for number, row in analysed(varied) if row["v_2"] in ANSWERS and row["v_4"] in ANSWERS}
    of_the_family = {number for number, row in analysed(varied) if row["v_2"] in ANSWERS and row["v_3"] in ANSWERS}
    expected = both | of_the_family if statistic == "p_adjusted" else both
    assert {record.record for record in found.records} == expected
    assert found.row["n_used"] == len(both)


@pytest.mark.parametrize("kind", ["nonresponse", "scale"])
def test_numbers_about_questions_rest_on_those_who_answered(wave1: Study, kind: str) -> None:
    with (wave1.directory / "data/raw/wave1_unipark.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    with (wave1.directory / "results/wave1/exclusions.csv").open(encoding="utf-8", newline="") as stream:
        excluded = {int(row["record"]) for row in csv.DictReader(stream)}
    codebook = wave1.waves["wave1"].codebook
    scaled = {str(variable.column) for variable in codebook.variables if variable.type == "scale"}
    by_column = {number: set(trace_number(wave1, number, rows=0).columns) for number in ids(wave1, kind)[::9]}
    numbers = [number for number, columns in by_column.items() if columns and columns <= scaled]
    assert numbers
    for number in (numbers[0], numbers[-1]):
        found = trace_number(wave1, number, rows=len(rows))
        answers = {
            column: {entry.cell for entry in codebook.categories(variable) if entry.reason is None}
            for variable in codebook.variables
            if (column := str(variable.column)) in found.columns
        }
        complete = [
            record
            for record, row in enumerate(rows, 1)
            if record not in excluded and all(row[column].strip() in cells for column, cells in answers.items())
        ]
        assert answers and [record.record for record in found.records] == complete, number


def test_a_claim_leads_to_all_its_numbers(varied: Study, own: Study) -> None:
    code, output = trail("trace", "most", "--directory", varied.directory, "--rows", 1)
    assert code == 0
    assert output.strip().splitlines()[-1] == (
        "claim most holds: w1.use.alpha.unweighted > 0.5 and w1.late.unweighted > 0; 2 of 2 numbers traced"
    )
    content = json.loads(trail("trace", "most", "--directory", varied.directory, "--json")[1])
    assert [part["number"]["id"] for part in content["numbers"]] == ["w1.use.alpha.unweighted", "w1.late.unweighted"]
    code, output = trail("trace", "most", "--directory", own.directory)
    assert code == 1 and "no number 'most'" in output


def test_a_claim_without_its_number_says_so(own: Study) -> None:
    config = Path(own.directory) / "config.yaml"
    claim = "    - {id: gone, text: {en: x}, holds_if: w1.no.unweighted > 1}\n"
    claim = f"claims:\n  on_unsupported: mark\n  statements:\n{claim}"
    config.write_text(config.read_text(encoding="utf-8").replace("report:\n", f"{claim}report:\n"), encoding="utf-8")
    code, output = trail("trace", "gone", "--directory", own.directory)
    assert code == 1 and "claims.statements.gone.holds_if" in output
