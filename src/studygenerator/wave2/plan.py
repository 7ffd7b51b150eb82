"""The plan of the synthetic second wave: settings, codebook, texts and targets, checked against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from studygenerator.items import Loads
from studygenerator.targets import Target, Targets
from studygenerator.wave2.settings import FRAMES, SCORES, Settings, Texts
from surveyspec.codebook import Codebook
from surveyspec.documents import KeyPath, load_document, parse_document
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveyspec.study import load_codebook

FREE = {"CONSENT", "SMUSE", "CANT", "FOUND", "MAINCH", "TXT"}  # numbers, places and texts have rules of their own


@dataclass(frozen=True)
class Plan:
    """Everything that the synthetic second wave is made from."""

    settings: Settings
    codebook: Codebook
    texts: Texts
    targets: list[Target]

    @cached_property
    def questions(self) -> list[str]:
        """Codes of the questions, in questionnaire order: all variables that stand on a page."""
        return [variable.code for variable in self.codebook.variables if variable.page is not None]

    @cached_property
    def pages(self) -> list[list[str]]:
        """Codes of the questions on each page; page 1 comes first."""
        last = max(variable.page or 0 for variable in self.codebook.variables)
        return [[code for code in self.questions if self.page(code) == number] for number in range(1, last + 1)]

    def page(self, code: str) -> int:
        """Return the page that a question stands on."""
        return self.codebook.by_code[code].page or 0

    @cached_property
    def users_only(self) -> set[str]:
        """Codes of the questions that only companies using social media are asked."""
        return {code for code in self.questions if self.codebook.by_code[code].filter is not None}

    def battery(self, name: str, kind: str = "scale") -> list[str]:
        """Return the codes of a battery's questions, in questionnaire order."""
        return [v.code for v in self.codebook.variables if v.battery == name and v.type == kind]

    def log_size(self, codes: np.ndarray) -> np.ndarray:
        """Return the log of the class middle for codes of SIZE."""
        return np.array([np.log(self.settings.profile.size_midpoints[int(code)]) for code in codes])


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
    yield from _wrong_answers(plan)
    yield from _unknown_scores(plan)
    yield from _frames(plan)


def _settled(plan: Plan) -> dict[str, KeyPath]:
    """Return where each question's answers are settled."""
    settings = plan.settings
    found: dict[str, KeyPath] = {code: ("profile", "everybody", code) for code in settings.profile.everybody}
    for frame, answers in settings.profile.by_frame.items():
        found |= {code: ("profile", "by_frame", frame, code) for code in answers}
    found |= {code: ("channels", "shares", code) for code in settings.channels.shares}
    for section in ("items", "yes_no", "numbers"):
        found |= {code: (section, code) for code in getattr(settings, section)}
    for battery, ticks in settings.ticks.items():
        found |= {code: ("ticks", battery, "options", code) for code in ticks.options}
        found |= {ticks.other: ("ticks", battery, "other")} if ticks.other else {}
    return found


def _unknown_codes(plan: Plan) -> Iterator[Disagreement]:
    settled, known = _settled(plan), list(plan.codebook.by_code)
    named = dict(settled)
    named |= {odd.variable: ("odd_cells", at, "variable") for at, odd in enumerate(plan.settings.odd_cells)}
    named |= {code: ("nonresponse", "mandatory", at) for at, code in enumerate(plan.settings.nonresponse.mandatory)}
    for code, keys in named.items():
        if code not in known:
            todo = did_you_mean(code, known) or "correct the code or the codebook"
            yield keys, f"unknown variable '{code}'", f"a variable of {plan.settings.codebook}", todo
    missing = [code for code in plan.questions if code not in settled and code not in FREE]
    if missing:
        yield ("items",), f"nothing on {listed(missing)}", "settings for every question", "add them"


def _wrong_answers(plan: Plan) -> Iterator[Disagreement]:
    settings, codebook = plan.settings, plan.codebook
    for code, item in settings.items.items():
        variable = codebook.by_code.get(code)
        if variable is not None:
            answers = sum(category.reason is None for category in codebook.categories(variable))
            if len(item.distribution) != answers:
                found = f"shares of {len(item.distribution)} answers"
                expected = f"{answers}, as scale {variable.scale} has"
                yield ("items", code), found, expected, "add or remove shares"
    tables = {("profile", "everybody", code): shares for code, shares in settings.profile.everybody.items()}
    for keys, shares in tables.items():
        if keys[-1] in codebook.by_code:
            known = [category.code for category in codebook.categories(codebook.by_code[keys[-1]])]
            for answer in [answer for answer in shares if answer not in known]:
                yield (*keys, answer), f"unknown answer {answer}", f"one of {listed(known)}", "correct it"


def _unknown_scores(plan: Plan) -> Iterator[Disagreement]:
    settings = plan.settings
    loads: dict[KeyPath, Loads] = {
        (section, code, "loads"): entry.loads
        for section in ("items", "yes_no", "numbers")
        for code, entry in getattr(settings, section).items()
    }
    for battery, ticks in settings.ticks.items():
        loads |= {("ticks", battery, "options", code, "loads"): tick.loads for code, tick in ticks.options.items()}
    loads |= {("channels", part): getattr(settings.channels, part) for part in ("loads", "years", "plans")}
    for keys, loadings in loads.items():
        for score in loadings:
            if score not in SCORES:
                todo = did_you_mean(score, SCORES) or "use one of them"
                yield (*keys, score), f"unknown score '{score}'", f"one of {listed(SCORES)}", todo


def _frames(plan: Plan) -> Iterator[Disagreement]:
    """Yield address lists without a profile, and comments that nobody is there to write."""
    settings = plan.settings
    for frame in FRAMES:
        if frame not in settings.profile.by_frame:
            yield ("profile", "by_frame"), f"no list {frame}", f"lists {listed(FRAMES)}", "add its profile"
            return
    for language, comments in plan.texts.support.items():
        speakers = sum(
            int(settings.profile.by_frame[frame]["LANGUAGE"].get(language, 0) * settings.cases.valid[frame])
            for frame in FRAMES
        )
        if len(comments) > speakers:
            found = f"{len(comments)} comments of language {language} in {settings.texts}"
            yield ("cases", "valid"), found, f"at most {speakers}, one for each who speaks it", "remove some"
