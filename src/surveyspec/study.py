"""A study as both engines see it: config and codebooks loaded, cross-checked and bound together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from surveyspec.codebook import CODED, NUMERIC, Category, Codebook, Variable
from surveyspec.conditions import (
    Aggregate,
    Condition,
    ConditionError,
    Value,
    bind,
    bind_value,
    expand_pattern,
    parse_condition,
    parse_value,
    variables_of,
)
from surveyspec.conditions import Variable as Name
from surveyspec.config import CleaningRule, Derived, Estimate, StudyConfig, Wave, Weight
from surveyspec.documents import Document, KeyPath, load_document, parse_document
from surveyspec.identifiers import TOTAL, UNWEIGHTED
from surveyspec.interview_codebook import InterviewCodebook
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveyspec.response import frame_inconsistencies

CONFIG = "config.yaml"
INTERVIEWS = "interviews"  # stands where numbers of a survey have its wave
# how coders are compared on all codes together: decision by decision, or segment by segment with all its codes
DECISIONS, CODE_SETS = "decisions", "code_sets"
VALUE_ROLES = ("x", "y", "group", "items", "given", "mediator")
ANSWERED_ROLES = ("x", "y", "items")


@dataclass(frozen=True, eq=False)
class WaveSpec:
    """A wave with its codebook, its conditions bound to the variables it has; equal only to itself."""

    id: str
    wave: Wave
    codebook: Codebook

    @cached_property
    def names(self) -> list[str]:
        """Codes of all variables that conditions may use: the codebook's that are kept, then the derived ones."""
        return [*(variable.code for variable in self.codebook.kept), *self.wave.derived]

    def condition(self, text: str, subject: str | None = None) -> Condition:
        """Parse a condition and bind it to this wave's variables."""
        key = (text, subject)
        if key not in self._conditions:
            self._conditions[key] = bind(parse_condition(text, subject), self.names)
        return self._conditions[key]

    @cached_property
    def _conditions(self) -> dict[tuple[str, str | None], Condition]:
        """Conditions parsed so far: a study writes few, and reads them for every number."""
        return {}

    def value(self, text: str, subject: str | None = None) -> Value:
        """Parse a value and bind it to this wave's variables."""
        return bind_value(parse_value(text, subject), self.names)

    def items(self, pattern: str) -> tuple[str, ...]:
        """Return the variables that a pattern of items stands for."""
        return expand_pattern(pattern, self.names)

    def slug(self, code: str) -> str:
        """Return a variable's part of a number id."""
        return self.wave.derived[code].slug if code in self.wave.derived else self.codebook.by_code[code].slug

    def values(self, text: str, answer: str | None = None) -> list[Name | Condition]:
        """Return what a role of a test stands for: variables, or a condition on each of them, or one condition.

        Raises
        ------
        ConditionError : neither a variable, a pattern nor a condition
        """
        if re.fullmatch(r"[\w*{},\s]+", text.strip()):
            names = self.items(text.strip())
            return [self.condition(answer, name) if answer is not None else Name(name) for name in names]
        return [self.condition(text)]

    def label(self, code: str) -> dict[str, str]:
        """Return a variable's label per language."""
        source: Derived | Variable = self.wave.derived.get(code) or self.codebook.by_code[code]
        return dict(source.label)

    def categories(self, code: str) -> list[Category]:
        """Return the answers of a variable that count as answers (no ``don't know``)."""
        derived = self.wave.derived.get(code)
        if derived is not None:
            return [Category(code=part.code, slug=part.slug, label=part.label) for part in derived.categories or []]
        return [part for part in self.codebook.categories(self.codebook.by_code[code]) if part.reason is None]

    def is_numeric(self, code: str) -> bool:
        """Say whether a variable's answers are numbers (codes included) and not texts."""
        return code in self.wave.derived or self.codebook.by_code[code].type in NUMERIC

    def is_coded(self, code: str) -> bool:
        """Say whether a variable has categories."""
        if code in self.wave.derived:
            return self.wave.derived[code].categories is not None
        return self.codebook.by_code[code].type in CODED

    def derived_parts(self, code: str) -> tuple[list[tuple[int, Condition]], Value | None]:
        """Return a derived variable's (code, condition) pairs, or the value that it is computed as."""
        derived = self.wave.derived[code]
        if derived.mean_of is not None:
            return [], Aggregate("mean", self.items(derived.mean_of), derived.min_answered)
        if derived.value is not None:
            return [], self.value(derived.value)
        return [(part.code, self.condition(part.when)) for part in derived.categories or []], None

    def inputs(self, code: str) -> tuple[str, ...]:
        """Return the variables that a derived variable reads; a questionnaire variable reads itself."""
        if code not in self.wave.derived:
            return (code,)
        conditions, value = self.derived_parts(code)
        names = [name for _, condition in conditions for name in variables_of(condition)]
        return tuple(dict.fromkeys([*names, *(variables_of(value) if value is not None else ())]))

    def roots(self, codes: Iterator[str] | tuple[str, ...] | list[str]) -> tuple[str, ...]:
        """Follow derived variables down to the questionnaire variables that they are made of, each once."""
        found: dict[str, None] = {}
        for code in codes:
            parts = self.inputs(code)
            for part in parts if parts == (code,) else self.roots(parts):
                found[part] = None
        return tuple(found)

    def rule_condition(self, rule: CleaningRule) -> Condition | None:
        """Return the bound condition of a cleaning rule: what it excludes, or among whom it takes its median."""
        text = rule.exclude if rule.exclude is not None else rule.among
        return self.condition(text) if text is not None else None

    def rule_variables(self, rule: CleaningRule) -> tuple[str, ...]:
        """Return the variables that a cleaning rule reads."""
        condition = self.rule_condition(rule)
        named = [*(rule.duplicates_of or []), *([rule.variable] if rule.variable else [])]
        return tuple(dict.fromkeys([*named, *(variables_of(condition) if condition else ())]))

    def weight_variables(self, weight: Weight) -> tuple[str, ...]:
        """Return the variables that a weight is made from."""
        if weight.method == "column":
            return (weight.variable,)
        population = variables_of(self.condition(weight.population)) if weight.population else ()
        return tuple(dict.fromkeys([*weight.variables, *population]))

    def cleaning_variables(self) -> tuple[str, ...]:
        """Return the variables that decide which records are analysed."""
        return tuple(dict.fromkeys(name for rule in self.wave.cleaning for name in self.rule_variables(rule)))


