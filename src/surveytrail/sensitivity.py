"""The sensitivity stage: headline numbers under other decisions, and what all specifications of one say together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from surveyspec.conditions import Condition
from surveyspec.problems import StudyError
from surveyspec.sensitivity import Multiverse, Specification, Summary
from surveyspec.sources import sources
from surveyspec.study import WaveSpec
from surveytrail.cleaning import apply_rules, derive_variables
from surveytrail.computed import Computed
from surveytrail.estimating import Numbers, estimate_numbers
from surveytrail.frames import columns_of, frame_of
from surveytrail.inputs import Memo, arrays_digest, identities, joint_digest
from surveytrail.lineage import RESPONDENT, Lineage, add_exclusion_edges, add_weight_edges, raw_columns
from surveytrail.masks import evaluate
from surveytrail.weighting import weight_responses

Rows = Mapping[str, Mapping[str, object]]
RECORD_COLUMNS = ("record", "first_line", "last_line", "respondent")


def compare_specifications(
    responses: pd.DataFrame,
    wave: WaveSpec,
    multiverses: Sequence[Multiverse],
    margins: Mapping[str, pd.DataFrame],
    with_lineage: bool = True,
    memo: Memo | None = None,
) -> Computed:
    """Compute the headline numbers of a wave under every specification, cleaned and weighted anew for each.

    Parameters
    ----------
    responses : all coded records of the wave
    multiverses : the wave's part of the plan
    margins : per weight id, the population margins that ``read_margins`` gave
    with_lineage : whether to say where the numbers come from
    memo : results of earlier calls without lineage: what reads the very same answers and margins is not computed again

    Returns
    -------
    per headline number: its alternative specifications, then the numbers about all of them
    """
    every = [spec for multiverse in multiverses for spec in multiverse.specifications]
    columns = derive_variables(responses, wave) if every else {}
    rows: dict[str, dict[str, object]] = {}
    lineages: dict[str, Lineage] = {}
    for same_cleaning in _grouped(every, lambda spec: spec.cleaning):
        kept = apply_rules(columns, same_cleaning[0].wave) < 0
        for specs in _grouped(same_cleaning, _weighting):
            analysis = frame_of({name: columns[name][kept] for name in _columns_read(specs) if name in columns})
            compute = partial(_computed, specs, analysis, responses, margins, with_lineage)
            computed = (
                compute() if memo is None or with_lineage else _remembered(memo, specs, analysis, margins, compute)
            )
            for spec, row in zip(specs, computed.frame.to_dict("records"), strict=True):
                rows[spec.id] = {**{str(name): value for name, value in row.items()}, "spec_digest": spec.digest}
                lineages[spec.id] = computed.lineage
    lineage, made = Lineage(), []
    for multiverse in multiverses:
        made += [rows[spec.id] for spec in multiverse.alternatives]
        made += [_summary(multiverse, summary, rows) for summary in multiverse.summaries]
        for spec in multiverse.alternatives:
            lineage.add_as(spec.id, lineages[spec.id], of=spec.id)
        for summary in multiverse.summaries:
            for spec in multiverse.specifications:
                lineage.add_as(summary.id, lineages[spec.id], of=spec.id)
    return Computed(pd.DataFrame(made, columns=None if made else ["id"]), lineage)


def _grouped(specs: Sequence[Specification], key: Callable[[Specification], str]) -> list[list[Specification]]:
    groups: dict[str, list[Specification]] = {}
    for spec in specs:
        groups.setdefault(key(spec), []).append(spec)
    return list(groups.values())


def _weighting(spec: Specification) -> str:
    return f"{spec.number.weight} {spec.changes['weights']}"


def _columns_read(specs: Sequence[Specification]) -> dict[str, None]:
    """Return the columns that specifications name; what they are computed from has no others."""
    wave = specs[0].wave
    codes = [code for weight in wave.wave.weights.values() for code in wave.weight_variables(weight)]
    for spec in specs:
        codes += [*spec.number.value_variables, *spec.number.filter_variables, *sources(wave, [spec.number.value])]
    return dict.fromkeys([*RECORD_COLUMNS, *(name for code in codes for name in (code, f"{code}:reason"))])


def _remembered(
    memo: Memo,
    specs: Sequence[Specification],
    analysis: pd.DataFrame,
    margins: Mapping[str, pd.DataFrame],
    compute: Callable[[], Numbers],
) -> Numbers:
    """Compute specifications, unless they were computed before from answers and margins that are the same."""
    tables = [analysis, *(margins[weight] for weight in specs[0].wave.wave.weights if weight in margins)]
    arrays = [array for table in tables for array in columns_of(table).values()]
    key = " ".join([*(f"{spec.id} {spec.digest}" for spec in specs), *analysis.columns, arrays_digest(arrays)])
    if key not in memo:
        memo[key] = compute()
    return memo[key]


def _computed(
    specs: Sequence[Specification],
    analysis: pd.DataFrame,
    responses: pd.DataFrame,
    margins: Mapping[str, pd.DataFrame],
    with_lineage: bool,
) -> Numbers:
    """Compute specifications that have the same respondents and weights.

    Respondents that cannot be weighted as an option says are no reason to stop: the number has an error and no value.
    """
    wave = specs[0].wave
    try:
        weights = weight_responses(analysis, wave, margins).frame
    except StudyError as error:
        found = "; ".join(problem.found for problem in error.problems)
        return _not_weighted(specs, analysis, responses, found, with_lineage)
    return estimate_numbers(analysis, weights, responses, wave, [spec.number for spec in specs], with_lineage)


def _not_weighted(
    specs: Sequence[Specification], analysis: pd.DataFrame, responses: pd.DataFrame, error: str, with_lineage: bool
) -> Numbers:
    """Return numbers without a value; what they come from is what the weights would have been made from."""
    wave, weight = specs[0].wave, specs[0].number.weight
    columns, records = columns_of(analysis), analysis["record"].to_numpy()
    reads = [columns[code] for code in wave.weight_variables(wave.wave.weights[weight])]
    taken = arrays_digest([identities(records, columns["respondent"]), *reads])
    lineage = Lineage()
    for spec in specs if with_lineage else []:
        respondent = raw_columns(wave, [wave.wave.respondent])
        lineage.add(spec.id, "INDIRECT", RESPONDENT, wave.id, records, respondent)
        add_weight_edges(lineage, spec.id, wave, weight, records, records)
        add_exclusion_edges(lineage, spec.id, wave, responses["record"].to_numpy())
    rows = [
        {
            "id": spec.id,
            "interval_level": spec.number.level,
            "interval_method": spec.number.interval_method,
            "error": error,
            "input_digest": taken,
        }
        for spec in specs
    ]
    return Numbers(pd.DataFrame(rows), lineage)


def _summary(multiverse: Multiverse, summary: Summary, rows: Rows) -> dict[str, object]:
    """Return one number about all specifications of a headline number."""
    found = [rows[spec.id] for spec in multiverse.specifications]
    digests = (str(row["input_digest"]) for row in found)
    values = _floats(found, "value")
    row: dict[str, object] = {
        "id": summary.id,
        "n_in": len(found),
        "n_used": len(found),
        "spec_digest": multiverse.summary_digest(summary),
        "input_digest": joint_digest(digests),
    }
    if summary.unit == "value":
        known = values[~np.isnan(values)]
        chosen = np.min if summary.statistic == "smallest" else np.max
        return {**row, "value": float(chosen(known)) if len(known) else None}
    if summary.unit == "count":
        return {**row, "value": float(len(found)), "numerator": len(found)}
    if summary.condition is None:
        # a comparison with an unknown end of an interval is false
        holds = (_floats(found, "lower") <= values[0]) & (values[0] <= _floats(found, "upper"))
    else:
        holds = _claimed(summary.condition, multiverse.reported.id, values)
    count = int(holds.sum())
    return {**row, "value": count / len(found), "numerator": count, "denominator": len(found)}


def _claimed(condition: Condition, number: str, values: np.ndarray) -> np.ndarray:
    """Say in which specifications a condition on the headline number is true."""
    return evaluate(condition, {number: values})[0]


def _floats(rows: Sequence[Mapping[str, object]], name: str) -> np.ndarray:
    return np.array([row.get(name) for row in rows], dtype=np.float64)
