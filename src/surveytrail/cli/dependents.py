"""``trail dependents``: from one raw cell forward to every number that reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from surveytrail.cli.output import AsJson, Directory, Outcome, finish

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

    from surveytrail.proof.dependents import Dependent, Dependents

KINDS = {
    "DIRECT": ("green", "computed from this cell"),
    "INDIRECT": ("yellow", "the cell decides who is in the base, or names who is"),
    "GLOBAL": ("magenta", "every record matters, this one too"),
}
SHOWN = 6


def dependents(
    file: Annotated[str, typer.Argument(help="Raw file, such as data/raw/wave1_unipark.csv.")],
    column: Annotated[str, typer.Option("--column", "-c", help="Header of the column, or '#3' for the third.")],
    row: Annotated[int | None, typer.Option("--row", "-r", help="Raw record number, from 1 after the header.")] = None,
    line: Annotated[int | None, typer.Option("--line", "-l", help="Physical line, in place of --row.")] = None,
    everything: Annotated[bool, typer.Option("--all", help=f"Print all numbers, not {SHOWN} of a reason.")] = False,
    directory: Directory = Path(),
    as_json: AsJson = False,
) -> None:
    """Which numbers read this raw cell, and how?

    The way from a cell forward: all numbers that it may change, by the kind of the edge (DIRECT: computed from it;
    INDIRECT: it decides who is in the base; GLOBAL: every record matters) and the reason (value, filter and groups,
    an exclusion rule, a weight). Where no number reads the cell, says why: the cleaning rule that excluded the
    record, or the codebook's reason for leaving the column out.

    Examples:

        trail dependents data/raw/wave1_unipark.csv --row 400 --column v_6

        trail dependents data/raw/wave1_unipark.csv --line 412 --column duration --all
    """

    def work() -> Outcome:
        from surveyspec.problems import Problem, StudyError
        from surveytrail.proof.dependents import find_dependents

        if (row is None) == (line is None):
            given = "both" if row is not None else "neither"
            todo = "give the record's number, or a physical line of it"
            raise StudyError(Problem("--row, --line", "", given, "exactly one of the two", todo))
        found = find_dependents(directory, file, row, line, column)
        return Outcome(True, _summary(found), _content(found), lambda console: _print(console, found, everything))

    finish(work, as_json)


def _summary(found: Dependents) -> str:
    cell = found.cell
    place = f"{cell.file} record {cell.record}, column {cell.column}"
    if found.unread:
        return f"{place}: read by no number ({found.unread})"
    counts = ", ".join(f"{len(found.of_kind(kind))} {kind}" for kind in KINDS)
    return f"{place}: read by {_counted(list(found.numbers))} ({counts})"


def _content(found: Dependents) -> dict[str, Any]:
    import dataclasses

    numbers = [
        {"number": part.number, "text": part.text, "edges": [{"kind": kind, "why": why} for kind, why in part.edges]}
        for part in found.numbers
    ]
    return {"cell": dataclasses.asdict(found.cell), "excluded": found.excluded, "unread": found.unread,
            "numbers": numbers}  # fmt: skip


def _print(console: Console, found: Dependents, everything: bool) -> None:
    from rich.text import Text
    from rich.tree import Tree

    cell = found.cell
    many = cell.first_line != cell.last_line
    lines = f"lines {cell.first_line} to {cell.last_line}" if many else f"line {cell.first_line}"
    named = f"  {cell.variable}  {_local(cell.label)}" if cell.variable else ""
    tree = Tree(Text(f"{cell.file}, record {cell.record}, {lines}, column {cell.column}{named}"), guide_style="dim")
    meaning = f"missing: {cell.missing}" if cell.missing else _local(cell.meaning)
    tree.add(Text(cell.withheld if cell.raw is None else f"{cell.raw!r}  {meaning}".rstrip()))
    if found.excluded:
        tree.add(Text(f"the record is excluded by the rule '{found.excluded}'", "yellow"))
    if found.unread:
        tree.add(Text(f"read by no number: {found.unread}", "yellow"))
    for kind, (style, explained) in KINDS.items():
        numbers = found.of_kind(kind)
        if numbers:
            branch = tree.add(Text.assemble((kind, style), f"  {_counted(numbers)}: {explained}"))
            for why in dict.fromkeys(why for part in numbers for edge, why in part.edges if edge == kind):
                _add_reason(branch, why, [part for part in numbers if (kind, why) in part.edges], everything)
    console.print(tree)


def _add_reason(tree: Tree, why: str, numbers: list[Dependent], everything: bool) -> None:
    """Add the numbers that a cell is tied to for one reason; the first ones, unless all are wanted."""
    from rich.text import Text

    branch = tree.add(f"{why}: {_counted(numbers)}")
    shown = numbers if everything else numbers[:SHOWN]
    for part in shown:
        branch.add(Text.assemble(part.number, (f"  {_local(part.text)}", "cyan")))
    if len(shown) < len(numbers):
        branch.add(Text(f"… {len(numbers) - len(shown)} more (--all)", "dim"))


def _counted(numbers: list[Dependent]) -> str:
    return f"{len(numbers)} number{'s' * (len(numbers) != 1)}"


def _local(texts: dict[str, str]) -> str:
    """Return a text in English, or in the study's first language."""
    return texts.get("en") or next(iter(texts.values()), "")
