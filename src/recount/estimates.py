"""Planned numbers as sums in SQL, their standard errors and intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import duckdb
import numpy as np

from recount.coding import left_out_sql
from recount.conditions import Names, answer, condition_sql, number_literal, value_sql
from recount.disclosure import is_dominated, released
from recount.intervals import NONE, Limits, logit, symmetric, wilson
from recount.results import Result
from recount.tables import arrays, number
from recount.variances import influences, standard_errors
from recount.weighting import Weight
from surveyspec.conditions import is_value
from surveyspec.guarded import families, least_of
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.plan import NumberSpec
from surveyspec.study import WaveSpec

CELLS_AT_ONCE = 20_000_000
COLUMNS_AT_ONCE = 200


def estimate_numbers(
    connection: duckdb.DuckDBPyConnection,
    wave: WaveSpec,
    specs: Sequence[NumberSpec],
    names: Names,
    weights: Mapping[str, Weight],
    analysed: str,
) -> Iterator[Result]:
    """Compute numbers that share a wave.

    Parameters
    ----------
    wave : the wave
    specs : what to compute
    names : the wave's variables
    weights : the wave's weights by id; the analysed records carry weight ``i`` of them in the column ``w<i>``
    analysed : table of the analysed records
    """
    size = number(connection, f"SELECT count(*) FROM {analysed}")
    at_once = max(1, min(COLUMNS_AT_ONCE, CELLS_AT_ONCE // max(1, size)))
    columns = {name: f"w{place}" for place, name in enumerate(weights)}
    specs = published(connection, specs, names, analysed)
    for name in dict.fromkeys(spec.weight for spec in specs):
        chosen, column = [spec for spec in specs if spec.weight == name], columns.get(name, "1")
        for start in range(0, len(chosen), at_once):
            part = chosen[start : start + at_once]
            excluded = _excluded(connection, wave, part, names, column, analysed)
            quantiles = [spec for spec in part if spec.quantile is not None]
            sums = [spec for spec in part if spec.quantile is None]
            found = [
                *_quantiles(connection, quantiles, names, analysed),
                *(_estimate(connection, sums, names, weights.get(name), column, analysed) if sums else ()),
            ]
            for result in found:
                yield replace(result, n_excluded=excluded[result.id])


def _estimate(
    connection: duckdb.DuckDBPyConnection,
    specs: Sequence[NumberSpec],
    names: Names,
    weight: Weight | None,
    column: str,
    analysed: str,
) -> Iterator[Result]:
    """Compute some numbers of one weight: sums in SQL, deviations from them in arrays."""
    chosen = ", ".join(f"{_value_sql(spec, names, column)} AS y{place}" for place, spec in enumerate(specs))
    values = f"(SELECT record, {column}::DOUBLE AS w, {chosen} FROM {analysed})"
    sums = ", ".join(
        f"[count(y{place})::DOUBLE, fsum(w * y{place}), fsum(w) FILTER (y{place} IS NOT NULL), "
        f"fsum(w * w) FILTER (y{place} IS NOT NULL)]"
        for place in range(len(specs))
    )
    rows = connection.execute(f"SELECT {sums} FROM {values}").fetchall()[0]
    inside = ", ".join(f"count(*) FILTER ({inside_sql(spec, names)})" for spec in specs)
    sizes = connection.execute(f"SELECT {inside} FROM {analysed}").fetchall()[0]
    found = arrays(connection, f"SELECT * EXCLUDE (record) FROM {values} ORDER BY record")
    matrix = np.column_stack([found[f"y{place}"] for place in range(len(specs))])
    estimates = np.array([total / base if count else np.nan for count, total, base, _ in rows])
    errors = standard_errors(influences(matrix, found["w"], estimates), weight)
    for spec, (count, total, base, squares), size, value, error in zip(
        specs, rows, sizes, estimates, errors, strict=True
    ):
        result = _result(spec, int(count), total, float(value), float(error))
        yield replace(result, n_in=size, n_weighted=base or 0.0, n_effective=base**2 / squares if count else 0.0)


def published(
    connection: duckdb.DuckDBPyConnection, specs: Sequence[NumberSpec], names: Names, analysed: str
) -> list[NumberSpec]:
    """Leave out the numbers that ``min_n`` and ``dominance`` keep from being published."""
    kept = {spec.id for spec in specs if spec.min_n is None}
    for family in families(specs):
        enough = _with_enough(connection, family, names, analysed)
        values = dict.fromkeys(_value_sql(spec, names, "1") for spec in enough)
        if not values:
            continue
        flags = ", ".join(f"({value}) IS NOT NULL" for value in values)
        counted = connection.execute(f"SELECT {flags}, count(*) FROM {analysed} GROUP BY ALL").fetchall()
        atoms = {tuple(row[:-1]): row[-1] for row in counted}
        verdicts = dict(zip(values, released(atoms, len(values), least_of(family)), strict=True))
        kept |= {spec.id for spec in enough if verdicts[_value_sql(spec, names, "1")]}
    return [spec for spec in specs if spec.id in kept]


def _with_enough(
    connection: duckdb.DuckDBPyConnection, family: Sequence[NumberSpec], names: Names, analysed: str
) -> list[NumberSpec]:
    """Leave out the numbers that too few answers stand behind, or mostly one."""
    answers: dict[str, list[float]] = {}
    values = list(dict.fromkeys(_value_sql(spec, names, "1") for spec in family))
    for start in range(0, len(values), COLUMNS_AT_ONCE):
        part = values[start : start + COLUMNS_AT_ONCE]
        chosen = ", ".join(f"list({value}) FILTER (({value}) IS NOT NULL)" for value in part)
        found = connection.execute(f"SELECT {chosen} FROM {analysed}").fetchall()[0]
        answers.update(zip(part, (list(given or []) for given in found), strict=True))
    behind = [(spec, answers[_value_sql(spec, names, "1")]) for spec in family]
    return [
        spec
        for spec, given in behind
        if len(given) >= (spec.min_n or 0) and not (spec.dominance and is_dominated(given, spec.dominance))
    ]


def _quantiles(
    connection: duckdb.DuckDBPyConnection, specs: Sequence[NumberSpec], names: Names, analysed: str
) -> Iterator[Result]:
    """Compute unweighted quantiles in exact fractions of the sorted answers; place (n - 1) p from 0, interpolated."""
    for start in range(0, len(specs), COLUMNS_AT_ONCE):
        part = specs[start : start + COLUMNS_AT_ONCE]
        chosen = ", ".join(
            f"list({value}) FILTER ({value} IS NOT NULL), count(*) FILTER ({inside_sql(spec, names)})"
            for spec in part
            for value in [_value_sql(spec, names, "1")]
        )
        row = connection.execute(f"SELECT {chosen} FROM {analysed}").fetchall()[0]
        for spec, found, inside in zip(part, row[::2], row[1::2], strict=True):
            answers = sorted(Fraction(answer) for answer in found or [])
            size = len(answers)
            yield Result(
                spec.id, _quantile(answers, round(100 * (spec.quantile or 0))), unit=spec.estimator,
                decimals=spec.decimals, n_in=inside, n_used=size, n_weighted=float(size), n_effective=float(size),
            )  # fmt: skip


def _quantile(answers: Sequence[Fraction], per_cent: int) -> float | None:
    """Return the quantile of sorted answers; None without any."""
    if not answers:
        return None
    place, part = divmod((len(answers) - 1) * per_cent, 100)
    following = answers[min(place + 1, len(answers) - 1)]
    return float(answers[place] + Fraction(part, 100) * (following - answers[place]))


def _value_sql(spec: NumberSpec, names: Names, weight: str) -> str:
    """Return a number's value per record in SQL: 1/0 for a share, the answer for a mean, NULL outside the base."""
    return f"CASE WHEN {weight} > 0 AND {inside_sql(spec, names)} THEN ({_answered_sql(spec, names)})::DOUBLE END"


