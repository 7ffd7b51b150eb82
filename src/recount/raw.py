"""Raw exports as text tables, read by DuckDB's CSV parser on one thread."""

from __future__ import annotations

import io
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from surveyspec.codebook import Position
from surveyspec.config import Reader
from surveyspec.problems import Problem, StudyError, did_you_mean, listed

# The last line of the copy that DuckDB reads: an unclosed quote would otherwise swallow the file's rest in silence.
_END = "\u241c end of the raw file \u241c"
_CHUNK = 1 << 20
_LONGEST_RECORD = 64 << 20
_READ = (
    "read_csv(?, auto_detect=false, header=false, columns=?, all_varchar=true, delim=?, quote='\"', escape='\"', "
    "strict_mode=true, null_padding=false, parallel=false, max_line_size=?)"
)


@dataclass(frozen=True)
class RawFile:
    """A raw file as a DuckDB table of texts.

    Parameters
    ----------
    path : file as the study names it
    table : DuckDB table with ``record`` (1-based, after the header) and ``c1``, ``c2``, … (text, NULL where empty)
    header : cells of the header; may be empty or repeated
    records : number of records after the header
    """

    path: str
    table: str
    header: tuple[str, ...]
    records: int

    def column(self, column: str | Position) -> str:
        """Return the table's column for a name of the header or a 1-based place.

        Raises
        ------
        StudyError : no such column, or several of that name
        """
        if isinstance(column, Position):
            places = [column.position] if column.position <= len(self.header) else []
            wanted = f"column {column.position}"
        else:
            places = [place for place, name in enumerate(self.header, 1) if name == column]
            wanted = f"column '{column}'"
        if len(places) == 1:
            return f"c{places[0]}"
        if places:
            todo = f"name it by its place in the codebook: {{position: {places[0]}}}"
        else:
            hint = "" if isinstance(column, Position) else did_you_mean(column, self.header)
            todo = hint or f"correct the codebook; the header has {len(self.header)} columns: {listed(self.header, 12)}"
        found = f"{len(places)} such columns" if places else "no such column"
        raise StudyError(Problem(self.path, wanted, found, "exactly one", todo, 1))


