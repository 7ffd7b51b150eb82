"""The panel of a number in a browser: mouse, keyboard, touch; nothing from the network; usable without script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.reporting.browser import started_browser
from tests.reporting.conftest import Rendered

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NUMBER = 'main a.st-num[data-num="w1.use.facebook.unweighted"]'
PANEL = "#st-popover"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from started_browser()


@pytest.fixture()
def page(browser: Browser, rendered: Rendered) -> Iterator[Page]:
    made = browser.new_page(viewport={"width": 1100, "height": 800})
    made.goto((rendered.folder / "index.html").as_uri())
    yield made
    made.close()


def test_hovering_shows_the_panel_and_leaving_hides_it(page: Page) -> None:
    page.locator(NUMBER).first.hover()
    panel = page.locator(PANEL)
    panel.wait_for(state="visible", timeout=2000)
    text = panel.inner_text()
    for expected in ("8.1%", "Use at least monthly", "5.1–11.1%", "Wilson", "1,240 respondents", "How often do you use",
                     "data/raw/answers.csv", "v_2", "config.yaml:25", "scripts/estimate_numbers.py:17",
                     "trail trace w1.use.facebook.unweighted", "DIFFERENT"):  # fmt: skip
        assert expected in text
    panel.hover()
    page.wait_for_timeout(400)
    assert panel.is_visible()
    page.mouse.move(5, 5)
    panel.wait_for(state="hidden", timeout=2000)


def test_keyboard_opens_enters_and_leaves_the_panel(page: Page) -> None:
    page.locator("a.st-skip").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('main a.st-num')"):
            break
    panel = page.locator(PANEL)
    panel.wait_for(state="visible", timeout=2000)
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "st-close"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "st-copy"
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden", timeout=2000)
    assert page.evaluate("document.activeElement.matches('main a.st-num')")
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "false"


def test_escape_hides_a_hovered_panel_without_moving_the_focus(page: Page) -> None:
    page.locator(NUMBER).first.hover()
    page.locator(PANEL).wait_for(state="visible", timeout=2000)
    page.keyboard.press("Escape")
    page.locator(PANEL).wait_for(state="hidden", timeout=2000)
    assert page.evaluate("document.activeElement === document.body")


def test_the_copy_button_copies_the_command(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(NUMBER).first.click()
    page.locator(".st-copy").click()
    page.locator(".st-copy", has_text="Copied").wait_for(timeout=2000)
    assert page.evaluate("navigator.clipboard.readText()") == "trail trace w1.use.facebook.unweighted"


def test_tapping_opens_a_sheet_on_a_phone_and_the_page_does_not_scroll_sideways(
    browser: Browser, rendered: Rendered
) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 700}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto((rendered.folder / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.locator(NUMBER).first.tap()
    panel = page.locator(PANEL)
    panel.wait_for(state="visible", timeout=2000)
    box = panel.bounding_box()
    assert box is not None and box["x"] == 0 and box["width"] == 375
    page.locator(".st-close").tap()
    panel.wait_for(state="hidden", timeout=2000)
    context.close()


def test_nothing_is_fetched(browser: Browser, rendered: Rendered) -> None:
    address = (rendered.folder / "index.html").as_uri()
    page = browser.new_page()
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.locator(NUMBER).first.hover()
    page.wait_for_timeout(300)
    assert [url for url in requests if not url.startswith("data:")] == [address]
    assert errors == []
    page.close()


def test_without_script_a_number_is_a_link_to_its_entry(browser: Browser, rendered: Rendered) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((rendered.folder / "index.html").as_uri())
    target = page.locator(NUMBER).first.get_attribute("href")
    page.locator(NUMBER).first.click()
    assert page.url.endswith(str(target))
    assert page.locator(f"{target} dl").is_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(browser: Browser, rendered: Rendered, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto((rendered.folder / "index.html").as_uri())
    found = page.evaluate(CONTRASTS)
    assert len(found) >= 8
    assert {name: ratio for name, ratio in found.items() if ratio < 4.5} == {}
    context.close()


CONTRASTS = """() => {
  const linear = part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const channel = value => linear(value / 255);
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const found = {};
  for (const selector of ["p", "h2", "a.st-num", "a.st-ref", ".st-notice p", ".st-note", "caption", "td", "th",
      "#TOC a", ".st-entry dt", ".st-entry dd", ".st-id code", ".callout p", ".subtitle", ".st-series"]) {
    const element = document.querySelector(selector);
    if (!element) continue;
    const [one, two] = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    found[selector] = (one + 0.05) / (two + 0.05);
  }
  return found;
}"""
