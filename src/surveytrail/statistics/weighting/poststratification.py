"""Post-stratification: weights scaled to known population counts of the cells of one cross-classification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.weighting.margins import (
    Level,
    Margin,
    MarginLevel,
    check_base_weights,
    prepare,
    report,
)


@dataclass(frozen=True, eq=False)
class PoststratifyResult:
    """Post-stratified weights (n,), their factors (n,), and per cell respondents, target, total before and after."""

    weights: FloatArray
    adjustments: FloatArray
    margins: tuple[MarginLevel, ...]


def cross(columns: Sequence[Any]) -> np.ndarray[Any, np.dtype[Any]]:
    """Join the levels of several variables, each (n,), to one column of tuples (n,), as keys of cell targets."""
    joined = np.empty(len(columns[0]), dtype=object)
    joined[:] = list(zip(*(np.asarray(column).tolist() for column in columns), strict=True))
    return joined


def poststratify(
    base_weights: FloatArray, cells: Any, targets: Mapping[Level, float], *, name: str = "cell"
) -> PoststratifyResult:
    """Scale the weights within each cell to its population count.

    Parameters
    ----------
    base_weights: (n,) weights before, >= 0.
    cells: (n,) the cell of each row; `cross` builds it from several variables.
    targets: cell -> population count, for every cell.
    name: the name of the classification, for messages.

    Errors: StatisticsError for a cell without respondents or without a target (nothing is merged in silence).
    """
    base = check_base_weights(base_weights)
    margin = prepare(base, {name: (cells, targets)})[0]
    factors = (margin.targets / margin.totals(base))[margin.index]
    factors = np.where(base > 0, factors, 1.0)
    weights = base * factors
    return PoststratifyResult(weights, factors, report([margin], base, weights))


def poststratify_replicates(replicate_weights: FloatArray, margin: Margin, *, first_replicate: int = 1) -> FloatArray:
    """Scale every replicate (n, r) to the cell counts of `margin`, as prepared for the full sample.

    Errors: StatisticsError naming the replicate and the cell that has lost all its weight there.
    """
    weights = np.empty_like(replicate_weights)
    for column in range(replicate_weights.shape[1]):
        totals = margin.totals(replicate_weights[:, column])
        if (totals <= 0).any():
            cell = int(np.flatnonzero(totals <= 0)[0])
            raise StatisticsError(
                "Empty category in a replicate",
                f"`{margin.name}`, level `{margin.levels[cell]}` in replicate {first_replicate + column}: "
                f"target {margin.targets[cell]:.10g}, achieved 0",
                expected="some weight in every cell of every replicate",
                got="no respondent with weight",
                hint="likely cause: the cell has too few respondents; merge it with a neighbour, or use replicates "
                "that keep every respondent (Fay's BRR, a rescaled bootstrap)",
            )
        weights[:, column] = replicate_weights[:, column] * (margin.targets / totals)[margin.index]
    return weights
