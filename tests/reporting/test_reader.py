"""Every document as a reader meets it: each number reached by keyboard, its panel held against the ledger.

A small report is looked at, and a sample of its numbers; with SURVEYTRAIL_ALL_NUMBERS=1 (``make prove``) the documents
of the finished run too, and all numbers of each.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tests.reporting.browser import DESKTOP, PHONE, opened, started_browser
from tests.reporting.conftest import Rendered

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RESULTS = Path("results")
EVERY_NUMBER = os.environ.get("SURVEYTRAIL_ALL_NUMBERS") == "1"
SAMPLE = 10
MEGABYTE = 1_000_000
# documents of the report have a Word file beside them, the toolbox has none
FINISHED = (
    sorted(path.with_suffix(".html").name for path in (RESULTS / "report").glob("*.docx")) if EVERY_NUMBER else []
)


@dataclass(frozen=True)
class Read:
    """A document and the ledger that it must agree with, by number id."""

    path: Path
    language: str
    ledger: dict[str, dict[str, Any]]
    verdicts: dict[str, bool]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from started_browser()


@pytest.fixture(scope="module", params=["small report", *FINISHED])
def document(request: pytest.FixtureRequest) -> Read:
    if request.param == "small report":
        rendered: Rendered = request.getfixturevalue("rendered")
        identifiers = list(rendered.ledger["id"])
        verdicts = dict.fromkeys(identifiers[:-1], True) | {identifiers[0]: False}
        return Read(rendered.folder / "index.html", "en", _by_id(rendered.ledger), verdicts)
    path = RESULTS / "report" / request.param
    verification = pd.read_parquet(RESULTS / "verification/verification.parquet")
    language = re.search(r'<html lang="(\w\w)', path.read_text(encoding="utf-8"))
    assert language is not None
    return Read(path, language[1], _by_id(pd.read_parquet(RESULTS / "ledger/ledger.parquet")),
                dict(zip(verification["id"], verification["match"], strict=True)))  # fmt: skip


def _by_id(ledger: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {str(row["id"]): {str(name): value for name, value in row.items()} for row in ledger.to_dict("records")}


PANEL = """() => {
  const number = document.activeElement, panel = document.getElementById("st-popover");
  const fields = {};
  for (const field of panel.querySelectorAll("[data-field]")) fields[field.dataset.field] = field.textContent.trim();
  const command = panel.querySelector(".st-command code");
  return {
    id: number.dataset ? number.dataset.num : null, show: number.dataset ? number.dataset.show : null,
    printed: number.textContent.trim(), expanded: number.getAttribute("aria-expanded"), open: !panel.hidden, fields,
    value: panel.querySelector(".st-popover-value") && panel.querySelector(".st-popover-value").textContent,
    named: panel.querySelector(".st-popover-id") && panel.querySelector(".st-popover-id").textContent,
    command: command && command.textContent,
    entry: document.querySelector(number.getAttribute("href") + " dl") !== null,
  };
}"""


def test_every_number_is_reached_by_keyboard_and_its_panel_agrees_with_the_ledger(
    browser: Browser, document: Read
) -> None:
    with opened(browser, document.path) as page:
        total = page.locator("main a.st-num").count()
        if total == 0 and document.path.parent == RESULTS / "report":
            pytest.skip("this document prints no number of the ledger")
        assert total > 20
        if EVERY_NUMBER:
            found = list(_walk(page, total))
            assert len(found) == total
        else:
            found = [_jump(page, place) for place in range(0, total, max(1, total // SAMPLE))]
        for panel in found:
            _check(panel, document)


def _walk(page: Page, total: int) -> Iterator[dict[str, Any]]:
    """Press the tabulator from the top of the page to its last number."""
    page.locator("a.st-skip").focus()
    seen = 0
    while seen < total:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('main a.st-num')"):
            seen += 1
            yield page.evaluate(PANEL)
        assert page.evaluate("document.activeElement !== document.body"), (
            f"the focus left the page after {seen} numbers"
        )


def _jump(page: Page, place: int) -> dict[str, Any]:
    """Move the focus to one number, as a keyboard does."""
    page.keyboard.press("Escape")
    page.locator("main a.st-num").nth(place).focus()
    return dict(page.evaluate(PANEL))


def _check(panel: dict[str, Any], document: Read) -> None:
    row, language, fields = document.ledger[panel["id"]], document.language, panel["fields"]

    def text(name: str) -> str | None:
        return json.loads(row[name]).get(language) if isinstance(row[name], str) and row[name] else None

    assert panel["open"] and panel["expanded"] == "true" and panel["entry"], panel
    assert panel["named"] == panel["id"]
    assert panel["value"] == text("text")
    if panel["show"] == "value" and panel["printed"]:
        assert panel["printed"] == text("text")
    if panel["show"] == "interval":
        assert panel["printed"] == text("interval_text")
    if text("interval_text"):
        assert fields["interval"].startswith(str(text("interval_text")))
    if text("question"):
        assert fields["question"] == " ".join(str(text("question")).split()) or fields["question"] == text("question")
    if pd.notna(row["n_used"]):
        assert re.sub(r"\D", "", fields["n"]).startswith(str(int(row["n_used"])))
    assert fields.get("filter") and (pd.isna(row["filter"]) or not row["filter"] or fields["filter"] == row["filter"])
    assert fields["raw"].startswith(row["raw_file"])
    for column in row["columns"] if row["columns"] is not None else []:
        assert re.search(rf"(?<![\w]){re.escape(column)}(?!\w)", fields["raw"]), (column, fields["raw"])
    assert fields["config"] == f"config.yaml:{int(row['config_line'])}"
    assert fields["script"] == f"{row['script']}:{int(row['script_line'])} ({row['rule']})"
    assert panel["command"] == f"trail trace {panel['id']}"
    assert {"estimator", "weight", "rows", "verdict"} <= set(fields)
    wrong = document.verdicts.get(panel["id"]) is False
    assert (fields["verdict"].split(",")[0].isupper()) == wrong, fields["verdict"]


def test_marks_of_figures_open_the_panel_of_their_number(browser: Browser, document: Read) -> None:
    with opened(browser, document.path) as page:
        marks = page.locator('.st-mark[data-shape="dot"]')
        if marks.count() == 0:
            pytest.skip("this document has no figure with dots")
        marks.first.scroll_into_view_if_needed()
        number = marks.first.get_attribute("data-number")
        marks.first.locator("use").hover(force=True)
        page.locator("#st-popover").wait_for(state="visible", timeout=5000)
        assert page.locator(".st-popover-id").inner_text() == number
        page.keyboard.press("Escape")
        page.locator("#st-popover").wait_for(state="hidden", timeout=5000)


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_no_accessibility_rule_is_broken_and_nothing_sticks_out(
    browser: Browser, document: Read, viewport: dict[str, int], scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the package is not installed")
    with opened(browser, document.path, viewport, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        if page.locator("main a.st-num").count() > 0:
            page.locator("main a.st-num").first.focus()
            page.keyboard.press("Enter")  # with a panel open
        found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        shown = {rule["id"]: [node["target"] for node in rule["nodes"][:3]] for rule in found}
        assert shown == {}


def test_the_reader_may_choose_dark_or_light(browser: Browser, document: Read) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with opened(browser, document.path, color_scheme="light") as page:
        light = page.evaluate(ground)
        page.locator(".st-theme").click()
        dark = page.evaluate(ground)
        page.locator(".st-theme").click()
        assert page.evaluate(ground) == light != dark
    with opened(browser, document.path, color_scheme="dark") as page:
        assert page.evaluate(ground) == dark


def test_on_paper_there_is_text_and_no_control(browser: Browser, document: Read) -> None:
    with opened(browser, document.path, color_scheme="dark") as page:
        page.emulate_media(media="print")
        for control in (".st-theme", "#TOC", ".st-skip", "#st-popover"):
            assert not page.locator(control).is_visible()
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.locator("main p").first.is_visible()


def test_a_document_is_small_and_whole(document: Read) -> None:
    assert document.path.stat().st_size < 3 * MEGABYTE
    text = document.path.read_text(encoding="utf-8")
    assert not re.findall(r'<(?:script|img|link|source|use)[^>]*(?:src|href)="(?!data:|#)[^"]*"', text)