@dataclass(frozen=True)
class Study:
    """A whole study: config, where each of its keys stands, and its waves."""

    directory: Path
    config: StudyConfig
    document: Document
    waves: dict[str, WaveSpec]
    interview_codebook: InterviewCodebook | None = None

    @property
    def raw_files(self) -> dict[str, str]:
        """The raw file behind each source that lineage names: a wave by its id, any other file by its path."""
        files = {name: wave.wave.raw for name, wave in self.waves.items()}
        beside = [wave.wave.dispositions.file for wave in self.waves.values() if wave.wave.dispositions is not None]
        if self.config.interviews is not None:
            beside += [self.config.interviews.metadata, self.config.interviews.segments]
        return files | {path: path for path in beside}

    def line(self, *keys: str | int) -> int | None:
        """Return the line of a key path in the study file."""
        return self.document.line(keys)

    def parameter(self, path: str) -> object:
        """Return a design constant by its key path (``waves.wave1.weights.raked.trim.upper``).

        Items of a list are named by their ``id``.

        Raises
        ------
        KeyError : no such key
        """
        value: object = self.document.data
        for part in path.split("."):
            if isinstance(value, list):
                value = next((item for item in value if isinstance(item, dict) and item.get("id") == part), None)
                if value is None:
                    raise KeyError(path)
            elif isinstance(value, dict) and part in value:
                value = value[part]
            else:
                raise KeyError(path)
        return value


def load_study(directory: Path) -> Study:
    """Load and check a study folder.

    Parameters
    ----------
    directory : folder with ``config.yaml``

    Raises
    ------
    StudyError : all problems of config and codebooks together
    """
    document = load_document(directory / CONFIG, CONFIG)
    config = parse_document(StudyConfig, document)
    waves: dict[str, WaveSpec] = {}
    problems: list[Problem] = []
    for name, wave in config.waves.items():
        try:
            waves[name] = WaveSpec(name, wave, load_codebook(directory, wave.codebook))
        except StudyError as error:
            problems.extend(error.problems)
    interviews = None
    if config.interviews is not None:
        try:
            interviews = load_interview_codebook(directory, config.interviews.codebook)
        except StudyError as error:
            problems.extend(error.problems)
    if problems:
        raise StudyError(problems)
    study = Study(directory, config, document, waves, interviews)
    problems = [*_wave_problems(study), *_analysis_problems(study), *_output_problems(study)]
    if problems:
        raise StudyError(problems)
    return study


def load_codebook(directory: Path, path: str) -> Codebook:
    """Load a codebook and check what its fields say of each other."""
    document = load_document(directory / path, path)
    codebook = parse_document(Codebook, document)
    _require_consistent(document, codebook.inconsistencies())
    return codebook


