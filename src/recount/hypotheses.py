"""Hypothesis tests of a wave: the columns that each needs, the test by its name, and the rows of the ledger."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np

from recount import count_tests, location_tests, models, resampling
from recount.coding import left_out_sql
from recount.conditions import Names, condition_sql, value_sql
from recount.crosstabs import rao_scott
from recount.intervals import NONE
from recount.outcomes import Outcome, Roles, complete
from recount.results import Result
from recount.tables import arrays
from recount.weighting import Weight
from surveyspec.catalogue import TESTS
from surveyspec.conditions import Condition, Value, is_value
from surveyspec.identifiers import number_id, seed_words
from surveyspec.plan import TestSpec, digest
from surveyspec.study import WaveSpec

DECIMALS = {"count": 0, "statistic": 2, "p": 3, "rank": 1, "verdict": 0}
UNITS = {"n": "count", "p": "p", "p_adjusted": "p", "rank": "rank", "verdict": "verdict"}
# effect sizes that are not zero where there is no effect
NO_EFFECT = {"odds_ratio": 1.0}
SIMPLE: dict[str, Callable[[Roles, float], Outcome]] = {
    "t_welch": location_tests.t_welch,
    "mann_whitney": location_tests.mann_whitney,
    "kruskal_wallis": location_tests.kruskal_wallis,
    "friedman": location_tests.friedman,
    "cochran_q": location_tests.cochran_q,
    "partial_spearman": location_tests.partial_spearman,
    "chi_square": count_tests.chi_square,
    "mcnemar": count_tests.mcnemar,
    "clustered_logit": models.clustered_logit,
}
PER_PREDICTOR: dict[str, Callable[[Roles, list[str], float], list[Outcome]]] = {
    "ols": models.ols,
    "logit": models.logit,
    "ordinal_logit": models.ordinal_logit,
}


def test_hypotheses(
    connection: duckdb.DuckDBPyConnection,
    wave: WaveSpec,
    specs: Sequence[TestSpec],
    names: Names,
    weights: Mapping[str, Weight],
    analysed: str,
) -> list[Result]:
    """Compute the tests of a wave, p-values adjusted within each plan and family by Holm's (1979) method.

    Parameters
    ----------
    wave : the wave
    specs : what to test
    names : the wave's variables
    weights : the wave's weights by id
    analysed : table of the analysed records
    """
    found: list[tuple[TestSpec, list[Outcome], int, dict[str, int]]] = []
    for spec in specs:
        roles, inside, reasons = _roles(connection, wave, spec, names, analysed)
        base = {role: [column[inside > 0] for column in columns] for role, columns in roles.items()}
        try:
            # what numpy would let pass as not a number ends a test here, as a division by zero does
            with np.errstate(divide="raise", invalid="raise"):
                if spec.hypothesis.test == "rao_scott":
                    weight, level = weights[spec.hypothesis.weight], 1 - spec.hypothesis.alpha
                    outcomes = [rao_scott(roles["x"][0], roles["y"][0], inside, weight, level)]
                else:
                    outcomes = run_test(spec, wave, base)
        except (ArithmeticError, np.linalg.LinAlgError):
            outcomes = _undefined(spec, wave, base)
        own = weights.get(spec.hypothesis.weight)
        excluded = _excluded(spec, roles, inside > 0, reasons, None if own is None else own.final)
        found.append((spec, outcomes, int(inside.sum()), excluded))
    adjusted = _adjusted([(spec, outcomes[0]) for spec, outcomes, *_ in found])
    return [
        replace(result, n_in=n_in, n_excluded=excluded)
        for (spec, outcomes, n_in, excluded), adjusted_p in zip(found, adjusted, strict=True)
        for result in _results(spec, outcomes, adjusted_p)
    ]


test_hypotheses.__test__ = False  # type: ignore[attr-defined]  # the name makes pytest look here


def _roles(
    connection: duckdb.DuckDBPyConnection, wave: WaveSpec, spec: TestSpec, names: Names, analysed: str
) -> tuple[Roles, np.ndarray, list[str]]:
    """Return the columns of each role over all analysed records, 1 where the filter is true, and reasons.

    A reason says why the record is not used, if it is not and its weight is not to blame.
    """
    where = condition_sql(spec.where, names) if spec.where is not None else "TRUE"
    columns = [f"coalesce({where}, FALSE)::DOUBLE AS inside"]
    for role, values in spec.roles.items():
        columns += [f"{_role_sql(value, names)} AS {role}_{place}" for place, value in enumerate(values)]
    read = arrays(connection, f"SELECT {', '.join(columns)} FROM {analysed} ORDER BY record")
    roles = {role: [read[f"{role}_{place}"] for place in range(len(values))] for role, values in spec.roles.items()}
    reasons = connection.execute(f"SELECT {left_out_sql(wave, spec.values, 'FALSE')} FROM {analysed} ORDER BY record")
    return roles, read["inside"], [why for (why,) in reasons.fetchall()]


def _excluded(
    spec: TestSpec, roles: Roles, inside: np.ndarray, reasons: Sequence[str], weight: np.ndarray | None
) -> dict[str, int]:
    """Count the records of a test's base that it does not use, by reason.

    A test needs all its values; ranks by bootstrap need any, and tests over pairs of items any pair.
    """
    known = {role: ~np.isnan(np.column_stack(columns)) for role, columns in roles.items()}
    if TESTS[spec.hypothesis.test].stacked:
        answered = (known["x"] & known["y"]).any(axis=1)
    else:
        each = np.column_stack(list(known.values()))
        answered = each.any(axis=1) if spec.hypothesis.test == "bootstrap_ranks" else each.all(axis=1)
    used = answered if weight is None else answered & (weight > 0)
    left_out = np.flatnonzero(inside & ~used).tolist()
    whys = np.where(answered, "NO_WEIGHT", reasons).tolist()
    return dict(Counter(whys[place] for place in left_out))


def _role_sql(tree: Condition | Value, names: Names) -> str:
    """Return what a test reads of a record: an answer, or 1 and 0 for a condition; NULL where unknown."""
    return f"({value_sql(tree, names) if is_value(tree) else condition_sql(tree, names)})::DOUBLE"


def run_test(spec: TestSpec, wave: WaveSpec, roles: Roles) -> list[Outcome]:
    """Run an unweighted test on the columns of its base.

    Parameters
    ----------
    roles : per role, the columns of the records for which the filter is true, in record order
    """
    hypothesis, level = spec.hypothesis, 1 - spec.hypothesis.alpha
    name, value = hypothesis.test, hypothesis.value or 0.0
    if name in SIMPLE:
        return [SIMPLE[name](roles, level)]
    if name in PER_PREDICTOR:
        return PER_PREDICTOR[name](roles, [wave.slug(str(code)) for code in hypothesis.given or []], level)
    seed, draws = seed_words(hypothesis.seed or 0, spec.stem), hypothesis.draws or 0
    if name == "bootstrap_ranks":
        parts = [wave.slug(code) for code in wave.items(str(hypothesis.items))]
        return resampling.bootstrap_ranks(roles, parts, seed, draws, level)
    if name == "indirect_effect":
        return [resampling.indirect_effect(roles, seed, draws, level)]
    if name == "binomial":
        return [count_tests.binomial(roles, value, level)]
    if name == "tost_share":
        return [count_tests.tost_share(roles, value, hypothesis.bound or 0.0, level)]
    if name in {"pearson", "spearman"}:
        return [location_tests.correlation(roles["x"][0], roles["y"][0], level, rank=name == "spearman")]
    paired = name in {"t_paired", "wilcoxon_paired"}
    columns = complete(roles["x"][0], roles["y"][0]) if paired else complete(roles["y"][0])
    differences = columns[0] - columns[1] if paired else columns[0] - value
    test = location_tests.t_of_differences if name.startswith("t_") else location_tests.signed_ranks
    return [test(differences, level)]


def _undefined(spec: TestSpec, wave: WaveSpec, roles: Roles) -> list[Outcome]:
    """Return the outcomes of a test that these data cannot carry: its parts and its size, and nothing else."""
    kind, hypothesis = TESTS[spec.hypothesis.test], spec.hypothesis
    columns = [column for values in roles.values() for column in values]
    known = ~np.isnan(np.column_stack(columns))
    records: int | None = None
    if kind.stacked:
        pairs = np.column_stack([~np.isnan(x) & ~np.isnan(y) for x, y in zip(roles["x"], roles["y"], strict=True)])
        n, records = int(pairs.sum()), int(pairs.any(axis=1).sum())
    else:
        n = int((known.any(axis=1) if hypothesis.test == "bootstrap_ranks" else known.all(axis=1)).sum())
    if kind.per == "test":
        return [Outcome(n, records=records)]
    codes = wave.items(str(hypothesis.items)) if kind.per == "item" else hypothesis.given or []
    return [Outcome(n, parts=(wave.slug(str(code)),)) for code in codes]


@dataclass(frozen=True)
class _Adjusted:
    """The logarithm of an adjusted p-value, and whether a fit stands behind any p-value of its family."""

    log_p: float
    iterative: bool


def _adjusted(tests: Sequence[tuple[TestSpec, Outcome]]) -> list[_Adjusted]:
    """Return each test's p-value, adjusted within its plan and family."""
    families = [(spec.hypothesis.plan, spec.hypothesis.family) for spec, _ in tests]
    adjusted: dict[int, _Adjusted] = {}
    for family in set(families):
        members = [place for place, own in enumerate(families) if own == family]
        iterative = any(tests[place][1].iterative for place in members)
        for place, log_p in zip(members, holm([tests[place][1].log_p for place in members]), strict=True):
            adjusted[place] = _Adjusted(log_p, iterative)
    return [adjusted[place] for place in range(len(tests))]


