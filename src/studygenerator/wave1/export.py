"""The export file as Unipark/EFS writes it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from studygenerator.draws import stream
from studygenerator.wave1.paradata import add_paradata
from studygenerator.wave1.plan import Plan
from studygenerator.wave1.records import CLOSED_UNSEEN, Record, build_records
from surveyspec.codebook import Category

LEADING = [
    "lfdn", "external_lfdn", "tester", "dispcode", "lastpage", "quality", "duration", "p_0001", "c_0001", "c_0002",
]  # fmt: skip
TRAILING = [
    "ext_host", "ip_addr", "browser", "referer", "device_type", "participant_browser", "participant_browser_version",
    "participant_os", "participant_device", "participant_brand", "participant_model", "participant_isbot",
    "participant_continent", "participant_country", "participant_region", "participant_city", "participant_latitude",
    "participant_longitude", "quota", "quota_assignment", "quota_rejected_id", "page_history", "hflip", "vflip",
    "output_mode", "javascript", "flash", "session_id", "language", "cleaned", "ats", "datetime",
    "date_of_last_access", "date_of_first_mail",
]  # fmt: skip
NEVER = "0000-00-00 00:00:00"


def export_wave(plan: Plan) -> bytes:
    """Return the whole export: same settings, same bytes.

    UTF-8 with a byte-order mark, semicolons, every cell quoted, CRLF at the end of each record.
    """
    records = add_paradata(plan, build_records(plan))
    questions = [variable for variable in plan.codebook.variables if str(variable.column).startswith("v_")]
    pages = [f"rts{page}" for page, _ in plan.pages]
    header = [*LEADING, *(str(variable.column) for variable in questions), *TRAILING, *pages]
    codes = {str(variable.column): variable.code for variable in questions}
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    number = 22
    gaps = stream(plan.settings.seed, "gaps").choice([1, 2, 3], len(records), p=[0.72, 0.20, 0.08])
    for record, gap in zip(records, gaps, strict=True):
        number += int(gap)  # people who only opened the first page get a number too, but no record
        cells = {column: record.cells[code] for column, code in codes.items()}
        cells |= _metadata(plan, record, number)
        writer.writerow([cells[column] for column in header])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def _metadata(plan: Plan, record: Record, number: int) -> dict[str, str]:
    """Return the cells that the tool adds to the answers."""
    seen = [page for (page, _), seconds in zip(plan.pages, record.page_seconds, strict=True) if seconds is not None]
    elapsed = max(seconds for seconds in record.page_seconds if seconds is not None)
    return {
        "lfdn": str(number),
        "external_lfdn": record.token,
        "tester": "1" if record.kind == "tester" else "0",
        "dispcode": str(record.disposition),
        "lastpage": str(plan.pages[record.last_page][0]),
        "quality": CLOSED_UNSEEN,
        "duration": str(record.duration),
        "p_0001": record.invitation,
        "c_0001": _category(plan, "LANGUAGE", record.language).cell,
        "c_0002": _category(plan, "PARTNER", record.partner).cell,
        **record.machine,
        "quota": CLOSED_UNSEEN,
        "quota_assignment": CLOSED_UNSEEN,
        "quota_rejected_id": CLOSED_UNSEEN,
        "page_history": ",".join(map(str, seen)),
        "hflip": CLOSED_UNSEEN,
        "vflip": CLOSED_UNSEEN,
        "output_mode": "HTML",
        "javascript": "1",
        "flash": "-1",
        "language": str(record.language),
        "cleaned": "0",
        "ats": str(record.start),
        "datetime": _clock(record.start),
        "date_of_last_access": _clock(record.start + elapsed),
        "date_of_first_mail": NEVER,
        **{
            f"rts{page}": CLOSED_UNSEEN if seconds is None else str(seconds)
            for (page, _), seconds in zip(plan.pages, record.page_seconds, strict=True)
        },
    }


def _category(plan: Plan, variable: str, code: int) -> Category:
    return next(c for c in plan.codebook.categories(plan.codebook.by_code[variable]) if c.code == code)


def _clock(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
