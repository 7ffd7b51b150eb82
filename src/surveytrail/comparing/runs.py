"""Finished runs to compare: the present results of a study, or a run that was kept under a name.

A kept run is a folder with the same inner paths as a study: config, codebooks and margins, ``results/ledger``, the code
with the lock file in ``code``, and in ``raw_cells`` a digest of every raw cell that numbers can be computed from. Its
``SEAL.json`` is written last; a folder without one was never finished.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyroaring import BitMap

from surveyspec.codebook import Position
from surveyspec.problems import Problem, StudyError, listed
from surveyspec.study import Study, load_study
from surveytrail.digests import file_digest
from surveytrail.frames import read_frame, write_frame, write_whole
from surveytrail.importing.beside import PLAIN
from surveytrail.importing.reading import read_raw
from surveytrail.integrity.files import (
    CODE,
    CODEBOOKS,
    CONFIGS,
    LEDGER,
    LOCK,
    LOCKS,
    MANIFESTS,
    RAW,
    RECORD,
    SEAL,
    WORKFLOW,
    RunFile,
)
from surveytrail.integrity.seal import Seal, read_seal
from surveytrail.tracing.frames import LEDGER as LEDGER_FILE
from surveytrail.tracing.frames import LINEAGE, ROW_SETS

KEPT = "results/kept"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
KEY, RECORD_NUMBER, COLUMN = "key", "record", "column "
_NEEDED = frozenset({CODE, CODEBOOKS, CONFIGS, LEDGER, LOCKS, MANIFESTS, RAW})


@dataclass(frozen=True)
class Run:
    """A sealed run.

    Parameters
    ----------
    name : as the user calls it
    directory : folder with config, codebooks and ``results/ledger``
    workflow : folder with scripts, packages and lock file of the run
    is_kept : whether it is a kept copy; its raw exports are then there as digests of cells only
    """

    name: str
    directory: Path
    workflow: Path
    seal: Seal
    record: dict[str, Any]
    study: Study
    is_kept: bool

    @cached_property
    def ledger(self) -> dict[str, dict[str, Any]]:
        """The ledger's rows by number id, missing cells as None."""
        frame = read_frame(self.directory / LEDGER_FILE)
        rows = [
            {str(name): None if value is pd.NA or value != value else value for name, value in row.items()}
            for row in _without_arrays(frame).to_dict("records")
        ]
        return {str(row["id"]): row for row in rows}

    @cached_property
    def edges(self) -> dict[str, list[tuple[str, BitMap, tuple[str, ...]]]]:
        """Per number its ties to the data: wave, raw records, raw columns."""
        sets = pd.read_parquet(self.directory / ROW_SETS)
        bitmaps = {row_set: BitMap.deserialize(content) for row_set, content in sets[["row_set", "bitmap"]].to_numpy()}
        found: dict[str, list[tuple[str, BitMap, tuple[str, ...]]]] = {}
        for number, wave, row_set, columns in pd.read_parquet(self.directory / LINEAGE)[
            ["number_id", "wave", "row_set", "columns"]
        ].itertuples(index=False):
            found.setdefault(number, []).append((wave, bitmaps[row_set], tuple(columns)))
        return found

    @cached_property
    def lock(self) -> str:
        """The text of the lock file."""
        return (self.workflow / LOCK).read_text(encoding="utf-8")

    def raw_cells(self, source: str) -> pd.DataFrame:
        """Return a digest of every raw cell of a source that numbers can be computed from, one row per record."""
        if self.is_kept:
            return pd.read_parquet(_cells_file(self.directory, source))
        return cell_digests(self.study, source)


def open_run(name: str, directory: Path) -> Run:
    """Open a run by the name it was kept under, by its folder, or by the folder of a study with results.

    Raises
    ------
    StudyError : no such run, or files of it that are no longer as they were sealed
    """
    kept = directory / KEPT / name
    for folder in (kept, Path(name)) if NAME.fullmatch(name) else (Path(name),):
        if (folder / "SEAL.json").is_file():
            return _open(name, folder, folder / "code", folder / "SEAL.json", folder / "run.json", is_kept=True)
    if (Path(name) / SEAL).is_file():
        return present_run(Path(name), name)
    known = sorted(path.parent.name for path in (directory / KEPT).glob("*/SEAL.json"))
    expected = f"a kept run ({listed(known) or 'none yet'}), or a folder with a sealed run"
    raise StudyError(Problem(name, "", "no sealed run of this name", expected, "keep one first: trail keep NAME"))


