"""Seeded faults in the engine: does the second engine find each one that changes a printed digit?

Every fault (mutant) is one replacement in one file of a scratch copy of the engine. What the file has a part in, the
ledger, the verdicts on claims or the figures, is made there and judged by code that knows nothing of the fault.
"""

from __future__ import annotations

import ast
import json
import queue
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pydantic import Field

from surveyspec.documents import Document, Slug, Strict, load_document, parse_document
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveytrail.digests import SOURCE, imported_files
from surveytrail.proof.mutant_stages import (
    PLAIN,
    Changes,
    Objections,
    Stage,
    difference,
    objections,
    place,
    stage_of,
    untouched,
)

MUTANTS = Path(__file__).with_name("mutants.yaml")
WORKER = Path(__file__).with_name("mutant_worker.py")
ENGINE = "surveytrail"
TESTS = "tests.pickle"
RUNNER = "hypotheses.py"  # of the engine: runs single tests
SECONDS = 300


class Mutant(Strict):
    """One seeded fault: a text of the engine that occurs once, and what stands there instead."""

    id: Slug
    kind: str = Field(description="what sort of mistake it is, such as 'filter' or 'weights'")
    file: str = Field(description="from the engine's folder, such as masks.py")
    old: str = Field(min_length=1)
    new: str
    description: str

    @property
    def stage(self) -> Stage:
        """What the fault can spoil."""
        return stage_of(self.file)


class MutantFile(Strict):
    """All seeded faults."""

    mutants: list[Mutant]


@dataclass(frozen=True)
class Judged:
    """What came of a mutant.

    Parameters
    ----------
    changes : the most visible thing that differs in what was made; ``no ledger`` where the engine stopped
    numbers : how many numbers differ, or claims, or figures
    found : how many numbers the second engine did not reproduce, or claims, or parts of figures the audit objects to
    said : the first objection, or the engine's own
    """

    mutant: Mutant
    changes: Changes
    numbers: int = 0
    found: int = 0
    said: str = ""

    @property
    def caught(self) -> bool:
        """Say whether the fault cannot go unnoticed: its judge objects, or there is nothing to print from."""
        return self.found > 0 or self.changes == "no ledger"

    @property
    def survives(self) -> bool:
        """Say whether documents would print other digits and nobody would notice."""
        return self.changes == "printed digits" and not self.caught


def load_mutants(path: Path = MUTANTS, engine: Path = SOURCE / ENGINE) -> list[Mutant]:
    """Read the seeded faults and compare them with the engine as it is.

    Raises
    ------
    StudyError : repeated ids, files that do not exist, texts that do not occur exactly once, faults that do not compile
    """
    document = load_document(path, path.name)
    mutants = parse_document(MutantFile, document).mutants
    problems = []
    seen: set[str] = set()
    for index, mutant in enumerate(mutants):
        problem = _problem(document, index, mutant, engine, seen)
        problems += [problem] if problem is not None else []
        seen.add(mutant.id)
    if problems:
        raise StudyError(problems)
    return mutants


def choose(mutants: Sequence[Mutant], sample: int = 0, seed: int = 1, only: Sequence[str] = ()) -> list[Mutant]:
    """Return the mutants to try: all, those named, or a random sample, in the order of their file.

    Raises
    ------
    StudyError : an unknown id
    """
    known = [mutant.id for mutant in mutants]
    for name in only:
        if name not in known:
            hint = did_you_mean(name, known) or f"ids stand in {MUTANTS.name}"
            raise StudyError(Problem("--only", "", f"'{name}'", f"one of {len(known)} ids", hint))
    chosen = [mutant for mutant in mutants if mutant.id in only or not only]
    if not 0 < sample < len(chosen):
        return chosen
    wanted = set(random.Random(seed).sample([mutant.id for mutant in chosen], sample))
    return [mutant for mutant in chosen if mutant.id in wanted]


