"""How long means with standard errors take: 200 binary items in 10 domains, linearised and with 500 replicates.

Ratios come from one run in which the contestants take turns. The bare product is the BLAS product of the same matrices:
a floor for anything that uses every replicate weight of every row. The two sparse products are the heart of a plain
prototype of the linearised variance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from benchmarks.peers import R_SURVEY, WORKS, PeerMissingError, run_peer
from benchmarks.timing import alternating, median_seconds, peak_megabytes, process_gigabytes
from surveytrail.statistics import estimators
from surveytrail.statistics.design import RegressionStep, ReplicateDesign, SurveyDesign

ITEMS, DOMAINS, REPLICATES, STRATA = 200, 10, 500, 4
PEER_ITEMS = 20
# Replicate weights of a million rows would fill the memory as one matrix; peers would take hours.
LARGEST_STORED = 100_000
LARGEST_FOR_PEERS = 100_000
SHORT = 10_000  # with fewer rows a work takes milliseconds, and is repeated more often

Record = dict[str, Any]


class Task(NamedTuple):
    """A stratified sample: weights (n,), strata (n,), domain codes (n,), items (n, k) of zeros and ones."""

    weights: np.ndarray
    strata: np.ndarray
    domain: np.ndarray
    items: np.ndarray


def draw(rows: int, seed: int = 1) -> Task:
    """A stratified sample with 0/1 items."""
    generator = np.random.default_rng(seed)
    items = generator.random((rows, ITEMS), dtype=np.float32) < np.linspace(0.05, 0.95, ITEMS, dtype=np.float32)
    strata = generator.integers(0, STRATA, rows)
    return Task(generator.uniform(0.5, 3.0, rows), strata, generator.integers(0, DOMAINS, rows), items)


def repeats_of(rows: int) -> int:
    """How often a linearised work is timed."""
    return 31 if rows < SHORT else 7 if rows <= LARGEST_STORED else 3


def run(sizes: Sequence[int]) -> Iterator[Record]:
    """Time the estimates for each number of rows; one record per measurement."""
    for rows in sizes:
        task = draw(rows)
        masks = task.domain[:, None] == np.arange(DOMAINS)
        design = SurveyDesign(task.weights, (task.strata,))
        _ = design.stages
        yield from _linearised(task, design, masks)
        if rows <= LARGEST_STORED:
            yield from _replicated(task, masks)
        if rows <= LARGEST_FOR_PEERS:
            yield from _peers(task, design, masks)
    yield {"work": "largest resident memory of this process, data included", "gigabytes": process_gigabytes()}


def _linearised(task: Task, design: SurveyDesign, masks: np.ndarray) -> list[Record]:
    rows = task.weights.shape[0]
    repeats = repeats_of(rows)
    clusters = task.strata * rows + np.random.default_rng(2).integers(0, rows // 20, rows)
    clustered = SurveyDesign(task.weights, (task.strata,), (clusters,))
    _ = clustered.stages
    margins = np.column_stack([np.ones(rows), task.strata[:, None] == np.arange(1, STRATA)]).astype(float)
    adjusted = task.weights * 1.1
    raked = design.calibrated(adjusted, RegressionStep.from_model(margins, task.weights, adjusted))
    works: dict[str, Any] = {
        "Taylor, strata": lambda: estimators.mean(design, task.items, masks),
        "Taylor, strata and clusters": lambda: estimators.mean(clustered, task.items, masks),
        "Taylor, raked weights": lambda: estimators.mean(raked, task.items, masks),
    }
    if rows <= LARGEST_STORED:
        floats = task.items.astype(float)
        works["Taylor, strata, items as float64"] = lambda: estimators.mean(design, floats, masks)
        works["two sparse products alone"] = lambda: _sparse_products(task, floats)
    seconds = alternating(list(works.values()), repeats)
    return [
        {
            "work": f"{ITEMS} items x {DOMAINS} domains, {name}" if "alone" not in name else name,
            "rows": rows, "seconds": own, "peak_mb": peak_megabytes(work),
        }
        for (name, work), own in zip(works.items(), seconds, strict=True)
    ]  # fmt: skip


def _sparse_products(task: Task, items: np.ndarray) -> None:
    """The plain prototype's two products: weights, and squared weights, summed by stratum and domain."""
    rows, groups = np.arange(task.weights.shape[0]), task.strata * DOMAINS + task.domain
    for values in (task.weights, task.weights**2):
        _ = sparse.csr_array((values, (groups, rows)), shape=(STRATA * DOMAINS, rows.size)) @ items


def _replicated(task: Task, masks: np.ndarray) -> Iterator[Record]:
    rows = task.weights.shape[0]
    counts = np.random.default_rng(3).poisson(1.0, (rows, REPLICATES))
    weights = task.weights[:, None] * counts
    items = task.items.astype(float)
    design = ReplicateDesign(
        task.weights, weights, 1 / (REPLICATES - 1), np.ones(REPLICATES), degrees_of_freedom=REPLICATES - 1.0
    )
    ours, bare = alternating(
        [lambda: estimators.mean(design, items, masks), lambda: weights.T @ items], 15 if rows < SHORT else 5
    )
    work = f"{ITEMS} items x {DOMAINS} domains, {REPLICATES} replicates"
    yield {
        "work": work, "rows": rows, "seconds": ours,
        "peak_mb": peak_megabytes(lambda: estimators.mean(design, items, masks)), "bare_product": bare,
        "times_bare": ours / bare,
    }  # fmt: skip
    own = estimators.mean(design, items, masks).standard_error
    arrays = {"weights": task.weights, "domain": task.domain, "items": items, "replicates": weights}
    for name in WORKS["replicates"]:
        yield peer_record(name, "replicates", work, arrays, ours, own)


def _peers(task: Task, design: SurveyDesign, masks: np.ndarray) -> Iterator[Record]:
    """Time the other packages: R's on all items, the slower ones on twenty, ours on the same."""
    repeats = repeats_of(task.weights.shape[0])
    for names, count in (([R_SURVEY], ITEMS), ([name for name in WORKS["means"] if name != R_SURVEY], PEER_ITEMS)):
        part = task._replace(items=np.ascontiguousarray(task.items[:, :count]))
        own = estimators.mean(design, part.items, masks)
        seconds = median_seconds(lambda part=part: estimators.mean(design, part.items, masks), repeats)
        work = f"{count} items x {DOMAINS} domains, Taylor"
        yield {"work": work, "rows": task.weights.shape[0], "seconds": seconds}
        arrays = {"weights": part.weights, "strata": part.strata, "domain": part.domain, "items": part.items}
        for name in names:
            yield peer_record(name, "means", work, arrays, seconds, own.standard_error)


def peer_record(
    name: str, kind: str, work: str, arrays: Mapping[str, np.ndarray], seconds: float, own: np.ndarray
) -> Record:
    """Time a peer once: `times_ours` is its time over ours, and its figures are held against ours."""
    try:
        result = run_peer(name, kind, arrays)
    except PeerMissingError as reason:
        return {"work": f"{work}, {name}", "skipped": str(reason)}
    positive = own.ravel() > 0
    return {
        "work": f"{work}, {name}", "rows": arrays["weights"].shape[0], "seconds": result.seconds,
        "times_ours": result.seconds / seconds,
        "largest_difference": float(np.abs(result.figures[positive] / own.ravel()[positive] - 1.0).max()),
    }  # fmt: skip
