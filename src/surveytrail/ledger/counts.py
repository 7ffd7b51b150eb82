"""Rows of the ledger that no study file asks for: the flow of records, and what weighting did."""

from __future__ import annotations

import pandas as pd

from surveyspec.identifiers import UNWEIGHTED, number_id
from surveyspec.plan import digest, joined
from surveyspec.study import Study, WaveSpec
from surveytrail.frames import rows_of
from surveytrail.ledger.wording import FLOW, WEIGHTING
from surveytrail.lineage import (
    COUNT,
    RESPONDENT,
    Lineage,
    add_exclusion_edges,
    add_weight_edges,
    raw_columns,
    rule_reads,
)


def flow_rows(
    study: Study, wave: WaveSpec, responses: pd.DataFrame, flow: pd.DataFrame, lineage: Lineage
) -> list[dict[str, object]]:
    """Return the counts from raw to analysed records; each rule's count depends on it and the rules before.

    Parameters
    ----------
    responses : records of the raw file
    flow : counts of cleaning, step by step
    lineage : where the edges of the counts are added
    """
    every_record = responses["record"].to_numpy()
    rules = {rule.id: (place, rule) for place, rule in enumerate(wave.wave.cleaning)}
    rows: list[dict[str, object]] = []
    for step in rows_of(flow):
        name, rule = str(step["step"]), str(step["rule"])
        count = int(step["count"])
        identifier = number_id(wave.id, "flow", UNWEIGHTED, [name, *([rule] if rule else [])])
        last = rules[rule][0] + 1 if rule else 0 if name == "records" else len(rules)
        used = [code for entry in wave.wave.cleaning[:last] for code in wave.rule_variables(entry)]
        respondent = raw_columns(wave, [wave.wave.respondent])
        reads = [read for entry in wave.wave.cleaning[:last] for read in rule_reads(wave, entry)]
        lineage.add(identifier, "DIRECT", COUNT, wave.id, every_record, raw_columns(wave, reads) or respondent)
        lineage.add(identifier, "INDIRECT", RESPONDENT, wave.id, every_record, respondent)
        keys = ("waves", wave.id, "cleaning", rules[rule][0]) if rule else ("waves", wave.id, "cleaning")
        rows.append(
            {
                **_built_in("flow", identifier, name, UNWEIGHTED, "count", count),
                "label": joined([FLOW[name], *([dict(rules[rule][1].label)] if rule else [])]),
                "numerator": count,
                "n_in": len(every_record),
                "n_used": len(every_record),
                "unit": "count",
                "stage": "clean",
                "variables": used,
                "config_line": study.line(*keys),
                "spec_digest": digest([identifier, wave.wave.model_dump(include={"cleaning"})]),
                "input_digest": step["input_digest"],
            }
        )
    return rows


def weighting_rows(
    study: Study,
    wave: WaveSpec,
    responses: pd.DataFrame,
    analysis: pd.DataFrame,
    diagnostics: pd.DataFrame,
    lineage: Lineage,
) -> list[dict[str, object]]:
    """Return the diagnostics of a wave's weights: sizes, design effects, margins in population and sample.

    Parameters
    ----------
    responses, analysis : records before and after cleaning
    diagnostics : as weighting gives them
    lineage : where the edges of the diagnostics are added
    """
    analysed = analysis["record"].to_numpy()
    rows: list[dict[str, object]] = []
    for row in rows_of(diagnostics):
        weight, statistic, margin = str(row["weight"]), str(row["statistic"]), str(row["margin"])
        groups: list[tuple[str, str]] = []
        labels = [WEIGHTING[statistic]]
        if margin:
            category = next(entry for entry in wave.categories(margin) if entry.code == row["level"])
            groups, labels = [(wave.slug(margin), category.slug)], [*labels, dict(category.label)]
        identifier = number_id(wave.id, "weights", weight, [statistic], groups)
        add_weight_edges(lineage, identifier, wave, weight, analysed, analysed)
        add_exclusion_edges(lineage, identifier, wave, responses["record"].to_numpy())
        unit = "share" if margin else "count" if statistic in {"n", "records_outside", "trimmed"} else "weight"
        declared = wave.wave.weights[weight]
        rows.append(
            {
                **_built_in("weights", identifier, statistic, weight, statistic, float(row["value"])),
                "label": joined(labels),
                "n_in": len(analysed),
                "unit": unit,
                "stage": "weight",
                "variables": list(wave.weight_variables(declared)),
                "config_line": study.line("waves", wave.id, "weights", weight),
                "settings": declared.model_dump(exclude={"label"}),
                "spec_digest": digest([identifier, declared.model_dump(exclude={"label"})]),
                "input_digest": row["input_digest"],
            }
        )
    return rows


def _built_in(
    section: str, identifier: str, statistic: str, weight: str, estimator: str, value: float
) -> dict[str, object]:
    kind = "flow" if section == "flow" else "weighting"
    return {
        "id": identifier,
        "kind": kind,
        "estimate": section,
        "weight": weight,
        "estimator": estimator,
        "statistic": statistic,
        "value": value,
    }
