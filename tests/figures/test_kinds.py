"""Every kind of figure: what it shows, where it stands, and how it refuses what it cannot draw."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from surveyspec.problems import StudyError
from surveyspec.study import Study, load_study
from surveytrail.figures.content import FigureContent
from surveytrail.figures.dots import ticks_of
from surveytrail.figures.drawing import KINDS, draw_figure, figure_content
from surveytrail.figures.flow import LEAVES
from surveytrail.figures.tokens import Token, line_text, wrapped
from tests.figures.kinds_study import kinds_ledger, write_kinds_study

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_kinds_study(tmp_path_factory.mktemp("kinds"))


@pytest.fixture(scope="module")
def ledger(study: Study) -> pd.DataFrame:
    return kinds_ledger(study)


@pytest.fixture(scope="module")
def folder(study: Study, ledger: pd.DataFrame) -> Path:
    out = study.directory / "results/figures"
    for figure in study.config.figures:
        draw_figure(study, figure, ledger, "de", out)
    return out


def content(study: Study, name: str, ledger: pd.DataFrame, language: str = "en") -> FigureContent:
    return figure_content(study, next(figure for figure in study.config.figures if figure.id == name), ledger, language)


def drawn(folder: Path, name: str) -> ElementTree.Element:
    return ElementTree.fromstring((folder / f"{name}.de.svg").read_bytes())


def listing(folder: Path, name: str) -> dict:
    return json.loads((folder / f"{name}.de.json").read_text(encoding="utf-8"))


def test_every_kind_is_drawn_here(study: Study) -> None:
    assert {figure.kind for figure in study.config.figures} >= {"dots", "stacked_bars", "ranks", "forest", "flow"}
    assert set(KINDS) >= {figure.kind for figure in study.config.figures}


@pytest.mark.parametrize("name", ["answers", "ranks", "drivers", "sizes", "flow"])
def test_every_number_can_be_reached_once_per_text(folder: Path, name: str) -> None:
    """What is listed stands in the drawing, every number has a link, every id is there once, nothing is fetched."""
    svg, found = drawn(folder, name), listing(folder, name)
    links = {link.attrib["id"]: link.attrib for link in svg.iter(f"{SVG}a")}
    assert len(links) == len(list(svg.iter(f"{SVG}a"))) == len(found["places"])
    assert {(place["id"], place["number"], place["show"]) for place in found["places"]} == {
        (identifier, link["data-num"], link["data-show"]) for identifier, link in links.items()
    }
    assert {place["number"] for place in found["places"] if place["show"] == "value"} == set(found["numbers"])
    marks = [group.attrib["data-number"] for group in svg.iter(f"{SVG}g") if "data-number" in group.attrib]
    assert sorted(marks) == sorted(mark["number"] for mark in found["marks"])
    text = (folder / f"{name}.de.svg").read_text(encoding="utf-8")
    identifiers = set(re.findall(r' id="([^"]+)"', text))
    own = [element.attrib[f"{XLINK}href"][1:] for element in svg.iter() if f"{XLINK}href" in element.attrib]
    assert set(own) | set(re.findall(r"url\(#([^)]+)\)", text)) <= identifiers
    assert not re.search(r'(href|src)="(?!#)', text)
    assert "Synthetische Daten" in {part["text"] for entry in found["texts"] for part in entry["parts"]}


@pytest.mark.parametrize("name", ["answers", "ranks", "drivers", "sizes", "flow"])
def test_texts_stand_inside_the_sheet_and_do_not_cover_each_other(folder: Path, name: str) -> None:
    boxes = [(place["id"], place["box"]) for place in listing(folder, name)["places"]]
    for identifier, (left, top, wide, high) in boxes:
        assert left >= 0 and left + wide <= 1.001 and top >= 0 and top + high <= 1.001, identifier
    for at, (one, first) in enumerate(boxes):
        for other, second in boxes[at + 1 :]:
            across = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
            down = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
            assert across <= 1e-4 or down <= 1e-4, (one, other)


def test_bars_hold_the_answers_in_order_and_as_long_as_their_shares(
    folder: Path, study: Study, ledger: pd.DataFrame
) -> None:
    found = content(study, "answers", ledger)
    assert [series.text for series in found.series] == ["never", "at least monthly", "daily"]
    assert [row.label.text for row in found.rows] == ["Facebook", "LinkedIn"]
    assert [mark.value for mark in found.rows[0].marks] == [0.61, 0.345, 0.045]
    lengths = {}
    for group in drawn(folder, "answers").iter(f"{SVG}g"):
        if group.attrib.get("data-shape") == "bar":
            path = next(group.iter(f"{SVG}path")).attrib["d"]
            places = [float(pair.split()[0]) for pair in re.findall(r"[ML] ([-\d.]+ [-\d.]+)", path)]
            lengths[group.attrib["data-number"]] = max(places) - min(places)
    whole = sum(length for number, length in lengths.items() if ".facebook." in number)
    for mark in found.rows[0].marks:
        assert lengths[mark.number] / whole == pytest.approx(mark.value, abs=1e-6)


def test_a_part_too_narrow_for_its_value_is_itself_the_link(folder: Path) -> None:
    narrow = "w1.frequency.facebook.daily.unweighted"
    svg = drawn(folder, "answers")
    group = next(group for group in svg.iter(f"{SVG}g") if group.attrib.get("data-number") == narrow)
    (link,) = group.iter(f"{SVG}a")
    assert link.attrib["data-num"] == narrow
    assert link.attrib["aria-label"] == "Facebook, täglich: 4,5\u202f%"
    assert narrow not in {link.attrib["data-num"] for text in svg.iter(f"{SVG}text") for link in text.iter(f"{SVG}a")}


def test_ranks_begin_with_the_first_and_print_their_intervals(study: Study, ledger: pd.DataFrame) -> None:
    found = content(study, "ranks", ledger)
    assert [mark.value for row in found.rows for mark in row.marks] == [1, 2]
    assert found.rows[0].label.text == "LinkedIn"
    assert line_text(found.notes[0]) == "Lines: 95% bootstrap intervals, 500 samples, model-based"
    classes = [(token.kind, token.source, token.show) for token in found.notes[0] if token.kind != "S"]
    assert classes[0][0] == "R" and classes[0][2] == "level"
    assert classes[1][:2] == ("P", "hypotheses.R1.draws")


def test_effects_keep_the_order_of_the_study_file(study: Study, ledger: pd.DataFrame) -> None:
    found = content(study, "drivers", ledger, "fr")
    assert found.scale == "ratio"
    assert [row.label.text for row in found.rows] == ["Indice", "Âge", "Taille"]
    assert [mark.text.text for row in found.rows for mark in row.marks] == ["0,5", "1,0", "2,0"]


def test_ratios_stand_on_a_logarithmic_axis(folder: Path) -> None:
    """0.5, 1 and 2 are equally far apart."""
    dots = {
        group.attrib["data-number"]: float(next(group.iter(f"{SVG}use")).attrib["x"])
        for group in drawn(folder, "drivers").iter(f"{SVG}g")
        if group.attrib.get("data-shape") == "dot"
    }
    half, one, two = (dots[f"w1.M1.{name}.odds_ratio.unweighted"] for name in ("index", "age", "size"))
    assert one - half == pytest.approx(two - one, abs=1e-4)
    assert two > one > half


def test_a_series_may_be_a_group(study: Study, ledger: pd.DataFrame) -> None:
    numbers = {mark.number for mark in content(study, "sizes", ledger).marks}
    assert numbers == {f"w1.professional_use.{item}.size={size}.unweighted"
                       for item in ("facebook", "linkedin") for size in ("small", "large")}  # fmt: skip


def test_the_flow_leads_from_invitations_to_the_analysis_and_leaves_out_what_never_happened(
    study: Study, ledger: pd.DataFrame
) -> None:
    rows = content(study, "flow", ledger).rows
    goes_on = [row.marks[0].number for row in rows if row.marks[0].series != LEAVES]
    leaves = [row.marks[0].number for row in rows if row.marks[0].series == LEAVES]
    assert goes_on == [
        "w1.response.invited.list.unweighted",
        "w1.flow.records.unweighted",
        "w1.flow.analysed.unweighted",
    ]
    assert "w1.flow.excluded.minors.unweighted" in leaves
    assert "w1.flow.excluded.large.unweighted" not in leaves  # excluded nobody
    assert "w1.response.no_reply.list.unweighted" in leaves


@pytest.mark.parametrize(
    ("scale", "values", "ticks"),
    [
        ("share", [0.02, 0.31], [0.0, 0.1, 0.2, 0.3, 0.4]),
        ("share", [0.93, 1.0], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ("rank", [1.0, 3.0], [1.0, 2.0, 3.0]),
        ("ratio", [1.1, 2.2], [1.0, 1.25, 1.5, 2.0, 2.5]),
        ("ratio", [0.04, 3.0], [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]),
        ("ratio", [0.9, 1.4], [0.8, 1.0, 1.25, 1.5]),
    ],
)
def test_ticks_are_round_and_enclose_what_is_drawn(scale: str, values: list[float], ticks: list[float]) -> None:
    assert ticks_of(scale, values) == pytest.approx(ticks)  # type: ignore[arg-type]


def test_a_broken_line_keeps_its_parts() -> None:
    line = (Token("S", "n = ", "s"), Token("R", "1,240", "a", "n"), Token("S", "; a long way to go", "s"))
    lines = wrapped(line, 12)
    assert [line_text(part) for part in lines] == ["n = 1,240; a", "long way to", "go"]
    assert [token.kind for token in lines[0]] == ["S", "R", "S"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("hypothesis: R1", "hypothesis: M1", ["figures.1.series.0.hypothesis", "'M1', a test of the kind logit",
                                             "one of the tests bootstrap_ranks"]),
        ("hypothesis: R1", "hypothesis: R2", ["unknown hypothesis 'R2'", "one of R1, M1"]),
        ("estimate: frequency", "estimate: index", ["figures.0.estimate", "without answers to divide a bar by",
                                                    "draw it as 'kind: dots'"]),
        ("de: Fluss}\n    wave: w1", "de: Fluss}\n    wave: w2", ["unknown wave 'w2'"]),
        ("kind: forest", "kind: forrest", ["'forrest'", "'forest'"]),
        ("group: size=small", "group: size=tiny", ["no number of 'professional_use' in the group 'size=tiny'"]),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_named(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    study = write_kinds_study(tmp_path)
    config = tmp_path / "config.yaml"
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        broken = load_study(tmp_path)
        content(broken, "sizes", kinds_ledger(study))
    for word in words:
        assert word in str(caught.value)
    assert "config.yaml:" in str(caught.value)
