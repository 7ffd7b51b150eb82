"""The test stage: declared hypotheses, unweighted ones by pingouin and weighted ones by the survey design."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveyspec.identifiers import number_id
from surveyspec.plan import TestSpec, digest
from surveyspec.study import WaveSpec
from surveytrail.frames import columns_of, input_digest
from surveytrail.lineage import Lineage, add_exclusion_edges, add_weight_edges, raw_columns
from surveytrail.masks import evaluate, is_known
from surveytrail.statistics.outcome import TestResult
from surveytrail.weighting import design_of

# the statistic's part of the number id and its unit
STATISTIC = {"spearman": "rho", "rao_scott": "f"}
EFFECT = {"spearman": "rho", "rao_scott": "cramers_v"}
UNITS = {"p": "p", "p_adjusted": "p", "n": "count"}


@dataclass(frozen=True)
class Tests:
    """Computed tests, one row per statistic, and where they come from."""

    __test__ = False  # the name makes pytest look here

    frame: pd.DataFrame
    lineage: Lineage


@dataclass(frozen=True)
class _Computed:
    spec: TestSpec
    result: TestResult
    inside: np.ndarray
    used: np.ndarray
    input_digest: str


def test_hypotheses(
    analysis: pd.DataFrame, weights: pd.DataFrame, responses: pd.DataFrame, wave: WaveSpec, specs: Sequence[TestSpec]
) -> Tests:
    """Test the hypotheses of a wave and adjust the p-values within each family (Holm).

    Parameters
    ----------
    analysis, weights : analysed records and their weights, row by row
    responses : all raw records, for the edges of exclusions
    specs : the wave's part of the plan

    Returns
    -------
    per hypothesis the rows of its statistic, effect size, degrees of freedom, p, adjusted p and n
    """
    lineage = Lineage()
    computed = [_compute(analysis, weights, wave, spec) for spec in specs]
    rows: list[dict[str, object]] = []
    for family in dict.fromkeys((spec.hypothesis.plan, spec.hypothesis.family) for spec in specs):
        members = [entry for entry in computed if (entry.spec.hypothesis.plan, entry.spec.hypothesis.family) == family]
        adjusted = _holm([entry.result.p for entry in members])
        for entry, p_adjusted in zip(members, adjusted, strict=True):
            for statistic, values in _statistics(entry.result, entry.spec, p_adjusted).items():
                identifier = number_id(wave.id, entry.spec.id, entry.spec.hypothesis.weight, [statistic])
                rows.append(_row(identifier, entry, statistic, values))
                for source in members if statistic == "p_adjusted" else [entry]:
                    _add_edges(lineage, identifier, source, wave, analysis, responses)
    order = {spec.id: place for place, spec in enumerate(specs)}
    rows.sort(key=lambda row: order[str(row["hypothesis"])])
    return Tests(pd.DataFrame(rows, columns=None if rows else ["id", "hypothesis", "statistic"]), lineage)


test_hypotheses.__test__ = False  # type: ignore[attr-defined]


def _compute(analysis: pd.DataFrame, weights: pd.DataFrame, wave: WaveSpec, spec: TestSpec) -> _Computed:
    columns = columns_of(analysis)
    hypothesis = spec.hypothesis
    x, y = columns[hypothesis.x].astype(np.float64), columns[hypothesis.y].astype(np.float64)
    inside = np.ones(len(x), dtype=bool) if spec.where is None else evaluate(spec.where, columns)[0]
    design = design_of(analysis, weights, wave, hypothesis.weight)
    used = inside & is_known(x) & is_known(y) & (design.weights > 0)
    if hypothesis.test == "rao_scott":
        from surveytrail.statistics.chisquare import independence

        result = independence(design.subset(inside), x, y, statistic="F")
    else:
        from surveytrail.statistics.unweighted import run_test

        result = run_test(hypothesis.test, x[used], y[used])
    values = np.column_stack([x[used], y[used]])
    taken = input_digest(columns["record"][used], columns["respondent"][used], values, design.weights[used])
    return _Computed(spec, result, inside, used, taken)


def _holm(p_values: list[float]) -> list[float]:
    from surveytrail.statistics.unweighted import adjust

    return list(adjust(p_values, "holm"))


def _statistics(result: TestResult, spec: TestSpec, p_adjusted: float) -> dict[str, dict[str, object]]:
    """Return the rows of one test: part of the id -> its value and, for the effect size, its interval."""
    test = spec.hypothesis.test
    bounds: dict[str, object] = {}
    if result.has_interval:
        bounds = {
            "lower": result.effect_lower,
            "upper": result.effect_upper,
            "interval_level": 1 - spec.hypothesis.alpha,
            "interval_method": result.interval_method,
        }
    rows: dict[str, dict[str, object]] = {STATISTIC[test]: {"value": result.statistic}}
    rows[EFFECT[test]] = {"value": result.effect_size, **bounds}
    names = [f"df{place}" for place in range(1, len(result.df) + 1)] if len(result.df) > 1 else ["df"]
    rows |= {name: {"value": value} for name, value in zip(names, result.df, strict=False)}
    return {**rows, "p": {"value": result.p}, "p_adjusted": {"value": p_adjusted}, "n": {"value": result.n_used}}


def _row(identifier: str, entry: _Computed, statistic: str, values: dict[str, object]) -> dict[str, object]:
    return {
        "id": identifier,
        "hypothesis": entry.spec.id,
        "statistic": statistic,
        "unit": UNITS.get(statistic, "statistic"),
        "n_in": int(entry.inside.sum()),
        "n_used": entry.result.n_used,
        "n_excluded": json.dumps({"missing": int(entry.inside.sum()) - entry.result.n_used}),
        "df": entry.result.df[-1] if entry.result.df else None,
        "warning": "; ".join(entry.result.warnings) or None,
        "spec_digest": digest([statistic, entry.spec.canonical()]),
        "input_digest": entry.input_digest,
        **values,
    }


def _add_edges(
    lineage: Lineage,
    identifier: str,
    entry: _Computed,
    wave: WaveSpec,
    analysis: pd.DataFrame,
    responses: pd.DataFrame,
) -> None:
    records, spec = analysis["record"].to_numpy(), entry.spec
    columns = raw_columns(wave, spec.value_variables)
    lineage.add(identifier, "DIRECT", "value", wave.id, records[entry.used], columns)
    lineage.add(identifier, "INDIRECT", "value not used", wave.id, records[entry.inside & ~entry.used], columns)
    lineage.add(identifier, "INDIRECT", "filter", wave.id, records, raw_columns(wave, spec.filter_variables))
    add_weight_edges(lineage, identifier, wave, spec.hypothesis.weight, records, records[entry.used])
    add_exclusion_edges(lineage, identifier, wave, responses["record"].to_numpy())
