"""The pages of a report: which documents they become, and in which language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from surveyspec.identifiers import CONFIG
from surveyspec.problems import Problem, StudyError

if TYPE_CHECKING:  # a job that renders a page needs no study
    from surveyspec.study import Study

SOURCE, LEDGER = "source", "ledger.json"
ENDINGS = ("html", "pdf", "docx")
BESIDE_PAGES = {".bib", ".csl", ".md", ".svg", ".png", ".jpg", ".jpeg"}
HEADER = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*\n", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """One document to render: a page in one language.

    Parameters
    ----------
    source : the page, from the study's folder
    stem : name of the document without its ending; the staged page is ``<stem>.qmd``
    language : two letters
    text : the page as written
    header : its YAML header
    """

    source: str
    stem: str
    language: str
    text: str
    header: dict[str, Any]

    @property
    def bibliography(self) -> list[str]:
        """Return the bibliography files that the header names, relative to the page."""
        named = self.header.get("bibliography") or []
        return [str(name) for name in ([named] if isinstance(named, str) else named)]

    @property
    def ledger(self) -> str:
        """Return the name of the file beside the staged page that holds what it prints."""
        return f"{self.stem}.{LEDGER}"

    def staged_text(self) -> str:
        """Return the page as it is staged: with its language, ledger and DOCX reference in the header."""
        added = [f"reference-doc: {reference_name(self.language)}", f"ledger: {self.ledger}"]
        if "lang" not in self.header:
            added.append(f"lang: {self.language}")
        return self.text.replace("---\n", "---\n" + "".join(f"{line}\n" for line in added), 1)


def reference_name(language: str) -> str:
    """Return the file name of the DOCX reference of a language."""
    return f"reference.{language}.docx"


def load_pages(study: Study) -> list[Page]:
    """Read the pages of a report.

    A page whose header names a language (``lang: en``) becomes one document; a page without becomes one document per
    language of ``report.languages``.

    Raises
    ------
    StudyError : a page is missing, has no header or title, names a language that the report does not have, or two
        pages would become one document
    """
    pages: list[Page] = []
    problems: list[Problem] = []
    for index, source in enumerate(study.config.report.pages):
        try:
            pages += _documents_of(study, source, study.line("report", "pages", index))
        except StudyError as error:
            problems += error.problems
    stems: dict[str, str] = {}
    for page in pages:
        other = stems.setdefault(page.stem, page.source)
        if other != page.source:
            problems.append(Problem(CONFIG, "report.pages", f"{other} and {page.source} both become {page.stem}.html",
                                    "pages with different names", "rename one of them",
                                    study.line("report", "pages")))  # fmt: skip
    if problems:
        raise StudyError(problems)
    return pages


def document_names(pages: Iterable[Page]) -> list[str]:
    """Return the file names of the documents that pages become: HTML, PDF, DOCX of each."""
    return [f"{page.stem}.{ending}" for page in pages for ending in ENDINGS]


def beside_pages(study: Study) -> dict[str, str]:
    """Return bibliographies, included texts and pictures beside or below the pages: path in the project -> source."""
    found: dict[str, str] = {}
    for root in dict.fromkeys(Path(page).parent for page in study.config.report.pages):
        for path in sorted((study.directory / root).rglob("*")):
            inside = path.relative_to(study.directory / root)
            if path.is_file() and path.suffix in BESIDE_PAGES and not inside.parts[0].startswith(("_", ".")):
                found[inside.as_posix()] = (root / inside).as_posix()
    return found


def read_page(directory: Path, source: str, stem: str, language: str) -> Page:
    """Read a page that is to become one document.

    Parameters
    ----------
    directory : the study's folder
    source : the page's path from there

    Raises
    ------
    StudyError : it has no header or title
    """
    text = (directory / source).read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    return Page(source, stem, language, text, _header(source, text))


def _documents_of(study: Study, source: str, config_line: int | None) -> list[Page]:
    path = study.directory / source
    if not path.is_file():
        raise StudyError(Problem(CONFIG, "report.pages", f"no file {source}", "a page of the study's folder",
                                 "create it or correct its path", config_line))  # fmt: skip
    page = read_page(study.directory, source, path.stem, "")
    text, language = page.text, page.header.get("lang")
    languages = study.config.report.languages
    if language is None:
        return [replace(page, stem=f"{path.stem}.{name}", language=name) for name in languages]
    if language not in languages:
        line = next(at for at, written in enumerate(text.splitlines(), 1) if written.startswith("lang"))
        raise StudyError(Problem(source, "lang", f"'{language}'", f"one of {', '.join(languages)}",
                                 "correct it, or add it to report.languages in config.yaml", line))  # fmt: skip
    return [replace(page, language=str(language))]


def _header(source: str, text: str) -> dict[str, Any]:
    match = HEADER.match(text)
    if match is None:
        raise StudyError(Problem(source, "", "no YAML header", "a page that begins with --- and has a title",
                                 "write ---, title: …, lang: …, --- on top", 1))  # fmt: skip
    try:
        header = yaml.safe_load(match.group(1))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise StudyError(Problem(source, "", error.problem or "a header that is not YAML", "a YAML header",
                                 "quote texts that hold a colon or a quotation mark", line)) from None  # fmt: skip
    if not isinstance(header, dict) or not header.get("title"):
        raise StudyError(Problem(source, "title", "no title", "title: … in the page's header", "add a title", 1))
    return header
