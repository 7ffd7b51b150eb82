"""The plan of a synthetic wave: settings, codebook, texts and targets, loaded and checked against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from studygenerator.items import Loads
from studygenerator.targets import Target, Targets
from studygenerator.wave1.settings import Settings, Texts
from surveyspec.codebook import Codebook
from surveyspec.conditions import ConditionError, expand_pattern
from surveyspec.documents import KeyPath, load_document, parse_document
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveyspec.study import load_codebook

FREE = {"W1_YOB", "W1_POSTS", "W1_CANT", "W1_OPEN", "W1_BAR_TXT"}  # numbers, places and texts have rules of their own


@dataclass(frozen=True)
class Plan:
    """Everything that a synthetic wave is made from."""

    settings: Settings
    codebook: Codebook
    texts: Texts
    targets: list[Target]

    @cached_property
    def pages(self) -> list[tuple[int, list[str]]]:
        """Each page's number and the codes of the questions on it, patterns expanded."""
        names = list(self.codebook.by_code)
        return [
            (page.page, [code for pattern in page.variables for code in expand_pattern(pattern, names)])
            for page in self.settings.pages
        ]

    def battery(self, name: str, kind: str = "scale") -> list[str]:
        """Return the codes of a battery's questions, in questionnaire order."""
        return [v.code for v in self.codebook.variables if v.battery == name and v.type == kind]

    def log_size(self, codes: np.ndarray) -> np.ndarray:
        """Return the log of the class middle for codes of W1_SIZE; NaN for other codes."""
        return np.array([np.log(self.settings.size_midpoints.get(int(code), np.nan)) for code in codes])


def load_plan(directory: Path, settings_file: str) -> Plan:
    """Load the settings and the files that they name.

    Parameters
    ----------
    directory : folder that all paths are relative to
    settings_file : path of the settings, relative to it

    Raises
    ------
    StudyError : unknown keys, wrong values, questions without settings, settings without a question; all together
    """
    document = load_document(directory / settings_file, settings_file)
    settings = parse_document(Settings, document)
    texts = parse_document(Texts, load_document(directory / settings.texts, settings.texts))
    targets = parse_document(Targets, load_document(directory / settings.targets, settings.targets))
    codebook = load_codebook(directory, settings.codebook)
    plan = Plan(settings, codebook, texts, [target for target in targets.targets if target.wave == codebook.wave])
    problems = [
        Problem(document.path, ".".join(map(str, keys)), found, expected, todo, document.line(keys))
        for keys, found, expected, todo in _disagreements(plan)
    ]
    if problems:
        raise StudyError(problems)
    return plan


Disagreement = tuple[KeyPath, str, str, str]


def _disagreements(plan: Plan) -> Iterator[Disagreement]:
    """Yield where the settings and the codebook do not fit: key path, found, expected, what to do."""
    yield from _unknown_codes(plan)
    yield from _wrong_numbers_of_answers(plan)
    yield from _unknown_scores(plan)
    yield from _pages(plan)
    for language, comments in plan.texts.comments.items():
        speakers = int(plan.settings.profile["LANGUAGE"].get(language, 0) * plan.settings.cases.valid)
        if len(comments) > speakers:
            found = f"{len(comments)} comments of language {language} in {plan.settings.texts}"
            yield ("cases", "valid"), found, f"at most {speakers}, one for each who speaks it", "remove some"


def _settings_by_code(plan: Plan) -> dict[str, KeyPath]:
    """Return where each question's answers are settled."""
    settings = plan.settings
    sections: list[tuple[KeyPath, list[str]]] = [
        (("items",), list(settings.items)),
        (("profile",), list(settings.profile)),
        (("firm", "shares"), list(settings.firm.shares)),
        (("barriers",), list(settings.barriers)),
    ]
    return {code: (*keys, code) for keys, codes in sections for code in codes}


def _unknown_codes(plan: Plan) -> Iterator[Disagreement]:
    settled, known = _settings_by_code(plan), list(plan.codebook.by_code)
    named = dict(settled)
    named |= {odd.variable: ("odd_cells", at, "variable") for at, odd in enumerate(plan.settings.odd_cells)}
    rules = plan.settings.nonresponse
    named |= {code: ("nonresponse", "mandatory", at) for at, code in enumerate(rules.mandatory)}
    for code, keys in named.items():
        if code not in known:
            todo = did_you_mean(code, known) or "correct the code or the codebook"
            yield keys, f"unknown variable '{code}'", f"a variable of {plan.settings.codebook}", todo
    questions = [v.code for v in plan.codebook.variables if str(v.column).startswith("v_")]
    missing = [code for code in questions if code not in settled and code not in FREE]
    if missing:
        yield ("items",), f"nothing on {listed(missing)}", "settings for every question", "add them"


def _wrong_numbers_of_answers(plan: Plan) -> Iterator[Disagreement]:
    settings = plan.settings
    shares = {code: ("items", item.distribution) for code, item in settings.items.items()}
    shares |= {code: ("firm", list(values)) for code, values in settings.firm.shares.items()}
    for code, (section, distribution) in shares.items():
        variable = plan.codebook.by_code.get(code)
        if variable is not None:
            answers = sum(category.reason is None for category in plan.codebook.categories(variable))
            if len(distribution) != answers:
                keys = ("items", code) if section == "items" else ("firm", "shares", code)
                found = f"shares of {len(distribution)} answers"
                yield keys, found, f"{answers}, as scale {variable.scale} has", "add or remove shares"
    for code, by_answer in settings.profile.items():
        if code in plan.codebook.by_code:
            known = [category.code for category in plan.codebook.categories(plan.codebook.by_code[code])]
            for answer in [answer for answer in by_answer if answer not in known]:
                yield ("profile", code, answer), f"unknown answer {answer}", f"one of {listed(known)}", "correct it"


def _unknown_scores(plan: Plan) -> Iterator[Disagreement]:
    settings = plan.settings
    loads: dict[KeyPath, Loads] = {("items", code, "loads"): item.loads for code, item in settings.items.items()}
    loads |= {("barriers", code, "loads"): tick.loads for code, tick in settings.barriers.items()}
    loads |= {("firm", "loads"): settings.firm.loads, ("posts", "loads"): settings.posts.loads}
    known = settings.latent.scores
    for keys, loadings in loads.items():
        for score in loadings:
            if score not in known:
                todo = did_you_mean(score, known) or "use one of them"
                yield (*keys, score), f"unknown score '{score}'", f"one of {listed(known)}", todo


def _pages(plan: Plan) -> Iterator[Disagreement]:
    try:
        placed = Counter(code for _, codes in plan.pages for code in codes)
    except ConditionError as error:
        yield ("pages",), str(error), f"variables of {plan.settings.codebook}", "correct the page"
        return
    questions = [v.code for v in plan.codebook.variables if str(v.column).startswith("v_")]
    wrong = [code for code in questions if placed[code] != 1]
    if wrong:
        yield ("pages",), f"{listed(wrong)} on no page or on several", "every question on one page", "move them"
