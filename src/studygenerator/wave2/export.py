"""The export file as LimeSurvey writes it: answer codes, question codes as headings."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

from studygenerator.draws import stream
from studygenerator.wave2.paradata import add_paradata
from studygenerator.wave2.plan import Plan
from studygenerator.wave2.records import EMPTY, Record, build_records

LEADING = [
    "id", "submitdate", "lastpage", "startlanguage", "token", "startdate", "datestamp", "ipaddr", "refurl",
    "attribute_1", "attribute_2",
]  # fmt: skip
FIRST_GROUP = 41  # number of the first page in the tool's tables
LINE_BREAKS = re.compile(r"\r\n|[\n\v\f\r\x85\u2028\u2029]")


def export_wave(plan: Plan) -> bytes:
    """Return the whole export: same settings, same bytes.

    UTF-8 with a byte-order mark, commas, every cell quoted, a line feed at the end of each record and for each line
    break in a cell.
    """
    records = add_paradata(plan, build_records(plan))
    columns = {code: str(plan.codebook.by_code[code].column) for code in plan.questions}
    timings = _timing_columns(plan, columns)
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([*LEADING, *columns.values(), *timings])
    number = 11
    gaps = stream(plan.settings.seed, "gaps").choice([1, 2, 3], len(records), p=[0.85, 0.11, 0.04])
    for record, gap in zip(records, gaps, strict=True):
        number += int(gap)  # deleted trials leave gaps
        metadata = _metadata(plan, record, number)
        cells = [*(metadata[name] for name in LEADING), *(record.cells[code] for code in columns)]
        cells += _timings(record, timings)
        writer.writerow([LINE_BREAKS.sub("\n", cell) for cell in cells])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def _metadata(plan: Plan, record: Record, number: int) -> dict[str, str]:
    """Return the cells that the tool adds to the answers."""
    languages = {category.code: category.cell for category in plan.codebook.scales["LANG"]}
    frames = {category.code: category.cell for category in plan.codebook.scales["FRAME"]}
    return {
        "id": str(number),
        "submitdate": _clock(record.end) if record.complete else EMPTY,
        "lastpage": str(record.last_page),
        "startlanguage": languages[record.language],
        "token": record.token,
        "startdate": _clock(record.start),
        "datestamp": _clock(record.end),
        **record.machine,
        "attribute_1": frames[record.frame],
        "attribute_2": record.invitation,
    }


def _timing_columns(plan: Plan, columns: dict[str, str]) -> list[str]:
    """Return the headings of the time columns: the whole interview, then each page and the questions on it."""
    names = ["interviewtime"]
    for page, codes in enumerate(plan.pages):
        questions = dict.fromkeys(columns[code].split("[")[0] for code in codes)
        names += [f"groupTime{FIRST_GROUP + page}", *(f"{question}Time" for question in questions)]
    return names


def _timings(record: Record, names: list[str]) -> list[str]:
    """Return seconds per page; the tool keeps none per question where a page holds several."""
    spent = [value for value in record.page_seconds if value is not None]
    cells = {f"groupTime{FIRST_GROUP + page}": value for page, value in enumerate(record.page_seconds)}
    cells["interviewtime"] = sum(spent) if spent else None
    found = [cells.get(name) for name in names]
    return [EMPTY if value is None else f"{value:.2f}".rstrip("0").rstrip(".") for value in found]


def _clock(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
