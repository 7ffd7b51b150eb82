"""Forward tracing: which numbers read a raw cell, how, and why none does."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surveyspec.codebook import Codebook, Variable
from surveyspec.config import StudyConfig
from surveyspec.loading import load_codebook, load_config
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveytrail.importing.beside import PLAIN
from surveytrail.importing.reading import RawTable, read_raw
from surveytrail.proof.index import Tie, read_ties
from surveytrail.proof.results import LEDGER, excluded_records, open_result, require_unchanged, variable_at
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


def find_dependents(directory: Path, file: str, row: int | None, line: int | None, column: str) -> Dependents:
    """Find every number that reads a raw cell.

    Of the study, only the study file and the codebook of the cell are read: an answer is wanted within a second. The
    whole study is loaded where no number reads the cell, to say why.

    Parameters
    ----------
    directory : folder of the study
    file : raw file, as the study file names it or as seen from where the command is typed
    row, line : raw record number from 1, or a physical line of the record: one of the two
    column : header of the column, or ``#3`` for the third

    Raises
    ------
    StudyError : no such file, record, line or column; the pipeline has not run, or the file has changed since
    """
    config, _ = load_config(directory)
    source = _source(directory, config, file)
    require_unchanged(directory, [config.raw_files[source]])
    table, record = _record(directory, config, source, row, line)
    place = _place(table, column)
    ties = read_ties(directory, source, record, table.column_names[place])
    wave = config.waves.get(source)
    rule = excluded_records(directory, source).get(record, "") if wave is not None else ""
    unread = "" if ties else _why_unread(directory, source, table, place, rule)
    codebook = load_codebook(directory, wave.codebook) if wave is not None else None
    cell = _cell(directory, source, codebook, table, record, place)
    return Dependents(cell, _numbers(directory, ties), rule, unread)


def _source(directory: Path, config: StudyConfig, file: str) -> str:
    """Return the source whose raw file a user means."""
    known = {os.path.normpath(path): source for source, path in config.raw_files.items()}
    wanted = os.path.normpath(file)
    if wanted in known:
        return known[wanted]
    typed = Path(file).resolve()
    for path, source in known.items():
        if (directory / path).resolve() == typed:
            return source
    todo = did_you_mean(wanted, known) or "use one of them"
    raise StudyError(Problem(file, "", "not a raw file with answers of this study", f"one of {listed(known)}", todo))


def _record(
    directory: Path, config: StudyConfig, source: str, row: int | None, line: int | None
) -> tuple[RawTable, int]:
    """Return the header and the one record that a user means, and its number."""
    file, wave = config.raw_files[source], config.waves.get(source)
    spans = _spans(directory, source, is_wave=wave is not None)
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
    reader = wave.reader if wave is not None else PLAIN
    return read_records(directory / file, reader, file, spans[0][0] - 1, [spans[row - 1]]), row


def _spans(directory: Path, source: str, is_wave: bool) -> list[tuple[int, int]]:
    """Return first and last physical line of each record."""
    if not is_wave:
        table = read_raw(directory / source, PLAIN, source)
        return list(zip(table.first_line.tolist(), table.last_line.tolist(), strict=True))
    import pyarrow.parquet as pq

    path = open_result(directory, f"results/{source}/responses.parquet")
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


def _why_unread(directory: Path, source: str, table: RawTable, place: int, rule: str) -> str:
    """Say why nothing reads a cell, in the order of the census's classes."""
    if rule:
        return f"the record is excluded by the rule '{rule}'"
    from surveyspec.study import load_study
    from surveytrail.proof.evidence import OUTSIDE, column_reason, variables_read

    study = load_study(directory)
    wave = study.waves.get(source)
    if wave is None:
        return NOBODY
    reason = column_reason(wave, table.column_names[place], place, table.columns[place], variables_read(study, wave))
    return f"{reason.unread}: {reason.reason}" if reason is not None else OUTSIDE


def _cell(
    directory: Path, source: str, codebook: Codebook | None, table: RawTable, record: int, place: int
) -> CellOrigin:
    """Describe a cell; what the codebook marks restricted or drops is not shown."""
    lines = (int(table.first_line[0]), int(table.last_line[0]))
    at = (table.path, record, *lines, table.column_names[place])
    raw = str(table.cells[0, place])
    if codebook is None:
        return CellOrigin(*at, "", {}, raw, {}, "", "")
    variable = variable_at(codebook, place, table.columns[place])
    hidden = withheld(variable)
    if variable is None or hidden:
        label = codebook.question(variable) if variable is not None else {}
        return CellOrigin(*at, variable.code if variable else "", label, None, {}, "", hidden)
    answer, missing = _imported(directory, source, variable, record)
    category = next((part for part in codebook.categories(variable) if part.code == answer), None)
    meaning = dict(category.label) if category is not None and not missing else {}
    return CellOrigin(*at, variable.code, codebook.question(variable), raw, meaning, missing, "")


def _imported(directory: Path, wave: str, variable: Variable, record: int) -> tuple[Any, str]:
    """Return what the importer made of a cell: the answer, and why it is missing."""
    import pyarrow.parquet as pq

    path = open_result(directory, f"results/{wave}/responses.parquet")
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
