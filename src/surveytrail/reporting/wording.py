"""Texts of one number for its popover and its entry in the audit appendix, per language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pandas as pd

from surveyspec.identifiers import UNWEIGHTED
from surveyspec.study import Study
from surveytrail.ledger.display import number_text, value_text
from surveytrail.reporting.extension import word, words


@lru_cache(maxsize=10_000)
def count_text(count: int, language: str) -> str:
    """Write a count with a language's separator of thousands."""
    return number_text(Decimal(count), language)


def local(texts: object, languages: list[str]) -> dict[str, str] | None:
    """Read a JSON column of local texts, for the languages asked for; None if empty."""
    if texts is None or (isinstance(texts, float) and pd.isna(texts)):
        return None
    found = json.loads(str(texts))
    return {language: str(found[language]) for language in languages if language in found} or None


def integer(value: Any) -> int | None:
    """Return a nullable integer of a frame as an int or None."""
    return None if value is None or pd.isna(value) else int(str(value))


def base_text(row: Mapping[str, Any], languages: list[str]) -> dict[str, str]:
    """Say who the number is about: how many respondents, and of which group."""
    used = integer(row["n_used"])
    if used is None:
        used = integer(row["n_in"])
    groups = local(row["group_label"], languages) or {}
    texts = {}
    for language in languages:
        unit = word(_unit(row), language)
        number = "–" if used is None else f"{count_text(used, language)} {unit}"
        texts[language] = f"{number} ({groups[language]})" if groups.get(language) else number
    return texts


def _unit(row: Mapping[str, Any]) -> str:
    """Return the word for what a number counts or is computed over."""
    if row["kind"] == "interview":
        return "segments" if row["estimate"] == "alpha" or row["statistic"] == "segments" else "interviews"
    if row["kind"] == "sensitivity":  # a number about all specifications has a statistic of its own
        return "respondents" if row["statistic"] == row["estimator"] else "specifications"
    asked = dict.fromkeys(("estimate", "test", "scale", "nonresponse"), "respondents")
    return {**asked, "response": "cases"}.get(str(row["kind"]), "records")


def rows_text(row: Mapping[str, Any], languages: list[str]) -> dict[str, str]:
    """Say how many records were used, of how many, and why the others were not."""
    used, total = integer(row["n_used"]), integer(row["n_in"])
    excluded = json.loads(row["n_excluded"]) if row["n_excluded"] else {}
    texts = {}
    for language in languages:
        if used is None or total is None:
            texts[language] = "–" if total is None else count_text(total, language)
            continue
        text = f"{count_text(used, language)} {word('of', language)} {count_text(total, language)}"
        reasons = [f"{_reason(reason, language)} {count_text(int(number), language)}"
                   for reason, number in excluded.items() if number]  # fmt: skip
        texts[language] = f"{text} ({', '.join(reasons)})" if reasons else text
    return texts


def _reason(code: str, language: str) -> str:
    """Return the words for why an answer is missing; rules of cleaning go by their ids."""
    named = words()["missing"].get(code)
    return str(named[language]) if named else code


def weight_text(study: Study, wave: str, weight: str, languages: list[str]) -> dict[str, str]:
    """Return the label of a weight per language."""
    if weight == UNWEIGHTED:
        return {language: word("unweighted", language) for language in languages}
    label = study.waves[wave].wave.weights[weight].label
    return {language: label.get(language, weight) for language in languages}


def level_text(level: Any, languages: list[str]) -> dict[str, str] | None:
    """Write the nominal coverage of an interval as a percentage."""
    if level is None or pd.isna(level):
        return None
    return {language: percentage_text(float(str(level)), language) for language in languages}


def percentage_text(share: float, language: str) -> str:
    """Write a design constant such as 0.95 as a percentage without needless zeros."""
    decimals = max(0, -int(Decimal(repr(share)).normalize().as_tuple().exponent) - 2)
    return value_text(share, "share", decimals, language)


def constant_text(value: float, language: str) -> str:
    """Write a design constant with as many digits as it was given."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return value_text(float(value), "statistic", max(0, -int(exponent)), language)


def notice_text(synthetic: bool, languages: list[str]) -> dict[str, str]:
    """Return what every page says of synthetic data; nothing if they are real."""
    return {language: words()["notice"][language] for language in languages} if synthetic else {}
