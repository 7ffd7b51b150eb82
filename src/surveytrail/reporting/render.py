"""Rendering: the staged project to HTML, PDF and DOCX, by Quarto where it is found, else by Pandoc and Typst."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import typst

from surveyspec.problems import Problem, StudyError
from surveytrail.reporting.checks import check_page, citation_keys, page_sources
from surveytrail.reporting.drafts import draft_of, replace_files
from surveytrail.reporting.embedding import embed_resources
from surveytrail.reporting.extension import EXTENSION, FORMATS_SCRIPT
from surveytrail.reporting.page_ledger import page_ledger
from surveytrail.reporting.pages import ENDINGS, LEDGER, SOURCE, Page

Renderer = Literal["auto", "quarto", "pandoc"]
FORMATS = dict(zip(("html", "typst", "docx"), ENDINGS, strict=True))  # as Quarto names them -> ending
TYPST = str(typst.__version__)  # type: ignore[attr-defined]  # its stubs leave it out
STAMP = 315532800  # 1980-01-01: the earliest time that a ZIP archive, and so a DOCX, can hold
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


def render_document(page: Page, out: Path, renderer: Renderer = "auto") -> RenderResult:
    """Check a page and render it to HTML, PDF and DOCX.

    As with the project, a killed job leaves the last documents, or none.

    Parameters
    ----------
    out : folder of the documents, in whose folder ``source`` the project has been staged

    Raises
    ------
    StudyError : everything wrong with the page, with file and line; or a renderer that failed, with its message
    """
    chosen = choose_renderer(renderer)
    with draft_of(out, page.stem) as draft:
        work = draft.parent / "work"
        others = shutil.ignore_patterns("*.qmd", f"*.{LEDGER}", ".snakemake_timestamp")
        shutil.copytree(out / SOURCE, work, ignore=others)
        staged = stage_page(page, work)
        draft.mkdir()
        for name in staged:
            shutil.copy(work / name, draft.parent)
        log = [f"renderer: {chosen.name} {chosen.version}"]
        render = _render_with_quarto if chosen.name == "quarto" else _render_with_pandoc
        written = [path.rename(draft / path.name).name for path in render(chosen, work, page, log)]
        replace_files(draft.parent, staged, out / SOURCE)
        replace_files(draft, written, out)
    return RenderResult([out / name for name in written], chosen.name, chosen.version, log)


def stage_page(page: Page, folder: Path) -> list[str]:
    """Check a page against the project in a folder, write it there with what it prints, and return the files' names.

    Raises
    ------
    StudyError : everything in the page that does not exist, with file and line
    """
    document = json.loads((folder / LEDGER).read_text(encoding="utf-8"))
    problems = check_page(page, folder, document, _citations(page, folder))
    if problems:
        raise StudyError(list(dict.fromkeys(problems)))
    content = {f"{page.stem}.qmd": page.staged_text(),
               page.ledger: json.dumps(page_ledger(page, folder, document), ensure_ascii=False) + "\n"}  # fmt: skip
    for name, text in content.items():
        (folder / name).write_text(text, encoding="utf-8")
    return list(content)


def _render_with_quarto(chosen: Chosen, folder: Path, page: Page, log: list[str]) -> list[Path]:
    """Render a page by Quarto, one format after the other; what Quarto only warns of is an error here."""
    written = []
    for target, ending in FORMATS.items():
        command = [chosen.program, "render", f"{page.stem}.qmd", "--to", target]
        message = _run(command, folder, page, log)
        if QUARTO_WARNING.search(message):
            raise _failed(page, command, message)
        found = next(iter(sorted(folder.rglob(f"{page.stem}.{ending}"))), None)
        if found is None:
            raise _failed(page, command, f"Quarto wrote no {page.stem}.{ending}\n{message}")
        written.append(found.rename(folder.parent / found.name))  # before the next format can clean it away
    return written


def _render_with_pandoc(chosen: Chosen, folder: Path, page: Page, log: list[str]) -> list[Path]:
    """Render a page by Pandoc to HTML and DOCX, and to Typst's language, which Typst sets as PDF.

    One process reads the page, with what it includes written out, and writes the formats; its warnings are errors here.
    """
    sources = page_sources(replace(page, text=page.staged_text()), folder)
    (folder / f"{page.stem}.md").write_text("".join(source.text for source in sources), encoding="utf-8")
    command = [chosen.program, "lua", f"_extensions/{EXTENSION.name}/{FORMATS_SCRIPT}", page.stem, TYPST]
    message = _run(command, folder, page, log)
    if "[WARNING]" in message:
        raise _failed(page, command, message)
    html, source, docx = (folder / f"{page.stem}.{ending}" for ending in ("html", "typ", "docx"))
    embed_resources(html)
    return [html, _typeset(source, page, log), docx]


def _typeset(source: Path, page: Page, log: list[str]) -> Path:
    """Set a Typst file as PDF/UA; where a page breaks its rules, as ordinary PDF, and say so."""
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
            log.append(f"{pdf.name}: typst {TYPST}, {'PDF' if standard is None else 'PDF/UA-1'}")
            break
    return pdf


def _run(command: list[str], folder: Path, page: Page, log: list[str]) -> str:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(_stamp())}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    message = (done.stdout + done.stderr).strip()
    if done.returncode != 0:
        raise _failed(page, command, message)
    log.append(f"{Path(command[0]).name}: {' '.join(command[1:])}" + (f"\n{message}" if message else ""))
    return message


def _failed(page: Page, command: list[str], message: str) -> StudyError:
    shown = "\n              ".join(message.splitlines()[-12:]) or "no message"
    return StudyError(Problem(page.source, "", shown, f"a page that {Path(command[0]).name} can render",
                              "mend what it names; docs/writing-the-report.md lists what pages may hold"))  # fmt: skip


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        raise StudyError(Problem(command[0], "", f"it does not run: {error}", "a renderer that answers --version",
                                 "repair its installation, or render with pandoc")) from None  # fmt: skip
    return done.stdout


def _stamp() -> int:
    return int(os.environ.get("SOURCE_DATE_EPOCH", STAMP))


def _citations(page: Page, folder: Path) -> set[str]:
    named = [("bibliography", name, ".bib") for name in page.bibliography]
    named += [("csl", str(page.header["csl"]), ".csl")] if "csl" in page.header else []
    for key, name, ending in named:
        if not (folder / name).is_file():
            line = next(at for at, text in enumerate(page.text.splitlines(), 1) if text.startswith(key))
            raise StudyError(Problem(page.source, key, f"no file {name}", f"a {ending} file beside the page",
                                     "create it or correct its name", line))  # fmt: skip
    return citation_keys(folder / name for name in page.bibliography)
