"""Checks of printed numbers against each other, as a reader with a pocket calculator could do them.

Works on texts as printed, with their rounding. GRIM: Brown and Heathers (2017), doi:10.1177/1948550616673876; p values
in the manner of statcheck: Nuijten et al. (2016), doi:10.3758/s13428-015-0664-2.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from scipy import stats

from surveyspec.identifiers import UNWEIGHTED
from surveyspec.locales import LOCALES
from surveytrail.auditing.expected import Expected

TINY = 1e-9
REFERRED = {"t", "z", "f", "chi2", "q"}
STATED = ("t", "z", "f", "chi2", "q", "rho", "r", "df", "df1", "df2", "p", "p_adjusted")
Row = Mapping[Any, Any]


@dataclass
class Check:
    """One kind of check: how many things were held against each other, and what did not hold.

    Parameters
    ----------
    what : what is checked, in plain words
    printed : how many things of this kind the document prints, readable or not
    """

    name: str
    what: str
    printed: int = 0
    checked: int = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.what}: {self.checked - len(self.problems)} of {self.checked} hold"


@dataclass(frozen=True)
class Rounded:
    """A printed number: every value between ``low`` and ``high`` is printed so."""

    low: float
    high: float
    text: str

    @classmethod
    def of(cls, text: str | None, language: str) -> Rounded | None:
        """Read a printed number of any unit; None if it is none."""
        locale = LOCALES[language]
        plain = "".join((text or "").replace(locale.thousands, "").split()).replace("\u2212", "-")
        scale = 100.0 if plain.endswith("%") else 1.0
        plain = plain.removesuffix("%").replace(locale.decimal, ".")
        bounded, plain = plain.startswith("<"), plain.removeprefix("<")
        try:
            value = float(plain)
        except ValueError:
            return None
        half = 0.5 * 10.0 ** -len(plain.partition(".")[2])
        low, high = (0.0, value) if bounded else (value - half, value + half)
        return cls(low / scale - TINY, high / scale + TINY, text or "")


def consistency(expected: Expected, printed: Collection[str], language: str) -> list[Check]:
    """Hold the printed numbers of a document against each other.

    Parameters
    ----------
    printed : ids of the numbers that the document prints
    """
    rows = {number: expected.rows[number] for number in printed if number in expected.rows}
    return [_sums(expected, rows, language), _counts(expected, rows, language), _means(expected, rows, language),
            _tests(expected, rows, language)]  # fmt: skip


def _sums(expected: Expected, rows: Mapping[str, Row], language: str) -> Check:
    """Shares of one distribution that is printed whole add up to one, within their rounding."""
    check = Check("sums", "distributions printed whole add up to 100%")
    distributions = {entry.id for entry in expected.study.config.estimates if entry.distribution is not None}
    whole: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for number, row in expected.rows.items():
        if row["kind"] == "estimate" and row["estimate"] in distributions and row["statistic"] == "share":
            key = tuple(str(row[name]) for name in ("wave", "estimate", "item", "groups", "weight"))
            whole[key].append(number)
    for numbers in whole.values():
        texts = [Rounded.of(expected.number(number, "value", language), language) for number in numbers]
        shares = [text for text in texts if text is not None]
        if len(numbers) > 1 and len(shares) == len(numbers) and all(number in rows for number in numbers):
            check.printed += 1
            check.checked += 1
            if not sum(share.low for share in shares) <= 1 <= sum(share.high for share in shares):
                shown = " + ".join(share.text for share in shares)
                check.problems.append(f"{numbers[0]} and its other answers: {shown} is not 100% within rounding")
    return check


def _counts(expected: Expected, rows: Mapping[str, Row], language: str) -> Check:
    """A printed share is the ledger's numerator over the printed base, rounded as printed."""
    check = Check("shares", "unweighted shares are their numerator over their base")
    for number, row in rows.items():
        if row["estimator"] != "share" or row["weight"] != UNWEIGHTED or pd.isna(row["numerator"]):
            continue
        check.printed += 1
        share = Rounded.of(expected.number(number, "value", language), language)
        base = Rounded.of(expected.number(number, "n", language), language)
        if share is None or base is None:
            continue
        check.checked += 1
        people, counted = round((base.low + base.high) / 2), int(row["numerator"])
        if int(row["denominator"]) != people or not share.low <= counted / people <= share.high:
            check.problems.append(f"{number}: {share.text} is not {counted} of {people}")
    return check


