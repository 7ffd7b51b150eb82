"""A finished and sealed run of a study, made in one process; as a program, with the engine that is on its path.

    python tests/finished.py STUDY

Documents, figures and verification are stand-ins: what is compared and sealed is the ledger and what leads to it.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from surveyspec.study import load_study
from surveytrail.digests import SOURCE, code_digest, file_digest
from surveytrail.frames import write_frame
from surveytrail.integrity.files import RECORD, SEAL, WORKFLOW
from surveytrail.integrity.record import mark_start, run_record, written
from surveytrail.integrity.seal import Seal, make_seal
from surveytrail.ledger.collect import Origin, collect_ledger
from surveytrail.pipeline import compute_wave, read_tables

STAGES = {"clean": "clean_responses", "weight": "weight_responses", "estimate": "estimate_numbers",
          "test": "test_hypotheses", "items": "describe_items"}  # fmt: skip
STAND_INS = {
    "results/report/index.html": "<p>75.0%</p>",
    "results/report/source/ledger.json": "{}",
    "results/figures/use.en.svg": "<svg/>",
    "results/verification/summary.json": '{"holds": true}',
}


def finish_run(directory: Path) -> Seal:
    """Compute, write and seal the results of a study's folder."""
    study = load_study(directory)
    mark_start(directory)
    origins = {
        stage: Origin(rule, f"scripts/{rule}.py", 1, code_digest([SOURCE.parent / "scripts" / f"{rule}.py"]))
        for stage, rule in STAGES.items()
    }
    results = {}
    for name, table in read_tables(study).items():
        results[name] = replace(compute_wave(study, study.waves[name], table), origins=origins)
        write_frame(results[name].responses, directory / "results" / name / "responses.parquet")
    ledger = collect_ledger(study, results, file_digest(WORKFLOW / "requirements.lock"))
    for name, frame in (("ledger", ledger.frame), ("lineage", ledger.edges), ("row_sets", ledger.row_sets)):
        write_frame(frame, directory / "results/ledger" / f"{name}.parquet")
    for name, content in STAND_INS.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return seal_results(directory)


def seal_results(directory: Path) -> Seal:
    """Seal what lies in a study's results now."""
    folders = [*load_study(directory).waves, "ledger", "report", "figures", "verification"]
    seal = make_seal(load_study(directory), [f"results/{folder}" for folder in folders])
    (directory / SEAL).write_bytes(seal.written())
    (directory / RECORD).write_bytes(written(run_record(directory, seal.root)))
    return seal


def copy_workflow(folder: Path) -> Path:
    """Copy code and lock file of this checkout to a folder, for an engine that a test may change."""
    ignored = shutil.ignore_patterns("__pycache__", "studygenerator")
    for name in ("src", "scripts", "workflow", "profiles", "report/_extensions"):
        shutil.copytree(WORKFLOW / name, folder / name, ignore=ignored)
    for name in ("Snakefile", "requirements.lock", "report/_quarto.yml"):
        shutil.copy(WORKFLOW / name, folder / name)
    return folder


if __name__ == "__main__":
    print(finish_run(Path(sys.argv[1])).root)
