"""Every rule speaks when it should and is quiet when it should; mistakes in the toolbox file are told at load."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveyspec.toolbox import Rule
from surveytrail.integrity.files import written_files
from surveytrail.reporting.codebook_tables import _derived_rows
from surveytrail.reporting.ledger_document import _parameters
from surveytrail.toolbox.admissible import check_rules
from surveytrail.toolbox.assessment import fires
from tests.toolbox.conftest import FILE, ROOT, Bench

TOOLBOX = load_study(ROOT).toolbox
RULES = TOOLBOX.toolbox.rules if TOOLBOX is not None else []


def failing(folder: Path) -> str:
    with pytest.raises(StudyError) as caught:
        check_rules(load_study(folder))
    return str(caught.value)


def line_of(text: str) -> int:
    """Return the line of the toolbox file that holds a text."""
    lines = (ROOT / FILE).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_there_are_24_rules() -> None:
    assert [rule.id for rule in RULES] == [f"R{number:02}" for number in range(1, 25)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_speaks_in_its_firing_case(rule: Rule, bench: Bench) -> None:
    own = next(entry for entry in bench.form.spec.toolbox.rules if entry.id == rule.id)
    assert fires(bench.form, rule.cases.fires, own)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_is_quiet_in_its_other_case_and_without_answers(rule: Rule, bench: Bench) -> None:
    own = next(entry for entry in bench.form.spec.toolbox.rules if entry.id == rule.id)
    assert not fires(bench.form, rule.cases.quiet, own)
    assert not fires(bench.form, {"UNANSWERED": 0}, own)


def test_toolbox_and_example_are_among_the_sealed_inputs(bench: Bench) -> None:
    sealed = {file.name for file in written_files(bench.study)}
    assert {FILE, "data/toolbox/example_firms.csv"} <= sealed


def test_every_rule_can_be_reached(bench: Bench) -> None:
    check_rules(bench.study)


def test_a_rule_that_no_answers_can_fulfil(edited: Callable[..., Path]) -> None:
    message = failing(edited(("when: STRAT <= 2", "when: STRAT <= 2 and STRAT == 8")))
    assert f"{FILE}:{line_of('when: STRAT <= 2')}: rules.1.when" in message
    assert "'STRAT <= 2 and STRAT == 8' of R02, which is true for no answers (all combinations" in message


def test_a_filter_can_make_a_rule_unreachable(edited: Callable[..., Path]) -> None:
    message = failing(edited(("when: MONI == 0", "when: MONI == 0 and SMUSE == 2")))
    assert "R10, which is true for no answers" in message
    assert "filters that hide a question" in message


def test_a_rule_on_the_level_that_no_firm_reaches(edited: Callable[..., Path]) -> None:
    message = failing(edited(("when: LEVEL >= 3", "when: LEVEL >= 5")))
    assert "'LEVEL >= 5' of R23, which is true for no answers (2000 firms drawn)" in message


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("    dimension: controlling", "    dimension: controling", "did you mean 'controlling'?"),
        ("when: MONI == 0", "when: MONIT == 0", "unknown variable 'MONIT'; did you mean 'MONI'?"),
        ("    effort: S", "    efort: S", "unknown key 'efort'"),
        ("    effort: S", "    effort: XS", "one of 'S', 'M' or 'L'"),
        ("    priority: 3", "    importance_of_it: 3", "unknown key 'importance_of_it'"),
        ("    priority: 3\n", "", "a conflict of R05 and R19, but R19 has no priority"),
        ("    priority: 3", "    priority: 1", "1 in R05 and in R19, which conflict"),
        ("conflicts_with: [R06, R19]", "conflicts_with: [R06, R99]", "unknown rule 'R99'"),
        ("sources: [C13]", "sources: [C99]", "unknown source 'C99'"),
        ("id: R02", "id: R01", "the id 'R01' twice"),
        ("score: PLAN * 100", "score: PLANN * 100", "unknown variable 'PLANN'; did you mean 'PLAN'?"),
        ("    at_least: 35", "    at_least: 5", "more than the level below takes (10)"),
        ("    above: 3", "    above: 4", "a level below the highest (4)"),
        ("means: peer_means", "means: peer_mean", "did you mean 'peer_means'?"),
        ("least_n: 10", "least_n: 12", "'peer_means' with min_n 10"),
        ("      estimate: peer_budget", "      estimate: peer_means", "'peer_means' without dominance"),
        ("  MONI: {fr: Veille", "  MONY: {fr: Veille", "unknown variable 'MONY'"),
        ("W1_FIRM_WK", "W1_FIRM_WX", "did you mean"),
        ("wave: wave2", "wave: wave9", "unknown wave 'wave9'"),
        ("{fr: Un calendrier éditorial, de: Ein Redaktionsplan,", "{fr: Un calendrier éditorial,", "no text in de"),
        ("each: [REACH", "each: [REECH", "unknown variable 'GOAL_REECH'"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_file_and_line(edited: Callable[..., Path], old: str, new: str, told: str) -> None:
    message = failing(edited((old, new)))
    assert told in message
    assert f"{FILE}:" in message


def test_the_line_is_the_one_of_the_mistake(edited: Callable[..., Path]) -> None:
    message = failing(edited(("when: MONI == 0", "when: MONIT == 0")))
    assert f"{FILE}:{line_of('when: MONI == 0')}: rules.9.when" in message


def test_pages_can_print_how_dimensions_are_scored(bench: Bench) -> None:
    parameters, _ = _parameters(bench.study, ["en"])
    assert parameters["waves.wave2.derived.SCORE_STRATEGY_PLAN.value"] == {"en": "(STRAT - 1) * 100 / 3"}
    printed = set(re.findall(r'param="([^"]+)"', str(_derived_rows(bench.study.waves["wave2"]))))
    assert len(printed) > 30
    assert printed <= set(parameters)
