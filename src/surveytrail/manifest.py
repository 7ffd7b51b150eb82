"""The manifest of raw files: what each is, where it comes from, and the digest that says it is unchanged."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, StringConstraints

from surveyspec.documents import Document, Strict, load_document, parse_document
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveyspec.study import Study
from surveytrail.digests import file_digest
from surveytrail.frames import write_whole

MANIFEST = "data/raw/MANIFEST.yaml"
DataStatus = Literal["synthetic", "real"]
_NOT_DATA = frozenset({Path(MANIFEST).name, "README.md"})


class RawFile(Strict):
    """One file that the study reads and never writes."""

    path: str = Field(description="from the study's folder, such as data/raw/wave1.csv")
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    bytes: Annotated[int, Field(ge=0)]
    kind: str = Field(description="what the file holds, such as responses or margins")
    status: Literal["synthetic", "real", "published", "assumed", "published+assumed"]
    source: str
    licence: str
    description: str


class Manifest(Strict):
    """All raw files of a study."""

    files: list[RawFile]

    def entry(self, path: str) -> RawFile | None:
        """Return the entry of a path, however its separators and dots are written."""
        wanted = os.path.normpath(path)
        return next((entry for entry in self.files if os.path.normpath(entry.path) == wanted), None)


@dataclass(frozen=True)
class Resealed:
    """What ``update_entry`` changed: digest and size of a file, as recorded before and as found."""

    path: str
    old_sha256: str
    new_sha256: str
    old_bytes: int
    new_bytes: int

    @property
    def changed(self) -> bool:
        """Say whether the file differs from what was recorded."""
        return (self.old_sha256, self.old_bytes) != (self.new_sha256, self.new_bytes)


def load_manifest(directory: Path) -> Manifest:
    """Read a study's manifest.

    Raises
    ------
    StudyError : missing, not YAML, or with unknown keys or values
    """
    return _load(directory)[1]


def data_status(study: Study) -> DataStatus:
    """Return ``synthetic`` if the raw file of any wave is, or another that numbers come from, else ``real``.

    Every page and figure must say so.

    Raises
    ------
    StudyError : such a file has no entry
    """
    document, manifest = _load(study.directory)
    problems = []
    statuses = set()
    for path in study.raw_files.values():
        entry = manifest.entry(path)
        if entry is None:
            problems.append(_no_entry(study.directory, document, path))
        else:
            statuses.add(entry.status)
    if problems:
        raise StudyError(problems)
    return "synthetic" if "synthetic" in statuses else "real"


def wave_status(study: Study, wave: str) -> DataStatus:
    """Return ``synthetic`` if the raw file of a wave is, else ``real``.

    Raises
    ------
    StudyError : the file has no entry
    """
    document, manifest = _load(study.directory)
    path = study.waves[wave].wave.raw
    entry = manifest.entry(path)
    if entry is None:
        raise StudyError(_no_entry(study.directory, document, path))
    return "synthetic" if entry.status == "synthetic" else "real"


def check_manifest(study: Study) -> Manifest:
    """Compare every raw file with the manifest.

    Returns
    -------
    the manifest, when all of it holds

    Raises
    ------
    StudyError : every file that is missing, differs from its entry, or has none; every entry that stands twice
    """
    document, manifest = _load(study.directory)
    problems = []
    seen: set[str] = set()
    for index, entry in enumerate(manifest.files):
        line = document.line(("files", index, "path"))
        path = os.path.normpath(entry.path)
        if path in seen:
            problems.append(Problem(MANIFEST, f"files.{index}", f"'{path}' again", "one entry per file",
                                    "remove one of the two", line))  # fmt: skip
        elif (problem := _file_problem(study.directory, entry, line)) is not None:
            problems.append(problem)
        seen.add(path)
    named = [*study.raw_files.values(), *(table.file for table in study.config.published)]
    required = dict.fromkeys([*map(os.path.normpath, named), *_files_beside_the_manifest(study.directory)])
    problems += [_no_entry(study.directory, document, path) for path in required if path not in seen]
    if problems:
        raise StudyError(problems)
    return manifest


def update_entry(directory: Path, path: str) -> Resealed:
    """Record the present digest and size of a raw file in its entry; comments and layout of the manifest stay.

    Parameters
    ----------
    directory : folder of the study
    path : the file, as the manifest names it or as seen from where the command is typed

    Raises
    ------
    StudyError : the file is missing, or has no entry
    """
    document, manifest = _load(directory)
    named = {os.path.normpath(entry.path): index for index, entry in enumerate(manifest.files)}
    index = named.get(os.path.normpath(path))
    if index is None:
        typed = Path(path).resolve()
        index = next((at for name, at in named.items() if (directory / name).resolve() == typed), None)
    if index is None:
        if (directory / path).is_file():
            raise StudyError(_no_entry(directory, document, path))
        todo = did_you_mean(path, named) or "check the path"
        raise StudyError(Problem(MANIFEST, "files", f"no entry '{path}'", f"one of {listed(named)}", todo, 1))
    entry = manifest.files[index]
    file = directory / entry.path
    if not file.is_file():
        raise StudyError(_missing(directory, entry, document.line(("files", index, "path"))))
    resealed = Resealed(entry.path, entry.sha256, file_digest(file), entry.bytes, file.stat().st_size)
    if resealed.changed:
        _rewrite(directory / MANIFEST, index, {"sha256": resealed.new_sha256, "bytes": str(resealed.new_bytes)})
    return resealed


def trail_command(directory: Path, *words: str) -> str:
    """Return a ``trail`` command line as a user would type it from the present folder."""
    elsewhere = [] if directory.resolve() == Path.cwd() else ["--directory", str(directory)]
    return shlex.join(["trail", words[0], *elsewhere, *words[1:]])


def _load(directory: Path) -> tuple[Document, Manifest]:
    document = load_document(directory / MANIFEST, MANIFEST)
    return document, parse_document(Manifest, document)


def _file_problem(directory: Path, entry: RawFile, line: int | None) -> Problem | None:
    file = directory / entry.path
    if not file.is_file():
        return _missing(directory, entry, line)
    found, size = file_digest(file), file.stat().st_size
    if (found, size) == (entry.sha256, entry.bytes):
        return None
    update = trail_command(directory, "manifest", "--update", entry.path)
    return Problem(
        entry.path,
        "",
        f"sha256 {found} ({size} bytes)",
        f"sha256 {entry.sha256} ({entry.bytes} bytes), as {MANIFEST}{f':{line}' if line else ''} records",
        f"restore the file: raw files are never edited. If it is meant to be new, record it: {update}",
    )


def _missing(directory: Path, entry: RawFile, line: int | None) -> Problem:
    linked = (directory / entry.path).is_symlink()
    found = "a link to a file that is gone" if linked else "no such file"
    todo = f"put the file there (source: {entry.source})"
    if directory.resolve().parent.name == "examples":
        todo += ", with: make example DATA=path/to/folder"
    return Problem(
        entry.path,
        "",
        found,
        f"the {entry.bytes} bytes that {MANIFEST}{f':{line}' if line else ''} records",
        todo,
    )


def _no_entry(directory: Path, document: Document, path: str) -> Problem:
    file = directory / path
    if file.is_file():
        entry = (f"- {{path: {path}, sha256: {file_digest(file)}, bytes: {file.stat().st_size}, kind: …, status: …, "
                 "source: …, licence: …, description: …}")  # fmt: skip
        todo = f"add under 'files:', with its own words for the dots: {entry}"
    else:
        todo = "put the file there and add an entry, or correct 'raw' in config.yaml"
    return Problem(MANIFEST, "files", f"no entry for {path}", "one entry for every raw file", todo,
                   document.line(("files",)))  # fmt: skip


def _files_beside_the_manifest(directory: Path) -> list[str]:
    folder = (directory / MANIFEST).parent
    return sorted(
        file.relative_to(directory).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and file.name not in _NOT_DATA and not file.name.startswith(".")
    )


def _rewrite(path: Path, index: int, values: dict[str, str]) -> None:
    """Replace single values of one entry in the text of the manifest, at the places where YAML read them."""
    text = path.read_bytes().decode("utf-8-sig")
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(node, yaml.MappingNode)
    files = next(value for key, value in node.value if key.value == "files")
    spans = [
        (value.start_mark.index, value.end_mark.index, values[key.value])
        for key, value in files.value[index].value
        if key.value in values
    ]
    for start, end, replacement in sorted(spans, reverse=True):
        text = text[:start] + replacement + text[end:]
    write_whole(path, text.encode())
