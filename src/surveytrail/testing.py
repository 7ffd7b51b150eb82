"""The test stage: declared hypotheses, unweighted ones by pingouin and weighted ones by the survey design."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from surveyspec.catalogue import TESTS
from surveyspec.identifiers import number_id
from surveyspec.plan import TestSpec
from surveyspec.sources import sources
from surveyspec.study import WaveSpec
from surveytrail.frames import columns_of
from surveytrail.hypotheses import (
    Outcome,
    complete_pairs,
    complete_records,
    failed_outcomes,
    role_columns,
    run_remembering,
)
from surveytrail.inputs import Memo, base_digest, identities, joint_digest, missing_reasons
from surveytrail.lineage import (
    FILTER,
    Lineage,
    add_base_edges,
    add_exclusion_edges,
    add_weight_edges,
    raw_columns,
)
from surveytrail.masks import Columns, evaluate
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.outcome import TestResult
from surveytrail.weighting import design_digest, design_of

UNITS = {"p": "p", "p_adjusted": "p", "n": "count", "verdict": "verdict", "rank": "rank"}
SUPPORTED, UNDECIDED, CONTRADICTED = 1, 0, -1
NO_EFFECT = {"odds_ratio": 1.0}
# what depends on the p-values of the whole family
OF_FAMILY = frozenset({"p_adjusted", "verdict"})


@dataclass(frozen=True)
class Tests:
    """Computed tests, one row per statistic, and where they come from."""

    __test__ = False  # the name makes pytest look here

    frame: pd.DataFrame
    lineage: Lineage


@dataclass(frozen=True)
class _Computed:
    spec: TestSpec
    outcomes: list[Outcome]
    inside: np.ndarray
    used: np.ndarray
    reasons: np.ndarray
    input_digest: str
    error: str | None

    @property
    def main(self) -> TestResult:
        """The result that decides: of a model, that of its first predictor."""
        return self.outcomes[0].result

    @cached_property
    def base(self) -> dict[str, object]:
        """The base that all statistics of the test share: records, of which a stacked test takes several rows."""
        left_out = dict(sorted(Counter(self.reasons[self.inside & ~self.used]).items()))
        return {
            "n_in": int(self.inside.sum()),
            "n_used": int(self.used.sum()),
            "n_excluded": json.dumps(left_out),
        }


def test_hypotheses(
    analysis: pd.DataFrame,
    weights: pd.DataFrame,
    responses: pd.DataFrame,
    wave: WaveSpec,
    specs: Sequence[TestSpec],
    memo: Memo | None = None,
    with_lineage: bool = True,
) -> Tests:
    """Test the hypotheses of a wave and adjust the p-values within each family (Holm).

    Parameters
    ----------
    analysis, weights : analysed records and their weights, row by row
    responses : all raw records, for the edges of exclusions
    specs : the wave's part of the plan
    memo : results of earlier calls, where many are made: a test that gets the very same arrays is not run again
    with_lineage : whether to say where the numbers come from

    Returns
    -------
    per hypothesis the rows of its statistic, effect size, degrees of freedom, p, adjusted p and n
    """
    lineage, columns = Lineage(), columns_of(analysis)
    identity, every_record = identities(columns["record"], columns["respondent"]), responses["record"].to_numpy()
    remembered = {} if memo is None else memo
    computed = [_compute(analysis, columns, identity, weights, wave, spec, remembered) for spec in specs]
    traced = computed if with_lineage else []
    edges = {entry.spec.stem: _edges(entry, wave, columns["record"], every_record) for entry in traced}
    made: dict[str, list[dict[str, object]]] = {}
    for family in dict.fromkeys((spec.hypothesis.plan, spec.hypothesis.family) for spec in specs):
        members = [entry for entry in computed if (entry.spec.hypothesis.plan, entry.spec.hypothesis.family) == family]
        adjusted = _holm(tuple(entry.main.p for entry in members))
        of_family = joint_digest([entry.input_digest for entry in members])
        for entry, p_adjusted in zip(members, adjusted, strict=True):
            made[entry.spec.stem] = []
            for parts, values in _statistics(entry, p_adjusted):
                identifier = number_id(
                    wave.id, entry.spec.id, entry.spec.hypothesis.weight, [*entry.spec.parts, *parts]
                )
                whole = parts[-1] in OF_FAMILY
                taken = joint_digest([entry.input_digest, of_family]) if whole else entry.input_digest
                made[entry.spec.stem].append(_row(identifier, entry, parts[-1], taken, values))
                for source in members if whole else [entry]:
                    if source.spec.stem in edges:
                        lineage.add_as(identifier, edges[source.spec.stem])
    rows = [row for spec in specs for row in made[spec.stem]]
    return Tests(pd.DataFrame(rows, columns=None if rows else ["id", "test", "statistic"]), lineage)


test_hypotheses.__test__ = False  # type: ignore[attr-defined]


def _compute(
    analysis: pd.DataFrame,
    columns: Columns,
    identity: np.ndarray,
    weights: pd.DataFrame,
    wave: WaveSpec,
    spec: TestSpec,
    memo: Memo,
) -> _Computed:
    roles = role_columns(spec, columns)
    base = np.ones(len(analysis), dtype=bool) if spec.where is None else evaluate(spec.where, columns)[0]
    design = design_of(analysis, weights, wave, spec.hypothesis.weight)
    complete = complete_records(spec, roles)
    used = base & complete & (design.weights > 0)
    error = None
    try:
        outcomes = run_remembering(memo, spec, roles, base, design, wave)
    except StatisticsError as failure:
        # one test without an answer is no reason to withhold the others
        stacked = TESTS[spec.hypothesis.test].stacked
        rows = complete_pairs(roles)[used].sum() if stacked else used.sum()
        outcomes = failed_outcomes(spec, wave, int(rows))
        error = " ".join(str(failure).split())
    values = np.column_stack([column for values in roles.values() for column in values])
    found = [columns[f"{code}:reason"] for code in sources(wave, spec.values)]
    reasons = missing_reasons(found, complete)
    # unweighted tests know the records of their base only, weighted ones their design
    behind = (
        design_digest(analysis, weights, wave, spec.hypothesis.weight) if TESTS[spec.hypothesis.test].weighted else ""
    )
    taken = base_digest(behind, identity, base, used, values, reasons, design.weights)
    return _Computed(spec, outcomes, base, used, reasons, taken, error)


@lru_cache(maxsize=4096)
def _holm(p_values: tuple[float, ...]) -> list[float]:
    """Adjust p-values; proofs ask again, and the library collects garbage at every call."""
    from surveytrail.statistics.unweighted import adjust

    return list(adjust(p_values, "holm"))


def _statistics(entry: _Computed, p_adjusted: float) -> list[tuple[list[str], dict[str, object]]]:
    """Return the rows of one test: the last parts of their ids and their values.

    A test that is not defined for the data has rows of its p-values and its verdict too, without a value: what the
    plan declares does not depend on the answers. Only degrees of freedom are left out.
    """
    spec = entry.spec
    kind = TESTS[spec.hypothesis.test]
    defined = not np.isnan(entry.main.p)
    rows: list[tuple[list[str], dict[str, object]]] = []
    for outcome in entry.outcomes:
        result, parts = outcome.result, list(outcome.parts)
        if kind.statistic is not None and kind.statistic != kind.effect:
            rows.append(([*parts, kind.statistic], {"value": result.statistic}))
        if kind.effect is not None:
            rows.append(([*parts, kind.effect], {"value": result.effect_size, **_bounds(spec, result)}))
        if kind.has_p:
            rows.append(([*parts, "p"], {"value": result.p}))
    if defined:
        names = [f"df{place}" for place in range(1, len(entry.main.df) + 1)] if len(entry.main.df) > 1 else ["df"]
        rows += [([name], {"value": df}) for name, df in zip(names, entry.main.df, strict=False)]
    if kind.has_p:
        rows.append((["p_adjusted"], {"value": p_adjusted}))
        rows.append((["verdict"], {"value": _verdict(spec, entry.main, p_adjusted) if defined else None}))
    return [*rows, (["n"], {"value": entry.main.n_used})]


def _bounds(spec: TestSpec, result: TestResult) -> dict[str, object]:
    if not result.has_interval:
        return {}
    return {
        "lower": result.effect_lower,
        "upper": result.effect_upper,
        "interval_level": spec.interval_level,
        "interval_method": result.interval_method,
    }


def _verdict(spec: TestSpec, result: TestResult, p_adjusted: float) -> int:
    """Judge by the fixed rule: the interval of the effect on the claimed side, on the other side, or on both.

    Where a difference or an equivalence is expected, or no interval is known, the adjusted p-value decides.
    """
    hypothesis = spec.hypothesis
    significant = p_adjusted < hypothesis.alpha
    if hypothesis.expect in {"different", "equivalent"}:
        return SUPPORTED if significant else UNDECIDED
    sign = 1 if hypothesis.expect == "positive" else -1
    nothing = NO_EFFECT.get(str(TESTS[hypothesis.test].effect), 0.0)
    if not result.has_interval:
        return sign * int(np.sign(result.effect_size - nothing)) if significant else UNDECIDED
    low, high = sorted((sign * (result.effect_lower - nothing), sign * (result.effect_upper - nothing)))
    return SUPPORTED if low > 0 else CONTRADICTED if high < 0 else UNDECIDED


def _row(identifier: str, entry: _Computed, statistic: str, taken: str, values: dict[str, object]) -> dict[str, object]:
    return {
        "id": identifier,
        "test": entry.spec.stem,
        "statistic": statistic,
        "unit": UNITS.get(statistic, "statistic"),
        **entry.base,
        "df": entry.main.df[-1] if entry.main.df and not np.isnan(entry.main.p) else None,
        "warning": "; ".join(entry.main.warnings) or None,
        "error": entry.error,
        "spec_digest": entry.spec.digest_of(identifier),
        "input_digest": taken,
        **values,
    }


def _edges(entry: _Computed, wave: WaveSpec, records: np.ndarray, every_record: np.ndarray) -> Lineage:
    """Return the edges that all statistics of a test have."""
    lineage, identifier = Lineage(), entry.spec.stem
    spec, used, left_out = entry.spec, entry.used, entry.inside & ~entry.used
    add_base_edges(lineage, identifier, wave, spec.values, records, entry.inside, used, entry.reasons)
    reads = [spec.where] if spec.where is not None else []
    lineage.add(identifier, "INDIRECT", FILTER, wave.id, records, raw_columns(wave, reads))
    add_weight_edges(lineage, identifier, wave, spec.hypothesis.weight, records, records[used], records[left_out])
    add_exclusion_edges(lineage, identifier, wave, every_record)
    return lineage
