"""Published figures of real surveys, and proof that the comparison can fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tests.statistics.published import comparison
from tests.statistics.published.__main__ import main
from tests.statistics.published.comparison import ABSENT, REAL, Comparison, Figure, Item, compare, datasets, report

real = pytest.mark.skipif(not REAL.is_dir(), reason=ABSENT)
FOLDERS = datasets()
CONTROLS = {"exports/surveymonkey": 5, "exports/limesurvey_automotive": 3}


@cache
def compared(folder: str) -> Comparison:
    return compare(folder)


@real
@pytest.mark.parametrize("folder", FOLDERS)
def test_every_figure_comes_out_and_every_control_does_not(folder: str) -> None:
    one = compared(folder)
    assert len(one.items) > 5 and {figure.item for figure in one.figures} == set(one.items)
    assert [one.describe(name) for name in one.missed] == []
    assert [one.describe(name) for name in one.unflagged] == []
    assert len(one.controls) == CONTROLS.get(folder, 0)


@real
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_figure_one_unit_off_is_noticed(folder: str) -> None:
    """Every printed number moved by one in its last digit: nothing may match but ties, half a unit from both."""
    for figure in compared(folder).figures:
        step = figure.unit if figure.relative is None else 3 * figure.relative * abs(figure.printed)
        tie = abs(abs(figure.ours - figure.printed) - figure.unit / 2) <= figure.unit * 1e-6
        for off in (replace(figure, printed=figure.printed + step), replace(figure, printed=figure.printed - step)):
            assert tie or not off.matches or figure.item in compared(folder).controls, off


@real
def test_controls_are_listed_with_what_is_known_about_them() -> None:
    lines = list(report([compared("exports/limesurvey_automotive")]))
    assert lines[0].startswith(
        "control    exports/limesurvey_automotive DT008 background mechatronics: printed 8, ours 7"
    )
    assert lines[-1] == "9 of 9 published items reproduced, 3 of 3 controls reported as mismatches"


@pytest.fixture
def invented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set of four items, whose figures are in its own file: two right, one not computed, one control."""

    def reproduce(folder: Path, items: list[Item]) -> Iterator[Figure]:
        for name, value in json.loads((folder / "ours.json").read_text("utf-8")).items():
            yield comparison.printed(next(item for item in items if item["id"] == name), value)

    monkeypatch.setattr(comparison, "REAL", tmp_path)
    monkeypatch.setattr(comparison, "_DATASETS", {"poll": (reproduce, "published.json")})
    folder = tmp_path / "poll"
    folder.mkdir()
    items = [
        {"id": "A", "description": "share", "published": 40.0, "match": True, "reproduced": 39.98},
        {"id": "B", "description": "count", "published": 12, "match": None},
        {"id": "C", "description": "error", "published": 1.25, "match": True},
        {"id": "D", "description": "typo", "published": 7, "match": False, "note": "does not reproduce: a slip"},
    ]
    (folder / "published.json").write_text(json.dumps({"items": items}), "utf-8")
    return folder


def run(folder: Path, capsys: pytest.CaptureFixture[str], **ours: float) -> tuple[int, list[str]]:
    (folder / "ours.json").write_text(json.dumps(ours), "utf-8")
    code = main([])
    return code, capsys.readouterr().out.splitlines()


def test_figures_are_held_at_their_printed_decimals(invented: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(invented, capsys, A=39.96, B=12, C=1.2549, D=8)
    assert code == 0
    assert "control    poll D typo: printed 7, ours 8 (a slip)" in lines
    assert lines[-1] == "3 of 3 published items reproduced, 1 of 1 controls reported as mismatches"
    code, lines = run(invented, capsys, A=39.94, B=12.6, C=1.25, D=8)
    assert code == 1
    assert "DIFFERS    poll A share: printed 40, ours 39.94" in lines
    assert "DIFFERS    poll B count: printed 12, ours 12.6" in lines
    assert lines[-1].startswith("1 of 3 published items reproduced")


def test_what_is_not_computed_or_comes_out_as_a_control_fails(
    invented: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = run(invented, capsys, A=40, B=12, D=8)
    assert code == 1 and "DIFFERS    poll C error: not computed" in lines
    code, lines = run(invented, capsys, A=40, B=12, C=1.25, D=7)
    assert code == 1 and lines[-1].endswith("0 of 1 controls reported as mismatches")
    assert "UNFLAGGED  poll D typo: printed 7, ours 7 (a slip)" in lines
    assert run(invented, capsys)[0] == 1


def test_without_the_raw_files_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(comparison, "REAL", tmp_path / "absent")
    assert main([]) == 0
    assert capsys.readouterr().out == f"skipped: {ABSENT}\n"


def test_an_unknown_data_set_is_refused(invented: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["poll2"]) == 2
    assert "no such data set: poll2; there are poll" in capsys.readouterr().out
