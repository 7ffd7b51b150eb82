"""Negative controls of the commands that check: what they plant is reported, and a check that is blind is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from surveytrail.cli import output
from surveytrail.cli.app import app
from surveytrail.integrity import control as of_the_seal
from surveytrail.integrity.check import SealCheck
from tests.finished import finish_run
from tests.tiny import CONFIG, write_tiny

CLAIMS = """\
claims:
  on_unsupported: mark
  statements:
    - {id: some, text: {en: some}, holds_if: w1.level.unweighted > 0}
    - {id: never, text: {en: none}, holds_if: w1.level.unweighted < 0}
report:
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_tiny(tmp_path_factory.mktemp("study"), config=CONFIG.replace("report:\n", CLAIMS))
    finish_run(folder)
    return folder


def trail(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("check", "changes, in each class of file and of a ledger row, named, and 0 others: reported"),
        ("diff", "control: the text changed of w1."),
        ("claims", "control: 1 of 1 claims turned into their opposite fail: reported"),
        ("verify", "control: the value changed of w1."),
    ],
)
def test_what_a_control_plants_is_reported(study: Path, command: str, said: str) -> None:
    result = trail(command, "--control", "-d", study)
    assert result.exit_code == 0, result.output
    summary = result.output.strip().splitlines()[-1]
    assert said in summary and summary.endswith(": reported")
    content = json.loads(trail(command, "--control", "-d", study, "--json").output)
    assert (content["ok"], content["reported"], content["summary"]) == (True, True, summary)


def test_a_check_that_sees_nothing_is_told(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_the_seal, "check_seal", lambda *_: SealCheck("", 1, 1, ()))
    result = trail("check", "--control", "-d", study)
    assert result.exit_code == 1
    assert result.output.strip().endswith("named, and 0 others: NOT REPORTED")
    assert " 0 of " in result.output


def test_claims_that_do_not_hold_are_no_control(tmp_path: Path) -> None:
    config = CONFIG.replace("report:\n", CLAIMS.replace("unweighted > 0", "unweighted > 99"))
    folder = write_tiny(tmp_path, config=config)
    finish_run(folder)
    result = trail("claims", "--control", "-d", folder)
    assert result.exit_code == 1
    assert result.output.strip() == "control: 0 of 0 claims turned into their opposite fail: NOT REPORTED"


def test_diff_without_a_run_says_what_is_missing(study: Path) -> None:
    result = trail("diff", "-d", study)
    assert result.exit_code == 1
    assert "RUN_A" in result.output and "keep one first: trail keep NAME" in result.output


def test_long_work_in_a_log_says_now_and_then_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "SECONDS_BETWEEN_LINES", 0)
    with output.progress("trials", 4, as_json=False) as advance:
        for done in range(1, 5):
            advance(done)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("1 of 4 trials, about ") and lines[-1] == "4 of 4 trials, about 0 min left"
    with output.progress("trials", 4, as_json=True) as advance:
        advance(1)
    assert capsys.readouterr().err == ""
