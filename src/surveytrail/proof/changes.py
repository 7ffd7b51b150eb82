"""Random changes of a raw table in memory: one cell, or one record; the raw file itself is never written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from surveyspec.codebook import CODED, NUMERIC, Variable
from surveyspec.study import WaveSpec
from surveytrail.importing.coding import NUMBER
from surveytrail.importing.reading import RawTable
from surveytrail.lineage import EXCLUSION, FILTER, SKIPPED, VALUE, WEIGHT
from surveytrail.proof.index import CellIndex
from surveytrail.tracing.raw_records import column_place, variables_by_column

NOT_UNDERSTOOD = "?!"


@dataclass(frozen=True)
class Change:
    """One change of a raw table.

    Parameters
    ----------
    kind : what was changed, in words
    record : raw record number; of a record added, the number that it gets
    column : raw column; None where a whole record is added or deleted
    old, new : text of the cell before and after
    cells : (columns,) cells of the record after the change; None where it is deleted
    """

    kind: str
    wave: str
    record: int
    column: str | None
    old: str
    new: str
    cells: np.ndarray | None

    def __str__(self) -> str:
        if self.column is not None:
            return f"{self.wave} record {self.record}, column {self.column}: {self.old!r} -> {self.new!r}"
        return f"{self.wave} record {self.record} {'deleted' if self.cells is None else 'added'}"

    def apply(self, table: RawTable) -> RawTable:
        """Return the changed table; the one given stays as it is."""
        place = self.record - 1
        lines = (table.first_line, table.last_line)
        if self.column is not None:
            cells = table.cells.copy()
            cells[place] = self.cells
        elif self.cells is None:
            cells = np.delete(table.cells, place, axis=0)
            lines = (np.delete(lines[0], place), np.delete(lines[1], place))
        else:
            cells = np.insert(table.cells, place, self.cells, axis=0)
            after_last = table.last_line[place - 1] if place else 1
            lines = (np.insert(lines[0], place, after_last), np.insert(lines[1], place, after_last))
        return replace(table, cells=cells, first_line=lines[0], last_line=lines[1])


class Admissible:
    """What may stand in each column of a raw table, by the codebook and by what stands there."""

    def __init__(self, wave: WaveSpec, table: RawTable) -> None:
        self.wave, self.table = wave, table
        self.variables = variables_by_column(wave.codebook)
        self._pools: dict[tuple[str, bool], list[str]] = {}

    def variable(self, column: str) -> Variable | None:
        """Return the variable of a column, if the codebook has one."""
        return self.variables.get(column)

    def answers(self, column: str) -> list[str]:
        """Return cells that are answers: categories, numbers found and in range, texts found."""
        return self._pool(column, True)

    def missing(self, column: str) -> list[str]:
        """Return cells that are no answer: missing codes, categories that count as missing, the empty cell."""
        return self._pool(column, False)

    def any(self, column: str) -> list[str]:
        """Return all cells that may stand in a column."""
        return [*self.answers(column), *self.missing(column)]

    def new_ids(self, count: int, rng: np.random.Generator) -> list[str]:
        """Return respondent ids that nobody has."""
        return [str(number) for number in rng.permutation(count) + self._first_free_id]

    @cached_property
    def _first_free_id(self) -> int:
        found = self.table.cells[:, self.place_of_respondent]
        numbers = [int(cell) for cell in found if cell.strip().isdecimal()]
        return max(numbers, default=0) + 1

    @cached_property
    def place_of_respondent(self) -> int:
        """0-based column of the respondent's id."""
        return self.table.place(self.wave.codebook.by_code[self.wave.wave.respondent].column)

    def _pool(self, column: str, answers: bool) -> list[str]:
        key = (column, answers)
        if key not in self._pools:
            self._pools[key] = self._answer_cells(column) if answers else self._missing_cells(column)
        return self._pools[key]

    def _answer_cells(self, column: str) -> list[str]:
        variable = self.variable(column)
        found = sorted(set(self.table.cells[:, column_place(self.table, column)]))
        if variable is None:
            return found
        if variable.type in CODED:
            return [entry.cell for entry in self.wave.codebook.categories(variable) if entry.reason is None]
        codes = set(self._missing_cells(column))
        present = [cell for cell in found if cell.strip() and cell.strip() not in codes]
        if variable.type not in NUMERIC:
            return present
        low, high = variable.range or (-np.inf, np.inf)
        return [cell for cell in present if NUMBER.fullmatch(cell.strip()) and low <= float(cell) <= high]

    def _missing_cells(self, column: str) -> list[str]:
        variable, codebook = self.variable(column), self.wave.codebook
        if variable is None:
            return []
        reasons = [entry.cell for entry in codebook.categories(variable) if entry.reason is not None]
        codes = list(codebook.missing[variable.missing]) if variable.missing else []
        answers = [entry.cell for entry in codebook.categories(variable) if entry.reason is None]
        return list(dict.fromkeys([*codes, *reasons, *([] if "" in answers else [""])]))


