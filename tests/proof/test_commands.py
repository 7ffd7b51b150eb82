"""What the commands of the proofs print, and with which exit code they leave."""

import json
import re

import pytest
from typer.testing import CliRunner, Result

from surveyspec.study import Study
from surveytrail.cli.app import app


def trail(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def last_line(result: Result) -> str:
    return result.output.strip().splitlines()[-1]


def test_dependents(small: Study) -> None:
    given = ("dependents", "data/raw/w1.csv", "--row", 5, "--column", "v_1", "--directory", small.directory)
    result = trail(*given)
    assert result.exit_code == 0
    assert "SIZE  Size" in result.output
    assert re.search(r"exclusion no_size: \d+ numbers", result.output) and "(--all)" in result.output
    assert re.fullmatch(r"data/raw/w1.csv record 5, column v_1: read by \d+ numbers \(.*\)", last_line(result))
    assert "more (--all)" not in trail(*given, "--all").output
    content = json.loads(trail(*given, "--json").output)
    assert content["ok"] and content["cell"]["record"] == 5
    assert {"kind": "INDIRECT", "why": "exclusion no_size"} in content["numbers"][-1]["edges"]


@pytest.mark.parametrize("given", [(), ("--row", 5, "--line", 6)])
def test_dependents_needs_a_row_or_a_line(small: Study, given: tuple[object, ...]) -> None:
    result = trail("dependents", "data/raw/w1.csv", "--column", "v_1", "--directory", small.directory, *given)
    assert result.exit_code == 1
    assert "exactly one of the two" in result.output


def test_census(small: Study) -> None:
    result = trail("census", "--directory", small.directory)
    assert result.exit_code == 0
    assert "data/raw/w1.csv: 60 rows x 13 columns = 780 cells" in result.output
    assert "identifier dropped: direct identifier  ip" in result.output
    assert re.search(r"index of these cells: \d+ bytes, \d+\.\d\d times the \d+ raw bytes", result.output)
    assert last_line(result) == "780 of 780 raw cells in 1 file have exactly one class"
    content = json.loads(trail("census", "--directory", small.directory, "--json").output)
    assert sum(content["files"][0]["counts"].values()) == content["files"][0]["cells"] == 780


def test_census_control_is_reported(small: Study) -> None:
    result = trail("census", "--control", "--directory", small.directory)
    assert result.exit_code == 0
    assert re.fullmatch(r"control: cells unexplained without the edges of w1 \w+: reported", last_line(result))


def test_tamper(small: Study) -> None:
    result = trail("tamper", "--trials", 10, "--seed", 3, "--directory", small.directory)
    assert result.exit_code == 0
    assert last_line(result).startswith("10 trials, 0 refused by the pipeline: 0 missed of ")
    content = json.loads(trail("tamper", "--trials", 10, "--seed", 3, "--directory", small.directory, "--json").output)
    assert content["ok"] and content["total"]["trials"] == 10 and content["failures"] == []
    assert content["total"]["compared"] == 10 * content["numbers"]
    assert content["summary"] == last_line(result)


def test_tamper_control_is_reported(small: Study) -> None:
    result = trail("tamper", "--control", "--directory", small.directory)
    assert result.exit_code == 0
    assert last_line(result).endswith("was reported as missed")


def test_blank_and_its_control(small: Study) -> None:
    result = trail("blank", "--trials", 4, "--directory", small.directory)
    assert result.exit_code == 0
    expected = (
        r"(\d+) of \1 trials on \1 numbers left the number bit-identical, in 4 redraws; median share of raw cells "
    )
    assert re.fullmatch(expected + r"redrawn \d+\.\d%", last_line(result))
    control = trail("blank", "--control", "--trials", 8, "--directory", small.directory, "--json")
    content = json.loads(control.output)
    assert control.exit_code == 0 and content["summary"].startswith("control: ")
    assert any(not trial["holds"] for trial in content["trials"])


@pytest.mark.parametrize("command", ["census", "tamper", "blank"])
def test_without_results_the_commands_say_what_to_run(own: Study, command: str) -> None:
    (own.directory / "results/ledger/lineage.parquet").unlink()
    result = trail(command, "--directory", own.directory)
    assert result.exit_code == 1
    assert "run 'make', or 'snakemake' in the study's folder, first" in result.output
