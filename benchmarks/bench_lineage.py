"""What the lineage costs: the ledger of the study in the working folder with and without it, and the index on disk.

Both ways take turns in one process, so that a busy machine slows them alike. ``run_time_ratio`` is the time with
lineage over the time without; ``index_to_raw`` is bytes of the index (edges, sets of records) over bytes of raw files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.timing import alternating
from surveyspec.study import load_study
from surveytrail.pipeline import compute_ledger

REPEATS = 5


def run(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Measure on the study as it is; ``sizes`` are of no use here."""
    study = load_study(Path())
    made = compute_ledger(study)  # imports and caches are nobody's cost
    with_lineage, without = alternating(
        [lambda: compute_ledger(study), lambda: compute_ledger(study, with_lineage=False)], REPEATS
    )
    raw = sum((study.directory / file).stat().st_size for file in study.raw_files.values())
    index = sum(len(part.to_parquet(index=False)) for part in (made.edges, made.row_sets))
    numbers = {"numbers": len(made.frame), "edges": len(made.edges)}
    return [
        {"work": "all numbers without lineage", "seconds": without, **numbers},
        {"work": "all numbers with lineage", "seconds": with_lineage, "run_time_ratio": with_lineage / without},
        {"work": "index on disk", "index_bytes": index, "raw_bytes": raw, "index_to_raw": index / raw},
    ]
