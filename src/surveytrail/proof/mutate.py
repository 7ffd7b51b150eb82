"""Seeded faults in the engine: does the second engine find each one that changes a printed digit?

Every fault (mutant) is one replacement in one file of a scratch copy of the engine. The ledger is computed there and
judged by the untouched second engine, which reads raw files and specification and knows nothing of the fault.
"""

from __future__ import annotations

import ast
import json
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from surveyspec.documents import Document, Strict, load_document, parse_document
from surveyspec.identifiers import Slug
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveytrail.digests import SOURCE

MUTANTS = Path(__file__).with_name("mutants.yaml")
WORKER = Path(__file__).with_name("mutant_worker.py")
ENGINE = "surveytrail"
PLAIN = "plain.parquet"
SECONDS = 300
Changes = Literal["printed digits", "wording", "unprinted figures", "nothing", "no ledger"]
# what documents print of a number: texts, and the counts of its base; then what they print in words
DIGITS = ("text", "interval_text", "n_in", "n_used", "n_excluded", "interval_level")
WORDS = ("label", "group_label", "question", "filter", "interval_method", "warning", "error", "weight", "columns")


class Mutant(Strict):
    """One seeded fault: a text of the engine that occurs once, and what stands there instead."""

    id: Slug
    kind: str = Field(description="what sort of mistake it is, such as 'filter' or 'weights'")
    file: str = Field(description="from the engine's folder, such as masks.py")
    old: str = Field(min_length=1)
    new: str
    description: str


class MutantFile(Strict):
    """All seeded faults."""

    mutants: list[Mutant]


@dataclass(frozen=True)
class Judged:
    """What came of a mutant.

    Parameters
    ----------
    changes : the most visible thing that differs in the ledger; ``no ledger`` where the engine stopped
    numbers : how many numbers differ
    found : how many numbers the second engine did not reproduce
    said : its first objection, or the engine's own
    """

    mutant: Mutant
    changes: Changes
    numbers: int = 0
    found: int = 0
    said: str = ""

    @property
    def caught(self) -> bool:
        """Say whether the fault cannot go unnoticed: the second engine objects, or there is no ledger to print from."""
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
    control : the first fault that changed a printed digit, judged by a second engine that was shown the ledger of the
        untouched engine: it must survive; None where no fault changed a printed digit
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
    """Try mutants on a study: compute all their ledgers, then let one run of the second engine look at each.

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
        bench.start(first)
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
    """A process that computes ledgers; see ``mutant_worker.py``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def compute(self, source: Path, study: Path, ledger: Path) -> str:
        """Compute a ledger with an engine; return why there is none, or nothing."""
        assert self.process.stdin is not None and self.process.stdout is not None
        job = {"source": str(source), "study": str(study), "ledger": str(ledger), "seconds": SECONDS}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{WORKER.name} ended with exit code {self.process.wait()}")
        return str(json.loads(answer)["error"])


