"""Coded answers in SQL: the codebook as CASE expressions over the raw texts, then the derived variables."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from recount.conditions import (
    Names,
    answer,
    condition_sql,
    number_literal,
    reason,
    text_literal,
    value_sql,
)
from recount.raw import RawFile
from surveyspec.codebook import CODED, NUMERIC, Codebook, Variable
from surveyspec.conditions import Condition, variables_of
from surveyspec.problems import Problem, StudyError
from surveyspec.sources import Read, sources
from surveyspec.study import WaveSpec

# What Python's str.strip() takes off both ends of a cell; SQL's trim() alone knows the space only.
WHITESPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_NUMBER = r"-?\d+(\.\d+)?"


def names_of(wave: WaveSpec) -> Names:
    """Return what conditions need to know of a wave's variables."""
    coded = _coded_variables(wave.codebook)
    texts = frozenset(variable.code for variable in coded if variable.type not in NUMERIC)
    return Names(texts, frozenset(variable.code for variable in coded))


def code_answers(connection: duckdb.DuckDBPyConnection, raw: RawFile, wave: WaveSpec, table: str) -> None:
    """Make a table with one row per record: ``record``, every answer and every reason for a missing one.

    Numbers and codes become doubles, texts stay as they stand in the cell. ``NOT_REACHED`` becomes ``NOT_ASKED`` where
    the skip logic says for certain that the question was not asked, and where it does not, ``NO_ANSWER`` (or the answer
    that an empty cell stands for) on the pages that were sent off. Derived variables follow.

    Raises
    ------
    StudyError : a column of the codebook that the file lacks; respondent ids missing or repeated
    """
    variables = _coded_variables(wave.codebook)
    problems: list[Problem] = []
    cells: dict[str, str] = {}
    for variable in variables:
        try:
            cells[variable.code] = raw.column(variable.column)
        except StudyError as error:
            problems.extend(error.problems)
    if problems:
        raise StudyError(problems)
    texts = ", ".join(
        f"""coalesce({cell}, '') AS "cell_{code}", {_stripped(f'"cell_{code}"')} AS "t_{code}" """
        for code, cell in cells.items()
    )
    answers = ", ".join(
        f"{_reason_sql(variable, wave.codebook)} AS {reason(variable.code)}, "
        f"{_answer_sql(variable, wave.codebook)} AS {answer(variable.code)}"
        for variable in variables
    )
    steps = [
        f"WITH texts AS (SELECT record, {texts} FROM {raw.table})",
        f"coded AS (SELECT record, {answers} FROM texts)",
        *_refined(wave.codebook, variables, names_of(wave), "coded", "step0"),
    ]
    last = "step0"
    for place, (code, expression) in enumerate(_derived(wave), 1):
        steps.append(f"step{place} AS (SELECT *, {expression} AS {answer(code)} FROM {last})")
        last = f"step{place}"
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS {', '.join(steps)} SELECT * FROM {last} ORDER BY record")
    _check_respondents(connection, raw, wave, table)


def _stripped(cell: str) -> str:
    """Return a cell without white space at its ends; the slow general way only where the cell may have some."""
    bare = f"regexp_full_match({cell}, '[!-~]|[!-~].*[!-~]')"
    return f"CASE WHEN {bare} THEN {cell} ELSE trim({cell}, {text_literal(WHITESPACE)}) END"


def _coded_variables(codebook: Codebook) -> list[Variable]:
    """Return the kept variables and those that skip logic reads."""
    filters = [codebook.filter_of(variable) for variable in codebook.kept]
    read = {name for condition in filters if condition is not None for name in variables_of(condition)}
    return [variable for variable in codebook.variables if variable.sensitivity != "drop" or variable.code in read]


def _reason_sql(variable: Variable, codebook: Codebook) -> str:
    """Return why a cell holds no answer, in order: missing codes, categories, an empty cell, the range."""
    text = f'"t_{variable.code}"'
    missing = codebook.missing[variable.missing] if variable.missing else {}
    whens = [f"WHEN {text} = {text_literal(cell)} THEN {text_literal(why)}" for cell, why in missing.items()]
    for category in codebook.categories(variable):
        why = "NULL" if category.reason is None else text_literal(category.reason)
        whens.append(f"WHEN {text} = {text_literal(category.cell)} THEN {why}")
    whens.append(f"WHEN {text} = '' THEN 'NO_ANSWER'")
    otherwise = "'IMPLAUSIBLE'" if variable.type in CODED else "NULL"
    if variable.type in NUMERIC - CODED:
        whens.append(f"WHEN NOT regexp_full_match({text}, {text_literal(_NUMBER)}) THEN 'IMPLAUSIBLE'")
        if variable.range is not None:
            low, high = map(number_literal, variable.range)
            whens.append(f"WHEN try_cast({text} AS DOUBLE) NOT BETWEEN {low} AND {high} THEN 'IMPLAUSIBLE'")
    return f"CASE {' '.join(whens)} ELSE {otherwise} END"


