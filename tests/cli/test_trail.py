"""What the ``trail`` command prints, and with which exit code it leaves."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from surveyspec.study import Study
from surveytrail.cli.app import app
from surveytrail.frames import write_frame
from surveytrail.tracing.frames import VERIFICATION
from tests.tracing.small_study import CONFIG, RAW, write_results, write_study

FACEBOOK = "w1.private_use.facebook.unweighted"
COMMANDS = ("trace", "verify", "claims", "doctor", "manifest", "check", "keep", "diff", "mutate",
            "dependents", "census", "tamper", "blank", "firm", "audit")  # fmt: skip


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = write_study(tmp_path)
    write_results(study)
    return study


def trail(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def test_trace_prints_the_whole_way_and_the_summary_last(study: Study) -> None:
    result = trail("trace", FACEBOOK, "--directory", study.directory)
    assert result.exit_code == 0
    for line in (
        f"{FACEBOOK}  Private use at least monthly – Facebook",
        "printed  66.7%  (de 66,7\u202f%, fr 66,7\u202f%)",
        "value  0.6666666666666666 = 4/6, printed with 1 decimal, half up",
        "base  n = 6 used of 7 in the base (not used: NOT_REACHED 1)",
        "question  How often in private? – Facebook",
        "interval  30.0–90.3% (95%, wilson)",
        "estimator  share",
        "filter  not missing(AGE)",
        "weight  unweighted",
        "second engine  not recomputed yet (trail verify)",
        "rule  estimate_numbers, scripts/estimate_numbers.py:17",
        f"declared  config.yaml:{CONFIG.splitlines().index('  - id: private_use') + 1}",
        "column v_1  Facebook",
        "DIRECT  value: 6 records, column v_1",
        "INDIRECT  value not used: 1 record, column v_1",
        "first 5 of 6 DIRECT raw records in data/raw/answers.csv",
        "record 2, lines 3 to 4, respondent 102",
        "v_1 (PRIV_FB) = '3'  at least monthly",
        f"\n  sed -n 3,4p {study.directory}/data/raw/answers.csv\n",
    ):
        assert line in result.output, line
    assert (
        last_line(result.output) == f"{FACEBOOK}: 66.7%, computed from 6 records and 1 column of data/raw/answers.csv"
    )


def test_trace_speaks_the_language_asked_for(study: Study) -> None:
    result = trail("trace", FACEBOOK, "-d", study.directory, "--language", "fr", "--rows", 1)
    assert "v_1 (PRIV_FB) = '5'  tous les jours" in result.output
    assert "first 1 of 6" in result.output
    unknown = trail("trace", FACEBOOK, "-d", study.directory, "--language", "it")
    assert unknown.exit_code == 1
    assert "--language\n    found:    'it'\n    expected: one of de, en, fr" in unknown.stderr


def test_trace_shows_groups_and_derived_variables(study: Study) -> None:
    grouped = trail("trace", "w1.professional_use.facebook.size=small.unweighted", "-d", study.directory)
    assert "group  SIZE == 1 (small)" in grouped.output
    derived = trail("trace", "w1.index.unweighted", "-d", study.directory, "--rows", 0)
    assert "INDEX  config.yaml:13, from 2 questions" in derived.output
    assert "raw records in" not in derived.output


def test_trace_as_json(study: Study) -> None:
    result = trail("trace", FACEBOOK, "-d", study.directory, "--json", "--rows", 2)
    content = json.loads(result.stdout)
    assert content["ok"] is True
    assert content["summary"].startswith(f"{FACEBOOK}: 66.7%")
    assert content["number"]["numerator"] == 4
    edge = {"kind": "DIRECT", "why": "value", "source": "w1", "columns": ["v_1"], "records": 6}
    assert content["edges"][0] == edge
    assert [record["first_line"] for record in content["records"]] == [2, 3]
    assert content["records"][0]["cells"][0]["raw"] == "5"


def test_trace_of_an_unknown_number_has_no_traceback(study: Study) -> None:
    result = trail("trace", "linkedin", "-d", study.directory)
    assert result.exit_code == 1
    assert "did you mean w1.private_use.linkedin.unweighted or " in result.stderr
    assert "Traceback" not in result.output
    assert last_line(result.stderr) == "stopped: 1 problem to mend"
    problems = json.loads(trail("trace", "linkedin", "-d", study.directory, "--json").stdout)
    assert problems["ok"] is False
    assert problems["problems"][0]["found"] == "no number 'linkedin'"


@pytest.mark.parametrize(("match", "code", "words"), [(True, 0, "match ("), (False, 1, "MISMATCH: recomputed 0.5,")])
def test_trace_tells_what_the_second_engine_found(study: Study, match: bool, code: int, words: str) -> None:
    verdict = {"id": FACEBOOK, "value_ledger": 4 / 6, "value_recomputed": 4 / 6 if match else 0.5, "match": match}
    write_frame(pd.DataFrame([{**verdict, "engine": "independent code"}]), study.directory / VERIFICATION)
    result = trail("trace", FACEBOOK, "-d", study.directory)
    assert result.exit_code == code
    assert words in result.output
    assert ("THE SECOND ENGINE DISAGREES" in last_line(result.output)) is not match


def test_text_that_respondents_typed_is_printed_as_it_stands(tmp_path: Path) -> None:
    """Square brackets are rich's markup and must not be taken for it."""
    from surveytrail.cli.trace_tree import _cell
    from surveytrail.tracing.raw_records import Cell

    assert (
        _cell(Cell("v_7", "COMMENT", "[bold red]:smile:[/]", {}), "en").plain
        == "v_7 (COMMENT) = '[bold red]:smile:[/]'"
    )