@dataclass(frozen=True)
class Trials:
    """What came of all mutants, and of the negative control.

    Parameters
    ----------
    control : the first fault that changed a printed digit, its judge shown what the untouched engine made: it must
        survive; None where no fault changed a printed digit
    """

    judged: list[Judged]
    control: Judged | None

    @property
    def holds(self) -> bool:
        """Say whether some fault changed a printed digit, every one that did was caught, and the control was not."""
        return self.control is not None and self.control.survives and not any(one.survives for one in self.judged)


def judge_mutants(
    study: Path, mutants: Sequence[Mutant], cores: int = 1, progress: Callable[[int], None] = lambda done: None
) -> Trials:
    """Try mutants on a study: make all that they may spoil, then let one run of each judge look at it.

    Parameters
    ----------
    study : folder of the study; nothing is written there
    cores : mutants tried at the same time
    progress : told after each mutant how many have a ledger

    Raises
    ------
    StudyError : the untouched engine computes no ledger, or the second engine does not reproduce it
    """
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch, ExitStack() as stack:
        bench = _Bench(study.resolve(), Path(scratch))
        workers: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        first = stack.enter_context(_worker())
        bench.start(first, {mutant.stage for mutant in mutants})
        workers.put(first)
        for _ in range(1, cores):
            workers.put(stack.enter_context(_worker()))

        def tried(mutant: Mutant) -> _Tried:
            worker = workers.get()
            try:
                found = bench.compute(mutant, worker)
            finally:
                workers.put(worker)
            return found

        found = []
        with ThreadPoolExecutor(cores) as pool:
            for one in pool.map(tried, mutants):
                found.append(one)
                progress(len(found))
        return bench.judge(found)


def summary(trials: Trials) -> str:
    """Return the outcome in one sentence."""
    results = trials.judged
    counts = Counter(judged.changes for judged in results)
    visible = [judged for judged in results if judged.changes == "printed digits"]
    caught = sum(judged.caught for judged in visible)
    rest = ", ".join(f"{counts[name]} {name}" for name in ("no ledger", "wording", "unprinted figures", "nothing"))
    survivors = [judged.mutant.id for judged in visible if not judged.caught]
    held = trials.control is not None and trials.control.survives
    return (
        f"{len(results)} seeded faults: {caught} of {len(visible)} that change printed digits are caught "
        f"(the others change: {rest})"
        + (f"; NOT CAUGHT: {listed(survivors)}" if survivors else "")
        + f"; negative control {'reported' if held else 'NOT REPORTED'}"
    )


