"""``python -m recount``: exit codes, files, the last line, and what users are told."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from recount.claims import Claims
from recount.cli import main, recount
from recount.reporting import write_outcome
from surveyspec.study import load_study
from tests.recount.studies import ledger_rows, recounted, write_ledger
from tests.tiny import CONFIG, write_tiny

SOURCE = Path(__file__).parents[2] / "src"


def arguments(folder: Path, *more: str) -> list[str]:
    return ["--directory", str(folder), "--ledger", str(folder / "ledger.parquet"), "--out", str(folder / "out"), *more]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny study with a faithful ledger."""
    write_tiny(tmp_path)
    write_ledger(ledger_rows(recounted(tmp_path), ["en"]), tmp_path / "ledger.parquet")
    return tmp_path


def test_a_run_from_the_command_line(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "recount", *arguments(folder)],
        capture_output=True, text=True, check=False, env={"PYTHONPATH": str(SOURCE)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "31 of 31 numbers reproduced (independent code: 31, same library: 0); not recomputed: 0"
    assert ["estimate", "14", "14"] in [line.split() for line in lines]


def test_several_ledgers_are_compared_with_one_recount(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ledger_rows(recounted(folder), ["en"])
    rows[-1]["n_used"] = 99
    other = write_ledger(rows, folder / "other.parquet")
    words = arguments(folder)
    assert main([*words[:4], str(other), *words[4:]]) == 1
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["holds"], first["reproduced"]) == (True, 31)
    assert (second["holds"], second["reproduced"], list(second["mismatches"])) == (False, 30, [rows[-1]["id"]])
    assert main([*words[:4], str(folder / "none.parquet"), *words[4:]]) == 1
    assert "none.parquet\n    found:    no such file" in capsys.readouterr().err


def test_the_files_hold_every_verdict(folder: Path) -> None:
    assert main(arguments(folder)) == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["summary.json", "verification.parquet"]
    rows = duckdb.sql(
        f"SELECT id, value_ledger, value_recomputed, relative_difference, text_ledger, match, engine, note "
        f"FROM '{folder}/out/verification.parquet'"
    ).fetchall()
    assert len(rows) == 31
    alpha = next(row for row in rows if row[0] == "w1.use.alpha.unweighted")
    assert alpha == (alpha[0], 0.75, 0.75, 0, '{"en": "75.0%"}', True, "independent code", "")
    summary = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    assert (summary["numbers"], summary["reproduced"], summary["holds"], summary["mismatches"]) == (31, 31, True, {})


def test_the_same_run_gives_the_same_bytes(folder: Path) -> None:
    assert main(arguments(folder)) == 0
    first = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    assert main(arguments(folder)) == 0
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == first


def test_looking_at_claims_leaves_the_files_of_a_run_as_they_are(folder: Path) -> None:
    """The pipeline writes and seals them before claims are judged."""
    study = load_study(folder)
    alone = recount(study, folder / "ledger.parquet", list(study.waves))
    for number, claims in enumerate((None, Claims(1), Claims(1, {"A": "fails by …"}))):
        write_outcome(replace(alone, claims=claims), folder / str(number))
    first, *others = [
        {path.name: path.read_bytes() for path in (folder / str(number)).iterdir()} for number in range(3)
    ]
    assert len(first) == 2 and all(other == first for other in others)


def test_a_changed_raw_cell_fails_and_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = folder / "data" / "raw" / "w1.csv"
    raw.write_bytes(raw.read_bytes().replace(b'"8";"160";"1";"3"', b'"8";"160";"1";"1"'))
    assert main(arguments(folder)) == 1
    printed = capsys.readouterr().out
    assert "differs: w1.use.alpha.unweighted: value 0.75 in the ledger, 0.5 recomputed" in printed
    assert "differs: w1.use.beta.unweighted" not in printed
    assert json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))["holds"] is False


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(folder, "--json", "--waves", "w1")) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["summary"].startswith("31 of 31 numbers reproduced")
    assert summary["by_kind"]["flow"] == {"numbers": 4, "reproduced": 4}


def told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err
    return printed.err


def test_no_ledger(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "ledger.parquet").unlink()
    text = told(arguments(folder), capsys)
    assert "ledger.parquet" in text and "no such file" in text and "run the pipeline first" in text


def test_a_ledger_that_is_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "ledger.parquet").write_text("id,value\n", encoding="utf-8")
    assert "a Parquet file" in told(arguments(folder), capsys)
    duckdb.sql(f"COPY (SELECT 'x' AS id) TO '{folder}/ledger.parquet' (FORMAT parquet)")
    text = told(arguments(folder), capsys)
    assert "no column kind, wave" in text and "build the ledger again" in text


def test_no_raw_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data" / "raw" / "w1.csv").unlink()
    assert "data/raw/w1.csv" in told(arguments(folder), capsys)


def test_no_margins(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data" / "raw" / "margins.csv").unlink()
    text = told(arguments(folder), capsys)
    assert "data/raw/margins.csv" in text and "no such file" in text


def test_an_unknown_wave(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(arguments(folder, "--waves", "w11"), capsys)
    assert "'w11'" in text and "did you mean 'w1'?" in text


def test_values_that_cannot_be_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = CONFIG.replace("exclude: missing(SIZE)", "exclude: TEXT > 3")
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    text = told(arguments(folder), capsys)
    assert "config.yaml: a condition of w1" in text and "between a number and a text" in text


def test_a_ledger_of_other_waves_only(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ledger_rows(recounted(folder), ["en"])
    write_ledger([{**row, "wave": "w9"} for row in rows], folder / "ledger.parquet")
    assert main(arguments(folder)) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 of 31 numbers reproduced")
