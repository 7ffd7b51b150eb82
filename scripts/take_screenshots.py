"""Take the pictures of the documents that the README and the docs show: ``make images``, after a run."""

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
REPORT, IMAGES = Path("results/report"), Path("docs/images")
DESKTOP, PHONE = {"width": 1180, "height": 820}, {"width": 390, "height": 780}
COLOURS = 96  # of the picture's palette: text on flat ground needs no more
FIGURE = "#fig-private-professional"


def panel(page: Page) -> None:
    """Show a number of the text with its panel open."""
    number = page.locator("main li a.st-num[data-show=value]").first
    number.evaluate("number => window.scrollTo(0, number.getBoundingClientRect().top - 200)")
    page.wait_for_timeout(300)
    number.click()
    page.wait_for_timeout(300)


def figure(page: Page) -> None:
    """Show a figure with the panel of one of its numbers."""
    page.locator(FIGURE).scroll_into_view_if_needed()
    page.evaluate(f"document.querySelector('{FIGURE}').scrollIntoView()")
    page.mouse.wheel(0, -80)
    page.wait_for_timeout(300)
    page.locator(f"{FIGURE} a.st-num[data-show=value]").nth(2).click()
    page.wait_for_timeout(300)


def advice(page: Page) -> None:
    """Show what the toolbox says of the example's answers."""
    page.get_by_role("button", name="exemple").click()
    page.locator(".tb-primary").click()
    page.get_by_role("heading", name="Niveau", exact=True).evaluate("heading => heading.scrollIntoView()")
    page.mouse.wheel(0, -60)
    page.wait_for_timeout(500)


PICTURES = {
    "report": ("index.html", DESKTOP, "light", panel),
    "figure": ("index.html", DESKTOP, "light", figure),
    "phone": ("index.html", PHONE, "dark", panel),
    "toolbox": ("toolbox.html", DESKTOP, "light", advice),
}


def main() -> None:
    """Take all pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name, (document, viewport, scheme, show) in PICTURES.items():
            page = browser.new_page(viewport=viewport, color_scheme=scheme)
            page.goto((REPORT / document).resolve().as_uri())
            show(page)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
            picture.save(IMAGES / f"{name}.png", optimize=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
