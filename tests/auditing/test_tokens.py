"""Numeric tokens in four languages: digits, number words without articles, names with digits."""

from __future__ import annotations

import pytest

from surveytrail.auditing.tokens import numerals, tokens


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "one in two, a third, twenty-five, 1,234, ½", ["two", "third", "twenty-five", "1,234", "½"]),
        ("fr", "un tiers des vingt-deux, 34,5\u202f%, pour cent", ["tiers", "vingt-deux", "34,5"]),
        ("de", "ein Drittel, einundzwanzig, zweihundert", ["drittel", "einundzwanzig", "zweihundert"]),
        ("it", "una metà, due terzi, ventuno per cento", ["metà", "due", "terzi", "ventuno"]),
        ("en", "someone often weighs a tone; B2B", ["b2b"]),
    ],
)  # fmt: skip
def test_numerals(language: str, text: str, expected: list[str]) -> None:
    assert numerals(text, language) == expected


def test_forms() -> None:
    assert [token.form for token in tokens("H9 has 12 of twelve", "en")] == ["name", "digits", "word"]
