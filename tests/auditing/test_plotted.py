"""Marks are judged by the axis that a reader sees; what is moved, stretched, swapped or left out is named."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from surveytrail.auditing.consistency import Check
from surveytrail.auditing.plotted import Axis, plotted
from surveytrail.figures.drawing import draw_figure
from tests.figures.kinds_study import kinds_ledger, write_kinds_study


class Rows:
    """As much of what documents may print as marks are held against: the ledger."""

    def __init__(self, ledger: pd.DataFrame) -> None:
        self.rows = {str(row["id"]): row for row in ledger.to_dict("records")}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    study = write_kinds_study(tmp_path_factory.mktemp("kinds"))
    ledger, folder = kinds_ledger(study), study.directory / "results/figures"
    for figure in study.config.figures:
        for language in ("de", "fr"):
            draw_figure(study, figure, ledger, language, folder)
    return folder, Rows(ledger)


def after(drawn: tuple[Path, Any], folder: Path, name: str, pattern: str, new: str) -> Check:
    """Judge the figures with the first place of one SVG that fits a pattern replaced."""
    figures = folder / "figures"
    shutil.copytree(drawn[0], figures)
    path = figures / name
    text, times = re.subn(pattern, new, path.read_text(encoding="utf-8"), count=1)
    assert times == 1
    path.write_text(text, encoding="utf-8")
    return plotted(figures, drawn[1])


def test_every_mark_stands_where_its_number_belongs(drawn: tuple[Path, Any]) -> None:
    check = plotted(*drawn)
    assert check.problems == []
    marks = sum(path.read_text(encoding="utf-8").count("data-number=") for path in drawn[0].glob("*.svg"))
    assert check.printed == check.checked == marks > 50
    assert str(check) == f"marks of figures stand where their numbers belong: {marks} of {marks} hold"


@pytest.mark.parametrize(
    ("name", "pattern", "new", "said"),
    [
        # a dot two points to the right, on a linear axis and on a logarithmic one
        ("ranks.de.svg", r'(data-shape="dot".*?<use [^>]*?x=")(\d+)', r"\g<1>1\g<2>", "the dot of w1.R1"),
        ("drivers.fr.svg", r'(data-shape="dot".*?<use [^>]*?x=")\d+', r"\g<1>222", "the dot of w1.M1"),
        ("drivers.fr.svg", r'(data-shape="interval".*?d="M )[\d.]+', r"\g<1>20", "the interval of w1.M1"),
        # a bar that is longer than its share
        (
            "answers.de.svg",
            r'(data-shape="bar".*?d="M [\d.]+ [\d.]+  L )[\d.]+',
            r"\g<1>999",
            "the bar of w1.frequency",
        ),
        ("answers.de.svg", r'id="[^"]*-bar" data-number="[^"]*"', "", "not those that its manifest lists"),
        ("ranks.de.svg", r'(data-shape="dot".*?)<use [^>]*>', r"\g<1>", "nothing is drawn as the dot of w1.R1"),
        # the axis itself: a tick's text moved away from its line
        ("answers.de.svg", r'(x=")[\d.]+("[^>]*><tspan class="st-word">25)', r"\g<1>1\g<2>", "ticks give no axis"),
    ],
)
def test_what_stands_elsewhere_is_named(
    drawn: tuple[Path, Any], tmp_path: Path, name: str, pattern: str, new: str, said: str
) -> None:
    check = after(drawn, tmp_path, name, pattern, new)
    assert check.problems and said in check.problems[0] and check.problems[0].startswith(name.removesuffix(".svg"))


def test_an_axis_is_linear_or_logarithmic_by_its_ticks() -> None:
    (ratio,) = Axis.fitting([(0.5, (10.0, 5.0)), (1.0, (20.0, 5.0)), (2.0, (30.0, 5.0))])
    assert ratio.is_ratio and ratio.place(4.0) == pytest.approx(40)
    (upwards,) = Axis.fitting([(0.0, (3.0, 90.0)), (0.1, (3.0, 70.0)), (0.2, (3.0, 50.0))])
    assert upwards.direction == 1 and upwards.place(0.3) == pytest.approx(30)
    assert [axis.is_ratio for axis in Axis.fitting([(1.0, (0.0, 0.0)), (2.0, (9.0, 0.0))])] == [False, True]
    assert Axis.fitting([(0.0, (0.0, 0.0)), (1.0, (10.0, 0.0)), (2.0, (90.0, 0.0))]) == []
    assert Axis.fitting([(1.0, (0.0, 0.0))]) == []
