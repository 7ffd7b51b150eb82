"""Cleaning rules in SQL: which records are analysed, and which rule took out the others."""

from __future__ import annotations

import statistics

import duckdb

from recount.conditions import Names, answer, condition_sql, number_literal
from recount.tables import number
from surveyspec.config import CleaningRule
from surveyspec.study import WaveSpec


def exclude_records(
    connection: duckdb.DuckDBPyConnection, wave: WaveSpec, names: Names, coded: str, analysed: str
) -> dict[str, int]:
    """Apply the cleaning rules in the order written and make the table of the analysed records.

    Parameters
    ----------
    coded : table of all records with their answers
    analysed : table to make: the records that no rule excludes

    Returns
    -------
    records per step: ``records``, ``excluded.<rule>`` per rule, ``analysed``
    """
    count = f"SELECT count(*) FROM {analysed}"
    connection.execute(f"CREATE OR REPLACE TABLE {analysed} AS SELECT * FROM {coded}")
    left = number(connection, count)
    flow = {"records": left}
    for rule in wave.wave.cleaning:
        hit = _hit(connection, wave, rule, names, analysed)
        if hit is not None:
            connection.execute(f"DELETE FROM {analysed} WHERE record IN (SELECT record FROM {analysed} WHERE {hit})")
        still = number(connection, count)
        flow[f"excluded.{rule.id}"] = left - still
        left = still
    flow["analysed"] = left
    return flow


def _hit(
    connection: duckdb.DuckDBPyConnection, wave: WaveSpec, rule: CleaningRule, names: Names, table: str
) -> str | None:
    """Return an SQL condition that is true for the records of a table that a rule excludes, None if it can hit none."""
    condition = wave.rule_condition(rule)
    if rule.duplicates_of is not None:
        keys = ", ".join(answer(code) for code in rule.duplicates_of)
        complete = " AND ".join(f"{answer(code)} IS NOT NULL" for code in rule.duplicates_of)
        kept = "min" if rule.keep == "first" else "max"
        return f"{complete} AND record NOT IN (SELECT {kept}(record) FROM {table} WHERE {complete} GROUP BY {keys})"
    if rule.faster_than is not None and rule.variable is not None:
        duration = answer(rule.variable)
        among = f"AND {condition_sql(condition, names)}" if condition is not None else ""
        known = connection.execute(f"SELECT {duration} FROM {table} WHERE {duration} IS NOT NULL {among}").fetchall()
        if not known:
            return None
        limit = rule.faster_than * statistics.median(value for (value,) in known)
        return f"{duration} < {number_literal(limit)}"
    assert condition is not None
    return condition_sql(condition, names)
