"""The specification curve and the figure of a weight: what they show is the ledger's, mark by mark."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from surveyspec.problems import StudyError
from surveyspec.study import Study, load_study
from surveytrail.figures.drawing import draw_figure, figure_content
from surveytrail.figures.specifications import OTHERS, REPORTED, CurveContent
from surveytrail.figures.tokens import line_text
from surveytrail.pipeline import compute_ledger
from tests.tiny import write_tiny
from tests.tiny_sensitivity import VARIED

SVG = "{http://www.w3.org/2000/svg}"
FIGURES = """\
figures:
  - id: curve
    kind: specification_curve
    title: {en: Use under other decisions}
    number: w1.use.alpha.unweighted
    axis: {en: Share}
  - id: weight
    kind: weighting
    title: {en: Margins}
    wave: w1
    weight: raked
    axis: {en: Share}
report:
"""
CONFIG = VARIED.replace("report:\n", FIGURES)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return load_study(write_tiny(tmp_path_factory.mktemp("curve"), config=CONFIG))


@pytest.fixture(scope="module")
def ledger(study: Study) -> pd.DataFrame:
    return compute_ledger(study).frame


@pytest.fixture(scope="module")
def folder(study: Study, ledger: pd.DataFrame) -> Path:
    out = study.directory / "results/figures"
    for figure in study.config.figures:
        draw_figure(study, figure, ledger, "en", out)
    return out


def curve(study: Study, ledger: pd.DataFrame) -> CurveContent:
    found = figure_content(study, study.config.figures[0], ledger, "en")
    assert isinstance(found, CurveContent)
    return found


def test_specifications_stand_in_order_of_their_value(study: Study, ledger: pd.DataFrame) -> None:
    found = curve(study, ledger)
    values = dict(zip(ledger["id"], ledger["value"], strict=True))
    drawn = [mark.value for mark in found.marks]
    assert drawn == sorted(drawn) and len(drawn) == 7
    assert all(mark.value == values[mark.number] for mark in found.marks)
    reported = [mark.number for mark in found.marks if mark.series == REPORTED]
    assert reported == ["w1.use.alpha.unweighted"]
    assert [mark.series for mark in found.marks].count(OTHERS) == 6


def test_the_matrix_has_one_option_of_each_decision_per_specification(study: Study, ledger: pd.DataFrame) -> None:
    found = curve(study, ledger)
    assert [decision.label.text for decision in found.decisions] == ["Weights", "Fast answers", "Use"]
    for decision in found.decisions:
        assert sorted(place for option in decision.options for place in option.places) == list(range(7))
    numbers = [mark.number for mark in found.marks]
    weekly = next(option for option in found.decisions[2].options if option.label.text == "weekly")
    assert [numbers[place] for place in weekly.places] == ["w1.sensitivity.use.alpha.use=weekly.unweighted"]
    assert weekly.label.source == "sensitivity.decisions.use.options.weekly.label"


def test_alternative_text_says_where_the_curve_leads(study: Study, ledger: pd.DataFrame) -> None:
    said = line_text(curve(study, ledger).alt)
    assert said.startswith("Synthetic data. Specification curve: Use under other decisions. Reported: 75.0% (")
    assert "7 specifications, 50.0% to 100.0%; the interval holds the reported value in " in said


@pytest.mark.parametrize("name", ["curve", "weight"])
def test_every_mark_is_a_number_of_the_ledger_and_can_be_reached(folder: Path, name: str, ledger: pd.DataFrame) -> None:
    svg = ElementTree.fromstring((folder / f"{name}.en.svg").read_bytes())
    found = json.loads((folder / f"{name}.en.json").read_text(encoding="utf-8"))
    links = {link.attrib["data-num"] for link in svg.iter(f"{SVG}a")}
    assert links == set(found["numbers"]) <= set(ledger["id"])
    marks = {group.attrib["data-number"] for group in svg.iter(f"{SVG}g") if "data-number" in group.attrib}
    assert marks == {mark["number"] for mark in found["marks"]} <= links
    for left, top, wide, high in (place["box"] for place in found["places"]):
        assert left >= 0 and left + wide <= 1.001 and top >= 0 and top + high <= 1.001


def test_margins_before_and_after(study: Study, ledger: pd.DataFrame) -> None:
    found = figure_content(study, study.config.figures[1], ledger, "en")
    assert [row.label.text for row in found.rows] == ["small", "large"]
    shares = [[round(mark.value or 0, 3) for mark in row.marks] for row in found.rows]
    assert shares == [[0.8, 0.5, 0.8], [0.2, 0.5, 0.2]]
    assert "6 weighted; design effect " in line_text(found.notes[1])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("number: w1.use.alpha.unweighted\n    axis", "number: w1.use.beta.unweighted\n    axis",
         ["figures.0.number", "unknown number of the section 'sensitivity' 'w1.use.beta.unweighted'"]),
        ("weight: raked\n    axis", "weight: raken\n    axis", ["figures.1.weight", "unknown raked weight 'raken'"]),
        ("wave: w1\n    weight", "wave: w2\n    weight", ["figures.1.wave", "unknown wave 'w2'"]),
    ],
)  # fmt: skip
def test_figures_of_what_is_not_there(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert old in CONFIG
    with pytest.raises(StudyError) as caught:
        load_study(write_tiny(tmp_path, config=CONFIG.replace(old, new)))
    for word in words:
        assert word in str(caught.value)
