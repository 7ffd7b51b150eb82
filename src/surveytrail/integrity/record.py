"""The record of a run: when, where, from which commit and with which software. It is not part of the seal."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from surveytrail.integrity.files import LOCK, WORKFLOW

STARTED = "results/logs/run_started"


def now() -> str:
    """Return the time in UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def mark_start(directory: Path) -> None:
    """Remember when a run began, for its record."""
    path = directory / STARTED
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{now()}\n", encoding="utf-8")


def run_record(directory: Path, root: str, workflow: Path = WORKFLOW) -> dict[str, Any]:
    """Describe the run that has just ended.

    Parameters
    ----------
    directory : folder of the study
    root : root of the run's seal

    Returns
    -------
    seal root, start and end (UTC), commits of workflow and study, versions of Python, locked packages and renderer,
    platform
    """
    started = directory / STARTED
    return {
        "root": root,
        "started": started.read_text(encoding="utf-8").strip() if started.is_file() else None,
        "ended": now(),
        "workflow": git_state(workflow),
        "study": git_state(directory),
        "python": platform.python_version(),
        "packages": installed_packages(workflow / LOCK),
        "renderer": _renderer(),
        "platform": {"system": platform.platform(), "machine": platform.machine(), "byte_order": sys.byteorder},
    }


def written(record: dict[str, Any]) -> bytes:
    """Return a record as the content of its file."""
    return (json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return the commit of a folder's checkout and whether anything differs from it; None outside a checkout."""
    commit = git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    changes = git(folder, "status", "--porcelain")
    return {"commit": commit.strip(), "dirty": bool(changes is None or changes.strip())}


def git(folder: Path, *words: str) -> str | None:
    """Return what a git command prints in a folder; None where git, or a checkout, is not there."""
    if shutil.which("git") is None:
        return None
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def locked_versions(lock: str) -> dict[str, str]:
    """Return canonical name and version of every package that the text of a lock file pins for this machine."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    pins = [Requirement(line.split("\\")[0]) for line in lock.splitlines() if line[:1].isalnum()]
    here = (pin for pin in pins if pin.marker is None or pin.marker.evaluate())
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}


def installed_packages(lock: Path) -> dict[str, str]:
    """Return the versions at hand of the packages that a lock file names."""
    from packaging.utils import canonicalize_name

    installed = {str(canonicalize_name(part.name)): part.version for part in importlib.metadata.distributions()}
    names = locked_versions(lock.read_text(encoding="utf-8"))
    return {name: installed[name] for name in sorted(names) if name in installed}


def _renderer() -> dict[str, str]:
    from surveytrail.reporting.render import choose_renderer

    chosen = choose_renderer()
    return {"name": chosen.name, "version": chosen.version}
