"""The negative control of comparing runs: one number that differs, and nothing else, must be reported."""

from __future__ import annotations

from dataclasses import replace

from surveytrail.comparing.causes import Comparison
from surveytrail.comparing.runs import Run


def negative_control(run: Run) -> tuple[str, bool]:
    """Compare a run with itself, the printed text of one number changed in memory.

    Returns
    -------
    the number, and whether it alone was reported; no number where the ledger has none
    """
    number = next((identifier for identifier, row in run.ledger.items() if row["text"]), "")
    other = replace(run)
    changed = {number: {**run.ledger[number], "text": '{"en": "something else"}'}} if number else {}
    other.__dict__["ledger"] = {**run.ledger, **changed}
    return number, [change.difference.id for change in Comparison(run, other).changes] == [number]
