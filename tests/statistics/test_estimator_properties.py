"""What must hold for any sample: invariances, and replicates against linearisation where theory makes them equal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveytrail.statistics import estimators
from surveytrail.statistics.design import SurveyDesign
from surveytrail.statistics.quantiles import quantiles
from surveytrail.statistics.replication import balanced_half_samples, jackknife
from tests.statistics.samples import Sample, draw_sample

SEEDS = st.integers(0, 10**6)
SIZES = st.integers(12, 60)
KINDS = st.sampled_from(["simple", "stratified", "clustered", "twostage"])
quick = settings(max_examples=25, deadline=None)


def close(first: np.ndarray, second: np.ndarray) -> None:
    np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-13)


def all_estimates(sample: Sample) -> list[np.ndarray]:
    """Values and variances of every estimator."""
    design, y, domains = sample
    with np.errstate(divide="ignore", invalid="ignore"):
        results = [
            estimators.mean(design, y, domains), estimators.total(design, y, domains),
            estimators.ratio(design, y, y[:, ::-1] + 1.0, domains), estimators.variance(design, y, domains),
            estimators.covariance(design, y, y[:, ::-1], domains),
        ]  # fmt: skip
    return [part for result in results for part in (result.value, result.variance)]


@quick
@given(seed=SEEDS, n=SIZES, kind=st.sampled_from(["simple", "clustered"]), factor=st.floats(0.01, 1000))
def test_scaling_the_weights_scales_totals_only(seed: int, n: int, kind: str, factor: float) -> None:
    sample = draw_sample(seed, n, kind=kind)
    design, y, domains = sample
    scaled = replace(design, weights=design.weights * factor)
    close(estimators.mean(scaled, y, domains).value, estimators.mean(design, y, domains).value)
    close(estimators.mean(scaled, y, domains).variance, estimators.mean(design, y, domains).variance)
    close(estimators.total(scaled, y, domains).value, factor * estimators.total(design, y, domains).value)
    close(estimators.total(scaled, y, domains).variance, factor**2 * estimators.total(design, y, domains).variance)
    halves = quantiles(scaled, y, [0.5]), quantiles(design, y, [0.5])
    np.testing.assert_array_equal(halves[0].value, halves[1].value)


@quick
@given(seed=SEEDS, n=SIZES, kind=KINDS, missing=st.sampled_from([0.0, 0.2]))
def test_row_order_is_of_no_account(seed: int, n: int, kind: str, missing: float) -> None:
    sample = draw_sample(seed, n, kind=kind, missing=missing)
    design, y, domains = sample
    order = np.random.default_rng(seed).permutation(n)
    shuffled = Sample(
        SurveyDesign(
            design.weights[order], tuple(c[order] for c in design.strata), tuple(c[order] for c in design.clusters),
            tuple(c[order] for c in design.population_sizes), single_unit=design.single_unit,
        ),
        y[order], domains[order],
    )  # fmt: skip
    for first, second in zip(all_estimates(sample), all_estimates(shuffled), strict=True):
        close(first, second)
    for rule in ("hf1", "hf2", "hf6", "hf7"):
        first, second = (quantiles(s.design, np.round(s.items), [0.3, 0.5], rule=rule) for s in (sample, shuffled))
        close(first.value, second.value)
        close(first.lower, second.lower)


@quick
@given(seed=SEEDS, n=SIZES, kind=st.sampled_from(["clustered", "stratified"]))
def test_two_half_weight_rows_are_one_respondent(seed: int, n: int, kind: str) -> None:
    design, y, domains = draw_sample(seed, n, kind=kind)
    clusters = design.clusters or (np.arange(n),)
    design = replace(design, clusters=clusters)
    again = np.concatenate([np.arange(n), np.arange(0, n, 3)])
    weights = design.weights.copy()
    weights[::3] /= 2
    split = SurveyDesign(
        weights[again], tuple(c[again] for c in design.strata), (clusters[0][again],),
        tuple(c[again] for c in design.population_sizes),
    )  # fmt: skip
    for estimator in (estimators.mean, estimators.total):
        whole, parts = estimator(design, y, domains), estimator(split, y[again], domains[again])
        close(whole.value, parts.value)
        close(whole.variance, parts.variance)
        np.testing.assert_array_equal(whole.degrees_of_freedom, parts.degrees_of_freedom)


@quick
@given(seed=SEEDS, n=SIZES, kind=KINDS)
def test_a_domain_is_the_full_design_with_weights_of_zero(seed: int, n: int, kind: str) -> None:
    design, y, domains = draw_sample(seed, n, kind=kind)
    mask = domains[:, 1]
    zeroed = replace(design, weights=np.where(mask, design.weights, 0.0))
    for estimator in (estimators.mean, estimators.total, estimators.variance):
        view, weights, column = estimator(design.subset(mask), y), estimator(zeroed, y), estimator(design, y, mask)
        for other in (weights, column):
            close(view.value, other.value)
            close(view.variance, other.variance)
            np.testing.assert_array_equal(view.degrees_of_freedom, other.degrees_of_freedom)


@quick
@given(seed=SEEDS, n=SIZES, kind=st.sampled_from(["simple", "stratified", "clustered"]))
def test_the_jackknife_variance_of_a_total_is_the_linearised_one(seed: int, n: int, kind: str) -> None:
    design, y, domains = draw_sample(seed, n, kind=kind)
    close(estimators.total(jackknife(design), y, domains).variance, estimators.total(design, y, domains).variance)


@quick
@given(seed=SEEDS, strata=st.integers(2, 12), fay=st.sampled_from([0.0, 0.3, 0.5]))
def test_balanced_half_samples_of_a_total_are_linearised_ones(seed: int, strata: int, fay: float) -> None:
    generator = np.random.default_rng(seed)
    n = 4 * strata
    stratum, cluster = np.repeat(np.arange(strata), 4), np.repeat(np.arange(2 * strata), 2)
    design = SurveyDesign(generator.uniform(1, 5, n), (stratum,), (cluster,))
    y = generator.normal(size=(n, 3))
    halves = balanced_half_samples(design, fay=fay)
    close(estimators.total(halves, y).variance, estimators.total(design, y).variance)


@quick
@given(seed=SEEDS, n=SIZES)
def test_a_ratio_to_one_is_a_mean_and_a_share_adds_up(seed: int, n: int) -> None:
    design, y, domains = draw_sample(seed, n, kind="clustered")
    ratio, mean = estimators.ratio(design, y, np.ones(n), domains), estimators.mean(design, y, domains)
    close(ratio.value, mean.value)
    close(ratio.variance, mean.variance)
    groups = (np.random.default_rng(seed).integers(0, 3, n)[:, None] == np.arange(3)).astype(float)
    shares = estimators.mean(design, groups, covariance=True)
    assert shares.value.sum() == pytest.approx(1.0)
    assert shares.covariance is not None
    np.testing.assert_allclose(shares.covariance.sum(axis=0), 0.0, atol=1e-15)


@quick
@given(seed=SEEDS, n=SIZES)
def test_the_correlation_ignores_units_and_knows_its_limits(seed: int, n: int) -> None:
    design, y, _ = draw_sample(seed, n)
    x, z = y[:, [1]], y[:, [3]]
    plain, moved = estimators.correlation(design, x, z), estimators.correlation(design, 3.0 * x - 7.0, -z)
    close(plain.value, -moved.value)
    close(plain.variance, moved.variance)
    same = estimators.correlation(design, x, 2.0 * x)
    assert same.value[0, 0] == pytest.approx(1.0, abs=1e-12)
    assert same.standard_error[0, 0] < 1e-10
