"""The fixed and declared texts of the study, as a typesetter in Switzerland would want them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from surveyspec.documents import load_document
from surveytrail.figures.tokens import WORDS

ROOT = Path(__file__).parents[2]
TEXTS = [
    "config.yaml",
    "data/codebooks/wave1.yaml",
    "data/codebooks/wave2.yaml",
    "data/codebooks/interviews.yaml",
    "data/toolbox/toolbox.yaml",
    "report/_extensions/surveytrail/words.yaml",
    "src/surveytrail/toolbox/assets/words.yaml",
]
# French: a narrow space that does not break before ; : ! ? % and inside guillemets, and a curly apostrophe.
FRENCH = re.compile(r"[ \u00a0][;:!?»](?!\w)|(?<=\d)[ \u00a0]?%|(?<=[^\W\d])[;!?](?!\w)|«(?!\u202f)|\w'\w|\"")
# German and Italian in Switzerland: ss, guillemets, a curly apostrophe.
OTHERS = re.compile(r"ß|[„“”]|\w'\w|\"|(?<=\d)[ \u00a0]?%")


def in_language(data: Any, language: str) -> Iterator[str]:
    """Yield every text that stands under a language."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == language and isinstance(value, str):
                yield value
            else:
                yield from in_language(value, language)
    elif isinstance(data, list):
        for value in data:
            yield from in_language(value, language)


def faults(texts: Iterator[str], language: str) -> list[str]:
    wrong = FRENCH if language == "fr" else OTHERS
    return [text for text in texts if wrong.search(text)]


@pytest.mark.parametrize("language", ["fr", "de", "it"])
@pytest.mark.parametrize("path", TEXTS)
def test_declared_texts(path: str, language: str) -> None:
    data = load_document(ROOT / path, path).data
    assert list(in_language(data, language)) or path == "data/toolbox/toolbox.yaml"
    assert faults(in_language(data, language), language) == []


@pytest.mark.parametrize("language", ["fr", "de", "it"])
def test_words_of_figures(language: str) -> None:
    assert faults(in_language(WORDS, language), language) == []


@pytest.mark.parametrize("language", ["fr", "de"])
def test_words_of_the_articles(language: str) -> None:
    page = (ROOT / f"report/article.{language}.qmd").read_text(encoding="utf-8").split("---\n", 2)[2]
    prose = re.sub(r"(?m)^:::.*$|^\{\{<.*$", "", page)
    prose = re.sub(r"\{[^}]*\}", "", prose)  # ids and classes
    assert len(prose) > 4000
    found = [match.group(0) for match in (FRENCH if language == "fr" else OTHERS).finditer(prose)]
    assert found == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Vraiment ?", "fr"),
        ("Vraiment\u00a0?", "fr"),
        ("Vraiment?", "fr"),
        ("« oui »", "fr"),
        ("l'image", "fr"),
        ("95 %", "fr"),
        ("95%", "de"),
        ("groß", "de"),
        ("„ja“", "de"),
        ("l'immagine", "it"),
    ],
)
def test_faults_are_found(text: str, language: str) -> None:
    assert faults(iter([text]), language) == [text]