def connect(scratch: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB in memory with one thread, so that sums never depend on scheduling.

    Parameters
    ----------
    scratch : folder for what does not fit into memory
    """
    return duckdb.connect(
        ":memory:",
        config={
            "threads": 1,
            "preserve_insertion_order": True,
            "temp_directory": str(scratch),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )


def load_raw(connection: duckdb.DuckDBPyConnection, path: Path, reader: Reader, shown_as: str, table: str) -> RawFile:
    """Read a raw file into a table, cell by cell as it stands.

    Parameters
    ----------
    connection : DuckDB connection that gets the table
    path : the raw file; only read
    reader : its encoding and delimiter
    shown_as : its name in messages
    table : name of the table to make

    Raises
    ------
    StudyError : a missing or empty file, bytes outside the encoding, a broken quote, records with another number of
        cells than the header
    """
    with tempfile.TemporaryDirectory(prefix="recount-") as folder:
        copy = Path(folder) / "raw.csv"
        width = _copy_as_utf8(path, reader, copy, shown_as)
        columns = {f"c{place}": "VARCHAR" for place in range(1, width + 1)}
        arguments = [str(copy), columns, reader.delimiter, _LONGEST_RECORD]
        try:
            numbered = f"SELECT row_number() OVER () - 1 AS record, * FROM {_READ}"
            connection.execute(f"CREATE OR REPLACE TABLE {table} AS {numbered}", arguments)
        except duckdb.Error as error:
            raise StudyError(_unreadable(shown_as, str(error))) from None
    last = connection.execute(f"SELECT record, c1 FROM {table} ORDER BY record DESC LIMIT 1").fetchone()
    first = connection.execute(f"SELECT * EXCLUDE (record) FROM {table} WHERE record = 0").fetchone()
    if last is None or first is None or last[1] != _END:
        found, expected = "a quote that is opened and never closed", "cells that are quoted and closed"
        raise StudyError(Problem(shown_as, "", found, expected, "restore the original export"))
    connection.execute(f"DELETE FROM {table} WHERE record IN (0, ?)", [last[0]])
    if last[0] < 2:
        raise StudyError(Problem(shown_as, "", "a header without records", "at least one record", "export again", 1))
    return RawFile(shown_as, table, tuple(cell or "" for cell in first), last[0] - 1)


def _copy_as_utf8(path: Path, reader: Reader, copy: Path, shown_as: str) -> int:
    """Write the file as UTF-8 with a last line of ours; return the number of cells of its header."""
    try:
        with path.open(encoding=reader.encoding, newline="") as source:
            header = _header(source)
            if not header.strip():
                raise StudyError(Problem(shown_as, "", "an empty file", "the raw export", "export the survey again"))
            width = 1 + re.sub(r'"[^"]*"', "", header).count(reader.delimiter)
            source.seek(0)
            _copy(source, copy, reader.delimiter * (width - 1))
    except FileNotFoundError:
        todo = "put the raw export there, or correct 'raw' in config.yaml"
        raise StudyError(Problem(shown_as, "", "no such file", "the raw export", todo)) from None
    except UnicodeDecodeError as error:
        raise StudyError(_undecodable(path, reader, shown_as, error)) from None
    return width


def _header(source: io.TextIOBase) -> str:
    """Read the first record of a file, and no more than its chunk."""
    head = ""
    while True:
        chunk = source.read(_CHUNK)
        head = (head + chunk).lstrip("\ufeff\r\n")
        for line_break in re.finditer(r"[\r\n]", head):
            if head.count('"', 0, line_break.start()) % 2 == 0:
                return head[: line_break.start()]
        if not chunk:
            return head


def _copy(source: io.TextIOBase, copy: Path, delimiters: str) -> None:
    newline, tail = "\n", ""
    with copy.open("w", encoding="utf-8", newline="") as target:
        while chunk := source.read(_CHUNK):
            newline = "\r\n" if "\r\n" in chunk else newline
            target.write(chunk)
            tail = chunk[-1]
        target.write(("" if tail == "\n" else newline) + _END + delimiters + newline)


def _undecodable(path: Path, reader: Reader, shown_as: str, error: UnicodeDecodeError) -> Problem:
    """Locate the first line that is not in the declared encoding (a stream's error only knows its own chunk)."""
    place = None
    with path.open("rb") as source:
        for line, content in enumerate(source, 1):
            try:
                content.decode(reader.encoding)
            except UnicodeDecodeError as found:
                error, place = found, line
                break
    return Problem(
        shown_as,
        "",
        f"byte {error.object[error.start]:#04x}, which is not {reader.encoding}",
        f"{reader.encoding} text",
        "set 'reader: encoding:' in config.yaml (older exports are cp1252), or restore the file",
        place,
    )


def _unreadable(shown_as: str, message: str) -> Problem:
    """Put a parser's message into the words of a survey."""
    line = re.search(r"CSV Error on Line: (\d+)", message)
    cells = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    place = int(line.group(1)) if line else None
    if cells:
        found, expected = f"{cells.group(2)} cells", f"{cells.group(1)} cells as in the header"
    else:
        known = ("unterminated quote", "state machine", "Maximum line size")
        word = next((word for word in known if word in message), "")
        found = {
            "unterminated quote": "text after a closing quote",
            "state machine": "a quote or a line break that breaks the record",
            "Maximum line size": "a record of more than 64 MiB",
        }.get(word, message.splitlines()[0])
        expected = "cells that are quoted and closed, one kind of line break"
    return Problem(shown_as, "", found, expected, "restore the original export; the file was cut or edited", place)
