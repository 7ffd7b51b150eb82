"""What the second engine finds for one row of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from recount.intervals import NONE, Limits


@dataclass(frozen=True)
class Result:
    """A recomputed statistic.

    Parameters
    ----------
    id : ledger id
    value : None where it is not defined
    unit : share, mean, quantile, count, statistic, p or weight, as printed
    decimals : printed digits after the point (of the percentage, for shares)
    n_in, n_used, n_weighted, n_effective, numerator, denominator, se, limits, df : as in the ledger; None where the
        row has none
    n_excluded : records of the base that are not used, by reason; None where the row has none
    log_p : natural logarithm of a p-value, on which scale it is compared
    iterative : whether a fit stands behind it (weights): compared at 1e-6, else at 1e-9
    solved_limits : whether its limits alone solve an equation: they are compared at 1e-6, all else at 1e-9
    identity : what the ledger must say of the statistic besides its figures (wave, estimate, item, …)
    """

    id: str
    value: float | None
    unit: str
    decimals: int
    n_in: int | None = None
    n_used: int | None = None
    n_excluded: Mapping[str, int] | None = None
    n_weighted: float | None = None
    n_effective: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    se: float | None = None
    limits: Limits = NONE
    df: float | None = None
    log_p: float | None = None
    iterative: bool = False
    solved_limits: bool = False
    identity: dict[str, object] = field(default_factory=dict)
