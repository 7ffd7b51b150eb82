"""The drawn files: every mark tied to its number, the same bytes every time, nothing half written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest

from surveyspec.identifiers import short_anchor
from surveyspec.problems import StudyError
from surveyspec.study import Study
from surveytrail.figures.drawing import draw_figure
from surveytrail.figures.style import MARKERS, series_colors
from tests.tracing.small_study import ledger_of, write_results, write_study

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = write_study(tmp_path_factory.mktemp("study"))
    write_results(study)
    return study


@pytest.fixture(scope="module")
def drawn(study: Study) -> Path:
    out = study.directory / "results/figures"
    draw_figure(study, study.config.figures[0], ledger_of(study), "fr", out)
    return out


def listing(folder: Path) -> dict:
    return json.loads((folder / "channels.fr.json").read_text(encoding="utf-8"))


def texts_of(svg: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]


def parse(path: Path) -> ElementTree.Element:
    return ElementTree.fromstring(path.read_bytes())


def test_three_files_and_no_drafts(study: Study, drawn: Path) -> None:
    assert sorted(path.name for path in drawn.iterdir()) == ["channels.fr.json", "channels.fr.png", "channels.fr.svg"]


def test_every_mark_carries_its_number(study: Study, drawn: Path) -> None:
    groups = [
        group.attrib for group in parse(drawn / "channels.fr.svg").iter(f"{SVG}g") if "data-number" in group.attrib
    ]
    found = sorted((group["data-number"], group["data-shape"]) for group in groups)
    numbers = [row for row in ledger_of(study)["id"] if "_use." in row and "size=" not in row]
    assert len(numbers) == 4
    assert found == sorted((number, shape) for number in numbers for shape in ("dot", "interval"))
    assert sorted(group["id"] for group in groups) == sorted(mark["gid"] for mark in listing(drawn)["marks"])
    assert listing(drawn)["numbers"] == sorted(numbers)


def test_a_printed_number_is_a_link_to_its_entry(study: Study, drawn: Path) -> None:
    links = list(parse(drawn / "channels.fr.svg").iter(f"{SVG}a"))
    ledger = ledger_of(study).set_index("id")
    values = {link.attrib["data-num"]: texts_of(link)[0] for link in links if link.attrib["data-show"] == "value"}
    assert values == {number: json.loads(ledger.loc[number, "text"])["fr"] for number in values}
    assert len(values) == 4
    bases = {link.attrib["data-num"]: link.text for link in links if link.attrib["data-show"] == "n"}
    assert bases == {number: str(ledger.loc[number, "n_used"]) for number in bases}
    assert len(bases) == 2
    assert all(link.attrib["href"] == f"#{short_anchor(link.attrib['data-num'])}" for link in links)
    assert "LinkedIn, privé: 71,4\u202f%" in {link.attrib.get("aria-label") for link in links}


def test_every_text_says_what_its_parts_are(drawn: Path) -> None:
    """Each part of each text stands in an element of its class, and the parts are those of the list."""
    kinds = {"st-num": "R", "st-param": "P", "st-codebook": "C", "st-word": "S"}
    svg = parse(drawn / "channels.fr.svg")
    marked = [(kinds[part.attrib["class"]], part.text) for text in svg.iter(f"{SVG}text") for part in text]
    marked += [("R", text.text) for link in svg.iter(f"{SVG}a") for text in link.iter(f"{SVG}text")]
    listed = [
        (part["class"], part["text"])
        for text in listing(drawn)["texts"]
        for part in text["parts"]
        if part["source"] != "line break"
    ]
    assert sorted(marked) == sorted(listed)
    assert {kind for kind, _ in marked} == {"R", "P", "C", "S"}


def test_places_are_where_the_numbers_stand(drawn: Path) -> None:
    """Boxes are shares of the sheet; the text of the SVG begins, ends or has its middle in its box."""
    svg = parse(drawn / "channels.fr.svg")
    width, height = (float(value) for value in svg.attrib["viewBox"].split()[2:])
    texts = {link.attrib["id"]: next(link.iter(f"{SVG}text"), link) for link in svg.iter(f"{SVG}a")}
    places = {place["id"]: place for place in listing(drawn)["places"]}
    assert set(places) == set(texts)
    for identifier, place in places.items():
        left, top, wide, high = place["box"]
        assert 0 <= left < left + wide <= 1.001 and 0 <= top < top + high <= 1.001
        if place["show"] == "value":  # right-aligned
            text = texts[identifier]
            assert float(text.attrib["x"]) == pytest.approx((left + wide) * width, abs=0.2)
            assert top * height < float(text.attrib["y"]) <= (top + high) * height + 0.2


def test_the_list_of_texts_is_what_the_drawing_says(drawn: Path) -> None:
    listed = [line for text in listing(drawn)["texts"] for line in text["lines"]]
    assert sorted(listed) == sorted(text for text in texts_of(parse(drawn / "channels.fr.svg")) if text)
    for text in listing(drawn)["texts"]:
        assert "".join(part["text"] for part in text["parts"]) == text["text"]
        assert {part["class"] for part in text["parts"]} <= {"R", "P", "C", "S"}


def test_a_dot_stands_where_its_value_says(study: Study, drawn: Path) -> None:
    """Read the places of the dots off the SVG, with the axis' own ticks as the measure."""
    svg = parse(drawn / "channels.fr.svg")
    ticks = {"".join(text.itertext()): float(text.attrib["x"]) for text in svg.iter(f"{SVG}text")}
    zero, whole = ticks["0\u202f%"], ticks["100\u202f%"]
    values = ledger_of(study).set_index("id")["value"]
    dots = {
        group.attrib["data-number"]: float(next(group.iter(f"{SVG}use")).attrib["x"])
        for group in svg.iter(f"{SVG}g")
        if group.attrib.get("data-shape") == "dot"
    }
    assert len(dots) == 4
    for number, place in dots.items():
        assert (place - zero) / (whole - zero) == pytest.approx(values[number], abs=1e-6)


