"""Ledger rows of what was computed from files beside the survey exports: response rates and coded interviews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from surveyspec.config import Interviews
from surveyspec.identifiers import TOTAL, UNWEIGHTED
from surveyspec.interviews import KIND as INTERVIEW
from surveyspec.interviews import InterviewSpec, plan_interviews
from surveyspec.plan import joined
from surveyspec.response import KIND as RESPONSE
from surveyspec.response import ResponseSpec, plan_response
from surveyspec.study import INTERVIEWS, Study
from surveytrail.frames import rows_of
from surveytrail.ledger.wording import ALL_FRAMES, INTERVIEW_NUMBERS, RESPONSE_NUMBERS

ESTIMATORS = {"counts": "count", "codes": "share", "alpha": "krippendorff_alpha"}


@dataclass(frozen=True)
class BesideRow:
    """A row of the ledger, and the file that it was computed from."""

    fields: dict[str, object]
    wave: str
    file: str


def response_rows(study: Study, wave: str, computed: pd.DataFrame) -> list[BesideRow]:
    """Return the rows of a wave's response with what the study file says of them."""
    specs = {spec.id: spec for spec in plan_response(study, wave)}
    return [
        BesideRow({**_response_fields(study, specs[str(row["id"])]), **row}, wave, specs[str(row["id"])].file)
        for row in rows_of(computed)
    ]


def interview_rows(study: Study, computed: pd.DataFrame) -> list[BesideRow]:
    """Return the rows about the interviews with what study file and codebook say of them."""
    declared = study.config.interviews
    assert declared is not None
    specs = {spec.id: spec for spec in plan_interviews(study)}
    return [
        BesideRow(
            {**_interview_fields(study, specs[str(row["id"])]), **row},
            INTERVIEWS,
            _file(declared, specs[str(row["id"])]),
        )
        for row in rows_of(computed)
    ]


def _file(declared: Interviews, spec: InterviewSpec) -> str:
    counts_interviews = (spec.section, spec.part) == ("counts", "interviews")
    return declared.metadata if counts_interviews else declared.segments


def _response_fields(study: Study, spec: ResponseSpec) -> dict[str, object]:
    declared = study.waves[spec.wave].wave.dispositions
    assert declared is not None
    return {
        "kind": RESPONSE,
        "estimate": RESPONSE,
        "item": spec.frame,
        "weight": UNWEIGHTED,
        "estimator": spec.statistic if spec.unit == "share" else "count",
        "statistic": spec.statistic,
        "variables": [],
        "filter": "",
        "label": RESPONSE_NUMBERS[spec.statistic],
        "group_label": ALL_FRAMES if spec.frame == TOTAL else dict(declared.frames[spec.frame]),
        "unit": spec.unit,
        "decimals": spec.decimals,
        "config_line": study.line(*spec.keys),
    }


def _interview_fields(study: Study, spec: InterviewSpec) -> dict[str, object]:
    codebook = study.interview_codebook
    assert codebook is not None
    named: Mapping[str, str] = INTERVIEW_NUMBERS[spec.section if spec.code is not None else spec.part]
    label = [dict(named), *([dict(codebook.by_code[spec.code].label)] if spec.code is not None else [])]
    return {
        "kind": INTERVIEW,
        "estimate": spec.section,
        "item": spec.code,
        "weight": UNWEIGHTED,
        "estimator": ESTIMATORS[spec.section],
        "statistic": spec.part if spec.section == "counts" else ESTIMATORS[spec.section],
        "variables": [],
        "filter": "",
        "label": joined(label),
        "unit": spec.unit,
        "decimals": spec.decimals,
        "settings": spec.settings,
        "config_line": study.line(*spec.keys),
    }
