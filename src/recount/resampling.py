"""Bootstrap statements: intervals of ranks and indirect effects, from the draws that study seed and id determine."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from recount.draws import draw_records
from recount.outcomes import Outcome, Roles, complete, require
from recount.tables import FloatArray

# An indirect effect this small, in standard deviations of y per standard deviation of x, is zero.
NOTHING = 1e-12


def bootstrap_ranks(roles: Roles, parts: list[str], seed: Sequence[int], draws: int, level: float) -> list[Outcome]:
    """Rank items by their means, 1 = highest, with percentile intervals over the draws (Hall & Miller 2009)."""
    items = np.column_stack(roles["items"])
    items = items[~np.isnan(items).all(axis=1)]
    require(len(items) > 0 and not np.isnan(items).all(axis=0).any())
    observed = _ranked(items)
    drawn = np.sort(np.array([_ranked(items[rows]) for rows in draw_records(seed, len(items), draws)]), axis=0)
    places = [max(0, math.ceil(round(share * draws, 9)) - 1) for share in ((1 - level) / 2, (1 + level) / 2)]
    return [
        Outcome(len(items), effect=float(rank), limits=(float(low), float(high)), parts=(part,), iterative=True)
        for part, rank, low, high in zip(parts, observed, *drawn[places], strict=True)
    ]


def _ranked(items: FloatArray) -> FloatArray:
    """Return the rank of each item's mean; an item that nobody in a draw answered comes last."""
    known = ~np.isnan(items)
    means = np.where(known, items, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1e-300)
    above = (means[:, None] < means).sum(axis=1)
    same = (means[:, None] == means).sum(axis=1)
    return np.asarray(above + (same + 1) / 2, dtype=np.float64)


def indirect_effect(roles: Roles, seed: Sequence[int], draws: int, level: float) -> Outcome:
    """The product of two least-squares slopes: x on the mediator, the mediator on y (Preacher & Hayes 2008)."""
    x, mediator, y, *given = complete(
        roles["x"][0], roles["mediator"][0], roles["y"][0], *roles.get("given", [])
    )  # fmt: skip
    require(len(x) >= 4 + len(given))
    model = np.column_stack([np.ones(len(x)), x - x.mean(), *(column - column.mean() for column in given)])
    both = np.column_stack([mediator - mediator.mean(), y - y.mean()])
    observed = _product(model, both)
    found = np.sort([_product(model[rows], both[rows]) for rows in draw_records(seed, len(x), draws)])
    found = found[np.isfinite(found)]
    require(math.isfinite(observed) and len(found) > 0)
    # slopes of zero come out as rounding leaves them; whether a draw lies beyond 0 must not depend on that
    least = NOTHING * math.sqrt(float((both[:, 1] ** 2).sum()) / float((model[:, 1] ** 2).sum()))
    found = np.where(np.abs(found) <= least, 0.0, found)
    lower, upper = (_quantile(found, share) for share in ((1 - level) / 2, (1 + level) / 2))
    beyond = min(int((found <= 0).sum()), int((found >= 0).sum()))
    p = min(1.0, 2 * (beyond + 1) / (len(found) + 1))
    return Outcome(len(x), effect=observed, limits=(lower, upper), log_p=math.log(p), iterative=True)


def _product(model: FloatArray, both: FloatArray) -> float:
    """Return the slope of x on the mediator times that of the mediator on y, NaN where they cannot be told apart."""
    slopes, _, rank, _ = np.linalg.lstsq(model, both[:, 0], rcond=1e-12)
    full = np.column_stack([model, both[:, 0]])
    second, _, whole, _ = np.linalg.lstsq(full, both[:, 1], rcond=1e-12)
    return float(slopes[1] * second[-1]) if rank == model.shape[1] and whole == full.shape[1] else math.nan


def _quantile(ordered: FloatArray, share: float) -> float:
    """Return a quantile by linear interpolation between neighbours."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))