def _answered_sql(spec: NumberSpec, names: Names) -> str:
    """Return in SQL what the value is made of, NULL where it is unknown, in the base or not."""
    tree = spec.value
    return value_sql(tree, names) if is_value(tree) else condition_sql(tree, names)


def _excluded(
    connection: duckdb.DuckDBPyConnection,
    wave: WaveSpec,
    specs: Sequence[NumberSpec],
    names: Names,
    weight: str,
    analysed: str,
) -> dict[str, dict[str, int]]:
    """Count for each number the records of its base that it does not use, by reason."""
    counts = ", ".join(
        f"histogram({left_out_sql(wave, [spec.value], _answered_sql(spec, names) + ' IS NOT NULL')}) "
        f"FILTER (({inside_sql(spec, names)}) AND NOT ({weight} > 0 AND {_answered_sql(spec, names)} IS NOT NULL))"
        for spec in specs
    )
    found = connection.execute(f"SELECT {counts} FROM {analysed}").fetchall()[0]
    return {spec.id: dict(counted or {}) for spec, counted in zip(specs, found, strict=True)}


def inside_sql(spec: NumberSpec, names: Names) -> str:
    """Return in SQL who is asked about: the filter and the groups."""
    inside = [f"{answer(code)} = {number_literal(level)}" for code, level in spec.groups]
    if spec.where is not None:
        inside.append(condition_sql(spec.where, names))
    return " AND ".join(inside) or "TRUE"


def _result(spec: NumberSpec, n: int, total: float | None, value: float, error: float) -> Result:
    exact = spec.estimator == "share" and spec.weight == UNWEIGHTED
    return Result(
        spec.id,
        value if n else None,
        unit=spec.estimator,
        decimals=spec.decimals,
        n_used=n,
        numerator=round(total or 0) if exact else None,
        denominator=n if exact else None,
        se=error if n > 1 else None,
        limits=_limits(spec, n, total, value, error),
        df=max(n - 1, 0),
        iterative=spec.weight != UNWEIGHTED,
    )


def _limits(spec: NumberSpec, n: int, total: float | None, value: float, error: float) -> Limits:
    if n == 0:
        return NONE
    if spec.interval_method == "wilson":
        return wilson(round(total or 0), n, spec.level)
    if spec.interval_method == "logit":
        return logit(value, error, n, spec.level)
    return symmetric(value, error, n - 1, spec.level) if n > 1 else NONE