def load_interview_codebook(directory: Path, path: str) -> InterviewCodebook:
    """Load the codebook of the interviews and check that number ids can tell its codes apart."""
    document = load_document(directory / path, path)
    codebook = parse_document(InterviewCodebook, document)
    _require_consistent(document, codebook.inconsistencies(frozenset({DECISIONS, CODE_SETS})))
    return codebook


def _require_consistent(document: Document, wrong: Iterable[tuple[KeyPath, str, str]]) -> None:
    problems = [
        Problem(document.path, ".".join(map(str, keys)), found, expected, "correct the codebook", document.line(keys))
        for keys, found, expected in wrong
    ]
    if problems:
        raise StudyError(problems)


class _Checker:
    """Collects problems of one study file."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.problems: list[Problem] = []

    def report(self, keys: KeyPath, found: str, expected: str, todo: str = "correct the study file") -> None:
        where = ".".join(map(str, keys))
        self.problems.append(Problem(CONFIG, where, found, expected, todo, self.study.document.line(keys)))

    def known(self, keys: KeyPath, name: str, allowed: list[str], what: str) -> bool:
        if name in allowed:
            return True
        hint = did_you_mean(name, allowed) or f"use one of the {what}s expected here"
        self.report(keys, f"unknown {what} '{name}'", f"one of {listed(allowed)}", hint)
        return False

    def condition(self, keys: KeyPath, wave: WaveSpec, text: str | None, subject: str | None = None) -> None:
        if text is None:
            return
        try:
            condition = wave.condition(text, subject)
        except ConditionError as error:
            self.report(keys, str(error), f"a condition over the variables of {wave.id}")
            return
        missing = [name for name in variables_of(condition) if name not in wave.names]
        if missing:
            self.report(keys, f"unknown variable '{missing[0]}'", f"one of {listed(wave.names, 12)}")


def _wave_problems(study: Study) -> list[Problem]:
    check = _Checker(study)
    if INTERVIEWS in study.waves:
        check.report(("waves", INTERVIEWS), f"a wave called '{INTERVIEWS}'", "another id: this one is built in")
    for keys, found, expected in frame_inconsistencies(study.config):
        check.report(keys, found, expected)
    for name, wave in study.waves.items():
        at: KeyPath = ("waves", name)
        check.known((*at, "respondent"), wave.wave.respondent, wave.names, "variable")
        for index, rule in enumerate(wave.wave.cleaning):
            keys = (*at, "cleaning", index)
            check.condition((*keys, "exclude"), wave, rule.exclude)
            check.condition((*keys, "among"), wave, rule.among)
            for code in [*(rule.duplicates_of or []), *([rule.variable] if rule.variable else [])]:
                check.known(keys, code, wave.names, "variable")
        _derived_problems(check, wave, (*at, "derived"))
        for weight_id, weight in wave.wave.weights.items():
            keys = (*at, "weights", weight_id)
            if weight_id == UNWEIGHTED:
                check.report(keys, f"a weight called '{UNWEIGHTED}'", "another id: this one is built in")
            for code in [weight.variable] if weight.method == "column" else weight.variables:
                check.known(keys, code, wave.names, "variable")
            check.condition((*keys, "population"), wave, getattr(weight, "population", None))
    return check.problems


def _derived_problems(check: _Checker, wave: WaveSpec, at: KeyPath) -> None:
    earlier = [variable.code for variable in wave.codebook.kept]
    for code, derived in wave.wave.derived.items():
        if code in wave.codebook.by_code:
            check.report((*at, code), f"'{code}' again", "a code that the codebook does not have")
        limited = WaveSpec(wave.id, wave.wave.model_copy(update={"derived": {}}), wave.codebook)
        limited.__dict__["names"] = list(earlier)
        for index, part in enumerate(derived.categories or []):
            check.condition((*at, code, "categories", index, "when"), limited, part.when)
        for field, read in (("mean_of", limited.items), ("value", limited.value)):
            text = getattr(derived, field)
            try:
                if text is not None:
                    read(text)
            except ConditionError as error:
                check.report((*at, code, field), str(error), "variables above this one")
        earlier.append(code)


def _analysis_problems(study: Study) -> list[Problem]:
    check = _Checker(study)
    ids: dict[str, int] = {}
    for section in ("estimates", "hypotheses"):
        for index, entry in enumerate(getattr(study.config, section)):
            if entry.id in ids:
                check.report((section, index, "id"), f"the id '{entry.id}' twice", "each id once")
            ids[entry.id] = index
    for index, estimate in enumerate(study.config.estimates):
        at: KeyPath = ("estimates", index)
        if not check.known((*at, "wave"), estimate.wave, list(study.waves), "wave"):
            continue
        wave = study.waves[estimate.wave]
        for weight in estimate.weights:
            check.known((*at, "weights"), weight, [UNWEIGHTED, *wave.wave.weights], "weight")
        check.condition((*at, "where"), wave, estimate.where)
        subject = _items_problem(check, at, wave, estimate.items)
        check.condition((*at, "share"), wave, estimate.share, subject)
        _estimated_problems(check, at, wave, estimate, subject)
        for entry in estimate.by:
            for code in [entry] if isinstance(entry, str) else entry:
                known = check.known((*at, "by"), code, wave.names, "variable")
                if known and not wave.is_coded(code):
                    check.report((*at, "by"), f"'{code}', which has no categories", "a variable with categories")
    for index, hypothesis in enumerate(study.config.hypotheses):
        at = ("hypotheses", index)
        if not check.known((*at, "wave"), hypothesis.wave, list(study.waves), "wave"):
            continue
        wave = study.waves[hypothesis.wave]
        check.known((*at, "weight"), hypothesis.weight, [UNWEIGHTED, *wave.wave.weights], "weight")
        check.condition((*at, "where"), wave, hypothesis.where)
        for role in VALUE_ROLES:
            for text in _texts(getattr(hypothesis, role)):
                try:
                    wave.values(text, hypothesis.answer if role in ANSWERED_ROLES else None)
                except ConditionError as error:
                    check.report((*at, role), str(error), f"a variable, pattern or condition of {wave.id}")
        sizes = {len(_names(wave, getattr(hypothesis, role))) for role in ("x", "y")} - {0, 1}
        if len(sizes) > 1:
            check.report((*at, "x"), "patterns of different length in x and y", "as many variables in x as in y")
    return check.problems


def _estimated_problems(check: _Checker, at: KeyPath, wave: WaveSpec, estimate: Estimate, subject: str | None) -> None:
    """Report what is wrong with the value of a mean or a distribution."""
    if estimate.distribution not in {None, "item"}:
        check.known((*at, "distribution"), str(estimate.distribution), wave.names, "variable")
    if estimate.distribution == "item" and subject is None:
        check.report((*at, "distribution"), "'item' without 'items'", "a pattern under 'items', or a variable here")
    if estimate.mean is not None:
        try:
            wave.value(estimate.mean, subject)
        except ConditionError as error:
            check.report((*at, "mean"), str(error), "a variable, 'item', or a value such as count(...)")


def _texts(value: str | list[str] | None) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else value


def _names(wave: WaveSpec, text: str | None) -> tuple[str, ...]:
    """Return the variables of a role, none for a condition, a wrong pattern or an empty role."""
    try:
        return wave.items(text) if text is not None else ()
    except ConditionError:
        return ()


def _items_problem(check: _Checker, at: KeyPath, wave: WaveSpec, pattern: str | None) -> str | None:
    """Report a wrong item pattern; return a stand-in for the item that conditions can be checked with."""
    if pattern is None:
        return None
    try:
        return wave.items(pattern)[0]
    except ConditionError as error:
        check.report((*at, "items"), str(error), f"a pattern over the variables of {wave.id}")
        return None


def _output_problems(study: Study) -> list[Problem]:
    check = _Checker(study)
    estimates = {estimate.id: estimate for estimate in study.config.estimates}
    uses: list[tuple[KeyPath, str, str]] = []
    for index, figure in enumerate(study.config.figures):
        uses += [
            (("figures", index, "series", at), part.estimate, figure.weight) for at, part in enumerate(figure.series)
        ]
    for index, table in enumerate(study.config.report.tables):
        uses += [
            (("report", "tables", index, "columns", at), part.estimate, part.weight)
            for at, part in enumerate(table.columns)
        ]
    for index, published in enumerate(study.config.published):
        uses.append((("published", index), published.estimate, published.weight))
    for keys, name, weight in uses:
        if check.known((*keys, "estimate"), name, list(estimates), "estimate"):
            check.known((*keys, "weight"), weight, estimates[name].weights, "weight")
    claimed: set[str] = set()
    for index, claim in enumerate(study.config.claims.statements if study.config.claims else []):
        at: KeyPath = ("claims", "statements", index)
        if claim.id in claimed:
            check.report((*at, "id"), f"the id '{claim.id}' twice", "each id once")
        claimed.add(claim.id)
        try:
            parse_condition(claim.holds_if)
        except ConditionError as error:
            check.report((*at, "holds_if"), str(error), "a condition over number ids")
    for language in study.config.report.languages:
        check.known(("report", "languages"), language, study.config.study.languages, "language")
    return check.problems


__all__ = [
    "CODE_SETS", "CONFIG", "DECISIONS", "INTERVIEWS", "TOTAL", "Study", "WaveSpec", "load_codebook",
    "load_interview_codebook", "load_study",
]  # fmt: skip
