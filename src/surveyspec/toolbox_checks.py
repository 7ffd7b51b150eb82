"""What a toolbox file says that cannot be: all of it, with key and line. What no firm can answer is looked for by the
engine, which can evaluate conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from surveyspec.codebook import LocalText
from surveyspec.condition_parser import parse_value
from surveyspec.conditions import ConditionError, bind_value
from surveyspec.config import Estimate
from surveyspec.documents import Document, KeyPath
from surveyspec.problems import Problem, did_you_mean, listed
from surveyspec.toolbox import Rule, Toolbox, ToolboxSpec

if TYPE_CHECKING:
    from surveyspec.study import Study, WaveSpec

Found = tuple[KeyPath, str, str]


def dimension_problems(toolbox: Toolbox, document: Document, waves: Mapping[str, WaveSpec]) -> list[Problem]:
    """Return what is wrong with wave, dimensions and items, before they become variables."""
    return _located(document, _dimension_findings(toolbox, waves))


def toolbox_problems(study: Study, spec: ToolboxSpec) -> list[Problem]:
    """Return everything else that does not fit together in a toolbox."""
    toolbox = spec.toolbox
    found = [
        *_text_findings(toolbox),
        *_level_findings(toolbox),
        *_condition_findings(spec),
        *_peer_findings(study, spec),
        *_question_findings(spec),
        *_rule_findings(toolbox),
    ]
    return _located(spec.document, found)


def _located(document: Document, found: Iterable[Found]) -> list[Problem]:
    return [
        Problem(
            document.path, ".".join(map(str, keys)), what, expected, "correct the toolbox file", document.line(keys)
        )
        for keys, what, expected in found
    ]


def _dimension_findings(toolbox: Toolbox, waves: Mapping[str, WaveSpec]) -> Iterator[Found]:
    if toolbox.wave not in waves:
        yield ("wave",), f"unknown wave '{toolbox.wave}'", f"one of {listed(waves)}"
        return
    wave = waves[toolbox.wave]
    yield from _repeated(("dimensions",), [dimension.id for dimension in toolbox.dimensions])
    for place, dimension in enumerate(toolbox.dimensions):
        yield from _repeated(("dimensions", place, "items"), [item.id for item in dimension.items])
        for at, item in enumerate(dimension.items):
            try:
                bind_value(parse_value(item.score), wave.names)
            except ConditionError as error:
                yield (
                    ("dimensions", place, "items", at, "score"),
                    str(error),
                    f"a value over the variables of {wave.id}",
                )
    for code in toolbox.derived():
        if code in wave.names:
            yield ("dimensions",), f"the variable '{code}' again", f"ids that give no variable of {wave.id}"


def _repeated(keys: KeyPath, ids: list[str]) -> Iterator[Found]:
    for place, name in enumerate(ids):
        if name in ids[:place]:
            yield (*keys, place, "id"), f"the id '{name}' twice", "each id once"


def _text_findings(toolbox: Toolbox) -> Iterator[Found]:
    """Yield every text that lacks one of the toolbox's languages."""

    def walk(keys: KeyPath, value: Any) -> Iterator[Found]:
        if isinstance(value, dict) and value and all(len(str(key)) == 2 and str(key).islower() for key in value):
            missing = [language for language in toolbox.languages if language not in value]
            if missing:
                yield keys, f"no text in {listed(missing)}", f"a text in each of {listed(toolbox.languages)}"
        elif isinstance(value, dict):
            for name, entry in value.items():
                yield from walk((*keys, name), entry)
        elif isinstance(value, list):
            for place, entry in enumerate(value):
                yield from walk((*keys, place), entry)

    texts: dict[str, object] = toolbox.model_dump(exclude={"languages", "questions"})
    for name, value in texts.items():
        yield from walk((name,), value)


def _level_findings(toolbox: Toolbox) -> Iterator[Found]:
    levels = toolbox.levels
    for place, level in enumerate(levels):
        if level.code != place:
            yield ("levels", place, "code"), f"{level.code}", f"{place}: levels count up from 0"
        if place and level.at_least <= levels[place - 1].at_least:
            expected = f"more than the level below takes ({levels[place - 1].at_least:g})"
            yield ("levels", place, "at_least"), f"{level.at_least:g}", expected
    if levels[0].at_least != 0:
        yield ("levels", 0, "at_least"), f"{levels[0].at_least:g}", "0: every score has a level"
    yield from _repeated(("gates",), [gate.id for gate in toolbox.gates])
    for place, gate in enumerate(toolbox.gates):
        if gate.above >= levels[-1].code:
            expected = f"a level below the highest ({levels[-1].code})"
            yield ("gates", place, "above"), f"{gate.above}", expected


def _condition_findings(spec: ToolboxSpec) -> Iterator[Found]:
    toolbox = spec.toolbox
    written: list[tuple[KeyPath, str]] = [(("absent_if",), toolbox.absent_if)]
    written += [(("gates", place, "requires"), gate.requires) for place, gate in enumerate(toolbox.gates)]
    for place, rule in enumerate(toolbox.rules):
        written += [(("rules", place, "when"), text) for text in rule.conditions_as_written]
    for keys, text in written:
        try:
            spec.condition(text)
        except ConditionError as error:
            yield keys, str(error), f"a condition over the variables of {spec.wave.id} and the toolbox"


