"""The second wave is written as LimeSurvey writes it, with all that makes real exports hard to read."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime

import pytest

from tests.generator.independent_wave2 import (
    KPI,
    PAGES,
    QUESTIONS,
    RAW,
    answer,
    family,
    raw_records,
    valid_records,
)

LEADING = [
    "id", "submitdate", "lastpage", "startlanguage", "token", "startdate", "datestamp", "ipaddr", "refurl",
    "attribute_1", "attribute_2",
]  # fmt: skip
ODD = {
    "FOUND": ["1291", "ca. 1985"], "BUDG": ["10'000", "k. A."], "FTE": ["50%"], "UGCSH": ["120"], "CHS[IG]": ["7"],
    "PRS[SU]": ["0"], "RESPT": ["-oth-"], "TRAIN": ["1"],
}  # fmt: skip


def texts(name: str) -> list[str]:
    return [record[name] for record in valid_records() if record[name]]


def test_bytes() -> None:
    content = RAW.read_bytes()
    assert content.startswith(b'\xef\xbb\xbf"id","submitdate","lastpage","startlanguage",')
    assert content.endswith(b'"\n') and b"\r" not in content and b"\0" not in content
    text = content.decode("utf-8-sig")
    cell = r'"(?:[^"]|"")*"'
    record = re.compile(rf"{cell}(?:,{cell})*\n")
    position = count = 0
    while position < len(text):
        match = record.match(text, position)
        assert match is not None, f"record {count}: not quoted throughout, or not ended by a line feed"
        position, count = match.end(), count + 1
    assert count == len(raw_records()) + 1
    assert text.count("\n") > count + 10  # cells over several lines


def test_columns() -> None:
    header = list(raw_records()[0])
    assert header[: len(LEADING)] == LEADING
    assert header[len(LEADING) : len(LEADING) + 90] == QUESTIONS
    timings = ["interviewtime"]
    for place, names in enumerate(PAGES):
        timings += [f"groupTime{41 + place}", *dict.fromkeys(f"{family(name)}Time" for name in names)]
    assert header[len(LEADING) + 90 :] == timings
    assert len(header) == len(set(header)) == 156


def test_options_are_ticked_by_a_letter_or_not_at_all() -> None:
    for name in QUESTIONS:
        if family(name) in {"CT", "PR", "KPI", "BAR"} and not name.endswith("[other]"):
            assert {record[name] for record in raw_records()} == {"Y", ""}, name
    for name in ("CONSENT", "PLAN", "GUIDE", "MONI", "RECON"):
        assert {record[name] for record in raw_records()} == {"Y", "N", ""}, name


def test_odd_cells() -> None:
    """Each of 10 cells stands in another valid record and is nobody's answer."""
    rows = []
    for name, cells in ODD.items():
        for cell in cells:
            found = [row for row, record in enumerate(valid_records()) if record[name] == cell]
            assert len(found) == 1, f"{name} = {cell!r}"
            assert name == "TRAIN" or answer(valid_records()[found[0]], name) is None
            rows += found
    assert len(set(rows)) == 10


def test_contradictory_and_unticked() -> None:
    ticks = [[record[f"KPI[{name}]"] for name in KPI] for record in valid_records()]
    assert sum(row[-1] == "Y" and "Y" in row[:-1] for row in ticks) == 1
    assert sum("Y" not in row for row in ticks) == 2


@pytest.mark.parametrize(
    "fragment",
    ["=IMPORTXML(", "cmd|'", "@berater", "<svg/onload", "{INSERTANS:", "{question_not_shown}", 'a","b"\n"999"',
     '"Mehr ""Mut"",', "{num=", "MANIFEST.yaml; rm", "!!python/name", "\ufeffAnfang", "u\u0308", "\u200b\u00ad",
     "ligne\ndeuxième\ntroisième\nquatrième"],
)  # fmt: skip
def test_hostile_answers(fragment: str) -> None:
    assert sum(fragment in text for text in texts("TXT")) == 1


@pytest.mark.parametrize("text", ["N/A", "Y", "116", "1980-01-01 00:00:00"])
def test_codes_of_the_tool_as_open_answers(text: str) -> None:
    assert texts("TXT").count(text) == 1


def test_open_answers() -> None:
    assert len(texts("TXT")) == len(set(texts("TXT"))) == 45
    assert "-oth-" in texts("CT[other]")
    assert any("\n" in text for text in texts("BAR[other]"))
    assert {record["startlanguage"] for record in valid_records() if record["TXT"]} == {"de", "fr", "it", "en"}


def test_nobody_can_be_identified() -> None:
    reserved = [ipaddress.ip_network(name) for name in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    for record in raw_records():
        assert any(ipaddress.ip_address(record["ipaddr"]) in network for network in reserved)
        assert record["refurl"] == "" or record["refurl"].startswith("https://www.example.org/")
        assert re.fullmatch("[a-z2-9]{15}", record["token"])
        assert re.fullmatch(r"\d{4}|TEST", record["attribute_2"])
    for text in texts("TXT"):
        for address in re.findall(r"[\w.]+@[\w.]+\.\w+", text):
            assert address.endswith("example.invalid")


def test_times() -> None:
    starts = [record["startdate"] for record in raw_records()]
    numbers = [int(record["id"]) for record in raw_records()]
    assert starts == sorted(set(starts))
    assert numbers == sorted(set(numbers))
    breaks = 0
    for record in raw_records():
        begin, end = (datetime.fromisoformat(record[name]) for name in ("startdate", "datestamp"))
        spent = float(record["interviewtime"] or 0)
        pause = (end - begin).total_seconds() - spent
        assert pause > -1
        breaks += pause > 1
        assert record["submitdate"] in {"", record["datestamp"]}
        assert (record["submitdate"] != "") == (record["lastpage"] == "17")
    assert breaks == 9


def test_ninety_nine_had_answered_by_the_press_note() -> None:
    done = sorted(record["submitdate"] for record in valid_records())
    assert sum(date < "2016-03-15" for date in done) == 99
    assert done[0] > "2016-02" and done[-1] < "2016-05"
