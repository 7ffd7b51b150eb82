"""The judge of the proofs: all numbers computed again from raw tables, the lineage never looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from surveyspec.problems import Problem, StudyError
from surveyspec.study import Study
from surveytrail.frames import read_frame
from surveytrail.importing.reading import RawTable
from surveytrail.inputs import Memo
from surveytrail.ledger.collect import WaveResults, collect_ledger
from surveytrail.pipeline import compute_beside, compute_ledger, compute_wave, read_tables
from surveytrail.proof.results import LEDGER, open_result

PRINTED = ("text", "interval_text")
COMPUTED = (
    "value", "numerator", "denominator", "n_in", "n_used", "n_excluded", "n_weighted", "n_effective", "se", "lower",
    "upper", "df", "warning", "error", *PRINTED,
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One number as a rebuild gives it: digest of its exact input, all that is computed, and what is printed."""

    input_digest: str
    computed: tuple[object, ...]
    printed: tuple[object, ...]


Rows = dict[str, Row]
STAGES = ("numbers", "tests", "items", "sensitivity")  # whose results have a row per number


@dataclass(frozen=True)
class Differences:
    """Numbers that differ between two rebuilds: in their exact input, in anything computed, in what is printed."""

    inputs: frozenset[str]
    computed: frozenset[str]
    printed: frozenset[str]


def rows_by_id(ledger: pd.DataFrame) -> Rows:
    """Return what the proofs compare of a ledger, by number id."""
    columns = {name: [_plain(value) for value in ledger[name]] for name in COMPUTED}
    computed = zip(*(columns[name] for name in COMPUTED), strict=True)
    printed = zip(*(columns[name] for name in PRINTED), strict=True)
    rows = zip(ledger["id"], ledger["input_digest"], computed, printed, strict=True)
    return {str(number): Row(str(taken), values, texts) for number, taken, values, texts in rows}


def differences(before: Mapping[str, Row], after: Mapping[str, Row]) -> Differences:
    """Compare two rebuilds; a number that vanishes has changed in every respect."""
    gone = before.keys() - after.keys()
    kept = [(number, row, after[number]) for number, row in before.items() if number in after]
    return Differences(
        inputs=frozenset(gone | {number for number, old, new in kept if old.input_digest != new.input_digest}),
        computed=frozenset(gone | {number for number, old, new in kept if old.computed != new.computed}),
        printed=frozenset(gone | {number for number, old, new in kept if old.printed != new.printed}),
    )


def differs(before: pd.DataFrame, after: pd.DataFrame) -> np.ndarray:
    """Say of each row of a stage's result whether it has not been there before with the very same content.

    Parameters
    ----------
    before, after : results of one stage, a number a row
    """
    if not before.columns.equals(after.columns) or not (before.dtypes == after.dtypes).all():
        return np.ones(len(after), dtype=bool)
    places = pd.Index(before["id"]).get_indexer(after["id"])
    found = places < 0
    for name in after.columns:
        old, new = before[name].take(np.maximum(places, 0)), after[name]
        if old.dtype == np.float64:
            found |= old.to_numpy().view(np.int64) != new.to_numpy().view(np.int64)
        else:
            missing = old.isna().to_numpy(), new.isna().to_numpy()
            same = (old.to_numpy(dtype=object) == new.to_numpy(dtype=object)) & ~missing[0] & ~missing[1]
            found |= ~(same | (missing[0] & missing[1]))
    return found


class Judge:
    """Rebuilds a study from its raw tables, changed in memory or as they are.

    A wave is computed from its own table and nothing else, and so is computed again only where that table changed. Of
    its numbers, those that come out of their stage exactly as they do from the table as it is get the rest of their row
    from there: labels, printed texts and digests follow from what the stage gave and from the study file.

    Parameters
    ----------
    tables : raw table of each wave as its file holds it
    published : the numbers as the last run left them
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.published = rows_by_id(read_frame(open_result(study.directory, LEDGER)))
        self.tables = read_tables(study)
        self._memo: Memo = {}
        self._plain = {name: self._computed(name, table) for name, table in self.tables.items()}
        self._unchanged = {name: self._rows(name, results) for name, results in self._plain.items()}
        beside = compute_beside(study)
        self._beside = rows_by_id(compute_ledger(study, {}, beside, with_lineage=False).frame) if beside else {}
        self._require_same(differences(self.published, self.rebuild({})))

    def rebuild(self, changed: Mapping[str, RawTable], wanted: Collection[str] | None = None) -> Rows:
        """Compute all numbers, with the raw tables of some waves changed; their lineage is not even made.

        Parameters
        ----------
        wanted : ids of numbers, if not all are: of a changed wave, stages without any of them are not run

        Raises
        ------
        StudyError : no study could be computed from these tables
        """
        rows = dict(self._beside)
        for name, unchanged in self._unchanged.items():
            rows |= self._wave(name, changed[name], wanted) if name in changed else unchanged
        return rows

    def _wave(self, name: str, table: RawTable, wanted: Collection[str] | None) -> Rows:
        """Compute a wave's numbers; what came out of its stage as ever is not collected again."""
        results, plain, ever = self._computed(name, table, wanted), self._plain[name], self._unchanged[name]
        rows: Rows = {}
        changed: dict[str, Any] = {}
        for stage in STAGES:
            frame = getattr(results, stage)
            if frame.empty:  # nothing planned or wanted
                changed[stage] = getattr(plain, stage).iloc[:0]
                continue
            other = differs(getattr(plain, stage), frame)
            rows |= {number: ever[number] for number in frame["id"][~other]}
            changed[stage] = frame[other]
        return rows | self._rows(name, replace(results, **changed))

    def _computed(self, name: str, table: RawTable, wanted: Collection[str] | None = None) -> WaveResults:
        return compute_wave(self.study, self.study.waves[name], table, self._memo, with_lineage=False, wanted=wanted)

    def _rows(self, name: str, results: WaveResults) -> Rows:
        return rows_by_id(collect_ledger(self.study, {name: results}, "").frame)

    def _require_same(self, found: Differences) -> None:
        """Stop unless a rebuild without any change gives the published ledger, number by number, bit by bit."""
        wrong = sorted(found.inputs | found.computed)
        if wrong:
            shown = f"{len(wrong)} of {len(self.published)} numbers differ from a rebuild, first {wrong[0]}"
            todo = "run the pipeline again: data, study file or code have changed since"
            raise StudyError(Problem(LEDGER, "", shown, "the ledger of the study as it is now", todo))


def _plain(value: Any) -> object:
    """Return a cell as something that equals itself: missing as None, floats by their exact bits."""
    if value is None or value is pd.NA or value != value:
        return None
    return value.hex() if isinstance(value, float) else value
