"""Cells in which little or nothing is left: a defined result and a warning, never a silent NaN."""

from __future__ import annotations

import numpy as np
import pytest

from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.estimates import WARNINGS, Estimates
from surveytrail.statistics.estimators import correlation, mean, ratio, total, variance
from surveytrail.statistics.intervals import proportion_interval
from surveytrail.statistics.quantiles import quantiles

N = 12
WEIGHTS = np.linspace(1.0, 2.0, N)
DESIGN = SurveyDesign(WEIGHTS, (np.arange(N) % 2,))
REPLICATES = ReplicateDesign(
    WEIGHTS,
    WEIGHTS[:, None] * np.random.default_rng(0).integers(0, 3, (N, 40)),
    1 / 39,
    np.ones(40),
    degrees_of_freedom=10.0,
)
EMPTY, ONE, HALF = np.zeros(N, bool), np.arange(N) == 4, np.arange(N) < 6
DOMAINS = np.column_stack([EMPTY, ONE, HALF])
ITEMS = np.column_stack([np.arange(N) % 3 == 0, np.zeros(N), np.ones(N), np.full(N, np.nan)]).astype(float)


def no_silent_nan(estimates: Estimates) -> None:
    for cell in zip(*np.nonzero(np.isnan(estimates.value) | np.isnan(estimates.variance)), strict=True):
        assert estimates.warnings.get(tuple(int(i) for i in cell)), cell


@pytest.mark.parametrize("design", [DESIGN, REPLICATES], ids=["linearised", "replicates"])
@pytest.mark.parametrize("estimator", [mean, total, variance])
def test_degenerate_cells_say_why(design: SurveyDesign | ReplicateDesign, estimator: object) -> None:
    result = estimator(design, ITEMS, DOMAINS)  # type: ignore[operator]
    no_silent_nan(result)
    assert "empty_domain" in result.warnings[0, 0]
    assert "one_respondent" in result.warnings[0, 1]
    assert "all_missing" in result.warnings[3, 2]
    assert np.isnan(result.value[3, 2])
    assert result.n_used.tolist()[0] == [0, 1, 6] and result.n_used.tolist()[3] == [0, 0, 0]
    assert result.n_domain.tolist()[3] == [0, 1, 6]
    assert set(result.messages(3, 2)) <= set(WARNINGS.values())


def test_an_empty_domain_has_a_total_of_zero_and_no_mean() -> None:
    assert total(DESIGN, ITEMS[:, 0], EMPTY).value[0, 0] == 0.0
    assert np.isnan(mean(DESIGN, ITEMS[:, 0], EMPTY).value[0, 0])


def test_ratio_and_correlation_without_a_base_say_so() -> None:
    flat = ratio(DESIGN, ITEMS[:, 0], np.zeros(N))
    assert np.isnan(flat.value[0, 0]) and "zero_base" in flat.warnings[0, 0]
    constant = correlation(DESIGN, ITEMS[:, 0], np.ones(N))
    assert np.isnan(constant.value[0, 0]) and "zero_base" in constant.warnings[0, 0]


@pytest.mark.parametrize("method", ["logit", "xlogit", "beta", "wilson", "asin", "likelihood", "mean"])
@pytest.mark.parametrize("design", [DESIGN, REPLICATES], ids=["linearised", "replicates"])
def test_shares_of_zero_and_one_have_one_sided_limits(design: SurveyDesign | ReplicateDesign, method: str) -> None:
    shares = mean(design, ITEMS[:, 1:3], np.column_stack([HALF, ONE]))
    interval, warnings = proportion_interval(design, shares, method)
    assert interval.lower[0].tolist() == [0.0, 0.0] and interval.upper[1].tolist() == [1.0, 1.0]
    assert (interval.upper[0] > 0.3).all() and (interval.upper[0] < 1).all()
    np.testing.assert_allclose(interval.lower[1], 1.0 - interval.upper[0], rtol=1e-12)
    assert warnings[0, 0] == ("no_success",) and warnings[1, 0] == ("all_success",)


@pytest.mark.parametrize("method", ["logit", "beta", "wilson", "asin", "likelihood"])
def test_limits_stay_within_the_range_and_hold_the_share(method: str) -> None:
    generator = np.random.default_rng(1)
    items = generator.random((N, 30)) < np.linspace(0.05, 0.95, 30)
    shares = mean(DESIGN, items)
    interval, _ = proportion_interval(DESIGN, shares, method, 0.99)
    assert (interval.lower >= 0).all() and (interval.upper <= 1).all()
    assert (interval.lower <= shares.value).all() and (shares.value <= interval.upper).all()


