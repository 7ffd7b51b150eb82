"""Which files make up a run: what the study's authors wrote, the code, and what the pipeline made of both."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from surveyspec.study import CONFIG, Study
from surveytrail.digests import PACKAGES, SOURCE
from surveytrail.manifest import MANIFEST
from surveytrail.toolbox import FIRMS

WORKFLOW = SOURCE.parent
LOCK = "requirements.lock"
RESULTS = "results"
SEAL = f"{RESULTS}/SEAL.json"
RECORD = f"{RESULTS}/run.json"
RAW, MANIFESTS, CODEBOOKS, CONFIGS, PAGES, CODE, LOCKS = (
    "raw data", "manifest", "codebooks", "config", "report pages", "code", "lock file",
)  # fmt: skip
LEDGER, LEDGER_ROWS, WAVES, FIGURES, DOCUMENTS, VERIFICATION = (
    "ledger", "ledger rows", "wave results", "figures", "documents", "verification",
)  # fmt: skip
OF_THE_WORKFLOW = frozenset({CODE, LOCKS})  # found from the workflow's folder, everything else from the study's
# What is written about a run after it was sealed: logs, its record, kept copies, proofs, packages, reports of firms.
AFTER_SEALING = (SEAL, RECORD, FIRMS, *(f"{RESULTS}/{name}" for name in ("logs", "kept", "proof", "package")))
_FOLDERS = {"ledger": LEDGER, "figures": FIGURES, "report": DOCUMENTS, "verification": VERIFICATION}
_CODE_FOLDERS = ["scripts", "workflow", "profiles", "report/_extensions",
                 *(f"src/{package}" for package in sorted(PACKAGES))]  # fmt: skip
_CODE_FILES = ["Snakefile", "report/_quarto.yml"]


@dataclass(frozen=True, order=True)
class RunFile:
    """One file of a run.

    Parameters
    ----------
    kind : the class of file that it belongs to, as reports name it
    name : path from the study's folder; for code and lock file from the workflow's folder
    """

    kind: str
    name: str

    def path(self, directory: Path, workflow: Path) -> Path:
        """Return where the file is."""
        return (workflow if self.kind in OF_THE_WORKFLOW else directory) / self.name


def written_files(study: Study, workflow: Path = WORKFLOW) -> list[RunFile]:
    """Return everything that people wrote and a run depends on: data, codebooks, config, pages, code, lock file."""
    waves = study.waves.values()
    raw = list(study.raw_files.values())
    raw += [weight.margins for wave in waves for weight in wave.wave.weights.values() if weight.method == "raking"]
    raw += [table.file for table in study.config.published]
    codebooks = [wave.wave.codebook for wave in waves]
    codebooks += [study.config.interviews.codebook] if study.config.interviews is not None else []
    toolbox = study.config.toolbox
    codebooks += [path for path in (toolbox.file, toolbox.example) if path] if toolbox is not None else []
    configs = [CONFIG, *([study.config.calibration] if study.config.calibration is not None else [])]
    folders = {Path(page).parent.as_posix() for page in study.config.report.pages}
    files = {
        *(RunFile(RAW, os.path.normpath(path)) for path in raw),
        *raw_folder_files(study.directory),
        RunFile(MANIFESTS, MANIFEST),
        *(RunFile(CODEBOOKS, os.path.normpath(path)) for path in codebooks),
        *(RunFile(CONFIGS, os.path.normpath(path)) for path in configs),
        *page_files(study.directory, folders),
        *code_files(workflow),
        RunFile(LOCKS, LOCK),
    }
    return sorted(files)


def raw_folder_files(directory: Path) -> Iterator[RunFile]:
    """Yield what lies beside the manifest."""
    folder = Path(MANIFEST).parent.as_posix()
    return (RunFile(RAW, name) for name in _files_below(directory, folder) if name != MANIFEST)


def page_files(directory: Path, folders: Iterable[str]) -> Iterator[RunFile]:
    """Yield what lies in the folders of the report's pages, the extension of the workflow left out."""
    for folder in folders:
        for name in _files_below(directory, folder):
            parts = Path(name).parts
            if "_extensions" not in parts and parts[0] not in {RESULTS, "data"}:
                yield RunFile(PAGES, name)


def code_files(workflow: Path) -> Iterator[RunFile]:
    """Yield the files that decide what the pipeline does: rules, scripts, the packages, the report's extension."""
    names = [*_CODE_FILES, *(name for folder in _CODE_FOLDERS for name in _files_below(workflow, folder))]
    return (RunFile(CODE, name) for name in names)


def result_files(directory: Path, waves: Iterable[str], outputs: Iterable[str]) -> list[RunFile]:
    """Return the files that a run made, the content of folders included.

    Parameters
    ----------
    waves : ids of the waves, whose results have folders of their own
    outputs : files and folders that the rules declare, from the study's folder
    """
    known = set(waves)
    names: set[str] = set()
    for output in outputs:
        names |= set(_files_below(directory, output)) if (directory / output).is_dir() else {output}
    return sorted(RunFile(_kind_of_result(name, known), name) for name in names)


def present_results(directory: Path, waves: Iterable[str]) -> list[RunFile]:
    """Return the files that lie in the folder of results now, but for those written after sealing."""
    known = set(waves)
    names = _files_below(directory, RESULTS)
    return [
        RunFile(_kind_of_result(name, known), name)
        for name in names
        if not any(Path(name).is_relative_to(place) for place in AFTER_SEALING)
    ]


def _kind_of_result(name: str, waves: set[str]) -> str:
    folder = Path(name).parts[1]
    return WAVES if folder in waves else _FOLDERS.get(folder, folder)


def _files_below(root: Path, folder: str) -> list[str]:
    """Return the files below a folder by their path from the root; hidden ones and compiled code are left out."""
    found = []
    for path in sorted((root / folder).rglob("*")):
        inside = path.relative_to(root / folder).parts
        if path.is_file() and "__pycache__" not in inside and not any(part.startswith(".") for part in inside):
            found.append(path.relative_to(root).as_posix())
    return found
