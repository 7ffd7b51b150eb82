"""Staging: a complete Quarto project with relative paths, made of pages, extension, ledger, tables and figures.

What pages share is staged once, and each page by the job that renders it, so that a changed sentence renders one page.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from surveyspec.study import Study
from surveytrail.reporting.checks import citation_keys
from surveytrail.reporting.docx_reference import docx_reference
from surveytrail.reporting.drafts import draft_of, replace_files
from surveytrail.reporting.extension import EXTENSION, PROJECT
from surveytrail.reporting.ledger_document import ledger_document, ledger_text
from surveytrail.reporting.pages import (
    ENDINGS,
    LEDGER,
    SOURCE,
    beside_pages,
    load_pages,
    reference_name,
)
from surveytrail.reporting.quotations import segment_texts
from surveytrail.reporting.records import RecordSets
from surveytrail.reporting.render import pandoc_program
from surveytrail.reporting.tables import fragments


def stage_report(
    study: Study,
    ledger: pd.DataFrame,
    verification: pd.DataFrame | None,
    figures: Path,
    quoted: Iterable[str],
    out: Path,
    records: RecordSets | None = None,
) -> list[str]:
    """Stage what the pages of a report share, drop documents that no page makes any more, and return the log.

    Everything is made in a temporary folder beside ``out`` and moved into place at the end, so that a killed job leaves
    the last project, or none, and never half of one.

    Parameters
    ----------
    ledger, verification, figures, quoted, records : see ``stage_project``
    out : folder of the documents; the project lies in its folder ``source``

    Raises
    ------
    StudyError : see ``stage_project``
    """
    pages = load_pages(study)
    with draft_of(out, SOURCE) as draft:
        document = stage_project(study, ledger, verification, figures, draft, default_reference(), quoted, records)
        staged = sorted(path.name for path in draft.iterdir())
        replace_files(draft, staged, out / SOURCE)
        kept = {*staged, *(name for page in pages for name in (f"{page.stem}.qmd", page.ledger))}
        outdated = [path for path in (out / SOURCE).iterdir() if path.name not in kept]
        gone = {path.stem for path in outdated if path.suffix == ".qmd"}  # others write documents beside the pages' own
        outdated += [path for path in out.iterdir() if path.suffix[1:] in ENDINGS and path.stem in gone]
        for path in outdated:
            path.rename(draft.parent / f"outdated {path.name}")
    return [f"staged: {len(document['numbers'])} numbers in {LEDGER}, {len(pages)} page(s) to render"]


def stage_project(
    study: Study,
    ledger: pd.DataFrame,
    verification: pd.DataFrame | None,
    figures: Path,
    folder: Path,
    pandoc_reference: bytes,
    quoted: Iterable[str],
    records: RecordSets | None = None,
) -> dict[str, Any]:
    """Write all that pages share and a renderer needs into a folder, and return the content of ``ledger.json``.

    Parameters
    ----------
    ledger, verification, records : see ``ledger_document``
    figures : folder with the drawn figures, as SVG, PNG and JSON
    folder : where to write; made if missing
    pandoc_reference : Pandoc's own ``reference.docx``, from which the house's is made
    quoted : keys of the segments of interviews that pages quote; no other text of an interview is staged

    Raises
    ------
    StudyError : a table or figure asks for what does not exist, with the line of the study file
    """
    folder.mkdir(parents=True, exist_ok=True)
    beside = beside_pages(study)
    for name, source in beside.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(study.directory / source, folder / name)
    shutil.copytree(EXTENSION, folder / "_extensions" / "surveytrail", dirs_exist_ok=True)
    shutil.copy(PROJECT / "_quarto.yml", folder / "_quarto.yml")
    _copy_fonts(folder / "fonts")
    citations = citation_keys(folder / name for name in beside if name.endswith(".bib"))
    segments = segment_texts(study, quoted)
    document = ledger_document(study, ledger, verification, figures, citations, segments, records)
    (folder / LEDGER).write_text(ledger_text(document), encoding="utf-8")
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
    return document


def _copy_fonts(folder: Path) -> None:
    """Copy the font of the figures' texts, which comes with matplotlib, for the PDF; importing it takes a second."""
    package = find_spec("matplotlib")
    assert package is not None and package.origin is not None
    folder.mkdir(exist_ok=True)
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        shutil.copy(Path(package.origin).parent / "mpl-data" / "fonts" / "ttf" / name, folder / name)


def _copy_figures(document: dict[str, Any], figures: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for figure in document["figures"].values():
        for file in figure["file"].values():
            for ending in (".svg", ".png"):
                source = (figures / Path(file).name).with_suffix(ending)
                shutil.copy(source, folder / source.name)


def default_reference() -> bytes:
    """Return Pandoc's own DOCX reference."""
    command = [pandoc_program(), "--print-default-data-file", "reference.docx"]
    return subprocess.run(command, capture_output=True, check=True).stdout
