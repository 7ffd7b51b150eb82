"""What ``trail doctor`` finds, and what it says to do."""

from __future__ import annotations

import importlib.metadata
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from surveytrail.cli import checks
from surveytrail.cli.app import app
from tests.tracing.small_study import write_study


def test_python() -> None:
    assert checks.python_finding((3, 11, 0)).status == "ok"
    old = checks.python_finding((3, 10, 9))
    assert (old.status, old.todo) == ("fail", "install Python 3.11 or newer, then: make PYTHON=python3.11")
    assert old.found.startswith("3.10.9 at ")


def test_packages_are_compared_with_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    installed = importlib.metadata.version("numpy")
    content = [
        "# a comment", f"numpy=={installed} \\", "    --hash=sha256:0", "Typer==0.0.1 \\", "no-such-package==1.0",
        "only-there==1.0 ; sys_platform == 'win32' \\",
    ]  # fmt: skip
    lock.write_text("\n".join(content))
    finding = checks.packages_finding(lock)
    assert finding.status == "fail"
    typer = importlib.metadata.version("typer")
    expected = (
        f"2 of 3 are not as in requirements.lock: Typer {typer} instead of ==0.0.1, no-such-package missing (==1.0)"
    )
    assert finding.found == expected
    assert finding.todo == "run 'make setup', and start trail from .venv/bin"
    lock.write_text("\n".join(content[:3]))
    assert checks.packages_finding(lock).found == "1 of 1 as in requirements.lock"


def test_no_lock(tmp_path: Path) -> None:
    finding = checks.packages_finding(tmp_path / "requirements.lock")
    assert (finding.status, finding.todo) == ("fail", "restore it from the repository")


def test_quarto_is_used_when_it_is_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quarto = tmp_path / "quarto"
    quarto.write_text("#!/bin/sh\necho 1.9.38\n")
    quarto.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checks.renderer_finding().found == f"Quarto 1.9.38, because it is on the PATH: {quarto}"
    quarto.write_text("#!/bin/sh\nexit 3\n")
    broken = checks.renderer_finding()
    assert (broken.status, broken.todo) == ("fail", "run 'make setup', or repair Quarto")
    assert str(quarto) in broken.found
    quarto.unlink()
    without = checks.renderer_finding()
    assert without.status == "ok"
    assert without.found.startswith("Pandoc 3.")
    assert "because no quarto is on the PATH" in without.found


def test_no_renderer_and_no_second_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    from surveytrail.reporting import render

    def missing() -> str:
        raise ImportError("no pypandoc")

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(render, "pandoc_program", missing)
    finding = checks.renderer_finding()
    assert (finding.status, finding.found) == ("fail", "none that runs: no pypandoc")
    monkeypatch.setattr(checks.importlib.util, "find_spec", lambda name: None)
    assert checks.second_engine_finding().todo == "run 'make setup'"


def test_the_font_of_the_figures_comes_with_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    from surveytrail.figures import style

    assert checks.fonts_finding().status == "ok"
    monkeypatch.setattr(style, "FONT", "No Such Font")
    finding = checks.fonts_finding()
    assert (finding.status, finding.found) == ("fail", "No Such Font is missing, which comes with matplotlib")


def test_no_browser_is_only_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    finding = checks.browser_finding()
    assert (finding.status, finding.todo) == ("note", "on Debian or Ubuntu: apt-get install chromium")


def test_folders_that_cannot_be_written_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.writable_finding(tmp_path / "not/yet/there").status == "ok"
    (tmp_path / "results").mkdir()
    allowed = os.access
    monkeypatch.setattr(checks.os, "access", lambda path, mode: Path(path).name != "results" and allowed(path, mode))
    finding = checks.writable_finding(tmp_path)
    assert (finding.status, finding.found) == ("fail", f"cannot write to {tmp_path / 'results'}")


def test_study_and_raw_files(tmp_path: Path) -> None:
    write_study(tmp_path)
    assert checks.study_finding(tmp_path).found == "small: w1"
    assert checks.raw_files_finding(tmp_path).found == "2 of 2 as data/raw/MANIFEST.yaml records"
    (tmp_path / "data/raw/answers.csv").write_text("edited")
    assert "restore the file: raw files are never edited" in checks.raw_files_finding(tmp_path).found
    (tmp_path / "config.yaml").write_text("study: {}")
    assert checks.study_finding(tmp_path).status == "fail"


def test_examples_say_whether_their_data_are_linked(tmp_path: Path) -> None:
    write_study(tmp_path / "small")
    (linked,) = checks.example_findings(tmp_path)
    assert (linked.subject, linked.status, linked.found) == ("example small", "ok", "2 of 2 raw files are in place")
    (tmp_path / "small/data/raw/answers.csv").unlink()
    (absent,) = checks.example_findings(tmp_path)
    assert absent.status == "note"
    assert absent.found == "1 of 2 raw files are not linked: data/raw/answers.csv"
    assert absent.todo.startswith("make example DATA=path/to/folder")
    (tmp_path / "small/data/raw/MANIFEST.yaml").unlink()
    assert [finding.status for finding in checks.example_findings(tmp_path)] == ["fail"]


def test_the_command_ends_with_its_summary_and_fails_on_one_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_study(tmp_path)
    sound = CliRunner().invoke(app, ["doctor", "--directory", str(tmp_path)])
    assert sound.exit_code == 0, sound.output
    assert " are in order, " in sound.output.strip().splitlines()[-1]
    assert "0 to mend" in sound.output.strip().splitlines()[-1]
    (tmp_path / "data/raw/answers.csv").unlink()
    broken = CliRunner().invoke(app, ["doctor", "--directory", str(tmp_path)])
    assert broken.exit_code == 1
    assert broken.output.strip().splitlines()[-1].endswith("1 to mend: raw files")
    assert "put the file there (source: made for tests)" in broken.output
    content = json.loads(CliRunner().invoke(app, ["doctor", "-d", str(tmp_path), "--json"]).stdout)
    assert content["ok"] is False
    assert {finding["subject"] for finding in content["findings"]} >= {"python", "packages", "renderer", "raw files"}
