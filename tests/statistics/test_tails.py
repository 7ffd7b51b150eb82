"""Tail probabilities and sums of chi-squares, far beyond where p-values underflow."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from surveytrail.statistics import chisq_sums, tails
from surveytrail.statistics.errors import StatisticsError


@settings(max_examples=100, deadline=None)
@given(st.floats(0.01, 300), st.floats(0.5, 200), st.floats(1, 1000))
def test_tails_are_the_survival_functions(x: float, df1: float, df2: float) -> None:
    for ours, theirs in (
        (tails.chi_square(x, df1), stats.chi2.sf(x, df1)),
        (tails.f_distribution(x, df1, df2), stats.f.sf(x, df1, df2)),
        (tails.t_two_sided(x, df2), 2 * stats.t.sf(x, df2)),
        (tails.t_upper(-x, df2), stats.t.cdf(x, df2)),
        (tails.t_upper(x, df2), stats.t.sf(x, df2)),
        (tails.normal_two_sided(x / 10), 2 * stats.norm.sf(x / 10)),
    ):
        assert ours.p == pytest.approx(theirs, rel=1e-11, abs=1e-300)
        if ours.p > 1e-290:
            assert ours.log_p == pytest.approx(math.log(ours.p), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("df", [1.0, 3.0, 25.5])
def test_expansions_agree_with_the_library_where_both_work(df: float) -> None:
    for x in (200.0, 500.0, 1200.0):
        expansion = tails._log_upper_gamma(df / 2, x / 2)
        assert expansion == pytest.approx(math.log(stats.chi2.sf(x, df)), rel=1e-12)
        # P(F > x) with (df, 400) degrees of freedom is an incomplete beta function of 400 / (400 + df x).
        ratio = x / 40
        expansion = tails._log_incomplete_beta(200.0, df / 2, -math.log1p(df * ratio / 400))
        assert expansion == pytest.approx(math.log(stats.f.sf(ratio, df, 400)), rel=1e-11)
    assert tails.chi_square(1e4, df).p == 0.0 and math.isfinite(tails.chi_square(1e4, df).log_p)
    assert tails.t_two_sided(200.0, 800.0).p == 0.0
    assert tails.t_two_sided(200.0, 800.0).log_p == pytest.approx(stats.t.logpdf(200.0, 800.0), rel=0.01)


def test_known_extreme_values() -> None:
    # log of 2 * upper tail of the normal at 50: -x^2/2 - log(x sqrt(2 pi)) + log 2 + log(1 - 1/x^2 + 3/x^4)
    expected = -1250 - math.log(50 * math.sqrt(2 * math.pi)) + math.log(2) + math.log(1 - 1 / 2500 + 3 / 50**4)
    assert tails.normal_two_sided(50).log_p == pytest.approx(expected, rel=1e-12)
    assert tails.t_two_sided(50, math.inf) == tails.normal_two_sided(50)
    assert tails.f_distribution(2.0, 4.0, math.inf) == tails.chi_square(8.0, 4.0)
    # an exponential: chi-square with 2 df
    assert tails.chi_square(5000.0, 2.0).log_p == pytest.approx(-2500, rel=1e-13)
    # F with 2 and d df has the tail (1 + 2x/d)^(-d/2)
    assert tails.f_distribution(1e12, 2.0, 60.0).log_p == pytest.approx(-30 * math.log1p(2e12 / 60), rel=1e-12)


def test_degenerate_tails() -> None:
    assert tails.chi_square(0, 3) == (1.0, 0.0) and tails.t_two_sided(0, 3) == (1.0, 0.0)
    assert tails.t_two_sided(math.inf, 3) == (0.0, -math.inf)
    for tail in (tails.chi_square(math.nan, 1), tails.t_two_sided(1, math.nan), tails.f_distribution(1, 2, 0)):
        assert math.isnan(tail.p) and math.isnan(tail.log_p)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 400), st.integers(1, 40), st.floats(0.1, 10))
def test_equal_coefficients_give_a_chi_square(x: float, count: int, scale: float) -> None:
    for method in ("exact", "satterthwaite"):
        ours = chisq_sums.upper_tail(x * scale, np.full(count, scale), method=method)
        assert ours.p == pytest.approx(stats.chi2.sf(x, count), rel=1e-10, abs=1e-300)
    one = chisq_sums.upper_tail(x, np.array([1.0]), df=np.array([float(count)]), method="exact")
    assert one.p == pytest.approx(stats.chi2.sf(x, count), rel=1e-10, abs=1e-300)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 50), st.integers(1, 12), st.floats(3, 500))
def test_equal_coefficients_over_a_chi_square_give_an_f(x: float, count: int, df: float) -> None:
    for method in ("exact", "satterthwaite"):
        ours = chisq_sums.upper_tail(x, np.ones(count), method=method, denominator_df=df)
        assert ours.p == pytest.approx(stats.f.sf(x / count, count, df), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.05, 5), min_size=2, max_size=8), st.floats(0.3, 6))
def test_saddlepoint_is_close_to_exact(coefficients: list[float], multiple: float) -> None:
    a = np.array(coefficients)
    x = multiple * a.sum()
    exact, approximate = (chisq_sums.upper_tail(x, a, method=m) for m in ("exact", "saddlepoint"))
    assert approximate.p == pytest.approx(exact.p, rel=0.12)


def test_exact_against_simulation_and_two_exponentials() -> None:
    # a1 * chi2_2 + a2 * chi2_2 is a sum of two exponentials with a closed form.
    a1, a2, x = 3.0, 0.7, 11.0
    closed = (a1 * math.exp(-x / (2 * a1)) - a2 * math.exp(-x / (2 * a2))) / (a1 - a2)
    ours = chisq_sums.upper_tail(x, np.array([a1, a2]), df=np.array([2.0, 2.0]), method="exact")
    assert ours.p == pytest.approx(closed, rel=1e-13)
    far = chisq_sums.upper_tail(9000.0, np.array([a1, a2]), df=np.array([2.0, 2.0]), method="exact")
    assert far.p == 0.0 and far.log_p == pytest.approx(math.log(a1 / (a1 - a2)) - 1500, rel=1e-13)
    draws = np.random.default_rng(0).chisquare(1, (400_000, 3)) @ np.array([2.0, 1.0, -1.5])
    for point in (-2.0, 0.0, 3.0):
        ours = chisq_sums.upper_tail(point, np.array([2.0, 1.0, -1.5]), method="exact")
        assert ours.p == pytest.approx((draws > point).mean(), abs=0.003)


def test_saddlepoint_falls_back_to_satterthwaite_at_the_mean() -> None:
    a = np.array([2.0, 1.0])
    mean = [chisq_sums.upper_tail(3.0, a, method=method).p for method in ("saddlepoint", "satterthwaite")]
    assert mean[0] == mean[1]


def test_unusable_sums_are_refused() -> None:
    with pytest.raises(StatisticsError, match="at least one above 0"):
        chisq_sums.upper_tail(1.0, np.array([0.0, -1.0]))
    with pytest.raises(StatisticsError, match="satterthwaite, saddlepoint or exact"):
        chisq_sums.upper_tail(1.0, np.array([1.0]), method="magic")  # type: ignore[arg-type]
    assert math.isnan(chisq_sums.upper_tail(math.nan, np.array([1.0])).p)
    assert chisq_sums.upper_tail(-1.0, np.array([1.0]), method="exact") == (1.0, 0.0)
