"""How every command speaks: text or JSON, the summary last, the exit code 0 only when all holds."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

WIDTH_WITHOUT_TERMINAL = 140
SECONDS_BETWEEN_LINES = 30  # of progress, in a log

Directory = Annotated[
    Path, typer.Option("--directory", "-d", help="Folder of the study: the one that holds config.yaml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]

Control = Annotated[
    bool, typer.Option("--control", help="Negative control: plant what must be reported; 0 if it is reported.")
]
Cores = Annotated[
    int, typer.Option(min=1, show_default="all there are", help="How many processes work at the same time.")
]
ALL_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Outcome:
    """What a command found.

    Parameters
    ----------
    ok : whether all that it looked at holds
    summary : one sentence, printed as the last line
    content : the rest, for ``--json``
    render : prints the rest for people
    """

    ok: bool
    summary: str
    content: dict[str, Any]
    render: Callable[[Console], None]


def finish(work: Callable[[], Outcome], as_json: bool) -> NoReturn:
    """Do a command's work, print its outcome and leave; what only the user can mend is shown without a traceback."""
    from surveyspec.problems import StudyError

    try:
        outcome = work()
    except StudyError as error:
        _print_problems(error, as_json)
        raise typer.Exit(1) from None
    if as_json:
        print(_as_json({"ok": outcome.ok, "summary": outcome.summary, **outcome.content}))
    else:
        console = make_console()
        outcome.render(console)
        console.print(outcome.summary, style="bold green" if outcome.ok else "bold red", markup=False, soft_wrap=True)
    raise typer.Exit(0 if outcome.ok else 1)


def control_outcome(planted: str, reported: bool, content: dict[str, Any] | None = None) -> Outcome:
    """Return the outcome of a negative control: it holds when what was planted was reported."""
    said = "reported" if reported else "NOT REPORTED"
    return Outcome(reported, f"control: {planted}: {said}", {"reported": reported, **(content or {})}, lambda _: None)


def make_console() -> Console:
    """Return the console that commands print to: as wide as the terminal, or wide enough for a log."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL, highlight=False, emoji=False)


@contextmanager
def progress(what: str, total: int, as_json: bool) -> Iterator[Callable[[int], None]]:
    """Show how far long work has come: a bar on a terminal, now and then a line in a log, nothing amid JSON.

    Yields
    ------
    a function that is told how many of ``total`` are done
    """
    if not sys.stderr.isatty():
        yield (lambda done: None) if as_json else _lines(what, total)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def _lines(what: str, total: int) -> Callable[[int], None]:
    """Return a function that prints a line on how far work has come, if the last one is some time ago."""
    began = printed = time.monotonic()

    def tell(done: int) -> None:
        nonlocal printed
        now = time.monotonic()
        if done and now - printed >= SECONDS_BETWEEN_LINES:
            printed = now
            left = (now - began) / done * (total - done) / 60
            print(f"{done} of {total} {what}, about {left:.0f} min left", file=sys.stderr, flush=True)

    return tell


def _print_problems(error: Any, as_json: bool) -> None:
    count = len(error.problems)
    summary = "stopped: 1 problem to mend" if count == 1 else f"stopped: {count} problems to mend"
    if as_json:
        problems = [dataclasses.asdict(problem) for problem in error.problems]
        print(_as_json({"ok": False, "summary": summary, "problems": problems}))
    else:
        print(error, file=sys.stderr)
        print(summary, file=sys.stderr)


def _as_json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, default=str)
