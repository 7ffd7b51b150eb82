"""The workflow on a study with dispositions and interviews: from raw files to verified numbers, and where it stops."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.tiny_fieldwork import write_fieldwork

ROOT = Path(__file__).resolve().parents[2]


def snakemake(study: Path, *targets: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "-s", str(ROOT / "Snakefile")]
    return subprocess.run(
        [*command, "--directory", str(study), *targets],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, cwd=ROOT, check=False,
    )  # fmt: skip


def test_all_numbers_are_verified_until_completes_are_not_what_is_analysed(tmp_path: Path) -> None:
    study = write_fieldwork(tmp_path / "study")
    done = snakemake(study, "results/verification/summary.json")
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((study / "results/verification/summary.json").read_text(encoding="utf-8"))
    assert summary["holds"] is True
    assert {kind: counts["numbers"] for kind, counts in summary["by_kind"].items()} | {"estimate": 0} == {
        "estimate": 0, "flow": 4, "weighting": 13, "response": 60, "interview": 12,
    }  # fmt: skip
    config = study / "config.yaml"
    text = config.read_text(encoding="utf-8").replace("faster_than: 0.5", "faster_than: 0.01")
    config.write_text(text, encoding="utf-8")
    stopped = snakemake(study, "results/w1/response.parquet")
    assert stopped.returncode == 1
    said = (study / "results/logs/compute_response_rates.w1.log").read_text(encoding="utf-8")
    assert "6 completes in data/raw/dispositions.csv, 7 records of w1 analysed" in said
    assert "Traceback" not in said
