"""The valid records of an exported second wave, and what they achieve against its targets."""

from __future__ import annotations

import csv
import io

import numpy as np

from studygenerator.calibration import Result, compare
from studygenerator.estimands import GENERIC, Answers, Estimand, Found, answered, share
from studygenerator.targets import Target
from studygenerator.wave2.people import LARGE
from studygenerator.wave2.plan import Plan
from studygenerator.wave2.records import ALIKE
from studygenerator.wave2.settings import FRAMES

MARKS = ":marks"  # suffix of a question's codes with `don't know` among them


def valid_answers(plan: Plan, content: bytes) -> Answers:
    """Read an export and keep the codes of the valid records; what is no answer is NaN.

    Valid: no tester, consenting users of social media who sent off the last page, the last interview over an
    invitation, not faster than a third of the median of those, and not the same answer to all goals, pressures and
    questions of trust.
    """
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    rows = [row for row in rows if row["attribute_1"] != "TEST" and row["CONSENT"] == "Y" and row["SMUSE"] == "1"]
    rows = [row for row in rows if row["submitdate"]]
    rows = list({row["attribute_2"]: row for row in sorted(rows, key=lambda row: int(row["id"]))}.values())
    durations = np.array([float(row["interviewtime"]) for row in rows])
    rows = [row for row, fast in zip(rows, durations < np.median(durations) / 3, strict=True) if not fast]
    answers = _decoded(plan, rows)
    alike = np.column_stack([answers[code] for battery in ALIKE for code in plan.battery(battery)])
    straight = (alike == alike[:, :1]).all(axis=1)
    return {code: values[~straight] for code, values in answers.items()}


def _decoded(plan: Plan, rows: list[dict[str, str]]) -> Answers:
    answers: Answers = {}
    for variable in plan.codebook.variables:
        categories = plan.codebook.categories(variable)
        cells = [row[str(variable.column)] for row in rows]
        if categories:
            known = {category.cell: float(category.code) for category in categories}
            marks = np.array([known.get(cell, np.nan) for cell in cells])
            reasons = [category.code for category in categories if category.reason is not None]
            answers[variable.code] = np.where(np.isin(marks, reasons), np.nan, marks)
            answers[variable.code + MARKS] = marks
        elif variable.range is not None:
            low, high = variable.range
            numbers = np.array([float(cell) if cell.replace(".", "", 1).isdigit() else np.nan for cell in cells])
            answers[variable.code] = np.where((numbers >= low) & (numbers <= high), numbers, np.nan)
    return answers


def _marked(plan: Plan, answers: Answers, target: Target) -> Found:
    """Shares of answers among those who marked anything, `don't know` included."""
    marks = answers[target.variables[0] + MARKS]
    return [share(marks == code, answered(marks)) for code in target.codes], []


def _difference(plan: Plan, answers: Answers, target: Target) -> Found:
    """Cohen's d between companies with fewer than 250 people and larger ones."""
    large = answers["SIZE"] == LARGE
    found = []
    for code in target.variables:
        groups = [answers[code][base & answered(answers[code])] for base in (~large, large)]
        (small, big), (n, m) = groups, map(len, groups)
        pooled = ((n - 1) * small.var(ddof=1) + (m - 1) * big.var(ddof=1)) / (n + m - 2)
        found.append(float((small.mean() - big.mean()) / pooled**0.5))
    return found, []


def _invited(plan: Plan, answers: Answers, target: Target) -> Found:
    """Number of people invited over the list of S-GE."""
    return [float(plan.settings.cases.invited[FRAMES[0]])], []


ESTIMANDS: dict[str, Estimand] = {**GENERIC, "marked": _marked, "difference": _difference, "invited": _invited}


def calibrate(plan: Plan, content: bytes) -> list[Result]:
    """Compare an export with all targets.

    Parameters
    ----------
    content : bytes of the export
    """
    return compare(plan, plan.targets, valid_answers(plan, content), ESTIMANDS)
