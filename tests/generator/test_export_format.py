"""The file is written as the survey tool writes it, with all that makes real exports hard to read."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime

import pytest

from tests.generator.independent import COLUMN, RAW, answer, answers, raw_records, valid_records

LEADING = [
    "lfdn", "external_lfdn", "tester", "dispcode", "lastpage", "quality", "duration", "p_0001", "c_0001", "c_0002",
]  # fmt: skip
PARTICIPANT = [
    "browser", "browser_version", "os", "device", "brand", "model", "isbot", "continent", "country", "region", "city",
    "latitude", "longitude",
]  # fmt: skip
TRAILING = [
    "ext_host", "ip_addr", "browser", "referer", "device_type", *(f"participant_{name}" for name in PARTICIPANT),
    "quota", "quota_assignment", "quota_rejected_id", "page_history", "hflip", "vflip", "output_mode", "javascript",
    "flash", "session_id", "language", "cleaned", "ats", "datetime", "date_of_last_access", "date_of_first_mail",
]  # fmt: skip
CLOSED = [name for name in COLUMN if name not in {"OPEN", "BAR_TXT", "YOB", "POSTS"}]
BAR = [name for name in COLUMN if name.startswith("BAR_") and name != "BAR_TXT"]


def comments() -> list[str]:
    return [record[COLUMN["OPEN"]] for record in valid_records() if record[COLUMN["OPEN"]] != "-99"]


def test_bytes() -> None:
    content = RAW.read_bytes()
    assert content.startswith(b'\xef\xbb\xbf"lfdn";"external_lfdn";')
    assert content.endswith(b'"\r\n')
    text = content.decode("utf-8-sig")
    cell = r'"(?:[^"]|"")*"'
    record = re.compile(rf"{cell}(?:;{cell})*\r\n")
    position = count = 0
    while position < len(text):
        match = record.match(text, position)
        assert match is not None, f"record {count}: not quoted throughout, or not ended by CRLF"
        position, count = match.end(), count + 1
    assert count == len(raw_records()) + 1


def test_columns() -> None:
    header = list(raw_records()[0])
    questions = header[len(LEADING) : len(LEADING) + 91]
    assert header[: len(LEADING)] == LEADING
    assert sorted(questions, key=lambda name: int(name[2:])) == [f"v_{number}" for number in range(1, 92)]
    assert questions.index("v_78") == questions.index("v_76") + 1  # the text of "other" follows its box
    rest = header[len(LEADING) + 91 :]
    assert rest[: len(TRAILING)] == TRAILING
    assert all(re.fullmatch(r"rts\d+", name) for name in rest[len(TRAILING) :])
    assert len(header) == len(set(header)) == 155


def test_missing_codes_occur() -> None:
    closed = {record[COLUMN[name]] for record in raw_records() for name in CLOSED}
    texts = {record[COLUMN[name]] for record in raw_records() for name in ("OPEN", "BAR_TXT", "YOB", "POSTS")}
    assert {"0", "-77"} <= closed
    assert {"-99", "-66"} <= texts
    assert "-77" not in texts


def test_odd_cells() -> None:
    """Each of 14 cells stands in another valid record and is nobody's answer."""
    odd = {
        "YOB": ["1885", "2015", "75", "k. A."], "POSTS": ["9999", "ca. 10"], "PRIV_SS": ["6"], "PROF_SS": ["-1"],
        "INFO_TW": ["-88"], "STR_SALE": ["4,5"], "PRES_SU": [" "], "AFF_LIKE": [""], "EXP": ["7"], "SEX": ["w"],
    }  # fmt: skip
    rows = []
    for name, cells in odd.items():
        for cell in cells:
            found = [row for row, record in enumerate(valid_records()) if record[COLUMN[name]] == cell]
            assert len(found) == 1, f"{name} = {cell!r}"
            assert answer(valid_records()[found[0]], name) is None
            rows += found
    assert len(set(rows)) == 14


def test_contradictory_and_unanswered_barriers() -> None:
    ticks = [[answer(record, name) for name in BAR] for record in valid_records()]
    *_, none = zip(*ticks, strict=True)
    assert sum(bool(n) and sum(row) > 1 for n, row in zip(none, ticks, strict=True)) == 3
    assert sum(sum(row) == 0 for row in ticks) == 5


@pytest.mark.parametrize(
    "fragment",
    ["=HYPERLINK(", "<script>", "**fett**", "!!python/object", '"Das brauchen wir nicht"; sie', "DROP TABLE", "../../",
     '[]{num="', "{{< include", "\u202e", "@SUM(", "-99 Prozent", "e\u0301", "\\input{", "\u200b", "\r\n\r\n"],
)  # fmt: skip
def test_hostile_answers(fragment: str) -> None:
    assert sum(fragment in text for text in comments()) == 1


def test_a_number_as_an_open_answer() -> None:
    assert "571" in comments()


def test_answers_over_several_lines_in_three_languages() -> None:
    languages = {r["c_0001"] for r in valid_records() if "\n" in r[COLUMN["OPEN"]]}
    assert {"de", "fr", "it"} <= languages
    assert len(comments()) == len(set(comments())) == 57


def test_nobody_can_be_identified() -> None:
    reserved = [ipaddress.ip_network(name) for name in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    for record in raw_records():
        address = ipaddress.ip_address(record["ip_addr"])
        assert any(address in network for network in reserved)
        assert record["ext_host"].endswith(".example.net")
        assert record["referer"] == "" or record["referer"].startswith("https://www.example.org/")
    for text in comments():
        for address in re.findall(r"[\w.]+@[\w.]+\.\w+", text):
            assert address.endswith("example.invalid")


def test_times() -> None:
    starts = [record["datetime"] for record in raw_records()]
    numbers = [int(record["lfdn"]) for record in raw_records()]
    assert starts == sorted(set(starts))
    assert numbers == sorted(set(numbers))
    for record in raw_records():
        pages = [int(cell) for name, cell in record.items() if name.startswith("rts") and cell != "-77"]
        assert pages == sorted(pages)
        if record["duration"] != "-1":
            assert int(record["duration"]) == pages[-1]
        assert record["dispcode"] in {"31", "37"} or record["duration"] == "-1"
        elapsed = datetime.fromisoformat(record["date_of_last_access"]) - datetime.fromisoformat(record["datetime"])
        assert elapsed.total_seconds() == pages[-1]


def test_missing_answers_are_few_and_clustered() -> None:
    """People leave out several questions or none: the variance exceeds that of independent gaps."""
    names = [name for name in COLUMN if name.startswith(("PRES", "TR", "AFF", "STR_", "FIRM", "INFO"))]
    gaps = [sum(answer(record, name) is None for name in names) for record in valid_records()]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1)
    assert 0.01 < mean / len(names) < 0.05
    assert variance > 2 * mean
    assert sum(value is None for value in answers("SIZE")) == 0
