"""How long ``trail dependents`` takes as a command, start of the process included, on the study in the working folder.

Of each raw file the column is asked for that most numbers read; a run must have left its results.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.timing import median_seconds
from surveyspec.loading import load_config
from surveytrail.proof.index import CellIndex

REPEATS = 5


def run(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Measure on the study as it is; ``sizes`` are of no use here."""
    files = load_config(Path())[0].raw_files
    index = CellIndex.read(Path())
    return [_measured(index, source, file) for source, file in files.items()]


def _measured(index: CellIndex, source: str, file: str) -> dict[str, Any]:
    work = f"trail dependents {file}"
    columns = {column: len(ties) for (wave, column), ties in index.by_column.items() if wave == source}
    if not columns:
        return {"work": work, "skipped": "no number reads this file"}
    column = max(columns, key=lambda name: columns[name])
    record = str(next(iter(index.records[index.by_column[source, column][0].row_set])))
    command = [sys.executable, "-m", "surveytrail.cli", "dependents", file, "--row", record, "--column", column]
    seconds = median_seconds(lambda: subprocess.run(command, check=True, capture_output=True), REPEATS)
    numbers = len({tie.number for tie in index.of_cell(source, int(record), column)})
    return {"work": work, "seconds": seconds, "column": column, "numbers": numbers}
