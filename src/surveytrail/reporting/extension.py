"""The Quarto extension that ships with the engine: filter, templates, styles and fixed words."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from surveytrail.ledger.wording import TESTS

PROJECT = Path(__file__).resolve().parents[3] / "report"
EXTENSION = PROJECT / "_extensions" / "surveytrail"
FORMATS_SCRIPT = "formats.lua"


def extension_files() -> list[Path]:
    """Return all files that decide how a page looks, for the digest of the rendering rule."""
    return [PROJECT / "_quarto.yml", *sorted(path for path in EXTENSION.rglob("*") if path.is_file())]


@cache
def words() -> dict[str, Any]:
    """Return the fixed words of documents, a tree whose leaves are texts per language."""
    from surveyspec.documents import load_document  # late: a job that renders a page finds them staged

    tree = load_document(EXTENSION / "words.yaml", "report/_extensions/surveytrail/words.yaml").data
    assert isinstance(tree, dict)
    return {**tree, "statistics": TESTS}  # what tests are called stands beside the ledger


def word(path: str, language: str) -> str:
    """Return one fixed word by its key path, such as ``fields.value``."""
    node: Any = words()
    for part in path.split("."):
        node = node[part]
    return str(node[language])
