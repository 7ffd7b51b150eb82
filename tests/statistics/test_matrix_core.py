"""The one-pass sums against estimates from scores, and their use of memory."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveytrail.statistics import blocks, estimators, fast_cells, moments, replicate_sums
from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.estimates import Estimates
from surveytrail.statistics.smooth import MEAN, TOTAL
from tests.statistics.samples import Sample, draw_sample

FIELDS = ("value", "variance", "n_used", "n_domain", "sum_of_weights", "degrees_of_freedom", "design_effect")


def from_scores(monkeypatch: pytest.MonkeyPatch, statistic: str, sample: Sample) -> Estimates:
    """The same estimates by the general path."""
    with monkeypatch.context() as patch:
        patch.setattr(estimators, "supports", lambda design: False)
        return getattr(estimators, statistic)(sample.design, sample.items, sample.domains, design_effect="wr")


def assert_same(fast: Estimates, slow: Estimates) -> None:
    for name in FIELDS:
        np.testing.assert_allclose(getattr(fast, name), getattr(slow, name), rtol=1e-10, atol=1e-14, err_msg=name)
    assert fast.warnings == slow.warnings


@pytest.mark.parametrize("statistic", ["mean", "total"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("kind", ["simple", "stratified", "clustered", "calibrated", "calibrated clustered"])
def test_sums_equal_scores(monkeypatch: pytest.MonkeyPatch, kind: str, missing: float, statistic: str) -> None:
    for rows in (1024, 7):
        for module in (blocks, moments):
            monkeypatch.setattr(module, "ROWS", rows)
        for seed in range(4):
            plain = kind.removeprefix("calibrated").strip() or "stratified"
            sample = draw_sample(seed, kind=plain, missing=missing, calibrated=kind.startswith("calibrated"))
            assert fast_cells.supports(sample.design)
            fast = getattr(estimators, statistic)(sample.design, sample.items, sample.domains, design_effect="wr")
            assert_same(fast, from_scores(monkeypatch, statistic, sample))


@pytest.mark.parametrize("statistic", ["mean", "total"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_replicate_sums_equal_single_estimates(monkeypatch: pytest.MonkeyPatch, missing: float, statistic: str) -> None:
    monkeypatch.setattr(replicate_sums, "ROWS", 13)
    sample = draw_sample(5, missing=missing)
    weights = np.random.default_rng(6).uniform(0, 3, (sample.design.n, 9))
    design = ReplicateDesign(sample.design.weights, weights, 1 / 8, np.ones(9), degrees_of_freedom=8)
    fast = getattr(estimators, statistic)(design, sample.items, sample.domains, design_effect="wr")
    slow = from_scores(monkeypatch, statistic, sample._replace(design=design))
    assert_same(fast, slow)
    np.testing.assert_allclose(fast.replicates, slow.replicates, rtol=1e-11)
    streamed = replace(design, replicate_weights=lambda: iter([weights[:, :4], weights[:, 4:]]))
    again = getattr(estimators, statistic)(streamed, sample.items, sample.domains)
    np.testing.assert_allclose(again.variance, fast.variance, rtol=1e-12)


def test_integers_and_booleans_are_read_as_numbers() -> None:
    sample = draw_sample(2)
    counts = np.random.default_rng(1).integers(0, 6, (60, 3))
    expected = estimators.mean(sample.design, counts.astype(float), sample.domains)
    for dtype in (np.int8, np.uint8, np.int64, np.float32):
        np.testing.assert_allclose(
            estimators.mean(sample.design, counts.astype(dtype), sample.domains).variance, expected.variance, rtol=1e-12
        )
    flags = counts > 2
    np.testing.assert_allclose(
        estimators.mean(sample.design, flags, sample.domains).variance,
        estimators.mean(sample.design, flags.astype(float), sample.domains).variance, rtol=1e-12,
    )  # fmt: skip


def test_numbers_far_from_zero_keep_their_digits() -> None:
    """Years and larger: plain sums of squares would lose all digits in which respondents differ."""
    sample = draw_sample(3)
    small = np.random.default_rng(2).integers(0, 2, (60, 2)).astype(float)
    near = estimators.mean(sample.design, small, sample.domains, design_effect="wr")
    far = estimators.mean(sample.design, small + np.array([2020.0, 1e9]), sample.domains, design_effect="wr")
    np.testing.assert_allclose(far.variance, near.variance, rtol=1e-10)
    np.testing.assert_allclose(far.design_effect, near.design_effect, rtol=1e-10)


def test_shares_of_zero_and_one_are_exact_and_do_not_vary() -> None:
    sample = draw_sample(4)
    items = np.column_stack([np.zeros(60), np.ones(60), np.full(60, 0.1)])
    result = estimators.mean(sample.design, items, sample.domains)
    assert result.value[0].tolist() == [0.0] * 3
    assert result.value[1].tolist() == [1.0] * 3
    assert (result.variance[:2] == 0).all()
    np.testing.assert_allclose(result.value[2], 0.1, rtol=1e-15)
    assert (result.standard_error[2] <= 1e-12).all()


def test_a_variable_constant_within_strata_does_not_vary() -> None:
    """All variation is between strata: the total is known, and rounding error is not passed off as variance."""
    strata = np.repeat(np.arange(5), 20)
    design = SurveyDesign(np.repeat([1.1, 2.3, 3.7, 0.9, 1.3], 20), (strata,))
    y = np.array([0.3, 11.1, 7.7, 5.3, 2.9])[strata]
    assert estimators.total(design, y).variance[0, 0] == 0.0
    assert estimators.mean(design, y).variance[0, 0] == 0.0


def test_overlapping_domains_are_split_into_layers() -> None:
    masks = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 1, 1], [1, 1, 0, 0]], dtype=bool)
    found = blocks.layers(masks)
    assert [layer.columns.tolist() for layer in found] == [[0], [1, 2], [3]]
    for layer in found:
        for code, column in enumerate(layer.columns):
            np.testing.assert_array_equal(layer.code == code, masks[:, column])


def test_domains_without_overlap_are_one_layer() -> None:
    masks = np.array([[0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=bool)  # nobody is in the third
    (layer,) = blocks.layers(masks)
    assert layer.code.tolist() == [1, -1, 0, 1] and layer.columns.tolist() == [0, 1, 2]


def test_no_domains_have_no_layer() -> None:
    assert blocks.layers(np.zeros((4, 0), dtype=bool)) == []


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(12, 80))
def test_blocks_of_any_size_give_the_same_sums(seed: int, n: int) -> None:
    sample = draw_sample(seed, n, kind="clustered", missing=0.2)
    whole = estimators.mean(sample.design, sample.items, sample.domains)
    with pytest.MonkeyPatch.context() as patch:
        for module in (blocks, moments):
            patch.setattr(module, "ROWS", 1 + seed % 9)
        parts = estimators.mean(sample.design, sample.items, sample.domains)
    np.testing.assert_allclose(parts.variance, whole.variance, rtol=1e-10, atol=1e-15)


def test_memory_does_not_grow_with_items_times_rows() -> None:
    """40,000 rows of 100 items are 4 MB of booleans; as float64 they would be 32 MB, their scores 32 MB per domain."""
    generator = np.random.default_rng(0)
    items = generator.random((40_000, 100)) < 0.3
    domain = generator.integers(0, 10, 40_000)[:, None] == np.arange(10)
    design = SurveyDesign(generator.uniform(1, 2, 40_000))
    _ = design.stages
    tracemalloc.start()
    estimators.mean(design, items, domain)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16e6


def test_designs_beyond_the_sums_go_by_scores() -> None:
    assert not fast_cells.supports(draw_sample(0, kind="twostage").design)
    lonely = SurveyDesign(np.ones(5), (np.array([0, 0, 1, 1, 2]),), single_unit="adjust")
    assert not fast_cells.supports(lonely)
    assert fast_cells.supports(replace(lonely, single_unit="remove"))
    assert MEAN.name == "mean" and TOTAL.name == "total"
