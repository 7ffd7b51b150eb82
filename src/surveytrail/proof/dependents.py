"""Forward tracing: which numbers read a raw cell, how, and why none does."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surveyspec.codebook import Variable
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveyspec.study import Study, WaveSpec
from surveytrail.importing.beside import PLAIN
from surveytrail.importing.reading import RawTable, read_raw
from surveytrail.proof.evidence import (
    LEDGER,
    OUTSIDE,
    column_reason,
    excluded_records,
    open_result,
    require_unchanged,
    variable_at,
    variables_read,
)
from surveytrail.proof.index import CellIndex, Tie
from surveytrail.tracing.raw_records import column_place, read_records, withheld

NOBODY = "no number reads this cell"


@dataclass(frozen=True)
class CellOrigin:
    """A raw cell: where it stands and what it says.

    Parameters
    ----------
    file, record, first_line, last_line, column : where
    variable, label : its variable and the question's wording per language; empty if it has none
    raw : its text; None where it may not be shown
    meaning : the answer's label per language
    missing : why it counts as missing
    withheld : why it is not shown
    """

    file: str
    record: int
    first_line: int
    last_line: int
    column: str
    variable: str
    label: dict[str, str]
    raw: str | None
    meaning: dict[str, str]
    missing: str
    withheld: str


@dataclass(frozen=True)
class Dependent:
    """A number that reads a cell: its printed text per language, and (kind, why) of each edge."""

    number: str
    text: dict[str, str]
    edges: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Dependents:
    """All that reads a cell.

    Parameters
    ----------
    excluded : the rule that excluded the record, empty if it is analysed
    unread : why no number reads the cell, empty where some do
    """

    cell: CellOrigin
    numbers: tuple[Dependent, ...]
    excluded: str
    unread: str

    def of_kind(self, kind: str) -> list[Dependent]:
        """Return the numbers that an edge of a kind ties to the cell."""
        return [found for found in self.numbers if any(edge == kind for edge, _ in found.edges)]


def find_dependents(study: Study, file: str, row: int | None, line: int | None, column: str) -> Dependents:
    """Find every number that reads a raw cell.

    Parameters
    ----------
    file : raw file, as the study file names it or as seen from where the command is typed
    row, line : raw record number from 1, or a physical line of the record: one of the two
    column : header of the column, or ``#3`` for the third

    Raises
    ------
    StudyError : no such file, record, line or column; the pipeline has not run, or the file has changed since
    """
    source = _source(study, file)
    name = study.raw_files[source]
    require_unchanged(study, [name])
    table, record = _record(study, source, row, line)
    place = _place(table, column)
    named = table.column_names[place]
    ties = CellIndex.read(study.directory).of_cell(source, record, named)
    wave = study.waves.get(source)
    rule = excluded_records(study.directory, source).get(record, "") if wave is not None else ""
    unread = ""
    if not ties:
        unread = NOBODY if wave is None else _why_unread(study, wave, table, place, rule)
    cell = _cell(study, wave, table, record, place)
    return Dependents(cell, _numbers(study.directory, ties), rule, unread)


def _source(study: Study, file: str) -> str:
    """Return the source whose raw file a user means."""
    known = {os.path.normpath(path): source for source, path in study.raw_files.items()}
    wanted = os.path.normpath(file)
    if wanted in known:
        return known[wanted]
    typed = Path(file).resolve()
    for path, source in known.items():
        if (study.directory / path).resolve() == typed:
            return source
    todo = did_you_mean(wanted, known) or "use one of them"
    raise StudyError(Problem(file, "", "not a raw file with answers of this study", f"one of {listed(known)}", todo))


def _record(study: Study, source: str, row: int | None, line: int | None) -> tuple[RawTable, int]:
    """Return the header and the one record that a user means, and its number."""
    file = study.raw_files[source]
    spans = _spans(study, source)
    if row is None:
        wanted = line or 0
        row = next((number for number, (first, last) in enumerate(spans, 1) if first <= wanted <= last), None)
        if row is None:
            found = "the header" if 0 < wanted < spans[0][0] else "no record there"
            expected = f"a line from {spans[0][0]} to {spans[-1][1]}"
            raise StudyError(
                Problem(file, f"line {wanted}", found, expected, "count lines from 1, the header included")
            )
    if not 1 <= row <= len(spans):
        expected = f"a record from 1 to {len(spans)}"
        todo = "records are counted from 1 after the header; name a physical line with --line"
        raise StudyError(Problem(file, f"record {row}", "no such record", expected, todo))
    reader = study.waves[source].wave.reader if source in study.waves else PLAIN
    return read_records(study.directory / file, reader, file, spans[0][0] - 1, [spans[row - 1]]), row


def _spans(study: Study, source: str) -> list[tuple[int, int]]:
    """Return first and last physical line of each record."""
    if source not in study.waves:
        table = read_raw(study.directory / source, PLAIN, source)
        return list(zip(table.first_line.tolist(), table.last_line.tolist(), strict=True))
    import pyarrow.parquet as pq

    path = open_result(study.directory, f"results/{source}/responses.parquet")
    lines = pq.ParquetFile(path).read(columns=["first_line", "last_line"]).to_pydict()
    return list(zip(lines["first_line"], lines["last_line"], strict=True))


def _place(table: RawTable, column: str) -> int:
    try:
        return column_place(table, column)
    except StudyError as error:
        names = table.column_names
        if column in names:
            return names.index(column)
        hint = did_you_mean(column, names) or f"the header has: {listed(names, 12)}"
        problem = error.problems[0]
        raise StudyError(Problem(problem.file, problem.where, problem.found, problem.expected, hint, 1)) from None


def _why_unread(study: Study, wave: WaveSpec, table: RawTable, place: int, rule: str) -> str:
    """Say why nothing reads a cell, in the order of the census's classes."""
    if rule:
        return f"the record is excluded by the rule '{rule}'"
    read = variables_read(study, wave)
    reason = column_reason(wave, table.column_names[place], place, table.columns[place], read)
    if reason is not None:
        return f"{reason.unread}: {reason.reason}"
    return OUTSIDE