class _Worker:
    """A process that makes things with engines from other places; see ``mutant_worker.py``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def make(self, **job: object) -> str:
        """Do a job; return why nothing was made, or an empty text."""
        assert self.process.stdin is not None and self.process.stdout is not None
        written = {name: str(value) for name, value in job.items()} | {"seconds": SECONDS}
        self.process.stdin.write(json.dumps(written) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{WORKER.name} ended with exit code {self.process.wait()}")
        return str(json.loads(answer)["error"])


@contextmanager
def _worker() -> Iterator[_Worker]:
    """Start a worker that finds the untouched specification but no engine of its own choice."""
    with subprocess.Popen(
        [sys.executable, "-P", str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=untouched()
    ) as process:
        try:
            yield _Worker(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


@dataclass(frozen=True)
class _Tried:
    """What a mutant made, before its judge has seen it; ``error`` says why there is nothing."""

    mutant: Mutant
    made: Path
    changes: Changes
    numbers: int
    error: str = ""


class _Bench:
    """The study, what the untouched engine makes of it, and a scratch folder."""

    def __init__(self, study: Path, scratch: Path) -> None:
        self.study, self.scratch = study, scratch
        runner = SOURCE / ENGINE / RUNNER
        self._code_of_tests = {runner, *imported_files(runner)}

    def start(self, worker: _Worker, stages: Collection[Stage]) -> None:
        """Let a copy of the untouched engine make everything: its judges must have no objection."""
        source = self._copy(PLAIN)
        todo = "mend that first: a fault can only be told from a whole engine"
        for stage in ("ledger", *(part for part in get_args(Stage) if part in stages and part != "ledger")):
            error = self._make(worker, source, PLAIN, stage, str(self.scratch / TESTS))
            if error:
                raise StudyError(Problem(str(self.study), "", error, "a study whose ledger can be computed", todo))
            made = place(self.scratch, PLAIN, stage)
            found, said = objections(stage, self.study, self.scratch, [made])[0]
            if found:
                expected = f"{'a ledger' if stage == 'ledger' else stage} without objection while no fault is seeded"
                raise StudyError(Problem(str(self.study), "", f"{found} objections; {said}", expected, todo))

    def compute(self, mutant: Mutant, worker: _Worker) -> _Tried:
        """Put a fault into a copy of the engine, let it work, and compare with what the untouched engine made."""
        source = self._copy(mutant.id)
        file = source / ENGINE / mutant.file
        file.write_text(file.read_text(encoding="utf-8").replace(mutant.old, mutant.new), encoding="utf-8")
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
            compiled.unlink()
        # tests that get the same arrays from the same code have the same results
        tests = "" if SOURCE / ENGINE / mutant.file in self._code_of_tests else str(self.scratch / TESTS)
        error = self._make(worker, source, mutant.id, mutant.stage, tests)
        shutil.rmtree(source)
        made = place(self.scratch, mutant.id, mutant.stage)
        if error:
            return _Tried(mutant, made, "no ledger", 0, error)
        return _Tried(mutant, made, *difference(mutant.stage, place(self.scratch, PLAIN, mutant.stage), made))

    def judge(self, tried: Sequence[_Tried]) -> Trials:
        """Let each judge look at everything of its stage that differs from what the untouched engine made."""
        found: dict[str, Objections] = {}
        controls: dict[Stage, Objections] = {}
        for stage in dict.fromkeys(one.mutant.stage for one in tried):
            looked_at = [
                one for one in tried if one.mutant.stage == stage and one.changes not in {"nothing", "no ledger"}
            ]
            made = [place(self.scratch, PLAIN, stage), *(one.made for one in looked_at)]
            controls[stage], *verdicts = objections(stage, self.study, self.scratch, made)
            found |= {one.mutant.id: verdict for one, verdict in zip(looked_at, verdicts, strict=True)}
        judged = [
            Judged(one.mutant, one.changes, one.numbers, *found.get(one.mutant.id, (0, one.error))) for one in tried
        ]
        visible = next((one for one in tried if one.changes == "printed digits"), None)
        if visible is None:
            return Trials(judged, None)
        shown = controls[visible.mutant.stage]
        return Trials(judged, Judged(visible.mutant, visible.changes, visible.numbers, *shown))

    def _copy(self, name: str) -> Path:
        source = self.scratch / name
        shutil.copytree(SOURCE / ENGINE, source / ENGINE)
        return source

    def _make(self, worker: _Worker, source: Path, name: str, stage: Stage, tests: str) -> str:
        """Let an engine make what a stage makes; return why there is nothing, or an empty text."""
        made, ledger = place(self.scratch, name, stage), place(self.scratch, PLAIN, "ledger")
        return worker.make(source=source, study=self.study, stage=stage, made=made, ledger=ledger, tests=tests)


def _problem(document: Document, index: int, mutant: Mutant, engine: Path, seen: set[str]) -> Problem | None:
    """Return what is wrong with an entry of the file of mutants, if anything."""

    def problem(field: str, found: str, expected: str, todo: str) -> Problem:
        line = document.line(("mutants", index, field))
        return Problem(document.path, f"mutants.{mutant.id}.{field}", found, expected, todo, line)

    if mutant.id in seen:
        return problem("id", f"'{mutant.id}' again", "each id once", "give one of the two another id")
    file = engine / mutant.file
    if not file.is_file():
        return problem("file", f"no file {mutant.file}", "a file of the engine", "correct it: code has moved")
    text = file.read_text(encoding="utf-8")
    times = text.count(mutant.old)
    if times != 1:
        todo = "copy the line from the file as it is now, with enough of it to be the only one"
        return problem("old", f"{times} times in {mutant.file}: {mutant.old!r}", "exactly once", todo)
    try:
        ast.parse(text.replace(mutant.old, mutant.new))
    except SyntaxError as error:
        return problem("new", f"no Python: {error.msg}", "code that can be compiled", "correct 'new'")
    return None
