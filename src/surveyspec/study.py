"""A study as both engines see it: config and codebooks loaded, cross-checked and bound together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from surveyspec.calibration import Calibration, CalibrationTarget
from surveyspec.codebook import CODED, Category, Codebook, Variable
from surveyspec.condition_parser import parse_condition, parse_value
from surveyspec.conditions import Aggregate, Condition, Value, bind, bind_value, expand_pattern, variables_of
from surveyspec.conditions import Variable as Name
from surveyspec.config import CleaningRule, Derived, StudyConfig, Wave
from surveyspec.documents import Document, load_document, parse_document
from surveyspec.identifiers import CONFIG, INTERVIEWS, TOTAL
from surveyspec.interview_codebook import InterviewCodebook
from surveyspec.loading import load_codebook, load_config, require_consistent
from surveyspec.problems import Problem, StudyError
from surveyspec.study_checks import study_problems
from surveyspec.toolbox import Toolbox, ToolboxSpec
from surveyspec.toolbox_checks import dimension_problems, toolbox_problems
from surveyspec.weights import Weight

# how coders are compared on all codes together: decision by decision, or segment by segment with all its codes
DECISIONS, CODE_SETS = "decisions", "code_sets"


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
        key = (text, subject)
        if key not in self._values:
            self._values[key] = bind_value(parse_value(text, subject), self.names)
        return self._values[key]

    @cached_property
    def _values(self) -> dict[tuple[str, str | None], Value]:
        """Values parsed so far, as ``_conditions``."""
        return {}

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

    def is_coded(self, code: str) -> bool:
        """Say whether a variable has categories."""
        if code in self.wave.derived:
            return self.wave.derived[code].categories is not None
        return self.codebook.by_code[code].type in CODED

    def derived_parts(self, code: str) -> tuple[list[tuple[int, Condition]], Value | None]:
        """Return a derived variable's (code, condition) pairs, or the value that it is computed as."""
        if code not in self._derived_parts:
            self._derived_parts[code] = self._parts_of(code)
        return self._derived_parts[code]

    @cached_property
    def _derived_parts(self) -> dict[str, tuple[list[tuple[int, Condition]], Value | None]]:
        """Derived variables read so far, as ``_conditions``."""
        return {}

    def _parts_of(self, code: str) -> tuple[list[tuple[int, Condition]], Value | None]:
        derived = self.wave.derived[code]
        if derived.mean_of is not None:
            items = self.items(derived.mean_of)
            return [], Aggregate("mean", items, derived.min_answered, self.reversed_items(code))
        if derived.value is not None:
            return [], self.value(derived.value)
        return [(part.code, self.condition(part.when)) for part in derived.categories or []], None

    def reversed_items(self, code: str) -> tuple[tuple[str, float], ...]:
        """Return the reversed items of a scale score, each with what its answer is subtracted from."""
        return tuple(
            (item, float(min(codes) + max(codes)))
            for item in self.wave.derived[code].reverse
            if (codes := [category.code for category in self.categories(item)])
        )

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


@dataclass(frozen=True, eq=False)
class Study:
    """A whole study: config, where each of its keys stands, and its waves; equal only to itself."""

    directory: Path
    config: StudyConfig
    document: Document
    waves: dict[str, WaveSpec]
    interview_codebook: InterviewCodebook | None = None
    toolbox: ToolboxSpec | None = None
    targets: tuple[CalibrationTarget, ...] = ()

    @property
    def raw_files(self) -> dict[str, str]:
        """The raw file behind each source that lineage names: a wave by its id, any other file by its path."""
        return self.config.raw_files

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
    from surveyspec.guarded import guard_problems  # they expand a study, and so need this module first
    from surveyspec.sensitivity_checks import sensitivity_problems

    config, document = load_config(directory)
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
    targets: list[CalibrationTarget] = []
    if config.calibration is not None:
        try:
            targets = load_targets(directory, config.calibration)
        except StudyError as error:
            problems.extend(error.problems)
    if problems:
        raise StudyError(problems)
    toolbox = _add_toolbox(directory, config, waves) if config.toolbox is not None else None
    study = Study(directory, config, document, waves, interviews, toolbox, tuple(targets))
    problems = [*study_problems(study), *(toolbox_problems(study, toolbox) if toolbox is not None else [])]
    problems = problems or [*guard_problems(study), *sensitivity_problems(study)]  # what they expand must be sound
    if problems:
        raise StudyError(problems)
    return study


def _add_toolbox(directory: Path, config: StudyConfig, waves: dict[str, WaveSpec]) -> ToolboxSpec:
    """Load the toolbox and give its wave the dimensions as derived variables.

    Raises
    ------
    StudyError : a file that is none, or dimensions that cannot be computed from the wave's variables
    """
    assert config.toolbox is not None
    document = load_document(directory / config.toolbox.file, config.toolbox.file)
    toolbox = parse_document(Toolbox, document)
    problems = dimension_problems(toolbox, document, waves)
    if problems:
        raise StudyError(problems)
    wave = waves[toolbox.wave]
    derived = {**wave.wave.derived, **toolbox.derived()}
    waves[toolbox.wave] = WaveSpec(wave.id, wave.wave.model_copy(update={"derived": derived}), wave.codebook)
    codebooks = {name: spec.codebook for name, spec in waves.items()}
    return ToolboxSpec(toolbox, document, waves[toolbox.wave], codebooks)


def load_interview_codebook(directory: Path, path: str) -> InterviewCodebook:
    """Load the codebook of the interviews and check that number ids can tell its codes apart."""
    document = load_document(directory / path, path)
    codebook = parse_document(InterviewCodebook, document)
    require_consistent(document, codebook.inconsistencies(frozenset({DECISIONS, CODE_SETS})))
    return codebook


def load_targets(directory: Path, path: str) -> list[CalibrationTarget]:
    """Load the targets that synthetic data were made to show."""
    return parse_document(Calibration, load_document(directory / path, path)).targets


__all__ = [
    "CODE_SETS", "CONFIG", "DECISIONS", "INTERVIEWS", "TOTAL", "Study", "WaveSpec", "load_codebook",
    "load_interview_codebook", "load_study",
]  # fmt: skip
