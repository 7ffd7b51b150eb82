"""Krippendorff's alpha against the worked examples that he published, and its bootstrap interval."""

from __future__ import annotations

import numpy as np
import pytest

from surveytrail.statistics.agreement import nominal_alpha, value_counts
from surveytrail.statistics.errors import StatisticsError

NAN = float("nan")
# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, examples A, B and C (nominal)
BINARY = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
NOMINAL = [[ord(value) for value in coder] for coder in ("aabbdcccedda", "babbbccceddd")]
MISSING = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]


@pytest.mark.parametrize(
    ("values", "published", "units"), [(BINARY, 0.095, 10), (NOMINAL, 0.692, 12), (MISSING, 0.743, 11)]
)
def test_published_examples(values: list[list[float]], published: float, units: int) -> None:
    found = nominal_alpha(value_counts(values), seed=1, draws=200)
    assert round(found.alpha, 3) == published
    assert found.units == found.blocks == units  # the unit that one coder saw is not paired
    assert found.lower < found.alpha < found.upper


def test_the_interval_is_that_of_samples_of_units() -> None:
    """The same draws, each turned into coders' values again and computed from the definition by pairs."""
    counts = value_counts(MISSING)
    found = nominal_alpha(counts, seed=[5, 6], draws=300, level=0.9)
    units = [[value for value in column if value == value] for column in zip(*MISSING, strict=True)]
    paired = [unit for unit in units if len(unit) > 1]
    drawn = []
    for rows in np.random.Generator(np.random.PCG64([5, 6])).integers(0, len(paired), size=(300, len(paired))):
        sample = [paired[row] for row in rows]
        everything = [value for unit in sample for value in unit]
        n = len(everything)
        observed = sum(sum(a != b for a in unit for b in unit) / (len(unit) - 1) for unit in sample) / n
        expected = sum(a != b for a in everything for b in everything) / (n * (n - 1))
        drawn.append(1 - observed / expected)
    assert (found.lower, found.upper) == pytest.approx(tuple(np.quantile(drawn, [0.05, 0.95])), rel=1e-12)


def test_decisions_of_one_segment_are_drawn_together() -> None:
    """Two identical decisions per segment: as many units, the same alpha up to n - 1, the same spread over draws."""
    once = value_counts(BINARY)
    twice = np.concatenate([once, once], axis=1)
    single, double = (nominal_alpha(counts, seed=3, draws=500) for counts in (once, twice))
    assert (double.units, double.blocks) == (20, 10)
    n = 20
    assert 1 - double.alpha == pytest.approx((1 - single.alpha) * (2 * n - 1) / (2 * n) * n / (n - 1))
    assert double.upper - double.lower == pytest.approx(single.upper - single.lower, rel=0.05)


def test_what_is_not_defined() -> None:
    same = nominal_alpha(value_counts([[1, 1, 1], [1, 1, 1]]), seed=1, draws=100)
    assert np.isnan([same.alpha, same.lower, same.upper]).all()
    perfect = nominal_alpha(value_counts([[1, 2, 1, 2], [1, 2, 1, 2]]), seed=1, draws=100)
    assert perfect.alpha == 1
    assert np.isnan([perfect.lower, perfect.upper]).all()
    assert perfect.undefined > 0
    with pytest.raises(StatisticsError, match="Nothing to compare"):
        nominal_alpha(value_counts([[1, 2, NAN], [NAN, NAN, 3]]), seed=1, draws=100)


def test_the_same_seed_gives_the_same_interval() -> None:
    one, again, other = (nominal_alpha(value_counts(NOMINAL), seed=seed, draws=200) for seed in (9, 9, 10))
    assert one == again
    assert (one.lower, one.upper) != (other.lower, other.upper)
