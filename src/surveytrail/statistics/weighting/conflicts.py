"""Why raking did not reach its margins, said in the margins' own words.

Iterative fitting fails for one of four reasons, looked for in this order: a level has lost all its weight (in a
replicate); two margins contradict each other because some combinations of levels do not occur; all margins together do,
in a way no pair shows; or a solution exists and more rounds would find it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from surveytrail.statistics.arrays import FloatArray, IntArray, weighted_counts
from surveytrail.statistics.errors import StatisticsError, shorten
from surveytrail.statistics.weighting.margins import Margin

_SLACK = 1e-9
_LARGEST_PROGRAM = 20_000


def explain_failure(
    margins: Sequence[Margin],
    cell_levels: Sequence[IntArray],
    start: FloatArray,
    fitted: FloatArray,
    iterations: int,
    tolerance: float,
    replicate: int | None = None,
) -> StatisticsError:
    """Build the error for a raking that did not converge.

    Parameters: `cell_levels` per margin (k,) the level of each occurring combination; `start` and `fitted` (k,) their
    weighted totals before raking and where it stopped; `replicate` the number of the replicate, if it is one.
    """
    occupied = start > 0
    levels = [column[occupied] for column in cell_levels]
    place = "" if replicate is None else f" in replicate {replicate}"
    margin, level, achieved, cause = _find_cause(margins, levels, start[occupied], fitted[occupied])
    target = float(margin.targets[level])
    return StatisticsError(
        "Raking did not converge",
        f"margin `{margin.name}`, level `{margin.levels[level]}`{place}: "
        f"target {target:.10g}, achieved {achieved:.10g}",
        expected=f"every achieved total within {tolerance:g} of its target (relative)",
        got=f"{abs(achieved / target - 1):.3g} relative distance after {iterations} rounds",
        hint=f"likely cause: {cause}",
    )


def _find_cause(
    margins: Sequence[Margin], levels: Sequence[IntArray], start: FloatArray, fitted: FloatArray
) -> tuple[Margin, int, float, str]:
    for margin, column in zip(margins, levels, strict=True):
        empty = np.flatnonzero(np.bincount(column, minlength=len(margin.levels)) == 0)
        if empty.size:
            return (
                margin,
                int(empty[0]),
                0.0,
                (
                    "the replicate has no respondent with weight in this level; merge it with a neighbour in margin "
                    "and data, or use replicates that keep every respondent (Fay's BRR, a rescaled bootstrap)"
                ),
            )
    conflict = _pairwise_conflict(margins, levels, fitted)
    if conflict is not None:
        return conflict
    margin, level, achieved = _worst(margins, levels, fitted)
    return margin, level, achieved, _joint_cause(margins, levels, start)


def _achieved(margin: Margin, column: IntArray, fitted: FloatArray) -> FloatArray:
    return weighted_counts(column, fitted, len(margin.levels))


def _worst(margins: Sequence[Margin], levels: Sequence[IntArray], fitted: FloatArray) -> tuple[Margin, int, float]:
    """The level that is furthest from its target, relative to the target."""
    candidates = []
    for margin, column in zip(margins, levels, strict=True):
        achieved = _achieved(margin, column, fitted)
        error = np.abs(achieved / margin.targets - 1)
        level = int(np.argmax(error))
        candidates.append((float(error[level]), margin, level, float(achieved[level])))
    _, margin, level, total = max(candidates, key=lambda item: item[0])
    return margin, level, total


def _pairwise_conflict(
    margins: Sequence[Margin], levels: Sequence[IntArray], fitted: FloatArray
) -> tuple[Margin, int, float, str] | None:
    """A level whose target exceeds all that the other margin grants to the levels it occurs with."""
    for one, (margin, column) in enumerate(zip(margins, levels, strict=True)):
        for two, (other, other_column) in enumerate(zip(margins, levels, strict=True)):
            if one == two:
                continue
            together = np.zeros((len(margin.levels), len(other.levels)), dtype=bool)
            together[column, other_column] = True
            granted = together @ other.targets
            over = margin.targets - granted > _SLACK * margin.targets
            if over.any():
                level = int(np.flatnonzero(over)[0])
                partners = [str(other.levels[i]) for i in np.flatnonzero(together[level])]
                achieved = float(_achieved(margin, column, fitted)[level])
                return (
                    margin,
                    level,
                    achieved,
                    (
                        f"margin `{other.name}` contradicts it: respondents with `{margin.name}` = "
                        f"`{margin.levels[level]}` occur only with `{other.name}` = {shorten(partners)}, whose targets "
                        f"add up to {granted[level]:.10g}; correct one of the two margins or merge the levels that "
                        "never occur together"
                    ),
                )
    return None


def _joint_cause(margins: Sequence[Margin], levels: Sequence[IntArray], start: FloatArray) -> str:
    """Whether positive weights that meet all margins exist, by a linear programme over the occurring combinations."""
    merge = "merge rare levels by name, or drop a margin"
    cells = start.shape[0]
    if cells > _LARGEST_PROGRAM:
        return f"too few rounds, or margins that no positive weights meet together; raise max_iterations or {merge}"
    from scipy import optimize, sparse

    total = float(margins[0].targets.sum())
    blocks = [
        sparse.csc_array((np.ones(cells), (column, np.arange(cells))), shape=(len(margin.levels), cells))
        for margin, column in zip(margins, levels, strict=True)
    ]
    summing = sparse.vstack(blocks).tocsc()
    share = start / start.sum()
    # Largest t such that cells >= t * (their starting share) meet all margins: no solution, t = 0, or room inside.
    equal = sparse.hstack([summing, sparse.csc_array((summing @ share)[:, None])])
    goal = np.append(np.zeros(cells), -1.0)
    targets = np.concatenate([margin.targets for margin in margins]) / total
    solved = optimize.linprog(goal, A_eq=equal, b_eq=targets, bounds=[(0, None)] * (cells + 1), method="highs")
    if solved.status == 2:
        return f"no weights meet all margins together, given which combinations of levels occur in the sample; {merge}"
    if solved.status == 0 and -solved.fun < 1e-9:
        return (
            "the margins can only be met with weights of 0 for some combinations of levels, which raking approaches "
            f"ever more slowly; {merge}"
        )
    return "the margins can be met, but more rounds are needed; raise max_iterations"
