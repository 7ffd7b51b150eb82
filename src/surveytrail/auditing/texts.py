"""Texts as they are compared: without what lines, hyphens and fonts do to them."""

from __future__ import annotations

import re

from surveytrail.auditing.tokens import squeezed


def loosely(text: str) -> str:
    """Return a text without what lines and hyphenation do to it."""
    return re.sub(r"[\s\-\u2010\u2011\u00ad]", "", squeezed(text)).lower()


def typeset(text: str) -> str:
    """Return a text with the sign that Typst sets for a hyphen before a digit, which keeps -77 and 77 apart."""
    return re.sub(r"(?<!\w)-(?=\d)", "\u2212", text)


def digits(text: str) -> str:
    """Return the digits of a text, one after the other."""
    return "".join(re.findall(r"\d", text))


def runs(text: str) -> list[str]:
    """Return the numbers of a text as they are written, whatever stands between them."""
    return re.findall(
        r"\d(?:[\d.,’\u2009\u202f\u00a0]*\d)?", re.sub(r"\s", "", text.replace("\u202f", "’").replace("\u00a0", "’"))
    )
