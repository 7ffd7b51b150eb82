"""No success, all successes, one respondent, nobody, nothing but missing answers: what each estimator makes of them.

Each cell has a defined value or a warning that says why there is none; a NaN never comes alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from recount import intervals as recounted
from surveytrail.statistics import chisquare, estimators, rank_tests, regression, scales, ttests
from surveytrail.statistics.contrasts import linear_contrasts, smooth_contrast
from surveytrail.statistics.count_intervals import clopper_pearson, newcombe_difference, newcombe_paired, wilson
from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.estimates import Estimates
from surveytrail.statistics.intervals import ProportionMethod, proportion_interval
from surveytrail.statistics.model_matrix import model_matrix
from surveytrail.statistics.quantiles import quantiles
from surveytrail.statistics.replication import bootstrap, jackknife
from surveytrail.statistics.unweighted import effect_intervals

N = 12
ROWS = np.arange(N)
WEIGHTS = np.linspace(1.0, 2.0, N)
STRATA = SurveyDesign(WEIGHTS, (ROWS % 2,))
DESIGNS: dict[str, SurveyDesign | ReplicateDesign] = {
    "strata": STRATA,
    "clusters": SurveyDesign(WEIGHTS, (), (ROWS // 2,)),
    "population sizes": SurveyDesign(WEIGHTS, (ROWS % 2,), (), (np.full(N, 50.0),)),
    "two stages": SurveyDesign(WEIGHTS, (), (ROWS // 4, ROWS), (np.full(N, 10.0), np.full(N, 20.0))),
    "jackknife": jackknife(STRATA),
    "bootstrap": bootstrap(STRATA, 30, 1),
}
BASES = {"nobody": np.zeros(N, bool), "one": ROWS == 4, "half": ROWS < 6}
MASKS = np.column_stack(list(BASES.values()))
NOBODY, ONE, HALF = range(3)
MIXED, NONE, ALL, MISSING = range(4)
ITEMS = np.column_stack([ROWS % 3 == 0, np.zeros(N), np.ones(N), np.full(N, np.nan)]).astype(float)

ESTIMATORS: dict[str, Callable[[Any], Estimates]] = {
    "mean": lambda d: estimators.mean(d, ITEMS, MASKS),
    "mean, apart": lambda d: estimators.mean(d, ITEMS, MASKS, apart=True),
    "mean, design effect": lambda d: estimators.mean(d, ITEMS, MASKS, design_effect="wor"),
    "total": lambda d: estimators.total(d, ITEMS, MASKS),
    "total, design effect": lambda d: estimators.total(d, ITEMS, MASKS, design_effect="wr"),
    "ratio": lambda d: estimators.ratio(d, ITEMS, ITEMS[:, [0, 2, 1, 3]], MASKS),
    "variance": lambda d: estimators.variance(d, ITEMS, MASKS),
    "covariance": lambda d: estimators.covariance(d, ITEMS, ROWS.astype(float), MASKS),
    "correlation": lambda d: estimators.correlation(d, ITEMS, ROWS.astype(float), MASKS),
}
METHODS: tuple[ProportionMethod, ...] = ("logit", "xlogit", "beta", "wilson", "asin", "likelihood", "mean")

designs = pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
pytestmark = pytest.mark.filterwarnings("error")


@designs
@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_nan_never_comes_alone(design: SurveyDesign | ReplicateDesign, name: str) -> None:
    result = ESTIMATORS[name](design)
    undefined = np.isnan(result.value) | np.isnan(result.variance)
    if result.design_effect is not None:
        undefined |= np.isnan(result.design_effect)
    for cell in zip(*np.nonzero(undefined), strict=True):
        assert result.messages(*map(int, cell)), cell
    for item in (MIXED, NONE, ALL):
        assert result.n_used[item].tolist() == [0, 1, 6]
        assert "empty_domain" in result.warnings[item, NOBODY] and "one_respondent" in result.warnings[item, ONE]
    for base in (ONE, HALF):
        assert "all_missing" in result.warnings[MISSING, base] and np.isnan(result.value[MISSING, base])


@designs
def test_shares_of_none_and_all(design: SurveyDesign | ReplicateDesign) -> None:
    shares = estimators.mean(design, ITEMS, MASKS)
    assert shares.value[NONE, ONE:].tolist() == [0.0, 0.0] and shares.value[ALL, ONE:].tolist() == [1.0, 1.0]
    assert shares.variance[NONE, HALF] == 0.0
    assert shares.variance[ALL, HALF] == pytest.approx(0.0, abs=1e-30)
    totals = estimators.total(design, ITEMS, MASKS)
    assert totals.value[:3, NOBODY].tolist() == [0.0, 0.0, 0.0] and totals.value[ALL, ONE] == WEIGHTS[4]


@designs
@pytest.mark.parametrize("method", METHODS)
def test_limits_of_shares(design: SurveyDesign | ReplicateDesign, method: ProportionMethod) -> None:
    shares = estimators.mean(design, ITEMS, MASKS)
    interval, warnings = proportion_interval(design, shares, method)
    for cell in zip(*np.nonzero(np.isnan(interval.lower) | np.isnan(interval.upper)), strict=True):
        assert warnings.get(cell) or shares.messages(*map(int, cell)), cell
    for base in (ONE, HALF):
        assert interval.lower[NONE, base] == 0.0 and 0.0 < interval.upper[NONE, base] < 1.0
        assert interval.upper[ALL, base] == 1.0 and 0.0 < interval.lower[ALL, base] < 1.0
        assert warnings[NONE, base] == ("no_success",) and warnings[ALL, base] == ("all_success",)


@designs
@pytest.mark.parametrize("method", ["mean", "xlogit", "beta", "wilson", "asin", "score", "quantile"])
def test_quantiles(design: SurveyDesign | ReplicateDesign, method: Any) -> None:
    if method == "quantile" and isinstance(design, SurveyDesign):
        with pytest.raises(StatisticsError, match="Interval needs replicate weights"):
            quantiles(design, ROWS * 1.0, [0.5], interval=method)
        return
    result = quantiles(design, np.column_stack([ROWS * 1.0, ITEMS]), [0.5], MASKS, interval=method)
    assert result.value[0, ONE, 0] == 4.0 and np.isnan(result.value[0, NOBODY, 0])
    assert result.value[1 + NONE, HALF, 0] == 0.0 and result.value[1 + ALL, HALF, 0] == 1.0
    assert result.warnings[0, NOBODY, 0][0] == "no_value" == result.warnings[1 + MISSING, HALF, 0][0]
    parts = (result.value, result.lower, result.upper, result.standard_error)
    for cell in zip(*np.nonzero(np.isnan(parts).any(axis=0)), strict=True):
        assert result.warnings.get(tuple(map(int, cell))), cell


@designs
def test_differences_of_domains(design: SurveyDesign | ReplicateDesign) -> None:
    means = estimators.mean(design, ROWS * 1.0, MASKS, covariance=True)
    found = linear_contrasts(means.value, means.covariance, [[0, 1, -1], [1, 0, -1]])
    assert np.isnan(found.value[1]) and set(found.warnings) >= {1}
    logs = smooth_contrast(means.value, means.covariance, lambda p: np.log(p[1] / p[2]))
    undefined = np.isnan(logs.value) | np.isnan(np.diagonal(logs.covariance))
    assert list(logs.warnings) == np.flatnonzero(undefined).tolist()
    whole = estimators.mean(design, np.column_stack([ROWS, ROWS % 5]) * 1.0, covariance=True)
    assert not linear_contrasts(whole.value, whole.covariance, [1, -1]).warnings


@designs
def test_scales(design: SurveyDesign | ReplicateDesign) -> None:
    same, codes = ITEMS[:, [NONE, ALL]], np.zeros(N, dtype=np.int64)
    for base in BASES.values():
        view = design.subset(base)
        for found in (scales.cronbach_alpha(view, same), scales.kappa(view, codes, codes)):
            assert np.isnan(found.value) and "not defined" in found.warnings[0]
    assert not scales.cronbach_alpha(design, np.column_stack([ROWS, ROWS % 5]) * 1.0).warnings
    assert not scales.kappa(design, ROWS % 2, ROWS % 3 // 2).warnings


@designs
@pytest.mark.parametrize("constant", [1.0, 0.1, 3.3, 7 / 3])
def test_outcomes_that_do_not_vary_are_not_tested(design: SurveyDesign | ReplicateDesign, constant: float) -> None:
    """Their standard errors are rounding errors of 1e-17; divided by each other these would make p-values."""
    y, two, three = np.full(N, constant), ROWS % 3 == 0, ROWS % 3
    for found in (
        ttests.one_sample(design, y, mean=constant),
        ttests.one_sample(design, y),
        ttests.paired(design, y + 0.2, y),
        ttests.two_groups(design, y, two),
        ttests.two_groups(design, np.where(two, y, 5.0), two),
        rank_tests.rank_test(design, y, two),
        rank_tests.rank_test(design, y, three),
    ):
        assert np.isnan(found.statistic) and np.isnan(found.p) and found.warnings, found.test
    model = regression.generalised_linear(design, y, model_matrix({"x": ROWS * 1.0}, ["x"]), family="gaussian")
    assert np.isnan(model.statistic).all() and model.warnings == (regression.EXACT_FIT,)


@designs
@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_tests_of_little(design: SurveyDesign | ReplicateDesign, base: np.ndarray) -> None:
    view, y = design.subset(base), ROWS * 1.0
    tests: list[Callable[[], Any]] = [
        lambda: ttests.one_sample(view, y),
        lambda: ttests.two_groups(view, y, ROWS % 3 == 0),
        lambda: rank_tests.rank_test(view, y, ROWS % 3),
        lambda: chisquare.independence(view, ROWS % 2, ROWS % 3),
        lambda: chisquare.independence(view, ROWS % 2, ROWS % 3, statistic="adjWald"),
        lambda: chisquare.goodness_of_fit(view, ROWS % 2, {0: 0.5, 1: 0.5}),
        lambda: regression.generalised_linear(view, y, model_matrix({"x": y % 4}, ["x"]), family="gaussian"),
    ]
    for test in tests:
        try:
            found = test()
        except StatisticsError as error:
            assert "expected" in str(error)
            continue
        assert base.any(), found
        assert not np.isnan(found.statistic).any() or found.warnings


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
def test_wilson_limits_are_exact_at_the_ends(level: float) -> None:
    """0 of n: the lower limit is 0, not 1e-18; n of n: the upper limit is 1. In both engines and for any n."""
    n = np.arange(1, 1001)
    none, every = wilson(np.zeros(1000), n, level), wilson(n, n, level)
    assert (none.lower == 0.0).all() and (every.upper == 1.0).all()
    z = effect_intervals.normal_quantile(level)
    np.testing.assert_allclose(none.upper, z**2 / (n + z**2), rtol=1e-12)
    np.testing.assert_allclose(every.lower, n / (n + z**2), rtol=1e-12)
    for size in (1, 7, 54, 571, 999):
        for limits in (recounted.wilson(0, size, level), effect_intervals.wilson(0, size, level)):
            assert limits[0] == 0.0 and limits[1] == pytest.approx(none.upper[size - 1], rel=1e-12)
        for limits in (recounted.wilson(size, size, level), effect_intervals.wilson(size, size, level)):
            assert limits[1] == 1.0 and limits[0] == pytest.approx(every.lower[size - 1], rel=1e-12)


def test_exact_and_difference_intervals_at_the_ends() -> None:
    n = np.arange(1, 200)
    assert (clopper_pearson(np.zeros(199), n).lower == 0.0).all() and (clopper_pearson(n, n).upper == 1.0).all()
    np.testing.assert_allclose(clopper_pearson(np.zeros(199), n).upper, 1 - 0.025 ** (1 / n), rtol=1e-10)
    ends = newcombe_difference([0, 5, 1], [5, 5, 1], [5, 0, 0], [5, 5, 1])
    assert ends.estimate.tolist() == [-1.0, 1.0, 1.0]
    assert ends.lower[0] == -1.0 and ends.upper[1] == 1.0 and ends.upper[2] == 1.0
    paired = newcombe_paired(0, 1, 0, 0)
    assert paired.estimate == 1.0 and paired.upper == 1.0 and -1.0 < paired.lower < 1.0
    nobody = newcombe_paired(0, 0, 0, 0)
    assert np.isnan([nobody.estimate, nobody.lower, nobody.upper]).all()
    assert recounted.wilson(0, 0, 0.95) == (None, None)
