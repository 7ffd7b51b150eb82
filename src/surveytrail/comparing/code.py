"""Which functions of the code differ between two runs, by stage, and which commits touched them.

Modules are compared by their syntax trees without docstrings: a reworded comment changes no number.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from surveytrail.comparing.runs import Run
from surveytrail.digests import imported_files
from surveytrail.integrity.record import git

STAGES = {
    "import": "import_responses", "clean": "clean_responses", "weight": "weight_responses",
    "estimate": "estimate_numbers", "test": "test_hypotheses", "compare": "compare_specifications",
    "items": "describe_items", "response": "compute_response_rates",
    "interview": "analyse_interviews", "collect": "collect_ledger",
}  # fmt: skip
MODULE_LEVEL = "module level"


@dataclass(frozen=True)
class ModuleChange:
    """One file of the code that differs, and the functions in which it does."""

    name: str
    functions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.functions)})"


class CodeChanges:
    """The code of two runs, compared file by file when asked for."""

    def __init__(self, a: Run, b: Run) -> None:
        self.runs = (a, b)

    @cached_property
    def files(self) -> list[str]:
        """Files of the code whose bytes differ, or that only one run has."""
        before, after = (run.seal.classes["code"] for run in self.runs)
        return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))

    @cached_property
    def modules(self) -> dict[str, ModuleChange]:
        """Python files that differ in more than comments and docstrings, by name."""
        found = {}
        for name in self.files:
            if name.endswith(".py") and (functions := self._functions(name)):
                found[name] = ModuleChange(name, tuple(functions))
        return found

    def of_stages(self, stages: Iterable[str]) -> list[ModuleChange]:
        """Return the changed modules that the scripts of some stages import, directly or through others."""
        if not self.modules:
            return []
        used = {name for stage in stages for name in self.stage_files[stage]}
        return [change for name, change in self.modules.items() if name in used]

    @cached_property
    def stage_files(self) -> dict[str, set[str]]:
        """Files that each stage's script imports, in either run."""
        return {stage: set().union(*(_closure(run.workflow, script) for run in self.runs))
                for stage, script in STAGES.items()}  # fmt: skip

    @cached_property
    def commits(self) -> list[str]:
        """Commits between the two runs that touched the changed modules; empty where no checkout knows both."""
        states = [(run.record.get("workflow") or {}).get("commit") for run in self.runs]
        if not self.modules or None in states or states[0] == states[1]:
            return []
        checkout = next((run.workflow for run in reversed(self.runs) if not run.is_kept), Path(__file__).parent)
        log = git(checkout, "log", "--format=%h %s", f"{states[0]}..{states[1]}", "--",
                  *(f":/{name}" for name in self.modules))  # fmt: skip
        return (log or "").splitlines()

    def _functions(self, name: str) -> list[str]:
        before, after = (functions_of(run.workflow / name) for run in self.runs)
        return [part for part in dict.fromkeys([*after, *before]) if before.get(part) != after.get(part)]


def _closure(workflow: Path, script: str) -> set[str]:
    path = workflow / "scripts" / f"{script}.py"
    if not path.is_file():
        return set()
    files = {path, *imported_files(path, workflow / "src")}
    return {file.relative_to(workflow).as_posix() for file in files}


def functions_of(path: Path) -> dict[str, str]:
    """Return the syntax tree of every function and method of a module, and of what is left, as text."""
    if not path.is_file():
        return {}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            node.body = [part for place, part in enumerate(node.body) if place or not _is_docstring(part)]
    found: dict[str, str] = {}
    _collect(tree, "", found)
    return {name: text for name, text in found.items() if text}


def _collect(node: ast.Module | ast.ClassDef, prefix: str, found: dict[str, str]) -> None:
    rest = []
    for part in node.body:
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            found[prefix + part.name] = ast.dump(part)
        elif isinstance(part, ast.ClassDef):
            _collect(part, f"{prefix}{part.name}.", found)
            found[prefix + part.name] = "".join(map(ast.dump, [*part.bases, *part.decorator_list]))
        else:
            rest.append(ast.dump(part))
    found[prefix.rstrip(".") + " (attributes)" if prefix else MODULE_LEVEL] = "\n".join(rest)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
