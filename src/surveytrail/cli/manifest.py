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
        from rich.table import Table

        table = Table("file", "sha256", "bytes", "kind", "status", "source", "licence", box=None, pad_edge=False)
        for entry in files:
            about = (entry.kind, entry.status, entry.source, entry.licence)
            table.add_row(entry.path, f"{entry.sha256[:12]}…", f"{entry.bytes:,}", *about)
        console.print(table, markup=False)

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
