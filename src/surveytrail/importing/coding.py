"""Raw cells to codes: every answer coded, every missing answer with its reason, every loss written down."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveyspec.codebook import CODED, NUMERIC, Codebook, Variable
from surveyspec.config import Wave
from surveyspec.problems import Problem, StudyError, listed
from surveytrail.frames import frame_of
from surveytrail.importing.reading import RawTable
from surveytrail.masks import evaluate

NUMBER = re.compile(r"-?\d+(\.\d+)?")
LOSS_COLUMNS = ["column", "variable", "loss", "cells", "record", "line", "found", "reason"]


@dataclass(frozen=True)
class Responses:
    """Coded responses.

    Parameters
    ----------
    frame : one row per raw record: ``record``, ``first_line``, ``last_line``, ``respondent``, then per kept variable
        its answer (float64 code or text, missing where unanswered) and ``CODE:reason`` (missing where answered)
    losses : what of the raw file is not in ``frame``, one row per column left out and per cell not understood
    """

    frame: pd.DataFrame
    losses: pd.DataFrame


def code_responses(table: RawTable, wave: Wave, codebook: Codebook) -> Responses:
    """Code a raw table with its codebook.

    Raises
    ------
    StudyError : a column of the codebook is missing, a column of the file is in no list of the codebook, or
        respondent ids are missing or repeated
    """
    places = _places(table, codebook)
    answers: dict[str, np.ndarray] = {}
    losses: list[dict[str, object]] = _left_out(table, codebook)
    for variable in codebook.kept:
        values, reasons = _code_column(variable, codebook, table.cells[:, places[variable.code]])
        answers[variable.code] = values
        answers[f"{variable.code}:reason"] = reasons
        losses.extend(_implausible(table, variable, places[variable.code], reasons))
    _refine_unreached(codebook, answers)
    respondent = answers[wave.respondent]
    _check_respondents(table, wave.respondent, codebook, respondent)
    frame = frame_of(
        {
            "record": np.arange(1, len(table.cells) + 1, dtype=np.int64),
            "first_line": table.first_line,
            "last_line": table.last_line,
            "respondent": np.array([_as_text(value) for value in respondent], dtype=object),
            **answers,
        }
    )
    return Responses(frame, pd.DataFrame(losses, columns=LOSS_COLUMNS))


def _places(table: RawTable, codebook: Codebook) -> dict[str, int]:
    """Return the 0-based column of each variable; all columns must be accounted for."""
    places: dict[str, int] = {}
    problems: list[Problem] = []
    for variable in codebook.variables:
        try:
            places[variable.code] = table.place(variable.column)
        except StudyError as error:
            problems.extend(error.problems)
    unused = {place for entry in [*codebook.dropped, *codebook.not_analysed] for place in table.matching(entry)}
    known = unused | set(places.values())
    strange = [name for place, name in enumerate(table.column_names) if place not in known]
    if strange:
        problems.append(
            Problem(
                table.path,
                f"columns {listed(strange)}",
                "columns that the codebook does not mention",
                "every column under variables, dropped or not_analysed",
                "add them to the codebook, with a reason if they are not used",
                1,
            )
        )
    if problems:
        raise StudyError(problems)
    return places


def _code_column(variable: Variable, codebook: Codebook, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Code one column by way of its distinct cells."""
    numbers, distinct = pd.factorize(cells)
    missing = codebook.missing[variable.missing] if variable.missing else {}
    categories = {category.cell: category for category in codebook.categories(variable)}
    numeric = variable.type in NUMERIC
    values = np.full(len(distinct), np.nan) if numeric else np.full(len(distinct), None, dtype=object)
    reasons = np.full(len(distinct), None, dtype=object)
    for place, cell in enumerate(distinct):
        text = cell.strip()
        category = categories.get(text)
        if text in missing:
            reasons[place] = missing[text]
        elif category is not None:
            reasons[place] = category.reason
            values[place] = category.code if category.reason is None else np.nan
        elif not text:
            reasons[place] = "NO_ANSWER"
        elif variable.type in CODED:
            reasons[place] = "IMPLAUSIBLE"
        elif numeric:
            number = float(text) if NUMBER.fullmatch(text) else np.nan
            low, high = variable.range or (-np.inf, np.inf)
            inside = low <= number <= high
            values[place] = number if inside else np.nan
            reasons[place] = None if inside else "IMPLAUSIBLE"
        else:
            values[place] = cell
    return values[numbers], reasons[numbers]


