"""Collecting the ledger: computed rows of all waves, with labels, printed texts, places and digests."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from surveyspec.identifiers import UNWEIGHTED
from surveyspec.items import ItemSpec, plan_items
from surveyspec.plan import NumberSpec, TestSpec, joined, plan_numbers, plan_tests
from surveyspec.sensitivity import plan_sensitivity
from surveyspec.study import INTERVIEWS, Study, WaveSpec
from surveytrail.frames import rows_of
from surveytrail.ledger.beside import interview_rows, response_rows
from surveytrail.ledger.columns import typed
from surveytrail.ledger.counts import flow_rows, weighting_rows
from surveytrail.ledger.display import ROUNDING, SIGNIFICANT_DIGITS, interval_text, value_text
from surveytrail.ledger.sensitivity import specification_fields, summary_fields
from surveytrail.ledger.wording import ITEMS, TESTS
from surveytrail.lineage import EDGE_COLUMNS, ROW_SET_COLUMNS, Lineage

DECIMALS = {"count": 0, "statistic": 2, "p": 3, "weight": 2, "share": 1, "rank": 1, "verdict": 0}
NO_RULE, RELEASED = "not assessed", "released"  # disclosure status


@dataclass(frozen=True)
class Origin:
    """Where the numbers of one stage of one wave were made."""

    rule: str
    script: str
    script_line: int
    code_digest: str


@dataclass(frozen=True)
class WaveResults:
    """What the stages of one wave computed.

    Parameters
    ----------
    responses, analysis : records before and after cleaning (only ``record`` and ``respondent`` are read)
    numbers, tests, sensitivity, items : rows as these stages give them
    flow, diagnostics : counts of cleaning and diagnostics of weighting
    edges, row_sets : lineage of these four
    origins : by stage: clean, weight, estimate, test, compare, items
    raw_digest : digest of the raw file
    """

    responses: pd.DataFrame
    analysis: pd.DataFrame
    numbers: pd.DataFrame
    tests: pd.DataFrame
    items: pd.DataFrame
    sensitivity: pd.DataFrame
    flow: pd.DataFrame
    diagnostics: pd.DataFrame
    edges: pd.DataFrame
    row_sets: pd.DataFrame
    origins: Mapping[str, Origin]
    raw_digest: str


@dataclass(frozen=True)
class BesideResults:
    """What was computed from files beside the survey exports.

    Parameters
    ----------
    section : the wave whose response it is, or ``interviews``
    numbers : computed rows
    edges, row_sets : their lineage
    raw_digests : digest of each file that they come from
    """

    section: str
    numbers: pd.DataFrame
    edges: pd.DataFrame
    row_sets: pd.DataFrame
    origin: Origin
    raw_digests: Mapping[str, str]


@dataclass(frozen=True)
class _Place:
    """Where a row comes from: what all rows of a stage share."""

    wave: str
    raw_file: str
    raw_digest: str
    origin: Origin
    environment_digest: str


@dataclass(frozen=True)
class Ledger:
    """All numbers of a study and the index of their raw cells."""

    frame: pd.DataFrame
    edges: pd.DataFrame
    row_sets: pd.DataFrame


def collect_ledger(
    study: Study,
    results: Mapping[str, WaveResults],
    environment_digest: str,
    beside: Sequence[BesideResults] = (),
) -> Ledger:
    """Collect the ledger of a study.

    Parameters
    ----------
    study : the study
    results : per wave, what its stages computed
    environment_digest : digest of the lock file
    beside : what was computed from other files than the waves' own
    """
    rows: list[dict[str, object]] = []
    edges: list[pd.DataFrame] = []
    row_sets: list[pd.DataFrame] = []
    for name, result in results.items():
        wave, lineage = study.waves[name], Lineage()
        made = [
            *flow_rows(study, wave, result.responses, result.flow, lineage),
            *weighting_rows(study, wave, result.responses, result.analysis, result.diagnostics, lineage),
            *_estimate_rows(study, wave, result),
            *_test_rows(study, wave, result),
            *_item_rows(study, wave, result),
            *_sensitivity_rows(study, wave, result),
        ]
        for row in made:
            origin = result.origins[str(row.pop("stage"))]
            place = _Place(name, wave.wave.raw, result.raw_digest, origin, environment_digest)
            rows.append(_completed(study, row, place))
        edges += [lineage.edges, result.edges]
        row_sets += [lineage.row_sets, result.row_sets]
    for part in beside:
        rows += _beside_rows(study, part, environment_digest)
        edges.append(part.edges)
        row_sets.append(part.row_sets)
    direct = _direct_columns(pd.concat(edges, ignore_index=True))
    for row in rows:
        row["columns"] = direct.get(str(row["id"]), [])
    return Ledger(
        typed(rows),
        pd.concat(edges, ignore_index=True)[EDGE_COLUMNS],
        pd.concat(row_sets, ignore_index=True)[ROW_SET_COLUMNS].drop_duplicates("row_set", ignore_index=True),
    )


def _beside_rows(study: Study, part: BesideResults, environment_digest: str) -> list[dict[str, object]]:
    named = part.section == INTERVIEWS
    made = interview_rows(study, part.numbers) if named else response_rows(study, part.section, part.numbers)
    return [
        _completed(
            study, row.fields, _Place(row.wave, row.file, part.raw_digests[row.file], part.origin, environment_digest)
        )
        for row in made
    ]


def _estimate_rows(study: Study, wave: WaveSpec, result: WaveResults) -> list[dict[str, object]]:
    specs = {spec.id: spec for spec in plan_numbers(study, wave.id)}
    return [{**_spec_fields(study, wave, specs[str(row["id"])]), **row} for row in rows_of(result.numbers)]


def _spec_fields(study: Study, wave: WaveSpec, spec: NumberSpec) -> dict[str, object]:
    """Return the fields of a number that come from config and codebook."""
    estimate = next(entry for entry in study.config.estimates if entry.id == spec.estimate)
    return {
        "kind": "estimate",
        "estimate": spec.estimate,
        "item": spec.item,
        "category": spec.category,
        "groups": json.dumps([list(group) for group in spec.groups]),
        "weight": spec.weight,
        "estimator": spec.estimator,
        "statistic": spec.estimator,
        "variables": list(spec.value_variables),
        "filter": estimate.where or "",
        "label": spec.label,
        "group_label": spec.group_label,
        "question": _question(wave, spec.value_variables),
        "unit": spec.estimator,
        "decimals": spec.decimals,
        "settings": {"level": spec.level},
        "disclosure": NO_RULE if spec.min_n is None else f"{RELEASED}, min_n {spec.min_n}",
        "stage": "estimate",
        "config_line": study.line(*spec.keys),
    }


def _sensitivity_rows(study: Study, wave: WaveSpec, result: WaveResults) -> list[dict[str, object]]:
    fields: dict[str, dict[str, object]] = {}
    for multiverse in plan_sensitivity(study, wave.id):
        headline = _spec_fields(study, wave, multiverse.reported.number)
        for spec in multiverse.alternatives:
            fields[spec.id] = specification_fields(study, spec, headline)
        for summary in multiverse.summaries:
            fields[summary.id] = summary_fields(study, multiverse, summary, headline)
    return [{**fields[str(row["id"])], **row} for row in rows_of(result.sensitivity)]


def _question(wave: WaveSpec, codes: tuple[str, ...]) -> dict[str, str]:
    """Return the wording of the question behind a value; of a battery's items, the stem that they share."""
    found = [wave.codebook.by_code[code] for code in wave.roots(codes)]
    if len(found) == 1:
        return wave.codebook.question(found[0])
    stems = {variable.stem for variable in found}
    stem = stems.pop() if len(stems) == 1 else None
    if stem is None:
        return joined([wave.codebook.question(variable) for variable in found[:1]])
    return dict(wave.codebook.stems[stem])


