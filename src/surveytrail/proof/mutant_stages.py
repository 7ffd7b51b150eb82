"""What a seeded fault can spoil, how that is compared with what the untouched engine makes, and who judges it.

The ledger and the verdicts on claims are judged by the second engine, the figures by the audit of the documents: each
knows nothing of the code that made them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from surveytrail.digests import SOURCE

Stage = Literal["ledger", "claims", "figures"]
Changes = Literal["printed digits", "wording", "unprinted figures", "nothing", "no ledger"]
Objections = tuple[int, str]  # how many numbers, claims or parts of figures are objected to, and the first objection
PLAIN = "plain"
DIGIT = re.compile(r"\d+(?:[.,’]\d+)*")
# what documents print of a number: texts, and the counts of its base; then what they print in words
DIGITS = ("text", "interval_text", "n_in", "n_used", "n_excluded", "interval_level")
WORDS = ("label", "group_label", "question", "filter", "interval_method", "warning", "error", "weight", "columns")
# of a claim: its verdict marks the sentence, and its numbers stand beside it
CLAIM_DIGITS, CLAIM_WORDS = ("verdict", "numbers", "printed"), ("text", "condition", "source")


def stage_of(file: str) -> Stage:
    """Return what a file of the engine has a part in making last."""
    return "claims" if file == "claims.py" else "figures" if file.startswith("figures/") else "ledger"


def place(scratch: Path, name: str, stage: Stage) -> Path:
    """Return where a mutant's work goes: a Parquet file, or a folder of drawings."""
    return scratch / f"{name}.{stage}" if stage == "figures" else scratch / f"{name}.{stage}.parquet"


def difference(stage: Stage, plain: Path, other: Path) -> tuple[Changes, int]:
    """Return the most visible kind of difference from the untouched engine's work, and in how many places."""
    if stage == "figures":
        return _other_drawings(plain, other)
    digits, words = (DIGITS, WORDS) if stage == "ledger" else (CLAIM_DIGITS, CLAIM_WORDS)
    return _other_rows(_rows(plain), _rows(other), digits, words)


def objections(stage: Stage, study: Path, scratch: Path, made: Sequence[Path]) -> list[Objections]:
    """Let the judge of a stage look at what was made, one thing after another."""
    if stage == "figures":
        return _of_the_audit(study, scratch, made)
    return _of_the_second_engine(stage, study, scratch, made)


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    import pyarrow.parquet

    return {str(row["id"]): row for row in pyarrow.parquet.read_table(path).to_pylist()}


def _other_rows(
    plain: Mapping[str, Mapping[str, Any]],
    other: Mapping[str, Mapping[str, Any]],
    digits: Sequence[str],
    words: Sequence[str],
) -> tuple[Changes, int]:
    differing: set[str] = set()
    count = 0
    for name in plain.keys() | other.keys():
        before, after = plain.get(name), other.get(name)
        columns = set(digits) if before is None or after is None else {
            column for column in before if repr(before[column]) != repr(after[column])
        }  # fmt: skip
        count += bool(columns)
        differing |= columns
    if differing & set(digits):
        return "printed digits", count
    if differing & set(words):
        return "wording", count
    return ("unprinted figures" if differing else "nothing"), count


def _other_drawings(plain: Path, other: Path) -> tuple[Changes, int]:
    """Compare drawings: what their texts print in digits and where their marks stand, then all the rest."""
    digits = words = 0
    for before in sorted(plain.glob("*.json")):
        after = other / before.name
        if not after.is_file() or _shown(before) != _shown(after):
            digits += 1
        elif before.with_suffix(".svg").read_bytes() != after.with_suffix(".svg").read_bytes():
            words += 1
    return ("printed digits", digits) if digits else ("wording", words) if words else ("nothing", 0)


def _shown(manifest: Path) -> object:
    """Return the digits of a figure, where they stand, and every mark as drawn."""
    from lxml import etree

    root = etree.fromstring(manifest.with_suffix(".svg").read_bytes())
    printed = [
        (DIGIT.findall("".join(map(str, text.itertext()))), text.get("x"), text.get("y"))
        for text in root.iterfind(".//{*}text")
    ]
    marks = [
        (mark.get("data-number"), *(path.get("d") for path in mark.iterfind(".//{*}path")),
         *((dot.get("x"), dot.get("y")) for dot in mark.iterfind(".//{*}use")))
        for mark in root.iter() if mark.get("data-number") is not None
    ]  # fmt: skip
    return [text for text in printed if text[0]], DIGIT.findall(root.findtext("{*}desc") or ""), marks


def _of_the_audit(study: Path, scratch: Path, made: Sequence[Path]) -> list[Objections]:
    """Let the audit look at drawings, held against the ledger that they were drawn from."""
    from surveyspec.study import load_study
    from surveytrail.auditing.expected import Expected
    from surveytrail.auditing.figures import drawn_faults

    expected = Expected.of_ledger(load_study(study), _rows(place(scratch, PLAIN, "ledger")))
    found = [drawn_faults(folder, expected) for folder in made]
    return [(len(faults), ": ".join(faults[0]) if faults else "") for faults in found]


def _of_the_second_engine(stage: Stage, study: Path, scratch: Path, made: Sequence[Path]) -> list[Objections]:
    """Run the second engine over ledgers, or verdicts on claims.

    One run looks at all of them. Where it stops at one, that is its objection, and another run looks at the rest.
    """
    plain, option = place(scratch, PLAIN, stage), "--ledger" if stage == "ledger" else "--claims"
    found: list[Objections] = []
    while len(found) < len(made):
        command = [sys.executable, "-m", "recount", "--directory", str(study), "--json"]
        command += ["--out", str(scratch / "verified")]
        command += ["--ledger", str(place(scratch, PLAIN, "ledger"))] if stage != "ledger" else []
        # two at least: a single one is reported to people
        command += [option, *(str(path) for path in (plain, *made[len(found) :]))]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=untouched())
        found += [_first(json.loads(line)["mismatches"]) for line in done.stdout.splitlines()[1:]]
        if len(found) < len(made):
            found.append((1, (done.stderr.strip().splitlines() or ["no answer"])[-1]))
    return found


def _first(mismatches: Mapping[str, str]) -> Objections:
    """Return how much the second engine objects to, and what it says of the first."""
    return len(mismatches), ": ".join(next(iter(mismatches.items()), ("", ""))) if mismatches else ""


def untouched() -> dict[str, str]:
    """Return an environment in which the packages of this checkout are found, and nothing else of ours."""
    return {**os.environ, "PYTHONPATH": str(SOURCE)}
