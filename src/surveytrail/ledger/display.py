"""Printed text of numbers: half up, decided on the exact fraction where there is one."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache

from surveyspec.locales import LOCALES, MINUS, RANGE, VERDICTS

ROUNDING = "half up"
SIGNIFICANT_DIGITS = 12
# The digits before the point of the largest double, and more after it than anybody prints.
ANY_SIZE = Context(prec=400)


def round_half_up(value: float | Fraction, decimals: int) -> Decimal:
    """Round half away from zero.

    Parameters
    ----------
    value : an exact fraction, or a float, which is first taken to 12 significant digits so that the noise of
        floating-point arithmetic does not decide a tie
    decimals : digits after the point
    """
    step = Decimal(1).scaleb(-decimals)
    if isinstance(value, Fraction):
        scaled = abs(value) * 10**decimals
        rounded = Decimal(int(scaled + Fraction(1, 2))) * step
        return (-rounded if value < 0 else rounded).quantize(step, context=ANY_SIZE)
    return Decimal(f"{value:.{SIGNIFICANT_DIGITS}g}").quantize(step, rounding=ROUND_HALF_UP, context=ANY_SIZE)


def number_text(rounded: Decimal, language: str) -> str:
    """Write a rounded number with a language's separators."""
    locale = LOCALES[language]
    whole, _, fraction = f"{abs(rounded):f}".partition(".")
    groups = [whole[max(0, end - 3) : end] for end in range(len(whole), 0, -3)][::-1]
    sign = MINUS if rounded < 0 else ""
    return sign + locale.thousands.join(groups) + (locale.decimal + fraction if fraction else "")


@lru_cache(maxsize=100_000)
def value_text(
    value: float | None,
    unit: str,
    decimals: int,
    language: str,
    fraction: tuple[int, int] | None = None,
) -> str:
    """Write a value in its unit.

    Parameters
    ----------
    value : None where the statistic is not defined (printed as a dash)
    unit : ``share`` is printed as a percentage, ``p`` with a bound for very small values, ``verdict`` as a word
    fraction : numerator and denominator where the value is exactly their ratio
    """
    if value is None:
        return RANGE
    if unit == "verdict":
        return VERDICTS[int(value)][language]
    if unit == "p":
        smallest = Decimal(1).scaleb(-decimals)
        if value < float(smallest):
            return f"<{number_text(smallest, language)}"
    if unit == "share":
        exact = Fraction(100 * fraction[0], fraction[1]) if fraction and fraction[1] else 100 * value
        return number_text(round_half_up(exact, decimals), language) + LOCALES[language].percent
    return number_text(round_half_up(value, decimals), language)


@lru_cache(maxsize=100_000)
def interval_text(lower: float | None, upper: float | None, unit: str, decimals: int, language: str) -> str:
    """Write an interval; an undefined one is a dash."""
    if lower is None or upper is None:
        return RANGE
    scale, percent = (100, LOCALES[language].percent) if unit == "share" else (1, "")
    low, high = (number_text(round_half_up(scale * bound, decimals), language) for bound in (lower, upper))
    return f"{low}{RANGE}{high}{percent}"
