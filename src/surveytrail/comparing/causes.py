"""Why a number differs between two runs: data, specification, code, environment, format or wording.

A number's data and its part of the specification are known exactly: by its edges to raw cells, and by the entries of
config and codebooks that it depends on. Where one of them differs, it is the cause. Code and environment are known by
stage only: they are the cause where nothing else differs, and stand beside it, as what differs too, where something
does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from surveytrail.comparing.code import CodeChanges
from surveytrail.comparing.data import changes_of_sources, data_causes
from surveytrail.comparing.environment import EnvironmentChanges
from surveytrail.comparing.numbers import Difference, compare_ledgers
from surveytrail.comparing.runs import Run
from surveytrail.comparing.specification import Role, Specification, changed_lines

Kind = Literal["data", "specification", "code", "environment", "format", "wording", "unexplained"]
KINDS: tuple[Kind, ...] = ("data", "specification", "code", "environment", "format", "wording", "unexplained")
_STAGES_BEFORE = {
    "estimate": ("import", "clean", "weight", "estimate"),
    "test": ("import", "clean", "weight", "test"),
    "sensitivity": ("import", "clean", "weight", "estimate", "compare"),
    "weighting": ("import", "clean", "weight"),
    "scale": ("import", "clean", "items"),
    "nonresponse": ("import", "clean", "items"),
    "flow": ("import", "clean"),
    "response": ("response",),
    "interview": ("interview",),
}
_COLLECTING = ("collect",)


@dataclass(frozen=True)
class Cause:
    """One cause and where it is: cells, lines of config or codebook, functions, packages."""

    kind: Kind
    where: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """A number that differs, and why.

    Parameters
    ----------
    causes : what made it differ, at least one
    also : what differs too and could have had a part in it
    """

    difference: Difference
    causes: tuple[Cause, ...]
    also: tuple[Cause, ...] = ()

    @property
    def in_print(self) -> bool:
        """Say whether documents print the number otherwise, or in one run only."""
        before, after = self.difference.before, self.difference.after
        if before is None or after is None:
            return True
        return any(before[name] != after[name] for name in ("text", "interval_text", "n_used"))


class Comparison:
    """Two runs, number by number."""

    def __init__(self, a: Run, b: Run) -> None:
        self.a, self.b = a, b
        self.code = CodeChanges(a, b)
        self.environment = EnvironmentChanges(a, b, self.code)
        self.specifications = (Specification(a.study), Specification(b.study))
        self.data = changes_of_sources(a, b)

    @cached_property
    def changes(self) -> list[Change]:
        """The numbers that differ, each with its causes."""
        return [self._explained(difference) for difference in compare_ledgers(self.a.ledger, self.b.ledger)]

    @property
    def compared(self) -> int:
        """How many numbers either run has."""
        return len(self.a.ledger.keys() | self.b.ledger.keys())

    @cached_property
    def counts(self) -> dict[Kind, int]:
        """How many numbers changed for each kind of cause; a number with two causes counts twice."""
        kinds = [cause.kind for change in self.changes for cause in change.causes]
        return {kind: kinds.count(kind) for kind in KINDS if kind in kinds}

    @property
    def explained(self) -> bool:
        """Say whether there were numbers to compare and every change has a cause."""
        return self.compared > 0 and "unexplained" not in self.counts

    @cached_property
    def differing_files(self) -> dict[str, list[str]]:
        """Files whose sealed digests differ, or that one run only has, per class; ledger rows are compared apart."""
        found: dict[str, list[str]] = {}
        before, after = self.a.seal.classes, self.b.seal.classes
        for kind in sorted((before.keys() | after.keys()) - {"ledger rows"}):
            old, new = before.get(kind, {}), after.get(kind, {})
            names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
            found |= {kind: names} if names else {}
        return found

    def _explained(self, difference: Difference) -> Change:
        causes: list[Cause] = []
        also: list[Cause] = []
        if difference.facets & {"input", "value"} or difference.status != "changed":
            certain = [self._data(difference), self._specification(difference, "value", "specification")]
            possible = [self._code(difference), self._environment(self._stages(difference))]
            causes = [cause for cause in certain if cause.where]
            others = [cause for cause in possible if cause.where]
            causes, also = (causes, others) if causes else (others, [])
            if difference.status == "changed" and self._reformatted(difference):
                causes.append(self._printed(difference, "format", "format"))
        elif "text" in difference.facets:
            causes.append(self._printed(difference, "format", "format"))
        if "wording" in difference.facets:
            causes.append(self._printed(difference, "wording", "wording"))
        known = [cause for cause in causes if cause.where]
        return Change(difference, tuple(known or [Cause("unexplained", ())]), tuple(also))

    def _data(self, difference: Difference) -> Cause:
        found = data_causes(difference.id, difference.row["weight"], self.a, self.b, self.data)
        return Cause("data", tuple(found))

    def _specification(self, difference: Difference, role: Role, kind: Kind) -> Cause:
        """Return the changed entries of one role that a number depends on, in either run."""
        names: set[str] = set()
        for specification, row in zip(self.specifications, (difference.before, difference.after), strict=True):
            if row is not None:
                names |= specification.entries_of(row, with_own=difference.respecified)
        before, after = (specification.entries for specification in self.specifications)
        lines: list[str] = []
        for name in sorted(names):
            entries = [entries[name] for entries in (before, after) if name in entries]
            contents = {entry.content for entry in entries}
            if entries and entries[0].role == role and (len(entries) == 1 or len(contents) == 2):
                lines += changed_lines(*self.specifications, name)
        return Cause(kind, tuple(dict.fromkeys(lines)))

    def _code(self, difference: Difference) -> Cause:
        changed = self.code.of_stages(self._stages(difference))
        return Cause("code", tuple(map(str, changed)))

    def _environment(self, stages: tuple[str, ...]) -> Cause:
        return Cause("environment", tuple(self.environment.of_stages(stages)))

    def _stages(self, difference: Difference) -> tuple[str, ...]:
        """Return the stages in which a difference can have arisen.

        With the same exact input, the value of an unweighted number can only have changed in its own stage or when
        it was collected; variances of weighted numbers also rest on how the weights were made.
        """
        row = difference.row
        stages = _STAGES_BEFORE.get(row["kind"], _STAGES_BEFORE["estimate"])
        if difference.status == "changed" and "input" not in difference.facets and row["weight"] == "unweighted":
            stages = stages[-1:]
        return (*stages, *_COLLECTING)

    def _reformatted(self, difference: Difference) -> bool:
        """Say whether a number whose value changed is also printed in another way."""
        before, after = difference.before, difference.after
        assert before is not None and after is not None
        return any(before.get(name) != after.get(name) for name in ("decimals", "rounding"))

    def _printed(self, difference: Difference, role: Role, kind: Kind) -> Cause:
        """Return why a number is printed or labelled otherwise: the lines that say so, else the collecting code."""
        found = self._specification(difference, role, kind)
        if found.where:
            return found
        code = tuple(map(str, self.code.of_stages(_COLLECTING)))
        return Cause(kind, code or self._environment(_COLLECTING).where)
