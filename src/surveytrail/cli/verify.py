"""``trail verify``: every number recomputed by the second engine."""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from surveytrail.cli.output import AsJson, Control, Directory, Outcome, control_outcome, finish


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
    control: Control = False,
) -> None:
    """Recompute every number with the second engine.

    The second engine (recount) reads the raw files with another parser, shares no code with the pipeline, and runs as a
    process of its own. Its output and its exit code are passed on: the last line says how many of the ledger's numbers
    were reproduced, and how many of the study's claims judged alike; results/verification/ holds one row per number.

    With --engine r, weights, shares, means, their standard errors and Rao-Scott tests are computed by R's package
    survey instead, from records that the second engine has read, coded and cleaned; needs R, writes nothing.

    With --control, the second engine is shown a copy of the ledger in which the value of one number is changed: that
    number alone must not be reproduced.

    Examples:

        trail verify

        trail verify --engine r

        trail verify --directory examples/masculinity --json

        trail verify --control
    """
    if control:
        finish(lambda: _control(directory), as_json)
    results = directory / "results"
    command = [sys.executable, "-m", "recount", "--directory", str(directory)]
    command += ["--ledger", str(results / "ledger/ledger.parquet"), "--out", str(results / "verification")]
    command += ["--engine", engine.value]
    claims = results / "claims/claims.parquet"
    command += ["--claims", str(claims)] if engine is Engine.own and _has_claims(claims) else []
    raise typer.Exit(subprocess.run([*command, "--json"] if as_json else command, check=False).returncode)


def _has_claims(path: Path) -> bool:
    """Say whether a run has judged any claims."""
    import pyarrow.parquet as pq

    return path.is_file() and pq.ParquetFile(path).metadata.num_rows > 0


def _control(directory: Path) -> Outcome:
    """Let the second engine look at the ledger, and at a copy with one other value."""
    import json
    import tempfile

    from surveytrail.frames import read_frame, write_frame
    from surveytrail.proof.results import LEDGER, open_result

    ledger = open_result(directory, LEDGER)
    frame = read_frame(ledger)
    row = frame.index[frame["value"].notna()][frame["value"].notna().sum() // 2]
    number = str(frame.loc[row, "id"])
    with tempfile.TemporaryDirectory(prefix="verify-") as scratch:
        spoiled = Path(scratch) / "ledger.parquet"
        frame.loc[row, "value"] += 0.01
        write_frame(frame, spoiled)
        command = [sys.executable, "-m", "recount", "--directory", str(directory), "--out", scratch]
        command += ["--ledger", str(ledger), str(spoiled)]
        # what it cannot read it tells on the error stream, as ever
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    found = [sorted(json.loads(line)["mismatches"]) for line in done.stdout.splitlines()]
    return control_outcome(f"the value changed of {number}", found == [[], [number]], {"number": number})
