"""The calibration table of the report: every target against the ledger's numbers, statuses told apart."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from surveyspec.calibration import CalibrationTarget
from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveytrail.reporting.calibration_table import calibration_table, calibration_texts, holds
from tests.tiny import CONFIG, write_tiny

ROOT = Path(__file__).resolve().parents[2]
TARGETS = """\
targets:
  - {id: T1, estimand: x, values: [0.5, 0.25], tolerance: 0.05, status: A, numbers: [w1.a, null]}
  - {id: T2, estimand: x, above: 0.4, below: 0.6, status: P, numbers: [w1.a]}
  - {id: T2, estimand: x, above: 0, status: S, numbers: [w1.a], ahead_of: [w1.b]}
  - {id: T3, estimand: x, values: [1], tolerance: 0, status: S}
"""
ROWS = {"w1.a": {"value": 0.52, "unit": "share"}, "w1.b": {"value": 0.3, "unit": "share"}}


def written(folder: Path, targets: str = TARGETS) -> Path:
    write_tiny(folder, config=CONFIG.replace("estimates:\n", "calibration: targets.yaml\nestimates:\n", 1))
    (folder / "targets.yaml").write_text(targets, encoding="utf-8")
    return folder


def test_every_cell_is_printed_by_key(tmp_path: Path) -> None:
    study = load_study(written(tmp_path))
    text = calibration_table(study, ROWS)
    row = next(line for line in text.splitlines() if "calibration.0.id" in line)
    assert '[]{num="w1.a"} / –' in row
    assert '[]{param="calibration.0.values.0" show="percent"}' in row
    assert '± []{param="calibration.0.tolerance" show="percent"}' in row
    assert '[]{word="tables.calibration.A"}' in row and '[]{word="tables.calibration.yes"}' in row
    assert not re.search(r"\d", re.sub(r"\[\]\{[^}]*\}|\{#[^}]*\}", "", text))
    texts, percentages = calibration_texts(study, ["en", "fr"])
    assert texts["calibration.0.values.1"] == {"en": "0.25", "fr": "0,25"}
    assert percentages["calibration.0.tolerance"]["en"] == "5%"
    assert texts["calibration.2.id"] == {"en": "T2", "fr": "T2"}


@pytest.mark.parametrize(
    ("fields", "fulfilled"),
    [
        ({"values": [0.5], "tolerance": 0.02}, True),
        ({"values": [0.5], "tolerance": 0.01}, False),
        ({"above": 0.5}, True),
        ({"above": 0.52}, False),
        ({"below": 0.52}, False),
        ({"above": 0.0, "ahead_of": ["w1.b"]}, True),
        ({"ahead_of": ["w1.a"]}, False),
    ],
)
def test_targets_can_fail(fields: dict[str, object], fulfilled: bool) -> None:
    target = CalibrationTarget.model_validate({"id": "T", "status": "A", "numbers": ["w1.a"], **fields})
    assert holds(target, ROWS) is fulfilled


def test_a_number_that_the_ledger_lacks_is_named(tmp_path: Path) -> None:
    study = load_study(written(tmp_path))
    with pytest.raises(StudyError, match=r"targets\.T2(.|\n)*unknown number 'w1\.b'(.|\n)*the id of a number"):
        calibration_table(study, {"w1.a": ROWS["w1.a"]})
    with pytest.raises(StudyError, match=r"targets\.yaml"):
        load_study(written(tmp_path, TARGETS.replace("status: P", "status: Q")))


def test_the_study_binds_its_targets_to_the_ledger() -> None:
    """The few that are not need a model, or an answer, that the ledger does not hold."""
    targets = load_study(ROOT).targets
    bound = Counter((target.status, any(target.numbers)) for target in targets)
    assert sum(bound.values()) > 100
    assert {target.id for target in targets if not any(target.numbers)} == {
        "T033",
        "T040",
        "T054",
        "T058",
        "T061",
        "T063",
    }
    assert all(bound[status, True] > 3 * bound[status, False] for status in ("S", "P", "A"))