@contextmanager
def _worker() -> Iterator[_Worker]:
    """Start a worker that finds the untouched specification but no engine of its own choice."""
    with subprocess.Popen(
        [sys.executable, "-P", str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_untouched()
    ) as process:
        try:
            yield _Worker(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


@dataclass(frozen=True)
class _Tried:
    """A mutant's ledger before the second engine has seen it; ``error`` says why there is none."""

    mutant: Mutant
    ledger: Path
    changes: Changes
    numbers: int
    error: str = ""


class _Bench:
    """The study, the ledger of the untouched engine, and a scratch folder."""

    def __init__(self, study: Path, scratch: Path) -> None:
        self.study, self.scratch = study, scratch
        self.plain: dict[str, dict[str, Any]] = {}

    def start(self, worker: _Worker) -> None:
        """Compute the ledger of a copy of the untouched engine, which the second engine must reproduce."""
        ledger = self.scratch / PLAIN
        error = worker.compute(self._copy("plain"), self.study, ledger)
        todo = "mend that first: a fault can only be told from a whole engine"
        if error:
            raise StudyError(Problem(str(self.study), "", error, "a study whose ledger can be computed", todo))
        found, said = self._recount([ledger])[0]
        if found:
            expected = "a ledger that the second engine reproduces without any seeded fault"
            raise StudyError(Problem(str(self.study), "", f"{found} numbers not reproduced; {said}", expected, todo))
        self.plain = _rows(ledger)

    def compute(self, mutant: Mutant, worker: _Worker) -> _Tried:
        """Put a fault into a copy of the engine, compute the ledger, and compare it with the untouched engine's."""
        source = self._copy(mutant.id)
        file = source / ENGINE / mutant.file
        file.write_text(file.read_text(encoding="utf-8").replace(mutant.old, mutant.new), encoding="utf-8")
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
            compiled.unlink()
        ledger = self.scratch / f"{mutant.id}.parquet"
        error = worker.compute(source, self.study, ledger)
        shutil.rmtree(source)
        if error:
            return _Tried(mutant, ledger, "no ledger", 0, error)
        return _Tried(mutant, ledger, *_difference(self.plain, _rows(ledger)))

    def judge(self, tried: Sequence[_Tried]) -> Trials:
        """Let the second engine look at every ledger that differs from the untouched engine's."""
        looked_at = [one for one in tried if one.changes not in {"nothing", "no ledger"}]
        verdicts = self._recount([self.scratch / PLAIN, *(one.ledger for one in looked_at)])
        found = {one.mutant.id: verdict for one, verdict in zip(looked_at, verdicts[1:], strict=True)}
        judged = [
            Judged(one.mutant, one.changes, one.numbers, *found.get(one.mutant.id, (0, one.error))) for one in tried
        ]
        visible = next((one for one in tried if one.changes == "printed digits"), None)
        control = None if visible is None else Judged(visible.mutant, visible.changes, visible.numbers, *verdicts[0])
        return Trials(judged, control)

    def _copy(self, name: str) -> Path:
        source = self.scratch / name
        shutil.copytree(SOURCE / ENGINE, source / ENGINE)
        return source

    def _recount(self, ledgers: Sequence[Path]) -> list[tuple[int, str]]:
        """Run the second engine; return per ledger how many numbers it did not reproduce and the first objection.

        One run looks at all ledgers. Where it stops at one, that is its objection, and another run looks at the rest.
        """
        found: list[tuple[int, str]] = []
        while len(found) < len(ledgers):
            command = [sys.executable, "-m", "recount", "--directory", str(self.study), "--json"]
            command += ["--out", str(self.scratch / "verified"), "--ledger"]
            # two at least: a single one is reported to people
            command += [str(ledger) for ledger in (self.scratch / PLAIN, *ledgers[len(found) :])]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=_untouched())
            found += [_objections(json.loads(line)) for line in done.stdout.splitlines()[1:]]
            if len(found) < len(ledgers):
                found.append((1, (done.stderr.strip().splitlines() or ["no answer"])[-1]))
        return found


def _objections(summary: Mapping[str, Any]) -> tuple[int, str]:
    """Return how many numbers a recount did not reproduce, and what it said of the first."""
    mismatches = summary["mismatches"]
    first = next(iter(mismatches.items()), ("", ""))
    return len(mismatches), ": ".join(first) if mismatches else ""


def _untouched() -> dict[str, str]:
    """Return an environment in which the packages of this checkout are found, and nothing else of ours."""
    return {**os.environ, "PYTHONPATH": str(SOURCE)}


def _rows(ledger: Path) -> dict[str, dict[str, Any]]:
    import pyarrow.parquet

    return {str(row["id"]): row for row in pyarrow.parquet.read_table(ledger).to_pylist()}


def _difference(plain: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> tuple[Changes, int]:
    """Return the most visible kind of difference between two ledgers, and how many numbers differ."""
    differing: set[str] = set()
    numbers = 0
    for number in plain.keys() | other.keys():
        before, after = plain.get(number), other.get(number)
        columns = set(DIGITS) if before is None or after is None else {
            name for name in before if repr(before[name]) != repr(after[name])
        }  # fmt: skip
        numbers += bool(columns)
        differing |= columns
    if differing & set(DIGITS):
        return "printed digits", numbers
    if differing & set(WORDS):
        return "wording", numbers
    return ("unprinted figures" if differing else "nothing"), numbers


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
