"""Small CSV files beside the survey exports, as tables of trimmed texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from recount.raw import load_raw
from surveyspec.config import Reader
from surveyspec.problems import Problem, StudyError

READER = Reader(tool="csv", encoding="utf-8-sig", delimiter=",")


def load_beside(
    connection: duckdb.DuckDBPyConnection, directory: Path, file: str, columns: Sequence[str], table: str
) -> None:
    """Make a table with ``record`` and some columns of a file by their names, empty cells as empty texts.

    Raises
    ------
    StudyError : a missing or broken file, a missing column
    """
    raw = load_raw(connection, directory / file, READER, file, f"{table}_cells")
    chosen = ", ".join(f"coalesce(trim({raw.column(name)}), '') AS {name}" for name in columns)
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT record, {chosen} FROM {raw.table} ORDER BY record")
    connection.execute(f"DROP TABLE {raw.table}")


def require_none(
    connection: duckdb.DuckDBPyConnection, query: str, file: str, expected: str, values: Sequence[object] = ()
) -> None:
    """Stop if a query finds rows that must not be: it gives record and what is wrong there.

    Raises
    ------
    StudyError : naming the first record found
    """
    wrong = connection.execute(f"SELECT * FROM ({query}) ORDER BY ALL LIMIT 1", list(values)).fetchall()
    if wrong:
        record, found = wrong[0]
        raise StudyError(Problem(file, f"record {record}", f"'{found}'", expected, "correct the file"))
