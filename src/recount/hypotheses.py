"""Hypothesis tests from their definitions: Spearman's rank correlation, and Rao and Scott's test of a crosstab."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import duckdb
import numpy as np

from recount.conditions import Names, condition_sql, value_sql
from recount.distributions import log_f_tail, log_t_two_sided, normal_quantile
from recount.intervals import NONE, Limits
from recount.results import Result
from recount.tables import FloatArray, arrays, number
from recount.variances import covariance, influences
from recount.weighting import Weight
from surveyspec.conditions import Condition, Value, is_value
from surveyspec.identifiers import UNWEIGHTED, number_id
from surveyspec.plan import TestSpec

DECIMALS = {"count": 0, "statistic": 2, "p": 3, "share": 1, "verdict": 0}
UNITS = {"n": "count", "p": "p", "p_adjusted": "p", "verdict": "verdict"}


def test_hypotheses(
    connection: duckdb.DuckDBPyConnection,
    specs: Sequence[TestSpec],
    names: Names,
    weights: Mapping[str, Weight],
    analysed: str,
) -> list[Result]:
    """Compute the tests of a wave, p-values adjusted within each family by Holm's (1979) method.

    Parameters
    ----------
    specs : what to test
    names : the wave's variables
    weights : the wave's weights by id
    analysed : table of the analysed records, with the weights as columns ``w0``, ``w1``, …
    """
    outcomes: list[dict[str, float]] = []
    for spec in specs:
        if spec.hypothesis.test == "spearman":
            outcomes.append(_spearman(connection, spec, names, analysed))
        else:
            outcomes.append(_rao_scott(connection, spec, names, weights, analysed))
    families = [(spec.hypothesis.plan, spec.hypothesis.family) for spec in specs]
    for family in set(families):
        members = [outcome for outcome, own in zip(outcomes, families, strict=True) if own == family]
        for outcome, log_p in zip(members, holm([outcome["p"] for outcome in members]), strict=True):
            outcome["p_adjusted"] = log_p
    for spec, outcome in zip(specs, outcomes, strict=True):
        outcome["verdict"] = float(_verdict(spec, outcome))
    found: list[Result] = []
    for spec, outcome in zip(specs, outcomes, strict=True):
        n_in = number(connection, f"SELECT count(*) FROM {analysed} WHERE {_where_sql(spec, names)}")
        found += [replace(result, n_in=n_in) for result in _results(spec, outcome)]
    return found


test_hypotheses.__test__ = False  # type: ignore[attr-defined]  # the name makes pytest look here


def _verdict(spec: TestSpec, outcome: Mapping[str, float]) -> int:
    """Judge by the study's fixed rule: 1 supported, 0 undecided, -1 contradicted.

    Where a direction is claimed, the interval of the correlation decides by the side of zero that it lies on; where
    just a difference is, the adjusted p-value against the hypothesis's level.
    """
    if spec.hypothesis.expect in {"different", "equivalent"}:
        return int(outcome["p_adjusted"] < math.log(spec.hypothesis.alpha))
    lower, upper = _limits(spec, outcome["rho"], int(outcome["n"]))
    if lower is None or upper is None or lower <= 0 <= upper:
        return 0
    return 1 if (lower > 0) == (spec.hypothesis.expect == "positive") else -1


def _results(spec: TestSpec, outcome: dict[str, float]) -> list[Result]:
    weighted = spec.hypothesis.weight != UNWEIGHTED
    found = []
    for statistic, figure in outcome.items():
        unit = UNITS.get(statistic, "statistic")
        is_p = unit == "p"
        found.append(
            Result(
                number_id(spec.wave, spec.id, spec.hypothesis.weight, [*spec.parts, statistic]),
                None if math.isnan(figure) else math.exp(figure) if is_p else figure,
                unit=unit,
                decimals=DECIMALS[unit],
                n_used=int(outcome["n"]),
                limits=_limits(spec, figure, int(outcome["n"])) if statistic == "rho" else NONE,
                df=outcome.get("df2", outcome.get("df")),
                log_p=figure if is_p else None,
                iterative=weighted,
            )
        )
    return found


def _limits(spec: TestSpec, rho: float, n: int) -> Limits:
    """Return the interval of a rank correlation on Fisher's z scale, with Bonett and Wright's (2000) variance."""
    if n <= 3 or not abs(rho) < 1:
        return NONE
    half = normal_quantile(1 - spec.hypothesis.alpha / 2) * math.sqrt((1 + rho * rho / 2) / (n - 3))
    return math.tanh(math.atanh(rho) - half), math.tanh(math.atanh(rho) + half)


def holm(log_p: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number, step-down (Holm 1979); all on the log scale.

    A test without a p-value (NaN) stays without and does not count.
    """
    order = sorted(
        (place for place in range(len(log_p)) if not math.isnan(log_p[place])), key=lambda place: log_p[place]
    )
    adjusted, highest = [math.nan] * len(log_p), -math.inf
    for rank, place in enumerate(order):
        highest = max(highest, log_p[place] + math.log(len(order) - rank))
        adjusted[place] = min(0.0, highest)
    return adjusted


