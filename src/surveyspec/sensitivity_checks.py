"""What the section ``sensitivity`` of a study file says that cannot be."""

from __future__ import annotations

from collections.abc import Iterator

from surveyspec.conditions import ConditionError, variables_of
from surveyspec.config import CleaningRule
from surveyspec.decisions import Headline, Option
from surveyspec.documents import KeyPath
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.plan import NumberSpec, digest, plan_numbers
from surveyspec.problems import Problem, did_you_mean, listed
from surveyspec.sensitivity import (
    about,
    claim_conditions,
    combinations,
    count_specifications,
    plan_sensitivity,
    specification_of,
)
from surveyspec.study import CONFIG, Study, WaveSpec
from surveyspec.weights import RakedWeight


def sensitivity_problems(study: Study) -> list[Problem]:
    """Return what the section ``sensitivity`` of a study file says that cannot be, with key and line."""
    declared = study.config.sensitivity
    if declared is None:
        return []
    check = _Checker(study)
    check.unique(("sensitivity", "decisions"), [decision.id for decision in declared.decisions])
    for place, decision in enumerate(declared.decisions):
        check.unique(("sensitivity", "decisions", place, "options"), [option.id for option in decision.options])
        if not any(decision.id in {*entry.crossed, *entry.singly} for entry in declared.numbers):
            found, todo = f"the decision '{decision.id}', which no number is varied by", "use it, or leave it out"
            check.report(("sensitivity", "decisions", place), found, "decisions that are used", todo)
    check.unique(("sensitivity", "numbers"), [entry.number for entry in declared.numbers])
    numbers = {spec.id: spec for spec in plan_numbers(study)}
    for place, headline in enumerate(declared.numbers):
        keys: KeyPath = ("sensitivity", "numbers", place)
        if check.headline(keys, headline, numbers):
            check.specifications(keys, headline)
    if not check.problems:
        for multiverse in plan_sensitivity(study):
            made = [spec.id for spec in multiverse.alternatives]
            check.unique(multiverse.keys, made + [summary.id for summary in multiverse.summaries])
    return check.problems


