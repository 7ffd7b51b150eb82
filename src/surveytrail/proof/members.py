"""What single records contribute to a number's exact input, by the number's specification and nothing else."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from surveyspec.conditions import Condition, Value, Variable, is_value
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.items import ItemSpec
from surveyspec.plan import NumberSpec, TestSpec
from surveyspec.sources import sources
from surveyspec.study import WaveSpec
from surveyspec.weights import ColumnWeight
from surveytrail.hypotheses import complete_records, role_columns
from surveytrail.inputs import missing_reasons
from surveytrail.masks import Columns, evaluate, evaluate_value, is_known

Token = Hashable


@dataclass(frozen=True, eq=False)
class Member:
    """A number's base as its specification declares it; an adjusted p-value has one per test of its family.

    Parameters
    ----------
    trees : what the value is computed from
    knows_design : whether more than the base is read: standard errors know how many records were analysed (quantiles
        have none), and so does the decision that a guarded number may be published
    test : the test, where the number belongs to one
    """

    wave: WaveSpec
    trees: tuple[Condition | Value, ...]
    where: Condition | None
    groups: tuple[tuple[str, int], ...]
    weight: str
    knows_design: bool
    test: TestSpec | None = None

    @classmethod
    def of_number(cls, wave: WaveSpec, spec: NumberSpec) -> Member:
        """Return the base of an estimate."""
        knows_design = spec.estimator != "quantile" or spec.min_n is not None
        return cls(wave, (spec.value,), spec.where, spec.groups, spec.weight, knows_design)

    @classmethod
    def of_items(cls, wave: WaveSpec, spec: ItemSpec) -> Member:
        """Return the base of a number about questions: all who are analysed."""
        return cls(wave, tuple(Variable(item) for item in spec.items), None, (), UNWEIGHTED, False)

    @classmethod
    def of_test(cls, wave: WaveSpec, spec: TestSpec, weighted: bool) -> Member:
        """Return the base of a test; unweighted tests know the records of their base only."""
        return cls(wave, tuple(spec.values), spec.where, (), spec.hypothesis.weight, weighted, spec)

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """Questionnaire variables that the value is made of."""
        return sources(self.wave, self.trees)

    def inside(self, columns: Columns) -> list[bool]:
        """Say of each record whether filter and groups let it into the base, were it analysed."""
        found = np.ones(len(columns["record"]), dtype=bool)
        if self.where is not None:
            found &= evaluate(self.where, columns)[0]
        for code, level in self.groups:
            found &= columns[code] == level
        return found.tolist()

    def answers(self, columns: Columns) -> list[tuple[bool, Token]]:
        """Return for each record whether its value is known, and the value, or why there is none."""
        values = np.column_stack([tree_values(tree, columns) for tree in self.trees])
        known = ~np.isnan(values).any(axis=1)
        if self.test is not None:
            known = complete_records(self.test, role_columns(self.test, columns))
        reasons = missing_reasons([columns[f"{code}:reason"] for code in self.roots], known)
        return [
            (True, tuple(repr(value) for value in row)) if complete else (False, reason)
            for row, complete, reason in zip(values.tolist(), known.tolist(), reasons, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class Family:
    """Numbers of which it is decided together which are published: by who stands behind them, and by amounts."""

    values: tuple[Condition | Value, ...]
    bases: tuple[Member, ...]
    reads_amounts: bool

    @classmethod
    def of_numbers(cls, wave: WaveSpec, specs: Sequence[NumberSpec]) -> Family:
        """Return the family of some guarded numbers; values and bases that are the same count once."""
        values = {spec.value_key: spec.value for spec in specs}
        bases = {spec.domain_key: Member.of_number(wave, spec) for spec in specs}
        reads_amounts = any(spec.dominance is not None for spec in specs)
        return cls(tuple(values.values()), tuple(bases.values()), reads_amounts)

    def tokens(self, columns: Columns) -> list[Token]:
        """Return what the decision reads of each record."""
        found = [tree_values(tree, columns) for tree in self.values]
        answers = [column if self.reads_amounts else np.isnan(column) for column in found]
        inside = [base.inside(columns) for base in self.bases]
        return list(zip(*([repr(answer) for answer in column.tolist()] for column in answers), *inside, strict=True))


def tree_values(tree: Condition | Value, columns: Columns) -> np.ndarray:
    """Return a value, or 1/0 for a condition, of each record; NaN where unknown."""
    computed, known = evaluate_value(tree, columns) if is_value(tree) else evaluate(tree, columns)
    return np.where(known, computed, np.nan).astype(np.float64)


def weight_tokens(wave: WaveSpec, weight: str, columns: Columns) -> list[Token]:
    """Return what a weight reads of each record; None where raking leaves the record out.

    A weight of the file is its value. Raking reads the categories of the records in its population.
    """
    size = len(columns["record"])
    if weight == UNWEIGHTED:
        return [1.0] * size
    declared = wave.wave.weights[weight]
    if isinstance(declared, ColumnWeight):
        return list(columns[declared.variable].tolist())
    inside = np.logical_and.reduce([is_known(columns[code]) for code in declared.variables])
    if declared.population is not None:
        inside &= evaluate(wave.condition(declared.population), columns)[0]
    levels = list(zip(*(columns[code].tolist() for code in declared.variables), strict=True))
    return [level if known else None for level, known in zip(levels, inside.tolist(), strict=True)]
