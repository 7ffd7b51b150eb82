"""The estimation stage: every planned number of a wave at once, with its lineage."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveyspec.conditions import is_value
from surveyspec.guarded import families
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.plan import NumberSpec
from surveyspec.sources import Read, sources
from surveyspec.study import WaveSpec
from surveytrail.disclosure import published
from surveytrail.frames import columns_of
from surveytrail.inputs import arrays_digest, base_digest, identities, joint_digest, missing_reasons
from surveytrail.lineage import (
    DISCLOSURE,
    FILTER,
    Lineage,
    add_base_edges,
    add_exclusion_edges,
    add_weight_edges,
    raw_columns,
)
from surveytrail.masks import evaluate, evaluate_value
from surveytrail.statistics.count_intervals import wilson
from surveytrail.statistics.design import SurveyDesign
from surveytrail.statistics.estimates import WARNINGS, Estimates, Interval
from surveytrail.statistics.estimators import mean
from surveytrail.statistics.intervals import ProportionInterval, proportion_interval
from surveytrail.statistics.quantiles import weighted_quantile
from surveytrail.weighting import design_digest, design_of

# Up to so many answers (records x items x domains) every number is computed by itself, so that no bit of it depends on
# answers that it does not read. Beyond, sums are shared among numbers, and the last digits of one may feel another.
APART_UP_TO = 50_000_000


@dataclass(frozen=True)
class Numbers:
    """Computed numbers, one row per specification, and where they come from."""

    frame: pd.DataFrame
    lineage: Lineage


class _Cache:
    """The distinct indicator columns and domains of many specifications, each evaluated once."""

    def __init__(self, analysis: pd.DataFrame, wave: WaveSpec, responses: pd.DataFrame) -> None:
        self.columns, self.wave = columns_of(analysis), wave
        self.records, self.every_record = self.columns["record"], responses["record"].to_numpy()
        self.identity = identities(self.records, self.columns["respondent"])
        self.values: dict[str, np.ndarray] = {}
        self.reasons: dict[str, np.ndarray] = {}
        self.domains: dict[str, np.ndarray] = {}

    def value(self, spec: NumberSpec) -> str:
        """Return the key of a specification's value column: 1/0 for a share, the answer for a mean, NaN unknown."""
        key = spec.value_key
        if key not in self.values:
            if is_value(spec.value):
                computed, known = evaluate_value(spec.value, self.columns)
            else:
                computed, known = evaluate(spec.value, self.columns)
            self.values[key] = np.where(known, computed.astype(np.float64), np.nan)
            found = [self.columns[f"{code}:reason"] for code in sources(self.wave, [spec.value])]
            self.reasons[key] = missing_reasons(found, ~np.isnan(self.values[key]))
        return key

    def domain(self, spec: NumberSpec) -> str:
        """Return the key of a specification's domain: its filter and groups."""
        key = spec.domain_key
        if key not in self.domains:
            inside = np.ones(len(self.columns["record"]), dtype=bool)
            if spec.where is not None:
                inside &= evaluate(spec.where, self.columns)[0]
            for code, level in spec.groups:
                inside &= self.columns[code] == level
            self.domains[key] = inside
        return key


@dataclass(frozen=True)
class _Decision:
    """That a guarded number is published: the digest and the raw columns of what this was decided from."""

    digest: str
    columns: list[str]


def _decisions(specs: Sequence[NumberSpec], cache: _Cache) -> dict[str, _Decision]:
    """Decide which guarded numbers are published; those that are not have no entry."""
    found: dict[str, _Decision] = {}
    for family in families(specs):
        keys = [(cache.value(spec), cache.domain(spec)) for spec in family]
        values = [cache.values[value] for value, _ in keys]
        used = [cache.domains[domain] & ~np.isnan(value) for value, (_, domain) in zip(values, keys, strict=True)]
        # an amount is looked at itself; of other values it counts only whether they are known
        whole = any(spec.dominance is not None for spec in family)
        answers = [cache.values[key] for key in dict.fromkeys(key for key, _ in keys)]
        domains = [cache.domains[key] for key in dict.fromkeys(key for _, key in keys)]
        taken = arrays_digest([*(column if whole else np.isnan(column) for column in answers), *domains])
        reads = [*(spec.value for spec in family), *(read for spec in family for read in _domain_reads(spec))]
        decision = _Decision(taken, raw_columns(cache.wave, reads))
        for spec, is_published in zip(family, published(family, values, used), strict=True):
            if is_published:
                found[spec.id] = decision
    return found


