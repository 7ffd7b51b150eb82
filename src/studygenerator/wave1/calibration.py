"""The valid records of an exported first wave, and what they achieve against its targets."""

from __future__ import annotations

import csv
import io

import numpy as np

from studygenerator.calibration import Result, compare
from studygenerator.estimands import Answers
from studygenerator.wave1.estimands import ESTIMANDS
from studygenerator.wave1.plan import Plan


def valid_answers(plan: Plan, content: bytes) -> Answers:
    """Read an export and keep the codes of the valid records; what is no answer is NaN.

    Valid: no tester, completed, the first interview over its invitation, not faster than a third of the median of
    those, and not the same answer (other than "never") to all questions on use.
    """
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    rows = [row for row in rows if row["tester"] == "0" and row["dispcode"] in {"31", "32"}]
    first: dict[str, dict[str, str]] = {}
    for row in sorted(rows, key=lambda row: row["datetime"]):
        first.setdefault(row["p_0001"], row)
    rows = list(first.values())
    durations = np.array([float(row["duration"]) for row in rows])
    limit = np.median(durations[durations >= 0]) / 3
    rows = [row for row, seconds in zip(rows, durations, strict=True) if seconds < 0 or seconds >= limit]
    answers = _decoded(plan, rows)
    use = np.column_stack([answers[code] for name in ("W1_PRIV", "W1_PROF") for code in plan.battery(name)])
    straight = (use == use[:, :1]).all(axis=1) & (use[:, 0] >= 2)
    return {code: values[~straight] for code, values in answers.items()}


def _decoded(plan: Plan, rows: list[dict[str, str]]) -> Answers:
    answers: Answers = {}
    for variable in plan.codebook.variables:
        categories = [c for c in plan.codebook.categories(variable) if c.reason is None]
        cells = [row[str(variable.column)] for row in rows]
        if categories:
            known = {category.cell: float(category.code) for category in categories}
            answers[variable.code] = np.array([known.get(cell, np.nan) for cell in cells])
        elif variable.range is not None:
            low, high = variable.range
            numbers = np.array([float(cell) if cell.isdigit() else np.nan for cell in cells])
            answers[variable.code] = np.where((numbers >= low) & (numbers <= high), numbers, np.nan)
    return answers


def calibrate(plan: Plan, content: bytes) -> list[Result]:
    """Compare an export with all targets.

    Parameters
    ----------
    content : bytes of the export
    """
    return compare(plan, plan.targets, valid_answers(plan, content), ESTIMANDS)
