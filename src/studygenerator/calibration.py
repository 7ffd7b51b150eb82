"""What an exported synthetic wave achieves against its targets, computed from the file alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np

from studygenerator.estimands import Answers, Estimand, Questionnaire
from studygenerator.targets import Status, Target

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


def compare(
    plan: Questionnaire, targets: list[Target], answers: Answers, estimands: Mapping[str, Estimand]
) -> list[Result]:
    """Compare the answers of valid records with all targets of their wave."""
    results = []
    for target in targets:
        base = np.ones(len(next(iter(answers.values()))), dtype=bool)
        for code, wanted in target.where.items():
            base &= np.isin(answers[code], wanted)
        found, errors = estimands[target.estimand](
            plan, {code: values[base] for code, values in answers.items()}, target
        )
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
        what = " ".join([target.estimand, *target.variables, *(["over", *target.others] if target.others else [])])
        what += "".join(f" where {code} in {wanted}" for code, wanted in target.where.items())
        lines.append(f"{target.id:<6}{target.status}  {mark}  {what}: {found}  (target {_wanted(target)})")
    for status in get_args(Status):
        of_status = [result for result in results if result.target.status == status]
        if of_status:
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