def _domain_reads(spec: NumberSpec) -> list[Read]:
    """Return what decides who is in a number's base."""
    return [*([spec.where] if spec.where is not None else []), *(code for code, _ in spec.groups)]


def estimate_numbers(
    analysis: pd.DataFrame,
    weights: pd.DataFrame,
    responses: pd.DataFrame,
    wave: WaveSpec,
    specs: Sequence[NumberSpec],
    with_lineage: bool = True,
) -> Numbers:
    """Estimate all planned numbers of a wave.

    Parameters
    ----------
    analysis, weights : analysed records and their weights, row by row
    responses : all raw records, for the edges of exclusions
    specs : the wave's part of the plan
    with_lineage : whether to say where the numbers come from

    Returns
    -------
    numbers in the order of ``specs``, without those that ``min_n`` keeps from being published
    """
    cache, lineage = _Cache(analysis, wave, responses), Lineage()
    decisions = _decisions(specs, cache)
    shown = [spec for spec in specs if spec.min_n is None or spec.id in decisions]
    keys = {spec.id: (cache.value(spec), cache.domain(spec)) for spec in shown}
    rows: dict[str, dict[str, object]] = {}
    for weight, estimator in dict.fromkeys((spec.weight, spec.estimator) for spec in shown):
        chosen = [(spec, keys[spec.id]) for spec in shown if (spec.weight, spec.estimator) == (weight, estimator)]
        estimate = _quantiles_with if estimator == "quantile" else _estimate_with
        for row in estimate(weight, chosen, cache, analysis, weights, lineage if with_lineage else None):
            rows[str(row["id"])] = row
    for number, decision in decisions.items():
        rows[number]["input_digest"] = joint_digest([str(rows[number]["input_digest"]), decision.digest])
        if with_lineage:
            lineage.add(number, "INDIRECT", DISCLOSURE, wave.id, cache.records, decision.columns)
    return Numbers(pd.DataFrame([rows[spec.id] for spec in specs if spec.id in rows]), lineage)


def _estimate_with(
    weight: str,
    chosen: list[tuple[NumberSpec, tuple[str, str]]],
    cache: _Cache,
    analysis: pd.DataFrame,
    weights: pd.DataFrame,
    lineage: Lineage | None,
) -> list[dict[str, object]]:
    """Estimate the shares or the means of one weight: all value columns in all domains in one matrix pass."""
    design = design_of(analysis, weights, cache.wave, weight)
    value_places = {key: place for place, key in enumerate(dict.fromkeys(key for _, (key, _) in chosen))}
    domain_places = {key: place for place, key in enumerate(dict.fromkeys(key for _, (_, key) in chosen))}
    weighted = design.weights > 0
    values = np.column_stack([cache.values[key] for key in value_places])
    domains = np.column_stack([cache.domains[key] for key in domain_places])
    apart = len(values) * len(value_places) * len(domain_places) <= APART_UP_TO
    estimates = mean(design, values, domains, apart=apart)
    limits = _limits(design, estimates, {(spec.interval_method, spec.level) for spec, _ in chosen})
    taken = design_digest(analysis, weights, cache.wave, weight)
    rows = []
    for spec, (value_key, domain_key) in chosen:
        at = (value_places[value_key], domain_places[domain_key])
        value, inside = cache.values[value_key], cache.domains[domain_key]
        used = inside & weighted & ~np.isnan(value)
        interval = limits[spec.interval_method, spec.level]
        reasons = cache.reasons[value_key]
        row = _row(spec, estimates, interval, at, value, inside, used, design.weights, reasons)
        row["input_digest"] = base_digest(taken, cache.identity, inside, used, value, reasons, design.weights)
        rows.append(row)
        if lineage is not None:
            _add_edges(lineage, spec, cache, inside, used, reasons)
    return rows


