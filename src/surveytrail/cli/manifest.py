"""``trail manifest``: are the raw files those that the manifest records?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surveytrail.cli.output import AsJson, Directory, Outcome, finish

if TYPE_CHECKING:
    from rich.console import Console


def manifest(
    directory: Directory = Path(),
    as_json: AsJson = False,
    update: Annotated[
        str, typer.Option("--update", metavar="PATH", help="Record the present digest and size of this raw file.")
    ] = "",
) -> None:
    """Are the raw files those that are recorded?

    Compares every raw file with data/raw/MANIFEST.yaml. Raw files are never edited: one whose digest differs stops
    every run. When a file is meant to be new (a later export, say), --update shows the digest and size recorded so
    far and those found, and writes the new ones into the file's entry. Source, licence and status are yours to change.

    Examples:

        trail manifest

        trail manifest --update data/raw/wave1_unipark.csv
    """
    finish(lambda: _update(directory, update) if update else _check(directory), as_json)


def _check(directory: Path) -> Outcome:
    from surveyspec.study import load_study
    from surveytrail.manifest import MANIFEST, check_manifest, data_status

    study = load_study(directory)
    files = check_manifest(study).files
    status = data_status(study)

    def render(console: Console) -> None:
        for entry in files:
            console.print(entry.path, style="bold", markup=False)
            console.print(f"  as recorded: sha256 {entry.sha256}, {entry.bytes:,} bytes", soft_wrap=True)
            console.print(f"  {entry.kind}, {entry.status}; {entry.licence}", markup=False, soft_wrap=True)
            console.print(f"  source: {entry.source}", markup=False, soft_wrap=True)

    content = {"status": status, "files": [entry.model_dump() for entry in files]}
    summary = f"{len(files)} of {len(files)} raw files are as {MANIFEST} records; the study's data are {status}"
    return Outcome(bool(files), summary, content, render)


def _update(directory: Path, path: str) -> Outcome:
    import dataclasses

    from surveytrail.manifest import MANIFEST, update_entry

    resealed = update_entry(directory, path)

    def render(console: Console) -> None:
        console.print(f"{resealed.path}", markup=False)
        console.print(f"  recorded: sha256 {resealed.old_sha256} ({resealed.old_bytes} bytes)", soft_wrap=True)
        console.print(f"  found:    sha256 {resealed.new_sha256} ({resealed.new_bytes} bytes)", soft_wrap=True)

    done = "recorded the new digest and size in" if resealed.changed else "nothing to record: the file is as in"
    content = {**dataclasses.asdict(resealed), "changed": resealed.changed}
    return Outcome(True, f"{resealed.path}: {done} {MANIFEST}", content, render)
