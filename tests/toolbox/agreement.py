"""The page's rules against the engine's: random firms through both, everything compared.

    python -m tests.toolbox.agreement --firms 500

prints how many firms agree and leaves with 0 only if all do.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surveytrail.ledger.display import value_text
from surveytrail.toolbox.admissible import drawn_firms
from surveytrail.toolbox.answers import Firm
from surveytrail.toolbox.assessment import assess
from surveytrail.toolbox.firm_file import read_firms
from surveytrail.toolbox.page import page_html
from tests.toolbox.conftest import ROOT, Bench, make_bench

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
EXAMPLE = ROOT / "data/toolbox/example_firms.csv"
IN_BROWSER = """(firms) => firms.map(([answers, language]) => {
  const found = toolbox.assess(answers, language);
  const shown = (value) => (value === null ? null : ToolboxEngine.text(toolbox.program, value, 0, language));
  const texts = found.dimensions.flatMap((entry) => [shown(entry.score), shown(entry.peers && entry.peers.shrunk)]);
  return [found, [...texts, shown(found.overall.score)]];
})"""


def write_page(bench: Bench, folder: Path, status: str = "synthetic") -> Path:
    """Write the page to a folder, with the first example firm."""
    path = folder / "toolbox.html"
    example = read_firms(EXAMPLE, bench.form, EXAMPLE.name)[0]
    path.write_text(page_html(bench.study, bench.peers, status, example), encoding="utf-8")  # type: ignore[arg-type]
    return path


def differing(bench: Bench, page: Page, firms: Sequence[Firm]) -> list[str]:
    """Return the names of firms of which browser and engine do not say the very same."""
    theirs = page.evaluate(IN_BROWSER, [[dict(firm.answers), firm.language] for firm in firms])
    ours = [
        [found, _texts(found, firm)]
        for firm, found in zip(firms, assess(bench.form, bench.peers, firms), strict=True)
    ]  # fmt: skip
    return [firm.name for firm, mine, other in zip(firms, ours, theirs, strict=True) if mine != other]


def _texts(found: dict[str, Any], firm: Firm) -> list[str | None]:
    values = [value for entry in found["dimensions"]
              for value in (entry["score"], entry["peers"] and entry["peers"]["shrunk"])]  # fmt: skip
    return [
        None if value is None else value_text(value, "mean", 0, firm.language)
        for value in (*values, found["overall"]["score"])
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and print the outcome."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    bench = make_bench()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page()
        page.goto(write_page(bench, Path(folder)).as_uri())
        firms = drawn_firms(bench.form, options.firms, options.seed)
        wrong = differing(bench, page, firms)
        browser.close()
    print(f"browser and engine agree on {len(firms) - len(wrong)} of {len(firms)} firms")
    return 0 if firms and not wrong else 1


if __name__ == "__main__":
    raise SystemExit(main())
