"""Tables of what became of a wave's invitations, and of the codes of the interviews."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from surveyspec.identifiers import TOTAL, UNWEIGHTED, number_id
from surveyspec.interviews import plan_interviews
from surveyspec.response import DISPOSITIONS, INVITED, KIND, RARE_DISPOSITIONS, RATES
from surveyspec.study import CODE_SETS, DECISIONS, INTERVIEWS, Study
from surveytrail.reporting.spans import NO_VALUE, codebook, markdown_table, note, num, param, source, word

Rows = Mapping[str, Mapping[Any, Any]]


def response_tables(study: Study, wave: str, rows: Rows) -> str:
    """Write how many invitations had each disposition in each frame, and the rates; nothing without dispositions."""
    declared = study.waves[wave].wave.dispositions
    if declared is None:
        return ""
    frames = [*declared.frames, *([TOTAL] if len(declared.frames) > 1 else [])]

    def identifier(statistic: str, frame: str) -> str:
        return number_id(wave, KIND, UNWEIGHTED, [statistic, frame])

    def table(statistics: list[str], caption: str, first: str, label: str) -> str:
        head = [word(f"tables.response.{first}"), *(_frame_name(wave, frame) for frame in frames)]
        cells = [
            [num(identifier(name, frames[0]), "label"), *(num(identifier(name, frame)) for frame in frames)]
            for name in statistics
        ]
        return markdown_table(head, cells, word(f"tables.response.{caption}"), label, [1] * len(frames))

    occurring = [name for name in RARE_DISPOSITIONS if any(rows[identifier(name, frame)]["value"] for frame in frames)]
    counts = table([INVITED, *DISPOSITIONS, *occurring], "counts", "disposition", f"response-{wave}")
    rates = table(list(RATES), "rates", "rate", f"response-rates-{wave}")
    origin = source(f"waves.{wave}.dispositions.file")
    return f"{counts}\n{origin}\n{rates}\n{note(word('tables.response.note'))}"


def _frame_name(wave: str, frame: str) -> str:
    return word("tables.response.total") if frame == TOTAL else param(f"waves.{wave}.dispositions.frames.{frame}")


def interviews_table(study: Study, rows: Rows) -> str:
    """Write in how many interviews each code occurs and how far coders agree on it; nothing without interviews."""
    numbers = {(spec.section, spec.code or spec.part): spec.id for spec in plan_interviews(study)}
    if not numbers:
        return ""
    assert study.interview_codebook is not None
    head = [word(f"tables.interviews.{name}") for name in ("code", "share", "alpha", "interval")]
    cells = [
        [
            codebook(f"{INTERVIEWS}.{code}"),
            num(numbers["codes", code]),
            num(numbers["alpha", code]),
            _interval(numbers["alpha", code], rows),
        ]
        for code in study.interview_codebook.by_code
    ]
    table = markdown_table(head, cells, word("tables.interviews.caption"), INTERVIEWS, [1, 1, 1.3])
    parts = [f"{num(numbers['counts', name], 'label')} {num(numbers['counts', name])}"
             for name in ("interviews", "segments")]  # fmt: skip
    parts += [_agreement(numbers["alpha", name], rows) for name in (DECISIONS, CODE_SETS)]
    return f"{table}\n{note(word('tables.semicolon').join(parts) + '. ' + word('tables.interviews.note'))}"


def _agreement(identifier: str, rows: Rows) -> str:
    interval = _interval(identifier, rows)
    shown = "" if interval == NO_VALUE else f" ({interval})"
    return f"{num(identifier, 'label')} {num(identifier)}{shown}"


def _interval(identifier: str, rows: Rows) -> str:
    text = rows[identifier]["interval_text"]
    return NO_VALUE if text is None or pd.isna(text) else num(identifier, "interval")
