"""Raw files as records of text cells, each with the physical lines that it stands on."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from surveyspec.codebook import Position, UnusedColumn
from surveyspec.config import Reader
from surveyspec.problems import Problem, StudyError, did_you_mean, listed


@dataclass(frozen=True)
class RawTable:
    """The text of a raw file.

    Parameters
    ----------
    path : file as named in the study file
    columns : header cells, in order; may be empty or repeated
    cells : (records, columns) array of str objects, untouched
    first_line, last_line : (records,) 1-based physical lines of each record
    """

    path: str
    columns: list[str]
    cells: np.ndarray
    first_line: np.ndarray
    last_line: np.ndarray

    @cached_property
    def column_names(self) -> list[str]:
        """Names that tell columns apart: the header cell, or ``#3`` where it is empty or repeated."""
        seen = Counter(self.columns)
        return [name if name and seen[name] == 1 else f"#{place}" for place, name in enumerate(self.columns, 1)]

    def place(self, column: str | Position) -> int:
        """Return the 0-based place of a column.

        Raises
        ------
        StudyError : no such column, or several of that name
        """
        if isinstance(column, Position):
            if column.position <= len(self.columns):
                return column.position - 1
            found, todo = f"{len(self.columns)} columns", "correct the position in the codebook"
            raise StudyError(Problem(self.path, f"column {column.position}", found, "a column there", todo, 1))
        matches = [place for place, name in enumerate(self.columns) if name == column]
        if len(matches) == 1:
            return matches[0]
        if matches:
            found = f"{len(matches)} columns called '{column}'"
            todo = "name it by its place in the codebook: {position: N}"
        else:
            found = "no such column"
            todo = did_you_mean(column, self.columns) or f"the header has: {listed(self.columns, 12)}"
        raise StudyError(Problem(self.path, f"column '{column}'", found, "exactly one column of that name", todo, 1))

    def matching(self, unused: UnusedColumn) -> list[int]:
        """Return the places of the columns that an entry without a variable names, by name or pattern."""
        from fnmatch import fnmatchcase

        names = self.column_names
        return [
            place
            for place, name in enumerate(self.columns)
            if fnmatchcase(name, unused.column) or names[place] == unused.column
        ]


def read_raw(path: Path, reader: Reader, shown_as: str) -> RawTable:
    """Read a delimited raw file without interpreting a single cell.

    Parameters
    ----------
    path : file to read; never written
    reader : encoding and delimiter
    shown_as : name of the file in messages

    Raises
    ------
    StudyError : missing or empty file, bytes outside the encoding, a broken quote, or records whose number of
        cells differs from the header's (all of them listed)
    """
    text = _decode(path, reader, shown_as)
    lines = text.split("\n")
    source = csv.reader((line + "\n" for line in lines), delimiter=reader.delimiter, strict=True)
    records: list[list[str]] = []
    spans: list[tuple[int, int]] = []
    start = 1
    try:
        for record in source:
            if record:
                records.append(record)
                spans.append((start, source.line_num))
            start = source.line_num + 1
    except csv.Error as error:
        problem = Problem(
            shown_as,
            "",
            f"a record that starts here and cannot be read ({error})",
            "cells that are quoted and closed as the tool exports them",
            "compare this line with the original export; a quote is probably missing",
            start,
        )
        raise StudyError(problem) from None
    if len(records) < 2:
        raise StudyError(
            Problem(
                shown_as,
                "",
                f"{len(records)} line(s) of content",
                "a header and at least one record",
                "export the survey again",
                1,
            )
        )
    header, body = records[0], records[1:]
    problems = [
        Problem(
            shown_as,
            f"record {number}",
            f"{len(record)} cells",
            f"{len(header)} cells as in the header",
            "restore the original export; the file was cut or edited",
            span[0],
        )
        for number, (record, span) in enumerate(zip(body, spans[1:], strict=True), 1)
        if len(record) != len(header)
    ]
    if problems:
        raise StudyError(problems)
    cells = np.empty((len(body), len(header)), dtype=object)
    cells[:] = body
    places = np.array(spans[1:], dtype=np.int64)
    return RawTable(shown_as, header, cells, places[:, 0], places[:, 1])


def _decode(path: Path, reader: Reader, shown_as: str) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        todo = "put the raw export there, or correct 'raw' in config.yaml"
        raise StudyError(Problem(shown_as, "", "no such file", "the raw export", todo)) from None
    if not content.strip():
        raise StudyError(Problem(shown_as, "", "an empty file", "the raw export", "export the survey again"))
    try:
        text = content.decode(reader.encoding)
    except UnicodeDecodeError as error:
        start = error.start + len(content) - len(error.object)
        line = content[:start].count(b"\n") + 1
        found = f"byte {content[start]:#04x} at position {start}, which is not {reader.encoding}"
        todo = "set 'reader: encoding:' in config.yaml (older exports are cp1252), or restore the file"
        raise StudyError(Problem(shown_as, "", found, f"{reader.encoding} text", todo, line)) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise StudyError(Problem(shown_as, "", "a NUL character", "text", "restore the original export", line))
    return text
