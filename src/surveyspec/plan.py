"""The study's estimates and tests, expanded into one specification per number."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import Any, Literal

from surveyspec.catalogue import ANSWERED_ROLES, TESTS, VALUE_ROLES
from surveyspec.conditions import Comparison, Condition, Constant, Value, Variable, variables_of
from surveyspec.config import Estimate, Hypothesis
from surveyspec.documents import KeyPath
from surveyspec.identifiers import UNWEIGHTED, number_id
from surveyspec.problems import Problem, StudyError
from surveyspec.study import CONFIG, Study, WaveSpec

Estimator = Literal["share", "mean", "quantile"]
DECIMALS: dict[str, int] = {"share": 1, "mean": 2, "quantile": 2}
QUANTILE = {"en": "quantile at {} %", "fr": "quantile à {} %", "de": "{}-%-Quantil", "it": "quantile al {} %"}


@dataclass(frozen=True)
class NumberSpec:
    """One number before it is computed: ``estimator`` of ``value`` among ``where`` and ``groups``, with ``weight``.

    Parameters
    ----------
    quantile : the share below a quantile, for the estimator of this name
    min_n : the number is left out if fewer answers than this stand behind it, or could be told apart with it
    dominance : it is left out if one answer makes up more than this of the sum
    """

    id: str
    wave: str
    estimate: str
    estimator: Estimator
    value: Condition | Value
    where: Condition | None
    groups: tuple[tuple[str, int], ...]
    weight: str
    level: float
    decimals: int
    item: str | None
    category: int | None
    label: dict[str, str]
    group_label: dict[str, str]
    keys: KeyPath
    quantile: float | None = None
    min_n: int | None = None
    dominance: float | None = None

    @property
    def value_variables(self) -> tuple[str, ...]:
        """Variables that the value is computed from (DIRECT)."""
        return variables_of(self.value)

    @property
    def filter_variables(self) -> tuple[str, ...]:
        """Variables that decide who is in the base (INDIRECT)."""
        where = variables_of(self.where) if self.where is not None else ()
        return tuple(dict.fromkeys([*where, *(code for code, _ in self.groups)]))

    @property
    def interval_method(self) -> str:
        """How the interval is made, by the rules in docs/methods; quantiles have none."""
        if self.estimator == "quantile":
            return "none"
        if self.estimator == "mean":
            return "t"
        return "wilson" if self.weight == UNWEIGHTED else "logit"

    @cached_property
    def value_key(self) -> str:
        """What the value is computed from, as a text: equal for equal values."""
        return json.dumps(canonical(self.value))

    @cached_property
    def domain_key(self) -> str:
        """Filter and groups as a text: equal for equal domains."""
        return json.dumps([canonical(self.where), list(self.groups)])

    @cached_property
    def digest(self) -> str:
        """Digest of what decides the number's value."""
        return digest(self.canonical())

    def canonical(self) -> dict[str, Any]:
        """Return what decides the number's value; labels and places do not."""
        return {
            "estimator": self.estimator,
            "value": canonical(self.value),
            "where": canonical(self.where),
            "groups": list(self.groups),
            "weight": self.weight,
            "level": self.level,
            "interval": self.interval_method,
            "wave": self.wave,
            **({"quantile": self.quantile} if self.quantile is not None else {}),
            **({"min_n": self.min_n} if self.min_n is not None else {}),
            **({"dominance": self.dominance} if self.dominance is not None else {}),
        }


