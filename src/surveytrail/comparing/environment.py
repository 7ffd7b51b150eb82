"""Which software differs between two runs, and which stages could feel it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable
from functools import cached_property
from importlib.metadata import packages_distributions

from surveytrail.comparing.code import CodeChanges
from surveytrail.comparing.runs import Run
from surveytrail.digests import PACKAGES
from surveytrail.integrity.record import locked_versions

PYTHON = "python"


class EnvironmentChanges:
    """Versions in the lock files and, as recorded, at hand when the runs were made."""

    def __init__(self, a: Run, b: Run, code: CodeChanges) -> None:
        self.runs, self.code = (a, b), code

    @cached_property
    def versions(self) -> dict[str, str]:
        """Package (or ``python``, ``platform``) -> what changed, in words."""
        changed: dict[str, str] = {}
        locked = [locked_versions(run.lock) for run in self.runs]
        installed = [run.record.get("packages", {}) for run in self.runs]
        for name in sorted({*locked[0], *locked[1]}):
            for source in (locked, installed):
                old, new = (versions.get(name, "none") for versions in source)
                if old != new and (source is locked or all(installed)):
                    changed.setdefault(name, f"{name} {old} → {new}")
        for name in (PYTHON, "platform"):
            old, new = (run.record.get(name) for run in self.runs)
            if old != new and old is not None and new is not None:
                changed[name] = f"{name} {_shown(old)} → {_shown(new)}"
        return changed

    def of_stages(self, stages: Iterable[str]) -> list[str]:
        """Return the changes that some stages could feel: of packages they import, or of what these need."""
        if not self.versions:
            return []
        imported = {package for stage in stages for package in self._packages_of[stage]}
        return [text for name, text in self.versions.items()
                if name in {PYTHON, "platform"} or ({name} | self._dependents(name)) & imported]  # fmt: skip

    @cached_property
    def _packages_of(self) -> dict[str, set[str]]:
        """Stage -> packages that its modules import, in either run."""
        known = packages_distributions()
        imported: dict[str, set[str]] = {}
        for name in sorted(set().union(*self.code.stage_files.values())):
            paths = [run.workflow / name for run in self.runs if (run.workflow / name).is_file()]
            modules = set().union(*(_imported(path.read_text(encoding="utf-8")) for path in paths))
            imported[name] = {_canonical(package) for module in modules for package in known.get(module, [module])}
        return {stage: set().union(*(imported[name] for name in names))
                for stage, names in self.code.stage_files.items()}  # fmt: skip

    def _dependents(self, name: str) -> set[str]:
        """Return the packages that need a package, directly or through others, as the lock files say."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for parent in self._parents.get(waiting.pop(), set()) - found:
                found.add(parent)
                waiting.append(parent)
        return found

    @cached_property
    def _parents(self) -> dict[str, set[str]]:
        """Package -> packages that ask for it: the lines below ``# via`` in the lock files."""
        parents: dict[str, set[str]] = {}
        for run in self.runs:
            current = ""
            for line in run.lock.splitlines():
                if line[:1].isalnum():
                    current = _canonical(re.split(r"[=<>\[ ;]", line)[0])
                elif match := re.fullmatch(r"\s+#(?:\s+via)?\s+([A-Za-z0-9_.-]+)", line):
                    parents.setdefault(current, set()).add(_canonical(match.group(1)))
        return parents


def _imported(text: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names - PACKAGES - sys.stdlib_module_names


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _shown(value: object) -> str:
    return ", ".join(map(str, value.values())) if isinstance(value, dict) else str(value)