def _spearman(connection: duckdb.DuckDBPyConnection, spec: TestSpec, names: Names, analysed: str) -> dict[str, float]:
    """Correlate average ranks; the two-sided p-value is that of Student's t with n - 2 degrees of freedom."""
    ranks = ", ".join(
        f"rank() OVER (ORDER BY {name}) + (count(*) OVER (PARTITION BY {name}) - 1) / 2.0 AS {name}_rank"
        for name in ("x", "y")
    )
    pairs = _pairs_sql(spec, names, "1", analysed)
    ranked = arrays(connection, f"SELECT record, {ranks} FROM ({pairs}) ORDER BY record")
    x, y = ranked["x_rank"], ranked["y_rank"]
    n = len(x)
    x, y = x - (n + 1) / 2, y - (n + 1) / 2
    if n < 3 or not x.any() or not y.any():
        return {"rho": math.nan, "df": n - 2, "p": math.nan, "n": n}
    rho = math.fsum(x * y) / math.sqrt(math.fsum(x * x) * math.fsum(y * y))
    rest = max(0.0, 1 - rho * rho)
    log_p = log_t_two_sided(rho * math.sqrt((n - 2) / rest), n - 2) if rest else -math.inf
    return {"rho": rho, "df": n - 2, "p": log_p, "n": n}


def _rao_scott(
    connection: duckdb.DuckDBPyConnection,
    spec: TestSpec,
    names: Names,
    weights: Mapping[str, Weight],
    analysed: str,
) -> dict[str, float]:
    """Test independence in a crosstab of weighted shares, with Rao and Scott's (1984) second-order correction.

    Pearson's statistic is divided by the trace of the generalised design effects of the log odds ratios, and referred
    to F with ``trace^2 / trace of the square`` and that times the degrees of freedom of the design (Thomas & Rao 1987):
    the records with a weight in the filter, minus one, whether they answered or not.
    """
    name = spec.hypothesis.weight
    column = "1" if name == UNWEIGHTED else f"w{list(weights).index(name)}"
    found = arrays(
        connection,
        f"SELECT a.record, p.x, p.y, coalesce(p.w, 0) AS w FROM {analysed} a "
        f"LEFT JOIN ({_pairs_sql(spec, names, column, analysed)}) p USING (record) ORDER BY a.record",
    )
    x, y, own = found["x"], found["y"], found["w"]
    rows, columns = len(np.unique(x[own > 0])), len(np.unique(y[own > 0]))
    n = int((own > 0).sum())
    if rows < 2 or columns < 2:
        return dict.fromkeys(("f", "df1", "df2", "p", "cramers_v"), math.nan) | {"n": n}
    cells = [(own > 0) & (x == a) & (y == b) for a in np.unique(x[own > 0]) for b in np.unique(y[own > 0])]
    indicators = np.where((own > 0)[:, None], np.column_stack(cells).astype(np.float64), np.nan)
    shares = own @ np.column_stack(cells) / own.sum()
    table = shares.reshape(rows, columns)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    phi2 = float(((table - expected) ** 2 / expected).sum())
    spread = covariance(influences(indicators, own, shares), weights.get(name))
    effects = design_effects(shares, spread, rows, columns)
    trace, square = float(np.trace(effects)), float(np.trace(effects @ effects))
    statistic, df1 = phi2 / trace, trace**2 / square
    weighted = f"SELECT count(*) FROM {analysed} WHERE {column} > 0 AND {_where_sql(spec, names)}"
    df2 = df1 * (number(connection, weighted) - 1)
    return {
        "f": statistic,
        "df1": df1,
        "df2": df2,
        "p": log_f_tail(statistic, df1, df2),
        "cramers_v": math.sqrt(phi2 / (min(rows, columns) - 1)),
        "n": n,
    }


def design_effects(shares: FloatArray, spread: FloatArray, rows: int, columns: int) -> FloatArray:
    """Return the matrix whose eigenvalues are the generalised design effects of the log odds ratios, divided by n.

    Parameters
    ----------
    shares : (rows * columns,) cell shares
    spread : their covariance under the design
    """
    odds = np.kron(_differences(rows), _differences(columns))
    with np.errstate(divide="ignore"):
        inverse = np.where(shares > 0, 1 / shares, 0.0)
    scaled = odds * inverse
    return np.asarray(np.linalg.solve(scaled @ odds.T, scaled @ spread @ scaled.T))


def _differences(levels: int) -> FloatArray:
    """Return the (levels - 1, levels) contrasts of each level with the first."""
    return np.column_stack([-np.ones(levels - 1), np.eye(levels - 1)])


def _pairs_sql(spec: TestSpec, names: Names, weight: str, analysed: str) -> str:
    """Return the records of a test's base with both answers and a weight."""
    x, y = (_role_sql(spec.roles[role][0], names) for role in ("x", "y"))
    return (
        f"SELECT record, {x} AS x, {y} AS y, {weight}::DOUBLE AS w FROM {analysed} "
        f"WHERE {x} IS NOT NULL AND {y} IS NOT NULL AND {weight} > 0 AND {_where_sql(spec, names)}"
    )


def _role_sql(tree: Condition | Value, names: Names) -> str:
    """Return what a test reads of a record: an answer, or 1 and 0 for a condition; NULL where unknown."""
    return f"({value_sql(tree, names) if is_value(tree) else condition_sql(tree, names)})::DOUBLE"


def _where_sql(spec: TestSpec, names: Names) -> str:
    return condition_sql(spec.where, names) if spec.where is not None else "TRUE"
