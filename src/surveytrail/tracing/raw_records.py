"""Single records of a raw file, read where they stand without reading the rest into memory."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from surveyspec.codebook import Codebook, Position, Variable
from surveyspec.config import Reader
from surveytrail.importing.reading import RawTable


@dataclass(frozen=True)
class Cell:
    """One raw cell.

    Parameters
    ----------
    column : raw column name
    variable : code of its variable, empty if it has none
    raw : the text that stands in the file, None if it may not be shown
    label : the answer's label per language; empty if the variable has no categories or the answer is missing
    missing : the reason why the cell counts as missing, empty if it is an answer
    withheld : why the cell is not shown, empty if it is
    """

    column: str
    variable: str
    raw: str | None
    label: dict[str, str]
    missing: str = ""
    withheld: str = ""


def read_records(
    path: Path, reader: Reader, shown_as: str, header_end: int, spans: Sequence[tuple[int, int]]
) -> RawTable:
    """Read the header and some records of a raw file by their physical lines.

    Parameters
    ----------
    header_end : last line of the header
    spans : first and last line of each record, ascending
    """
    wanted = [(1, header_end), *spans]
    parts: list[list[bytes]] = [[] for _ in wanted]
    place = 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if number > wanted[place][1]:
                place += 1
                if place == len(wanted):
                    break
            if number >= wanted[place][0]:
                parts[place].append(line)
    rows = [_parse(b"".join(part), reader) for part in parts]
    cells = np.empty((len(spans), len(rows[0])), dtype=object)
    for index, row in enumerate(rows[1:]):
        cells[index] = row
    lines = np.array(spans, dtype=np.int64).reshape(-1, 2)
    return RawTable(shown_as, rows[0], cells, lines[:, 0], lines[:, 1])


def _parse(content: bytes, reader: Reader) -> list[str]:
    text = content.decode(reader.encoding)
    lines = (line + "\n" for line in text.removesuffix("\n").split("\n"))
    return next(csv.reader(lines, delimiter=reader.delimiter, strict=True))


def column_place(table: RawTable, column: str) -> int:
    """Return the 0-based place of a column as the lineage names it (``#3`` is the third)."""
    if column.startswith("#") and column[1:].isdigit():
        return table.place(Position(position=int(column[1:])))
    return table.place(column)


def variables_by_column(codebook: Codebook) -> dict[str, Variable]:
    """Return the variables of a codebook by raw column as the lineage names it."""
    return {
        f"#{variable.column.position}" if isinstance(variable.column, Position) else variable.column: variable
        for variable in codebook.variables
    }


def withheld(variable: Variable | None) -> str:
    """Say why a variable's cells are not shown, or return an empty text."""
    if variable is None:
        return "not in the codebook"
    return "" if variable.sensitivity == "public" else f"not shown: the codebook marks it '{variable.sensitivity}'"


def print_lines_command(path: Path, first_line: int, last_line: int) -> str:
    """Return the shell command that prints a record as it stands in the file."""
    return shlex.join(["sed", "-n", f"{first_line},{last_line}p", str(path)])