def test_title_and_description_for_screen_readers(drawn: Path) -> None:
    svg = parse(drawn / "channels.fr.svg")
    assert svg.attrib["role"] == "group"
    assert svg.attrib["lang"] == "fr"
    named = {element.attrib["id"]: element.text for element in svg if element.tag in {f"{SVG}title", f"{SVG}desc"}}
    title, description = (named[svg.attrib[f"aria-{what}"]] for what in ("labelledby", "describedby"))
    assert title == "Usage privé et professionnel"
    assert description == listing(drawn)["alt"]["text"]
    assert "".join(part["text"] for part in listing(drawn)["alt"]["parts"]) == description


def test_the_status_of_the_data_is_drawn(tmp_path: Path, drawn: Path) -> None:
    assert "Données synthétiques" in texts_of(parse(drawn / "channels.fr.svg"))
    assert listing(drawn)["data_status"] == "synthetic"
    real = write_study(tmp_path, "real")
    write_results(real)
    draw_figure(real, real.config.figures[0], ledger_of(real), "fr", tmp_path)
    assert "Données synthétiques" not in texts_of(parse(tmp_path / "channels.fr.svg"))
    assert listing(tmp_path)["data_status"] == "real"


def test_digests_are_those_of_the_files(drawn: Path) -> None:
    assert listing(drawn)["files"] == {
        name: sha256((drawn / name).read_bytes()).hexdigest() for name in ("channels.fr.svg", "channels.fr.png")
    }


def test_no_date_no_version_no_host_and_readable_without_our_font(drawn: Path) -> None:
    text = (drawn / "channels.fr.svg").read_text(encoding="utf-8")
    assert text.startswith("<svg ")
    for word in ("dc:date", "matplotlib.org", mpl.__version__, "<!DOCTYPE"):
        assert word not in text
    assert text.count("font-family: ") == text.count("font-family: 'DejaVu Sans', Verdana, sans-serif")
    assert "<style" not in text and "<metadata" not in text  # what would reach beyond the drawing, or tell nobody
    identifiers = re.findall(r' id="([^"]+)"', text)
    assert len(set(identifiers)) == len(identifiers)
    assert all(identifier.startswith("channels-fr-") for identifier in identifiers)
    assert mpl.__version__.encode() not in (drawn / "channels.fr.png").read_bytes()


def test_another_process_with_other_settings_draws_the_same_bytes(study: Study, drawn: Path, tmp_path: Path) -> None:
    program = (
        "import sys, matplotlib as mpl; from pathlib import Path\n"
        "mpl.rcParams.update({'font.size': 20, 'svg.fonttype': 'path', 'axes.facecolor': 'red', 'figure.dpi': 50})\n"
        "from surveyspec.study import load_study; from surveytrail.frames import read_frame\n"
        "from surveytrail.figures.drawing import draw_figure\n"
        "study = load_study(Path(sys.argv[1])); \n"
        "ledger = read_frame(study.directory / 'results/ledger/ledger.parquet')\n"
        "draw_figure(study, study.config.figures[0], ledger.iloc[::-1], 'fr', Path(sys.argv[2]))\n"
        "assert mpl.rcParams['font.size'] == 20\n"
    )
    subprocess.run([sys.executable, "-c", program, str(study.directory), str(tmp_path)], check=True, timeout=60)
    for path in drawn.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_labels_too_long_for_the_figure_are_refused(study: Study, tmp_path: Path) -> None:
    figure = study.config.figures[0]
    label = {"fr": "à titre professionnel, pour s’informer sur ses partenaires commerciaux"}
    series = [part.model_copy(update={"label": label}) for part in figure.series]
    wide = figure.model_copy(update={"series": series})
    config = study.config.model_copy(update={"figures": [wide]})
    with pytest.raises(StudyError) as caught:
        draw_figure(Study(study.directory, config, study.document, study.waves), wide, ledger_of(study), "fr", tmp_path)
    assert "figures.channels.series\n    found:    labels that leave no room for the dots, such as 'à titre" in str(
        caught.value
    )
    assert "shorten them in 'fr'" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_colours_can_be_seen_on_white_and_told_apart() -> None:
    def luminance(color: str) -> float:
        channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    colors = series_colors()
    assert len(set(colors)) == len(set(MARKERS)) == 4
    assert all(1.05 / (luminance(color) + 0.05) >= 3.0 for color in colors)
