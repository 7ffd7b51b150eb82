"""The table of headline numbers under other decisions: from where to where they lead, and whether statements hold."""

from __future__ import annotations

from surveyspec.sensitivity import Multiverse, plan_sensitivity
from surveyspec.study import Study
from surveytrail.reporting.spans import NO_VALUE, markdown_table, note, num, word

RANGE = ("specifications", "smallest", "largest", "covering")
WIDTHS = (1, 1.2, 1, 1, 1.1, 1.1)


def sensitivity_table(study: Study) -> str:
    """Write one row per headline number, in the order of the study file; nothing where there are none."""
    multiverses = plan_sensitivity(study)
    if not multiverses:
        return ""
    head = [word(f"tables.sensitivity.{name}") for name in ("number", "reported", *RANGE, "claim")]
    rows = [_cells(multiverse) for multiverse in multiverses]
    table = markdown_table(head, rows, word("tables.sensitivity.caption"), "sensitivity", WIDTHS)
    return f"{table}\n{note(word('tables.sensitivity.note'))}"


def _cells(multiverse: Multiverse) -> list[str]:
    reported = multiverse.reported.id
    numbers = {summary.statistic: num(summary.id) for summary in multiverse.summaries}
    claims = [num(summary.id) for summary in multiverse.summaries if summary.claim is not None]
    return [
        num(reported, "label"),
        num(reported),
        *(numbers[name] for name in RANGE),
        word("tables.semicolon").join(claims) or NO_VALUE,
    ]
