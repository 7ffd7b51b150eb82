"""Answers that hardly carry a test: both engines say the same of every number, and nothing is missing in silence."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recount.comparing import compare
from surveyspec.study import load_study
from surveytrail.pipeline import compute_beside, compute_ledger, read_tables
from tests.recount.studies import recounted
from tests.recount.test_hypothesis_tests import HYPOTHESES
from tests.tiny import CONFIG, write_tiny

TESTED = CONFIG.replace(
    "report:",
    "hypotheses:\n"
    + "".join(
        f"  - {{id: {name}, label: {{en: x}}, wave: w1, plan: confirmatory, family: {name}, test: {name}, {roles}, "
        "expect: different}\n"
        for name, roles in HYPOTHESES.items()
    )
    + "report:",
)
Answers = Callable[[int, Callable[[], int]], tuple[int, int, int, int]]

# Seconds, size, use of A and of B of record i; `some()` is one of the three answers by chance, 0 stands for no answer.
PATTERNS: dict[str, Answers] = {
    "a is constant": lambda i, some: (100 + 7 * some() + i, 1 + i % 2, 2, some()),
    "a and b are the same": lambda i, some: (100 + 7 * some() + i, 1 + i % 2, 1 + i % 3, 1 + i % 3),
    "all seconds are tied": lambda i, some: (150, 1 + some() % 2, some(), some()),
    "nothing varies": lambda i, some: (150, 1 + i % 2, 2, 2),
    "seconds repeat a": lambda i, some: (100 * (1 + i % 3), 1 + some() % 2, 1 + i % 3, some()),
    "size repeats a": lambda i, some: (100 + 7 * some() + i, 1 + i % 2, 1 + i % 2, some()),
    "nobody answers": lambda i, some: (100 + i, 1 + i % 2, 0, 0),
    "two answer": lambda i, some: (100 + i, 1 + i % 2, 3 * (i in (5, 6)), (1 + i % 2) * (i in (5, 6))),
    "time separates a and b": lambda i, some: (100 + i, 1 + some() % 2, 1 if i < 20 else 3, 1 if i < 20 else 3),
    "slopes are zero": lambda i, some: (151 if i % 4 < 2 else 149, 1 + i % 2, 1 + i % 2 * 2, 1 + i // 2 % 2 * 2),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_both_engines_agree_where_little_is_left(pattern: str, tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    answers = [PATTERNS[pattern](i, lambda: int(chance.integers(1, 4))) for i in range(1, 41)]
    records = [f"{i};{';'.join(map(str, cells))};;" for i, cells in enumerate(answers, 1)]
    folder = write_tiny(tmp_path, config=TESTED, records=records)
    study = load_study(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libraries speak of divisions by zero; the ledger's warnings are looked at
        ledger = compute_ledger(study, read_tables(study), compute_beside(study), {}, with_lineage=False).frame
    rows = [
        {name: None if value is None or value != value else value for name, value in row.items()}
        for row in ledger.to_dict("records")
    ]
    assert len(rows) > 150
    verdicts = compare(rows, list(recounted(folder).values()), ["en"])
    assert {verdict.id: verdict.note for verdict in verdicts if not verdict.match} == {}
    silent = [
        row["id"]
        for row in rows
        if row["kind"] in ("estimate", "test") and row["value"] is None and not row["warning"] and not row["error"]
    ]
    assert silent == []
