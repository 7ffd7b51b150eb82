"""Sensitivity: each headline number under other decisions, expanded into one specification per combination.

All specifications of a number together are its multiverse (Steegen, Tuerlinckx, Gelman & Vanpaemel 2016,
*Perspectives on Psychological Science* 11); drawn in order they are a specification curve (Simonsohn, Simmons & Nelson
2020, *Nature Human Behaviour* 4). A specification is the study with some decisions changed: cleaning rules, the weight
and its trimming, what is counted. Both engines compute it as they compute the study itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import Any, Literal

from surveyspec.condition_parser import parse_condition
from surveyspec.conditions import All, Condition, variables_of
from surveyspec.config import CleaningRule
from surveyspec.decisions import Decision, Headline, Option
from surveyspec.documents import KeyPath
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.plan import NumberSpec, canonical, digest, joined, plan_numbers
from surveyspec.study import Study, WaveSpec
from surveyspec.weights import RakedWeight, Weight

KIND = "sensitivity"
Choice = tuple[Decision, Option]


@dataclass(frozen=True, eq=False)
class Specification:
    """A headline number under some decisions.

    Parameters
    ----------
    number : what is estimated, with the specification's own id
    wave : the wave as these decisions have it: its cleaning rules, and of its weights the one that is used
    choices : what is decided otherwise; none for the number as reported
    changes : what that changes of cleaning and weight, as plain values
    """

    number: NumberSpec
    wave: WaveSpec
    choices: tuple[Choice, ...]
    changes: dict[str, Any]
    keys: KeyPath

    @property
    def id(self) -> str:
        """Ledger id; that of the headline for the number as reported."""
        return self.number.id

    @property
    def options(self) -> dict[str, str]:
        """Option by decision, of what is decided otherwise."""
        return {decision.id: option.id for decision, option in self.choices}

    @cached_property
    def cleaning(self) -> str:
        """Digest of the cleaning rules: specifications with the same one have the same respondents."""
        return digest({rule.id: _content(self.wave, rule) for rule in self.wave.wave.cleaning})

    @cached_property
    def digest(self) -> str:
        """Digest of what decides the number's value."""
        return digest(self.canonical())

    def canonical(self) -> dict[str, Any]:
        """Return what decides the number's value; labels and places do not."""
        return {**self.number.canonical(), **self.changes}


@dataclass(frozen=True)
class Summary:
    """One number about all specifications of a headline number.

    Parameters
    ----------
    statistic : ``specifications``, ``smallest``, ``largest``, ``covering`` (share of the specifications whose interval
        holds the reported value), or the id of a claim (share of the specifications in which it holds)
    condition : of a claim, what it says of the headline number
    """

    id: str
    statistic: str
    claim: str | None
    condition: Condition | None

    @property
    def unit(self) -> Literal["count", "share", "value"]:
        """How the number is printed; ``value`` stands for the unit of the headline number."""
        if self.statistic in {"smallest", "largest"}:
            return "value"
        return "count" if self.statistic == "specifications" else "share"


@dataclass(frozen=True, eq=False)
class Multiverse:
    """All specifications of one headline number, the reported one first, and what is said of them together."""

    headline: Headline
    specifications: tuple[Specification, ...]
    summaries: tuple[Summary, ...]
    keys: KeyPath

    @property
    def reported(self) -> Specification:
        """The number as reported."""
        return self.specifications[0]

    @property
    def alternatives(self) -> tuple[Specification, ...]:
        """All other specifications."""
        return self.specifications[1:]

    def summary_digest(self, summary: Summary) -> str:
        """Digest of what decides a summary's value."""
        return self._digests[summary.id]

    @cached_property
    def _digests(self) -> dict[str, str]:
        specs = [spec.canonical() for spec in self.specifications]
        return {one.id: digest([one.statistic, canonical(one.condition), specs]) for one in self.summaries}


def plan_sensitivity(study: Study, wave: str | None = None) -> list[Multiverse]:
    """Expand the headline numbers of a study (or of one wave) into their specifications, in the order written."""
    return [found for found in _multiverses(study) if wave in {None, found.reported.number.wave}]


def decisions_of(study: Study, multiverse: Multiverse) -> list[Decision]:
    """Return the decisions that a headline number is varied by, in the order of the study file."""
    named = {*multiverse.headline.crossed, *multiverse.headline.singly}
    declared = study.config.sensitivity.decisions if study.config.sensitivity is not None else []
    return [decision for decision in declared if decision.id in named]


@lru_cache(maxsize=16)
def _multiverses(study: Study) -> tuple[Multiverse, ...]:
    declared = study.config.sensitivity
    if declared is None:
        return ()
    numbers = {spec.id: spec for spec in plan_numbers(study)}
    return tuple(
        _multiverse(study, headline, numbers[headline.number], ("sensitivity", "numbers", place))
        for place, headline in enumerate(declared.numbers)
    )


def _multiverse(study: Study, headline: Headline, number: NumberSpec, keys: KeyPath) -> Multiverse:
    wave = study.waves[number.wave]
    specifications = tuple(specification_of(wave, number, choices, keys) for choices in combinations(study, headline))
    names = ["specifications", "smallest", "largest", "covering"]
    stem = _stem(number)
    summaries = [Summary(f"{stem}.{name}.{number.weight}", name, None, None) for name in names]
    for claim in headline.claims:
        condition = about(number.id, claim_conditions(study)[claim])
        summaries.append(Summary(f"{stem}.{claim}.{number.weight}", claim, claim, condition))
    return Multiverse(headline, specifications, tuple(summaries), keys)


