"""From coded responses to the analysis frame: derived variables, exclusions, and counts that add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveyspec.config import CleaningRule
from surveyspec.study import WaveSpec
from surveytrail.frames import columns_of, frame_of
from surveytrail.inputs import arrays_digest, identities
from surveytrail.masks import evaluate, evaluate_value, is_known


@dataclass(frozen=True)
class CleanResponses:
    """What cleaning gives.

    Parameters
    ----------
    analysis : the analysed records, with derived variables
    exclusions : one row per excluded record: ``record``, ``line``, ``rule``, ``order`` (1-based place of the rule)
    flow : one row per step, in order: ``step`` (records, excluded, analysed), ``rule``, ``count``, ``input_digest``
        (who all records are, and what the rules so far read of each)
    """

    analysis: pd.DataFrame
    exclusions: pd.DataFrame
    flow: pd.DataFrame


def clean_responses(responses: pd.DataFrame, wave: WaveSpec) -> CleanResponses:
    """Derive variables and apply the cleaning rules in the order written."""
    columns = derive_variables(responses, wave)
    excluded_by = apply_rules(columns, wave)
    records, lines = columns["record"], columns["first_line"]
    rules = [rule.id for rule in wave.wave.cleaning]
    excluded = np.flatnonzero(excluded_by >= 0)
    exclusions = pd.DataFrame(
        {
            "record": records[excluded],
            "line": lines[excluded],
            "rule": [rules[place] for place in excluded_by[excluded]],
            "order": excluded_by[excluded] + 1,
        }
    )
    counts = [int((excluded_by == place).sum()) for place in range(len(rules))]
    steps = [("records", "", len(excluded_by)), *(("excluded", *pair) for pair in zip(rules, counts, strict=True))]
    steps.append(("analysed", "", int((excluded_by < 0).sum())))
    flow = pd.DataFrame(steps, columns=["step", "rule", "count"])
    flow["input_digest"] = _flow_digests(columns, wave)
    analysis = frame_of({name: values[excluded_by < 0] for name, values in columns.items()})
    return CleanResponses(analysis, exclusions, flow)


def derive_variables(responses: pd.DataFrame, wave: WaveSpec) -> dict[str, np.ndarray]:
    """Return the columns of all records of a wave, derived variables among them."""
    columns = columns_of(responses)
    for code in wave.wave.derived:
        columns[code] = derive(code, wave, columns)
    return columns


def derive(code: str, wave: WaveSpec, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (n,) a derived variable from the columns of what it reads, NaN where unknown."""
    conditions, value = wave.derived_parts(code)
    if value is not None:
        computed, known = evaluate_value(value, columns)
        return np.where(known, computed, np.nan)
    values = np.full(len(next(iter(columns.values()))), np.nan)
    for category, condition in reversed(conditions):
        values[evaluate(condition, columns)[0]] = category
    return values


def rule_inputs(columns: dict[str, np.ndarray], wave: WaveSpec) -> list[list[np.ndarray]]:
    """Return what each cleaning rule reads of each record, whatever becomes of the others.

    Parameters
    ----------
    columns : answers of the records by variable

    Returns
    -------
    per rule (n,) arrays: whether its condition excludes the record; the answers that duplicates repeat; the time, and
    whether it counts for the median. Nothing is read of a record after the first condition that excludes it.
    """
    size = len(columns["record"])
    remaining = np.ones(size, dtype=bool)
    inputs: list[list[np.ndarray]] = []
    for rule in wave.wave.cleaning:
        condition = wave.rule_condition(rule)
        true = np.ones(size, dtype=bool) if condition is None else evaluate(condition, columns)[0]
        keys = [rule.variable] if rule.variable is not None else rule.duplicates_of or []
        read = [_blank(columns[code], ~remaining) for code in keys]
        if rule.duplicates_of is None:
            read.append(true & remaining)
        if rule.exclude is not None:
            remaining = remaining & ~true
        inputs.append(read)
    return inputs


def _blank(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    blanked = values.copy()
    blanked[where] = None if values.dtype == object else np.nan
    return blanked


def _flow_digests(columns: dict[str, np.ndarray], wave: WaveSpec) -> list[str]:
    """Return the digest of the exact input of each step: all records, each rule in order, analysed."""
    arrays = [identities(columns["record"], columns["respondent"])]
    digests = [arrays_digest(arrays)]
    for read in rule_inputs(columns, wave):
        arrays += read
        digests.append(arrays_digest(arrays))
    return [*digests, digests[-1]]


def apply_rules(columns: dict[str, np.ndarray], wave: WaveSpec) -> np.ndarray:
    """Return for each record the 0-based place of the rule that excludes it first, -1 if none does.

    Parameters
    ----------
    columns : answers of all records by variable, with derived variables
    """
    excluded_by = np.full(len(columns["record"]), -1, dtype=np.int64)
    for place, rule in enumerate(wave.wave.cleaning):
        kept = excluded_by < 0
        hit = _hits(rule, wave, columns, kept)
        excluded_by[kept & hit] = place
    return excluded_by


def _hits(rule: CleaningRule, wave: WaveSpec, columns: dict[str, np.ndarray], kept: np.ndarray) -> np.ndarray:
    """Return the records that one rule would exclude, given those that earlier rules kept."""
    condition = wave.rule_condition(rule)
    if rule.duplicates_of is not None:
        keys = pd.DataFrame({code: columns[code] for code in rule.duplicates_of})
        complete = kept & np.logical_and.reduce([is_known(columns[code]) for code in rule.duplicates_of])
        hit = np.zeros(len(kept), dtype=bool)
        hit[complete] = keys[complete].duplicated(keep=rule.keep).to_numpy()
        return hit
    if rule.faster_than is not None and rule.variable is not None:
        values = columns[rule.variable]
        known = is_known(values)
        among = evaluate(condition, columns)[0] if condition is not None else np.ones(len(kept), dtype=bool)
        reference = values[kept & known & among]
        if not len(reference):
            return np.zeros(len(kept), dtype=bool)
        return known & (np.where(known, values, np.inf) < rule.faster_than * np.median(reference))
    assert condition is not None
    return evaluate(condition, columns)[0]
