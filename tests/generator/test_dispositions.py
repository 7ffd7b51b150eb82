"""What became of everybody invited: counts that add up, their status, and the response rates that follow."""

from __future__ import annotations

import csv

import pytest

from tests.generator.independent_wave2 import ROOT
from tests.generator.test_wave2_cleaning import DISPOSITIONS, dispositions

# AAPOR's response rates in per cent, of the scenario: RR1 to RR6
RATES = {
    "w1": (6.29, 6.99, 7.32, 8.14, 62.95, 70.01),
    "w2_sge": (2.23, 2.69, 3.26, 3.93, 46.95, 56.71),
    "w2_alumni": (5.09, 5.87, 6.50, 7.50, 58.21, 67.16),
    "both lists": (2.75, 3.27, 3.85, 4.58, 50.22, 59.74),
}
NAMES = ["invited", "complete", "partial", "broke_off", "refused", "screened_out", "undelivered", "no_reply"]


def counts(frame: str) -> dict[str, int]:
    table = dispositions()
    frames = ["w2_sge", "w2_alumni"] if frame == "both lists" else [frame]
    return {name: sum(table[one][name] for one in frames) for name in NAMES}


@pytest.mark.parametrize("frame", RATES)
def test_counts_add_up_and_give_the_rates(frame: str) -> None:
    n = counts(frame)
    assert n["invited"] == sum(n[name] for name in NAMES if name != "invited")
    interviews, both = n["complete"], n["complete"] + n["partial"]
    known, unknown = both + n["broke_off"] + n["refused"], n["undelivered"] + n["no_reply"]
    eligible = both / (both + n["screened_out"])
    found = []
    for base in (known + unknown, known + eligible * unknown, known):
        found += [100 * interviews / base, 100 * both / base]
    assert [round(rate, 2) for rate in found] == pytest.approx(RATES[frame], abs=0.006)


def test_rows() -> None:
    with DISPOSITIONS.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        rows = list(reader)
        assert reader.fieldnames == ["frame", "wave", "disposition", "count", "status", "source"]
    assert [(row["frame"], row["disposition"]) for row in rows] == [
        (frame, name) for frame in ("w1", "w2_sge", "w2_alumni") for name in NAMES
    ]
    assert {(row["frame"], row["wave"]) for row in rows} == {
        ("w1", "wave1"), ("w2_sge", "wave2"), ("w2_alumni", "wave2"),
    }  # fmt: skip
    published = {(row["frame"], row["disposition"]) for row in rows if row["status"] == "published"}
    assert published == {("w1", "complete"), ("w2_sge", "invited")}
    assert all(row["status"] in {"published", "assumed"} and row["source"] for row in rows)
    assert all("https://" in row["source"] for row in rows if row["status"] == "published")


def test_readme_says_how_removed_interviews_enter() -> None:
    text = (ROOT / "data/raw/README.md").read_text(encoding="utf-8")
    section = text.split("## dispositions.csv")[1].split("\n## ")[0]
    assert "removed for their quality: too fast or the same answer throughout (12; 3 over S-GE and 2 alumni)" in section
    w1 = counts("w1")
    by_person = 100 * w1["complete"] / (w1["complete"] + w1["partial"] + w1["broke_off"] - 11 + w1["refused"])
    assert f"{by_person:.1f}" in section
