"""Contrasts, scales, standardisation and intervals for counts."""

from __future__ import annotations

import numpy as np
import pytest

from surveytrail.statistics.contrasts import linear_contrasts, smooth_contrast
from surveytrail.statistics.count_intervals import clopper_pearson, newcombe_difference, newcombe_paired, wilson
from surveytrail.statistics.design import SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.estimators import mean
from surveytrail.statistics.replication import jackknife
from surveytrail.statistics.scales import cronbach_alpha, kappa
from surveytrail.statistics.standardisation import standardised_design
from tests.statistics.samples import draw_sample


def test_a_difference_is_the_mean_of_differences() -> None:
    design, y, _ = draw_sample(1)
    means = mean(design, y[:, [1, 3]], covariance=True)
    contrast = linear_contrasts(means.value, means.covariance, [1, -1])
    direct = mean(design, y[:, 1] - y[:, 3])
    assert contrast.value[0] == pytest.approx(direct.value[0, 0], rel=1e-12)
    assert contrast.standard_error[0] == pytest.approx(direct.standard_error[0, 0], rel=1e-10)


def test_smooth_functions_have_the_derivatives_of_calculus() -> None:
    value, matrix = np.array([2.0, 5.0]), np.array([[0.3, 0.1], [0.1, 0.4]])
    result = smooth_contrast(value, matrix, lambda p: np.array([np.log(p[0] / p[1]), p[0] * p[1]]))
    gradient = np.array([[1 / 2, -1 / 5], [5, 2]])
    np.testing.assert_allclose(result.covariance, gradient @ matrix @ gradient.T, rtol=1e-15)
    np.testing.assert_allclose(result.value, [np.log(0.4), 10.0], rtol=1e-15)


def test_contrasts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(StatisticsError, match="2 coefficients, one per estimate"):
        linear_contrasts([1.0, 2.0], np.eye(2), [1, -1, 0])
    with pytest.raises(StatisticsError, match="covariance=True"):
        linear_contrasts([1.0, 2.0], np.eye(3), [1, -1])


def test_alpha_by_its_definition_and_its_error_by_the_jackknife() -> None:
    generator = np.random.default_rng(2)
    trait = generator.normal(size=(300, 1))
    items = trait + generator.normal(size=(300, 4))
    equal = cronbach_alpha(SurveyDesign(np.ones(300)), items)
    spread = 4 / 3 * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1))
    assert equal.value == pytest.approx(spread, rel=1e-12)
    design = SurveyDesign(generator.uniform(1, 3, 300), (np.arange(300) % 3,))
    assert cronbach_alpha(jackknife(design), items).standard_error == pytest.approx(
        cronbach_alpha(design, items).standard_error, rel=0.02
    )
    items[:5] = np.nan
    assert cronbach_alpha(design, items).n_used == 295
    with pytest.raises(StatisticsError, match="at least two items"):
        cronbach_alpha(design, items[:, :1])


def test_kappa_uses_the_diagonal_also_for_three_categories() -> None:
    generator = np.random.default_rng(3)
    first = generator.integers(0, 3, 200)
    second = np.where(generator.random(200) < 0.7, first, generator.integers(0, 3, 200))
    table = np.zeros((3, 3))
    np.add.at(table, (first, second), 1 / 200)
    observed, expected = np.trace(table), table.sum(0) @ table.sum(1)
    design = SurveyDesign(np.ones(200))
    result = kappa(design, first, second)
    assert result.value == pytest.approx((observed - expected) / (1 - expected), rel=1e-12)
    assert kappa(jackknife(design), first, second).standard_error == pytest.approx(result.standard_error, rel=0.02)
    first[:10] = -1
    assert kappa(design, first, second).n_used == 190


def test_standardised_means_weigh_the_categories_as_the_population_does() -> None:
    generator = np.random.default_rng(4)
    n, population = 400, np.array([2.0, 5.0, 3.0])
    by, over, y = generator.integers(0, 3, n), generator.integers(0, 2, n), generator.normal(size=n)
    design = SurveyDesign(generator.uniform(1, 2, n))
    groups = over[:, None] == np.arange(2)
    got = mean(standardised_design(design, by, population, over), y, groups).value[0]
    cells = [[(mean(design, y, (over == g) & (by == b)).value[0, 0]) for b in range(3)] for g in range(2)]
    np.testing.assert_allclose(got, np.array(cells) @ population / 10.0, rtol=1e-12)
    with pytest.raises(StatisticsError, match="group 1, category 2"):
        standardised_design(design, by, population, over, ~((over == 1) & (by == 2)))


def test_count_intervals_are_the_published_ones() -> None:
    """Newcombe (1998a), 56/70 and 48/80; (1998b), 36, 12, 2, 0; Wilson's and the exact limits of 5/10."""
    result = newcombe_difference(56, 70, 48, 80)
    np.testing.assert_allclose([result.lower, result.upper], [0.0524, 0.3339], atol=5e-5)
    result = newcombe_paired(36, 12, 2, 0)
    np.testing.assert_allclose([result.lower, result.upper], [0.0569, 0.3404], atol=5e-5)
    np.testing.assert_allclose(wilson(5, 10)[1:], [0.2366, 0.7634], atol=5e-5)
    np.testing.assert_allclose(clopper_pearson(5, 10)[1:], [0.1871, 0.8129], atol=5e-5)


def test_count_intervals_at_the_ends_and_of_nobody() -> None:
    x, n = np.array([0, 10, 0]), np.array([10, 10, 0])
    for interval in (wilson(x, n), clopper_pearson(x, n)):
        assert interval.lower[0] == 0.0 and 0 < interval.upper[0] < 0.4
        assert interval.upper[1] == 1.0 and interval.lower[1] == pytest.approx(1 - interval.upper[0])
        assert np.isnan(interval.lower[2]) and np.isnan(interval.estimate[2])
    none = newcombe_paired(0, 0, 0, 54)
    assert none.estimate == 0.0 and -0.1 < none.lower < 0 < none.upper < 0.1


def test_counts_that_are_none_are_refused() -> None:
    for x, n in ((5, 4), (-1, 4), (1.5, 4)):
        with pytest.raises(StatisticsError, match="Not counts"):
            wilson(x, n)
    with pytest.raises(StatisticsError, match="Unusable confidence level"):
        wilson(1, 4, 95)


def test_a_coefficient_of_variation_of_zero_is_not_divided_by() -> None:
    estimates = mean(draw_sample(5).design, np.zeros(60))
    assert np.isnan(estimates.coefficient_of_variation[0, 0])
    assert estimates.interval(0.9).level == 0.9