def _answer_sql(variable: Variable, codebook: Codebook) -> str:
    """Return the answer of a cell that has no reason to be missing."""
    text = f'"t_{variable.code}"'
    if variable.type in CODED:
        codes = " ".join(
            f"WHEN {text_literal(category.cell)} THEN {number_literal(category.code)}"
            for category in codebook.categories(variable)
        )
        value = f"CASE {text} {codes} END"
    elif variable.type in NUMERIC:
        value = f"try_cast({text} AS DOUBLE)"
    else:
        value = f'"cell_{variable.code}"'
    return f"CASE WHEN {reason(variable.code)} IS NULL THEN {value} END"


def _refined(codebook: Codebook, variables: list[Variable], names: Names, source: str, result: str) -> list[str]:
    """Return the steps that tell questions never reached from those left out by skip logic or left empty.

    A filter must see what became of the questions that it reads, so variables are refined in layers: one that reads a
    variable of the present layer begins the next.
    """
    layers: list[dict[str, str]] = [{}]
    changed: set[str] = set()
    for variable in variables:
        columns = _refined_columns(codebook, variable, names)
        condition = codebook.filter_of(variable)
        if condition is not None and changed & set(variables_of(condition)):
            layers.append({})
            changed = set()
        layers[-1] |= columns
        changed |= {variable.code} if columns else set()
    steps = []
    for place, layer in enumerate(layers, 1):
        name = result if place == len(layers) else f"refined{place}"
        replaced = ", ".join(f"{expression} AS {column}" for column, expression in layer.items())
        steps.append(f"{name} AS (SELECT *{f' REPLACE ({replaced})' if layer else ''} FROM {source})")
        source = name
    return steps


def _refined_columns(codebook: Codebook, variable: Variable, names: Names) -> dict[str, str]:
    """Return the new expressions of a variable's reason and answer, none where nothing can change."""
    why, value = reason(variable.code), answer(variable.code)
    condition = codebook.filter_of(variable)
    asked = condition_sql(condition, names) if condition is not None else "TRUE"
    unreached = f"{why} = 'NOT_REACHED'"
    whens = [f"WHEN {unreached} AND {asked} IS FALSE THEN 'NOT_ASKED'"] if condition is not None else []
    columns = {}
    if variable.page is not None and codebook.last_page is not None:
        seen = f"{unreached} AND {answer(codebook.last_page)} >= {number_literal(variable.page)}"
        empty = codebook.empty_answer(variable)
        if empty is not None:
            whens.append(f"WHEN {seen} AND {asked} IS TRUE THEN NULL")
            columns[value] = f"CASE WHEN {seen} AND {asked} IS TRUE THEN {number_literal(empty)} ELSE {value} END"
        whens.append(f"WHEN {seen} THEN 'NO_ANSWER'")
    return {why: f"CASE {' '.join(whens)} ELSE {why} END", **columns} if whens else {}


def _derived(wave: WaveSpec) -> list[tuple[str, str]]:
    """Return each derived variable with the SQL that makes it, in the order written."""
    names = names_of(wave)
    found: list[tuple[str, str]] = []
    for code in wave.wave.derived:
        conditions, value = wave.derived_parts(code)
        found.append((code, value_sql(value, names) if value is not None else first_true(conditions, names)))
    return found


def first_true(conditions: list[tuple[int, Condition]], names: Names) -> str:
    """Return the code of the first condition that is true, NULL if none is."""
    whens = " ".join(f"WHEN {condition_sql(when, names)} THEN {number_literal(code)}" for code, when in conditions)
    return f"CASE {whens} END"


def left_out_sql(wave: WaveSpec, reads: Sequence[Read], known: str) -> str:
    """Return in SQL why a record is not used: the first reason among the questions that a value is made of.

    Parameters
    ----------
    reads : what the value is computed from
    known : SQL that is true where the value is known; such a record can only lack a weight
    """
    reasons = ", ".join(reason(code) for code in sources(wave, reads))
    return f"CASE WHEN {known} THEN 'NO_WEIGHT' ELSE coalesce({reasons}, 'NOT_DEFINED') END"


def _check_respondents(connection: duckdb.DuckDBPyConnection, raw: RawFile, wave: WaveSpec, table: str) -> None:
    code = wave.wave.respondent
    broken = connection.execute(
        f"""SELECT list(record ORDER BY record)[:10] FROM {table} GROUP BY {answer(code)}
            HAVING {answer(code)} IS NULL OR count(*) > 1 ORDER BY min(record)"""
    ).fetchall()
    if broken:
        todo = "restore the original export, or name another column under 'respondent' in config.yaml"
        raise StudyError(
            [
                Problem(raw.path, f"records {', '.join(map(str, records))}, variable {code}", "no id or a repeated one",
                        "an id of its own for every record", todo)
                for (records,) in broken
            ]
        )  # fmt: skip
