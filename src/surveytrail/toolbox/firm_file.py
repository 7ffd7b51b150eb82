"""Firms from a file that somebody wrote: CSV with one row per firm, or YAML with one or a list of them.

Columns (or keys) are the codes of the questions; ``firm`` names the firm, ``language`` the language of its report.
Cells hold the code of an answer, or what stands in the survey's export for it (``Y``, ``ZH``); an empty cell is no
answer.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from surveyspec.documents import load_document
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveyspec.toolbox import AskedQuestion
from surveytrail.frames import columns_of
from surveytrail.toolbox.answers import Firm, Form

NAME, LANGUAGE = "firm", "language"
NUMBER = re.compile(r"-?\d+(\.\d+)?")
LONGEST_NAME = 80
SEPARATORS = ",;\t"
SHOWN_IN = "docs/how-to/toolbox.md says how such a file is written"
YAML_TRUTH = {True: "Y", False: "N"}  # YAML reads Y and N so


@dataclass(frozen=True)
class _Written:
    """One firm as it stands in a file: texts by column, the line of each, and the line where the columns are named."""

    cells: Mapping[str, str]
    lines: Mapping[str, int | None]
    line: int | None
    header: int | None = None


def read_firms(path: Path, form: Form, shown_as: str | None = None) -> list[Firm]:
    """Read firms.

    Parameters
    ----------
    path : a file that ends in .csv, .yaml or .yml
    shown_as : how messages name the file

    Raises
    ------
    StudyError : every unknown column, wrong answer and missing name, with its line
    """
    name = shown_as or str(path)
    if path.suffix.lower() not in {".csv", ".yaml", ".yml"}:
        raise StudyError(Problem(name, "", f"a file that ends in '{path.suffix}'", ".csv, .yaml or .yml", "rename it"))
    written = list(_of_csv(path, name) if path.suffix.lower() == ".csv" else _of_yaml(path, name))
    if not written:
        raise StudyError(Problem(name, "", "no firm", "at least one", "add a row with the firm's answers"))
    firms, problems = [], []
    for place, entry in enumerate(written, 1):
        firm, wrong = _firm(entry, form, name, place)
        firms.append(firm)
        problems += wrong
    problems += _repeated(firms, written, name)
    if problems:
        raise StudyError(list(dict.fromkeys(problems)))  # a wrong column is told once
    return firms


def firms_of_survey(form: Form, analysis: pd.DataFrame, respondents: Sequence[str]) -> list[Firm]:
    """Return firms that answered the survey, each answer with its line in the raw file.

    Parameters
    ----------
    analysis : analysed records of the toolbox's wave
    respondents : their ids

    Raises
    ------
    StudyError : an id that no analysed record has
    """
    spec, wave = form.spec, form.spec.wave
    columns = columns_of(analysis)
    ids = {str(respondent): place for place, respondent in enumerate(columns["respondent"])}
    unknown = [name for name in respondents if name not in ids]
    if unknown:
        raise StudyError(
            Problem(
                "--respondent", "", f"'{unknown[0]}'", f"the id of an analysed record of {wave.id}",
                f"look it up in {wave.wave.raw}; excluded records are in results/{wave.id}/exclusions.csv",
            )
        )  # fmt: skip
    cells = {float(part.code): part.cell for part in wave.categories(spec.toolbox.language_variable)}
    firms = []
    for name in respondents:
        place = ids[name]
        language = cells.get(float(columns[spec.toolbox.language_variable][place]), "")
        own = [question.code for question in form.questions if question.asked_here]
        answers = {code: float(columns[code][place]) for code in own if not np.isnan(columns[code][place])}
        line = int(columns["first_line"][place])
        raw = {code: f"{wave.wave.raw}:{line}, {wave.codebook.by_code[code].column}" for code in answers}
        language = language if language in spec.toolbox.languages else spec.toolbox.languages[0]
        firms.append(Firm(f"{wave.id} {name}", language, answers, raw, int(columns["record"][place])))
    return firms


def _of_csv(path: Path, name: str) -> Iterator[_Written]:
    text = _text(path, name)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(SEPARATORS, key=first.count))
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not any(header):
            expected = "a header of question codes and one row per firm"
            raise StudyError(Problem(name, "", "an empty file", expected, SHOWN_IN, 1))
        twice = [column for column in header if header.count(column) > 1]
        if twice:
            raise StudyError(Problem(name, "header", f"'{twice[0]}' twice", "each column once", "remove one", 1))
        for row in reader:
            line = reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                found, expected = f"{len(row)} cells", f"{len(header)}, as in the header"
                raise StudyError(Problem(name, "", found, expected, "mind separators and quotes", line))
            yield _Written(dict(zip(header, row, strict=True)), dict.fromkeys(header, line), line, header=1)
    except csv.Error as error:
        raise StudyError(Problem(name, "", str(error), "a CSV file", "save it as CSV again", reader.line_num)) from None


def _text(path: Path, name: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise StudyError(
            Problem(name, "", "no such file", "a file with a firm's answers", "correct the path")
        ) from None
    except OSError as error:
        found = (error.strerror or "not readable").lower()
        raise StudyError(Problem(name, "", found, "a file with a firm's answers", "correct the path")) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        problem = Problem(name, "", f"byte {error.start} is not UTF-8", "UTF-8 text", "save the file as UTF-8", line)
        raise StudyError(problem) from None


def _of_yaml(path: Path, name: str) -> Iterator[_Written]:
    document = load_document(path, name)
    data = document.data["firms"] if isinstance(document.data, dict) and "firms" in document.data else [document.data]
    start: tuple[str | int, ...] = ("firms",) if isinstance(document.data, dict) and "firms" in document.data else ()
    for place, entry in enumerate(data if isinstance(data, list) else [data]):
        keys = (*start, place) if start else ()
        if not isinstance(entry, dict):
            expected = "question codes with their answers, or 'firms:' with a list of such"
            raise StudyError(Problem(name, "", repr(entry)[:60], expected, SHOWN_IN, document.line(keys)))
        cells = {str(key): _cell(value) for key, value in entry.items()}
        lines = {str(key): document.line((*keys, key)) for key in entry}
        yield _Written(cells, lines, document.line(keys))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return YAML_TRUTH[value] if isinstance(value, bool) else str(value)


def _firm(written: _Written, form: Form, file: str, place: int) -> tuple[Firm, list[Problem]]:
    problems: list[Problem] = []
    answers: dict[str, float] = {}
    places: dict[str, str] = {}
    known = [NAME, LANGUAGE, *form.by_code]
    languages = form.spec.toolbox.languages
    name = written.cells.get(NAME, "").strip()
    if len(name) > LONGEST_NAME:
        problems.append(
            Problem(
                file, NAME, f"{len(name)} characters", f"at most {LONGEST_NAME}", "shorten it", written.lines.get(NAME)
            )
        )
    language = written.cells.get(LANGUAGE, "").strip() or languages[0]
    if language not in languages:
        hint, at = did_you_mean(language, languages) or "use one of them", written.lines.get(LANGUAGE)
        problems.append(Problem(file, LANGUAGE, f"'{language}'", f"one of {listed(languages)}", hint, at))
    for column, cell in written.cells.items():
        line = written.lines[column]
        if column in {NAME, LANGUAGE}:
            continue
        if column not in form.by_code:
            hint = did_you_mean(column, known) or "remove the column, or use the code of a question"
            at = written.header or line
            problems.append(Problem(file, column, "an unknown column", f"one of {listed(known, 12)}", hint, at))
            continue
        if not cell.strip():
            continue
        answer = _answer(form.by_code[column], cell.strip())
        if answer is None:
            expected = _expected(form.by_code[column])
            problems.append(
                Problem(file, column, f"'{_short(cell)}'", expected, "correct the cell, or leave it empty", line)
            )
        else:
            answers[column] = answer
            places[column] = f"{file}:{line}, {column}"
    return Firm(name or f"{Path(file).stem} {place}", language, answers, places), problems


def _answer(question: AskedQuestion, cell: str) -> float | None:
    """Return the code or number that a cell stands for; None if it is none."""
    for part in question.codebook.categories(question.variable):
        if cell in {part.cell, str(part.code)}:
            return float(part.code)
    if question.variable.scale is not None or not NUMBER.fullmatch(cell):
        return None
    low, high = question.variable.range or (float("-inf"), float("inf"))
    return float(cell) if low <= float(cell) <= high else None


def _expected(question: AskedQuestion) -> str:
    categories = question.codebook.categories(question.variable)
    if categories:
        texts = [f"{part.code} ({next(iter(part.label.values()))})" for part in categories]
        return f"one of {listed(texts, 12)}"
    low, high = question.variable.range or (float("-inf"), float("inf"))
    return f"a number from {low:.12g} to {high:.12g}"


def _short(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def _repeated(firms: list[Firm], written: list[_Written], file: str) -> list[Problem]:
    seen: dict[str, int | None] = {}
    problems = []
    for firm, entry in zip(firms, written, strict=True):
        if firm.name in seen:
            expected = f"each firm once (the first is on line {seen[firm.name]})"
            problems.append(Problem(file, NAME, f"'{firm.name}' twice", expected, "rename one", entry.line))
        seen.setdefault(firm.name, entry.line)
    return problems
