"""What a test returns, whichever library or formula it came from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class TestResult:
    """One test.

    Attributes
    ----------
    test: the name of the test as asked for.
    statistic, statistic_name: the value and its letter (t, F, chi2, W, ...).
    df: degrees of freedom, numerator first; empty where the distribution has none.
    p, log_p: p-value and its natural logarithm (finite where p has underflowed to 0).
    effect_size, effect_name: the size of the effect; NaN and "" where none is defined.
    effect_lower, effect_upper: its interval; NaN where no method is known.
    interval_method: how the interval was made, with its level.
    n_used: rows that took part.
    library: what computed it.
    warnings: sentences for the reader.
    details: further numbers by name (means, standard errors, counts of ties, ...).
    """

    __test__: ClassVar[bool] = False

    test: str
    statistic: float
    statistic_name: str
    df: tuple[float, ...]
    p: float
    log_p: float
    effect_size: float
    effect_name: str
    effect_lower: float
    effect_upper: float
    interval_method: str
    n_used: int
    library: str
    warnings: tuple[str, ...] = ()
    details: Mapping[str, float] = field(default_factory=dict)

    @property
    def has_interval(self) -> bool:
        """Whether the effect size comes with an interval."""
        return math.isfinite(self.effect_lower) or math.isfinite(self.effect_upper)
