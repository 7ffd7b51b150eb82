"""Distribution functions against tables and SciPy; the engine under test uses neither."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from recount.distributions import log_f_tail, log_t_two_sided, normal_quantile, t_quantile


@pytest.mark.parametrize(
    ("df", "quantile"),
    [(1, 12.7062047364), (3, 3.18244630528), (10, 2.22813885199), (30, 2.04227245630), (570, 1.96413456499)],
)
def test_t_quantiles_of_the_tables(df: float, quantile: float) -> None:
    assert t_quantile(0.95, df) == pytest.approx(quantile, rel=1e-10)


def test_normal_quantile_of_the_tables() -> None:
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-14)


@settings(max_examples=300, deadline=None)
@given(st.floats(0.05, 5e5), st.floats(0.01, 0.9999))
def test_t_quantile_inverts_the_tail(df: float, level: float) -> None:
    t = t_quantile(level, df)
    assert math.exp(log_t_two_sided(t, df)) == pytest.approx(1 - level, rel=1e-9)


@settings(max_examples=300, deadline=None)
@given(st.floats(1e-4, 1e3), st.floats(0.5, 60), st.floats(0.5, 5e4))
def test_f_tail(x: float, df1: float, df2: float) -> None:
    expected = float(special.betaincc(df1 / 2, df2 / 2, df1 * x / (df2 + df1 * x)))
    if expected > 1e-280:
        found = log_f_tail(x, df1, df2)
        assert found == pytest.approx(math.log(expected), rel=1e-9, abs=1e-10)


def test_far_tails_keep_their_digits() -> None:
    assert log_f_tail(300, 8, 2000) == pytest.approx(-771.3357698591, rel=1e-9)
    assert log_f_tail(0, 3, 10) == 0
    # P(|T| > t) of one degree of freedom is 2 * atan(1 / t) / pi
    assert log_t_two_sided(1e100, 1) == pytest.approx(math.log(2 / math.pi) - 100 * math.log(10), rel=1e-12)
