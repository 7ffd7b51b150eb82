"""Wall time and peak memory of a piece of work."""

from __future__ import annotations

import resource
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any


def median_seconds(work: Callable[[], Any], repeats: int) -> float:
    """Median wall time of a piece of work."""
    return alternating([work], repeats)[0]


def alternating(works: list[Callable[[], Any]], repeats: int) -> list[float]:
    """Median wall times of several pieces of work that take turns, so that a busy machine slows all of them alike."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, own in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            own.append(time.perf_counter() - start)
    return [statistics.median(own) for own in times]


def peak_megabytes(work: Callable[[], Any]) -> float:
    """Most memory that a piece of work holds at a time, beyond what was there before."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def process_gigabytes() -> float:
    """Most memory that this process has held, data included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
