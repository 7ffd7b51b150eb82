"""``trail census``: every raw cell has exactly one class, and the classes add up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from surveytrail.cli.output import AsJson, Directory, Outcome, control_outcome, finish

if TYPE_CHECKING:
    from rich.console import Console

    from surveytrail.proof.census import FileCensus
    from surveytrail.proof.index import IndexSize


def census(
    directory: Directory = Path(),
    as_json: AsJson = False,
    control: Annotated[
        bool, typer.Option("--control", help="Negative control: leave out the edges of one column; this must fail.")
    ] = False,
) -> None:
    """Does every raw cell have its place?

    Every cell of every raw file has exactly one class, the first that fits: direct, indirect, global (read by some
    number, as the lineage says); row excluded (by a cleaning rule); column not analysed (with the reason); identifier
    dropped. The classes must add up to rows x columns, exactly. A cell that numbers should read, by the study's
    specification, and that the lineage does not have, is unexplained; an edge on a cell that the codebook keeps out is
    a contradiction. Either makes the exit code 1.

    Examples:

        trail census

        trail census --control

        trail census --directory examples/masculinity --json
    """

    def work() -> Outcome:
        from surveyspec.study import load_study
        from surveytrail.proof.census import control_column, take_census
        from surveytrail.proof.index import CellIndex, index_size

        study = load_study(directory)
        index = CellIndex.read(directory)
        if control:
            wave, column = control_column(study, index)
            findings = [
                part for file in take_census(study, index.without_column(wave, column)) for part in file.findings
            ]
            reported = any(finding.column == column for finding in findings)
            found = {"wave": wave, "column": column, "findings": len(findings)}
            return control_outcome(f"cells unexplained without the edges of {wave} {column}", reported, found)
        files = take_census(study, index)
        good = bool(files) and all(part.holds for part in files)
        total, classified = sum(part.cells for part in files), sum(part.classified for part in files)
        where = f"{len(files)} file{'s' * (len(files) != 1)}"
        summary = f"{classified} of {total} raw cells in {where} have exactly one class"
        sizes = index_size(study)
        findings = [finding for part in files for finding in part.findings]
        if findings:
            first = f"{findings[0].what}, column {findings[0].column}"
            summary += f"; {len(findings)} finding{'s' * (len(findings) != 1)}, first: {first}"
        content = {**_content(files), "index_bytes": sizes.index, "raw_bytes": sizes.raw}
        return Outcome(good, summary, content, lambda console: _print(console, files, sizes))

    finish(work, as_json)


def _content(files: list[FileCensus]) -> dict[str, Any]:
    import dataclasses

    return {
        "files": [
            {**dataclasses.asdict(part), "cells": part.cells, "classified": part.classified, "holds": part.holds}
            for part in files
        ]
    }


def _print(console: Console, files: list[FileCensus], sizes: IndexSize) -> None:
    from rich.table import Table

    for part in files:
        console.print(f"{part.file}: {part.rows} rows x {part.columns} columns = {part.cells} cells", style="bold")
        table = Table("class", "cells", "share", box=None, pad_edge=False)
        table.columns[1].justify = table.columns[2].justify = "right"
        for name, count in part.counts.items():
            table.add_row(name, f"{count}", f"{100 * count / max(part.cells, 1):.1f}%")
            if name == "row excluded":
                for rule, cells in part.excluded.items():
                    table.add_row(f"  {rule}", f"{cells}", "", style="dim")
        table.add_row("sum", f"{part.classified}", f"{100 * part.classified / max(part.cells, 1):.1f}%", style="bold")
        console.print(table)
        _print_unread(console, part)
        for finding in part.findings:
            console.print(
                f"{finding.what}: column {finding.column}, {finding.cells} cells, first in record {finding.record}",
                style="bold red", markup=False, soft_wrap=True,
            )  # fmt: skip
    console.print(f"index of these cells: {sizes.index} bytes, {sizes.ratio:.2f} times the {sizes.raw} raw bytes")


def _print_unread(console: Console, part: FileCensus) -> None:
    """Print the columns that are not analysed or dropped, together by reason."""
    from rich.text import Text

    columns: dict[tuple[str, str], list[str]] = {}
    for unread, column, reason, _ in part.unread:
        columns.setdefault((unread, reason), []).append(column)
    for (unread, reason), names in columns.items():
        console.print(Text.assemble((f"{unread}: {reason}  ", "dim"), ", ".join(names)))
