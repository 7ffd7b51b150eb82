"""``<page>.ledger.json``: what one page prints, in its language, cut from ``ledger.json``.

A renderer reads it once per format, so that it holds nothing that the page has no use for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from surveyspec.locales import LOCALES
from surveytrail.reporting.checks import SHOWN, page_texts, printed_numbers, shown_figures, written_keys
from surveytrail.reporting.pages import Page

LEVEL = re.compile(r",? \d+(?:\.\d+)?%$")
DIGITS = re.compile(r"\d+")


def page_ledger(page: Page, staged: Path, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the filter needs to print a page.

    Parameters
    ----------
    staged : the folder that the page is staged in
    document : the content of ``ledger.json``
    """
    language = page.language
    texts = page_texts(page, staged)
    keys = written_keys(texts)
    numbers = {name: document["numbers"][name] for name in printed_numbers(page, staged, document)}
    spoken = Words(document["words"], language)
    percentages = {f"{key}#percent": texts for key, texts in document["percentages"].items()}
    return {
        "language": language,
        "title": document["study"]["title"][language],
        "people": document["study"]["people"],
        "notice": document["notice"].get(language, ""),
        "numbers": {name: _entry(name, number, spoken) for name, number in numbers.items()},
        "records": {
            key: document["records"][key][language]
            for key in sorted({number["records"] for number in numbers.values() if "records" in number})
        },
        "parameters": {
            key: said[language]
            for key, said in (document["parameters"] | percentages).items()
            if key.removesuffix("#percent") in keys and language in said
        },
        "codebook": {
            key: said[language] for key, said in document["codebook"].items() if key in keys and language in said
        },
        "figures": {
            name: {part: local[language] for part, local in document["figures"][name].items()}
            for name in shown_figures(texts, document)
        },
        "claims": {
            key: {"text": claim["text"].get(language, ""), "verdict": claim["verdict"]}
            for key, claim in document["claims"].items()
            if key in keys
        },
        "segments": document["segments"],
        "citations": document["citations"],
        "colophon": [[line["key"], line["text"][language]] for line in document["colophon"]],
        "words": spoken.by_path,
    }


class Words:
    """The fixed words of one language."""

    def __init__(self, words: Mapping[str, Any], language: str) -> None:
        self.language = language
        self.by_path = dict(_flat("", words, language))

    def __getitem__(self, path: str) -> str:
        return self.by_path[path]

    def get(self, path: str, otherwise: str) -> str:
        """Return a word by its path, or something else where no study has needed one yet."""
        return self.by_path.get(path, otherwise)

    def interval(self, method: str, level: str) -> str:
        """Say how an interval was made; its level stands in front."""
        name = LEVEL.sub("", method)
        stated = self["at_level"].replace("{level}", level) if level else ""
        return stated + self.get(f"intervals.{name}", name)

    def warning(self, text: str) -> str:
        """Say the sentences of a warning; one that is fixed but for its figures has words, where # stands for each."""
        said = []
        for sentence in text.split("; "):
            figures = iter(DIGITS.findall(sentence))
            found = self.get(f"warnings.{DIGITS.sub('#', sentence)}", sentence)
            said.append("".join(next(figures, "#") if part == "#" else part for part in re.split("(#)", found)))
        return "; ".join(said)


def _entry(identifier: str, number: Mapping[str, Any], spoken: Words) -> dict[str, Any]:
    """Return what is printed of a number, and the fields of its entry: name, title, plain text and code in turn."""
    entry = {
        show: number[name][spoken.language]
        for show, name in SHOWN.items()
        if name in number and spoken.language in number[name]
    }
    fields = [[name, spoken[f"fields.{name}"], *parts] for name, *parts in _fields(identifier, number, entry, spoken)]
    return {**entry, "anchor": number["anchor"], "fields": fields}


def _fields(
    identifier: str, number: Mapping[str, Any], entry: Mapping[str, str], spoken: Words
) -> Iterator[tuple[str, ...]]:
    language = spoken.language
    if "interval" in entry:
        how = spoken.interval(number.get("interval_method", ""), entry.get("level", ""))
        yield "interval", f"{entry['interval']} ({how})"
    else:
        yield "interval", spoken["no_interval"]
    yield "n", number["base"][language]
    yield "question", entry.get("question", spoken["no_question"])
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
        yield "records", number["records"]
    yield "config", "", number["config"]
    yield "script", "", number["script"], f" ({number['rule']})"
    yield "verdict", spoken.get(f"verdicts.{number['verdict']}", number["verdict"])
    if number["warning"]:
        yield "warning", " ".join(spoken.warning(text) for text in number["warning"])
    yield "command", "", number["command"]


def _flat(path: str, node: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """Yield every fixed word with its path."""
    for key, part in node.items():
        inner = f"{path}.{key}" if path else str(key)
        if all(isinstance(text, str) for text in part.values()):
            yield inner, part[language]
        else:
            yield from _flat(inner, part, language)
