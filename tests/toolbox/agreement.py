"""The page's rules against the engine's: random firms through both, everything compared.

    python -m tests.toolbox.agreement --firms 500

prints how many firms agree, of which kinds they are and how many rules spoke; leaves with 0 only if all agree and every
kind and rule was among them.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surveytrail.ledger.display import value_text
from surveytrail.toolbox.admissible import drawn_firms
from surveytrail.toolbox.answers import Firm
from surveytrail.toolbox.assessment import assess
from surveytrail.toolbox.firm_file import read_firms
from surveytrail.toolbox.page import page_html
from tests.toolbox.conftest import ROOT, Bench, make_bench
from tests.toolbox.test_assessment import BEST

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


def kinds(bench: Bench, firms: Sequence[Firm]) -> dict[str, int]:
    """Count firms of kinds that a comparison must not lack."""
    found = assess(bench.form, bench.peers, firms)
    inside, outside = 3, 4  # answers on a wiki or a blog: inside the company, with customers or partners
    return {
        "without social media": sum(firm.answers.get("SMUSE") in {2, 3, 4} for firm in firms),
        "with a wiki or blog inside only": sum(
            inside in own and outside not in own
            for own in ({firm.answers.get("FIRM_WIKI"), firm.answers.get("FIRM_BLOG")} for firm in firms)
        ),
        "held back by a gate": sum(any(gate["held"] for gate in entry["overall"]["gates"]) for entry in found),
        "with too many questions open": sum("R24" in spoken(entry) for entry in found),
        "beside all companies only": sum(
            all(part["peers"]["group"] == "" for part in entry["dimensions"]) for entry in found
        ),
        "at least on each level": min(sum(entry["overall"]["level"] == level.code for entry in found)
                             for level in bench.form.spec.toolbox.levels),
    }  # fmt: skip


def spoken(found: Mapping[str, Any]) -> set[str]:
    """Return the rules that spoke for a firm: given, beyond the number given, or withheld by another."""
    given = [entry["id"] for entry in (*found["recommendations"], *found["withheld"])]
    return {*given, *found["further"]}


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
        # firms on the highest level are rarely drawn: the best one comes first
        firms = [Firm("best", "de", BEST), *drawn_firms(bench.form, options.firms - 1, options.seed)]
        wrong = differing(bench, page, firms)
        browser.close()
    counted = kinds(bench, firms)
    rules = set[str]().union(*(spoken(found) for found in assess(bench.form, bench.peers, firms)))
    print("; ".join(f"{count} {kind}" for kind, count in counted.items()))
    print(f"{len(rules)} of {len(bench.form.spec.rules)} rules spoke")
    print(f"browser and engine agree on {len(firms) - len(wrong)} of {len(firms)} firms")
    is_varied = all(counted.values()) and len(rules) == len(bench.form.spec.rules)
    return 0 if firms and not wrong and is_varied else 1


if __name__ == "__main__":
    raise SystemExit(main())