def holm(log_p: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number, step-down (Holm 1979); all on the log scale.

    A test without a p-value (NaN) stays without and does not count.
    """
    known = [place for place in range(len(log_p)) if not math.isnan(log_p[place])]
    adjusted, highest = [math.nan] * len(log_p), -math.inf
    for rank, place in enumerate(sorted(known, key=lambda place: log_p[place])):
        highest = max(highest, log_p[place] + math.log(len(known) - rank))
        adjusted[place] = min(0.0, highest)
    return adjusted


def _results(spec: TestSpec, outcomes: Sequence[Outcome], adjusted: _Adjusted) -> list[Result]:
    """Return the ledger rows of a test: per outcome statistic, effect and p; then df, adjusted p, verdict and n.

    What the plan declares does not depend on the answers: a test that is not defined has its rows, without a value.
    Only its degrees of freedom are left out.
    """
    kind, main = TESTS[spec.hypothesis.test], outcomes[0]
    defined = not math.isnan(main.log_p)
    rows: list[tuple[tuple[str, ...], Result]] = []
    for outcome in outcomes:
        if kind.statistic is not None and kind.statistic != kind.effect:
            rows.append(((*outcome.parts, kind.statistic), _row(outcome.statistic)))
        if kind.effect is not None:
            rows.append(((*outcome.parts, kind.effect), replace(_row(outcome.effect), limits=outcome.limits)))
        if kind.has_p:
            rows.append(((*outcome.parts, "p"), _p_row(outcome.log_p)))
    if defined:
        names = ["df"] if len(main.df) == 1 else [f"df{place}" for place in range(1, len(main.df) + 1)]
        rows += [((name,), _row(df)) for name, df in zip(names, main.df, strict=True)]
    if kind.has_p:
        rows.append((("p_adjusted",), _p_row(adjusted.log_p)))
        rows.append((("verdict",), _row(verdict(spec, main, adjusted.log_p) if defined else math.nan)))
    rows.append((("n",), _row(main.n)))
    return [
        replace(
            row,
            id=(identifier := number_id(spec.wave, spec.id, spec.hypothesis.weight, [*spec.parts, *parts])),
            unit=(unit := UNITS.get(parts[-1], "statistic")),
            decimals=DECIMALS[unit],
            n_used=main.n if main.records is None else main.records,
            df=main.df[-1] if main.df and defined else None,
            iterative=main.iterative or (parts == ("p_adjusted",) and adjusted.iterative),
            solved_limits=main.solved_limits,
            identity={
                **_identity(spec),
                "statistic": parts[-1],
                "interval_level": None if row.limits == NONE else spec.interval_level,
                "spec_digest": digest([identifier, spec.canonical()]),
            },
        )
        for parts, row in rows
    ]


def _identity(spec: TestSpec) -> dict[str, object]:
    hypothesis = spec.hypothesis
    return {
        "wave": spec.wave, "kind": "test", "estimate": spec.id, "item": spec.item, "weight": hypothesis.weight,
        "estimator": hypothesis.test,
    }  # fmt: skip


def _row(value: float) -> Result:
    return Result("", None if math.isnan(value) else float(value), "", 0)


def _p_row(log_p: float) -> Result:
    return _row(math.nan) if math.isnan(log_p) else Result("", math.exp(log_p), "", 0, log_p=log_p)


def verdict(spec: TestSpec, outcome: Outcome, log_p_adjusted: float) -> int:
    """Judge by the study's fixed rule: 1 supported, 0 undecided, -1 contradicted.

    Where a direction is claimed, the interval of the effect decides by the side of no effect that it lies on (without
    an interval the effect's side, if significant); where a difference or an equivalence is, the adjusted p-value.
    """
    expect = spec.hypothesis.expect
    significant = log_p_adjusted < math.log(spec.hypothesis.alpha)
    if expect in {"different", "equivalent"}:
        return int(significant)
    nothing = NO_EFFECT.get(str(TESTS[spec.hypothesis.test].effect), 0.0)
    lower, upper = outcome.limits
    if lower is None or upper is None:
        lower = upper = outcome.effect if significant else nothing
    if lower <= nothing <= upper:
        return 0
    return 1 if (lower > nothing) == (expect == "positive") else -1
