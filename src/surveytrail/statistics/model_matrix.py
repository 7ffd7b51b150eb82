"""Model matrices: numeric columns as they are, categories as treatment contrasts against their first level.

Names and order follow R (``sizelarge``, ``a:b``), so that coefficients can be compared by name. A formula here is a
list of names joined by ``+``, ``:`` and ``*``; it is parsed, never evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveytrail.statistics.arrays import BoolArray, FloatArray, IntArray
from surveytrail.statistics.categories import code_levels
from surveytrail.statistics.errors import StatisticsError, shorten

_NAME = re.compile(r"[A-Za-z_.][A-Za-z0-9_.]*")


@dataclass(frozen=True, eq=False)
class ModelMatrix:
    """A model matrix and what its columns mean.

    Attributes
    ----------
    values: (n, p), 0 in rows that are not complete.
    names: the p column names, ``(Intercept)`` first where there is one.
    terms: the terms of the formula in order.
    term_of_column: (p,) index into `terms`, -1 for the intercept.
    complete: (n,) rows without a missing value in any variable of the formula.
    """

    values: FloatArray
    names: tuple[str, ...]
    terms: tuple[str, ...]
    term_of_column: IntArray
    complete: BoolArray

    def columns_of(self, term: str) -> IntArray:
        """Positions of the columns of one term; StatisticsError when the model has no such term."""
        wanted = _canonical(term)
        places = [i for i, known in enumerate(self.terms) if _canonical(known) == wanted]
        if not places:
            raise StatisticsError(
                "Unknown term",
                f"`{term}`",
                expected=f"a term of the model: {', '.join(self.terms)}",
                got=repr(term),
                hint="test a term that the model contains",
            )
        return np.flatnonzero(self.term_of_column == places[0])


def parse_formula(formula: str) -> tuple[str, tuple[str, ...]]:
    """Split ``y ~ a + b*c`` into the outcome and the terms (``a``, ``b``, ``c``, ``b:c``); the outcome may be absent.

    Errors: StatisticsError for anything but names joined by ``+``, ``:``, ``*`` (and ``1`` for no predictors).
    """
    left, tilde, right = formula.partition("~")
    outcome = left.strip()
    parts = [part.strip() for part in right.split("+")]
    terms: list[str] = []
    for part in parts:
        if part == "1":
            continue
        factors = [factor.strip() for factor in re.split(r"[:*]", part)]
        if (
            not tilde
            or any(not _NAME.fullmatch(name) for name in factors)
            or (outcome and not _NAME.fullmatch(outcome))
        ):
            raise StatisticsError(
                "Formula not understood",
                f"`{formula}`",
                expected="outcome ~ name + name:name + name*name",
                got=f"`{part or formula}`",
                hint="derive other variables first and name them",
            )
        found = factors if "*" in part else []
        for term in [*found, ":".join(factors)]:
            if term not in terms:
                terms.append(term)
    return outcome, tuple(sorted(terms, key=lambda term: term.count(":")))


def model_matrix(
    columns: Mapping[str, Any],
    terms: Sequence[str],
    *,
    levels: Mapping[str, Sequence[Any]] | None = None,
    intercept: bool = True,
) -> ModelMatrix:
    """Build the model matrix of `terms`.

    Parameters
    ----------
    columns: name -> values (n,). Numbers and booleans are numeric, text and pandas categories are categorical.
    terms: names and interactions ``a:b``; the interactions need their parts among the terms.
    levels: name -> levels in order, the first being the reference; by default the order of a pandas category, else
        sorted. Levels that do not occur are kept: a fit will say that their column is empty.
    intercept: whether to put a column of ones first.

    Errors: StatisticsError for unknown variables and for interactions without their parts.
    """
    needed = list(dict.fromkeys(name for term in terms for name in term.split(":")))
    unknown = [name for name in needed if name not in columns]
    if unknown:
        raise StatisticsError(
            "Unknown variable in a model",
            f"`{unknown[0]}`",
            expected=f"one of {shorten(sorted(columns))}",
            got=repr(unknown[0]),
            hint="derive the variable first, or correct its name",
        )
    coded = {name: _code(name, columns[name], (levels or {}).get(name)) for name in needed}
    rows = np.shape(columns[next(iter(columns))])[0]
    complete = np.ones(rows, dtype=bool)
    for block in coded.values():
        complete &= block.complete
    values: list[FloatArray] = [np.ones((rows, 1))] if intercept else []
    names: list[str] = ["(Intercept)"] if intercept else []
    owner: list[int] = [-1] if intercept else []
    for place, term in enumerate(terms):
        block = _term(term, coded, terms)
        values.append(block.values)
        names.extend(block.names)
        owner.extend([place] * len(block.names))
    matrix = np.hstack(values) if values else np.zeros((rows, 0))
    matrix = np.where(complete[:, None], matrix, 0.0)
    return ModelMatrix(matrix, tuple(names), tuple(terms), np.array(owner, dtype=np.int64), complete)


@dataclass(frozen=True, eq=False)
class _Block:
    """Coded columns of one variable or term: (n, c), their names, rows without missing values."""

    values: FloatArray
    names: tuple[str, ...]
    complete: BoolArray


def _code(name: str, values: Any, levels: Sequence[Any] | None) -> _Block:
    column: NDArray[Any] = np.asarray(values)
    categorical = hasattr(getattr(values, "cat", values), "categories")
    if levels is None and not categorical and column.dtype.kind in "iufb":
        numbers = column.astype(np.float64)
        finite = np.isfinite(numbers)
        return _Block(np.where(finite, numbers, 0.0)[:, None], (name,), finite)
    codes, found = code_levels(values)
    if levels is None:
        levels = list(getattr(values, "cat", values).categories) if categorical else list(found)
    place = {level: position for position, level in enumerate(levels)}
    stray = [level for level in found if level not in place]
    if stray:
        row = int(np.flatnonzero(codes == found.index(stray[0]))[0])
        raise StatisticsError(
            "Unknown level in a model",
            f"`{name}`, row {row + 1}",
            expected=f"one of {shorten([str(x) for x in levels])}",
            got=repr(stray[0]),
            hint="add the level or recode it",
        )
    index = np.array([*(place[level] for level in found), -1])[codes]
    indicators = index[:, None] == np.arange(1, len(levels))
    return _Block(indicators.astype(np.float64), tuple(f"{name}{level}" for level in levels[1:]), codes >= 0)


def _term(term: str, coded: Mapping[str, _Block], terms: Sequence[str]) -> _Block:
    parts = term.split(":")
    if len(parts) > 1:
        absent = [part for part in parts if part not in terms]
        if absent:
            raise StatisticsError(
                "Interaction without its parts",
                f"`{term}`",
                expected=f"`{absent[0]}` among the terms",
                got=", ".join(terms),
                hint=f"write `{'*'.join(parts)}`",
            )
    block = coded[parts[0]]
    for part in parts[1:]:
        other = coded[part]
        # As in R, the levels of the first variable vary fastest.
        products = [block.values * column[:, None] for column in other.values.T]
        names = tuple(f"{first}:{second}" for second in other.names for first in block.names)
        block = _Block(np.hstack(products), names, block.complete & other.complete)
    return block


def _canonical(term: str) -> tuple[str, ...]:
    return tuple(sorted(term.split(":")))
