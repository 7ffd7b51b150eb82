"""``trail verify``: every number recomputed by the second engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import typer

from surveytrail.cli.output import AsJson, Directory


def verify(directory: Directory = Path(), as_json: AsJson = False) -> None:
    """Recompute every number with the second engine.

    The second engine (recount) reads the raw files with another parser, shares no code with the pipeline, and runs as a
    process of its own. Its output and its exit code are passed on: the last line says how many of the ledger's numbers
    were reproduced; results/verification/ holds one row per number.

    Examples:

        trail verify

        trail verify --directory examples/masculinity --json
    """
    results = directory / "results"
    command = [sys.executable, "-m", "recount", "--directory", str(directory)]
    command += ["--ledger", str(results / "ledger/ledger.parquet"), "--out", str(results / "verification")]
    raise typer.Exit(subprocess.run([*command, "--json"] if as_json else command, check=False).returncode)
