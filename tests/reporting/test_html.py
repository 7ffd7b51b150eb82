"""The HTML document: every number linked to its entry, everything said of it there, nothing interpreted, no network."""

from __future__ import annotations

import re

import pytest

from surveyspec.identifiers import short_anchor
from tests.reporting.conftest import Rendered
from tests.reporting.documents import Element, read_html
from tests.reporting.fixtures.small_report import HOSTILE

FACEBOOK, LINKEDIN, OTHER = (f"w1.use.{name}.unweighted" for name in ("facebook", "linkedin", "other"))
FIELDS = {"interval", "n", "question", "estimator", "filter", "weight", "raw", "rows", "config", "script", "verdict",
          "command"}  # fmt: skip


@pytest.fixture(scope="module")
def page(rendered: Rendered) -> Element:
    return read_html(rendered.folder / "index.html")


def numbers(page: Element) -> list[Element]:
    return page.all("a", class_="st-num")


def of(page: Element, identifier: str) -> list[Element]:
    return [number for number in numbers(page) if number.attributes["data-num"] == identifier]


def field(entry: Element, name: str) -> str:
    return entry.one("dd", data_field=name).text


def test_number_in_prose_shows_value_interval_and_base(page: Element) -> None:
    shown = {(found.attributes["data-show"], found.text) for found in of(page, FACEBOOK) if found.inside("p")}
    assert {("value", "8.1%"), ("interval", "5.1–11.1%"), ("n", "1,240")} <= shown


def test_numbers_stand_in_subtitle_table_cell_caption_footnote_callout_and_included_file(page: Element) -> None:
    assert any(found.inside("p", class_="subtitle") for found in of(page, FACEBOOK))
    assert any(found.inside("td") for found in of(page, OTHER))
    assert any(found.inside("caption") for found in of(page, "w1.use.facebook.raked"))
    assert any(found.inside(id="footnotes") for found in of(page, LINKEDIN))
    assert any(found.inside(class_="callout-note") for found in of(page, "w1.use.linkedin.raked"))
    assert of(page, "w1.intensity.facebook.unweighted")


def test_a_language_neutral_page_is_rendered_in_every_language_with_its_own_texts(rendered: Rendered) -> None:
    english, french = (read_html(rendered.folder / f"tables.{language}.html") for language in ("en", "fr"))
    assert english.one("html").attributes["lang"] == "en"
    assert french.one("html").attributes["lang"] == "fr"
    assert "8.1%" in {found.text for found in numbers(english)}
    assert "8,1\u202f%" in {found.text for found in numbers(french)}
    assert french.one("h1").text == "Une petite étude"
    assert french.one("h2", id="section").text.endswith("Taille")
    assert french.one("caption").text == "Tableau\u00a01\u202f: Usage selon la taille"


def test_numbers_of_a_figure_are_links_like_those_of_the_text(page: Element) -> None:
    drawing = page.one("figure", id="fig-channels").one("svg")
    shown = {(link.attributes["data-num"], link.attributes["data-show"], link.text) for link in drawing.all("a")}
    assert (FACEBOOK, "value", "8.1%") in shown
    assert {"value", "n"} <= {show for _, show, _ in shown}
    marks = {
        (mark.attributes["data-number"], mark.attributes["data-shape"]) for mark in drawing.all("g", class_="st-mark")
    }
    assert {(FACEBOOK, "dot"), (FACEBOOK, "interval")} <= marks


def test_appendix_has_an_entry_for_each_printed_number_and_no_other(page: Element) -> None:
    entries = [entry.attributes["data-entry"] for entry in page.all("div", class_="st-entry")]
    assert len(entries) > 20
    assert len(entries) == len(set(entries))
    assert set(entries) == {number.attributes["data-num"] for number in numbers(page)}


def test_links_lead_to_the_entry_and_back(page: Element) -> None:
    places = {number.attributes["id"]: number for number in numbers(page)}
    assert len(places) == len(numbers(page))
    for entry in page.all("div", class_="st-entry"):
        identifier = entry.attributes["data-entry"]
        assert entry.attributes["id"] == short_anchor(identifier)
        back = [link.attributes["href"][1:] for link in entry.all("a", class_="st-back")]
        assert set(back) == {number.attributes["id"] for number in of(page, identifier)}
    assert all(
        number.attributes["href"] == f"#{short_anchor(number.attributes['data-num'])}" for number in places.values()
    )


def test_an_entry_says_all_that_there_is_to_know(page: Element, rendered: Rendered) -> None:
    entry = page.one("div", data_entry=FACEBOOK)
    assert {found.attributes["data-field"] for found in entry.all("dd")} == {*FIELDS, "warning"}
    assert entry.one("span", class_="st-value").text == "8.1%"
    assert field(entry, "interval").startswith("5.1–11.1% (95% Wilson score interval, model-based")
    assert field(entry, "n") == "1,240 respondents"
    assert field(entry, "question") == "How often do you use …? – Facebook"
    assert field(entry, "filter") == 'not missing(SIZE) and "<b>" == "<b>"'
    assert field(entry, "weight") == "unweighted"
    assert field(entry, "raw") == "data/raw/answers.csv: v_2"
    assert field(entry, "rows") == "1,240 of 1,240 (no answer 12)"
    assert field(entry, "config") == "config.yaml:25"
    assert field(entry, "script") == "scripts/estimate_numbers.py:17 (estimate_numbers)"
    assert field(entry, "command") == f"trail trace {FACEBOOK}"
    assert field(entry, "warning") == "few <answers>"


