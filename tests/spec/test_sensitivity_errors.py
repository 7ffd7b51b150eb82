"""What is wrong with the section ``sensitivity`` of a study file, and what it expands to."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveyspec.problems import StudyError
from surveyspec.sensitivity import plan_sensitivity
from surveyspec.slices import clean_slice, estimate_slice, ledger_slice, sensitivity_slice
from surveyspec.study import Study, load_study
from tests.tiny import write_tiny
from tests.tiny_sensitivity import VARIED


def said(folder: Path, old: str, new: str) -> str:
    assert old in VARIED
    with pytest.raises(StudyError) as caught:
        load_study(write_tiny(folder, config=VARIED.replace(old, new)))
    return str(caught.value)


def changed(folder: Path, old: str, new: str) -> Study:
    assert old in VARIED
    return load_study(write_tiny(folder, config=VARIED.replace(old, new)))


def test_every_combination_is_a_specification(tmp_path: Path) -> None:
    use, level = plan_sensitivity(load_study(write_tiny(tmp_path, config=VARIED)))
    assert [spec.id for spec in use.specifications] == [
        "w1.use.alpha.unweighted",
        "w1.sensitivity.use.alpha.fast=kept.unweighted",
        "w1.sensitivity.use.alpha.fast=slower.unweighted",
        "w1.sensitivity.use.alpha.weighting=raked.raked",
        "w1.sensitivity.use.alpha.weighting=raked.fast=kept.raked",
        "w1.sensitivity.use.alpha.weighting=raked.fast=slower.raked",
        "w1.sensitivity.use.alpha.use=weekly.unweighted",
    ]
    assert [summary.id for summary in use.summaries] == [
        f"w1.sensitivity.use.alpha.{name}.unweighted"
        for name in ("specifications", "smallest", "largest", "covering", "most")
    ]
    assert [spec.id for spec in level.alternatives] == [
        "w1.sensitivity.level.fast=kept.unweighted",
        "w1.sensitivity.level.fast=slower.unweighted",
    ]
    assert use.alternatives[0].number.label == {"en": "Use at least monthly – Alpha – Fast answers (kept)"}


def test_a_specification_is_the_study_with_some_decisions_changed(tmp_path: Path) -> None:
    use, _ = plan_sensitivity(load_study(write_tiny(tmp_path, config=VARIED)))
    rules = [[(rule.id, rule.faster_than) for rule in spec.wave.wave.cleaning] for spec in use.specifications[:3]]
    assert rules == [
        [("no_size", None), ("speeders", 0.5)],
        [("no_size", None)],
        [("no_size", None), ("speeders", 0.95)],
    ]
    assert [list(spec.wave.wave.weights) for spec in use.specifications[2:4]] == [[], ["raked"]]
    assert len({spec.digest for spec in use.specifications}) == 7


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("number: w1.level.unweighted", "number: w1.lvel.unweighted",
         ["numbers.1.number", "unknown number 'w1.lvel.unweighted'", "did you mean 'w1.level.unweighted'?"]),
        ("singly: [fast]", "singly: [quick]",
         ["sensitivity.numbers.1.singly", "unknown decision 'quick'", "one of weighting, fast, use"]),
        ("without: [speeders]", "without: [speeding]",
         ["decisions.1.options.0.without", "unknown cleaning rule 'speeding'", "did you mean 'speeders'?"]),
        ("rules: {speeders:", "rules: {speedy:", ["unknown cleaning rule 'speedy'", "did you mean 'speeders'?"]),
        ("faster_than: 0.95", "keep: last", ["rules.speeders", "'keep', which the rule 'speeders' has not"]),
        ("{faster_than: 0.95}", "{}", ["at least one of exclude, faster_than, among, keep"]),
        ("weight: raked}", "weight: rake}", ["decisions.0.options.0.weight", "unknown weight 'rake'", "'raked'"]),
        ("weight: raked}", "weight: unweighted, trim: none}", ["options.0.trim", "a bound for 'unweighted'"]),
        ("without: [speeders]", "trim: none, without: [speeders]", ["'trim' together with the raked 'weight'"]),
        ('share: ">= 3"', 'mean: "item"', ["options.0.mean", "a mean for w1.use.alpha.unweighted, which is a share"]),
        ('share: ">= 3"', 'share: ">= "', ["decisions.2.options.0.share", "a condition over the variables of w1"]),
        ('share: ">= 3"', "where: SIZES == 1", ["options.0.where", "SIZES"]),
        ("without: [speeders]", "without: []", ["at least one of without, rules, weight, share, mean, where"]),
        ("singly: [fast]", "singly: []", ["numbers.1", "at least one decision under 'crossed' or 'singly'"]),
        ("crossed: [weighting, fast], singly: [use]", "crossed: [weighting, fast], singly: [fast]",
         ["each decision once (found twice: fast)"]),
        ("      options:\n        - {id: raked, label: {en: raked}, weight: raked}\n", "      options: []\n",
         ["sensitivity.decisions.0.options", "at least 1"]),
        ("faster_than: 0.95", "faster_than: 0.5",
         ["decisions.1.options.1", "'fast=slower' is the same as the reported number w1.use.alpha.unweighted",
          "options that change something"]),
        ("rules: {speeders: {faster_than: 0.95}}", "without: [speeders]", ["'fast=slower' is the same as 'fast=kept'"]),
        ("at_most: 12", "at_most: 6",
         ["sensitivity.numbers.0.crossed", "7 specifications of w1.use.alpha.unweighted", "at most 6",
          "move a decision from 'crossed' to 'singly'"]),
        ("claims: [most]", "claims: [mots]", ["numbers.0.claims", "unknown claim 'mots'", "did you mean 'most'?"]),
        ("claims: [most]", "claims: [level]", ["the claim 'level', no part of which is about w1.use.alpha.unweighted"]),
        ("singly: [use], ", "", ["sensitivity.decisions.2", "the decision 'use', which no number is varied by"]),
        ("- id: use\n      label: {en: Use}", "- id: fast\n      label: {en: Use}", ["'fast' twice", "each id once"]),
        ("crossed: [weighting, fast], singly: [use]", "crossed: [fast, use], singly: [weighting]", []),
        ("share: \">= 3\"}", "share: \">= 3\", without: [speeders]}", []),
        ("at_most", "at_least", ["unknown key 'at_least'"]),
    ],
)  # fmt: skip
def test_mistakes(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    if not words:  # these are none
        changed(tmp_path, old, new)
        return
    message = said(tmp_path, old, new)
    assert "config.yaml:" in message
    for word in words:
        assert word in message


def test_crossed_decisions_change_different_things(tmp_path: Path) -> None:
    folder = write_tiny(
        tmp_path,
        config=VARIED.replace('share: ">= 3"', 'share: ">= 3", without: [speeders]').replace(
            "crossed: [weighting, fast], singly: [use]", "crossed: [weighting, fast, use]"
        ),
    )
    with pytest.raises(StudyError) as caught:
        load_study(folder)
    message = str(caught.value)
    assert "'fast' and 'use', which both change the rule 'speeders'" in message
    assert "one of the two under 'singly'" in message


def test_quantiles_are_not_varied(tmp_path: Path) -> None:
    quantile = "    mean: USE_A\n    weights: [unweighted, raked]"
    message = said(tmp_path, quantile, "    quantiles: [0.5]\n    of: USE_A\n    weights: [unweighted]")
    assert "unknown number 'w1.level.unweighted'" in message
    config = VARIED.replace(quantile, "    quantiles: [0.5]\n    of: USE_A\n    weights: [unweighted]")
    config = config.replace("w1.level.unweighted", "w1.level.q50.unweighted")
    with pytest.raises(StudyError, match=r"the quantile w1[.]level[.]q50[.]unweighted"):
        load_study(write_tiny(tmp_path, config=config))


@pytest.mark.parametrize(
    ("old", "new", "stage", "ledger"),
    [
        ("faster_than: 0.95", "faster_than: 0.9", True, True),
        ("reported: {en: none}", "reported: {en: no weights}", False, True),
        ("w1.use.alpha.unweighted > 0.5", "w1.use.alpha.unweighted > 0.6", True, True),
        ("w1.level.unweighted > w1", "w1.level.unweighted >= w1", False, True),
    ],
)
def test_what_reruns(tmp_path: Path, old: str, new: str, stage: bool, ledger: bool) -> None:
    before = load_study(write_tiny(tmp_path / "before", config=VARIED))
    after = changed(tmp_path / "after", old, new)
    assert (sensitivity_slice(before, "w1") != sensitivity_slice(after, "w1")) == stage
    assert (ledger_slice(before) != ledger_slice(after)) == ledger
    assert estimate_slice(before, "w1") == estimate_slice(after, "w1")
    assert clean_slice(before.waves["w1"]) == clean_slice(after.waves["w1"])
