"""The folder of raw files: manifest, margins, README."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict

import pytest
import yaml

from tests.generator.independent import RAW, ROOT, raw_records

FOLDER = ROOT / "data/raw"
MARGINS = FOLDER / "population_margins.csv"


def margins() -> dict[str, dict[str, dict[str, str]]]:
    table: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    with MARGINS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            assert row["level"] not in table[row["margin"]]
            table[row["margin"]][row["level"]] = row
    return table


def test_manifest_records_every_file() -> None:
    files = yaml.safe_load((FOLDER / "MANIFEST.yaml").read_text(encoding="utf-8"))["files"]
    for entry in files:
        content = (ROOT / entry["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (entry["bytes"], entry["sha256"]), entry["path"]
        assert all(entry[key] for key in ("kind", "status", "source", "licence", "description"))
    recorded = {entry["path"] for entry in files}
    assert {f"data/raw/{file.name}" for file in FOLDER.glob("*.csv")} <= recorded
    statuses = {entry["path"]: entry["status"] for entry in files}
    assert statuses["data/raw/wave1_unipark.csv"] == "synthetic"
    assert statuses["data/raw/population_margins.csv"] == "published+assumed"


def test_readme_describes_every_file() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"`{file.name}`" in text for file in FOLDER.glob("*.csv"))
    assert f"{len(raw_records())} records" in text


def test_line_ends_are_kept() -> None:
    """Git may not translate line ends here: the digests are of bytes."""
    assert "* -text" in (FOLDER / ".gitattributes").read_text(encoding="utf-8")
    assert b"\r\n" in RAW.read_bytes() and b"\r" not in MARGINS.read_bytes()


def test_margins_sum_to_one() -> None:
    for name, levels in margins().items():
        assert sum(float(row["share"]) for row in levels.values()) == pytest.approx(1, abs=1e-9), name


def test_margins_have_levels_source_and_status() -> None:
    levels = {name: set(rows) for name, rows in margins().items()}
    assert levels == {
        "W1_SIZE": {"micro", "small", "medium"},
        "LANGREG": {"german", "french", "italian"},
        "SECTOR": {"secondary", "tertiary"},
    }
    for rows in margins().values():
        for row in rows.values():
            assert row["status"] in {"published", "derived", "assumed"}
            assert row["source"] and row["comment"] and row["year"].isdigit()
            assert (row["count"] == "") == (row["status"] == "assumed")


def test_shares_follow_from_counts() -> None:
    for name in ("W1_SIZE", "SECTOR"):
        counts = {level: int(row["count"]) for level, row in margins()[name].items()}
        for level, row in margins()[name].items():
            assert float(row["share"]) == pytest.approx(counts[level] / sum(counts.values()), abs=1e-6)
    small, medium = (int(margins()["W1_SIZE"][level]["count"]) for level in ("small", "medium"))
    assert f"{small / (small + medium):.1%}".replace("%", " %") in margins()["W1_SIZE"]["small"]["comment"]
    assert f"{medium / (small + medium):.1%}".replace("%", " %") in margins()["W1_SIZE"]["medium"]["comment"]
