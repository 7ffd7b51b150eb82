"""What firms answered, as the columns that conditions are evaluated on: codes, and why an answer is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from surveyspec.study import Study
from surveyspec.toolbox import AskedQuestion, ToolboxSpec
from surveytrail.cleaning import derive
from surveytrail.masks import evaluate

NOT_ASKED, NO_ANSWER, DONT_KNOW = "NOT_ASKED", "NO_ANSWER", "DONT_KNOW"


@dataclass(frozen=True)
class Firm:
    """One firm's answers.

    Parameters
    ----------
    name : how its report is called
    language : language of its report
    answers : category code or number by question; a question without an entry is not answered
    places : where each answer was read: file, line and column
    record : raw record of the survey, if the firm answered it
    """

    name: str
    language: str
    answers: Mapping[str, float]
    places: Mapping[str, str] = field(default_factory=dict)
    record: int | None = None


@dataclass(frozen=True, eq=False)
class Form:
    """The questions that a firm is asked, with everything that is computed from them; equal only to itself."""

    spec: ToolboxSpec
    grouped_by: tuple[str, ...]

    @cached_property
    def questions(self) -> list[AskedQuestion]:
        """Questions in the questionnaire's order."""
        return self.spec.questions(list(self.grouped_by))

    @cached_property
    def derived(self) -> list[str]:
        """Derived variables in the order in which they are computed."""
        return self.spec.derived(list(self.grouped_by))

    @cached_property
    def by_code(self) -> dict[str, AskedQuestion]:
        """Questions by their code."""
        return {question.code: question for question in self.questions}

    def columns(self, firms: Sequence[Firm]) -> dict[str, np.ndarray]:
        """Return the answers of firms by question and derived variable, as ``columns_of`` does."""
        languages = self.spec.wave.categories(self.spec.toolbox.language_variable)
        codes = {part.cell: float(part.code) for part in languages}
        given = {
            question.code: np.array([firm.answers.get(question.code, np.nan) for firm in firms], dtype=np.float64)
            for question in self.questions
        }
        given[self.spec.toolbox.language_variable] = np.array([codes.get(firm.language, np.nan) for firm in firms])
        return self.columns_of(given)

    def columns_of(self, given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return per question and derived variable the (n,) answers of firms, NaN where missing, and the reasons.

        Who is not asked a question has no answer to it, whatever was given. Derived variables are left out where
        something that they read is not given.
        """
        size = len(next(iter(given.values())))
        language = self.spec.toolbox.language_variable
        columns: dict[str, np.ndarray] = {language: given.get(language, np.full(size, np.nan))}
        for question in self.questions:
            if question.code not in given:
                continue
            answers = given[question.code]
            unsure = [part.code for part in question.codebook.categories(question.variable) if part.reason is not None]
            reasons = np.full(size, None, dtype=object)
            reasons[np.isnan(answers)] = NO_ANSWER
            reasons[np.isin(answers, unsure)] = DONT_KNOW
            if question.asked_if is not None:
                reasons[~evaluate(question.asked_if, columns)[0]] = NOT_ASKED
            is_known = np.array([reason is None for reason in reasons], dtype=bool)
            columns[question.code] = np.where(is_known, answers, np.nan)
            columns[f"{question.code}:reason"] = reasons
        for code in self.derived:
            if all(name in columns for name in self.spec.wave.inputs(code)):
                columns[code] = derive(code, self.spec.wave, columns)
        return columns


def form_of(study: Study) -> Form:
    """Return the form of a study's toolbox."""
    spec = study.toolbox
    assert spec is not None
    by = next(estimate.by for estimate in study.config.estimates if estimate.id == spec.toolbox.peers.means)
    levels = spec.levels_of_peers(by)
    return Form(spec, tuple(dict.fromkeys(code for level in levels for code in level)))
