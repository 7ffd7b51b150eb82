"""Printed texts: half up on exact fractions, each language's separators."""

from __future__ import annotations

import pytest

from recount.printing import interval_text, is_tie, value_text
from recount.results import Result

THIN = "\u202f"


def share(numerator: int, denominator: int, decimals: int = 1) -> Result:
    value = numerator / denominator
    return Result("x", value, "share", decimals, numerator=numerator, denominator=denominator)


@pytest.mark.parametrize(
    ("result", "language", "text"),
    [
        (share(233, 400), "en", "58.3%"),  # 58.25 exactly: binary rounding gives 58.2
        (share(233, 400), "fr", f"58,3{THIN}%"),
        (share(233, 400), "de", f"58,3{THIN}%"),
        (share(1, 1), "it", f"100,0{THIN}%"),
        (share(1, 200, 0), "en", "1%"),
        (Result("x", 0.5825, "share", 1), "en", "58.3%"),
        (Result("x", 1614.5, "count", 0), "en", "1,615"),
        (Result("x", 1614.5, "count", 0), "fr", f"1{THIN}615"),
        (Result("x", 1234567.0, "count", 0), "de", "1’234’567"),
        (Result("x", -0.125, "statistic", 2), "en", "−0.13"),
        (Result("x", -0.004, "statistic", 2), "en", "0.00"),
        (Result("x", 2.675, "mean", 2), "it", "2,68"),
        (Result("x", 2.6749999999999, "mean", 2), "en", "2.68"),  # a tie at 12 significant digits
        (Result("x", 0.0009999, "p", 3), "en", "<0.001"),
        (Result("x", 0.0009999, "p", 3), "de", "<0,001"),
        (Result("x", 0.001, "p", 3), "en", "0.001"),
        (Result("x", None, "mean", 2), "en", "–"),
    ],
)
def test_values(result: Result, language: str, text: str) -> None:
    assert value_text(result, language) == text


def test_intervals() -> None:
    result = Result("x", 0.58, "share", 1, limits=(0.5415, 0.6225))
    assert interval_text(result, "en") == "54.2–62.3%"
    assert interval_text(result, "fr") == f"54,2–62,3{THIN}%"
    assert interval_text(Result("x", 0.0, "statistic", 2, limits=(-1.005, 1.0)), "de") == "−1,01–1,00"
    assert interval_text(Result("x", 0.0, "statistic", 2), "de") is None


def test_ties_are_recognised() -> None:
    assert is_tie(Result("x", 0.5825, "share", 1))
    assert is_tie(Result("x", 0.3, "share", 1, limits=(0.2005, 0.4)))
    assert not is_tie(Result("x", 0.582501, "share", 1))
    assert not is_tie(Result("x", None, "share", 1))
