"""Tampering: change the raw data at random, predict from the lineage which numbers change, and let a rebuild judge."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from surveyspec.problems import StudyError
from surveyspec.study import Study
from surveytrail.proof.changes import Change, ChangeMaker
from surveytrail.proof.index import CellIndex
from surveytrail.proof.parallel import in_order
from surveytrail.proof.prediction import Prediction, Predictor
from surveytrail.proof.rebuild import Differences, Judge, differences

KINDS = (
    "another answer", "answer missing", "answer not understood", "filter variable", "weight variable",
    "exclusion variable", "respondent id", "any cell", "record added", "record deleted",
)  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """One change, what was predicted of it and what a rebuild found.

    Parameters
    ----------
    number : of the trial, from 0; with the seed it makes the change
    found : None where the pipeline refuses the changed data
    refused : what the pipeline said then
    """

    number: int
    change: Change
    predicted: Prediction
    found: Differences | None
    refused: str = ""

    @property
    def missed(self) -> frozenset[str]:
        """Numbers whose input changed though the lineage did not say so."""
        return self.found.inputs - self.predicted.keys() if self.found else frozenset()

    @property
    def extra(self) -> dict[str, set[str]]:
        """Numbers predicted whose input did not change, with the kinds of the edges that predicted them."""
        changed = self.found.inputs if self.found else frozenset()
        return {number: kinds for number, kinds in self.predicted.items() if number not in changed}

    @property
    def uncovered(self) -> frozenset[str]:
        """Numbers that differ in anything computed or printed, though their input digest does not."""
        return (self.found.computed | self.found.printed) - self.found.inputs if self.found else frozenset()

    @property
    def holds(self) -> bool:
        """Whether the promise holds: nothing missed, nothing uncovered, and no extra on a DIRECT edge."""
        direct = any("DIRECT" in kinds for kinds in self.extra.values()) if self.found else False
        return not (self.missed or self.uncovered or direct)


@dataclass
class Tally:
    """Counts over the trials of one kind; numbers are counted once per trial."""

    trials: int = 0
    refused: int = 0
    compared: int = 0
    predicted: int = 0
    changed: int = 0
    missed: int = 0
    computed: int = 0
    printed: int = 0
    uncovered: int = 0
    direct: int = 0
    extra: Counter[str] = field(default_factory=Counter)

    def add(self, trial: Trial, numbers: int) -> None:
        """Count a trial; one that the pipeline refuses has nothing to compare."""
        self.trials += 1
        if trial.found is None:
            self.refused += 1
            return
        self.compared += numbers
        self.predicted += len(trial.predicted)
        self.direct += sum("DIRECT" in kinds for kinds in trial.predicted.values())
        self.changed += len(trial.found.inputs)
        self.missed += len(trial.missed)
        self.computed += len(trial.found.computed)
        self.printed += len(trial.found.printed)
        self.uncovered += len(trial.uncovered)
        for kinds in trial.extra.values():
            self.extra.update(["DIRECT" if "DIRECT" in kinds else "GLOBAL" if "GLOBAL" in kinds else min(kinds)])

    def __iadd__(self, other: Tally) -> Tally:
        for entry in dataclasses.fields(self):
            setattr(self, entry.name, getattr(self, entry.name) + getattr(other, entry.name))
        return self


@dataclass(frozen=True)
class Tampering:
    """What all trials came to, kind by kind."""

    numbers: int
    tallies: dict[str, Tally]
    failures: list[Trial]

    @property
    def total(self) -> Tally:
        """Counts over all kinds."""
        total = Tally()
        for tally in self.tallies.values():
            total += tally
        return total

    @property
    def holds(self) -> bool:
        """Whether something was compared and changed, and no trial broke the promise."""
        return not self.failures and self.total.compared > 0 and self.total.changed > 0


class Tamperer:
    """Makes and judges trials on a study."""

    def __init__(self, study: Study, judge: Judge | None = None, index: CellIndex | None = None) -> None:
        self.judge = judge or Judge(study)
        self.index = index or CellIndex.read(study.directory)
        waves = study.waves.items()
        self.predictors = {name: Predictor(study, wave, self.judge.tables[name], self.index) for name, wave in waves}
        self.makers = {name: ChangeMaker(wave, self.judge.tables[name], self.index) for name, wave in waves}

    def changes(self, trials: int, seed: int) -> list[tuple[int, Change]]:
        """Draw the changes of so many trials, with their numbers.

        Kinds that the study has no column for are passed over; a full round of kinds with nothing to change ends them.
        """
        found: list[tuple[int, Change]] = []
        number = idle = 0
        while len(found) < trials and idle < len(KINDS) * len(self.makers):
            change = self.change(number, seed)
            idle = idle + 1 if change is None else 0
            found += [(number, change)] if change is not None else []
            number += 1
        return found

    def change(self, number: int, seed: int) -> Change | None:
        """Draw the change of a trial; kinds take turns, and so do waves."""
        rng = np.random.default_rng([seed, number])
        waves = list(self.makers)
        return self.makers[waves[number // len(KINDS) % len(waves)]].draw(KINDS[number % len(KINDS)], rng)

    def judged(self, number: int, change: Change) -> Trial:
        """Predict, rebuild, compare."""
        predicted = self.predictors[change.wave].predict(change)
        try:
            table = change.apply(self.judge.tables[change.wave])
            after = self.judge.rebuild({change.wave: table})
        except StudyError as error:
            return Trial(number, change, predicted, None, str(error.problems[0].found))
        return Trial(number, change, predicted, differences(self.judge.published, after))

    def without(self, index: CellIndex) -> Tamperer:
        """Return the same on another index, for negative controls."""
        other = object.__new__(Tamperer)
        predictors = {name: predictor.with_index(index) for name, predictor in self.predictors.items()}
        other.__dict__.update(self.__dict__, index=index, predictors=predictors)
        return other


def tamper(
    tamperer: Tamperer,
    trials: int,
    seed: int,
    progress: Callable[[int], None] = lambda done: None,
    cores: int = 1,
) -> Tampering:
    """Make trials and count what they find.

    Parameters
    ----------
    trials : how many changes; kinds that the study has no column for are passed over
    progress : told after each trial how many are done
    cores : processes that make trials at the same time; what they find does not depend on it
    """
    tallies = {kind: Tally() for kind in KINDS}
    failures = []
    numbers = len(tamperer.judge.published)
    changes = tamperer.changes(trials, seed)
    for done, trial in enumerate(in_order(lambda job: tamperer.judged(*job), changes, cores), 1):
        tallies[trial.change.kind].add(trial, numbers)
        if not trial.holds:
            failures.append(trial)
        progress(done)
    return Tampering(numbers, tallies, failures)


@dataclass(frozen=True)
class Control:
    """A negative control: one true cell was left out of the index; the proof must notice.

    Parameters
    ----------
    number, kind, why : the edge that lost the cell of ``change``
    reported : whether the number was reported as missed
    """

    number: str
    kind: str
    why: str
    change: Change
    reported: bool


def negative_control(tamperer: Tamperer, seed: int, limit: int = 200) -> Control | None:
    """Leave one cell of one DIRECT edge out of the index and tamper with just that cell.

    Returns
    -------
    the control, or None if no trial out of ``limit`` changed a number by way of a single DIRECT edge
    """
    for number in range(limit):
        change = tamperer.change(number, seed)
        if change is None or change.column is None:
            continue
        for candidate, kinds in sorted(tamperer.predictors[change.wave].predict(change).items()):
            if kinds != {"DIRECT"}:
                continue
            held = tamperer.index.of_cell(change.wave, change.record, change.column)
            tie = next(tie for tie in held if tie.number == candidate and tie.kind == "DIRECT")
            spoiled = tamperer.index.without_cell(candidate, change.wave, change.record, change.column)
            trial = tamperer.without(spoiled).judged(number, change)
            if trial.found is not None:
                return Control(candidate, tie.kind, tie.why, change, candidate in trial.missed)
    return None
