"""The seal of a run: a digest tree over everything that went in and came out, with one root.

``results/SEAL.json`` holds a digest per file and per row of the ledger, a root per class of files, and the root over
all. It holds neither time nor commit, so that the same inputs give the same root anywhere; those stand in the run's
record. Whoever wrote down the root can later tell whether a single byte has changed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surveyspec.problems import Problem, StudyError
from surveyspec.study import Study
from surveytrail.digests import file_digest
from surveytrail.integrity.files import (
    LEDGER_ROWS,
    SEAL,
    WORKFLOW,
    RunFile,
    result_files,
    written_files,
)
from surveytrail.integrity.tree import leaf_hash, tree_hash

FORMAT = "surveytrail seal 1: SHA-256, tree as in RFC 9162"
LEDGER_FILE = "results/ledger/ledger.parquet"


@dataclass(frozen=True)
class Seal:
    """Digests of a run.

    Parameters
    ----------
    classes : per class of files, path -> SHA-256 of the file; per ``ledger rows``, number id -> SHA-256 of the row
    """

    classes: Mapping[str, Mapping[str, str]]

    @property
    def class_roots(self) -> dict[str, str]:
        """Return the root of each class, over its leaves in the order of their names."""
        return {kind: _root(kind, leaves) for kind, leaves in sorted(self.classes.items())}

    @property
    def root(self) -> str:
        """Return the root of all: the tree over the roots of the classes in the order of their names."""
        return tree_hash([leaf_hash(f"{kind}\0{root}".encode()) for kind, root in self.class_roots.items()]).hex()

    def digest(self, file: RunFile) -> str | None:
        """Return the sealed digest of a file, None if it was not sealed."""
        return self.classes.get(file.kind, {}).get(file.name)

    def written(self) -> bytes:
        """Return the content of ``SEAL.json``; there is only one way to write a seal."""
        roots = self.class_roots
        classes = {kind: {"root": roots[kind], "leaves": dict(leaves)} for kind, leaves in self.classes.items()}
        content = {"format": FORMAT, "root": self.root, "classes": classes}
        return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def make_seal(study: Study, outputs: Iterable[str], workflow: Path = WORKFLOW) -> Seal:
    """Seal a finished run.

    Parameters
    ----------
    outputs : what the run made: files and folders, from the study's folder
    workflow : folder of Snakefile, scripts, packages and lock file

    Raises
    ------
    StudyError : the ledger is not there or holds no row
    """
    files = [*written_files(study, workflow), *result_files(study.directory, study.waves, outputs)]
    classes: dict[str, dict[str, str]] = {}
    for file in files:
        classes.setdefault(file.kind, {})[file.name] = file_digest(file.path(study.directory, workflow))
    rows = row_digests(study.directory / LEDGER_FILE)
    if not rows:
        raise StudyError(Problem(LEDGER_FILE, "", "0 numbers", "a ledger with numbers", "run the pipeline first"))
    return Seal({**classes, LEDGER_ROWS: rows})


def inputs_digest(study: Study, workflow: Path = WORKFLOW) -> str:
    """Return one digest of everything people wrote: a run must be sealed again when it changes.

    Raw files count by their entries in the manifest, with which they are compared before any job runs.
    """
    content = hashlib.sha256()
    for file in written_files(study, workflow):
        path = file.path(study.directory, workflow)
        digest = "" if file.kind == "raw data" else file_digest(path)
        content.update(f"{file.kind}\0{file.name}\0{digest}\n".encode())
    return content.hexdigest()


def row_digests(ledger: Path) -> dict[str, str]:
    """Return the digest of every row of a ledger by its number id; an id that stands again gets ``#2``, ``#3``, …"""
    import pyarrow.parquet

    digests: dict[str, str] = {}
    for row in pyarrow.parquet.read_table(ledger).to_pylist():
        name, times = str(row["id"]), 1
        while name in digests:
            times += 1
            name = f"{row['id']}#{times}"
        text = json.dumps({key: _plain(value) for key, value in row.items()}, sort_keys=True, ensure_ascii=False)
        digests[name] = hashlib.sha256(text.encode()).hexdigest()
    return digests


def read_seal(path: Path) -> Seal:
    """Read a seal without judging whether it is intact (``check_seal`` does).

    Raises
    ------
    StudyError : no seal, or a file that is none
    """
    if not path.is_file():
        raise StudyError(Problem(SEAL, "", f"no such file in {path.parent}", "the seal of a finished run",
                                 "run 'make', or 'snakemake' in the study's folder, first"))  # fmt: skip
    try:
        content = json.loads(path.read_bytes())
        return Seal({kind: dict(part["leaves"]) for kind, part in content["classes"].items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        found = f"a file that is no seal ({type(error).__name__}: {error})"
        todo = "restore it, or run the pipeline again"
        raise StudyError(Problem(SEAL, "", found, "the seal as the run wrote it", todo)) from None


def _root(kind: str, leaves: Mapping[str, str]) -> str:
    return tree_hash([leaf_hash(f"{kind}\0{name}\0{leaves[name]}".encode()) for name in sorted(leaves)]).hex()


def _plain(value: Any) -> Any:
    """Return a cell as a JSON value; not-a-number and missing are the same."""
    return None if isinstance(value, float) and math.isnan(value) else value