def _means(expected: Expected, rows: Mapping[str, Row], language: str) -> Check:
    """GRIM: a mean of whole answers times its base is a whole number, within rounding."""
    check = Check("means", "means of whole answers can come from their base (GRIM)")
    for number, row in rows.items():
        if row["estimator"] != "mean" or row["weight"] != UNWEIGHTED or pd.isna(row["n_used"]):
            continue
        variables = list(row["variables"])
        wave = expected.study.waves.get(str(row["wave"]))
        if wave is None or len(variables) != 1 or variables[0] in wave.wave.derived or not wave.is_coded(variables[0]):
            continue
        check.printed += 1
        mean = Rounded.of(expected.number(number, "value", language), language)
        if mean is None:
            continue
        check.checked += 1
        people = int(row["n_used"])
        if math.floor(mean.high * people) < math.ceil(mean.low * people):
            check.problems.append(f"{number}: no {people} whole answers have the mean {mean.text}")
    return check


def _tests(expected: Expected, rows: Mapping[str, Row], language: str) -> Check:
    """Statcheck: p recomputed from statistic and degrees of freedom, all as printed; adjusted p is never below it."""
    check = Check("tests", "p values follow from statistic and degrees of freedom (statcheck)")
    for stem in sorted({_stem(number, row) for number, row in rows.items() if row["kind"] == "test"}):
        parts = {name: Rounded.of(expected.number(stem.format(name), "value", language), language)
                 for name in STATED}  # fmt: skip
        stated = parts["p"]
        names = {name for name in STATED if stem.format(name) in expected.rows}
        check.printed += bool({"p"} < names and names & REFERRED)
        recomputed = _p_values({name: part for name, part in parts.items() if part is not None})
        if stated is None or not recomputed:
            continue
        check.checked += 1
        low, high = min(recomputed) - TINY, max(recomputed) + TINY
        adjusted = parts["p_adjusted"]
        name = stem.format("p")
        if high < stated.low or low > stated.high:
            check.problems.append(f"{name}: statistic and df give p from {low:.4f} to {high:.4f}, not {stated.text}")
        elif adjusted is not None and adjusted.high < low:
            check.problems.append(f"{name}: adjusted p {adjusted.text} is below the unadjusted {low:.4f}")
    return check


def _stem(number: str, row: Row) -> str:
    """Return the id of a test's numbers with a gap where the name of the statistic stands."""
    head, _, weight = number.rpartition(f".{row['statistic']}.")
    return f"{head}.{{}}.{weight}"


def _p_values(parts: Mapping[str, Rounded]) -> list[float]:
    """Return the two-sided p values of the smallest and largest statistic that is printed so; none without one."""
    df = (parts["df"].low + parts["df"].high) / 2 if "df" in parts else None
    for name, statistic in parts.items():
        found = [abs(statistic.low), abs(statistic.high)]
        found += [0.0] if statistic.low < 0 < statistic.high else []
        tails = [tail for value in found for tail in _tail(name, value, df, parts)]
        if tails:
            return tails
    return []


def _tail(name: str, value: float, df: float | None, parts: Mapping[str, Rounded]) -> Iterator[float]:
    if name == "z":
        yield 2 * float(stats.norm.sf(value))
    elif name == "t" and df:
        yield 2 * float(stats.t.sf(value, df))
    elif name in {"chi2", "q"} and df:
        yield float(stats.chi2.sf(value, df))
    elif name in {"r", "rho"} and df:
        yield 2 * float(stats.t.sf(value * math.sqrt(df / max(TINY, 1 - value * value)), df))
    elif name == "f" and "df1" in parts and "df2" in parts:
        first, second = parts["df1"], parts["df2"]
        for numerator in (first.low, first.high):
            for denominator in (second.low, second.high):
                yield float(stats.f.sf(value, numerator, denominator))
