"""``<page>.ledger.json``: what one page prints, in its language, cut from ``ledger.json``.

A renderer reads it once per format, so that it holds nothing that the page has no use for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from surveytrail.reporting.checks import FIGURES, SHOWN, page_texts, printed_numbers, shown_figures, written_keys
from surveytrail.reporting.entries import page_entries
from surveytrail.reporting.fixed_words import Words
from surveytrail.reporting.pages import Page


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
    spoken, printed = Words(document["words"], language), printed_numbers(page, staged, document)
    numbers = {name: document["numbers"][name] for name in printed}
    records = {key: said[language] for key, said in document["records"].items()}
    listed = {name: number for name, number in numbers.items() if printed[name] & set(FIGURES)}
    entries, contents = page_entries(listed, records, spoken)
    percentages = {f"{key}#percent": texts for key, texts in document["percentages"].items()}
    return {
        "language": language,
        "title": document["study"]["title"][language],
        "people": document["study"]["people"],
        "notice": document["notice"].get(language, ""),
        "numbers": {name: _shown(number, language) for name, number in numbers.items()},
        "entries": entries,
        "contents": contents,
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


def _shown(number: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return what a page can show of a number, and the anchor of its entry."""
    texts = {show: number[name][language] for show, name in SHOWN.items() if language in number.get(name, ())}
    return {**texts, "anchor": number["anchor"]}
