"""Rao and Scott's test of weighted crosstabs: both engines, table by table."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recount.crosstabs import rao_scott
from recount.weighting import Weight
from surveytrail.statistics.chisquare import independence
from surveytrail.statistics.design import SurveyDesign
from surveytrail.statistics.outcome import TestResult

Columns = tuple[np.ndarray, np.ndarray, np.ndarray]


def drawn(seed: int, n: int, rows: int, columns: int) -> Columns:
    """Two related categories with missing answers, and weights."""
    generator = np.random.default_rng(seed)
    x = generator.integers(0, rows, n).astype(float)
    y = np.where(generator.random(n) < 0.2, x % columns, generator.integers(0, columns, n))
    x[generator.random(n) < 0.1], y[generator.random(n) < 0.1] = np.nan, np.nan
    return x, y, generator.lognormal(0.0, 0.6, n) * (generator.random(n) > 0.05)


def both(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> TestResult:
    """Run both engines, hold one against the other, and return the first one's result."""
    ours = independence(SurveyDesign(weights), x, y)
    theirs = rao_scott(x, y, np.ones(len(x)), Weight(weights, None, None, [], {}), 0.95)
    lower, upper = theirs.limits
    other = [
        theirs.effect,
        theirs.statistic,
        theirs.log_p,
        *(math.nan if one is None else one for one in (lower, upper)),
    ]
    own = [ours.effect_size, ours.statistic, ours.log_p, ours.effect_lower, ours.effect_upper]
    assert own == pytest.approx(other, rel=1e-6, abs=1e-9, nan_ok=True)
    return ours


@pytest.mark.parametrize("shape", [(2, 2), (2, 4), (3, 3), (5, 4)])
def test_random_tables(shape: tuple[int, int]) -> None:
    found = [both(*drawn(seed, n, *shape)) for seed in range(12) for n in (60, 600)]
    assert all(result.has_interval for result in found[1::2])


def test_an_answer_given_only_where_the_other_is_missing_is_no_level() -> None:
    x, y, weights = drawn(1, 200, 3, 2)
    y[x == 2] = np.nan
    result = both(x, y, weights)
    assert result.has_interval and result.df[0] == pytest.approx(1.0)


@pytest.mark.parametrize("levels", [2, 3, 4])
def test_a_perfect_relation_has_no_interval(levels: int) -> None:
    x = np.arange(120) % levels + 0.0
    result = both(x, x, np.linspace(0.5, 2.0, 120))
    assert result.effect_size == pytest.approx(1.0) and not result.has_interval


def test_too_many_empty_cells_leave_no_statistic() -> None:
    """Of 5 x 4 cells those on the diagonal and a few: the effects of the design cannot be solved for."""
    x, y = np.array([0, 1, 2, 3, 4, 0, 1] * 20) + 0.0, np.array([0, 1, 2, 3, 3, 0, 1] * 20) + 0.0
    result = both(x, y, np.linspace(0.5, 2.0, len(x)))
    assert math.isnan(result.statistic) and not result.has_interval
    assert any("empty cells" in warning for warning in result.warnings)
