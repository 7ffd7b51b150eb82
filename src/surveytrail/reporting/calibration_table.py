"""The calibration of synthetic data: what they were made to show, and what the ledger finds in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyspec.calibration import CalibrationTarget
from surveyspec.problems import Problem, StudyError, did_you_mean
from surveyspec.study import Study
from surveytrail.reporting.spans import NO_VALUE, markdown_table, note, num, param, word
from surveytrail.reporting.wording import constant_text, percentage_text

Rows = Mapping[str, Mapping[Any, Any]]
ROUNDING = 1e-9


def calibration_texts(study: Study, languages: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return every value of the targets by its key (``calibration.17.values.0``), as it stands and as a percentage."""
    texts: dict[str, Any] = {}
    percentages: dict[str, Any] = {}
    for place, target in enumerate(study.targets):
        for path, value in _values(target):
            key = f"calibration.{place}.{path}"
            texts[key] = {language: constant_text(value, language) for language in languages}
            if 0 <= value <= 1:
                percentages[key] = {language: percentage_text(value, language) for language in languages}
        texts[f"calibration.{place}.id"] = dict.fromkeys(languages, target.id)
    return texts, percentages


def calibration_table(study: Study, rows: Rows) -> str:
    """Write target, tolerance, finding and status of every target; nothing where the study declares none.

    Raises
    ------
    StudyError : a target names a number that the ledger does not have
    """
    if not study.targets:
        return ""
    problems = [
        Problem(str(study.config.calibration), f"targets.{target.id}", f"unknown number '{name}'",
                "the id of a number in the ledger", did_you_mean(name, rows) or "correct it")
        for target in study.targets
        for name in (*target.numbers, *target.ahead_of)
        if name is not None and name not in rows
    ]  # fmt: skip
    if problems:
        raise StudyError(problems)
    head = [word(f"tables.calibration.{name}") for name in ("number", "id", "target", "found", "status", "holds")]
    cells = [_cells(place, target, rows) for place, target in enumerate(study.targets)]
    table = markdown_table(head, cells, word("tables.calibration.caption"), "calibration", [0.6, 1.6, 1.6, 0.9, 0.7])
    return f"{table}\n{note(word('tables.calibration.note'))}"


def _cells(place: int, target: CalibrationTarget, rows: Rows) -> list[str]:
    known = [name for name in target.numbers if name is not None]
    share = bool(known) and rows[known[0]]["unit"] == "share"
    found = " / ".join(num(name) if name is not None else NO_VALUE for name in target.numbers) or NO_VALUE
    label = num(known[0], "label") if known else word("tables.calibration.elsewhere")
    verdict = NO_VALUE if not known else word(f"tables.calibration.{'yes' if holds(target, rows) else 'no'}")
    key = f"calibration.{place}"
    status = word(f"tables.calibration.{target.status}")
    return [label, param(f"{key}.id"), _wanted(key, target, share), found, status, verdict]


def _wanted(key: str, target: CalibrationTarget, share: bool) -> str:
    """Write what a target asks for: values with their tolerance, bounds, or a lead over others."""

    def value(path: str) -> str:
        return param(f"{key}.{path}", "percent" if share else None)

    parts = []
    if target.values:
        values = " / ".join(value(f"values.{place}") for place in range(len(target.values)))
        parts.append(values if target.tolerance is None else f"{values} ± {value('tolerance')}")
    parts += [f"\\> {value('above')}"] if target.above is not None and not target.ahead_of else []
    parts += [f"\\< {value('below')}"] if target.below is not None else []
    parts += [word("tables.calibration.lead")] if target.ahead_of else []
    return ", ".join(parts) or NO_VALUE


def holds(target: CalibrationTarget, rows: Rows) -> bool:
    """Say whether the ledger's numbers fulfil a target."""
    found = [None if name is None else float(rows[name]["value"]) for name in target.numbers]
    known = [value for value in found if value is not None]
    within = all(
        value is None or abs(value - wanted) <= (target.tolerance or 0.0) + ROUNDING
        for value, wanted in zip(found, target.values, strict=False)
    )
    above = target.above is None or bool(target.ahead_of) or min(known) > target.above
    below = target.below is None or max(known) < target.below
    ahead = all(min(known) > float(rows[name]["value"]) for name in target.ahead_of)
    return within and above and below and ahead


def _values(target: CalibrationTarget) -> list[tuple[str, float]]:
    named = [(name, getattr(target, name)) for name in ("tolerance", "above", "below")]
    return [
        *((f"values.{place}", value) for place, value in enumerate(target.values)),
        *((name, value) for name, value in named if value is not None),
    ]
