"""Rendering: the staged project to HTML, PDF and DOCX, by Quarto where it is found, else by Pandoc and Typst."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import pandas as pd

from surveyspec.problems import Problem, StudyError
from surveyspec.study import Study
from surveytrail.reporting.extension import EXTENSION, FILTER
from surveytrail.reporting.pages import Page, reference_name
from surveytrail.reporting.staging import StagedProject, stage_project

Renderer = Literal["auto", "quarto", "pandoc"]
FORMATS = {"html": "html", "typst": "pdf", "docx": "docx"}
STAMP = 315532800  # 1980-01-01: the earliest time that a ZIP archive, and so a DOCX, can hold
SOURCE = "source"
QUARTO_WARNING = re.compile(
    r"Unable to resolve crossref|Citeproc: citation .* not found|Unknown shortcode|undefined reference"
)


@dataclass(frozen=True)
class RenderResult:
    """What was rendered, by what."""

    documents: list[Path]
    renderer: Literal["quarto", "pandoc"]
    version: str
    log: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Chosen:
    """The renderer to use: its program and version."""

    name: Literal["quarto", "pandoc"]
    program: str
    version: str


def choose_renderer(renderer: Renderer = "auto") -> Chosen:
    """Find the renderer: Quarto if it is on the path, else Pandoc from its Python package.

    Raises
    ------
    StudyError : Quarto is asked for and not there, or does not run
    """
    program = shutil.which("quarto")
    if renderer == "pandoc" or (renderer == "auto" and program is None):
        pandoc = pandoc_program()
        return Chosen("pandoc", pandoc, _output([pandoc, "--version"]).split()[1])
    if program is None:
        raise StudyError(Problem("quarto", "", "no program of this name on the path", "Quarto",
                                 "install it (conda-forge has quarto), or render with pandoc"))  # fmt: skip
    return Chosen("quarto", program, _output([program, "--version"]).strip())


def pandoc_program() -> str:
    """Return the path of the Pandoc that comes with the Python package."""
    import pypandoc

    return str(pypandoc.get_pandoc_path())


def render_report(
    study: Study,
    ledger: pd.DataFrame,
    verification: pd.DataFrame | None,
    figures: Path,
    out: Path,
    renderer: Renderer = "auto",
) -> RenderResult:
    """Stage the report as a Quarto project and render every page to HTML, PDF and DOCX.

    Everything is made in a temporary folder beside ``out`` and moved into place at the end, so that a killed job leaves
    the last report, or none, and never half of one.

    Parameters
    ----------
    ledger : one row per number
    verification : verdicts of the second engine, None where it has not run
    figures : folder with the drawn figures
    out : folder of the documents; the project itself is left in its folder ``source``

    Raises
    ------
    StudyError : everything wrong with pages and tables, with file and line; or a renderer that failed, with its message
    """
    chosen = choose_renderer(renderer)
    out.parent.mkdir(parents=True, exist_ok=True)
    for left_over in out.parent.glob(f".{out.name}.*"):  # by a job that was killed
        shutil.rmtree(left_over)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as temporary:
        draft = Path(temporary) / out.name
        project = stage_project(study, ledger, verification, figures, draft / SOURCE, pandoc_reference())
        log = [f"renderer: {chosen.name} {chosen.version}", f"staged: {len(project.pages)} page(s), "
               f"{len(project.ledger['numbers'])} numbers in ledger.json"]  # fmt: skip
        work = Path(temporary) / "work"
        shutil.copytree(draft / SOURCE, work)
        render = _render_with_quarto if chosen.name == "quarto" else _render_with_pandoc
        names = []
        for page in project.pages:
            for written in render(chosen, StagedProject(work, project.pages, project.ledger), page, log):
                names.append(written.name)
                written.rename(draft / written.name)
        _replace(draft, out)
    return RenderResult([out / name for name in names], chosen.name, chosen.version, log)


def pandoc_reference() -> bytes:
    """Return Pandoc's own DOCX reference."""
    command = [pandoc_program(), "--print-default-data-file", "reference.docx"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def _render_with_quarto(chosen: Chosen, project: StagedProject, page: Page, log: list[str]) -> list[Path]:
    """Render a page by Quarto, one format after the other; what Quarto only warns of is an error here."""
    written = []
    for target, ending in FORMATS.items():
        command = [chosen.program, "render", f"{page.stem}.qmd", "--to", target]
        message = _run(command, project.folder, page, log)
        if QUARTO_WARNING.search(message):
            raise _failed(page, command, message)
        found = next(iter(sorted(project.folder.rglob(f"{page.stem}.{ending}"))), None)
        if found is None:
            raise _failed(page, command, f"Quarto wrote no {page.stem}.{ending}\n{message}")
        written.append(found.rename(project.folder.parent / found.name))  # before the next format can clean it away
    return written


def _render_with_pandoc(chosen: Chosen, project: StagedProject, page: Page, log: list[str]) -> list[Path]:
    """Render a page by Pandoc to HTML and DOCX, and to Typst's language, which Typst sets as PDF."""
    extension = f"_extensions/{EXTENSION.name}"
    common = [chosen.program, f"{page.stem}.qmd", "--from", "markdown", "--standalone", "--fail-if-warnings",
              "--lua-filter", f"{extension}/{FILTER}", "--citeproc", "--wrap", "none",
              "--metadata", "link-citations=true"]  # fmt: skip
    formats = {
        "html": ["--to", "html5", "--template", f"{extension}/template.html", "--css", f"{extension}/report.css",
                 "--embed-resources", "--toc", "--toc-depth", "3"],
        "typ": ["--to", "typst", "--template", f"{extension}/pandoc-template.typ", "--toc",
                "--toc-depth", "2", "--metadata", f"typst-version={version('typst')}"],
        "docx": ["--to", "docx", "--reference-doc", reference_name(page.language)],
    }  # fmt: skip
    written = {}
    for ending, options in formats.items():
        written[ending] = project.folder / f"{page.stem}.{ending}"
        _run([*common, *options, "--output", written[ending].name], project.folder, page, log)
    pdf = _typeset(written["typ"], page, log)
    return [written["html"], pdf, written["docx"]]


def _typeset(source: Path, page: Page, log: list[str]) -> Path:
    """Set a Typst file as PDF/UA; where a page breaks its rules, as ordinary PDF, and say so."""
    import typst

    pdf = source.with_suffix(".pdf")
    stamp = datetime.fromtimestamp(_stamp(), UTC)
    standards: tuple[Literal["ua-1"] | None, ...] = ("ua-1", None)
    for standard in standards:
        try:
            typst.compile(str(source), output=str(pdf), root=str(source.parent), timestamp=stamp,
                          pdf_standards=standard, ignore_system_fonts=True,
                          font_paths=[str(source.parent / "fonts")])  # fmt: skip
        except RuntimeError as error:
            if standard is None:
                raise _failed(page, ["typst", "compile", source.name], str(error)) from None
            log.append(f"{pdf.name}: not PDF/UA-1, {str(error).splitlines()[0]}")
        else:
            log.append(f"{pdf.name}: typst {version('typst')}, {'PDF' if standard is None else 'PDF/UA-1'}")
            break
    return pdf


def _run(command: list[str], folder: Path, page: Page, log: list[str]) -> str:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(_stamp())}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    message = (done.stdout + done.stderr).strip()
    if done.returncode != 0:
        raise _failed(page, command, message)
    log.append(f"{Path(command[0]).name}: {command[-1]}" + (f"\n{message}" if message else ""))
    return message


def _failed(page: Page, command: list[str], message: str) -> StudyError:
    shown = "\n              ".join(message.splitlines()[-12:]) or "no message"
    return StudyError(Problem(page.source, "", shown, f"a page that {Path(command[0]).name} can render",
                              "mend what it names; docs/writing-the-report.md lists what pages may hold"))  # fmt: skip


def _replace(draft: Path, out: Path) -> None:
    """Put the new documents and their project in the place of the old, each by renaming; drop outdated documents."""
    out.mkdir(exist_ok=True)
    old = draft.parent / "old"
    old.mkdir()
    new = sorted(draft.iterdir())
    kept = {path.name for path in new}
    for path in sorted(out.iterdir()):
        if path.name in kept or path.suffix[1:] in FORMATS.values():
            path.rename(old / path.name)
    for path in new:
        path.rename(out / path.name)


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        raise StudyError(Problem(command[0], "", f"it does not run: {error}", "a renderer that answers --version",
                                 "repair its installation, or render with pandoc")) from None  # fmt: skip
    return done.stdout


def _stamp() -> int:
    return int(os.environ.get("SOURCE_DATE_EPOCH", STAMP))
