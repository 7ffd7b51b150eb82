"""The workflow as a user runs it: a whole run, what reruns after a change, and what faults leave behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import CONFIG, PAGE, write_tiny

ROOT = Path(__file__).resolve().parents[2]
PARTS = [
    "Snakefile",
    "workflow",
    "profiles",
    "scripts",
    "src",
    "requirements.lock",
    "report/_extensions",
    "report/_quarto.yml",
]
HYPOTHESES = """\
hypotheses:
  - {id: H1, label: {en: Alpha goes with Beta}, wave: w1, plan: confirmatory, family: f, test: spearman, x: USE_A,
     y: USE_B, expect: positive}
sensitivity:
  at_most: 4
  decisions:
    - id: fast
      label: {en: Fast answers}
      reported: {en: out}
      options:
        - {id: kept, label: {en: kept}, without: [speeders]}
        - {id: slower, label: {en: slower}, rules: {speeders: {faster_than: 0.95}}}
  numbers:
    - {number: w1.use.alpha.unweighted, crossed: [fast]}
report:
"""
STUDY = CONFIG.replace("report:\n", HYPOTHESES).replace("report/index.qmd", "report/index.qmd, report/more.qmd")
AFTER_PAGES = {"render_report", "audit_report", "seal_run", "all"}
AFTER_LEDGER = {"collect_ledger", "verify_numbers", "stage_report", *AFTER_PAGES}


def write_study(folder: Path, **changed: Any) -> Path:
    """Write the tiny study with a hypothesis and a further page."""
    study = write_tiny(folder, config=STUDY, **changed)
    (study / "report/more.qmd").write_text(PAGE.replace("Tiny", "Supplement"), encoding="utf-8")
    return study


def snakemake(workflow: Path, study: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Snakemake on a study; fails the test only where the caller looks at the result."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "-s", str(workflow / "Snakefile")]
    environment = {**os.environ, "PYTHONPATH": str(workflow / "src")}
    return subprocess.run(
        [*command, "--directory", str(study), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=workflow,
        check=False,
    )


def dry_run(workflow: Path, study: Path) -> str:
    """Return what a dry run says."""
    done = snakemake(workflow, study, "-n")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def planned(workflow: Path, study: Path) -> set[str]:
    """Return the rules that a dry run would run."""
    said = dry_run(workflow, study)
    if "Nothing to be done" in said:
        return set()
    table = said.split("Job stats:")[1]
    return {match.group(1) for match in re.finditer(r"^(\w+)\s+\d+$", table, re.MULTILINE)} - {"total"}


@pytest.fixture(scope="module")
def workflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the workflow, so that a test may change engine modules."""
    folder = tmp_path_factory.mktemp("workflow")
    for part in PARTS:
        target = folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


