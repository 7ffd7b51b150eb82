"""Numeric tokens: digits, number words and names that hold digits, found in running text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

TokenForm = Literal["digits", "word", "name"]
OTHER_DIGITS = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞²³¹⁰⁴-⁹₀-₉①-⑳"
NAME = r"(?<![\w])[^\W\d]\w*\d\w*"
DIGITS = rf"\d+(?:[.,’'\u2009\u202f\u00a0]\d+)*|[{OTHER_DIGITS}]+"

# Closed lists, as regular expressions of whole words; articles ("one", "un", "eine") and ordinals that only order
# ("first", "zweite") are left out, fractions are not.
_DE_ONES = "zwei|drei|vier|fünf|sechs|sieben|acht|neun"
_DE_TEENS = "zehn|elf|zwölf|dreizehn|vierzehn|fünfzehn|sechzehn|siebzehn|achtzehn|neunzehn"
_DE_TENS = "zwanzig|dreissig|dreißig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig"
_DE_BELOW_HUNDRED = rf"(?:(?:ein|{_DE_ONES})und(?:{_DE_TENS})|{_DE_TENS}|{_DE_TEENS}|{_DE_ONES})"
_EN_ONES = "two|three|four|five|six|seven|eight|nine"
_EN_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_EN_PARTS = "third|quarter|fifth|sixth|seventh|eighth|ninth|tenth|twentieth|hundredth"
_FR_TENS = "vingts?|trente|quarante|cinquante|soixante|septante|huitante|octante|nonante"
NUMBER_WORDS: dict[str, tuple[str, ...]] = {
    "en": (
        "zero",
        _EN_ONES,
        "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen",
        rf"(?:{_EN_TENS})(?:-(?:one|{_EN_ONES}))?",
        "hundreds?|thousands?|millions?|billions?|dozens?",
        rf"(?:(?:one|{_EN_ONES})-)?(?:{_EN_PARTS})s?",
        "half|halves|halved|twice|thrice",
        "double[ds]?|triple[ds]?|twofold|threefold|tenfold",
    ),
    "fr": (
        rf"(?:{_FR_TENS}|quatre-vingts?)(?:-(?:et-)?\w+)?",
        "dix-sept|dix-huit|dix-neuf|zéro|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize",
        "(?<!pour )(?<!pour\u00a0)cents?|mille|millions?|milliards?|milliers?|dizaines?|douzaines?|quinzaines?",
        "vingtaines?|trentaines?|quarantaines?|cinquantaines?|soixantaines?|centaines?",
        "moitiés?|demie?s?|tiers|quarts?|cinquièmes?|sixièmes?|septièmes?|huitièmes?|neuvièmes?|dixièmes?|centièmes?",
        "doubles?|triples?|quadruples?",
    ),
    "de": (
        "null|zweier|dreier|zwo",
        rf"(?:(?:ein|{_DE_ONES})?(?:hundert|tausend))*(?:und)?(?:{_DE_BELOW_HUNDRED})(?:hundert|tausend)?",
        rf"(?:ein|{_DE_BELOW_HUNDRED})?(?:hunderte?n?|tausende?n?)",
        "millionen|million|milliarden?|dutzende?|dutzend",
        "hälften?|halbe?[nrsm]?|halbiert",
        "(?:zwei|drei|vier)?(?:drittel|viertel|fünftel|sechstel|siebtel|achtel|neuntel|zehntel|hundertstel)s?n?",
        "doppelte?[nrs]?|verdoppelt|zweimal|dreimal|viermal|fünfmal|zweifache?|dreifache?|vierfache?|zehnfache?",
    ),
    "it": (
        "zero|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|undici|dodici|tredici|quattordici|quindici|sedici",
        "diciassette|diciotto|diciannove",
        "(?:vent|trent|quarant|cinquant|sessant|settant|ottant|novant)[ioa]?"
        "(?:uno|due|tré|tre|quattro|cinque|sei|sette|otto|nove)?",
        "(?<!per )cento|mille|mila",
        "milion[ei]|miliard[oi]|decin[ae]|dozzin[ae]|ventin[ae]|trentin[ae]|centinai[oa]|migliai[oa]",
        "metà|mezz[oaie]|terz[oi]|quart[oi]|quint[oi]|sest[oi]|decim[oi]|doppi[oae]?|tripl[oai]",
    ),
}


@dataclass(frozen=True)
class Token:
    """A numeric token: where it begins in its text, and whether it is digits, a number word or a name with digits."""

    text: str
    start: int
    form: TokenForm

    @property
    def end(self) -> int:
        """Return the place behind the token."""
        return self.start + len(self.text)


@cache
def pattern(language: str) -> re.Pattern[str]:
    """Return what finds numeric tokens in a language; number words of a language without a list are not found."""
    words = "|".join(NUMBER_WORDS.get(language, ()))
    parts = [rf"(?P<name>{NAME})", rf"(?P<digits>{DIGITS})"]
    if words:
        parts.append(rf"(?P<word>(?<![\w])(?:{words})(?![\w]))")
    return re.compile("|".join(parts), re.IGNORECASE)


def tokens(text: str, language: str) -> Iterator[Token]:
    """Find the numeric tokens of a text, in order."""
    for match in pattern(language).finditer(text):
        form = match.lastgroup
        assert form in {"digits", "word", "name"}
        yield Token(match.group(0), match.start(), form)  # type: ignore[arg-type]


def numerals(text: str, language: str) -> list[str]:
    """Return the texts of the numeric tokens of a text, in small letters."""
    return [token.text.lower() for token in tokens(text, language)]


def squeezed(text: str) -> str:
    """Return a text as it is compared: white space of any width as one space, no invisible characters."""
    return re.sub(r"\s+", " ", re.sub("[\u200b\u200d\u2060\u00ad\ufeff]", "", text)).strip()
