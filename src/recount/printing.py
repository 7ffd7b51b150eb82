"""Printed texts of numbers, from whole-number arithmetic: rounded half up, with each language's separators."""

from __future__ import annotations

import math
from fractions import Fraction

from recount.results import Result
from surveyspec.locales import LOCALES, MINUS, RANGE, VERDICTS

TIE = 1e-12


def exact(value: float) -> Fraction:
    """Return a double at 12 significant digits, where the noise of floating-point sums has gone."""
    return Fraction(f"{value:.12g}")


def half_up(value: Fraction, decimals: int) -> int:
    """Return a value in units of its last printed digit, halves away from zero."""
    units = math.floor(abs(value) * 10**decimals + Fraction(1, 2))
    return -units if value < 0 else units


def written(units: int, decimals: int, language: str) -> str:
    """Write a whole number of last-digit units with a language's decimal mark, thousands and minus sign."""
    locale = LOCALES[language]
    whole, part = divmod(abs(units), 10**decimals)
    text = f"{whole:,}".replace(",", locale.thousands)
    if decimals:
        text += locale.decimal + f"{part:0{decimals}d}"
    return MINUS + text if units < 0 else text


def value_text(result: Result, language: str) -> str:
    """Return how a value is printed; an undefined one is a dash."""
    if result.value is None:
        return RANGE
    if result.unit == "verdict":
        return VERDICTS[round(result.value)][language]
    if result.unit == "p" and result.value < 10**-result.decimals:
        return "<" + written(1, result.decimals, language)
    percent = LOCALES[language].percent if result.unit == "share" else ""
    return written(half_up(_printed(result), result.decimals), result.decimals, language) + percent


def interval_text(result: Result, language: str) -> str | None:
    """Return how an interval is printed; None without one."""
    lower, upper = result.limits
    if lower is None or upper is None:
        return None
    scale, percent = (100, LOCALES[language].percent) if result.unit == "share" else (1, "")
    low, high = (
        written(half_up(exact(scale * limit), result.decimals), result.decimals, language) for limit in (lower, upper)
    )
    return f"{low}{RANGE}{high}{percent}"


def is_tie(result: Result) -> bool:
    """Say whether a value or a limit lies within 1e-12 (relative) of a half of its last printed digit.

    There the last bits of two engines may decide between two digits without either being wrong.
    """
    scale = (100 if result.unit == "share" else 1) * 10**result.decimals
    values = [value for value in (result.value, *result.limits) if value is not None]
    return any(abs(abs(value) * scale % 1 - 0.5) <= TIE * max(1.0, abs(value) * scale) for value in values)


def _printed(result: Result) -> Fraction:
    """Return the number to print: the exact fraction where the value is one."""
    assert result.value is not None
    if result.unit == "share" and result.denominator and result.numerator is not None:
        return Fraction(100 * result.numerator, result.denominator)
    return exact(100 * result.value) if result.unit == "share" else exact(result.value)
