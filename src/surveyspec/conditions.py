"""The condition language: parsed into a small tree, never evaluated as code.

A condition is what a researcher writes after ``share:``, ``where:``, ``filter:`` or ``exclude:``::

    W1_PRIV_FB >= 3 and not missing(W1_SIZE)
    count(W1_PRIV_{FB,YT,TW} >= 4) == 0
    LANGUAGE in {'de', 'en'}
    abs(W1_POT - W1_WAIT) <= 1

Missing is three-valued (Kleene): a comparison with a missing answer is unknown, and what is unknown is out of the
base. ``count``, ``mean``, ``sum``, ``min`` and ``max`` need an answer to all their items unless ``min_answered`` says
otherwise. Each engine translates the tree on its own, one into array masks and one into SQL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal, get_args

from typing_extensions import TypeIs

from surveyspec.problems import did_you_mean, listed

Operator = Literal["==", "!=", "<", "<=", ">", ">="]
Aggregation = Literal["mean", "sum", "min", "max"]
ITEM = "item"


class ConditionError(ValueError):
    """The text is not a condition, or names what the codebook does not have."""


@dataclass(frozen=True)
class Variable:
    """An answer, by variable code; in claims, a number by its id."""

    name: str


@dataclass(frozen=True)
class Constant:
    """A number or a text."""

    value: float | str


@dataclass(frozen=True)
class Aggregate:
    """Mean, sum, minimum or maximum over the items of one respondent.

    Parameters
    ----------
    reverse : for reversed items, what their answer is subtracted from
    """

    function: Aggregation
    items: tuple[str, ...]
    min_answered: int | None = None
    reverse: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Count:
    """How many items of one respondent fulfil a condition (its subject is ``item``)."""

    condition: Condition
    items: tuple[str, ...]
    min_answered: int | None = None


@dataclass(frozen=True)
class Arithmetic:
    """``left operator right`` of numbers; unknown if either side is, and where the divisor is zero."""

    left: Value
    operator: Literal["+", "-", "*", "/"]
    right: Value


@dataclass(frozen=True)
class Absolute:
    """The absolute value of a number."""

    value: Value


Value = Variable | Constant | Aggregate | Count | Arithmetic | Absolute


@dataclass(frozen=True)
class Comparison:
    """``left operator right``; unknown if either side is missing."""

    left: Value
    operator: Operator
    right: Value


@dataclass(frozen=True)
class Membership:
    """``left in {a, b}``; unknown if left is missing."""

    left: Value
    members: tuple[float | str, ...]


@dataclass(frozen=True)
class Missing:
    """True if an answer is missing (for one reason, or for any); never unknown."""

    name: str
    reason: str | None = None


@dataclass(frozen=True)
class Not:
    """Kleene negation."""

    condition: Condition


@dataclass(frozen=True)
class All:
    """Kleene conjunction."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """Kleene disjunction."""

    conditions: tuple[Condition, ...]


Condition = Comparison | Membership | Missing | Not | All | AnyOf


def is_value(tree: Condition | Value) -> TypeIs[Value]:
    """Say whether a tree is a value and not a condition."""
    return isinstance(tree, get_args(Value))


def expand_pattern(pattern: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names that a pattern such as ``W1_PRIV_*`` or ``W1_PRIV_{FB,YT}`` stands for.

    ``*`` keeps the order of ``names`` (the questionnaire's), braces keep the order written.

    Raises
    ------
    ConditionError : a name that does not exist, or a pattern without a match
    """
    brace = re.search(r"\{([^}]*)\}", pattern)
    if brace:
        head, tail = pattern[: brace.start()], pattern[brace.end() :]
        choices = [choice.strip() for choice in brace.group(1).split(",")]
        return tuple(name for choice in choices for name in expand_pattern(head + choice + tail, names))
    if "*" in pattern:
        found = tuple(name for name in names if fnmatchcase(name, pattern))
        if not found:
            raise ConditionError(f"no variable matches '{pattern}'")
        return found
    if pattern not in names:
        hint = did_you_mean(pattern, names)
        raise ConditionError(
            f"unknown variable '{pattern}'" + (f"; {hint}" if hint else f"; known: {listed(names, 12)}")
        )
    return (pattern,)


def bind(condition: Condition, names: Sequence[str]) -> Condition:
    """Expand the patterns of a condition and check that every variable exists.

    Raises
    ------
    ConditionError : an unknown variable, or a pattern where one variable is needed
    """
    match condition:
        case Comparison():
            return replace(condition, left=bind_value(condition.left, names), right=bind_value(condition.right, names))
        case Membership():
            return replace(condition, left=bind_value(condition.left, names))
        case Missing():
            _single(condition.name, names)
            return condition
        case Not():
            return Not(bind(condition.condition, names))
        case All() | AnyOf():
            return type(condition)(tuple(bind(part, names) for part in condition.conditions))


def bind_value(value: Value, names: Sequence[str]) -> Value:
    """Expand the patterns of a value and check that every variable exists."""
    match value:
        case Arithmetic():
            return replace(value, left=bind_value(value.left, names), right=bind_value(value.right, names))
        case Absolute():
            return Absolute(bind_value(value.value, names))
        case Variable():
            _single(value.name, names)
            return value
        case Aggregate():
            return replace(value, items=tuple(name for item in value.items for name in expand_pattern(item, names)))
        case Count():
            items = tuple(name for item in value.items for name in expand_pattern(item, names))
            return replace(value, items=items, condition=bind(value.condition, [*names, ITEM]))
        case Constant():
            return value


def _single(name: str, names: Sequence[str]) -> None:
    found = expand_pattern(name, names)
    if len(found) != 1 or found[0] != name:
        raise ConditionError(f"'{name}' stands for several variables; use count(), mean(), min() or max()")


def variables_of(tree: Condition | Value) -> tuple[str, ...]:
    """Return the variables that a bound condition reads, each once, in order of appearance."""
    match tree:
        case Variable():
            found: tuple[str, ...] = (tree.name,)
        case Constant():
            found = ()
        case Aggregate():
            found = tree.items
        case Arithmetic():
            found = (*variables_of(tree.left), *variables_of(tree.right))
        case Absolute():
            found = variables_of(tree.value)
        case Count():
            inner = tuple(name for name in variables_of(tree.condition) if name != ITEM)
            found = (*tree.items, *inner)
        case Comparison():
            found = (*variables_of(tree.left), *variables_of(tree.right))
        case Membership():
            found = variables_of(tree.left)
        case Missing():
            found = (tree.name,)
        case Not():
            found = variables_of(tree.condition)
        case All() | AnyOf():
            found = tuple(name for part in tree.conditions for name in variables_of(part))
    return tuple(dict.fromkeys(found))
