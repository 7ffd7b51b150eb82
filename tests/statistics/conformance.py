"""Agreement with R's `survey` package, figure by figure.

`python -m tests.statistics.conformance` prints how many cases of each group agree and exits with 1 if a supported
figure does not; `--reference FOLDER` takes cases that the same R scripts made elsewhere. Runners compute the figures
of a case; a module registers its own with `@runner(...)` and is named in RUNNER_MODULES.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from surveytrail.statistics.errors import StatisticsError
from tests.statistics.reference import Case, Reference, load_references

RUNNER_MODULES = (
    "tests.statistics.runners_estimators",
    "tests.statistics.runners_weighting",
    "tests.statistics.runners_tests",
)

# Relative tolerance: closed forms, and fits that R stops before they have converged.
CLOSED_FORM = 1e-9
ITERATIVE = 1e-6

# Keys of a case that are not figures, and figures that restate others.
NOT_FIGURES = {
    "id", "group", "dataset", "design", "call", "inputs", "names", "weights_file", "r_warnings", "ci_level", "error",
    "row_levels", "col_levels",
}  # fmt: skip

Figures = Mapping[str, Any]
Runner = Callable[[Case, Reference], Figures]
Tolerance = float | Callable[[Case, str], float]
_RUNNERS: dict[str, Runner] = {}
_TOLERANCES: dict[str, Tolerance] = {}


@dataclass(frozen=True)
class Deliberate:
    """A way in which figures differ from R on purpose, and the relative difference it may make (inf = any)."""

    reason: str
    tolerance: float


# By key; docs/methods/agreement-with-r.md explains them. A runner names, under "deliberate", the key for each figure.
DELIBERATE: dict[str, Deliberate] = {}


class UnsupportedError(Exception):
    """Raised by a runner for what the project deliberately does not offer; the text says why."""


def runner(*groups: str, tolerance: Tolerance = CLOSED_FORM) -> Callable[[Runner], Runner]:
    """Register a function that computes the figures of the cases of some groups.

    It returns them by name; besides, "deliberate" may map names to keys of `DELIBERATE`.
    """

    def register(function: Runner) -> Runner:
        for group in groups:
            _RUNNERS[group], _TOLERANCES[group] = function, tolerance
        return function

    return register


@dataclass
class Outcome:
    """What became of one case."""

    case_id: str
    figures: int = 0
    agreed: int = 0
    differing: list[str] = field(default_factory=list)
    deliberate: dict[str, str] = field(default_factory=dict)
    unsupported: str = ""

    @property
    def passed(self) -> bool:
        return not self.unsupported and not self.differing


def figures_of(case: Case) -> Iterator[tuple[str, Any]]:
    """The reference figures of a case as (name, value), nested groups such as `after` flattened with dots."""
    for key, value in case.items():
        if key in NOT_FIGURES:
            continue
        if isinstance(value, dict):
            for inner, deep in value.items():
                if isinstance(deep, dict):
                    yield from ((f"{key}.{inner}.{leaf}", number) for leaf, number in deep.items())
                else:
                    yield f"{key}.{inner}", deep
        else:
            yield key, value


def numbers(value: Any) -> np.ndarray:
    """A figure as a flat array; null is NaN, "Inf" and "-Inf" are infinite."""
    if isinstance(value, list):
        return np.concatenate([numbers(part) for part in value]) if value else np.zeros(0)
    if value is None:
        return np.array([math.nan])
    return np.array([float(value)])


def scale_of(case: Case, name: str, size: int) -> np.ndarray:
    """What an absolute difference is measured against besides the figure: the estimate that an error belongs to."""
    prefix = name.rpartition(".")[0]
    group, _, inner = prefix.partition(".")
    record: Any = case.get(group, {}) if group else case
    record = record.get(inner) if inner and isinstance(record, dict) else record
    if not isinstance(record, dict) or record.get("value") is None:
        return np.zeros(size)
    value = np.nan_to_num(np.abs(numbers(record["value"])))
    if name == "vcov":
        return np.outer(value, value).ravel() * 1e-9 if value.size**2 == size else np.zeros(size)
    leaf = name.rpartition(".")[2]
    if leaf.startswith(("se", "ci_")):
        return np.broadcast_to(value, (size,)) if value.size in (1, size) else np.zeros(size)
    return np.ones(size) if leaf == "cv" else np.zeros(size)


def compare(case: Case, got: Figures, tolerance: Tolerance) -> Outcome:
    """Compare the computed figures with those of the case."""
    outcome = Outcome(case["id"])
    deliberate: Mapping[str, str] = got.get("deliberate", {})
    for name, expected in figures_of(case):
        want = numbers(expected)
        outcome.figures += want.size
        if name not in got:
            outcome.differing.append(f"{name}: not computed")
            continue
        have = np.asarray(got[name], dtype=float).ravel()
        if have.size != want.size:
            outcome.differing.append(f"{name}: {have.size} figures instead of {want.size}")
            continue
        relative = tolerance(case, name) if callable(tolerance) else tolerance
        same = agree(have, want, relative, scale_of(case, name, want.size))
        outcome.agreed += int(same.sum())
        if name in deliberate and not same.all():
            outcome.deliberate[name] = deliberate[name]
            same |= agree(have, want, DELIBERATE[deliberate[name]].tolerance, scale_of(case, name, want.size))
        for index in np.flatnonzero(~same):
            outcome.differing.append(f"{name}[{index}]: {have[index]!r} instead of {want[index]!r}")
    return outcome


def agree(have: np.ndarray, want: np.ndarray, relative: float, scale: np.ndarray) -> np.ndarray:
    """Which figures agree within a relative tolerance; infinite tolerance accepts every finite figure."""
    if math.isinf(relative):
        return np.isfinite(have)
    with np.errstate(invalid="ignore"):
        allowed = relative * np.maximum(np.abs(np.nan_to_num(want)), scale)
        return (np.isnan(want) & np.isnan(have)) | (want == have) | (np.abs(have - want) <= allowed)


def load_runners() -> None:
    """Import the modules that register runners."""
    for name in RUNNER_MODULES:
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)


def run_case(case: Case, reference: Reference) -> Outcome:
    """Compute and compare one case."""
    load_runners()
    group = case["group"]
    if group not in _RUNNERS:
        return Outcome(case["id"], unsupported=f"no runner for group {group}")
    try:
        got = _RUNNERS[group](case, reference)
    except UnsupportedError as reason:
        return Outcome(case["id"], unsupported=str(reason))
    except StatisticsError as error:
        if "error" in case:
            return Outcome(case["id"], figures=1, agreed=1)
        return Outcome(case["id"], figures=1, differing=[f"stops: {error.title}"])
    if case["inputs"].get("expect") == "error":
        return Outcome(case["id"], figures=1, differing=["computes what should stop"])
    return compare(case, got, _TOLERANCES[group])


def tally(outcomes: Mapping[str, list[Outcome]]) -> str:
    """The table: agreeing, supported and all cases of each group, and their figures."""
    heads = (
        f"{'cases agree':>12}{'supported':>11}{'all':>7}{'figures agree':>15}{'deliberate':>12}{'differ':>8}{'all':>8}"
    )
    lines = [f"{'group':<15}{heads}"]
    rows = [(group, outcomes[group]) for group in sorted(outcomes)]
    rows.append(("all", [outcome for cases in outcomes.values() for outcome in cases]))
    for group, cases in rows:
        supported = [outcome for outcome in cases if not outcome.unsupported]
        figures, agreed = sum(o.figures for o in supported), sum(o.agreed for o in supported)
        differ = sum(len(o.differing) for o in supported)
        lines.append(
            f"{group:<15}{sum(o.passed for o in supported):>12}{len(supported):>11}{len(cases):>7}"
            f"{agreed:>15}{figures - agreed - differ:>12}{differ:>8}{figures:>8}"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Run all groups, or those named; print differences and the tally."""
    parser = argparse.ArgumentParser(prog="python -m tests.statistics.conformance", description=main.__doc__)
    parser.add_argument("groups", nargs="*", help="groups of cases; all when none is named")
    parser.add_argument("--reference", type=Path, help="a folder that R filled; default: every one there is")
    parser.add_argument("--except", dest="known", type=Path, help="leave out the cases that this folder holds too")
    options = parser.parse_args(arguments)
    references = [Reference(options.reference)] if options.reference else load_references()
    seen = Reference(options.known).case_ids() if options.known else set()
    outcomes: dict[str, list[Outcome]] = {}
    for reference in references:
        for group in options.groups or reference.groups():
            cases = [case for case in reference.cases(group) if case["id"] not in seen]
            outcomes.setdefault(group, []).extend(run_case(case, reference) for case in cases)
        seen |= reference.case_ids()
    failed = 0
    for group, cases in outcomes.items():
        for outcome in cases:
            if outcome.unsupported:
                print(f"unsupported  {outcome.case_id}: {outcome.unsupported}")
            elif outcome.differing:
                failed += 1
                print(f"DIFFERS      {group} {outcome.case_id}: {'; '.join(outcome.differing[:4])}")
    for key in sorted({key for cases in outcomes.values() for o in cases for key in o.deliberate.values()}):
        number = sum(key in o.deliberate.values() for cases in outcomes.values() for o in cases)
        print(f"deliberate   {key} ({number} cases): {DELIBERATE[key].reason}")
    print("\nReference: " + "; ".join(reference.title for reference in references))
    print(tally(outcomes))
    agreed = sum(outcome.passed for cases in outcomes.values() for outcome in cases)
    supported = sum(not outcome.unsupported for cases in outcomes.values() for outcome in cases)
    print(f"{agreed} of {supported} supported cases agree with R")
    return 1 if failed or supported == 0 else 0


if __name__ == "__main__":
    # The runners register with the imported module, not with this `__main__` copy of it.
    sys.exit(importlib.import_module("tests.statistics.conformance").main(sys.argv[1:]))
