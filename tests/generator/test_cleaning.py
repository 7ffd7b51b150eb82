"""Exactly 571 records remain, each rule excludes what the folder's README says, whichever way it may be read."""

from __future__ import annotations

import statistics

import pytest

from tests.generator.independent import COLUMN, ROOT, excluded_by, last_page, page_of, raw_records, valid_records

COUNTS = {
    "test_records": 6, "screened_out": 118, "broke_off": 276, "duplicates": 9, "speeders": 7, "straight_liners": 5,
    "valid": 571,
}  # fmt: skip


def test_counts_add_up() -> None:
    found = {rule: len(records) for rule, records in excluded_by().items()}
    assert found == COUNTS
    assert sum(found.values()) == len(raw_records()) == 992


def test_break_offs_are_early_or_late() -> None:
    """212 answered less than half of what concerned them, 64 between half and four fifths (the usual bounds)."""
    shares = []
    for record in excluded_by()["broke_off"]:
        answered = applicable = 0
        for name, column in COLUMN.items():
            sent_off = page_of(name) < last_page(record)
            shown = record[column] not in {"-77", "-66"}
            applicable += shown or (not sent_off and name != "BAR_TXT")
            answered += shown and sent_off
        shares.append(answered / applicable)
    assert sum(share >= 0.5 for share in shares) == 64
    assert max(shares) < 0.8


def test_duplicates_come_later_over_the_same_invitation() -> None:
    first = {record["p_0001"]: record for record in valid_records()}
    for record in excluded_by()["duplicates"]:
        original = first[record["p_0001"]]
        assert record["datetime"] > original["datetime"]
        assert record["external_lfdn"] == original["external_lfdn"]
        assert int(record["lfdn"]) > int(original["lfdn"])


def test_some_break_offs_came_back() -> None:
    complete = {record["p_0001"]: record for record in valid_records()}
    back = [record for record in excluded_by()["broke_off"] if record["p_0001"] in complete]
    assert len(back) == 11
    assert all(record["datetime"] < complete[record["p_0001"]]["datetime"] for record in back)


@pytest.mark.parametrize("base", ["31 only", "31 and 32, testers included", "valid"])
def test_the_base_of_the_median_does_not_matter(base: str) -> None:
    """The gap between speeders and the rest is wide, so that no reading of "median of completes" moves a record."""
    complete = [record for record in raw_records() if record["dispcode"] in {"31", "32"}]
    if base == "31 only":
        complete = [record for record in complete if record["dispcode"] == "31" and record["tester"] == "0"]
    if base == "valid":
        complete = valid_records()
    limit = statistics.median(int(r["duration"]) for r in complete if r["duration"] != "-1") / 3
    assert all(int(record["duration"]) < limit for record in excluded_by()["speeders"])
    assert all(int(r["duration"]) > 1.3 * limit for r in valid_records() if r["duration"] != "-1")
    assert sum(r["duration"] == "-1" for r in valid_records()) == 34
    assert {r["dispcode"] for r in valid_records() if r["duration"] == "-1"} == {"32"}


def test_order_of_rules_matters() -> None:
    """Three duplicates are fast as well: the ledger of exclusions must name the rule that came first."""
    fast = [record for record in excluded_by()["duplicates"] if int(record["duration"]) < 230]
    assert len(fast) == 3


def test_readme_tells_the_counts() -> None:
    text = (ROOT / "data/raw/README.md").read_text(encoding="utf-8")
    for number in ("6", "118", "212 + 64", "9", "7", "5", "**571**"):
        assert f"| {number} |" in text