def _peer_findings(study: Study, spec: ToolboxSpec) -> Iterator[Found]:
    toolbox, peers = spec.toolbox, spec.toolbox.peers
    estimates = {estimate.id: estimate for estimate in study.config.estimates}
    scored = {dimension.variable for dimension in toolbox.dimensions}
    named: list[tuple[KeyPath, str, str]] = [
        (("peers", "means"), peers.means, "mean"),
        (("peers", "quartiles"), peers.quartiles, "quantile"),
    ]
    named += [(("peers", "percentiles"), peers.percentiles, "quantile")] if peers.percentiles is not None else []
    grouped = estimates[peers.means].by if peers.means in estimates else []
    for keys, name, kind in named:
        estimate = estimates.get(name)
        if estimate is None:
            yield keys, f"unknown estimate '{name}'", did_you_mean(name, estimates) or f"one of {listed(estimates)}"
            continue
        yield from _estimate_findings(keys, spec, estimate, kind)
        items = set(spec.wave.items(estimate.items)) if estimate.items is not None else set()
        if items != scored:
            yield keys, f"'{name}' over {listed(sorted(items)) or 'no items'}", f"items: {listed(sorted(scored))}"
        if estimate.by != grouped:
            yield keys, f"'{name}' with other groups than '{peers.means}'", "the same 'by' in both"
    for place, amount in enumerate(peers.amounts):
        at: KeyPath = ("peers", "amounts", place)
        if amount.variable not in spec.wave.names:
            hint = did_you_mean(amount.variable, spec.wave.names) or f"a variable of {spec.wave.id}"
            yield (*at, "variable"), f"unknown variable '{amount.variable}'", hint
        estimate = estimates.get(amount.estimate)
        if estimate is None:
            hint = did_you_mean(amount.estimate, estimates) or f"one of {listed(estimates)}"
            yield (*at, "estimate"), f"unknown estimate '{amount.estimate}'", hint
        else:
            yield from _estimate_findings((*at, "estimate"), spec, estimate, "mean")
            if estimate.dominance is None:
                expected = "'dominance': the most that one firm may make up of the sum"
                yield (*at, "estimate"), f"'{estimate.id}' without dominance", expected
            if estimate.mean != amount.variable:
                yield (*at, "estimate"), f"a mean of {estimate.mean}", f"the mean of {amount.variable}"


def _estimate_findings(keys: KeyPath, spec: ToolboxSpec, estimate: Estimate, kind: str) -> Iterator[Found]:
    least = spec.toolbox.peers.least_n
    if estimate.wave != spec.wave.id:
        yield keys, f"'{estimate.id}' of {estimate.wave}", f"an estimate of {spec.wave.id}"
    if estimate.estimator != kind:
        yield keys, f"'{estimate.id}', a {estimate.estimator}", f"a {kind}"
    if estimate.min_n is None or estimate.min_n < least:
        yield (
            keys,
            f"'{estimate.id}' with min_n {estimate.min_n}",
            f"'min_n: {least}' or more, so that peers stay hidden",
        )


def _question_findings(spec: ToolboxSpec) -> Iterator[Found]:
    toolbox = spec.toolbox
    if toolbox.language_variable not in spec.wave.names:
        hint = did_you_mean(toolbox.language_variable, spec.wave.names) or f"a variable of {spec.wave.id}"
        yield ("language_variable",), f"unknown variable '{toolbox.language_variable}'", hint
    for code in toolbox.headings:
        if code not in spec.names:
            hint = did_you_mean(code, spec.names) or f"a question of {spec.wave.id} or under 'questions'"
            yield ("headings", code), f"unknown variable '{code}'", hint
    for code, question in toolbox.questions.items():
        keys: KeyPath = ("questions", code)
        if code in spec.wave.names:
            yield keys, f"'{code}', a variable of {spec.wave.id}", "a code that the wave does not have"
        if question.wave not in spec.codebooks:
            yield (*keys, "wave"), f"unknown wave '{question.wave}'", f"one of {listed(spec.codebooks)}"
        elif question.variable not in spec.codebooks[question.wave].by_code:
            known = spec.codebooks[question.wave].by_code
            hint = did_you_mean(question.variable, known) or f"a variable of {question.wave}"
            yield (*keys, "variable"), f"unknown variable '{question.variable}'", hint


def _rule_findings(toolbox: Toolbox) -> Iterator[Found]:
    rules = {rule.id: rule for rule in toolbox.rules}
    dimensions = [dimension.id for dimension in toolbox.dimensions]
    yield from _repeated(("rules",), [rule.id for rule in toolbox.rules])
    for place, rule in enumerate(toolbox.rules):
        keys: KeyPath = ("rules", place)
        if rule.dimension not in dimensions:
            hint = did_you_mean(rule.dimension, dimensions) or f"one of {listed(dimensions)}"
            yield (*keys, "dimension"), f"unknown dimension '{rule.dimension}'", hint
        for source in rule.sources:
            if source not in toolbox.sources:
                hint = did_you_mean(source, toolbox.sources) or f"one of {listed(toolbox.sources)}"
                yield (*keys, "sources"), f"unknown source '{source}'", hint
        yield from _conflict_findings(keys, rule, rules)


def _conflict_findings(keys: KeyPath, rule: Rule, rules: Mapping[str, Rule]) -> Iterator[Found]:
    for name in rule.conflicts_with:
        other = rules.get(name)
        if other is None or other is rule:
            hint = did_you_mean(name, [known for known in rules if known != rule.id]) or "the id of another rule"
            yield (*keys, "conflicts_with"), f"unknown rule '{name}'", hint
        elif rule.priority is None or other.priority is None:
            without = rule.id if rule.priority is None else name
            yield (
                (*keys, "conflicts_with"),
                f"a conflict of {rule.id} and {name}, but {without} has no priority",
                ("a 'priority' in both: the lowest speaks"),
            )
        elif rule.priority == other.priority:
            yield (*keys, "priority"), f"{rule.priority} in {rule.id} and in {name}, which conflict", "different ones"


def local(text: LocalText, language: str) -> str:
    """Return a text in a language, or in the first that it has."""
    return text.get(language) or next(iter(text.values()))