def _stem(number: NumberSpec) -> str:
    """Return what the ids of all specifications of a number begin with."""
    wave, _, rest = number.id.partition(".")
    return f"{wave}.{KIND}.{rest.removesuffix(f'.{number.weight}')}"


def combinations(study: Study, headline: Headline) -> Iterator[tuple[Choice, ...]]:
    """Yield what is decided otherwise in each specification: first nothing, then all combinations, then one by one."""
    assert study.config.sensitivity is not None
    decisions = {decision.id: decision for decision in study.config.sensitivity.decisions}
    ways: list[list[Choice | None]] = [
        [None, *((decisions[name], option) for option in decisions[name].options)] for name in headline.crossed
    ]
    for combination in product(*ways):
        yield tuple(choice for choice in combination if choice is not None)
    for name in headline.singly:
        for option in decisions[name].options:
            yield ((decisions[name], option),)


def count_specifications(study: Study, headline: Headline) -> int:
    """Return how many specifications a headline number has, without making them."""
    assert study.config.sensitivity is not None
    sizes = {decision.id: len(decision.options) for decision in study.config.sensitivity.decisions}
    count = 1
    for name in headline.crossed:
        count *= 1 + sizes[name]
    return count + sum(sizes[name] for name in headline.singly)


def specification_of(wave: WaveSpec, reported: NumberSpec, choices: tuple[Choice, ...], keys: KeyPath) -> Specification:
    """Return a number under some decisions, and the wave as they have it."""
    rules: list[CleaningRule] = list(wave.wave.cleaning)
    weight, trim, number = reported.weight, None, reported
    for _, option in choices:
        rules = [_changed(rule, option) for rule in rules if rule.id not in option.without]
        weight, trim = (option.weight, option.trim) if option.weight is not None else (weight, trim)
        number = _redefined(wave, number, option)
    weights: dict[str, Weight] = {}
    if weight != UNWEIGHTED:
        weights[weight] = wave.wave.weights[weight]
        if trim is not None and isinstance(weights[weight], RakedWeight):
            bound = None if trim == "none" else trim
            weights[weight] = weights[weight].model_copy(update={"trim": bound})
    own = dataclasses.replace(wave, wave=wave.wave.model_copy(update={"cleaning": rules, "weights": weights}))
    if choices:
        parts = [f"{decision.id}={option.id}" for decision, option in choices]
        label = joined([reported.label, *(_choice_label(*choice) for choice in choices)])
        identifier = ".".join([_stem(reported), *parts, weight])
        number = dataclasses.replace(number, id=identifier, weight=weight, label=label, keys=keys)
    return Specification(number, own, choices, _changes(wave, own), keys)


def _choice_label(decision: Decision, option: Option) -> dict[str, str]:
    return {
        language: f"{text} ({option.label[language]})"
        for language, text in decision.label.items()
        if language in option.label
    }


def _changed(rule: CleaningRule, option: Option) -> CleaningRule:
    change = option.rules.get(rule.id)
    return rule if change is None else rule.model_copy(update=change.model_dump(exclude_unset=True))


def _redefined(wave: WaveSpec, number: NumberSpec, option: Option) -> NumberSpec:
    """Return a number as an option defines it."""
    changes: dict[str, Any] = {}
    if option.share is not None:
        changes["value"] = wave.condition(option.share, number.item)
    if option.mean is not None:
        changes["value"] = wave.value(option.mean, number.item)
    if option.where is not None:
        changes["where"] = wave.condition(option.where)
    return dataclasses.replace(number, **changes)


def _changes(wave: WaveSpec, own: WaveSpec) -> dict[str, Any]:
    """Return what decisions change of cleaning and weights: rules by their new content, None where left out."""
    kept = {rule.id: rule for rule in own.wave.cleaning}
    rules: dict[str, Any] = {}
    for rule in wave.wave.cleaning:
        other = kept.get(rule.id)
        if other is None:
            rules[rule.id] = None
        elif other is not rule and (content := _content(wave, other)) != _content(wave, rule):
            rules[rule.id] = content
    weights = {
        name: weight.model_dump(exclude={"label"})
        for name, weight in own.wave.weights.items()
        if weight != wave.wave.weights[name]
    }
    return {"cleaning": rules, "weights": weights}


def _content(wave: WaveSpec, rule: CleaningRule) -> dict[str, Any]:
    """Return a cleaning rule as plain values, without its id and wording."""
    return {
        **rule.model_dump(exclude={"id", "label", "exclude", "among"}),
        "condition": canonical(wave.rule_condition(rule)),
    }


def claim_conditions(study: Study) -> dict[str, Condition]:
    """Return the condition of every claim by its id."""
    statements = study.config.claims.statements if study.config.claims is not None else []
    return {claim.id: parse_condition(claim.holds_if) for claim in statements}


def about(number: str, condition: Condition) -> Condition | None:
    """Return the parts of a condition, joined by ``and``, that read one number and no other; None without any."""
    parts = condition.conditions if isinstance(condition, All) else (condition,)
    own = tuple(part for part in parts if variables_of(part) == (number,))
    return None if not own else own[0] if len(own) == 1 else All(own)
