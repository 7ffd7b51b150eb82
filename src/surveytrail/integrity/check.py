"""Check a run against its seal: which files and ledger rows differ, are missing or are new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from surveyspec.problems import StudyError
from surveytrail.digests import file_digest
from surveytrail.integrity.files import (
    LEDGER_ROWS,
    PAGES,
    SEAL,
    WAVES,
    WORKFLOW,
    RunFile,
    code_files,
    page_files,
    present_results,
    raw_folder_files,
)
from surveytrail.integrity.seal import LEDGER_FILE, Seal, read_seal, row_digests

What = Literal["differs", "missing", "new"]
_NEW_RESULT = "no rule of the sealed run made it: remove it, or declare it in workflow/rules/seal.smk and run again"


@dataclass(frozen=True)
class Finding:
    """One file or ledger row that is not as sealed."""

    what: What
    kind: str
    name: str
    todo: str


@dataclass(frozen=True)
class SealCheck:
    """What checking a seal found.

    Parameters
    ----------
    root : the root, recomputed from the leaves of the seal; empty if the seal cannot be read
    files, rows : how many files and ledger rows the seal holds
    findings : everything that is not as sealed
    """

    root: str
    files: int
    rows: int
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Say whether something was sealed and all of it is as sealed."""
        return self.files > 0 and self.rows > 0 and not self.findings

    def as_sealed(self, rows: bool) -> int:
        """Return how many of the sealed files, or of the sealed ledger rows, are unchanged."""
        changed = sum(found.what != "new" and found.kind != "seal" and (found.kind == LEDGER_ROWS) == rows
                      for found in self.findings)  # fmt: skip
        return (self.rows if rows else self.files) - changed


def check_seal(directory: Path, workflow: Path = WORKFLOW, root: str = "") -> SealCheck:
    """Recompute every digest of a sealed run.

    Nothing of the study is loaded, so that a broken config or codebook is found like any other change.

    Parameters
    ----------
    directory : folder of the study
    workflow : folder of Snakefile, scripts, packages and lock file
    root : the root as it was written down elsewhere when the run ended; the seal must have this one

    Raises
    ------
    StudyError : there is no seal
    """
    path = directory / SEAL
    try:
        seal = read_seal(path)
    except StudyError:
        if not path.is_file():
            raise
        return SealCheck("", 0, 0, (Finding("differs", "seal", SEAL, "it cannot be read: run the pipeline again"),))
    files = [RunFile(kind, name) for kind, leaves in seal.classes.items() if kind != LEDGER_ROWS for name in leaves]
    findings = [
        *_seal_findings(seal, path, root),
        *_file_findings(seal, files, directory, workflow),
        *_new_files(seal, directory, workflow),
        *_row_findings(seal, directory),
    ]
    return SealCheck(seal.root, len(files), len(seal.classes.get(LEDGER_ROWS, {})), tuple(findings))


def _seal_findings(seal: Seal, path: Path, root: str) -> Iterator[Finding]:
    """Compare the seal with the only way in which its leaves can be written, and its root with the one given."""
    if path.read_bytes() != seal.written():
        todo = "its roots are not those of its leaves, or it was edited: run the pipeline again"
        yield Finding("differs", "seal", SEAL, todo)
    if root and not seal.root.startswith(root.lower()):
        yield Finding("differs", "seal", SEAL, f"its root is {seal.root}, not {root}: it is the seal of another run")


def _file_findings(seal: Seal, files: list[RunFile], directory: Path, workflow: Path) -> Iterator[Finding]:
    for file in files:
        path = file.path(directory, workflow)
        if not path.is_file():
            yield Finding("missing", file.kind, file.name, "restore it, or run the pipeline again")
        elif file_digest(path) != seal.digest(file):
            yield Finding("differs", file.kind, file.name, "restore it, or run the pipeline again")


def _new_files(seal: Seal, directory: Path, workflow: Path) -> Iterator[Finding]:
    """Yield the files that lie where a run's files lie and were not sealed."""
    pages = {Path(name).parent.as_posix() for name in seal.classes.get(PAGES, {})}
    waves = {Path(name).parts[1] for name in seal.classes.get(WAVES, {})}
    written = [*raw_folder_files(directory), *page_files(directory, pages), *code_files(workflow)]
    known = {(file.kind, file.name) for file in written}
    results = {(file.kind, file.name) for file in present_results(directory, waves)}
    for kind, name in sorted(known | results):
        if name not in seal.classes.get(kind, {}):
            todo = _NEW_RESULT if (kind, name) in results else "remove it, or run the pipeline again to seal it"
            yield Finding("new", kind, name, todo)


def _row_findings(seal: Seal, directory: Path) -> Iterator[Finding]:
    sealed = seal.classes.get(LEDGER_ROWS, {})
    path = directory / LEDGER_FILE
    try:
        present = row_digests(path)
    except Exception as error:  # a Parquet file with changed bytes fails in ways that no list of errors covers
        found = f"{LEDGER_FILE} cannot be read ({type(error).__name__})"
        yield from (Finding("missing", LEDGER_ROWS, name, found) for name in sealed)
        return
    for name in sorted(sealed.keys() | present.keys()):
        if name not in present:
            yield Finding("missing", LEDGER_ROWS, name, f"restore {LEDGER_FILE}, or run the pipeline again")
        elif name not in sealed:
            yield Finding("new", LEDGER_ROWS, name, f"restore {LEDGER_FILE}, or run the pipeline again")
        elif present[name] != sealed[name]:
            yield Finding("differs", LEDGER_ROWS, name, f"restore {LEDGER_FILE}, or run the pipeline again")
