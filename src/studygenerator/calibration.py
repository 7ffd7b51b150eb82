"""What an exported synthetic wave achieves against its targets, computed from the file alone."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np

from studygenerator.estimands import ESTIMANDS, Answers
from studygenerator.plan import Plan
from studygenerator.settings import Target

ROUNDING = 1e-9


@dataclass(frozen=True)
class Result:
    """A target and what was found: one number per value (and its standard error, where the target is in those)."""

    target: Target
    found: list[float]
    standard_errors: list[float]

    @property
    def holds(self) -> bool:
        """Whether every number is within its tolerance and bounds."""
        target = self.target
        within = True
        if target.values:
            errors = self.standard_errors or [1.0] * len(self.found)
            width = target.standard_errors if target.standard_errors is not None else target.tolerance or 0.0
            limits = [width * (error if target.standard_errors is not None else 1.0) for error in errors]
            pairs = zip(self.found, target.values, limits, strict=True)
            within = all(abs(found - value) <= limit + ROUNDING for found, value, limit in pairs)
        above = target.above is None or min(self.found) > target.above
        below = target.below is None or max(self.found) < target.below
        leads = target.estimand != "leads" or self.found == [1.0]
        return within and above and below and leads


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
    answers = valid_answers(plan, content)
    results = []
    for target in plan.targets:
        found, errors = ESTIMANDS[target.estimand](plan, answers, target)
        results.append(Result(target, found, errors))
    return results


def calibration_table(results: list[Result]) -> str:
    """Return the comparison as text: one line per target, and how many hold."""
    lines = []
    for result in results:
        target = result.target
        found = ", ".join(f"{value:.3f}" for value in result.found)
        if target.estimand == "leads":
            found = "yes" if result.holds else "no"
        mark = "holds" if result.holds else "FAILS"
        what = " ".join([target.estimand, *target.variables])
        lines.append(f"{target.id:<6}{target.status}  {mark}  {what}: {found}  (target {_wanted(target)})")
    for status in ("S", "A"):
        of_status = [result for result in results if result.target.status == status]
        lines.append(f"{status}: {sum(result.holds for result in of_status)} of {len(of_status)} hold")
    return "\n".join(lines)


def _wanted(target: Target) -> str:
    """Return what a target asks for, in words."""
    if target.estimand == "leads":
        return "in the lead"
    parts = []
    if target.values:
        width = f"{target.standard_errors:g} SE" if target.standard_errors is not None else f"{target.tolerance:g}"
        parts.append(f"{', '.join(f'{value:g}' for value in target.values)} ± {width}")
    if target.above is not None:
        parts.append(f"> {target.above:g}")
    if target.below is not None:
        parts.append(f"< {target.below:g}")
    return " and ".join(parts)
