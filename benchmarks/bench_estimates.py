"""How long means with standard errors take: 200 binary items in 10 domains, linearised and with 500 replicates.

Ratios come from one run in which the contestants take turns. The bare product is the BLAS product of the same matrices:
a floor for anything that uses every replicate weight of every row. The two sparse products are the heart of a plain
prototype of the linearised variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks.peers import PEERS, PeerMissingError, Task, r_survey_replicates
from benchmarks.timing import alternating, median_seconds, peak_megabytes, process_gigabytes
from surveytrail.statistics import estimators
from surveytrail.statistics.design import RegressionStep, ReplicateDesign, SurveyDesign
from surveytrail.statistics.estimates import Estimates

ITEMS, DOMAINS, REPLICATES, STRATA = 200, 10, 500, 4
PEER_ITEMS = 20
FULL_PEERS = {"R survey"}
# Replicate weights of a million rows would fill the memory as one matrix; peers would take hours.
LARGEST_STORED = 100_000
LARGEST_FOR_PEERS = 100_000

Record = dict[str, Any]


def draw(rows: int, seed: int = 1) -> Task:
    """A stratified sample with 0/1 items."""
    generator = np.random.default_rng(seed)
    items = generator.random((rows, ITEMS), dtype=np.float32) < np.linspace(0.05, 0.95, ITEMS, dtype=np.float32)
    strata = generator.integers(0, STRATA, rows)
    return Task(generator.uniform(0.5, 3.0, rows), strata, generator.integers(0, DOMAINS, rows), items)


def run(sizes: Sequence[int]) -> list[Record]:
    """Time the estimates for each number of rows; one record per measurement."""
    records: list[Record] = []
    for rows in sizes:
        task = draw(rows)
        masks = task.domain[:, None] == np.arange(DOMAINS)
        design = SurveyDesign(task.weights, (task.strata,))
        _ = design.stages
        records += _linearised(task, design, masks)
        if rows <= LARGEST_STORED:
            records += _replicated(task, masks)
        if rows <= LARGEST_FOR_PEERS:
            records += _peers(task, design, masks)
    records.append({"work": "largest resident memory of this process, data included", "gigabytes": process_gigabytes()})
    return records


def _linearised(task: Task, design: SurveyDesign, masks: np.ndarray) -> list[Record]:
    rows = task.weights.shape[0]
    repeats = 7 if rows <= LARGEST_STORED else 3
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


def _replicated(task: Task, masks: np.ndarray) -> list[Record]:
    rows = task.weights.shape[0]
    counts = np.random.default_rng(3).poisson(1.0, (rows, REPLICATES))
    weights = task.weights[:, None] * counts
    items = task.items.astype(float)
    design = ReplicateDesign(
        task.weights, weights, 1 / (REPLICATES - 1), np.ones(REPLICATES), degrees_of_freedom=REPLICATES - 1.0
    )
    ours, bare = alternating(
        [lambda: estimators.mean(design, items, masks), lambda: weights.T @ items], 9 if rows < 10_000 else 5
    )
    record = {
        "work": f"{ITEMS} items x {DOMAINS} domains, {REPLICATES} replicates", "rows": rows, "seconds": ours,
        "peak_mb": peak_megabytes(lambda: estimators.mean(design, items, masks)), "bare_product": bare,
        "times_bare": ours / bare,
    }  # fmt: skip
    return [record, *([_replicate_peer(task, weights, ours)] if rows <= LARGEST_FOR_PEERS else [])]


def _peers(task: Task, design: SurveyDesign, masks: np.ndarray) -> list[Record]:
    """Time the other packages: R's on all items, the slower ones on twenty, ours on the same."""
    records: list[Record] = []
    for names, count in ((FULL_PEERS, ITEMS), (set(PEERS) - FULL_PEERS, PEER_ITEMS)):
        part = task._replace(items=task.items[:, :count])
        own = estimators.mean(design, part.items, masks)
        seconds = median_seconds(lambda part=part: estimators.mean(design, part.items, masks), 7)
        work = f"{count} items x {DOMAINS} domains, Taylor"
        records.append({"work": work, "rows": task.weights.shape[0], "seconds": seconds})
        records += [_peer(name, work, part, seconds, own) for name in PEERS if name in names]
    return records


def _peer(name: str, work: str, task: Task, seconds: float, own: Estimates) -> Record:
    try:
        result = PEERS[name](task)
    except PeerMissingError as reason:
        return {"work": f"{work}, {name}", "skipped": str(reason)}
    return {
        "work": f"{work}, {name}", "rows": task.weights.shape[0], "seconds": result.seconds,
        "times_ours": result.seconds / seconds,
        "largest_difference_of_errors": float(np.abs(result.errors / own.standard_error - 1.0).max()),
    }  # fmt: skip


def _replicate_peer(task: Task, weights: np.ndarray, seconds: float) -> Record:
    work = f"{ITEMS} items x {DOMAINS} domains, {REPLICATES} replicates, R survey"
    try:
        result = r_survey_replicates(task, weights)
    except PeerMissingError as reason:
        return {"work": work, "skipped": str(reason)}
    return {
        "work": work, "rows": task.weights.shape[0], "seconds": result.seconds, "times_ours": result.seconds / seconds
    }  # fmt: skip
