"""Digests of files and of the engine modules that a script uses, so that stale results are noticed."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
PACKAGES = {"surveyspec", "surveytrail", "recount"}


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_digests(paths: Iterable[Path]) -> str:
    """Return one digest of several files, by name and content."""
    content = hashlib.sha256()
    for path in sorted(paths, key=_name):
        content.update(f"{_name(path)} {file_digest(path)}\n".encode())
    return content.hexdigest()


def code_digest(scripts: Iterable[Path]) -> str:
    """Return one digest of scripts and of every module of ours that they import, directly or through others."""
    files: set[Path] = set()
    for script in scripts:
        files |= {script, *imported_files(script)}
    return file_digests(files)


def imported_files(script: Path, source: Path = SOURCE) -> set[Path]:
    """Return the files of our packages that a script imports, read from its text and followed transitively.

    Parameters
    ----------
    source : folder of the packages, where another checkout than this one is meant
    """
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        for module in _imports(waiting.pop()):
            for path in _module_files(module, source):
                if path not in found:
                    found.add(path)
                    waiting.append(path)
    return found


def call_line(script: Path, function: str) -> int:
    """Return the 1-based line of a script that calls a function.

    Raises
    ------
    ValueError : the script does not call it
    """
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
            return node.lineno
    raise ValueError(f"{script} does not call {function}()")


@cache
def _imports(path: Path) -> tuple[str, ...]:
    modules: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # the imported name may itself be a module
            modules += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(module for module in modules if module.split(".")[0] in PACKAGES)


def _module_files(module: str, source: Path) -> list[Path]:
    """Return the file of a module and the ``__init__`` of each package above it; none if it is not a module."""
    parts = module.split(".")
    files = [source.joinpath(*parts[:length], "__init__.py") for length in range(1, len(parts) + 1)]
    files.append(source.joinpath(*parts).with_suffix(".py"))
    return [path for path in files if path.is_file()]


def _name(path: Path) -> str:
    return path.name if not path.is_relative_to(SOURCE) else path.relative_to(SOURCE).as_posix()
