"""Raking and trimming from their definitions, against the iterations that the definitions come from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recount.weighting import kish, rake, trimmed
from surveyspec.problems import StudyError


def fitted_proportionally(cells: np.ndarray, targets: list[np.ndarray]) -> np.ndarray:
    """Rake by iterative proportional fitting."""
    weights = np.ones(len(cells))
    for _ in range(5000):
        before = weights.copy()
        for place, target in enumerate(targets):
            weights *= (target / np.bincount(cells[:, place], weights, len(target)))[cells[:, place]]
        if np.abs(weights / before - 1).max() < 1e-15:
            break
    return weights


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(2, 5), min_size=1, max_size=3))
def test_raking_agrees_with_proportional_fitting(seed: int, sizes: list[int]) -> None:
    chance = np.random.default_rng(seed)
    cells = np.column_stack([chance.integers(0, size, 400) for size in sizes])
    targets = [400 * chance.dirichlet(np.full(size, 5.0)) for size in sizes]
    levels = {f"V{place}": list(range(size)) for place, size in enumerate(sizes)}
    weights = rake(cells, targets, "margins.csv", levels)
    np.testing.assert_allclose(weights, fitted_proportionally(cells, targets), rtol=1e-9)


def test_margins_that_no_weights_meet() -> None:
    cells = np.array([[0, 0], [1, 1], [0, 0], [1, 1]])  # two variables that say the same
    with pytest.raises(StudyError) as caught:
        rake(
            cells,
            [np.array([2.0, 2.0]), np.array([3.0, 1.0])],
            "margins.csv, weight 'r' of w1",
            {"A": [1, 2], "B": [7, 9]},
        )
    text = str(caught.value)
    assert "margins.csv, weight 'r' of w1" in text and "misses its total by" in text


def trimmed_step_by_step(weights: np.ndarray, bound: float) -> np.ndarray:
    """Cut at the bound and share the excess out equally among the others, until none is above."""
    weights = weights.copy()
    while (over := weights > bound).any():
        excess = (weights[over] - bound).sum()
        weights[over] = bound
        free = weights < bound
        weights[free] += excess / free.sum()
    return weights


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1.05, 6))
def test_trimming_agrees_with_cutting_step_by_step(seed: int, upper: float) -> None:
    weights = np.random.default_rng(seed).lognormal(0, 1, 60)
    bound = upper * weights.mean()
    found = trimmed(weights, bound)
    np.testing.assert_allclose(found, trimmed_step_by_step(weights, bound), rtol=1e-10)
    assert found.sum() == pytest.approx(weights.sum())
    assert found.max() <= bound


def test_trimming_by_hand() -> None:
    # bound 4: 7 is cut by 3 and the others get 1 each; 3.5 would reach 4.5, is cut, and the last two get 0.25 more
    assert trimmed(np.array([7.0, 3.5, 0.25, 0.25]), 4.0) == pytest.approx([4, 4, 1.5, 1.5])
    assert trimmed(np.array([1.0, 2.0]), 2.0).tolist() == [1, 2]
    with pytest.raises(StudyError, match="below the mean weight"):
        trimmed(np.array([1.0, 9.0]), 4.0)


def test_kish_by_hand() -> None:
    found = kish(np.array([1.0, 3.0, 0.0]))
    assert found == {"n": 2, "n_effective": 1.6, "deff": 1.25, "minimum": 1, "maximum": 3}