Draw = Callable[[str, str, np.random.Generator], str | None]


class ChangeMaker:
    """Draws changes of one wave, each kind from the columns where it can happen."""

    def __init__(self, wave: WaveSpec, table: RawTable, index: CellIndex) -> None:
        self.wave, self.table = wave, table
        self.admissible = Admissible(wave, table)
        value, other = self._columns(index, VALUE), self._another_cell
        known = [column for column in value if self.admissible.variable(column)]
        numeric = [c for c in known if self.admissible.variables[c].type in NUMERIC]
        respondent = table.column_names[self.admissible.place_of_respondent]
        self.kinds: dict[str, tuple[list[str], Draw]] = {
            "another answer": (known, self._another_answer),
            "answer missing": (known, self._missing_cell),
            "answer not understood": (numeric, lambda column, old, rng: NOT_UNDERSTOOD),
            "filter variable": (self._columns(index, FILTER, SKIPPED), other),
            "weight variable": (self._columns(index, WEIGHT), other),
            "exclusion variable": (self._columns(index, EXCLUSION), other),
            "respondent id": ([respondent], lambda column, old, rng: self.admissible.new_ids(1, rng)[0]),
            "any cell": (table.column_names, self._any_cell),
        }
        self.record_kinds: dict[str, Callable[[np.random.Generator], Change]] = {
            "record added": self._added,
            "record deleted": self._deleted,
        }

    def draw(self, kind: str, rng: np.random.Generator) -> Change | None:
        """Draw one change of a kind; None where the study has no column for it."""
        if kind in self.record_kinds:
            return self.record_kinds[kind](rng)
        columns, draw = self.kinds[kind]
        for _ in range(100):
            if not columns:
                break
            column = columns[int(rng.integers(len(columns)))]
            record = int(rng.integers(len(self.table.cells))) + 1
            place = column_place(self.table, column)
            old = str(self.table.cells[record - 1, place])
            new = draw(column, old, rng)
            if new is not None and new != old:
                cells = self.table.cells[record - 1].copy()
                cells[place] = new
                return Change(kind, self.wave.id, record, column, old, new, cells)
        return None

    def _columns(self, index: CellIndex, *reasons: str) -> list[str]:
        """Return the columns that an edge of one of the reasons names."""
        found = {
            column: None
            for tie in index.ties
            if tie.wave == self.wave.id and any(tie.why == why or tie.why.startswith(f"{why} ") for why in reasons)
            for column in tie.columns
        }
        return list(found)

    def _another_answer(self, column: str, old: str, rng: np.random.Generator) -> str | None:
        return _one_of([cell for cell in self.admissible.answers(column) if cell != old.strip()], rng)

    def _missing_cell(self, column: str, old: str, rng: np.random.Generator) -> str | None:
        return _one_of([cell for cell in self.admissible.missing(column) if cell != old.strip()], rng)

    def _another_cell(self, column: str, old: str, rng: np.random.Generator) -> str | None:
        return _one_of([cell for cell in self.admissible.any(column) if cell != old.strip()], rng)

    def _any_cell(self, column: str, old: str, rng: np.random.Generator) -> str | None:
        """Another cell of the same column, or a text that never stood there; ids stay apart."""
        if column_place(self.table, column) == self.admissible.place_of_respondent:
            return self.admissible.new_ids(1, rng)[0]
        return _one_of([cell for cell in {*self.admissible.any(column), f"{old} ", NOT_UNDERSTOOD} if cell != old], rng)

    def _added(self, rng: np.random.Generator) -> Change:
        """Add a record, at the end or anywhere: the cells of another, a new id, half of the time new keys as well."""
        cells = self.table.cells[int(rng.integers(len(self.table.cells)))].copy()
        cells[self.admissible.place_of_respondent] = self.admissible.new_ids(1, rng)[0]
        if rng.random() < 0.5:
            for rule in self.wave.wave.cleaning:
                for code in rule.duplicates_of or []:
                    if code in self.wave.codebook.by_code:
                        cells[self.table.place(self.wave.codebook.by_code[code].column)] = f"new {rng.integers(10**9)}"
        last = len(self.table.cells) + 1
        record = last if rng.random() < 0.5 else int(rng.integers(1, last + 1))
        return Change("record added", self.wave.id, record, None, "", "", cells)

    def _deleted(self, rng: np.random.Generator) -> Change:
        record = int(rng.integers(len(self.table.cells))) + 1
        return Change("record deleted", self.wave.id, record, None, "", "", None)


def _one_of(cells: Sequence[str], rng: np.random.Generator) -> str | None:
    ordered = sorted(cells)
    return ordered[int(rng.integers(len(ordered)))] if ordered else None