def test_manifest_holds(study: Study) -> None:
    result = trail("manifest", "--directory", study.directory)
    assert result.exit_code == 0
    expected = "2 of 2 raw files are as data/raw/MANIFEST.yaml records; the study's data are synthetic"
    assert last_line(result.output) == expected
    content = json.loads(trail("manifest", "--directory", study.directory, "--json").stdout)
    assert (content["ok"], content["status"], len(content["files"])) == (True, "synthetic", 2)


def test_manifest_fails_and_update_mends(study: Study) -> None:
    raw = study.directory / "data/raw/answers.csv"
    raw.write_bytes(RAW.encode() + b"\r\n")
    failed = trail("manifest", "-d", study.directory)
    assert failed.exit_code == 1
    assert "data/raw/answers.csv\n    found:    sha256 " in failed.stderr
    updated = trail("manifest", "-d", study.directory, "--update", "data/raw/answers.csv")
    assert updated.exit_code == 0
    size = len(RAW.encode())
    assert f"({size} bytes)" in updated.output
    assert f"({size + 2} bytes)" in updated.output
    recorded = "data/raw/answers.csv: recorded the new digest and size in data/raw/MANIFEST.yaml"
    assert last_line(updated.output) == recorded
    assert trail("manifest", "-d", study.directory).exit_code == 0
    again = json.loads(trail("manifest", "-d", study.directory, "--update", "data/raw/answers.csv", "--json").stdout)
    assert again["changed"] is False


def test_manifest_of_no_files_does_not_pass(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    from surveytrail import manifest

    monkeypatch.setattr(manifest, "check_manifest", lambda study: manifest.Manifest(files=[]))
    result = trail("manifest", "-d", study.directory)
    assert result.exit_code == 1
    assert "0 of 0 raw files" in result.output


def test_verify_passes_on_output_and_exit_code(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the second engine is started as a process of its own, with the study's places."""
    fake = study.directory / "fake/recount"
    fake.mkdir(parents=True)
    (fake / "__init__.py").touch()
    (fake / "__main__.py").write_text("import sys; print('\\n'.join(sys.argv[1:])); sys.exit(7)")
    monkeypatch.setenv("PYTHONPATH", str(fake.parent))
    run = subprocess.run(
        [sys.executable, "-m", "surveytrail.cli", "verify", "--directory", str(study.directory), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 7
    directory = str(study.directory)
    assert run.stdout.splitlines() == [
        "--directory", directory, "--ledger", f"{directory}/results/ledger/ledger.parquet",
        "--out", f"{directory}/results/verification", "--engine", "own", "--json",
    ]  # fmt: skip


def test_verify_without_a_ledger_says_so(tmp_path: Path) -> None:
    write_study(tmp_path)
    command = [sys.executable, "-m", "surveytrail.cli", "verify", "-d", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "ledger.parquet" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_folder_without_a_study(tmp_path: Path) -> None:
    for words in (("trace", FACEBOOK), ("manifest",)):
        result = trail(*words, "--directory", tmp_path)
        assert result.exit_code == 1
        assert "config.yaml\n    found:    no such file" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_by_examples_and_has_the_common_options(command: str) -> None:
    result = trail(command, "--help")
    assert result.exit_code == 0
    for word in ("Examples:", f"trail {command}", "--directory", "--json"):
        assert word in result.output


def test_help_is_quick() -> None:
    """Less than half a second of processor time, imports included, even without compiled bytecode."""
    command = [sys.executable, "-m", "surveytrail.cli", "--help"]
    subprocess.run(command, capture_output=True, check=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_help_imports_nothing_heavy() -> None:
    program = "import sys, surveytrail.cli.app; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"pandas", "numpy", "pydantic", "yaml", "matplotlib", "seaborn", "scipy", "pyarrow", "duckdb"}
    assert heavy.isdisjoint(run.stdout.split())


def test_the_reference_page_names_every_command_and_option() -> None:
    from typer.main import get_command

    page = (Path(__file__).parents[2] / "docs/reference/trail.md").read_text(encoding="utf-8")
    group = get_command(app)
    assert sorted(group.commands) == sorted(COMMANDS)  # type: ignore[attr-defined]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        section = page.split(f"\n## trail {name}\n", 1)[1].split("\n## ", 1)[0]
        for parameter in command.params:
            for option in [*parameter.opts, *parameter.secondary_opts]:
                if option.startswith("--") and option not in {"--directory", "--json", "--help"}:
                    assert f"`{option}" in section, (name, option)


def test_runs_from_any_folder(study: Study, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    relative = os.path.relpath(study.directory, elsewhere)
    run = subprocess.run(
        [sys.executable, "-m", "surveytrail.cli", "trace", FACEBOOK, "-d", relative, "--rows", "1"],
        capture_output=True, text=True, check=False, cwd=elsewhere,
    )  # fmt: skip
    assert run.returncode == 0
    command = next(line.strip() for line in run.stdout.splitlines() if line.strip().startswith("sed"))
    printed = subprocess.run(command, shell=True, capture_output=True, text=True, check=True, cwd=elsewhere)
    assert printed.stdout.startswith('"101";"5"')
