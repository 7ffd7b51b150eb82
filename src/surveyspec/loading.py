"""Single files of a study, read and checked on their own: for questions that need no more than one of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from surveyspec.codebook import Codebook
from surveyspec.config import StudyConfig
from surveyspec.documents import Document, KeyPath, load_document, parse_document
from surveyspec.identifiers import CONFIG
from surveyspec.problems import Problem, StudyError


def load_config(directory: Path) -> tuple[StudyConfig, Document]:
    """Load the study file; what it says of codebooks and data is not checked.

    Returns
    -------
    the typed study file, and where each of its keys stands

    Raises
    ------
    StudyError : every wrong key and value of the file together
    """
    document = load_document(directory / CONFIG, CONFIG)
    return parse_document(StudyConfig, document), document


def load_codebook(directory: Path, path: str) -> Codebook:
    """Load a codebook and check what its fields say of each other."""
    document = load_document(directory / path, path)
    codebook = parse_document(Codebook, document)
    require_consistent(document, codebook.inconsistencies())
    return codebook


def require_consistent(document: Document, wrong: Iterable[tuple[KeyPath, str, str]]) -> None:
    """Stop if parts of one file contradict each other.

    Parameters
    ----------
    wrong : key path, what stands there, what should

    Raises
    ------
    StudyError : all of them
    """
    problems = [
        Problem(document.path, ".".join(map(str, keys)), found, expected, "correct the codebook", document.line(keys))
        for keys, found, expected in wrong
    ]
    if problems:
        raise StudyError(problems)