@dataclass(frozen=True)
class TestSpec:
    """One hypothesis test before it is computed.

    Parameters
    ----------
    item : variable that tells the tests of one hypothesis apart, where ``x`` or ``y`` is a pattern
    part : its slug, a part of the number id
    roles : what each role stands for: variables, or conditions whose truth is tested
    """

    __test__ = False  # the name makes pytest look here

    id: str
    wave: str
    hypothesis: Hypothesis
    item: str | None
    part: str | None
    label: dict[str, str]
    roles: dict[str, tuple[Condition | Variable, ...]]
    where: Condition | None
    keys: KeyPath

    @property
    def parts(self) -> list[str]:
        """Parts of the number id between hypothesis and statistic."""
        return [self.part] if self.part is not None else []

    @property
    def stem(self) -> str:
        """What the ids of all its numbers begin with."""
        return ".".join([self.wave, self.id, *self.parts])

    @property
    def interval_level(self) -> float:
        """Nominal coverage of the effect's interval."""
        tails = 2 if TESTS[self.hypothesis.test].one_sided else 1
        return round(1 - tails * self.hypothesis.alpha, 12)

    @property
    def values(self) -> list[Condition | Variable]:
        """What the statistic is computed from, role by role."""
        return [value for role in self.roles.values() for value in role]

    @property
    def value_variables(self) -> tuple[str, ...]:
        """Variables that the statistic is computed from (DIRECT)."""
        return tuple(dict.fromkeys(name for value in self.values for name in variables_of(value)))

    @property
    def filter_variables(self) -> tuple[str, ...]:
        """Variables that decide who is in the base (INDIRECT)."""
        return variables_of(self.where) if self.where is not None else ()

    @cached_property
    def digest(self) -> str:
        """Digest of what decides the test's outcome."""
        return digest(self.canonical())

    def digest_of(self, number: str) -> str:
        """Return the digest of what decides one of its numbers."""
        if number not in self._digests:
            self._digests[number] = digest([number, self.canonical()])
        return self._digests[number]

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {}

    def canonical(self) -> dict[str, Any]:
        """Return what decides the test's outcome."""
        settings = self.hypothesis.model_dump(
            include={"test", "value", "bound", "seed", "draws", "weight", "alpha", "expect", "wave"}
        )
        roles = {role: [canonical(value) for value in values] for role, values in self.roles.items()}
        return {**settings, "roles": roles, "where": canonical(self.where)}


def canonical(tree: object) -> Any:
    """Return a condition tree as plain JSON values that name every node's class."""
    if tree is None or isinstance(tree, str | float | int):
        return tree
    if isinstance(tree, tuple):
        return [canonical(part) for part in tree]
    assert dataclasses.is_dataclass(tree)
    fields = {field.name: canonical(getattr(tree, field.name)) for field in dataclasses.fields(tree)}
    return {"node": type(tree).__name__, **fields}


