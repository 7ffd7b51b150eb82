"""The origin of one number, gathered from ledger, lineage, specification and raw file."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surveyspec.codebook import Variable
from surveyspec.conditions import variables_of
from surveyspec.documents import Document, load_document
from surveyspec.identifiers import short_anchor
from surveyspec.plan import plan_numbers
from surveyspec.problems import Problem, StudyError
from surveyspec.study import CONFIG, INTERVIEWS, Study, WaveSpec
from surveytrail.digests import file_digest
from surveytrail.importing.beside import read_beside
from surveytrail.tracing.frames import LEDGER, Edge, TrailFrames
from surveytrail.tracing.raw_records import (
    Cell,
    column_place,
    print_lines_command,
    read_records,
    variables_by_column,
    withheld,
)

CLOSEST_FIRST = ("DIRECT", "GLOBAL", "INDIRECT")


@dataclass(frozen=True)
class VariableOrigin:
    """A variable that a number reads, and the line that declares it.

    Parameters
    ----------
    place : ``file:line`` in the codebook, or in the study file for a derived variable
    column : raw column; empty for a derived variable
    made_of : the questionnaire variables that a derived variable comes from
    """

    code: str
    label: dict[str, str]
    place: str
    column: str
    sensitivity: str
    made_of: tuple[VariableOrigin, ...] = ()


@dataclass(frozen=True)
class RawRecord:
    """One raw record behind a number, with the cells that tie the number to it.

    Parameters
    ----------
    respondent : None where it may not be shown, empty where the file is none of respondents
    """

    record: int
    first_line: int
    last_line: int
    respondent: str | None
    cells: tuple[Cell, ...]
    command: str


@dataclass(frozen=True)
class Trace:
    """Where one number comes from.

    Parameters
    ----------
    row : the ledger's row, as plain values
    verdict : what the second engine found; None where it has not run
    variables : what the value is computed from, then what filter, groups and weight read
    edges : ties to raw records and columns, of whatever file
    tie : the closest kind of tie to the number's raw file: DIRECT, else GLOBAL (a design effect, say), else INDIRECT
    columns, records_behind : raw columns and number of raw records of the ties of that kind
    records : the first of these records
    """

    row: dict[str, Any]
    verdict: dict[str, Any] | None
    variables: tuple[VariableOrigin, ...]
    edges: tuple[Edge, ...]
    tie: str
    columns: tuple[str, ...]
    records_behind: int
    records: tuple[RawRecord, ...]


def trace_number(study: Study, number: str, rows: int = 5) -> Trace:
    """Walk one number back to its raw cells.

    Parameters
    ----------
    number : id of the number, or its short anchor (``n-`` and 12 hexadecimal digits, as documents carry it)
    rows : how many raw records to show

    Raises
    ------
    StudyError : an unknown number, no ledger, or a raw file that changed since the ledger was made
    """
    frames = TrailFrames(study.directory)
    known = list(frames.ledger.index)
    _require_not_withheld(study, number, known)
    identifier = resolve_number(number, known)
    row = frames.row(identifier)
    edges = tuple(frames.edges(identifier))
    files = study.raw_files
    if row["wave"] not in {*study.waves, INTERVIEWS} or any(edge.wave not in files for edge in edges):
        raise StudyError(
            Problem(LEDGER, identifier, f"a number of the wave '{row['wave']}'", f"a wave that {CONFIG} declares",
                    "run the pipeline again: the study file has changed since")
        )  # fmt: skip
    wave = study.waves.get(row["wave"])
    own = [edge for edge in edges if files[edge.wave] == row["raw_file"]]
    tie = next((kind for kind in CLOSEST_FIRST if any(edge.kind == kind for edge in own)), "")
    closest = [edge for edge in own if edge.kind == tie]
    columns = tuple(dict.fromkeys(name for edge in closest for name in edge.columns))
    records = sorted(set[int]().union(*(edge.records for edge in closest)))
    if wave is not None and row["raw_file"] == wave.wave.raw:
        shown = _records(study, wave, frames, row, columns, records[:rows])
    else:
        shown = _records_beside(study, row, [name for edge in own for name in edge.columns], records[:rows])
    return Trace(
        row=row,
        verdict=frames.verdict(identifier),
        variables=_origins(study, wave, _variables(wave, row)) if wave is not None else (),
        edges=edges,
        tie=tie,
        columns=columns,
        records_behind=len(records),
        records=shown,
    )


def resolve_number(number: str, known: Sequence[str]) -> str:
    """Return the id that a user means by an id or by a short anchor.

    Raises
    ------
    StudyError : no such number; names the closest ids
    """
    if number in known:
        return number
    wanted = number.removeprefix("#")
    if wanted.startswith("n-"):
        by_anchor = {short_anchor(identifier): identifier for identifier in known}
        if wanted in by_anchor:
            return by_anchor[wanted]
    close = closest_numbers(number, known)
    todo = f"did you mean {' or '.join(close)}?" if close else "ids stand in results/ledger/ledger.json"
    raise StudyError(Problem(LEDGER, "id", f"no number '{number}'", f"one of the {len(known)} ids of the ledger", todo))


def _require_not_withheld(study: Study, number: str, known: Sequence[str]) -> None:
    """Stop for a number that the study file declares and ``min_n`` keeps from being published."""
    spec = next((spec for spec in plan_numbers(study) if spec.id == number), None) if number not in known else None
    if spec is not None and spec.min_n is not None:
        raise StudyError(
            Problem(LEDGER, "id", f"'{number}' is withheld", f"a number about {spec.min_n} answers or more that gives "
                    "away none about fewer", "docs/methods/methods.md says how this is decided")
        )  # fmt: skip


def closest_numbers(number: str, known: Sequence[str], limit: int = 5) -> list[str]:
    """Return the ids that have all parts of what was typed, then those spelled most like it."""
    parts = [part for part in number.lower().split(".") if part]
    containing = [identifier for identifier in known if parts and all(part in identifier.lower() for part in parts)]
    alike = difflib.get_close_matches(number, known, n=limit, cutoff=0.6)
    containing.sort(key=lambda identifier: (len(identifier), identifier))
    return list(dict.fromkeys([*containing, *alike]))[:limit]


def _variables(wave: WaveSpec, row: dict[str, Any]) -> list[str]:
    """Return what the value is computed from, then what its filter, its groups and its weight read."""
    filtered = variables_of(wave.condition(row["filter"])) if row["filter"] else ()
    grouped = [code for code, _ in row["groups"] or []]
    declared = wave.wave.weights.get(row["weight"])
    weighted = wave.weight_variables(declared) if declared is not None else ()
    codes = dict.fromkeys([*(row["variables"] or []), *filtered, *grouped, *weighted])
    return [code for code in codes if code in wave.names]


def _origins(study: Study, wave: WaveSpec, codes: Sequence[str]) -> tuple[VariableOrigin, ...]:
    document = load_document(study.directory / wave.wave.codebook, wave.wave.codebook)
    return tuple(_origin(study, wave, document, code) for code in codes)


def _origin(study: Study, wave: WaveSpec, document: Document, code: str) -> VariableOrigin:
    if code in wave.wave.derived:
        line = study.line("waves", wave.id, "derived", code)
        roots = tuple(_origin(study, wave, document, root) for root in wave.roots((code,)))
        return VariableOrigin(code, wave.label(code), f"{CONFIG}:{line}", "", "public", roots)
    index = next(place for place, variable in enumerate(wave.codebook.variables) if variable.code == code)
    variable = wave.codebook.variables[index]
    place = f"{document.path}:{document.line(('variables', index))}"
    column = variable.column if isinstance(variable.column, str) else f"#{variable.column.position}"
    return VariableOrigin(code, dict(variable.label), place, column, variable.sensitivity)


def _records(
    study: Study,
    wave: WaveSpec,
    frames: TrailFrames,
    row: dict[str, Any],
    columns: Sequence[str],
    records: Sequence[int],
) -> tuple[RawRecord, ...]:
    """Return raw records with their cells in some columns."""
    if not records:
        return ()
    raw = study.directory / wave.wave.raw
    _must_be_unchanged(raw, row)
    variables = {name: variables_by_column(wave.codebook).get(name) for name in columns}
    shown = [variable.code for variable in variables.values() if variable is not None and not withheld(variable)]
    imported = frames.responses(wave.id, sorted({1, *records}), shown)
    spans = [(imported[record]["first_line"], imported[record]["last_line"]) for record in records]
    table = read_records(raw, wave.wave.reader, wave.wave.raw, imported[1]["first_line"] - 1, spans)
    places = {name: column_place(table, name) for name in columns}
    identified = not withheld(wave.codebook.by_code[wave.wave.respondent])
    found = []
    for at, (record, span) in enumerate(zip(records, spans, strict=True)):
        cells = tuple(
            _cell(wave, variables[name], name, str(table.cells[at, places[name]]), imported[record]) for name in columns
        )
        respondent = str(imported[record]["respondent"]) if identified else None
        found.append(RawRecord(record, *span, respondent, cells, print_lines_command(raw, *span)))
    return tuple(found)


def _records_beside(
    study: Study, row: dict[str, Any], columns: Sequence[str], records: Sequence[int]
) -> tuple[RawRecord, ...]:
    """Return records of a file beside the survey exports, with the columns that ties name: texts are not among them."""
    if not records:
        return ()
    raw = study.directory / row["raw_file"]
    _must_be_unchanged(raw, row)
    table = read_beside(study.directory, row["raw_file"], columns, f"{row['id']} in {LEDGER}")
    places = {name: column_place(table, name) for name in table.column_names if name in columns}
    found = []
    for record in records:
        span = int(table.first_line[record - 1]), int(table.last_line[record - 1])
        cells = tuple(Cell(name, "", str(table.cells[record - 1, places[name]]), {}) for name in places)
        found.append(RawRecord(record, *span, "", cells, print_lines_command(raw, *span)))
    return tuple(found)


def _cell(wave: WaveSpec, variable: Variable | None, column: str, raw: str, imported: dict[str, Any]) -> Cell:
    """Return one cell with what the importer made of it."""
    reason = withheld(variable)
    if variable is None or reason:
        return Cell(column, variable.code if variable else "", None, {}, withheld=reason)
    missing = imported[f"{variable.code}:reason"]
    if isinstance(missing, str):
        return Cell(column, variable.code, raw, {}, missing=missing)
    code = imported[variable.code]
    category = next((part for part in wave.codebook.categories(variable) if part.code == code), None)
    return Cell(column, variable.code, raw, dict(category.label) if category else {})


def _must_be_unchanged(raw: Path, row: dict[str, Any]) -> None:
    found = file_digest(raw) if raw.is_file() else "no such file"
    if found != row["raw_digest"]:
        raise StudyError(
            Problem(row["raw_file"], "", found, f"sha256 {row['raw_digest']}, from which {row['id']} was computed",
                    "restore the file, or run the pipeline again")
        )  # fmt: skip
