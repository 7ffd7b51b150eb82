"""``trail keep`` and ``trail diff``: keep a finished run, and say later what changed since and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from surveytrail.cli.output import AsJson, Control, Directory, Outcome, control_outcome, finish

if TYPE_CHECKING:
    from rich.console import Console

    from surveytrail.comparing.causes import Change, Comparison

STYLES = {"changed": "yellow", "only in A": "red", "only in B": "green"}


def keep(
    name: Annotated[str, typer.Argument(help="Name to keep the run under: letters, digits, '.', '_', '-'.")],
    directory: Directory = Path(),
    as_json: AsJson = False,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Where to keep it (results/kept by default).")
    ] = None,
) -> None:
    """Keep the finished run, to compare later ones with.

    Copies what a comparison reads: ledger and lineage, seal and record of the run, config, codebooks, margins, code and
    lock file, and of every raw cell a digest that tells whether it changed. Raw exports are not copied. The digests of
    single answers can be guessed: a kept run is for those who may see the data.

    Examples:

        trail keep submitted

        trail keep submitted --to ../archive --directory examples/masculinity
    """

    def work() -> Outcome:
        from surveyspec.problems import Problem, StudyError
        from surveytrail.comparing.runs import KEPT, NAME, keep_run, open_run

        if not NAME.fullmatch(name):
            expected = "letters, digits, '.', '_' and '-', beginning with a letter or digit"
            raise StudyError(Problem("NAME", "", f"'{name}'", expected, "use another name"))
        folder = keep_run(directory, (to if to is not None else directory / KEPT) / name)
        run = open_run(str(folder), directory)
        summary = f"kept {len(run.ledger)} numbers in {folder}; root {run.seal.root}"
        content = {"folder": str(folder), "numbers": len(run.ledger), "root": run.seal.root}
        return Outcome(bool(run.ledger), summary, content, lambda console: None)

    finish(work, as_json)


def diff(
    run_a: Annotated[str, typer.Argument(help="A kept run by name or folder, or a study's folder with results.")] = "",
    run_b: Annotated[str, typer.Argument(help="The same; by default the study's present results.")] = "",
    directory: Directory = Path(),
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a table for a reply to reviewers.")] = False,
    printed: Annotated[bool, typer.Option("--printed", help="Show only numbers whose printed text changed.")] = False,
    same: Annotated[bool, typer.Option("--same", help="Fail if any number differs: for a rebuild.")] = False,
    language: Annotated[str, typer.Option(help="Language of labels and printed texts.")] = "en",
    control: Control = False,
) -> None:
    """Which numbers changed between two runs, and why?

    Compares by number id: numbers that only one run has, and numbers whose exact input, value, printed text or wording
    changed, with the old and the new text. Every change is put down to its cause: data (which raw records and columns),
    specification (which lines of config or codebook), code (which functions), environment (which packages), format
    (same value, other text) or wording (labels only). The exit code is 0 if every change has a cause.

    With --control, the run (by default the study's present results) is compared with itself, the printed text of one
    number changed: that number alone must be reported.

    Examples:

        trail diff submitted

        trail diff submitted revised --markdown

        trail diff ../first-checkout . --same

        trail diff --control
    """

    def work() -> Outcome:
        from surveyspec.problems import Problem, StudyError
        from surveytrail.comparing import tables
        from surveytrail.comparing.causes import Comparison
        from surveytrail.comparing.control import negative_control
        from surveytrail.comparing.runs import open_run, present_run

        if control:
            number, reported = negative_control(open_run(run_a, directory) if run_a else present_run(directory))
            return control_outcome(f"the text changed of {number or 'no number'}", reported, {"number": number})
        if not run_a:
            expected = "a kept run by name or folder, or a study's folder with results"
            raise StudyError(Problem("RUN_A", "", "nothing", expected, "keep one first: trail keep NAME"))
        comparison = Comparison(
            open_run(run_a, directory), open_run(run_b, directory) if run_b else present_run(directory)
        )
        holds = comparison.explained and not (same and comparison.changes)
        shown = [change for change in comparison.changes if change.in_print or not printed]

        def render(console: Console) -> None:
            if markdown:
                console.print(tables.markdown(comparison, shown, language), markup=False, soft_wrap=True)
            else:
                _print(console, comparison, shown, language)

        return Outcome(holds, tables.summary(comparison), _content(comparison, shown), render)

    finish(work, as_json)


def _content(comparison: Comparison, shown: list[Change]) -> dict[str, Any]:
    from surveytrail.comparing import tables

    runs = {"a": comparison.a, "b": comparison.b}
    return {
        "runs": {name: {"name": run.name, "root": run.seal.root, "record": run.record} for name, run in runs.items()},
        "compared": comparison.compared,
        "causes": comparison.counts,
        "changes": [tables.as_json(change) for change in shown],
        "differing": _differing(comparison),
    }


def _differing(comparison: Comparison) -> dict[str, list[str]]:
    """Return everything that differs between the runs, whether or not a number changed by it."""
    found = {
        "data": [line for changes in comparison.data.values() for line in changes.described],
        "code": [str(change) for change in comparison.code.modules.values()],
        "commits": comparison.code.commits,
        "environment": list(comparison.environment.versions.values()),
        "files": [f"{kind}: {name}" for kind, names in comparison.differing_files.items() for name in names],
    }
    return {name: lines for name, lines in found.items() if lines}


def _print(console: Console, comparison: Comparison, shown: list[Change], language: str) -> None:
    from rich.text import Text

    from surveytrail.comparing import tables

    for letter, run in (("A", comparison.a), ("B", comparison.b)):
        console.print(f"run {letter}: {tables.described(run)}", markup=False, soft_wrap=True)
    for kinds, where, changes in tables.grouped(shown):
        console.print(Text.assemble(("\n" + kinds, "bold"), *(f"\n  {place}" for place in where)), soft_wrap=True)
        for change in changes:
            number, label, before, after, what = tables.cells_of(change, language)
            line = Text.assemble("    ", (number, "bold"), f"  {label}\n      {before} → {after}  ")
            console.print(line.append(f"[{what}]", STYLES[change.difference.status]), soft_wrap=True)
    differing = _differing(comparison)
    console.print("\nwhat differs between the runs" if differing else "\nnothing differs between the runs")
    for subject, lines in differing.items():
        if subject != "files":
            for text in lines:
                console.print(f"  {subject}: {text}", markup=False, soft_wrap=True)
    console.print(f"  {len(differing.get('files', []))} sealed files (all with --json)", markup=False)
