"""The census of raw cells: every cell of every raw file has exactly one class, and each class its own evidence.

What numbers read is taken from the lineage; why other cells are not read is taken from codebook, cleaning and
specification. A cell for which neither has anything to say is unexplained, and so is an edge on a cell that the
codebook keeps out: the two sources check each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pyroaring import BitMap

from surveyspec.sensitivity import plan_sensitivity
from surveyspec.study import Study, WaveSpec
from surveytrail.cleaning import apply_rules, derive_variables
from surveytrail.frames import columns_of, read_frame
from surveytrail.importing.beside import PLAIN
from surveytrail.importing.reading import RawTable, read_raw
from surveytrail.lineage import VALUE
from surveytrail.proof.evidence import OUTSIDE, column_reason, value_readers, variables_read
from surveytrail.proof.index import CellIndex, Tie
from surveytrail.proof.members import Member
from surveytrail.proof.results import excluded_records, open_result, require_unchanged, variable_at

READ = {"direct": "DIRECT", "indirect": "INDIRECT", "global": "GLOBAL"}
CLASSES = (*READ, "row excluded", "column not analysed", "identifier dropped")
UNEXPLAINED = "unexplained"
NO_NUMBER = "no number reads it"


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with cells of one column.

    Parameters
    ----------
    what : ``unexplained`` or the contradiction
    cells : how many
    record : the first record concerned
    """

    what: str
    column: str
    cells: int
    record: int


@dataclass(frozen=True)
class FileCensus:
    """The census of one raw file.

    Parameters
    ----------
    source : as the lineage names it: the wave, or the file's path
    rows, columns : records and columns of the file
    counts : cells by class
    excluded : cells of excluded rows by cleaning rule
    unread : (class, column, reason, cells) of what is not analysed or dropped
    findings : what does not fit
    """

    source: str
    file: str
    rows: int
    columns: int
    counts: dict[str, int]
    excluded: dict[str, int]
    unread: list[tuple[str, str, str, int]]
    findings: list[Finding]

    @property
    def cells(self) -> int:
        """Rows times columns."""
        return self.rows * self.columns

    @property
    def classified(self) -> int:
        """Cells that have a class."""
        return sum(self.counts[name] for name in CLASSES)

    @property
    def holds(self) -> bool:
        """Whether every cell has a class, and nothing contradicts another."""
        return self.cells > 0 and self.classified == self.cells and not self.findings


def take_census(study: Study, index: CellIndex | None = None) -> list[FileCensus]:
    """Classify every raw cell of every raw file.

    Parameters
    ----------
    index : the lineage; as the last run left it if absent

    Raises
    ------
    StudyError : the pipeline has not run, or a raw file has changed since
    """
    edges = index or CellIndex.read(study.directory)
    require_unchanged(study.directory, study.raw_files.values())
    return [
        _census_of_wave(study, study.waves[source], edges)
        if source in study.waves
        else _census_beside(study, source, read_raw(study.directory / file, PLAIN, file), edges)
        for source, file in study.raw_files.items()
    ]


def control_column(study: Study, index: CellIndex) -> tuple[str, str]:
    """Return the wave and column that a negative control leaves out of the index: the first that a value reads."""
    return next((tie.wave, tie.columns[0]) for tie in index.ties if tie.wave in study.waves and tie.why == VALUE)


def _census_of_wave(study: Study, wave: WaveSpec, index: CellIndex) -> FileCensus:
    table = read_raw(study.directory / wave.wave.raw, wave.wave.reader, wave.wave.raw)
    excluded, read = excluded_records(study.directory, wave.id), variables_read(study, wave)
    bases = _Bases(study, wave)
    tally = _Tally(wave.id, table, excluded, index, _Cleanings(study, wave))
    for place, column in enumerate(table.column_names):
        reason = column_reason(wave, column, place, table.columns[place], read)
        classes = tally.read_classes(column)
        if reason is not None and (classes != "").any():
            tally.find(f"an edge on a column that is not to be read ({reason.reason})", column, classes != "")
        left = (classes == "") & tally.is_excluded
        classes[left] = "row excluded"
        if reason is not None:
            tally.add(column, classes, reason.unread, reason.reason)
            continue
        variable = variable_at(wave.codebook, place, table.columns[place])
        if variable is not None and not read.get(variable.code, True):
            outside = (classes == "") & ~bases.held(variable.code, len(classes))
            tally.add(column, classes, "column not analysed", OUTSIDE, outside)
        else:
            tally.add(column, classes)
    return tally.census(wave.wave.raw)


def _census_beside(study: Study, source: str, table: RawTable, index: CellIndex) -> FileCensus:
    """Classify a file beside the survey exports: what no number reads there is not analysed."""
    tally = _Tally(source, table, {}, index, _Cleanings(study, None))
    for column in table.column_names:
        tally.add(column, tally.read_classes(column), "column not analysed", NO_NUMBER)
    return tally.census(source)