def test_the_second_engines_verdict_is_told_also_when_it_is_no(page: Element) -> None:
    assert "DIFFERENT" in field(page.one("div", data_entry=FACEBOOK), "verdict")
    assert field(page.one("div", data_entry=LINKEDIN), "verdict") == "recomputed from the raw file, identical"


def test_parameters_quotations_and_codebook_texts_are_marked_by_their_key(page: Element) -> None:
    assert page.one("span", class_="st-param", data_param="waves.w1.weights.raked.trim.upper").text == "2.5"
    assert page.one("span", class_="st-param", data_param="estimates.use.level").text == "95%"
    assert page.one("span", class_="st-quote", data_quote="kish1965").text == "about a third"
    assert "Kish 1965" in page.text
    assert page.one("div", id="refs").all("div", id="ref-kish1965")


def test_a_claim_that_the_data_do_not_support_is_marked(page: Element) -> None:
    said = {claim.attributes["data-claim"]: claim for claim in page.all("span", class_="st-claim")}
    assert {name: claim.text for name, claim in said.items()} == {"some": "Some of them", "most": "most of them"}
    assert page.one("span", class_="st-unsupported").text == "[not supported by the data]"
    sentence = said["most"].parent
    assert sentence is not None
    assert "Some of them do, and most of them [not supported by the data] do not." in sentence.text


def test_cross_references_carry_numbers_and_lead_to_what_they_name(page: Element) -> None:
    references = {link.attributes["href"]: link.text for link in page.all("a", class_="st-ref")}
    assert references == {"#fig-channels": "Figure\u00a01", "#tbl-by-size": "Table\u00a01", "#tbl-typed": "2",
                          "#sec-limits": "Section\u00a02"}  # fmt: skip
    assert page.one(id="tbl-by-size").one("caption").text.startswith("Table\u00a01: Use by size")
    assert page.one("figure", id="fig-channels").one("figcaption").text == "Figure\u00a01: Use of channels"
    headings = [heading.text.split()[0] for heading in page.all("h2") + page.all("h3")]
    assert headings[:2] == ["1", "2"] and "2.1" in headings


def test_hostile_labels_stay_text(page: Element, rendered: Rendered) -> None:
    texts = [found.text for found in page.all("span", data_codebook="w1.SIZE.2")]
    assert texts == [HOSTILE, HOSTILE]
    assert HOSTILE in page.one("div", data_entry=OTHER).one("span", class_="st-label").text
    assert len(page.all("script")) == 1
    assert not page.all("a", href="http://example.org")


def test_synthetic_data_are_called_so_and_real_data_are_not(page: Element) -> None:
    notice = page.one("aside", id="data-status")
    assert notice.text.strip().startswith("Synthetic data")
    assert "the data are synthetic" in page.text.lower()


def test_landmarks_language_and_alternative_text_are_there(page: Element) -> None:
    assert page.one("main").attributes["id"] == page.one("a", class_="st-skip").attributes["href"][1:]
    assert page.one("nav", id="TOC").attributes["aria-labelledby"]
    assert len(page.all("h1")) == 1
    drawing = page.one("figure", id="fig-channels").one("svg")
    assert drawing.one("desc", id=drawing.attributes["aria-describedby"]).text.startswith(
        "Synthetic data. Dot plot: Use of"
    )
    assert page.one("head").one("title").text.strip().startswith("Small report")


def test_everything_is_in_the_one_file(page: Element) -> None:
    addresses = [
        found.attributes[name] for found in page.all() for name in ("src", "srcset") if name in found.attributes
    ]
    addresses += [found.attributes["href"] for found in page.all("link")]
    assert all(address.startswith("data:") for address in addresses)
    assert len(page.all("style")) == len(page.all("script")) == 1
    styles = "".join(style.text for style in page.all("style"))
    assert ".st-popover" in styles
    assert not re.search(r"url\((?!['\"]?data:)|@import", styles)


def test_figures_of_a_table_are_right_aligned_and_note_their_base(page: Element) -> None:
    cells = [number.parent for number in of(page, OTHER) if number.inside("td")]
    assert all(cell is not None and "right" in cell.attributes.get("style", "") for cell in cells)
    notes = [note.text for note in page.all("div", class_="st-note")]
    assert any("respondents, unweighted" in note and "respondents, Weighted by size" in note for note in notes)


def test_hypotheses_show_effect_and_verdict_of_the_ledger(page: Element) -> None:
    row = next(row for row in page.one(id="tbl-hypotheses").all("tr") if "H1" in row.text)
    assert "Spearman’s ρ 0.41" in row.text
    assert "<0.001" in row.text
    assert row.all("td")[-1].one("a", data_num="w1.H1.verdict.unweighted").text == "supported"
    assert row.all("td")[2].text == "planned"


def test_colophon_names_renderer_data_licence_and_verification(page: Element, rendered: Rendered) -> None:
    colophon = page.one("section", id="st-about-document") if page.all("section", id="st-about-document") else page.one(
        "div", id="st-about-document")  # fmt: skip
    assert f"Pandoc {rendered.results[0].version}" in colophon.text
    assert "CC0" in colophon.text and "SHA-256" in colophon.text
    assert f"{len(rendered.ledger) - 2} of {len(rendered.ledger)} numbers recomputed identically" in colophon.text
