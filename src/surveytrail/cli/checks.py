"""What ``trail doctor`` looks at, one function per question."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from surveyspec.problems import StudyError, listed
from surveytrail.digests import SOURCE

WORKFLOW = SOURCE.parent
LOCK = "requirements.lock"
OLDEST_PYTHON = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
Status = Literal["ok", "note", "fail"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Parameters
    ----------
    status : ``fail`` where the study cannot run or be trusted, ``note`` where only tests or examples lack something
    """

    subject: str
    status: Status
    found: str
    todo: str = ""


def all_findings(directory: Path) -> Iterator[Finding]:
    """Look at the environment, then at the study in a folder, then at the examples."""
    yield python_finding(sys.version_info[:3])
    yield packages_finding(WORKFLOW / LOCK)
    yield second_engine_finding()
    yield renderer_finding()
    yield fonts_finding()
    yield browser_finding()
    yield writable_finding(directory)
    yield study_finding(directory)
    yield raw_files_finding(directory)
    yield from example_findings(WORKFLOW / "examples")


def python_finding(version: tuple[int, int, int]) -> Finding:
    """Look at the version of Python."""
    found = f"{'.'.join(map(str, version))} at {sys.executable}"
    if version >= OLDEST_PYTHON:
        return Finding("python", "ok", found)
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return Finding("python", "fail", found, f"install Python {oldest} or newer, then: make PYTHON=python{oldest}")


def packages_finding(lock: Path) -> Finding:
    """Compare the installed packages with the lock file."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    if not lock.is_file():
        return Finding("packages", "fail", f"no {LOCK} in {lock.parent}", "restore it from the repository")
    lines = [
        line.split("\\")[0].strip() for line in lock.read_text(encoding="utf-8").splitlines() if line[:1].isalnum()
    ]
    wanted = [
        requirement
        for requirement in map(Requirement, lines)
        if requirement.marker is None or requirement.marker.evaluate()
    ]
    installed = {canonicalize_name(part.name): part.version for part in importlib.metadata.distributions()}
    wrong = []
    for requirement in wanted:
        version = installed.get(canonicalize_name(requirement.name))
        if version is None:
            wrong.append(f"{requirement.name} missing ({requirement.specifier})")
        elif not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} {version} instead of {requirement.specifier}")
    if wrong:
        return Finding("packages", "fail", f"{len(wrong)} of {len(wanted)} are not as in {LOCK}: {listed(wrong, 8)}",
                       "run 'make setup', and start trail from .venv/bin")  # fmt: skip
    return Finding("packages", "ok", f"{len(wanted)} of {len(wanted)} as in {LOCK}")


def second_engine_finding() -> Finding:
    """Look for the second engine, which ``trail verify`` starts."""
    if importlib.util.find_spec("recount") is not None:
        return Finding("second engine", "ok", "recount can be started")
    return Finding("second engine", "fail", "recount is not on Python's path", "run 'make setup'")


def renderer_finding() -> Finding:
    """Say which renderer will make the documents, and why."""
    from surveytrail.reporting.render import choose_renderer

    try:
        chosen = choose_renderer()
        if chosen.name == "quarto":
            found = f"Quarto {chosen.version}, because it is on the PATH: {chosen.program}"
        else:
            typst = importlib.metadata.version("typst")
            found = f"Pandoc {chosen.version} and Typst {typst} from their packages, because no quarto is on the PATH"
    except (StudyError, OSError, ImportError) as error:
        return Finding("renderer", "fail", f"none that runs: {error}", "run 'make setup', or repair Quarto")
    return Finding("renderer", "ok", found)


def fonts_finding() -> Finding:
    """Look for the font of the figures; the PDF's fonts come inside the typst package."""
    from matplotlib import font_manager

    from surveytrail.figures.style import FONT

    try:
        path = font_manager.findfont(FONT, fallback_to_default=False)
    except ValueError:
        return Finding("fonts", "fail", f"{FONT} is missing, which comes with matplotlib", "run 'make setup'")
    return Finding("fonts", "ok", f"{FONT} for figures, from {path}")


def browser_finding() -> Finding:
    """Look for the browser that the tests of the HTML report start."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is not None:
        return Finding("browser", "ok", f"{found} (only the tests of the HTML report start it)")
    return Finding("browser", "note", "no Chromium: the tests of the HTML report are left out",
                   "on Debian or Ubuntu: apt-get install chromium")  # fmt: skip


def writable_finding(directory: Path) -> Finding:
    """Try to write where the pipeline writes."""
    refused = []
    for folder in (directory / "results", directory / ".snakemake", Path(tempfile.gettempdir())):
        nearest = next(part for part in (folder, *folder.resolve().parents) if part.is_dir())
        if not os.access(nearest, os.W_OK | os.X_OK):
            refused.append(str(folder))
    if refused:
        return Finding("folders", "fail", f"cannot write to {listed(refused)}", "change their owner or permissions")
    return Finding("folders", "ok", "results, .snakemake and the folder for temporary files can be written")


def study_finding(directory: Path) -> Finding:
    """Load the study file and its codebooks."""
    from surveyspec.study import load_study

    try:
        study = load_study(directory)
    except StudyError as error:
        return Finding("study", "fail", str(error), "mend what is named here")
    return Finding("study", "ok", f"{study.config.study.id}: {listed(study.waves)}")


def raw_files_finding(directory: Path) -> Finding:
    """Compare the raw files with the manifest."""
    from surveyspec.study import load_study
    from surveytrail.manifest import MANIFEST, check_manifest

    try:
        files = check_manifest(load_study(directory)).files
    except StudyError as error:
        return Finding("raw files", "fail", str(error), "mend what is named here")
    return Finding("raw files", "ok", f"{len(files)} of {len(files)} as {MANIFEST} records")


def example_findings(folder: Path) -> Iterator[Finding]:
    """Say of every example whether its data, which are not in the repository, are in place."""
    from surveytrail.manifest import load_manifest

    for config in sorted(folder.glob("*/config.yaml")):
        example = config.parent
        subject = f"example {example.name}"
        try:
            files = load_manifest(example).files
        except StudyError as error:
            yield Finding(subject, "fail", str(error), "mend what is named here")
            continue
        absent = [entry.path for entry in files if not (example / entry.path).is_file()]
        if absent:
            found = f"{len(absent)} of {len(files)} raw files are not linked: {listed(absent)}"
            yield Finding(subject, "note", found, "make example DATA=path/to/folder (only to run this example)")
        else:
            yield Finding(subject, "ok", f"{len(files)} of {len(files)} raw files are in place")