def _quantiles_with(
    weight: str,
    chosen: list[tuple[NumberSpec, tuple[str, str]]],
    cache: _Cache,
    analysis: pd.DataFrame,
    weights: pd.DataFrame,
    lineage: Lineage | None,
) -> list[dict[str, object]]:
    """Compute quantiles, each of its own base: unweighted, interpolated by rule 7 of Hyndman & Fan (1996)."""
    design = design_of(analysis, weights, cache.wave, weight)
    rows = []
    for spec, (value_key, domain_key) in chosen:
        value, inside, reasons = cache.values[value_key], cache.domains[domain_key], cache.reasons[value_key]
        used = inside & ~np.isnan(value)
        found = weighted_quantile(value[used], design.weights[used], np.array([spec.quantile]), "hf7")
        row = {
            "id": spec.id,
            "value": _number(found[0]),
            **_base_fields(inside, used, design.weights, reasons),
            "interval_method": spec.interval_method,
            "spec_digest": spec.digest,
            "input_digest": base_digest("", cache.identity, inside, used, value, reasons, design.weights),
        }
        rows.append(row)
        if lineage is not None:
            _add_edges(lineage, spec, cache, inside, used, reasons)
    return rows


def _limits(
    design: SurveyDesign, estimates: Estimates, kinds: set[tuple[str, float]]
) -> dict[tuple[str, float], ProportionInterval]:
    """Return the intervals of all cells and their warnings, per method and level asked for."""
    found: dict[tuple[str, float], ProportionInterval] = {}
    for method, level in kinds:
        if method == "t":
            found[method, level] = ProportionInterval(estimates.interval(level), {})
        elif method == "wilson":
            counted = wilson(np.nan_to_num(np.rint(estimates.value * estimates.n_used)), estimates.n_used, level)
            found[method, level] = ProportionInterval(Interval(counted.lower, counted.upper, level, method), {})
        else:
            found[method, level] = proportion_interval(design, estimates, "logit", level)
    return found


def _row(
    spec: NumberSpec,
    estimates: Estimates,
    limits: ProportionInterval,
    at: tuple[int, int],
    value: np.ndarray,
    inside: np.ndarray,
    used: np.ndarray,
    weights: np.ndarray,
    reasons: np.ndarray,
) -> dict[str, object]:
    """Return what was computed for one number, without labels."""
    n_used = int(used.sum())
    is_count = spec.estimator == "share" and spec.weight == UNWEIGHTED
    return {
        "id": spec.id,
        "value": _number(estimates.value[at]),
        "numerator": int(value[used].sum()) if is_count else None,
        "denominator": n_used if is_count else None,
        **_base_fields(inside, used, weights, reasons),
        # one respondent shows no spread
        "se": _number(estimates.standard_error[at]) if n_used > 1 else None,
        "se_method": "taylor",
        "lower": _number(limits.interval.lower[at]),
        "upper": _number(limits.interval.upper[at]),
        "interval_level": spec.level,
        "interval_method": spec.interval_method,
        "df": _number(estimates.degrees_of_freedom[at]),
        "df_method": "sampling units in the base - strata",
        "warning": _warning(estimates, limits, at),
        "spec_digest": spec.digest,
    }


def _base_fields(inside: np.ndarray, used: np.ndarray, weights: np.ndarray, reasons: np.ndarray) -> dict[str, object]:
    """Return how many records are in a number's base, how many are used, and why the others are not."""
    n_used = int(used.sum())
    return {
        "n_in": int(inside.sum()),
        "n_used": n_used,
        "n_excluded": json.dumps(dict(sorted(Counter(reasons[inside & ~used]).items()))),
        "n_weighted": float(weights[used].sum()),
        "n_effective": float(weights[used].sum() ** 2 / (weights[used] ** 2).sum()) if n_used else 0.0,
    }


def _warning(estimates: Estimates, limits: ProportionInterval, at: tuple[int, int]) -> str | None:
    """Return what estimator and interval had to say about a cell, each thing once."""
    keys = dict.fromkeys([*estimates.warnings.get(at, ()), *limits.warnings.get(at, ())])
    return "; ".join(WARNINGS[key] for key in keys) or None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _add_edges(
    lineage: Lineage, spec: NumberSpec, cache: _Cache, inside: np.ndarray, used: np.ndarray, reasons: np.ndarray
) -> None:
    """Add the edges of one number; the frames it was computed from are those that its specification names."""
    wave, records = cache.wave, cache.records
    add_base_edges(lineage, spec.id, wave, [spec.value], records, inside, used, reasons)
    lineage.add(spec.id, "INDIRECT", FILTER, wave.id, records, raw_columns(wave, _domain_reads(spec)))
    add_weight_edges(lineage, spec.id, wave, spec.weight, records, records[used], records[inside & ~used])
    add_exclusion_edges(lineage, spec.id, wave, cache.every_record)
