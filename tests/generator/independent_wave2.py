"""A reader of the synthetic second wave that shares no code with the project: the csv module and plain Python."""

from __future__ import annotations

import csv
import statistics
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RAW = ROOT / "data/raw/wave2_limesurvey.csv"
SOCIAL = ["FB", "YT", "LI", "XI", "TW", "GP", "BL", "IG"]
CHANNELS = ["WEB", "NL", *SOCIAL]
GOALS = ["REACH", "IMAGE", "LEAD", "CONV", "LOYAL", "SERV", "RECR", "INNO"]
KPI = ["FOLL", "INTER", "WEB", "LEAD", "CONV", "REV", "NONE"]
PAGES = [
    ["CONSENT"], ["SMUSE"], ["FUNC", "SIZE", "NOGA", "CANT", "B2B", "EXPO", "FOUND"],
    [f"CHS[{name}]" for name in CHANNELS], ["MAINCH", "FREQ"],
    [f"GOAL[{name}]" for name in GOALS], [f"ATTN[{name}]" for name in GOALS],
    ["STRAT", "PLAN", "BUDG", "FTE", "RESP", "GUIDE", "TRAIN", "MGMT"],
    [f"CT[{name}]" for name in ("NEWS", "PROD", "KNOW", "VIDEO", "CASE", "EVENT", "JOBS", "other")],
    ["DIAL", "RESPT", "UGCSH"],
    [f"PR[{name}]" for name in ("MARK", "SALE", "SERV", "HR", "RD", "NONE")],
    [*(f"KPI[{name}]" for name in KPI), "MONI", "COSTB"],
    [f"PRS[{name}]" for name in ("BP", "CU", "SU", "MG")], [f"TRU[{name}]" for name in ("DATA", "INFO", "REL")],
    [f"BAR[{name}]" for name in ("PRIV", "SEP", "TIME", "KNOW", "REL", "CTRL", "ROI", "other")],
    ["INT12", "POT"], ["TXT", "RECON"],
]  # fmt: skip
QUESTIONS = [name for page in PAGES for name in page]
USERS_ONLY = range(3, 12)  # places of the pages that only users of social media see
ALIKE = [name for page in (5, 12, 13) for name in PAGES[page]]
LARGEST = {
    "SMUSE": 4, "FUNC": 4, "SIZE": 4, "NOGA": 10, "B2B": 5, "EXPO": 5, "FREQ": 5, "STRAT": 4, "RESP": 6, "RESPT": 5,
    "COSTB": 3, "INT12": 3, "FTE": 2000, "BUDG": 5_000_000, "UGCSH": 100, "FOUND": 2016,
}  # fmt: skip
SMALLEST = {"FTE": 0, "BUDG": 0, "UGCSH": 0, "FOUND": 1800}


def family(name: str) -> str:
    return name.split("[")[0]


def page_of(name: str) -> int:
    """Return the place of a question's page; the tool counts pages from 1."""
    return next(place for place, names in enumerate(PAGES) if name in names)


@cache
def raw_records() -> list[dict[str, str]]:
    """Return the cells of all records, by column name, in the order of the file."""
    with RAW.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def answer(record: dict[str, str], name: str) -> int | None:
    """Return the code of a closed question or number; None where there is no answer."""
    cell = record[name]
    if not cell.isdigit():
        return None
    code = int(cell)
    return code if SMALLEST.get(family(name), 1) <= code <= LARGEST.get(family(name), 6) else None


def excluded_by() -> dict[str, list[dict[str, str]]]:
    """Apply the documented cleaning in its order; return the records that each rule excludes, and the `valid` ones."""
    groups: dict[str, list[dict[str, str]]] = {}
    left = raw_records()

    def split(rule: str, hit: list[bool]) -> None:
        nonlocal left
        groups[rule] = [record for record, out in zip(left, hit, strict=True) if out]
        left = [record for record, out in zip(left, hit, strict=True) if not out]

    split("test_records", [record["attribute_1"] == "TEST" for record in left])
    split("no_consent", [record["CONSENT"] == "N" for record in left])
    split("not_users", [record["SMUSE"] in {"2", "3", "4"} for record in left])
    split("broke_off", [record["submitdate"] == "" for record in left])
    latest = {record["attribute_2"]: record["id"] for record in left}
    split("duplicates", [record["id"] != latest[record["attribute_2"]] for record in left])
    median = statistics.median(float(record["interviewtime"]) for record in left)
    split("speeders", [float(record["interviewtime"]) < median / 3 for record in left])
    split("straight_liners", [len({record[name] for name in ALIKE}) == 1 for record in left])
    groups["valid"] = left
    return groups


@cache
def valid_records() -> list[dict[str, str]]:
    """Return the records that remain after cleaning."""
    return excluded_by()["valid"]


def answers(name: str) -> list[int]:
    """Return the answers of the valid records to one question, missing ones left out."""
    return [code for record in valid_records() if (code := answer(record, name)) is not None]
