"""The interactive page in a browser: the engine's results, nothing sent or stored, usable by keyboard and by ear."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import lxml.html
import pytest

from surveytrail.toolbox.admissible import drawn_firms
from surveytrail.toolbox.answers import Firm
from surveytrail.toolbox.page import page_html, word
from tests.toolbox.agreement import CHROMIUM, FLAGS, differing, write_page
from tests.toolbox.conftest import Bench
from tests.toolbox.test_assessment import BEST
from tests.toolbox.test_firm_reports import value_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    if not CHROMIUM.is_file():
        pytest.skip(f"no browser at {CHROMIUM} (Debian package chromium)")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def html(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(bench, tmp_path_factory.mktemp("page"))


@pytest.fixture()
def page(browser: Browser, html: Path) -> Iterator[Page]:
    made = browser.new_page(viewport={"width": 1200, "height": 900})
    made.goto(html.as_uri())
    yield made
    made.close()


def show_example(page: Page) -> None:
    page.get_by_role("button", name="Remplir avec un exemple").click()
    page.get_by_role("button", name="Voir le résultat").click()


def test_random_firms_get_the_same_from_browser_and_engine(page: Page, bench: Bench) -> None:
    firms = [*drawn_firms(bench.form, 50, 3), Firm("best", "de", BEST), Firm("silent", "en", {})]
    assert differing(bench, page, firms) == []


def test_the_comparison_finds_a_rule_that_differs(page: Page, bench: Bench) -> None:
    page.evaluate("toolbox.program.rules[9].conditions[0].tree.operator = '!='")
    assert differing(bench, page, drawn_firms(bench.form, 50, 3))


def test_what_is_shown_is_what_was_assessed(page: Page, bench: Bench) -> None:
    show_example(page)
    found = page.evaluate("toolbox.assess(toolbox.state.answers, toolbox.state.language)")
    rows = page.locator("#tb-result tbody tr")
    assert rows.count() == len(found["dimensions"])
    for place, entry in enumerate(found["dimensions"]):
        group = bench.peers.dimensions[entry["id"]][entry["peers"]["group"]]
        text = rows.nth(place).inner_text()
        for figure in ("q50", "q25", "q75", "mean"):
            assert group[figure]["text"]["fr"] in text
        assert f"n = {entry['peers']['n']}" in text
    cards = page.locator(".tb-card h4").all_inner_texts()
    assert [card.split("Règle ")[1] for card in cards] == [entry["id"] for entry in found["recommendations"]]
    for number in page.locator("#tb-result a.st-num").all():
        anchor = number.get_attribute("href")
        assert anchor is not None
        origin = page.locator(f'.tb-origin li[id="{anchor[1:]}"]')
        assert f"trail trace {number.get_attribute('data-num')}" in origin.inner_text()


def test_references_follow_from_the_numbers_they_link_to(page: Page, bench: Bench) -> None:
    show_example(page)
    found = page.evaluate("toolbox.assess(toolbox.state.answers, toolbox.state.language)")
    values = {row["id"]: row["value"] for _, row in bench.ledger.iterrows()}
    formulas = [lxml.html.fromstring(text) for text in page.locator(".tb-formulas li").evaluate_all(
        "items => items.map((item) => item.outerHTML)")]  # fmt: skip
    worked_out = [value_of(formula, values) for formula in formulas]
    assert worked_out == [pytest.approx(entry["peers"]["shrunk"], rel=1e-9) for entry in found["dimensions"]]


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_every_group_of_questions_has_a_heading_of_its_own(page: Page, language: str) -> None:
    page.evaluate(f"toolbox.speak('{language}')")
    page.evaluate("toolbox.state.answers = { ...toolbox.program.example }; toolbox.speak(toolbox.state.language)")
    legends = page.locator("#tb-form legend:visible").all_inner_texts()
    assert len(legends) > 12
    assert word("group", language) not in legends
    assert not any(legend.lstrip()[0].isdigit() for legend in legends)


def test_nothing_leaves_the_page_and_nothing_is_kept(browser: Browser, html: Path) -> None:
    context = browser.new_context()
    made = context.new_page()
    requests: list[str] = []
    errors: list[str] = []
    made.on("request", lambda request: requests.append(request.url))
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on("console", lambda message: errors.append(message.text))
    made.goto(html.as_uri())
    show_example(made)
    for language in ("Deutsch", "English", "Français"):
        made.get_by_role("button", name=language).click()
    assert requests == [html.as_uri()]
    assert errors == []
    assert context.cookies() == []
    assert made.evaluate("localStorage.length + sessionStorage.length") == 0
    blocked = "fetch('https://example.org').then(() => 'sent', () => 'refused')"
    assert made.evaluate(blocked) == "refused"  # by the page's own policy
    context.close()


@pytest.mark.parametrize("language", ["Français", "Deutsch", "English"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_violation(page: Page, language: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    show_example(page)
    page.get_by_role("button", name=language).click()
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_languages_change_every_text_and_keep_the_answers(page: Page) -> None:
    show_example(page)
    page.get_by_role("button", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.title() == "B2B social media toolbox"
    body = page.locator("body").inner_text()
    assert "Does your company use social media" in body
    assert "Votre entreprise" not in body
    assert page.locator("#q-SMUSE").input_value() == "1"


def test_questions_that_are_not_asked_are_hidden(page: Page) -> None:
    assert page.locator("#q-STRAT").is_hidden()
    page.locator("#q-SMUSE").select_option("1")
    assert page.locator("#q-STRAT").is_visible()
    assert page.locator("#q-ATTN_LEAD").is_hidden()
    page.locator("#q-GOAL_LEAD").select_option("5")
    assert page.locator("#q-ATTN_LEAD").is_visible()
    page.locator("#q-SMUSE").select_option("3")
    assert page.locator("#q-STRAT").is_hidden()


def test_nothing_ticked_is_no_answer_and_none_is_one(page: Page) -> None:
    assert page.evaluate("toolbox.state.answers.BAR_PRIV") is None
    page.locator("#q-BAR_SEP").check()
    assert page.evaluate("[toolbox.state.answers.BAR_SEP, toolbox.state.answers.BAR_PRIV]") == [1, 0]
    page.locator("#q-BAR_PRIV-none").check()
    assert page.evaluate("[toolbox.state.answers.BAR_SEP, toolbox.state.answers.BAR_PRIV]") == [0, 0]
    assert not page.locator("#q-BAR_SEP").is_checked()
    page.locator("#q-BAR_PRIV-none").uncheck()
    assert page.evaluate("toolbox.state.answers.BAR_SEP") is None


def test_a_wrong_number_is_told_and_not_used(page: Page) -> None:
    page.locator("#q-SMUSE").select_option("1")
    page.locator("#q-UGCSH").fill("200")
    assert page.locator("#q-UGCSH").get_attribute("aria-invalid") == "true"
    assert page.locator("#q-UGCSH-hint").inner_text() == "Entrez un nombre de 0 à 100."
    assert page.evaluate("toolbox.state.answers.UGCSH") is None
    page.locator("#q-UGCSH").fill("12,5")
    assert page.evaluate("toolbox.state.answers.UGCSH") == 12.5


def test_the_keyboard_is_enough(page: Page) -> None:
    page.locator("#q-SMUSE").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#q-SMUSE").input_value() == "1"
    page.get_by_role("button", name="Voir le résultat").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "tb-result-title"


def test_on_paper_there_is_the_result_and_no_form(page: Page) -> None:
    show_example(page)
    page.emulate_media(media="print")
    assert page.locator("#tb-form").is_hidden()
    assert page.locator("#tb-result").is_visible()


def test_peers_are_called_synthetic_while_they_are(page: Page, bench: Bench) -> None:
    show_example(page)
    assert "Données synthétiques" in page.locator("#data-status").inner_text()
    assert "Les pairs sont synthétiques" in page.locator("#tb-result").inner_text()
    real = page_html(bench.study, bench.peers, "real")
    assert 'id="data-status"' not in real
    assert '"status":"real"' in real
