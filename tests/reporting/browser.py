"""A headless browser that lets nothing leave the page, for tests that look at documents as readers do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def started_browser() -> Iterator[Browser]:
    """Start the one browser of a test module; skip its tests where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    if not CHROMIUM.is_file():
        pytest.skip(f"no browser at {CHROMIUM} (Debian package chromium)")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@contextmanager
def opened(browser: Browser, document: Path, viewport: dict[str, int] = DESKTOP, **context: Any) -> Iterator[Page]:
    """Open a document; requests for anything but the document and what it holds itself fail the test, as errors do."""
    made = browser.new_context(viewport=viewport, **context)  # type: ignore[arg-type]
    address, wrong = document.resolve().as_uri(), []

    def only_itself(route: Route) -> None:
        if route.request.url.split("#")[0] == address or route.request.url.startswith("data:"):
            route.continue_()
        else:
            wrong.append(f"asked for {route.request.url}")
            route.abort()

    made.route("**/*", only_itself)
    page = made.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    yield page
    made.close()
    assert wrong == []
