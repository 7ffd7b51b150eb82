"""Second wave: same settings, same bytes; other settings, other bytes; wrong settings, a message."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from studygenerator.wave2 import export_wave, load_plan
from studygenerator.wave2.plan import Plan
from surveyspec.problems import StudyError
from tests.generator.independent_wave2 import RAW, ROOT


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(ROOT, "data/generator_wave2.yaml")


def records(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_identical_bytes(plan: Plan) -> None:
    assert export_wave(plan) == RAW.read_bytes()


def test_order_of_the_settings_does_not_matter(plan: Plan) -> None:
    settings = plan.settings
    parts = ("items", "yes_no", "numbers", "ticks")
    backwards = {name: dict(reversed(list(getattr(settings, name).items()))) for name in parts}
    assert export_wave(replace(plan, settings=settings.model_copy(update=backwards))) == RAW.read_bytes()


def test_another_seed_gives_other_data(plan: Plan) -> None:
    other = export_wave(replace(plan, settings=plan.settings.model_copy(update={"seed": 1})))
    assert other != RAW.read_bytes()
    assert len(records(other)) == 278


def test_a_change_of_one_question_leaves_the_others_alone(plan: Plan) -> None:
    item = plan.settings.items["POT"].model_copy(update={"shares": [0.1, 0.1, 0.1, 0.2, 0.2, 0.3]})
    settings = plan.settings.model_copy(update={"items": {**plan.settings.items, "POT": item}})
    before, after = records(RAW.read_bytes()), records(export_wave(replace(plan, settings=settings)))
    changed = {name for old, new in zip(before, after, strict=True) for name in old if old[name] != new[name]}
    assert changed == {"POT"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  POT: {shares: [0.03,", "  POT: {shares: [0.04,", ["items.POT", "shares that sum to 1"]),
        ("  POT: {shares", "  POTT: {shares", ["unknown variable 'POTT'", "did you mean 'POT'?", "nothing on POT"]),
        ("INT12: {shares: [0.56, 0.36, 0.08]", "INT12: {shares: [0.56, 0.36, 0.05, 0.03]",
         ["shares of 4 answers", "3, as scale INT4 has"]),
        ("TRU_DATA: {shares: [0.24, 0.30, 0.23, 0.14, 0.07, 0.02], loads: {trust",
         "TRU_DATA: {shares: [0.24, 0.30, 0.23, 0.14, 0.07, 0.02], loads: {trusts",
         ["unknown score 'trusts'", "did you mean 'trust'?"]),
        ("    SIZE: {1: 0.17, 2: 0.29, 3: 0.27, 4: 0.27}", "    SIZE: {1: 0.17, 2: 0.29, 3: 0.27, 5: 0.27}",
         ["unknown answer 5", "profile.everybody.SIZE.5"]),
        ("  valid: {1: 77, 2: 39}", "  valid: {1: 77}", ["'valid' with a number for each of the address lists 1, 2"]),
        ("  invited: {1: 3500, 2: 780}", "  invited: {1: 3500, 2: 40}",
         ["more people of list 2 invited than answered"]),
        ("  unfinished: 6 ", "  unfinished: 61 ", ["'unfinished' of at most 'screen_outs'"]),
        ("  fast_duplicates: 1", "  fast_duplicates: 5", ["'fast_duplicates' of at most 'duplicates'"]),
        ("    3: {21: 1.0}", "    3: {21: 0.9}", ["profile.cantons.3 that sum to 1 (they sum to 0.9000)"]),
        ("2: 0.35, 3: 0.40", "2: 0.35, 3: 0.50", ["use_of_screened_out that sum to 1"]),
        ("LANGUAGE: {1: 0.64, 2: 0.24, 3: 0.07, 4: 0.05}", "LANGUAGE: {1: 0.69, 2: 0.31}",
         ["2 comments of language 3", "at most 0"]),
        ("  testers: 5", "  tester: 5", ["unknown key 'tester'", "did you mean 'testers'?"]),
    ],
)  # fmt: skip
def test_wrong_settings_are_explained(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    for name in (
        "generator_wave2.yaml", "generator_wave2_texts.yaml", "generator_targets.yaml", "codebooks/wave2.yaml",
    ):  # fmt: skip
        target = tmp_path / "data" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / "data" / name).read_text(encoding="utf-8")
        if name == "generator_wave2.yaml":
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        target.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_plan(tmp_path, "data/generator_wave2.yaml")
    message = str(caught.value)
    assert all(words in message for words in expected), message
    assert "data/generator_wave2.yaml:" in message