def _test_rows(study: Study, wave: WaveSpec, result: WaveResults) -> list[dict[str, object]]:
    specs = {spec.stem: spec for spec in plan_tests(study, wave.id)}
    rows = []
    for computed in rows_of(result.tests):
        spec = specs[str(computed.pop("test"))]
        rows.append({**_test_fields(study, wave, spec, str(computed["id"]), str(computed["statistic"])), **computed})
    return rows


def _test_fields(study: Study, wave: WaveSpec, spec: TestSpec, identifier: str, statistic: str) -> dict[str, object]:
    hypothesis = spec.hypothesis
    codes = {wave.slug(code): code for code in spec.value_variables}
    own = [part for part in identifier.split(".")[2 + len(spec.parts) : -2] if part in codes]
    settings = hypothesis.model_dump(include={"plan", "family", "expect", "alpha", "value", "bound", "seed", "draws"})
    return {
        "kind": "test",
        "estimate": spec.id,
        "item": spec.item,
        "weight": hypothesis.weight,
        "estimator": hypothesis.test,
        "variables": list(spec.value_variables),
        "filter": hypothesis.where or "",
        "label": joined([spec.label, *(wave.label(codes[part]) for part in own), TESTS[statistic]]),
        "settings": {name: value for name, value in settings.items() if value is not None},
        "seed": hypothesis.seed,
        "stage": "test",
        "config_line": study.line(*spec.keys),
    }


