"""``trail tamper``: change raw data in memory and see whether the lineage knows what changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from surveytrail.cli.output import ALL_CORES, AsJson, Cores, Directory, Outcome, finish, progress

if TYPE_CHECKING:
    from rich.console import Console

    from surveytrail.proof.tamper import Tally, Tampering, Trial


def tamper(
    directory: Directory = Path(),
    as_json: AsJson = False,
    trials: Annotated[int, typer.Option(min=1, help="How many changes to try.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the changes; the same seed makes the same ones.")] = 1,
    cores: Cores = ALL_CORES,
    control: Annotated[
        bool,
        typer.Option("--control", help="Negative control: leave one true cell out of the lineage; it must be missed."),
    ] = False,
) -> None:
    """Does the lineage know what a changed raw cell changes?

    Changes raw data at random, in memory: an answer, a missing code, a filter, weight or exclusion variable, a
    respondent's id, any cell at all, a record more or less. Predicts from the lineage, without estimating anything,
    which numbers' exact inputs change; then rebuilds all numbers from the changed data without a look at the lineage.
    Nothing may be missed; what a DIRECT edge predicts must happen; values and printed texts may change only where the
    input does. Raw files are never written.

    Examples:

        trail tamper --trials 1000 --seed 1

        trail tamper --control

        trail tamper --directory examples/masculinity --trials 50 --json
    """

    def work() -> Outcome:
        from surveyspec.study import load_study
        from surveytrail.proof.tamper import Tamperer, negative_control
        from surveytrail.proof.tamper import tamper as run

        tamperer = Tamperer(load_study(directory))
        if control:
            return _control(negative_control(tamperer, seed))
        with progress("trials", trials, as_json) as advance:
            found = run(tamperer, trials, seed, advance, cores)
        return Outcome(found.holds, _summary(found), _content(found, seed), lambda console: _print(console, found))

    finish(work, as_json)


def _control(found: Any) -> Outcome:
    """Return the outcome of the negative control: it holds when the cell left out was reported as missed."""
    if found is None:
        return Outcome(False, "control: no change altered a number by one DIRECT edge alone", {}, lambda console: None)
    said = "was reported as missed" if found.reported else "WAS NOT REPORTED"
    summary = f"control: the cell left out of {found.number} ({found.change}) {said}"
    content = {"number": found.number, "edge": f"{found.kind} {found.why}", "change": str(found.change),
               "reported": found.reported}  # fmt: skip
    return Outcome(found.reported, summary, content, lambda console: None)


def _summary(found: Tampering) -> str:
    total = found.total
    extras = sum(total.extra.values())
    return (
        f"{total.trials} trials, {total.refused} refused by the pipeline: {total.missed} missed of {total.changed} "
        f"changed inputs ({total.compared} compared), {extras} predicted in vain, "
        f"{total.computed} computed and {total.printed} printed differently, {total.uncovered} of them without a "
        f"changed input; {len(found.failures)} trials failed"
    )


def _content(found: Tampering, seed: int) -> dict[str, Any]:
    return {
        "seed": seed,
        "numbers": found.numbers,
        "kinds": {kind: _counts(tally) for kind, tally in found.tallies.items()},
        "total": _counts(found.total),
        "failures": [_failure(trial) for trial in found.failures],
    }


def _counts(tally: Tally) -> dict[str, Any]:
    import dataclasses

    return {**dataclasses.asdict(tally), "extra": dict(tally.extra)}


def _failure(trial: Trial) -> dict[str, Any]:
    return {
        "trial": trial.number,
        "change": str(trial.change),
        "missed": sorted(trial.missed),
        "uncovered": sorted(trial.uncovered),
        "extra": {number: sorted(kinds) for number, kinds in trial.extra.items()},
    }


def _print(console: Console, found: Tampering) -> None:
    from rich.table import Table

    headings = ("change of", "trials", "refused", "compared", "predicted", "by DIRECT", "changed", "missed", "in vain",
                "computed", "printed")  # fmt: skip
    table = Table(*headings, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, tally in [*found.tallies.items(), ("sum", found.total)]:
        counts = (tally.trials, tally.refused, tally.compared, tally.predicted, tally.direct, tally.changed)
        figures = (*counts, tally.missed, sum(tally.extra.values()), tally.computed, tally.printed)
        note = "" if tally.trials else "  (no such column in this study)"
        table.add_row(f"{kind}{note}", *map(str, figures), style="bold" if kind == "sum" else None)
    console.print(table)
    for trial in found.failures[:10]:
        detail = _failure(trial)
        console.print(f"trial {detail['trial']}: {detail['change']}", style="bold red", markup=False, soft_wrap=True)
        for name in ("missed", "uncovered", "extra"):
            if detail[name]:
                shown = list(detail[name])
                console.print(f"    {name}: {len(shown)}, first {shown[0]}", markup=False, soft_wrap=True)
