"""Exactly 116 records remain, each rule excludes what the folder's README says, and dispositions agree."""

from __future__ import annotations

import csv
import statistics
from collections import Counter

import pytest

from tests.generator.independent_wave2 import (
    PAGES,
    ROOT,
    answer,
    excluded_by,
    page_of,
    raw_records,
    valid_records,
)

COUNTS = {
    "test_records": 5, "no_consent": 7, "not_users": 60, "broke_off": 81, "duplicates": 4, "speeders": 3,
    "straight_liners": 2, "valid": 116,
}  # fmt: skip
DISPOSITIONS = ROOT / "data/raw/dispositions.csv"
FRAMES = {"w2_sge": "SGE", "w2_alumni": "IKM"}


def dispositions() -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    with DISPOSITIONS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            assert row["disposition"] not in table.setdefault(row["frame"], {})
            table[row["frame"]][row["disposition"]] = int(row["count"])
    return table


def unfinished() -> dict[str, list[dict[str, str]]]:
    """Records that broke off: without those whose authors completed later, by the half in which they left."""
    complete = {record["attribute_2"] for record in valid_records()}
    kinds: dict[str, list[dict[str, str]]] = {"broke_off": [], "partial": [], "again": []}
    for record in excluded_by()["broke_off"]:
        sent_off = {name for page in PAGES[: int(record["lastpage"])] for name in page if not name.endswith("other]")}
        hidden = {n for n in PAGES[6] if (answer(record, n.replace("ATTN", "GOAL")) or 0) < 3 and n in sent_off}
        total = sum(not name.endswith("other]") for page in PAGES for name in page) - len(hidden)
        share = len(sent_off - hidden) / total
        assert share < 0.8
        kind = "again" if record["attribute_2"] in complete else "partial" if share >= 0.5 else "broke_off"
        kinds[kind].append(record)
    return kinds


def test_counts_add_up() -> None:
    found = {rule: len(records) for rule, records in excluded_by().items()}
    assert found == COUNTS
    assert sum(found.values()) == len(raw_records()) == 278


def test_break_offs_are_early_or_late_or_came_again() -> None:
    assert {kind: len(records) for kind, records in unfinished().items()} == {
        "broke_off": 57, "partial": 22, "again": 2,
    }  # fmt: skip
    assert any(record["lastpage"] == "0" for record in unfinished()["broke_off"])


def test_the_later_of_two_interviews_counts() -> None:
    valid = {record["attribute_2"]: record for record in valid_records()}
    earlier = [*excluded_by()["duplicates"], *unfinished()["again"]]
    assert len(earlier) == 6
    for record in earlier:
        later = valid[record["attribute_2"]]
        assert record["startdate"] < later["startdate"]
        assert int(record["id"]) < int(later["id"])
        assert record["token"] == later["token"]


@pytest.mark.parametrize("base", ["with testers and the short way", "valid"])
def test_the_base_of_the_median_does_not_matter(base: str) -> None:
    """The gap between speeders and the rest is wide: only adding the short way to the base would move it at all."""
    complete = [record for record in raw_records() if record["submitdate"]] if base != "valid" else valid_records()
    limit = statistics.median(float(record["interviewtime"]) for record in complete) / 3
    assert all(float(record["interviewtime"]) < limit for record in excluded_by()["speeders"])
    assert all(float(record["interviewtime"]) > 1.3 * limit for record in valid_records())


def test_order_of_rules_matters() -> None:
    """A duplicate is fast as well, and some who don't use social media left early: the first rule that hits counts."""
    assert sum(float(record["interviewtime"]) < 300 for record in excluded_by()["duplicates"]) == 1
    assert sum(record["submitdate"] == "" for record in excluded_by()["not_users"]) == 6


def test_records_are_the_dispositions() -> None:
    table, groups, kinds = dispositions(), excluded_by(), unfinished()
    for frame, cell in FRAMES.items():
        for disposition, records in {
            "complete": groups["valid"], "screened_out": groups["not_users"], "broke_off": kinds["broke_off"],
            "partial": kinds["partial"],
        }.items():  # fmt: skip
            found = Counter(record["attribute_1"] for record in records)[cell]
            assert found == table[frame][disposition], (frame, disposition)
        refused = sum(record["attribute_1"] == cell for record in groups["no_consent"])
        assert 0 < refused <= table[frame]["refused"]
        removed = [*groups["speeders"], *groups["straight_liners"]]
        assert sum(record["attribute_1"] == cell for record in removed) <= table[frame]["no_reply"]


def test_readme_tells_the_counts() -> None:
    text = (ROOT / "data/raw/README.md").read_text(encoding="utf-8")
    section = text.split("## wave2_limesurvey.csv")[1].split("\n## ")[0]
    for number in ("5", "7", "60", "57 + 22", "2", "4", "3", "**116**"):
        assert f"| {number} |" in section
    assert "278 records" in section
    assert sum(record["attribute_1"] == "SGE" for record in valid_records()) == 77
    assert page_of("TXT") == len(PAGES) - 1