@pytest.fixture(scope="module")
def finished(workflow: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study, run to the end once."""
    study = write_study(tmp_path_factory.mktemp("study"))
    done = snakemake(workflow, study)
    assert done.returncode == 0, done.stdout + done.stderr
    return study


@pytest.fixture
def study(finished: Path, tmp_path: Path) -> Path:
    """A finished run of the tiny study for one test to change; time stamps and Snakemake's records are kept."""
    shutil.copytree(finished, tmp_path / "study", symlinks=True)
    return tmp_path / "study"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_whole_run_makes_documents_and_a_second_one_does_nothing(workflow: Path, finished: Path) -> None:
    for ending in ("html", "pdf", "docx"):
        assert list((finished / "results/report").glob(f"*.{ending}")), ending
    again = snakemake(workflow, finished)
    assert again.returncode == 0
    assert "Nothing to be done" in again.stdout + again.stderr


def test_a_changed_label_reruns_the_ledger_and_what_follows(workflow: Path, study: Path) -> None:
    edit(study / "data/codebooks/w1.yaml", "label: {en: Alpha}", "label: {en: Alpha channel}")
    assert planned(workflow, study) <= AFTER_LEDGER
    assert "collect_ledger" in planned(workflow, study)


def test_a_changed_hypothesis_reruns_the_tests(workflow: Path, study: Path) -> None:
    edit(study / "config.yaml", "test: spearman", "test: pearson")
    assert planned(workflow, study) - AFTER_LEDGER == {"test_hypotheses"}


def test_a_changed_decision_reruns_the_sensitivity(workflow: Path, study: Path) -> None:
    edit(study / "config.yaml", "faster_than: 0.95", "faster_than: 0.9")
    assert planned(workflow, study) - AFTER_LEDGER == {"compare_specifications"}


def test_a_changed_exclusion_reruns_cleaning_but_not_the_import(workflow: Path, study: Path) -> None:
    edit(study / "config.yaml", "faster_than: 0.5", "faster_than: 0.4")
    stages = {
        "clean_responses",
        "weight_responses",
        "estimate_numbers",
        "test_hypotheses",
        "describe_items",
        "compare_specifications",
    }
    assert planned(workflow, study) - AFTER_LEDGER == stages


def test_a_changed_sentence_renders_its_page_again_and_no_other(workflow: Path, study: Path) -> None:
    edit(study / "report/index.qmd", "is used by", "is in use with")
    assert planned(workflow, study) <= AFTER_PAGES
    assert set(re.findall(r"wildcards: document=(\S+)", dry_run(workflow, study))) == {"index"}


def test_a_changed_engine_module_reruns_what_imports_it(workflow: Path, study: Path) -> None:
    module = workflow / "src/surveytrail/hypotheses.py"
    before = module.read_text(encoding="utf-8")
    try:
        module.write_text(before + "\n# changed\n", encoding="utf-8")
        assert planned(workflow, study) - AFTER_LEDGER == {"test_hypotheses"}
    finally:
        module.write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    ("judge", "rule"),
    [("recount/intervals.py", "verify_numbers"), ("surveytrail/auditing/quantifiers.yaml", "audit_report")],
)
def test_what_a_changed_judge_has_judged_is_judged_again(workflow: Path, study: Path, judge: str, rule: str) -> None:
    """The second engine is a process of its own, and lists of words are no code: both are followed all the same."""
    file = workflow / "src" / judge
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(before + "\n# changed\n", encoding="utf-8")
        rerun = planned(workflow, study)
        assert rule in rerun and rerun <= AFTER_LEDGER - {"collect_ledger"}
    finally:
        file.write_text(before, encoding="utf-8")


def test_a_raw_file_that_changed_since_the_manifest_stops_the_run(workflow: Path, study: Path) -> None:
    raw = study / "data/raw/w1.csv"
    raw.write_bytes(raw.read_bytes().replace(b'"150"', b'"151"'))
    done = snakemake(workflow, study)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "data/raw/w1.csv" in said
    assert "sha256" in said
    assert "Traceback" not in said


def test_a_mistake_in_the_study_file_is_told_without_a_traceback(workflow: Path, study: Path) -> None:
    edit(study / "config.yaml", "share:", "shar:")
    done = snakemake(workflow, study)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "did you mean 'share'?" in said
    assert "Traceback" not in said


def test_a_damaged_export_stops_its_stage_and_leaves_nothing_behind(workflow: Path, tmp_path: Path) -> None:
    study = write_study(tmp_path, records=['"1";"100"'])
    done = snakemake(workflow, study)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "data/raw/w1.csv:2: record 1" in said
    assert "7 cells as in the header" in said
    assert not list((study / "results").rglob("*.parquet"))


def test_a_killed_run_is_finished_by_the_next_one(workflow: Path, tmp_path: Path) -> None:
    study = write_study(tmp_path)
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "-s", str(workflow / "Snakefile")]
    environment = {**os.environ, "PYTHONPATH": str(workflow / "src")}
    running = subprocess.Popen(
        [*command, "--directory", str(study)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=workflow,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while not (study / "results/w1/responses.parquet").exists() and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert not (study / "results/SEAL.json").exists()
    unlocked = snakemake(workflow, study, "--unlock")
    assert unlocked.returncode == 0, unlocked.stderr
    done = snakemake(workflow, study)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list((study / "results/report").glob("*.html"))
