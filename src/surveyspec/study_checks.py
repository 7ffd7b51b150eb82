"""What a study file says of codebooks, of waves and of itself that cannot be: all of it, with key and line."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from surveyspec.catalogue import ANSWERED_ROLES, TESTS, VALUE_ROLES
from surveyspec.condition_parser import parse_condition
from surveyspec.conditions import ConditionError, variables_of
from surveyspec.config import Derived, Estimate
from surveyspec.documents import KeyPath
from surveyspec.figures import (
    DotsFigure,
    Figure,
    FlowFigure,
    ForestFigure,
    RanksFigure,
    SpecificationCurveFigure,
    StackedBarsFigure,
    WeightingFigure,
)
from surveyspec.identifiers import CONFIG, FIELDWORK, INTERVIEWS, UNWEIGHTED
from surveyspec.problems import Problem, did_you_mean, listed
from surveyspec.response import frame_inconsistencies

if TYPE_CHECKING:
    from surveyspec.study import Study, WaveSpec


def study_problems(study: Study) -> list[Problem]:
    """Return everything that does not fit together in a study whose config and codebooks could be read."""
    return [*_wave_problems(study), *_analysis_problems(study), *_output_problems(study)]


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
        hint = did_you_mean(name, allowed) or "use one of those expected here"
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
        _scale_problems(check, wave, (*at, "scales"))
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
        limited = dataclasses.replace(wave, wave=wave.wave.model_copy(update={"derived": {}}))
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
        _reverse_problems(check, limited, derived, (*at, code, "reverse"))
        earlier.append(code)


def _reverse_problems(check: _Checker, wave: WaveSpec, derived: Derived, keys: KeyPath) -> None:
    """Report reversed items that the mean does not have, or that have no ends to be turned between."""
    items = list(_names(wave, derived.mean_of))
    for code in derived.reverse:
        if check.known(keys, code, items, "item") and not wave.is_coded(code):
            check.report(keys, f"'{code}', which has no categories", "an item with categories")


def _scale_problems(check: _Checker, wave: WaveSpec, at: KeyPath) -> None:
    """Report scales that are no mean of several items."""
    means = [code for code, derived in wave.wave.derived.items() if derived.mean_of is not None]
    for index, code in enumerate(wave.wave.scales):
        keys = (*at, index)
        if check.known(keys, code, means, "mean of items") and len(_names(wave, wave.wave.derived[code].mean_of)) < 2:
            check.report(keys, f"'{code}', a mean of a single item", "a scale of two items or more")


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
    """Report what is wrong with the value of a mean, of quantiles or of a distribution."""
    if estimate.distribution not in {None, "item"}:
        check.known((*at, "distribution"), str(estimate.distribution), wave.names, "variable")
    if estimate.distribution == "item" and subject is None:
        check.report((*at, "distribution"), "'item' without 'items'", "a pattern under 'items', or a variable here")
    for field in ("mean", "of"):
        text = getattr(estimate, field)
        try:
            if text is not None:
                wave.value(text, subject)
        except ConditionError as error:
            check.report((*at, field), str(error), "a variable, 'item', or a value such as count(...)")


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


def _figure_estimates(at: KeyPath, figure: Figure) -> list[tuple[KeyPath, str, str]]:
    """Return where a figure names estimates, which, and with which weight."""
    if isinstance(figure, DotsFigure):
        return [((*at, "series", place), part.estimate, figure.weight) for place, part in enumerate(figure.series)]
    return [(at, figure.estimate, figure.weight)] if isinstance(figure, StackedBarsFigure) else []


def _check_figure_tests(check: _Checker, at: KeyPath, figure: Figure) -> None:
    """Report hypotheses and waves that a figure names and the study does not have, or cannot be drawn this way."""
    if isinstance(figure, FlowFigure):
        check.known((*at, "wave"), figure.wave, list(check.study.config.waves), "wave")
    if isinstance(figure, SpecificationCurveFigure):
        declared = check.study.config.sensitivity
        numbers = [entry.number for entry in declared.numbers] if declared is not None else []
        check.known((*at, "number"), figure.number, numbers, "number of the section 'sensitivity'")
    if isinstance(figure, WeightingFigure) and check.known(
        (*at, "wave"), figure.wave, list(check.study.config.waves), "wave"
    ):
        weights = check.study.config.waves[figure.wave].weights
        raked = [name for name, weight in weights.items() if weight.method == "raking"]
        check.known((*at, "weight"), figure.weight, raked, "raked weight")
    if isinstance(figure, StackedBarsFigure):
        named = [estimate for estimate in check.study.config.estimates if estimate.id == figure.estimate]
        if named and named[0].distribution is None:
            check.report((*at, "estimate"), f"'{figure.estimate}', an estimate without answers to divide a bar by",
                         "an estimate with 'distribution:'", "draw it as 'kind: dots'")  # fmt: skip
    if not isinstance(figure, RanksFigure | ForestFigure):
        return
    tests = {hypothesis.id: hypothesis.test for hypothesis in check.study.config.hypotheses}
    wanted = "item" if isinstance(figure, RanksFigure) else "predictor"
    fitting = [name for name, kind in TESTS.items() if kind.per == wanted]
    for place, part in enumerate(figure.series):
        where: KeyPath = (*at, "series", place, "hypothesis")
        if check.known(where, part.hypothesis, list(tests), "hypothesis") and tests[part.hypothesis] not in fitting:
            check.report(where, f"'{part.hypothesis}', a test of the kind {tests[part.hypothesis]}",
                         f"a hypothesis with one of the tests {', '.join(fitting)}")  # fmt: skip


def _output_problems(study: Study) -> list[Problem]:
    check = _Checker(study)
    estimates = {estimate.id: estimate for estimate in study.config.estimates}
    uses: list[tuple[KeyPath, str, str]] = []
    for index, figure in enumerate(study.config.figures):
        uses += _figure_estimates(("figures", index), figure)
        _check_figure_tests(check, ("figures", index), figure)
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
    waves = {entry.id: entry.wave for entry in study.config.estimates}
    waves |= {entry.id: entry.wave for entry in study.config.hypotheses}
    drawn = {keys: {waves[name]} for keys, name, _ in uses if name in waves and keys[0] != "published"}
    for index, figure in enumerate(study.config.figures):
        for place, part in enumerate(figure.series if isinstance(figure, RanksFigure | ForestFigure) else []):
            drawn["figures", index, "series", place] = {waves[part.hypothesis]} if part.hypothesis in waves else set()
    _apart_problems(check, drawn)
    claimed: set[str] = set()
    for index, claim in enumerate(study.config.claims.statements if study.config.claims else []):
        at: KeyPath = ("claims", "statements", index)
        if claim.id in claimed:
            check.report((*at, "id"), f"the id '{claim.id}' twice", "each id once")
        claimed.add(claim.id)
        try:
            names = [name.split(".", 2) for name in variables_of(parse_condition(claim.holds_if))]
        except ConditionError as error:
            check.report((*at, "holds_if"), str(error), "a condition over number ids")
            continue
        answers = {name[0] for name in names if name[0] in study.waves and name[1] not in FIELDWORK}
        _apart_problems(check, {(*at, "holds_if"): answers})
    for language in study.config.report.languages:
        check.known(("report", "languages"), language, study.config.study.languages, "language")
    return check.problems


def _apart_problems(check: _Checker, waves: Mapping[KeyPath, set[str]]) -> None:
    """Report what sets answers of several waves side by side: a claim, or all columns of a table, series of a figure.

    Parameters
    ----------
    waves : the waves that stand under each key path; paths to parts of one figure, table or claim belong together
    """
    if check.study.config.study.waves_comparable:
        return
    wholes: dict[KeyPath, set[str]] = {}
    for keys, names in waves.items():
        seen = wholes.setdefault(keys[: 2 if keys[0] == "figures" else 3], set())
        seen |= names
        if len(seen) > 1:
            check.report(
                keys,
                f"numbers of {' and '.join(sorted(seen))} side by side",
                "one wave: other people were asked otherwise, so a difference is no trend",
                "make one for each wave, or declare 'study: waves_comparable: true'",
            )