class _Bases:
    """Which records some value reads a variable of; the analysed records are read only when this is asked."""

    def __init__(self, study: Study, wave: WaveSpec) -> None:
        self.study, self.wave = study, wave
        self._readers: Mapping[str, list[Member]] | None = None
        self._analysis: dict[str, np.ndarray] = {}

    def held(self, code: str, size: int) -> np.ndarray:
        """Say of each raw record whether it is in the base of a number whose value reads the variable."""
        if self._readers is None:
            self._readers = value_readers(self.study, self.wave)
            path = open_result(self.study.directory, f"results/{self.wave.id}/analysis.parquet")
            self._analysis = columns_of(read_frame(path))
        held = np.zeros(size, dtype=bool)
        for member in self._readers.get(code, []):
            held[self._analysis["record"][np.array(member.inside(self._analysis), dtype=bool)] - 1] = True
        return held


class _Cleanings:
    """Which records are excluded where sensitivity decides cleaning rules otherwise.

    Parameters
    ----------
    of_number : the way of cleaning behind each specification; numbers about all specifications have none
    """

    def __init__(self, study: Study, wave: WaveSpec | None) -> None:
        self.study, self.wave = study, wave
        multiverses = plan_sensitivity(study, wave.id) if wave is not None else []
        specs = [spec for multiverse in multiverses for spec in multiverse.alternatives]
        self.of_number: dict[str, str | None] = {spec.id: spec.cleaning for spec in specs}
        self.of_number |= {summary.id: None for found in multiverses for summary in found.summaries}
        self._waves = {spec.cleaning: spec.wave for spec in specs}

    @cached_property
    def excluded(self) -> dict[str, np.ndarray]:
        """Say of each raw record, per way of cleaning, whether it is excluded."""
        if self.wave is None or not self._waves:
            return {}
        responses = read_frame(open_result(self.study.directory, f"results/{self.wave.id}/responses.parquet"))
        columns = derive_variables(responses, self.wave)
        return {cleaning: apply_rules(columns, wave) >= 0 for cleaning, wave in self._waves.items()}


class _Tally:
    """Counts the cells of one file, column by column."""

    def __init__(
        self, source: str, table: RawTable, excluded: Mapping[int, str], index: CellIndex, cleanings: _Cleanings
    ) -> None:
        self.source, self.table, self.index, self.cleanings = source, table, index, cleanings
        rules = [excluded.get(record, "") for record in range(1, len(table.cells) + 1)]
        self.rules = np.array(rules, dtype=object)
        self.is_excluded = self.rules != ""
        self.counts: Counter[str] = Counter()
        self.excluded: Counter[str] = Counter()
        self.unread: list[tuple[str, str, str, int]] = []
        self.findings: list[Finding] = []

    def read_classes(self, column: str) -> np.ndarray:
        """Return (n,) the class of each cell that some number reads, empty where none does."""
        ties = self.index.by_column.get((self.source, column), [])
        classes = np.full(len(self.table.cells), "", dtype=object)
        for name, kind in reversed(READ.items()):
            records = BitMap.union(BitMap(), *(self.index.records[tie.row_set] for tie in ties if tie.kind == kind))
            beyond = [record for record in records if record > len(classes)]
            if beyond:
                self.findings.append(Finding("an edge on a record that the file does not have", column, len(beyond),
                                             beyond[0]))  # fmt: skip
            classes[np.array(records - BitMap(beyond), dtype=np.int64) - 1] = name
        self.find("a value computed from an excluded record", column, self._used_though_excluded(ties))
        return classes

    def _used_though_excluded(self, ties: Sequence[Tie]) -> np.ndarray:
        """Return which records some value of a column is computed from though the number's own cleaning excludes it."""
        used: dict[str | None, BitMap] = {}
        for tie in ties:
            if tie.why == VALUE:
                cleaning = self.cleanings.of_number.get(tie.number, "")
                used[cleaning] = used.get(cleaning, BitMap()) | self.index.records[tie.row_set]
        wrong = np.zeros(len(self.rules), dtype=bool)
        every = np.arange(1, len(self.rules) + 1)
        for cleaning, records in used.items():
            if cleaning is not None:  # numbers about all specifications have the edges of each
                excluded = self.cleanings.excluded[cleaning] if cleaning else self.is_excluded
                wrong |= np.isin(every, np.array(records, dtype=np.int64)) & excluded
        return wrong

    def find(self, what: str, column: str, cells: np.ndarray) -> None:
        """Note what is wrong with some cells of a column, if any."""
        if cells.any():
            first = int(np.flatnonzero(cells)[0]) + 1
            self.findings.append(Finding(what, column, int(cells.sum()), first))

    def add(
        self, column: str, classes: np.ndarray, unread: str = "", reason: str = "", where: np.ndarray | None = None
    ) -> None:
        """Count a column's cells; those without a class get ``unread``, or are unexplained where nothing is."""
        without = classes == ""
        if unread:
            chosen = without if where is None else where
            classes[chosen] = unread
            if chosen.any():
                self.unread.append((unread, column, reason, int(chosen.sum())))
        self.find(UNEXPLAINED, column, classes == "")
        self.counts.update(classes[classes != ""].tolist())
        self.excluded.update(Counter(self.rules[classes == "row excluded"]))

    def census(self, file: str) -> FileCensus:
        """Return what was counted."""
        names = set(self.table.column_names)
        for source, column in self.index.by_column:
            if source == self.source and column not in names:
                self.findings.append(Finding("an edge on a column that the file does not have", column, 0, 0))
        counts = {name: int(self.counts.get(name, 0)) for name in CLASSES}
        rows, columns = self.table.cells.shape
        return FileCensus(self.source, file, rows, columns, counts, dict(self.excluded), self.unread, self.findings)
