"""Same settings, same bytes; other settings, other bytes."""

from __future__ import annotations

import csv
import io
import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from studygenerator.wave1.export import export_wave
from studygenerator.wave1.plan import Plan, load_plan
from tests.generator.independent import RAW, ROOT

SCRIPT = ROOT / "scripts/generate_synthetic_data.py"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(ROOT, "data/generator.yaml")


def run(*arguments: str) -> int:
    """Run the script as the command line does, without starting another Python."""
    main = runpy.run_path(str(SCRIPT))["main"]
    return int(main(["--directory", str(ROOT), *arguments]))


def test_identical_bytes(tmp_path: Path) -> None:
    assert run("--output", str(tmp_path)) == 0
    assert {file.name for file in tmp_path.iterdir()} == {
        "wave1_unipark.csv", "wave2_limesurvey.csv", "interviews_metadata.csv", "interview_segments.csv",
    }  # fmt: skip
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (RAW.parent / file.name).read_bytes(), file.name


def test_order_of_the_settings_does_not_matter(plan: Plan) -> None:
    settings = plan.settings
    backwards = {
        name: dict(reversed(list(getattr(settings, name).items()))) for name in ("items", "profile", "barriers")
    }
    shuffled = settings.model_copy(update=backwards)
    assert export_wave(replace(plan, settings=shuffled)) == RAW.read_bytes()


def test_another_seed_gives_other_data(plan: Plan) -> None:
    other = export_wave(replace(plan, settings=plan.settings.model_copy(update={"seed": 1})))
    assert other != RAW.read_bytes()
    assert other.count(b'"\r\n"') >= 991


def test_a_change_of_one_question_leaves_the_others_alone(plan: Plan) -> None:
    """Streams are named: a question with other shares changes its own column only."""
    item = plan.settings.items["W1_REF_BW"].model_copy(update={"shares": [0.1, 0.1, 0.2, 0.3, 0.3]})
    settings = plan.settings.model_copy(update={"items": {**plan.settings.items, "W1_REF_BW": item}})
    before, after = records(RAW.read_bytes()), records(export_wave(replace(plan, settings=settings)))
    changed = {name for old, new in zip(before, after, strict=True) for name in old if old[name] != new[name]}
    assert changed == {"v_87"}


def records(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_check_and_calibration_commands(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("--check") == 0
    assert capsys.readouterr().out.count("csv: as data/generator") == 4
    assert run("--calibration") == 0
    said = capsys.readouterr().out
    assert "S: 21 of 21 hold" in said and "P: 16 of 16 hold" in said and "FAILS" not in said
    changed = tmp_path / RAW.name
    changed.write_bytes(RAW.read_bytes().replace(b"Xing ist", b"Xing war"))
    assert run("--check", "--only", "wave1", "--output", str(tmp_path)) == 1
    assert "NOT as data/generator.yaml" in capsys.readouterr().out
    changed.unlink()
    assert run("--check", "--only", "wave1", "--output", str(tmp_path)) == 1
    assert "no such file" in capsys.readouterr().err


def test_one_part_only(tmp_path: Path) -> None:
    assert run("--only", "interviews", "--output", str(tmp_path)) == 0
    assert {file.name for file in tmp_path.iterdir()} == {"interviews_metadata.csv", "interview_segments.csv"}


def study(tmp_path: Path, old: str, new: str) -> None:
    """Copy what the generator reads, with one change in its settings."""
    for name in ("generator.yaml", "generator_texts.yaml", "generator_targets.yaml", "codebooks/wave1.yaml"):
        target = tmp_path / "data" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / "data" / name).read_text(encoding="utf-8")
        if name == "generator.yaml":
            assert text.count(old) == 1
            text = text.replace(old, new)
        target.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("W1_REF_BW: {shares: [0.04,", "W1_REF_BW: {shares: [0.05,", ["items.W1_REF_BW", "shares that sum to 1"]),
        ("W1_REF_BW: {shares", "W1_REF_BV: {shares", ["unknown variable 'W1_REF_BV'", "did you mean 'W1_REF_BW'?"]),
        ("W1_REF_BW: {shares: [0.04, 0.11, 0.29, 0.38, 0.18]", "W1_REF_BW: {shares: [0.15, 0.29, 0.38, 0.18]",
         ["shares of 4 answers", "5, as scale AGR5 has"]),
        ("loads: {tradition: 0.5}", "loads: {traditions: 0.5}",
         ["unknown score 'traditions'", "did you mean 'tradition'?"]),
        ("  - {page: 3412211, variables: [W1_POSTS]}\n", "", ["W1_POSTS on no page", "every question on one page"]),
        ("variables: [W1_POSTS]", "variables: [W1_POST]", ["unknown variable 'W1_POST'", "pages"]),
        ("  W1_SIZE: {1: 0.29, 2: 0.35, 3: 0.36}", "  W1_SIZE: {1: 0.29, 2: 0.35, 5: 0.36}",
         ["unknown answer 5", "profile.W1_SIZE.5"]),
        ("  valid: 571", "  vaild: 571", ["unknown key 'vaild'", "did you mean 'valid'?", "generator.yaml:"]),
        ("  returned: 11", "  returned: 300", ["'returned' of at most 'break_offs'"]),
        ("  1: {1: 0.26,", "  1: {1: 0.36,", ["shares of cantons.1 that sum to 1 (they sum to 1.1000)"]),
        ("  invited: 9200", "  invited: 500", ["more people invited than answered"]),
        ("LANGUAGE: {1: 0.72, 2: 0.22, 3: 0.04, 4: 0.02}", "LANGUAGE: {1: 0.72, 2: 0.24, 3: 0.04, 4: 0.00}",
         ["2 comments of language 4", "at most 0"]),
    ],
)  # fmt: skip
def test_wrong_settings_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, expected: list[str]
) -> None:
    study(tmp_path, old, new)
    main = runpy.run_path(str(SCRIPT))["main"]
    assert main(["--directory", str(tmp_path), "--only", "wave1"]) == 1
    message = capsys.readouterr().err
    assert all(text in message for text in expected), message
    assert "data/generator.yaml:" in message
    assert "expected:" in message
