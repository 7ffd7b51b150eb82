"""Blanking: redraw every raw cell that a number does not read; the number must stay as it is, to the last bit.

Numbers that read the very same cells, such as statistic, p-value and base of a test, are judged by the same redraw, for
which only the stages that they come from are computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from pyroaring import BitMap

from surveyspec.problems import StudyError
from surveyspec.study import Study, WaveSpec
from surveyspec.weights import ColumnWeight
from surveytrail.importing.reading import RawTable
from surveytrail.lineage import VALUE
from surveytrail.proof.changes import Admissible
from surveytrail.proof.index import CellIndex, Tie
from surveytrail.proof.parallel import in_order
from surveytrail.proof.rebuild import COMPUTED, Judge, Row

# Redrawn data can be such that no study can be computed from them: a category of a margin without anybody.
ATTEMPTS = 20


@dataclass(frozen=True)
class Blanked:
    """One number after every cell that it does not read was redrawn.

    Parameters
    ----------
    number : id
    redrawn, cells : raw cells redrawn, of how many in the files of all waves
    attempts : how often cells were redrawn until a study could be computed from them
    differs : fields of the number that changed; its name among them if the number vanished
    computed : whether a study could be computed at all
    """

    number: str
    redrawn: int
    cells: int
    attempts: int
    differs: tuple[str, ...]
    computed: bool

    @property
    def share(self) -> float:
        """Share of all raw cells that were redrawn."""
        return self.redrawn / self.cells

    @property
    def holds(self) -> bool:
        """Whether the number stayed as it was."""
        return self.computed and self.redrawn > 0 and not self.differs


@dataclass(frozen=True)
class Blanking:
    """What all trials came to.

    Parameters
    ----------
    redraws : how often the cells were redrawn that the numbers of a set do not read
    """

    trials: list[Blanked]
    redraws: int

    @property
    def numbers(self) -> int:
        """How many different numbers were tried."""
        return len({trial.number for trial in self.trials})

    @property
    def median_share(self) -> float:
        """Median share of cells redrawn."""
        return median(trial.share for trial in self.trials) if self.trials else 0.0

    @property
    def failures(self) -> list[Blanked]:
        """Trials in which the number changed or could not be computed."""
        return [trial for trial in self.trials if not trial.holds]

    @property
    def holds(self) -> bool:
        """Whether something was tried and every number stayed as it was."""
        return bool(self.trials) and not self.failures


class Blanker:
    """Redraws what numbers do not read, and rebuilds."""

    def __init__(self, study: Study, judge: Judge | None = None, index: CellIndex | None = None) -> None:
        self.study = study
        self.judge = judge or Judge(study)
        self.index = index or CellIndex.read(study.directory)
        self.admissible = {name: Admissible(wave, self.judge.tables[name]) for name, wave in study.waves.items()}

    def without_direct(self) -> Blanker:
        """Return the same without the edges that values are computed from: the negative control."""
        other = object.__new__(Blanker)
        ties: list[Tie] = [tie for tie in self.index.ties if tie.kind != "DIRECT" or tie.why != VALUE]
        other.__dict__.update(self.__dict__, index=CellIndex(ties, self.index.records))
        return other

    def sets(self) -> list[list[str]]:
        """Return all numbers, those together that read the very same cells of the survey exports."""
        found: dict[frozenset[tuple[str, str, bytes]], list[str]] = {}
        for number in sorted(self.judge.published):
            cells = self.index.cells(number).items()
            read = (
                (wave, column, records.serialize()) for (wave, column), records in cells if wave in self.study.waves
            )
            found.setdefault(frozenset(read), []).append(number)
        return list(found.values())

    def blank(self, numbers: Sequence[str], rng: np.random.Generator) -> list[Blanked]:
        """Redraw every cell outside the edges of numbers that read the same, and compare the numbers as published."""
        read = self.index.cells(numbers[0])
        cells = sum(table.cells.size for table in self.judge.tables.values())
        for attempt in range(1, ATTEMPTS + 1):
            tables, redrawn = {}, 0
            for name, table in self.judge.tables.items():
                tables[name], count = self._redrawn(self.study.waves[name], table, read, rng)
                redrawn += count
            try:
                after = self.judge.rebuild(tables, numbers)
            except StudyError:
                continue
            before = self.judge.published
            return [
                Blanked(number, redrawn, cells, attempt, _changed(number, before, after), True) for number in numbers
            ]
        return [Blanked(number, redrawn, cells, ATTEMPTS, (), False) for number in numbers]

    def _redrawn(
        self, wave: WaveSpec, table: RawTable, read: dict[tuple[str, str], BitMap], rng: np.random.Generator
    ) -> tuple[RawTable, int]:
        """Return a table whose cells outside ``read`` are redrawn, and how many these are."""
        admissible = self.admissible[wave.id]
        everybody = BitMap(range(1, len(table.cells) + 1))
        weights = {weight.variable for weight in wave.wave.weights.values() if isinstance(weight, ColumnWeight)}
        cells, count = table.cells.copy(), 0
        for place, column in enumerate(table.column_names):
            rows = np.array(everybody - read.get((wave.id, column), BitMap()), dtype=np.int64) - 1
            count += len(rows)
            variable = admissible.variable(column)
            if place == admissible.place_of_respondent:
                cells[rows, place] = admissible.new_ids(len(rows), rng)
                continue
            # a record without a weight stops every study: weights are redrawn among weights
            is_weight = variable is not None and variable.code in weights
            pool = admissible.answers(column) if is_weight else admissible.any(column)
            if pool:
                cells[rows, place] = np.array(pool, dtype=object)[rng.integers(len(pool), size=len(rows))]
        return replace(table, cells=cells), count


def blank(
    blanker: Blanker,
    trials: int,
    seed: int,
    progress: Callable[[int], None] = lambda done: None,
    cores: int = 1,
) -> Blanking:
    """Blank sets of numbers in random order, every set once before any comes twice.

    Parameters
    ----------
    trials : how many sets; 0 = every set once, and so every number
    progress : told after each set how many are done
    cores : processes that make trials at the same time; what they find does not depend on it
    """
    sets = blanker.sets()
    turns = _turns(sets, trials or len(sets), seed)
    found = []
    for done, judged in enumerate(in_order(lambda turn: blanker.blank(*turn), turns, cores), 1):
        found += judged
        progress(done)
    return Blanking(found, len(turns))


def _turns(sets: list[list[str]], trials: int, seed: int) -> list[tuple[list[str], np.random.Generator]]:
    order: list[int] = []
    turns = []
    for trial in range(trials):
        if not order:
            order = np.random.default_rng([seed, trial]).permutation(len(sets)).tolist()
        turns.append((sets[order.pop()], np.random.default_rng([seed, trial, 1])))
    return turns


def _changed(number: str, before: dict[str, Row], after: dict[str, Row]) -> tuple[str, ...]:
    """Return the fields of a number that differ between two rebuilds."""
    if number not in after:
        return ("id",)
    old, new = before[number], after[number]
    fields = [name for name, left, right in zip(COMPUTED, old.computed, new.computed, strict=True) if left != right]
    return (*(["input_digest"] if old.input_digest != new.input_digest else []), *fields)
