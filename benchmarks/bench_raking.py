"""How long raking takes, from a study's size to a million rows, and the same for its replicates.

Data: three margins of 4, 7 and 9 levels, uneven targets, base weights between 0.5 and 2. Converges to 1e-12.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from surveytrail.statistics import weighting
from surveytrail.statistics.design import ReplicateDesign

LEVELS = (4, 7, 9)
REPLICATES = 100


def sample(rows: int, seed: int = 1) -> tuple[np.ndarray, dict[str, tuple[np.ndarray, dict[int, float]]]]:
    """Base weights (rows,) and margins that some weights meet."""
    generator = np.random.default_rng(seed)
    margins = {
        f"margin{size}": (
            generator.integers(0, size, rows).astype(np.int16),
            dict(enumerate(generator.dirichlet([10.0] * size) * rows * 5)),
        )
        for size in LEVELS
    }
    return generator.uniform(0.5, 2, rows), margins


def median_seconds(work: Callable[[], Any], repeats: int) -> float:
    """Median wall time of a piece of work."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def run(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Time raking for each number of rows.

    Returns one record per measurement: `work`, `rows`, `seconds` (median), `iterations`, `largest_error`.
    """
    records = []
    for rows in sizes:
        base, margins = sample(rows)
        result = weighting.rake(base, margins)
        records.append(
            {
                "work": "rake, 3 margins",
                "rows": rows,
                "seconds": median_seconds(lambda base=base, margins=margins: weighting.rake(base, margins), 7),
                "iterations": result.iterations,
                "largest_error": result.largest_error,
            }
        )
        if rows <= 100_000:
            records.append(_replicates(rows, base, margins))
    return records


def _replicates(rows: int, base: np.ndarray, margins: dict[str, tuple[np.ndarray, dict[int, float]]]) -> dict[str, Any]:
    counts = np.random.default_rng(2).poisson(1.0, (rows, REPLICATES))
    design = ReplicateDesign(base, base[:, None] * counts, 1 / REPLICATES, np.ones(REPLICATES))
    _, result = weighting.rake_design(design, margins)
    return {
        "work": f"rake, 3 margins, {REPLICATES} replicates",
        "rows": rows,
        "seconds": median_seconds(lambda: weighting.rake_design(design, margins), 3),
        "iterations": result.iterations,
        "largest_error": result.largest_error,
    }
