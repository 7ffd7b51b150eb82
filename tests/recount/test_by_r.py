"""The design-based part of a study by R's survey package, where R is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from recount import by_r
from recount.by_r import RSummary, why_no_r
from recount.cli import main
from tests.recount.studies import ledger_rows, recounted, write_ledger
from tests.recount.test_comparing import TESTED
from tests.tiny import write_tiny

LACKING = why_no_r()
with_r = pytest.mark.skipif(bool(LACKING), reason=f"{LACKING}: nothing to compare with")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny study with a faithful ledger."""
    path = write_tiny(tmp_path_factory.mktemp("tiny"), config=TESTED)
    write_ledger(ledger_rows(recounted(path), ["en"]), path / "ledger.parquet")
    return path


def arguments(folder: Path, *more: str) -> list[str]:
    ledger = more[0] if more else str(folder / "ledger.parquet")
    return ["--directory", str(folder), "--ledger", ledger, "--out", str(folder / "out"), "--engine", "r"]


@with_r
def test_r_finds_the_same_shares_errors_and_crosstabs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["holds"] and found["mismatches"] == {}
    assert found["numbers"] == found["reproduced"] > 14
    assert found["versions"].startswith("R ") and found["summary"].endswith("; negative control reported")
    assert not (folder / "out").exists()


@with_r
@pytest.mark.parametrize(
    ("number", "field", "said"),
    [
        ("w1.use.alpha.raked", "se", "differs: w1.use.alpha.raked: se "),
        ("w1.use.alpha.unweighted", "value", "differs: w1.use.alpha.unweighted: value "),
        ("w1.H2.p.raked", "value", "differs: w1.H2.p.raked: log of p "),
        ("w1.H2.f.raked", "value", "differs: w1.H2.f.raked: value "),
    ],
)
def test_what_differs_from_r_is_named(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], number: str, field: str, said: str
) -> None:
    rows = ledger_rows(recounted(folder), ["en"])
    next(row for row in rows if row["id"] == number)[field] *= 1.001
    assert main(arguments(folder, str(write_ledger(rows, tmp_path / "ledger.parquet")))) == 1
    assert said in capsys.readouterr().out


def test_without_r_users_are_told_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(by_r, "why_no_r", lambda: "no Rscript on the path")
    assert main(arguments(folder)) == 1
    message = capsys.readouterr().err
    assert "no Rscript on the path" in message and "install R (r-base) and its package survey" in message


def test_nothing_compared_is_no_success() -> None:
    assert not RSummary("R", 0, {}, True).holds
    assert not RSummary("R", 5, {}, False).holds
    assert RSummary("R", 5, {}, True).holds
    assert RSummary("R 4, survey 4", 5, {"a": "x"}, True).line == (
        "4 of 5 design-based numbers reproduced by R 4, survey 4; negative control reported"
    )


def test_the_option_of_the_command(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "surveytrail.cli", "verify", "--engine", "s", "--directory", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "'own'" in done.stderr and "'r'" in done.stderr
