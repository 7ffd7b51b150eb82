"""``trail mutate``: would a mistake in the engine be noticed?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surveytrail.cli.output import ALL_CORES, AsJson, Cores, Directory, Outcome, finish, progress

if TYPE_CHECKING:
    from rich.console import Console

    from surveytrail.proof.mutate import Judged

STYLES = {"caught": "green", "stopped": "green", "NOT CAUGHT": "bold red", "": "yellow"}


def mutate(
    directory: Directory = Path(),
    as_json: AsJson = False,
    sample: Annotated[int, typer.Option(min=0, help="Try so many seeded faults, drawn at random; 0 for all.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 1,
    only: Annotated[list[str] | None, typer.Option(metavar="ID", help="Try this fault; may be repeated.")] = None,
    cores: Cores = ALL_CORES,
) -> None:
    """Would a mistake in the engine be noticed?

    Puts seeded faults, one at a time, into a scratch copy of the engine: a wrong comparison, a dropped weight, another
    interval, codes that are off by one. Makes with it what the fault can spoil: the study's ledger, its verdicts on
    claims or its figures. The second engine of this checkout, which is never touched, recomputes ledger and verdicts;
    the audit judges the figures. A fault that changes a printed digit must be caught. As a negative control, the judge
    is shown what the untouched engine made in place of a faulty one, which must be reported.

    Examples:

        trail mutate --sample 10

        trail mutate --only weight_dropped --only wald_for_wilson --json
    """
    finish(lambda: _mutate(directory, sample, seed, only or [], cores, as_json), as_json)


def _mutate(directory: Path, sample: int, seed: int, only: list[str], cores: int, as_json: bool) -> Outcome:
    from surveytrail.proof.mutate import choose, judge_mutants, load_mutants, summary

    chosen = choose(load_mutants(), sample, seed, only)
    with progress("seeded faults", len(chosen), as_json) as advance:
        trials = judge_mutants(directory, chosen, cores, advance)

    def render(console: Console) -> None:
        for judged in trials.judged:
            _print(console, judged)

    control = None if trials.control is None else _content(trials.control)
    content = {"mutants": [_content(judged) for judged in trials.judged], "control": control}
    return Outcome(trials.holds, summary(trials), content, render)


def _verdict(judged: Judged) -> str:
    if judged.changes == "no ledger":
        return "stopped"
    return "caught" if judged.caught else "NOT CAUGHT" if judged.survives else ""


def _print(console: Console, judged: Judged) -> None:
    from rich.text import Text

    verdict, mutant = _verdict(judged), judged.mutant
    line = Text.assemble((f"{verdict:<11}", STYLES[verdict]), (mutant.id, "bold"), f"  {mutant.file}, {mutant.kind}\n")
    line.append(f"           {mutant.description}\n           changes {judged.changes}")
    line.append(f" of {judged.numbers} numbers; {judged.found} not reproduced" if judged.numbers else "")
    if judged.said:
        line.append(f"; {judged.said}")
    console.print(line, soft_wrap=True)


def _content(judged: Judged) -> dict[str, object]:
    return {
        **judged.mutant.model_dump(),
        "changes": judged.changes,
        "numbers": judged.numbers,
        "not_reproduced": judged.found,
        "said": judged.said,
        "caught": judged.caught,
        "survives": judged.survives,
    }
