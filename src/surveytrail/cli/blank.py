"""``trail blank``: redraw all that a number does not read; the number must stay."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from surveytrail.cli.output import ALL_CORES, AsJson, Cores, Directory, Outcome, finish, progress

if TYPE_CHECKING:
    from rich.console import Console

    from surveytrail.proof.blank import Blanking


def blank(
    directory: Directory = Path(),
    as_json: AsJson = False,
    trials: Annotated[int, typer.Option(min=0, help="How often to redraw; 0 tries each number once.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the redrawn cells.")] = 1,
    cores: Cores = ALL_CORES,
    control: Annotated[
        bool, typer.Option("--control", help="Negative control: redraw what values are computed from too.")
    ] = False,
) -> None:
    """Does a number depend on nothing but the cells that its lineage names?

    For one number after another, redraws every raw cell outside its DIRECT, INDIRECT and GLOBAL edges, in memory, from
    what may stand in the cell's column, and rebuilds. The number must stay bit-identical: value, base, interval,
    printed text and the digest of its exact input. Numbers that read the very same cells are tried together. Prints
    the median share of raw cells that were redrawn.

    Examples:

        trail blank

        trail blank --trials 25 --seed 3

        trail blank --control --trials 10
    """

    def work() -> Outcome:
        from surveyspec.study import load_study
        from surveytrail.proof.blank import Blanker
        from surveytrail.proof.blank import blank as run

        blanker = Blanker(load_study(directory))
        if control:
            blanker = blanker.without_direct()
        with progress("redraws", trials or len(blanker.sets()), as_json) as advance:
            found = run(blanker, trials, seed, advance, cores)
        holds = bool(found.failures) if control else found.holds
        render = partial(_print, found=found, control=control)
        return Outcome(holds, _summary(found, control), _content(found, seed), render)

    finish(work, as_json)


def _summary(found: Blanking, control: bool) -> str:
    tried = f"{found.numbers} number{'s' * (found.numbers != 1)}"
    redrawn = f"median share of raw cells redrawn {100 * found.median_share:.1f}%"
    if control:
        reported = len(found.failures)
        return f"control: with the cells of their values redrawn too, {reported} of {tried} were reported; {redrawn}"
    good = len(found.trials) - len(found.failures)
    return (
        f"{good} of {len(found.trials)} trials on {tried} left the number bit-identical, in {found.redraws} redraws; "
        f"{redrawn}"
    )


def _content(found: Blanking, seed: int) -> dict[str, Any]:
    import dataclasses

    return {
        "seed": seed,
        "numbers": found.numbers,
        "redraws": found.redraws,
        "median_share": found.median_share,
        "trials": [{**dataclasses.asdict(trial), "share": trial.share, "holds": trial.holds} for trial in found.trials],
    }


def _print(console: Console, found: Blanking, control: bool) -> None:
    for trial in found.failures[:20]:
        what = f"changed: {', '.join(trial.differs)}" if trial.computed else "no study could be computed"
        style = None if control else "bold red"
        console.print(f"{trial.number}  {what}", style=style, markup=False, soft_wrap=True)
