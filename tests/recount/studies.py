"""Tiny studies recounted in tests, and ledgers that hold exactly what a recount finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from recount.printing import interval_text, value_text
from recount.raw import connect
from recount.results import Result
from recount.waves import recount_wave
from surveyspec.study import load_study

LEDGER_COLUMNS = pyarrow.schema(
    [
        *(
            (name, pyarrow.string())
            for name in ("id", "kind", "wave", "estimate", "item", "weight", "estimator", "statistic", "unit")
        ),
        *((name, pyarrow.int64()) for name in ("category", "numerator", "denominator", "n_in", "n_used", "decimals")),
        *(
            (name, pyarrow.float64())
            for name in ("value", "se", "lower", "upper", "df", "n_weighted", "n_effective", "interval_level")
        ),
        *(
            (name, pyarrow.string())
            for name in ("text", "interval_text", "interval_method", "spec_digest", "n_excluded")
        ),
    ]
)
COPIED = [
    "value", "unit", "decimals", "n_in", "n_used", "n_weighted", "n_effective", "numerator", "denominator", "se", "df",
]  # fmt: skip


def recounted(folder: Path, wave: str = "w1") -> dict[str, Result]:
    """Recount a wave of a study folder."""
    with connect(folder / "scratch") as connection:
        return {result.id: result for result in recount_wave(connection, load_study(folder), wave)}


def ledger_rows(results: dict[str, Result], languages: list[str]) -> list[dict[str, Any]]:
    """Return ledger rows that say what the results say."""
    rows = []
    for result in results.values():
        intervals = {language: interval_text(result, language) for language in languages}
        rows.append(
            {
                **result.identity,
                "id": result.id,
                **{name: getattr(result, name) for name in COPIED},
                "n_excluded": None if result.n_excluded is None else json.dumps(result.n_excluded),
                "lower": result.limits[0],
                "upper": result.limits[1],
                "text": json.dumps({language: value_text(result, language) for language in languages}),
                "interval_text": json.dumps(intervals) if result.limits[0] is not None else None,
            }
        )
    return rows


def write_ledger(rows: list[dict[str, Any]], path: Path) -> Path:
    """Write ledger rows as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=LEDGER_COLUMNS), path)
    return path
