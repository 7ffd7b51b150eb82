"""Staging: a complete Quarto project with relative paths, made of pages, extension, ledger, tables and figures."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from surveyspec.problems import Problem, StudyError
from surveyspec.study import Study
from surveytrail.reporting.checks import check_page, citation_keys
from surveytrail.reporting.docx_reference import docx_reference
from surveytrail.reporting.extension import EXTENSION, PROJECT
from surveytrail.reporting.ledger_document import ledger_document
from surveytrail.reporting.pages import Page, load_pages, reference_name
from surveytrail.reporting.quotations import segment_texts
from surveytrail.reporting.tables import fragments

BESIDE_PAGES = {".bib", ".csl", ".md", ".svg", ".png", ".jpg", ".jpeg"}


@dataclass(frozen=True)
class StagedProject:
    """A staged project: its folder, its pages, and the content of its ``ledger.json``."""

    folder: Path
    pages: list[Page]
    ledger: dict[str, Any]


def stage_project(
    study: Study,
    ledger: pd.DataFrame,
    verification: pd.DataFrame | None,
    figures: Path,
    folder: Path,
    pandoc_reference: bytes,
) -> StagedProject:
    """Write all that a renderer needs into an empty folder, and check every page against it.

    Parameters
    ----------
    ledger, verification : see ``ledger_document``
    figures : folder with the drawn figures, as SVG, PNG and JSON
    folder : where to write; made if missing
    pandoc_reference : Pandoc's own ``reference.docx``, from which the house's is made

    Raises
    ------
    StudyError : everything in the pages that does not exist, with file and line
    """
    pages = load_pages(study)
    folder.mkdir(parents=True, exist_ok=True)
    _copy_beside_pages(study, pages, folder)
    shutil.copytree(EXTENSION, folder / "_extensions" / "surveytrail", dirs_exist_ok=True)
    shutil.copy(PROJECT / "_quarto.yml", folder / "_quarto.yml")
    _copy_fonts(folder / "fonts")
    citations = {page.source: _citations(page, folder) for page in pages}
    written = [*(page.text for page in pages), *(path.read_text(encoding="utf-8") for path in folder.rglob("*.md"))]
    segments = segment_texts(study, written)
    document = ledger_document(study, ledger, verification, figures, set().union(*citations.values()), segments)
    (folder / "ledger.json").write_text(
        json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    generated = folder / "generated"
    generated.mkdir(exist_ok=True)
    for name, text in fragments(study, ledger, document["synthetic"]).items():
        (generated / name).write_text(text, encoding="utf-8")
    _copy_figures(document, figures, folder / "figures")
    for language in document["languages"]:
        reference = docx_reference(
            pandoc_reference, document["notice"].get(language, ""), document["study"]["title"][language]
        )
        (folder / reference_name(language)).write_bytes(reference)
    problems = [problem for page in pages for problem in check_page(page, folder, document, citations[page.source])]
    if problems:
        raise StudyError(list(dict.fromkeys(problems)))
    for page in pages:
        (folder / f"{page.stem}.qmd").write_text(page.staged_text(), encoding="utf-8")
    return StagedProject(folder, pages, document)


def _copy_beside_pages(study: Study, pages: list[Page], folder: Path) -> None:
    """Copy bibliographies, included texts and pictures that lie beside or below the pages."""
    for root in dict.fromkeys((study.directory / page.source).parent for page in pages):
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root)
            if path.is_file() and path.suffix in BESIDE_PAGES and not inside.parts[0].startswith(("_", ".")):
                (folder / inside).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, folder / inside)


def _copy_fonts(folder: Path) -> None:
    """Copy the font of the figures' texts, which comes with matplotlib, for the PDF."""
    import matplotlib

    folder.mkdir(exist_ok=True)
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        shutil.copy(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, folder / name)


def _copy_figures(document: dict[str, Any], figures: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for figure in document["figures"].values():
        for file in figure["file"].values():
            for ending in (".svg", ".png"):
                source = (figures / Path(file).name).with_suffix(ending)
                shutil.copy(source, folder / source.name)


def _citations(page: Page, folder: Path) -> set[str]:
    missing = [name for name in page.bibliography if not (folder / name).is_file()]
    if missing:
        line = next(at for at, text in enumerate(page.text.splitlines(), 1) if text.startswith("bibliography"))
        raise StudyError(Problem(page.source, "bibliography", f"no file {missing[0]}", "a .bib file beside the page",
                                 "create it or correct its name", line))  # fmt: skip
    return citation_keys(folder / name for name in page.bibliography)
