"""Tables that lie beside the survey exports: small CSV files with a header, read as records of text cells."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from surveyspec.config import Reader
from surveyspec.problems import Problem, StudyError
from surveytrail.importing.reading import RawTable, read_raw

PLAIN = Reader(tool="csv", encoding="utf-8-sig", delimiter=",")


def read_beside(directory: Path, file: str, columns: Iterable[str], declared: str) -> RawTable:
    """Read a table and make sure that it has the columns needed; it may have more.

    Parameters
    ----------
    directory : folder of the study
    file : as the study file names it
    declared : key path that names the file, for messages

    Raises
    ------
    StudyError : no such file, a broken record, or a missing column
    """
    if not (directory / file).is_file():
        todo = f"put it there, or correct '{declared}' in config.yaml"
        raise StudyError(Problem(file, "", "no such file", f"the CSV that '{declared}' names", todo))
    table = read_raw(directory / file, PLAIN, file)
    problems: list[Problem] = []
    for column in columns:
        try:
            table.place(column)
        except StudyError as error:
            problems += error.problems
    if problems:
        raise StudyError(problems)
    return table


def column_of(table: RawTable, column: str) -> list[str]:
    """Return the cells of a column, without the space around them."""
    return [str(cell).strip() for cell in table.cells[:, table.place(column)]]
