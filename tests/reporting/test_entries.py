"""What entries of numbers say, and what they leave out in print: judged by reading them as a reader does."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from surveytrail.reporting.entries import FIELDS, FOLLOWING, LONG, page_entries
from surveytrail.reporting.extension import words
from surveytrail.reporting.fixed_words import Words

ODD, EVEN = (", ".join(map(str, range(start, 400, 2))) for start in (1, 2))
LISTS = {"short": "1–4, 7", "long": ODD, "other": EVEN}


def number(**changed: Any) -> dict[str, Any]:
    """Return what ``ledger.json`` says of a number, with some of it changed."""
    plain = {
        "base": {"en": "84 respondents"}, "estimator": "share", "filter": "", "kind": "estimate", "columns": ["A"],
        "weight_label": {"en": "unweighted"}, "raw_file": "data/raw/a.csv", "rows": {"en": "84 of 85"},
        "config": "config.yaml:7", "script": "scripts/a.py:1", "rule": "a", "verdict": "match", "warning": [],
    }  # fmt: skip
    return plain | changed


def read(entries: list[dict[str, Any]], contents: list[tuple[str, ...]], *, printed: bool) -> list[dict[str, str]]:
    """Read entries: one that follows another says what differs, and the rest is as in the complete one above it."""
    first: dict[str, str] = {}
    said = []
    for entry in entries:
        own = entry["differs"] if printed and "differs" in entry else entry["fields"]
        fields = {name: "".join(contents[place - 1]) for name, place in own}
        first = first if "differs" in entry else fields
        whole = first | fields if printed and "differs" in entry else fields
        said.append({name: text for name, text in whole.items() if text != "–"})
    return said


def made(count: int) -> dict[str, dict[str, Any]]:
    """Make up numbers that share many of their fields, some of them without records or warnings."""
    draw = random.Random(3)
    numbers = {}
    for at in range(count):
        changed: dict[str, Any] = {"columns": [draw.choice("AB")], "config": f"config.yaml:{draw.randint(1, 3)}"}
        if draw.random() < 0.7:
            changed["records"] = draw.choice(list(LISTS))
        if draw.random() < 0.3:
            changed["warning"] = ["the weighted base is zero"]
        numbers[f"w.n{at}"] = number(**changed)
    return numbers


@pytest.mark.parametrize("count", [0, 1, 2, 40, 200])
def test_an_entry_with_what_the_complete_one_above_says_is_the_whole_entry(count: int) -> None:
    entries, contents = page_entries(made(count), LISTS, Words(words(), "en"))
    whole, shortened = (read(entries, contents, printed=printed) for printed in (False, True))
    resolved = [{name: resolve(text, whole, entries) for name, text in fields.items()} for fields in shortened]
    assert resolved == [{name: resolve(text, whole, entries) for name, text in fields.items()} for fields in whole]
    assert not entries or "differs" not in entries[0]
    if count >= 40:
        assert sum(len(entry.get("differs", entry["fields"])) for entry in entries) < 0.6 * sum(map(len, whole))


def resolve(text: str, whole: list[dict[str, str]], entries: list[dict[str, Any]]) -> str:
    """Follow "as for …" to the list of the number that it names."""
    if not text.startswith("as for "):
        return text
    named = [entry["id"] for entry in entries].index(text.removeprefix("as for "))
    return whole[named]["records"]


def test_a_block_has_an_end_and_fields_their_order() -> None:
    entries, _ = page_entries({f"w.n{at}": number() for at in range(60)}, {}, Words(words(), "en"))
    firsts = [at for at, entry in enumerate(entries) if "differs" not in entry]
    assert len(firsts) == 6 and all(after - before <= FOLLOWING + 1 for before, after in pairwise(firsts))
    assert {entry["follows"] for entry in entries if "follows" in entry} == {f"w.n{at}" for at in firsts}
    assert all(entry["differs"] == [] for entry in entries if "differs" in entry)
    for entry in page_entries(made(50), LISTS, Words(words(), "en"))[0]:
        for names in ([name for name, _ in entry[part]] for part in ("fields", "differs") if part in entry):
            assert names == sorted(names, key=FIELDS.index)


def test_a_long_list_of_records_is_printed_once_and_a_short_one_again() -> None:
    keys = ("long", "short", "long", "short")
    numbers = {f"w.n{at}": number(columns=[str(at)], records=key) for at, key in enumerate(keys)}
    entries, contents = page_entries(numbers, LISTS, Words(words(), "en"))
    said = [fields["records"] for fields in read(entries, contents, printed=False)]
    assert len(LISTS["long"]) > LONG
    assert said == [LISTS["long"], LISTS["short"], "as for w.n0", LISTS["short"]]
