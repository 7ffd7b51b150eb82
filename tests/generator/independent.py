"""A reader of the synthetic wave that shares no code with the project: the csv module and plain Python."""

from __future__ import annotations

import csv
import statistics
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RAW = ROOT / "data/raw/wave1_unipark.csv"
CHANNELS = ["FB", "YT", "TW", "XI", "LI", "GP", "IG", "BL", "WK", "FO", "SS"]
SOCIAL = ["FB", "YT", "TW", "XI", "LI", "GP", "IG", "BL", "FO"]
BARRIERS = ["PRIV", "SEP", "TIME", "KNOW", "REL", "CTRL", "ROI", "POL", "OTH", "NONE"]
QUESTIONS = [
    "ROLE", "SIZE", "NOGA", "CANT", "B2B", "EXP",
    *(f"PRIV_{channel}" for channel in CHANNELS),
    *(f"PROF_{channel}" for channel in CHANNELS),
    "MODE_PRIV", "MODE_PROF", "POSTS", "CONT_PRIV", "CONT_PROF", "SEP_CHAN", "SEP_CONT",
    *(f"INFO_{channel}" for channel in ("WEB", "NL", "POR", "BW", "XL", "FB", "TW", "YT")),
    *(f"FIRM_{channel}" for channel in ("FB", "YT", "TW", "XI", "LI", "BL", "WK", "FO")),
    "UGC_CUST", "UGC_OWN", "STRAT", "WISH", "POT", "WAIT", "FEAR_BP", "FEAR_DT",
    *(f"PRES_{source}" for source in ("BP", "CU", "SU", "MG", "CO")),
    "TR_DATA", "TR_INFO", "TR_REL",
    *(f"BAR_{barrier}" for barrier in BARRIERS), "BAR_TXT",
    "AFF_FAM", "AFF_UND", "AFF_LIKE", "STR_INFO", "STR_DIAL", "STR_SALE", "STR_RECR", "STR_IMAG", "REF_BW",
    "YOB", "SEX", "OPEN", "RECON",
]  # fmt: skip
PAGES = [
    ["ROLE", "SIZE"], ["NOGA", "CANT", "B2B", "EXP"], ["PRIV"], ["PROF"], ["MODE"], ["POSTS"], ["CONT", "SEP"],
    ["INFO"], ["FIRM"], ["UGC", "STRAT"], ["WISH", "POT", "WAIT", "FEAR"], ["PRES"], ["TR"], ["BAR"], ["AFF"],
    ["STR", "REF"], ["YOB", "SEX"], ["OPEN", "RECON"],
]  # fmt: skip
COLUMN = {name: f"v_{number}" for number, name in enumerate(QUESTIONS, 1)}
WITH_DONT_KNOW = ("FIRM", "UGC", "STRAT", "SEP", "WISH", "POT", "WAIT", "FEAR", "PRES", "TR", "AFF", "STR", "REF")
LARGEST = {"ROLE": 9, "NOGA": 10, "FIRM": 4, "STRAT": 4, "SIZE": 4, "SEX": 3, "RECON": 2, "BAR": 1}


def page_of(name: str) -> int:
    """Return the place of a question's page; -1 would be the welcome page."""
    return next(place for place, families in enumerate(PAGES) if name in families or name.split("_")[0] in families)


@cache
def raw_records() -> list[dict[str, str]]:
    """Return the cells of all records, by column name, in the order of the file."""
    with RAW.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";", strict=True))


def answer(record: dict[str, str], name: str) -> int | None:
    """Return the code of a closed question or number; None where there is no answer."""
    cell = record[COLUMN[name]]
    family = name.split("_")[0]
    if not cell.isdigit():
        return None
    code = int(cell)
    if name == "POSTS":
        return code if code <= 500 else None
    if name == "YOB":
        return code if 1930 <= code <= 2000 else None
    if family == "BAR":
        return code if code in {0, 1} else None
    if code == 0 or (code == 8 and family in WITH_DONT_KNOW):
        return None
    return code if code <= LARGEST.get(family, 5) else None


def last_page(record: dict[str, str]) -> int:
    """Return the place of the last page seen; -1 is the welcome page."""
    order = [column for column in record if column.startswith("rts")]
    return order.index(f"rts{record['lastpage']}") - 1


def excluded_by() -> dict[str, list[dict[str, str]]]:
    """Apply the documented cleaning in its order; return the records that each rule excludes, and the `valid` ones."""
    groups: dict[str, list[dict[str, str]]] = {}
    left = raw_records()

    def split(rule: str, hit: list[bool]) -> None:
        nonlocal left
        groups[rule] = [record for record, out in zip(left, hit, strict=True) if out]
        left = [record for record, out in zip(left, hit, strict=True) if not out]

    split("test_records", [record["tester"] == "1" for record in left])
    split("screened_out", [record["dispcode"] == "37" for record in left])
    split("broke_off", [record["dispcode"] not in {"31", "32"} for record in left])
    seen: set[str] = set()
    repeated = []
    for record in left:
        repeated.append(record["p_0001"] in seen)
        seen.add(record["p_0001"])
    split("duplicates", repeated)
    median = statistics.median(int(record["duration"]) for record in left if record["duration"] != "-1")
    split("speeders", [0 <= int(record["duration"]) < median / 3 for record in left])
    use = [f"{context}_{channel}" for context in ("PRIV", "PROF") for channel in CHANNELS]
    split(
        "straight_liners",
        [len(given := {answer(r, name) for name in use}) == 1 and given not in ({1}, {None}) for r in left],
    )
    groups["valid"] = left
    return groups


@cache
def valid_records() -> list[dict[str, str]]:
    """Return the records that remain after cleaning."""
    return excluded_by()["valid"]


def answers(name: str) -> list[int | None]:
    """Return the answers of the valid records to one question."""
    return [answer(record, name) for record in valid_records()]
