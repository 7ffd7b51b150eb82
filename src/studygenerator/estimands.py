"""The statistics that calibration targets of any wave name, computed from the codes of valid records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from studygenerator.targets import Target
from surveyspec.codebook import Codebook

Answers = dict[str, np.ndarray]
Found = tuple[list[float], list[float]]
Estimand = Callable[[Any, Answers, Target], Found]


class Questionnaire(Protocol):
    """What a statistic may ask of the plan that a wave was made from."""

    @property
    def codebook(self) -> Codebook:
        """The wave's codebook."""

    def battery(self, name: str, kind: str = "scale") -> list[str]:
        """Return the codes of a battery's questions, in questionnaire order."""


def share(condition: np.ndarray, base: np.ndarray) -> float:
    """Return the share of a base for which a condition holds."""
    return float(condition[base].mean())


def answered(values: np.ndarray) -> np.ndarray:
    """Return where there is an answer."""
    return ~np.isnan(values)


def complete(answers: Answers, codes: list[str]) -> np.ndarray:
    """Return the answers to several questions of those who answered all of them: (people, questions)."""
    values = np.column_stack([answers[code] for code in codes])
    return values[answered(values).all(axis=1)]


def battery_of(plan: Questionnaire, code: str) -> list[str]:
    """Return the battery that a question belongs to."""
    variable = plan.codebook.by_code[code]
    return plan.battery(variable.battery or "", variable.type)


def _cases(plan: Questionnaire, answers: Answers, target: Target) -> Found:
    return [float(len(next(iter(answers.values()))))], []


def _shares(plan: Questionnaire, answers: Answers, target: Target) -> Found:
    columns = [answers[code] for code in target.variables]
    return [share(values == code, answered(values)) for values in columns for code in target.codes], []


def _at_least(plan: Questionnaire, answers: Answers, target: Target) -> Found:
    columns = [answers[code] for code in target.variables]
    return [share(values >= code, answered(values)) for values in columns for code in target.codes], []


def _at_most(plan: Questionnaire, answers: Answers, target: Target) -> Found:
    columns = [answers[code] for code in target.variables]
    return [share(values <= code, answered(values)) for values in columns for code in target.codes], []


def _mean_share(plan: Questionnaire, answers: Answers, target: Target) -> Found:
    """Share of the first code, averaged over the variables."""
    return [float(np.mean(_shares(plan, answers, target)[0]))], []


def _means(plan: Questionnaire, answers: Answers, target: Target) -> Found:
    return [float(np.nanmean(answers[code])) for code in target.variables], []


def _medians(plan: Questionnaire, answers: Answers, target: Target) -> Found:
    return [float(np.nanmedian(answers[code])) for code in target.variables], []


def _ticked(plan: Questionnaire, answers: Answers, target: Target) -> Found:
    options = battery_of(plan, target.variables[0])
    base = np.any([answers[code] == 1 for code in options], axis=0)
    return [share(answers[code] == 1, base) for code in target.variables], []


def _leads(plan: Questionnaire, answers: Answers, target: Target) -> Found:
    """1 if the variables named are the first of their battery, in any order; by share, or by mean without codes."""

    def size(code: str) -> float:
        values = answers[code]
        return share(values >= target.codes[0], answered(values)) if target.codes else float(np.nanmean(values))

    first = sorted(battery_of(plan, target.variables[0]), key=size, reverse=True)[: len(target.variables)]
    return [float(set(first) == set(target.variables))], []


def _precede(plan: Questionnaire, answers: Answers, target: Target) -> Found:
    """Difference between the smallest share of some variables and the largest of others: positive if all precede.

    Shares are of answers from the first code up to the second (or upwards, if there is one only).
    """
    low, high = target.codes[0], target.codes[1] if len(target.codes) > 1 else np.inf

    def size(code: str) -> float:
        values = answers[code]
        return share((values >= low) & (values <= high), answered(values))

    return [min(map(size, target.variables)) - max(map(size, target.others))], []


GENERIC: dict[str, Estimand] = {
    "cases": _cases, "shares": _shares, "at_least": _at_least, "at_most": _at_most, "mean_share": _mean_share,
    "means": _means, "medians": _medians, "ticked": _ticked, "leads": _leads, "precede": _precede,
}  # fmt: skip
