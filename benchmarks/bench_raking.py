"""How long raking takes, from a study's size to a million rows, and the same for its replicates.

Data: three margins of 4, 7 and 9 levels, uneven targets, base weights between 0.5 and 2. Converges to 1e-12.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.bench_estimates import peer_record
from benchmarks.peers import WORKS
from benchmarks.timing import median_seconds, peak_megabytes
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


def run(sizes: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Time raking for each number of rows, here and by others; one record per measurement."""
    work = "rake, 3 margins"
    for rows in sizes:
        base, margins = sample(rows)
        result = weighting.rake(base, margins)
        seconds = median_seconds(lambda base=base, margins=margins: weighting.rake(base, margins), 7)
        yield {
            "work": work, "rows": rows, "seconds": seconds,
            "peak_mb": peak_megabytes(lambda base=base, margins=margins: weighting.rake(base, margins)),
            "iterations": result.iterations, "largest_error": result.largest_error,
        }  # fmt: skip
        arrays = {"weights": base}
        for place, (levels, targets) in enumerate(margins.values()):
            arrays |= {f"margin{place}": levels, f"margin{place}_targets": np.array(list(targets.values()))}
        for name in WORKS["rake"]:
            yield peer_record(name, "rake", work, arrays, seconds, result.weights)
        if rows <= 100_000:
            yield _replicates(rows, base, margins)


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