def present_run(directory: Path, name: str = "present results") -> Run:
    """Open the results that a study's folder holds now.

    Raises
    ------
    StudyError : it was never sealed, or files are no longer as they were sealed
    """
    return _open(name, directory, WORKFLOW, directory / SEAL, directory / RECORD, is_kept=False)


def keep_run(directory: Path, target: Path) -> Path:
    """Copy what comparing needs of the present run to a folder; the seal comes last.

    Parameters
    ----------
    directory : folder of the study
    target : folder to write, empty or absent

    Raises
    ------
    StudyError : no sealed run, files that changed since, or a folder that already holds a run
    """
    if (target / "SEAL.json").is_file():
        found = f"a run that was kept before (root {read_seal(target / 'SEAL.json').root[:12]}…)"
        raise StudyError(Problem(str(target), "", found, "a new name", "keep it under another name"))
    run = present_run(directory)
    for file in _files(run.seal, run.study, with_exports=False):
        _copy(file.path(directory, WORKFLOW), file.path(target, target / "code"))
    for source in run.study.raw_files:
        write_frame(run.raw_cells(source), _cells_file(target, source))
    _copy(directory / RECORD, target / "run.json")
    write_whole(target / "SEAL.json", run.seal.written())
    return target


def cell_digests(study: Study, source: str) -> pd.DataFrame:
    """Digest the raw cells of a source: of a wave those that kept variables of its codebook are read from.

    Parameters
    ----------
    source : as lineage names it: a wave by its id, any other file by its path

    Returns
    -------
    one row per record: ``record``, ``key`` (the raw respondent id, or the record's number where there are no
    respondents), then per raw column, named as in the lineage, an unsigned 64-bit digest of the cell's text
    """
    spec = study.waves.get(source)
    if spec is None:
        table = read_raw(study.directory / source, PLAIN, source)
        places = {name: place for place, name in enumerate(table.column_names)}
        keys = [str(record) for record in range(1, len(table.cells) + 1)]
    else:
        table = read_raw(study.directory / spec.wave.raw, spec.wave.reader, spec.wave.raw)
        columns = [variable.column for variable in spec.codebook.kept]
        places = {f"#{column.position}" if isinstance(column, Position) else column: table.place(column)
                  for column in columns}  # fmt: skip
        respondent = table.place(spec.codebook.by_code[spec.wave.respondent].column)
        keys = [str(text).strip() for text in table.cells[:, respondent]]
    found: dict[str, Any] = {RECORD_NUMBER: np.arange(1, len(table.cells) + 1), KEY: keys}
    for name, place in places.items():
        numbers, distinct = pd.factorize(table.cells[:, place])
        found[f"{COLUMN}{name}"] = np.array([_digest(text) for text in distinct], dtype=np.uint64)[numbers]
    return pd.DataFrame(found)


def _cells_file(directory: Path, source: str) -> Path:
    return directory / "raw_cells" / f"{source.replace('/', '.')}.parquet"


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def _open(name: str, directory: Path, workflow: Path, seal_file: Path, record: Path, *, is_kept: bool) -> Run:
    seal = read_seal(seal_file)
    problems = []
    if seal_file.read_bytes() != seal.written():
        todo = "restore it, or keep the run again"
        problems.append(Problem(str(seal_file), "", "a seal that was edited", "the seal as the run wrote it", todo))
    study = load_study(directory)
    for file in _files(seal, study, with_exports=not is_kept):
        path = file.path(directory, workflow)
        if not path.is_file() or file_digest(path) != seal.digest(file):
            found = "changed since the run was sealed" if path.is_file() else "no such file"
            todo = "restore it, or keep the run again" if is_kept else "run the pipeline again, then compare"
            problems.append(Problem(str(path), "", found, f"the file of the run (SHA-256 {seal.digest(file)})", todo))
    if problems:
        raise StudyError(problems)
    content = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    return Run(name, directory, workflow, seal, content, study, is_kept)


def _files(seal: Seal, study: Study, *, with_exports: bool) -> Iterable[RunFile]:
    """Return the sealed files that comparing reads; a kept run has no answers, which can identify people."""
    exports = set() if with_exports else {Path(path).as_posix() for path in study.raw_files.values()}
    for kind, leaves in seal.classes.items():
        if kind in _NEEDED:
            yield from (RunFile(kind, name) for name in leaves if kind != RAW or name not in exports)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _without_arrays(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose lists are tuples, which compare by value."""
    lists = [name for name in frame.columns if frame[name].map(lambda cell: isinstance(cell, np.ndarray)).any()]
    return frame.assign(**{name: frame[name].map(tuple, na_action="ignore") for name in lists})
