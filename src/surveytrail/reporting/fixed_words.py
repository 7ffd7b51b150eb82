"""The fixed words of documents, in one language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from surveyspec.locales import LOCALES

LEVEL = re.compile(r",? \d+(?:\.\d+)?%$")
DIGITS = re.compile(r"\d+")


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
        return LOCALES[self.language].semicolon.join(said)


def _flat(path: str, node: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """Yield every fixed word with its path."""
    for key, part in node.items():
        inner = f"{path}.{key}" if path else str(key)
        if all(isinstance(text, str) for text in part.values()):
            yield inner, part[language]
        else:
            yield from _flat(inner, part, language)
