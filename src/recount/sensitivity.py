"""Headline numbers under other decisions: the wave cleaned, weighted and summed up anew for each specification."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import duckdb

from recount.cleaning import exclude_records
from recount.conditions import Names, answer, condition_sql
from recount.estimates import estimate_numbers
from recount.results import Result
from recount.weighting import Weight, add_weights, make_weight
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.plan import NumberSpec
from surveyspec.problems import StudyError
from surveyspec.sensitivity import KIND, Multiverse, Specification, Summary, plan_sensitivity
from surveyspec.study import Study

TABLE = "respecified"


def recount_sensitivity(
    connection: duckdb.DuckDBPyConnection, study: Study, name: str, names: Names, coded: str
) -> list[Result]:
    """Recompute every specification of a wave's headline numbers, and the numbers about all of them.

    Parameters
    ----------
    names : the wave's variables
    coded : table of all records with their answers
    """
    multiverses = plan_sensitivity(study, name)
    found: dict[str, Result] = {}
    groups: dict[str, list[Specification]] = {}
    for multiverse in multiverses:
        for spec in multiverse.specifications:
            groups.setdefault(spec.cleaning, []).append(spec)
    for specs in groups.values():
        exclude_records(connection, specs[0].wave, names, coded, TABLE)
        for result in _estimates(connection, study, specs, names):
            found[result.id] = result
        connection.execute(f"DROP TABLE {TABLE}")
    results = []
    for multiverse in multiverses:
        results += [
            dataclasses.replace(found[spec.id], identity=_identity(spec.number, spec.digest))
            for spec in multiverse.alternatives
        ]
        values = [found[spec.id] for spec in multiverse.specifications]
        results += [_summary(connection, multiverse, summary, values) for summary in multiverse.summaries]
    return results


def _estimates(
    connection: duckdb.DuckDBPyConnection, study: Study, specs: Sequence[Specification], names: Names
) -> list[Result]:
    """Compute specifications that have the same respondents; a weight with another bound is another weight.

    Where respondents cannot be weighted as an option says, the number has no value.
    """
    weights: dict[str, Weight] = {}
    without: set[str] = set()
    numbers: list[NumberSpec] = []
    found: list[Result] = []
    for spec in specs:
        weight = spec.number.weight
        if weight != UNWEIGHTED:
            weight = f"{weight} {spec.changes['weights']}"
        if weight not in {UNWEIGHTED, *weights, *without}:
            try:
                made = make_weight(connection, spec.wave, spec.number.weight, study.directory, names, TABLE)
                weights[weight] = made
            except StudyError:
                without.add(weight)
        if weight in without:
            found.append(Result(spec.id, None, unit=spec.number.estimator, decimals=spec.number.decimals))
        else:
            numbers.append(dataclasses.replace(spec.number, weight=weight))
    add_weights(connection, weights, TABLE)
    return [*found, *estimate_numbers(connection, specs[0].wave, numbers, names, weights, TABLE)]


def _summary(
    connection: duckdb.DuckDBPyConnection, multiverse: Multiverse, summary: Summary, found: Sequence[Result]
) -> Result:
    reported = multiverse.reported.number
    size, values = len(found), [result.value for result in found]
    known = [value for value in values if value is not None]
    result = Result(
        summary.id, None, unit="share", decimals=1, n_in=size, n_used=size,
        iterative=any(one.iterative for one in found),
        identity={
            "wave": reported.wave, "kind": KIND, "estimate": reported.estimate, "item": reported.item,
            "category": reported.category, "weight": reported.weight, "statistic": summary.statistic,
            "spec_digest": multiverse.summary_digest(summary),
        },
    )  # fmt: skip
    if summary.unit == "count":
        return dataclasses.replace(result, value=float(size), unit="count", decimals=0, numerator=size)
    if summary.unit == "value":
        end = min if summary.statistic == "smallest" else max
        value = end(known) if known else None
        return dataclasses.replace(result, value=value, unit=reported.estimator, decimals=reported.decimals)
    if summary.condition is not None:
        column = answer(reported.id)
        holds = condition_sql(summary.condition, Names(frozenset(), frozenset()))
        query = f"SELECT count(*) FILTER ({holds}) FROM (SELECT unnest(?::DOUBLE[]) AS {column})"
        ((count,),) = connection.execute(query, [values]).fetchall()
    else:
        count = sum(_covers(one, values[0]) for one in found)
    return dataclasses.replace(result, value=count / size, numerator=count, denominator=size)


def _covers(result: Result, value: float | None) -> bool:
    """Say whether an interval holds a value; one without an end does not."""
    lower, upper = result.limits
    return lower is not None and upper is not None and value is not None and lower <= value <= upper


def _identity(number: NumberSpec, spec_digest: str) -> dict[str, object]:
    return {
        "wave": number.wave, "kind": KIND, "estimate": number.estimate, "item": number.item,
        "category": number.category, "weight": number.weight, "estimator": number.estimator,
        "interval_level": number.level, "interval_method": number.interval_method, "spec_digest": spec_digest,
    }  # fmt: skip
