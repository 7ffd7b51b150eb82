"""Typed literals planted into a report below the check of its source, and how many of them the audit names.

    python -m tests.auditing.planting --literals 200

Half of the literals are equal to a text that the ledger prints. A literal counts as caught if the audit of every format
that can show it names it at its place.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from surveytrail.auditing.audit import Audit, audit_report
from surveytrail.auditing.tokens import numerals
from tests.auditing.small import PIXEL, render_small
from tests.reporting.fixtures.small_report import INDEX, ledger_of, write_study

KINDS = ("prose", "list", "quote", "table", "caption", "heading", "callout", "footnote", "alt text", "label", "title")
WORDS = (
    "two",
    "twelve",
    "twenty-five",
    "a third",
    "half",
    "three quarters",
    "dozens",
    "two-thirds",
    "hundred",
    "twice",
)


@dataclass(frozen=True)
class Plant:
    """A typed literal: its kind of place, a word that only stands beside it, and whether it equals a printed text."""

    kind: str
    beside: str
    literal: str
    equal: bool

    @property
    def formats(self) -> set[str]:
        """Return the formats that can show it: a figure's label is pixels in DOCX."""
        return {"html", "pdf"} if self.kind == "label" else {"html", "pdf", "docx"}

    def caught(self, audit: Audit) -> bool:
        """Say whether every format's audit names the literal at its place."""
        wanted = {word.lower() for word in numerals(self.literal, "en")}
        named = {
            found.format
            for found in audit.violations
            if found.document == "index"
            and self.beside in found.context + found.place + found.found
            and wanted & {word.lower() for word in numerals(found.found, "en")}
        }
        return bool(wanted) and self.formats <= named


def plants(count: int, seed: int, printed: list[str]) -> Iterator[Plant]:
    """Draw literals: half of them equal to a printed text, the others digits and number words."""
    draw = random.Random(seed)
    letters = itertools.product("bcdfghklmnprstvw", repeat=4)
    for index in range(count):
        equal = index % 2 == 0
        many = f"{draw.randint(1, 9)},{draw.randint(100, 999)}"
        typed = [f"{draw.randint(2, 999)}", f"{draw.uniform(1, 99):.1f}%", many,
                 draw.choice(WORDS)]  # fmt: skip
        kind = KINDS[index // 2 % (len(KINDS) - 1)] if index > 1 else "title"
        yield Plant(kind, "q" + "".join(next(letters)), draw.choice(printed) if equal else draw.choice(typed), equal)


def page(planted: list[Plant]) -> str:
    """Return the small report's first page with the literals in it."""
    parts, notes = [INDEX.split("## References")[0]], []
    for plant in planted:
        text = f"{plant.beside} {plant.literal} stands"
        parts += {
            "prose": [f"Here {text} in the text."],
            "list": [f"- A point: {text}."],
            "quote": [f"> Said: {text}."],
            "table": [f"| Kind | Share |\n|:-----|------:|\n| typed | {text} |\n\n: A table {{#tbl-{plant.beside}}}"],
            "caption": [f"| Kind | Share |\n|:-----|------:|\n| a | b |\n\n: About {text} {{#tbl-{plant.beside}}}"],
            "heading": [f"### About {text}\n\nText."],
            "callout": [f'::: {{.callout-note title="See {text}"}}\nText.\n:::'],
            "footnote": [f"A note.[^{plant.beside}]"],
            "alt text": [f'![A picture](dot.svg){{#fig-{plant.beside} fig-alt="Shows {text}"}}'],
        }.get(plant.kind, [])
        if plant.kind == "footnote":
            notes.append(f"[^{plant.beside}]: A note: {text}.")
    parts += [*notes, "## References {.unnumbered}\n\n::: {#refs}\n:::"]
    titles = "; ".join(f"{plant.beside} {plant.literal} stands" for plant in planted if plant.kind == "title")
    return "\n\n".join(parts).replace('title: "Small report"', f'title: "Small report {titles}"', 1) + "\n"


def plant_and_audit(folder: Path, count: int, seed: int) -> tuple[list[Plant], Audit]:
    """Render the small report with planted literals and audit it."""
    ledger = ledger_of(write_study(folder))
    printed = [json.loads(text)["en"] for text in ledger["text"] if numerals(json.loads(text)["en"], "en")]
    planted = list(plants(count, seed, printed))
    (folder / "report/dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect/></svg>')
    (folder / "report/dot.png").write_bytes(PIXEL)
    labels = tuple(f"{plant.beside} {plant.literal}" for plant in planted if plant.kind == "label")
    study = render_small(folder, labels, index=page(planted))
    return planted, audit_report(study)


def main() -> int:
    """Plant, count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--literals", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        planted, audit = plant_and_audit(Path(folder), options.literals, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        clean = audit_report(render_small(Path(folder)))
    caught = [plant for plant in planted if plant.caught(audit)]
    equal, equal_caught = (sum(plant.equal for plant in part) for part in (planted, caught))
    for kind, total in Counter(plant.kind for plant in planted).items():
        print(f"{kind:<10} {sum(plant.kind == kind for plant in caught)} of {total}")
    for plant in planted:
        if plant not in caught:
            print(f"not caught: {plant}")
    alarms = len(clean.violations)
    print(f"caught: {len(caught)} of {len(planted)}; of those equal to a printed text: {equal_caught} of {equal}; "
          f"false alarms on the clean report: {alarms} on {clean.total} tokens")  # fmt: skip
    holds = planted and equal_caught == equal and len(caught) >= 0.99 * len(planted) and 1000 * alarms <= clean.total
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