def _item_rows(study: Study, wave: WaveSpec, result: WaveResults) -> list[dict[str, object]]:
    specs = {spec.id: spec for spec in plan_items(study, wave.id)}
    return [{**_item_fields(study, wave, specs[str(row["id"])]), **row} for row in rows_of(result.items)]


def _item_fields(study: Study, wave: WaveSpec, spec: ItemSpec) -> dict[str, object]:
    """Return the fields of a number about questions that come from config and codebook."""
    own = [code for code in (spec.scale, spec.item) if code is not None]
    return {
        "kind": spec.kind,
        "estimate": spec.kind,
        "item": own[-1],
        "weight": UNWEIGHTED,
        "estimator": "count" if spec.kind == "nonresponse" else spec.statistic,
        "statistic": spec.statistic,
        "variables": own,
        "filter": "",
        "label": joined([*(wave.label(code) for code in own), ITEMS[spec.statistic]]),
        "question": _question(wave, spec.items),
        "unit": spec.unit,
        "decimals": spec.decimals,
        "stage": "items",
        "config_line": study.line(*spec.keys),
    }


def _completed(study: Study, row: dict[str, object], place: _Place) -> dict[str, object]:
    """Add to a row what all rows have: texts, places and digests."""
    unit = str(row["unit"])
    decimals = int(str(row.get("decimals", DECIMALS.get(unit, 2))))
    value, lower, upper = (_float(row.get(name)) for name in ("value", "lower", "upper"))
    fraction = _fraction(row)
    languages = study.config.study.languages
    texts = {language: value_text(value, unit, decimals, language, fraction) for language in languages}
    intervals = {language: interval_text(lower, upper, unit, decimals, language) for language in languages}
    shown = "" if value is None else f"{value:.{SIGNIFICANT_DIGITS}g}"
    identity = f"{row['spec_digest']} {row['input_digest']} {shown}"
    return {
        **{name: _written(entry) for name, entry in row.items()},
        "wave": place.wave,
        "decimals": decimals,
        "rounding": ROUNDING,
        "text": _written(texts),
        "interval_text": _written(intervals) if lower is not None else None,
        "rule": place.origin.rule,
        "script": place.origin.script,
        "script_line": place.origin.script_line,
        "code_digest": place.origin.code_digest,
        "environment_digest": place.environment_digest,
        "raw_file": place.raw_file,
        "raw_digest": place.raw_digest,
        "value_digest": hashlib.sha256(identity.encode()).hexdigest(),
        "disclosure": row.get("disclosure", NO_RULE),
    }


def _fraction(row: dict[str, object]) -> tuple[int, int] | None:
    numerator, denominator = _float(row.get("numerator")), _float(row.get("denominator"))
    return (int(numerator), int(denominator)) if numerator is not None and denominator else None


def _float(value: object) -> float | None:
    if value is None or value is pd.NA:
        return None
    number = float(str(value))
    return None if math.isnan(number) else number


def _written(value: object) -> object:
    """Write mappings as JSON; lists of texts stay lists."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else value


def _direct_columns(edges: pd.DataFrame) -> dict[str, list[str]]:
    """Return the raw columns of each number's DIRECT edges."""
    found: dict[str, list[str]] = {}
    for number, columns in edges.loc[edges["kind"] == "DIRECT", ["number_id", "columns"]].itertuples(index=False):
        known = found.setdefault(number, [])
        known += [name for name in columns if name not in known]
    return found