def _cell(study: Study, wave: WaveSpec | None, table: RawTable, record: int, place: int) -> CellOrigin:
    """Describe a cell; what the codebook marks restricted or drops is not shown."""
    lines = (int(table.first_line[0]), int(table.last_line[0]))
    at = (table.path, record, *lines, table.column_names[place])
    raw = str(table.cells[0, place])
    if wave is None:
        return CellOrigin(*at, "", {}, raw, {}, "", "")
    variable = variable_at(wave, place, table.columns[place])
    hidden = withheld(variable)
    if variable is None or hidden:
        label = wave.codebook.question(variable) if variable is not None else {}
        return CellOrigin(*at, variable.code if variable else "", label, None, {}, "", hidden)
    answer, missing = _imported(study.directory, wave, variable, record)
    category = next((part for part in wave.codebook.categories(variable) if part.code == answer), None)
    meaning = dict(category.label) if category is not None and not missing else {}
    return CellOrigin(*at, variable.code, wave.codebook.question(variable), raw, meaning, missing, "")


def _imported(directory: Path, wave: WaveSpec, variable: Variable, record: int) -> tuple[Any, str]:
    """Return what the importer made of a cell: the answer, and why it is missing."""
    import pyarrow.parquet as pq

    path = open_result(directory, f"results/{wave.id}/responses.parquet")
    codes = [variable.code, f"{variable.code}:reason"]
    row = pq.ParquetFile(path).read(columns=["record", *codes]).slice(record - 1, 1).to_pydict()
    return row[codes[0]][0], row[codes[1]][0] or ""


def _numbers(directory: Path, ties: list[Tie]) -> tuple[Dependent, ...]:
    """Return the numbers of some edges in the ledger's order, with their printed texts."""
    import pyarrow.parquet as pq

    edges: dict[str, dict[tuple[str, str], None]] = {}
    for tie in ties:
        edges.setdefault(tie.number, {})[tie.kind, tie.why] = None
    columns = pq.ParquetFile(directory / LEDGER).read(columns=["id", "text"]).to_pydict()
    texts = zip(columns["id"], columns["text"], strict=True)
    return tuple(
        Dependent(number, json.loads(text) if text else {}, tuple(edges[number]))
        for number, text in texts
        if number in edges
    )