def test_the_cap_widens_an_interval_of_a_lucky_design_effect() -> None:
    """All variation is between strata: the effective sample size exceeds the sample, unless capped."""
    strata = np.arange(40) % 4
    design = SurveyDesign(np.ones(40), (strata,))
    y = (strata < 2) | (np.arange(40) == 2)
    shares = mean(design, y)
    capped, free = (proportion_interval(design, shares, "beta", cap_effective_n=c).interval for c in (True, False))
    assert capped.upper[0, 0] - capped.lower[0, 0] > free.upper[0, 0] - free.lower[0, 0]


def test_no_degree_of_freedom_no_limits_but_a_warning() -> None:
    one_per_stratum = np.arange(N) < 2
    shares = mean(DESIGN, ITEMS[:, 0], one_per_stratum)
    interval, warnings = proportion_interval(DESIGN, shares, "logit")
    assert np.isnan(interval.lower[0, 0])
    assert "no_degrees_of_freedom" in warnings[0, 0]
    wide = proportion_interval(DESIGN, shares, "logit", df="design").interval
    assert np.isfinite(wide.lower[0, 0])


def test_requests_that_make_no_sense_are_refused_in_words() -> None:
    shares = mean(DESIGN, ITEMS[:, 0])
    with pytest.raises(StatisticsError, match="Unknown interval method"):
        proportion_interval(DESIGN, shares, "jeffreys")  # type: ignore[arg-type]
    with pytest.raises(StatisticsError, match="Not a share"):
        proportion_interval(DESIGN, mean(DESIGN, np.arange(N) * 1.0), "beta")
    with pytest.raises(StatisticsError, match="Unusable probabilities"):
        quantiles(DESIGN, ITEMS[:, 0], [0.0, 0.5])
    with pytest.raises(StatisticsError, match="Unknown quantile rule"):
        quantiles(DESIGN, np.arange(N) * 1.0, [0.5], rule="hf3")  # type: ignore[arg-type]
    with pytest.raises(StatisticsError, match="Interval needs replicate weights"):
        quantiles(DESIGN, ITEMS[:, 0], [0.5], interval="quantile")


def test_quantiles_of_little_say_what_is_missing() -> None:
    y = np.where(np.arange(N) < 3, np.nan, np.arange(N))
    result = quantiles(DESIGN, y, [0.02, 0.5], np.column_stack([EMPTY, np.arange(N) < 3, HALF]), interval="mean")
    assert result.n_used.tolist() == [[0, 0, 3]]
    for cell in zip(*np.nonzero(np.isnan(result.lower) | np.isnan(result.upper)), strict=True):
        assert result.warnings[tuple(int(i) for i in cell)] in (("no_value",), ("limit_outside_sample",))
    assert result.warnings[0, 0, 0] == ("no_value",)
    assert result.value[0, 2].tolist() == [3.0, 4.0]


def test_quantile_rules_are_those_of_unweighted_data() -> None:
    """With equal weights and distinct answers the rules are Hyndman and Fan's, as NumPy has them."""
    y = np.random.default_rng(5).normal(size=(31, 1))
    p = [0.1, 0.25, 0.5, 0.77, 0.9]
    names = {
        "hf1": "inverted_cdf", "hf2": "averaged_inverted_cdf", "hf4": "interpolated_inverted_cdf", "hf5": "hazen",
        "hf6": "weibull", "hf7": "linear", "hf8": "median_unbiased", "hf9": "normal_unbiased",
    }  # fmt: skip
    for rule, name in names.items():
        got = quantiles(SurveyDesign(np.ones(31)), y, p, rule=rule).value[0, 0]  # type: ignore[arg-type]
        np.testing.assert_allclose(got, np.quantile(y[:, 0], p, method=name), rtol=1e-12, err_msg=rule)  # type: ignore[call-overload]


def test_the_jackknife_warns_about_quantiles() -> None:
    from surveytrail.statistics.replication import jackknife

    result = quantiles(jackknife(DESIGN), np.arange(N) * 1.0, [0.5], interval="quantile")
    assert "jackknife_quantile" in result.warnings[0, 0, 0]
    assert np.isfinite(result.lower[0, 0, 0])


def test_score_limits_are_where_the_test_rejects() -> None:
    generator = np.random.default_rng(8)
    y = generator.normal(size=80)
    design = SurveyDesign(generator.uniform(1, 3, 80))
    result = quantiles(design, y, [0.4], interval="score")
    t = mean(design, y).quantile(0.95)[0, 0]

    def statistic(at: float) -> float:
        share = mean(design, (y <= at).astype(float))
        return float((0.4 - share.value[0, 0]) / share.standard_error[0, 0])

    below, above = np.sort(y[y < result.lower[0, 0, 0]])[-1], result.lower[0, 0, 0]
    assert statistic(below) > t >= statistic(above)
    assert statistic(result.upper[0, 0, 0]) <= -t < statistic(np.sort(y[y < result.upper[0, 0, 0]])[-1])