def digest(value: object) -> str:
    """Return the SHA-256 of a JSON value written with sorted keys and no spaces."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def plan_numbers(study: Study, wave: str | None = None) -> list[NumberSpec]:
    """Expand the estimates of a study (or of one wave) into numbers, in the order written.

    Raises
    ------
    StudyError : two numbers would carry one id
    """
    return list(_planned_numbers(study, wave))


@lru_cache(maxsize=16)
def _planned_numbers(study: Study, wave: str | None) -> tuple[NumberSpec, ...]:
    numbers: list[NumberSpec] = []
    for index, estimate in enumerate(study.config.estimates):
        if wave in {None, estimate.wave}:
            numbers.extend(_expand(study.waves[estimate.wave], estimate, ("estimates", index)))
    seen: dict[str, NumberSpec] = {}
    problems = []
    for number in numbers:
        if number.id in seen:
            where = ".".join(map(str, number.keys))
            problems.append(
                Problem(
                    CONFIG,
                    where,
                    f"the number id '{number.id}' twice",
                    "unique ids",
                    "give one of the items or categories another slug",
                    study.line(*number.keys),
                )
            )
        seen[number.id] = number
    if problems:
        raise StudyError(problems)
    return tuple(numbers)


def plan_tests(study: Study, wave: str | None = None) -> list[TestSpec]:
    """Expand the hypotheses of a study (or of one wave) into tests, in the order written."""
    return list(_planned_tests(study, wave))


@lru_cache(maxsize=16)
def _planned_tests(study: Study, wave: str | None) -> tuple[TestSpec, ...]:
    return tuple(
        spec
        for index, hypothesis in enumerate(study.config.hypotheses)
        if wave in {None, hypothesis.wave}
        for spec in _expand_test(study.waves[hypothesis.wave], hypothesis, ("hypotheses", index))
    )


def _expand_test(wave: WaveSpec, hypothesis: Hypothesis, keys: KeyPath) -> Iterable[TestSpec]:
    """Yield one test, or one per variable (pair) where x or y is a pattern."""
    roles: dict[str, tuple[Condition | Variable, ...]] = {}
    for role in VALUE_ROLES:
        written = getattr(hypothesis, role)
        texts = [] if written is None else [written] if isinstance(written, str) else written
        answer = hypothesis.answer if role in ANSWERED_ROLES else None
        if texts:
            roles[role] = tuple(value for text in texts for value in wave.values(text, answer))
    count = max((len(roles[role]) for role in ("x", "y") if role in roles), default=1)
    if TESTS[hypothesis.test].stacked:
        count = 1
    leading = next((role for role in ("x", "y") if len(roles.get(role, ())) == count), None)
    items = wave.items(getattr(hypothesis, leading)) if leading is not None and count > 1 else (None,)
    where = wave.condition(hypothesis.where) if hypothesis.where else None
    for place, item in enumerate(items):
        own = {
            role: (values[place if len(values) > 1 else 0],) if role in {"x", "y"} and item is not None else values
            for role, values in roles.items()
        }
        label = [hypothesis.label, *([wave.label(item)] if item is not None else [])]
        part = wave.slug(item) if item is not None else None
        yield TestSpec(hypothesis.id, hypothesis.wave, hypothesis, item, part, joined(label), own, where, keys)


def _expand(wave: WaveSpec, estimate: Estimate, keys: KeyPath) -> Iterable[NumberSpec]:
    where = wave.condition(estimate.where) if estimate.where else None
    values = [part for item in _items(wave, estimate) for part in _values(wave, estimate, item)]
    quantiles: list[float | None] = list(estimate.quantiles) if estimate.quantiles is not None else [None]
    named = [(groups, *_named(wave, groups)) for groups in _groups(wave, estimate)]
    for (item, category, value, parts, label), quantile, (groups, levels, group_label), weight in product(
        values, quantiles, named, estimate.weights
    ):
        if quantile is not None:
            per_cent = str(round(100 * quantile))
            parts = [*parts, f"q{per_cent}"]
            label = [*label, {language: text.format(per_cent) for language, text in QUANTILE.items()}]
        yield NumberSpec(
            id=number_id(estimate.wave, estimate.id, weight, parts, levels),
            wave=estimate.wave,
            estimate=estimate.id,
            estimator=estimate.estimator,
            value=value,
            where=where,
            groups=groups,
            weight=weight,
            level=estimate.level,
            decimals=DECIMALS[estimate.estimator] if estimate.decimals is None else estimate.decimals,
            item=item,
            category=category,
            label=joined([estimate.label, *label]),
            group_label=group_label,
            keys=keys,
            quantile=quantile,
            min_n=estimate.min_n,
            dominance=estimate.dominance,
        )


def variables_of_values(wave: WaveSpec, estimate: Estimate) -> list[frozenset[str]]:
    """Return the variables that each value of an estimate reads."""
    values = [part[2] for item in _items(wave, estimate) for part in _values(wave, estimate, item)]
    return list(dict.fromkeys(frozenset(variables_of(value)) for value in values))


def _items(wave: WaveSpec, estimate: Estimate) -> list[str | None]:
    return list(wave.items(estimate.items)) if estimate.items is not None else [None]


ValuePart = tuple[str | None, int | None, Condition | Value, list[str], list[dict[str, str]]]


def _values(wave: WaveSpec, estimate: Estimate, item: str | None) -> Iterable[ValuePart]:
    """Yield (item, category, value, parts of the id, labels) of one item."""
    parts = [wave.slug(item)] if item is not None else []
    label = [wave.label(item)] if item is not None else []
    if estimate.share is not None:
        yield item, None, wave.condition(estimate.share, item), parts, label
    elif (text := estimate.mean or estimate.of) is not None:
        yield item, None, wave.value(text, item), parts, label
    else:
        code = item if estimate.distribution == "item" and item else str(estimate.distribution)
        for category in wave.categories(code):
            value = Comparison(Variable(code), "==", Constant(float(category.code)))
            yield item, category.code, value, [*parts, category.slug], [*label, category.label]


def _groups(wave: WaveSpec, estimate: Estimate) -> list[tuple[tuple[str, int], ...]]:
    """Return the total and the levels of every grouping, each as pairs of variable and code."""
    groups: list[tuple[tuple[str, int], ...]] = [()]
    for entry in estimate.by:
        codes = [entry] if isinstance(entry, str) else entry
        groups += list(product(*([(code, category.code) for category in wave.categories(code)] for code in codes)))
    return groups


def _named(wave: WaveSpec, groups: tuple[tuple[str, int], ...]) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Return the slugs of groups for the id, and their label."""
    found = [(code, next(part for part in wave.categories(code) if part.code == level)) for code, level in groups]
    return [(wave.slug(code), part.slug) for code, part in found], joined([dict(part.label) for _, part in found])


def joined(labels: list[dict[str, str]], separator: str = " – ") -> dict[str, str]:
    """Join labels per language, keeping the languages that all of them have."""
    if not labels:
        return {}
    languages = [language for language in labels[0] if all(language in label for label in labels)]
    return {language: separator.join(label[language] for label in labels) for language in languages}
