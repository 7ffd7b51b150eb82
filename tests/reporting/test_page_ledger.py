"""What a page prints, cut from the ledger: its own numbers, in its language, and words for all that may stand there."""

from __future__ import annotations

import json
import re

import pytest

from surveyspec.catalogue import TESTS
from surveyspec.documents import load_document
from surveytrail.reporting.extension import words
from surveytrail.reporting.fixed_words import Words
from surveytrail.statistics.estimates import WARNINGS
from surveytrail.statistics.inference import NO_VARIATION, SINGULAR
from surveytrail.toolbox.page import ASSETS
from tests.reporting.conftest import Rendered
from tests.reporting.documents import read_html

LANGUAGES = ("en", "fr", "de", "it")
METHODS = (
    "wilson", "t", "logit", "feldt", "bootstrap_percentile", "Wilson, 95%", "Fisher z, 95%", "Fisher z (Fieller), 99%",
    "Fisher z (Bonett & Wright), 95%", "normal on Fisher z, 95%", "normal (Hedges & Olkin), 95%", "Feng & Cliff, 95%",
    "Newcombe paired, 95%", "Tukey, 95%", "noncentral t, 95%", "noncentral F, 95%", "noncentral chi-square, 95%",
    "noncentral chi-square, Rao-Scott, 95%",
    "percentile bootstrap", "percentile bootstrap, 95%", "t, HC3 errors, 95%", "t, nonrobust errors, 95%", "t, 90%",
    "normal, inverse information errors, 95%", "normal, robust (clusters) errors, 95%", "design-based t, 95%",
)  # fmt: skip


@pytest.fixture(params=LANGUAGES)
def spoken(request: pytest.FixtureRequest) -> Words:
    return Words(words(), request.param)


def test_every_test_and_every_interval_has_words(spoken: Words) -> None:
    assert [name for name in TESTS if f"estimators.{name}" not in spoken.by_path] == []
    said = {method: spoken.interval(method, "95%") for method in METHODS}
    assert [method for method, text in said.items() if text.count("%") != 1 or "95%" not in text] == []
    if spoken.language != "en":
        assert [method for method, text in said.items() if method.split(", ")[0] in text and "&" in method] == []


def test_warnings_have_words_and_keep_their_figures(spoken: Words) -> None:
    texts = [*WARNINGS.values(), SINGULAR, NO_VARIATION]
    assert [text for text in texts if f"warnings.{re.sub('[0-9]+', '#', text)}" not in spoken.by_path] == []
    said = spoken.warning("283 of 2000 draws hold one value only and were left out; the weighted base is zero")
    assert re.findall(r"\d+", said) == ["283", "2000"] and "#" not in said
    assert spoken.warning("what nobody foresaw: 3") == "what nobody foresaw: 3"


def test_french_signs_stand_behind_a_narrow_space() -> None:
    toolbox = load_document(ASSETS / "words.yaml").data
    said = {**Words(words(), "fr").by_path, **Words(toolbox, "fr").by_path}
    assert len(said) > 300
    assert [text for text in said.values() if re.search(r"(?<!\u202f)[;:?!»]|«(?!\u202f)", text)] == []
    assert Words(words(), "fr").warning("the weighted base is zero; the weighted base is zero").count("\u202f; ") == 1


def test_a_page_is_given_its_own_numbers_in_its_language(rendered: Rendered) -> None:
    source = rendered.folder / "source"
    for stem, language in (("index", "en"), ("tables.en", "en"), ("tables.fr", "fr")):
        own = json.loads((source / f"{stem}.ledger.json").read_text(encoding="utf-8"))
        page = read_html(rendered.folder / f"{stem}.html")
        assert own["language"] == language
        assert set(own["numbers"]) == {number.attributes["data-num"] for number in page.all("a", class_="st-num")}
        for entry in page.all("div", class_="st-entry"):
            identifier = entry.attributes["data-entry"]
            number = next(number for number in own["entries"] if number["id"] == identifier)
            fields = {found.attributes["data-field"]: found.text for found in entry.all("dd")}
            said = {name: "".join(own["contents"][place - 1]) for name, place in number["fields"]}
            assert fields == {**said, "command": f"trail trace {identifier}"}