def _refine_unreached(codebook: Codebook, answers: dict[str, np.ndarray]) -> None:
    """Tell a question that was never reached from one that skip logic left out or that somebody left empty.

    Goes through the codebook in its order, so that a filter sees what became of the questions above it.
    """
    for variable in codebook.kept:
        values, reasons = answers[variable.code], answers[f"{variable.code}:reason"]
        unreached = reasons == "NOT_REACHED"
        if not unreached.any():
            continue
        asked, not_asked = np.ones(len(reasons), dtype=bool), np.zeros(len(reasons), dtype=bool)
        condition = codebook.filter_of(variable)
        if condition is not None:
            asked, known = evaluate(condition, answers)
            not_asked = known & ~asked
        reasons[unreached & not_asked] = "NOT_ASKED"
        if variable.page is not None and codebook.last_page is not None:
            left_empty = unreached & ~not_asked & (answers[codebook.last_page] >= variable.page)
            reasons[left_empty] = "NO_ANSWER"
            empty = codebook.empty_answer(variable)
            if empty is not None:
                values[left_empty & asked] = empty
                reasons[left_empty & asked] = None


def _left_out(table: RawTable, codebook: Codebook) -> list[dict[str, object]]:
    """List the columns that do not leave the importer, each with its reason."""
    names = table.column_names
    rows: list[dict[str, object]] = []
    for loss, entries in (("identifier dropped", codebook.dropped), ("column not analysed", codebook.not_analysed)):
        for entry in entries:
            rows += [_loss(names[place], "", loss, len(table.cells), entry.reason) for place in table.matching(entry)]
    for variable in codebook.variables:
        if variable.sensitivity == "drop":
            name = names[table.place(variable.column)]
            rows.append(_loss(name, variable.code, "identifier dropped", len(table.cells), "sensitivity: drop"))
    return rows


def _implausible(table: RawTable, variable: Variable, place: int, reasons: np.ndarray) -> list[dict[str, object]]:
    """List the cells of a column that are no answer of its codebook entry."""
    name = table.column_names[place]
    shown = variable.sensitivity == "public"
    return [
        {
            **_loss(name, variable.code, "cell not understood", 1, "neither a category, a missing code nor in range"),
            "record": int(row) + 1,
            "line": int(table.first_line[row]),
            "found": table.cells[row, place] if shown else "(restricted)",
        }
        for row in np.flatnonzero(reasons == "IMPLAUSIBLE")
    ]


def _loss(column: str, variable: str, loss: str, cells: int, reason: str) -> dict[str, object]:
    return {"column": column, "variable": variable, "loss": loss, "cells": cells, "reason": reason}


def _check_respondents(table: RawTable, code: str, codebook: Codebook, respondent: np.ndarray) -> None:
    """Stop unless every record has a respondent id of its own."""
    seen: dict[str, int] = {}
    problems = []
    todo = "restore the original export, or name another column under 'respondent' in config.yaml"
    for row, value in enumerate(respondent):
        text = _as_text(value)
        place = f"record {row + 1}, variable {code}"
        line = int(table.first_line[row])
        if text is None:
            problems.append(Problem(table.path, place, "no respondent id", "an id", todo, line))
        elif text in seen:
            found = f"the id '{text}' of record {seen[text]} again"
            problems.append(Problem(table.path, place, found, "each id once", todo, line))
        else:
            seen[text] = row + 1
    if problems:
        raise StudyError(problems)


def _as_text(value: object) -> str | None:
    """Write a respondent id as text: 17, not 17.0."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
