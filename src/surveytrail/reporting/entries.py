"""The entries of a page's numbers in the audit appendix: what each says, and what it can leave out on paper."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from surveyspec.locales import LOCALES
from surveytrail.reporting.fixed_words import Words
from surveytrail.reporting.spans import NO_VALUE

FIELDS = ("interval", "n", "question", "estimator", "filter", "weight", "raw", "rows", "records", "config", "script",
          "verdict", "warning")  # fmt: skip
FOLLOWING = 10  # entries that may follow the first of a block
LONG = 160  # signs of a list of records that is not listed again
TITLE = 12  # signs that the title of a field takes, about
Said = Mapping[str, tuple[str, ...]]


class Contents:
    """What fields say, each once, since many numbers share their filter and the like: plain text and code in turn."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, ...], int] = {}

    def place(self, parts: tuple[str, ...]) -> int:
        """Return the place of a content in the list, counted from 1, as the filter's language counts."""
        return self._places.setdefault(parts, len(self._places) + 1)

    @property
    def listed(self) -> list[tuple[str, ...]]:
        """Return all contents by their places."""
        return list(self._places)


def page_entries(
    numbers: Mapping[str, Mapping[str, Any]], records: Mapping[str, str], spoken: Words
) -> tuple[list[dict[str, Any]], list[tuple[str, ...]]]:
    """Return the entries of a page's numbers, and what their fields say.

    In print, entries stand in blocks: the first is complete, and those that follow say in what they differ from it.
    A long list of records is printed with the first number that has it, and others name that number.

    Parameters
    ----------
    numbers : what ``ledger.json`` says of each number, in the order of entries
    records : descriptions of sets of records in the page's language, by key

    Returns
    -------
    Per entry the number's ``id`` and all its ``fields``, each a name and the place of what it says, counted from 1. One
    that ``follows`` the first of a block has the fields in which it ``differs``, a dash for what only the first has.
    Then the contents.
    """
    said = [{name: tuple(parts) for name, *parts in _fields(number, records, spoken)} for number in numbers.values()]
    contents, ids = Contents(), list(numbers)
    listed: dict[tuple[str, ...], str] = {}
    shown: list[Said] = []
    for identifier, fields in zip(ids, said, strict=True):
        printed = dict(fields)
        if len("".join(fields.get("records", ()))) > LONG:
            other = listed.setdefault(fields["records"], identifier)
            printed["records"] = fields["records"] if other == identifier else (spoken["records_of.as"] + " ", other)
        shown.append(printed)
    entries: list[dict[str, Any]] = []
    for at, first in enumerate(_firsts(said, shown)):
        entry = {"id": ids[at], "fields": [(name, contents.place(parts)) for name, parts in shown[at].items()]}
        if first != at:
            names = _differing(said[at], said[first])
            entry["follows"] = ids[first]
            entry["differs"] = [(name, contents.place(shown[at].get(name, (NO_VALUE,)))) for name in names]
        entries.append(entry)
    return entries, contents.listed


def _firsts(said: Sequence[Said], shown: Sequence[Said]) -> list[int]:
    """Return for each entry which is the first of its block; blocks are cut so that as little as possible is printed.

    Parameters
    ----------
    said : what the fields of each entry say, by which entries differ
    shown : the same as it is printed, whose signs are counted
    """
    signs_of = [{name: TITLE + sum(map(len, parts)) for name, parts in fields.items()} for fields in shown]
    least = [0, *[sys.maxsize] * len(said)]  # signs that the entries before a place take
    begins = [0] * (len(said) + 1)  # where the last block before a place begins
    for start, first in enumerate(said):
        signs = least[start]
        for end in range(start + 1, min(start + FOLLOWING + 1, len(said)) + 1):
            fields = said[end - 1]
            names = fields if end == start + 1 else _differing(fields, first)
            signs += sum(signs_of[end - 1].get(name, TITLE) for name in names)
            if signs <= least[end]:
                least[end], begins[end] = signs, start
    firsts: list[int] = []
    while len(firsts) < len(said):
        end = len(said) - len(firsts)
        firsts += [begins[end]] * (end - begins[end])
    return firsts[::-1]


def _differing(fields: Said, first: Said) -> list[str]:
    return [name for name in FIELDS if fields.get(name) != first.get(name)]


def _fields(number: Mapping[str, Any], records: Mapping[str, str], spoken: Words) -> Iterator[tuple[str, ...]]:
    """Yield the fields of an entry: name, then plain text and code in turn."""
    language = spoken.language
    interval, level, question = (number.get(name, {}).get(language) for name in ("interval", "level", "question"))
    if interval is not None:
        yield "interval", f"{interval} ({spoken.interval(number.get('interval_method', ''), level or '')})"
    else:
        yield "interval", spoken["no_interval"]
    yield "n", number["base"][language]
    yield "question", spoken["no_question"] if question is None else question
    yield "estimator", spoken.get(f"estimators.{number['estimator']}", number["estimator"])
    if number["filter"]:
        yield "filter", "", number["filter"]
    else:
        yield "filter", spoken[f"everybody.{number['kind']}"]
    yield "weight", number["weight_label"][language]
    colon = LOCALES[language].colon
    if number["columns"]:
        yield "raw", "", number["raw_file"], colon, ", ".join(number["columns"])
    else:
        yield "raw", "", number["raw_file"], colon + spoken["no_columns"]
    yield "rows", number["rows"][language]
    if "records" in number:
        yield "records", records[number["records"]]
    yield "config", "", number["config"]
    yield "script", "", number["script"], f" ({number['rule']})"
    yield "verdict", spoken.get(f"verdicts.{number['verdict']}", number["verdict"])
    if number["warning"]:
        yield "warning", " ".join(spoken.warning(text) for text in number["warning"])
