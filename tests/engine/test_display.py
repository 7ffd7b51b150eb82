"""Printed texts: half up on the exact fraction, in each language's own writing."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveytrail.ledger.display import interval_text, number_text, round_half_up, value_text

NARROW = "\u202f"


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        # Python's format() and round() give 0.2, 2.5 and 1.00 here
        (Fraction(25, 100), 1, "0.3"),
        (Fraction(255, 100), 1, "2.6"),
        (1.005, 2, "1.01"),
        (-0.25, 1, "-0.3"),
        (0.1 + 0.2, 1, "0.3"),
        (2.675, 2, "2.68"),
        (12.0, 0, "12"),
    ],
)
def test_half_up(value: float | Fraction, decimals: int, expected: str) -> None:
    assert round_half_up(value, decimals) == Decimal(expected)


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.integers(0, 4))
def test_half_up_is_the_nearest_and_never_below_a_tie(numerator: int, denominator: int, decimals: int) -> None:
    exact = Fraction(numerator, denominator)
    rounded = Fraction(round_half_up(exact, decimals))
    half = Fraction(1, 2 * 10**decimals)
    assert -half < rounded - exact <= half


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "12.3%"), ("fr", f"12,3{NARROW}%"), ("de", f"12,3{NARROW}%"), ("it", f"12,3{NARROW}%")],
)
def test_shares_are_percentages(language: str, expected: str) -> None:
    # 49 of 400 is 12.25 per cent exactly; as a float it would print 12.2
    assert value_text(49 / 400, "share", 1, language, (49, 400)) == expected


def test_counts_signs_p_values_and_gaps() -> None:
    assert value_text(1234567, "count", 0, "en") == "1,234,567"
    assert value_text(1234567, "count", 0, "fr") == f"1{NARROW}234{NARROW}567"
    assert value_text(1234567, "count", 0, "de") == "1’234’567"
    assert value_text(-0.517, "statistic", 2, "en") == "\u22120.52"
    assert value_text(-0.001, "statistic", 2, "en") == "0.00"
    assert value_text(0.0004, "p", 3, "en") == "<0.001"
    assert value_text(0.0004, "p", 3, "fr") == "<0,001"
    assert value_text(0.0125, "p", 3, "en") == "0.013"
    assert value_text(None, "share", 1, "en") == "–"


def test_intervals() -> None:
    assert interval_text(0.542, 0.6235, "share", 1, "en") == "54.2–62.4%"
    assert interval_text(0.542, 0.623, "share", 1, "fr") == f"54,2–62,3{NARROW}%"
    assert interval_text(1.2, 1.35, "mean", 2, "de") == "1,20–1,35"
    assert interval_text(None, None, "share", 1, "en") == "–"
    assert number_text(Decimal("1000.5"), "en") == "1,000.5"