class _Checker:
    """Collects what is wrong with the section ``sensitivity``."""

    def __init__(self, study: Study) -> None:
        self.study = study
        assert study.config.sensitivity is not None
        self.declared = study.config.sensitivity
        self.problems: list[Problem] = []
        self.places = {decision.id: place for place, decision in enumerate(self.declared.decisions)}

    def report(self, keys: KeyPath, found: str, expected: str, todo: str = "correct the study file") -> None:
        problem = Problem(CONFIG, ".".join(map(str, keys)), found, expected, todo, self.study.line(*keys))
        self.problems += [problem] if problem not in self.problems else []

    def known(self, keys: KeyPath, name: str, allowed: list[str], what: str) -> bool:
        if name not in allowed:
            todo = did_you_mean(name, allowed) or f"use one of the {what}s expected here"
            self.report(keys, f"unknown {what} '{name}'", f"one of {listed(allowed, 12)}", todo)
        return name in allowed

    def unique(self, keys: KeyPath, names: list[str]) -> None:
        for name in dict.fromkeys(name for place, name in enumerate(names) if name in names[:place]):
            self.report(keys, f"'{name}' twice", "each id once", "rename or remove one of the two")

    def headline(self, keys: KeyPath, headline: Headline, numbers: dict[str, NumberSpec]) -> bool:
        """Report what is wrong with a number before it is expanded; say whether it can be."""
        before = len(self.problems)
        if not self.known((*keys, "number"), headline.number, list(numbers), "number"):
            return False
        number = numbers[headline.number]
        if number.estimator == "quantile":
            self.report((*keys, "number"), f"the quantile {number.id}", "a share or a mean")
        if number.min_n is not None:
            expected = "a number without: other decisions would give away what it hides"
            self.report((*keys, "number"), f"{number.id} with min_n {number.min_n}", expected)
        for field in ("crossed", "singly"):
            for name in getattr(headline, field):
                if self.known((*keys, field), name, list(self.places), "decision"):
                    for at, option in enumerate(self.declared.decisions[self.places[name]].options):
                        self.option(("sensitivity", "decisions", self.places[name], "options", at), option, number)
        for claim in headline.claims:
            conditions = claim_conditions(self.study)
            if self.known((*keys, "claims"), claim, list(conditions), "claim") and (
                about(number.id, conditions[claim]) is None
            ):
                found = f"the claim '{claim}', no part of which is about {number.id} alone"
                self.report((*keys, "claims"), found, f"a claim such as '{number.id} > 0.5'", "leave it out")
        if len(self.problems) == before:
            self.crossed(keys, headline)
        return len(self.problems) == before

    def option(self, keys: KeyPath, option: Option, number: NumberSpec) -> None:
        """Report what an option changes that the number or its wave does not have."""
        wave = self.study.waves[number.wave]
        rules = {rule.id: rule for rule in wave.wave.cleaning}
        for name in option.without:
            self.known((*keys, "without"), name, list(rules), "cleaning rule")
        for name, change in option.rules.items():
            if self.known((*keys, "rules", name), name, list(rules), "cleaning rule"):
                rule, fields = rules[name], set(change.model_fields_set)
                spare = sorted(field for field in fields if field != "among" and not _has(rule, field))
                if spare:
                    expected = "a change of what the rule says"
                    self.report((*keys, "rules", name), f"'{spare[0]}', which the rule '{name}' has not", expected)
                for field in fields & {"exclude", "among"}:
                    self.condition((*keys, "rules", name, field), wave, getattr(change, field))
        weights = wave.wave.weights
        if option.weight is not None and self.known((*keys, "weight"), option.weight, [UNWEIGHTED, *weights], "weight"):
            raked = isinstance(weights.get(option.weight), RakedWeight)
            if option.trim is not None and not raked:
                self.report((*keys, "trim"), f"a bound for '{option.weight}'", "a raked weight")
        for field in ("share", "mean"):
            if getattr(option, field) is not None and number.estimator != field:
                self.report((*keys, field), f"a {field} for {number.id}, which is a {number.estimator}",
                            f"'{number.estimator}' here")  # fmt: skip
        self.condition((*keys, "share"), wave, option.share, number.item)
        self.condition((*keys, "mean"), wave, option.mean, number.item, is_value=True)
        self.condition((*keys, "where"), wave, option.where)

    def condition(
        self, keys: KeyPath, wave: WaveSpec, text: str | None, subject: str | None = None, is_value: bool = False
    ) -> None:
        if text is None:
            return
        try:
            read = wave.value(text, subject) if is_value else wave.condition(text, subject)
        except ConditionError as error:
            self.report(keys, str(error), f"a {'value' if is_value else 'condition'} over the variables of {wave.id}")
            return
        unknown = [name for name in variables_of(read) if name not in wave.names]
        if unknown:
            todo = did_you_mean(unknown[0], wave.names) or "correct the study file"
            self.report(keys, f"unknown variable '{unknown[0]}'", f"one of {listed(wave.names, 12)}", todo)

    def crossed(self, keys: KeyPath, headline: Headline) -> None:
        """Report crossed decisions of which one would undo what the other says."""
        changed: dict[str, str] = {}
        for name in headline.crossed:
            options = self.declared.decisions[self.places[name]].options
            for part in dict.fromkeys(part for option in options for part in _parts(option)):
                other = changed.setdefault(part, name)
                if other != name:
                    todo = "put their options under one decision, or one of the two under 'singly'"
                    found = f"'{other}' and '{name}', which both change {part}"
                    self.report((*keys, "crossed"), found, "decisions that change different things", todo)

    def specifications(self, keys: KeyPath, headline: Headline) -> None:
        """Report too many specifications, and those that are the same as others."""
        count = count_specifications(self.study, headline)
        if count > self.declared.at_most:
            found = f"{count} specifications of {headline.number}"
            todo = "move a decision from 'crossed' to 'singly', leave options out, or raise sensitivity.at_most"
            self.report((*keys, "crossed"), found, f"at most {self.declared.at_most}", todo)
            return
        number = next(spec for spec in plan_numbers(self.study) if spec.id == headline.number)
        wave = self.study.waves[number.wave]
        seen: dict[str, str] = {}
        for choices in combinations(self.study, headline):
            spec = specification_of(wave, number, choices, keys)
            content = digest(spec.canonical())
            if content in seen:
                decision, option = choices[-1]
                at = decision.options.index(option)
                place: KeyPath = ("sensitivity", "decisions", self.places[decision.id], "options", at)
                found = f"'{'.'.join(f'{key}={value}' for key, value in spec.options.items())}' is the same as"
                expected = "options that change something"
                self.report(place, f"{found} {seen[content]}", expected, "change it, or leave it out")
            named = ".".join(f"{key}={value}" for key, value in spec.options.items())
            seen.setdefault(content, f"'{named}'" if named else f"the reported number {number.id}")


def _has(rule: CleaningRule, field: str) -> bool:
    return rule.duplicates_of is not None if field == "keep" else getattr(rule, field) is not None


def _parts(option: Option) -> Iterator[str]:
    """Yield what an option changes, so that no two crossed decisions change the same."""
    yield from (f"the rule '{name}'" for name in (*option.without, *option.rules))
    yield from ["the weight"] if option.weight is not None else []
    yield from ["what is counted"] if option.share is not None or option.mean is not None else []
    yield from ["the base"] if option.where is not None else []
