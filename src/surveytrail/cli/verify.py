"""``trail verify``: every number recomputed by the second engine."""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from surveytrail.cli.output import AsJson, Directory


class Engine(StrEnum):
    """Who recomputes the numbers."""

    own = "own"
    r = "r"


def verify(
    directory: Directory = Path(),
    as_json: AsJson = False,
    engine: Annotated[
        Engine, typer.Option(help="own: every number; r: the design-based part, by R's survey.")
    ] = Engine.own,
) -> None:
    """Recompute every number with the second engine.

    The second engine (recount) reads the raw files with another parser, shares no code with the pipeline, and runs as a
    process of its own. Its output and its exit code are passed on: the last line says how many of the ledger's numbers
    were reproduced; results/verification/ holds one row per number.

    With --engine r, weights, shares, means, their standard errors and Rao-Scott tests are computed by R's package
    survey instead, from records that the second engine has read, coded and cleaned; needs R, writes nothing.

    Examples:

        trail verify

        trail verify --engine r

        trail verify --directory examples/masculinity --json
    """
    results = directory / "results"
    command = [sys.executable, "-m", "recount", "--directory", str(directory)]
    command += ["--ledger", str(results / "ledger/ledger.parquet"), "--out", str(results / "verification")]
    command += ["--engine", engine.value]
    raise typer.Exit(subprocess.run([*command, "--json"] if as_json else command, check=False).returncode)
