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
from functools import lru_cache
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


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?)
    | (?P<text>'[^']*'|"[^"]*")
    | (?P<operator>==|!=|<=|>=|<|>)
    | (?P<name>[A-Za-z_](?:\w|\*|\{[\w,\s]*\}|\.(?=\w)\w+(?:=\w+)?)*)
    | (?P<mark>[(){},=+*/-])
    )""",
    re.VERBOSE,
)
_AGGREGATES = {"mean", "sum", "min", "max"}
_WORDS = {"and", "or", "not", "in", "count", "missing", "abs", *_AGGREGATES}


@lru_cache(maxsize=4096)  # alternatives of a study read the same rules hundreds of times
def parse_condition(text: str, subject: str | None = None) -> Condition:
    """Parse a condition.

    Parameters
    ----------
    text : the condition; may begin with an operator or ``in`` when a subject is given (``>= 3``)
    subject : name that a leading operator and the word ``item`` stand for

    Raises
    ------
    ConditionError : with the position and what was expected there
    """
    return _Parser(text, subject).condition()


def parse_value(text: str, subject: str | None = None) -> Value:
    """Parse a value: a variable, an aggregate such as ``count(W1_FIRM_* == 4)``, or arithmetic on them.

    Raises
    ------
    ConditionError : with the position and what was expected there
    """
    return _Parser(text, subject).whole_value()


class _Parser:
    """Recursive descent over the tokens of one condition; the grammar is the order of the methods."""

    def __init__(self, text: str, subject: str | None) -> None:
        self.text, self.subject = text, subject
        self.tokens: list[tuple[str, str, int]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                found = text[position:].strip()[0]
                raise ConditionError(f"'{text}': unexpected '{found}' at character {position + 1}")
            kind = match.lastgroup
            self.tokens.append((kind, match.group(kind), match.start(kind) + 1))
            position = match.end()
        self.at = 0

    def peek(self) -> tuple[str, str, int]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "", len(self.text) + 1)

    def take(self, *wanted: str) -> str | None:
        if self.peek()[1] in wanted and self.peek()[0] != "text":
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def fail(self, expected: str) -> ConditionError:
        kind, found, place = self.peek()
        shown = "the end" if kind == "end" else f"'{found}'"
        return ConditionError(f"'{self.text}': found {shown} at character {place}, expected {expected}")

    def require(self, mark: str) -> None:
        if self.take(mark) is None:
            raise self.fail(f"'{mark}'")

    def condition(self) -> Condition:
        tree = self.disjunction()
        if self.peek()[0] != "end":
            raise self.fail("'and', 'or' or the end")
        return tree

    def whole_value(self) -> Value:
        tree = self.value()
        if self.peek()[0] != "end":
            raise self.fail("an operator (+, -, *, /) or the end")
        return tree

    def disjunction(self) -> Condition:
        parts = [self.conjunction()]
        while self.take("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def conjunction(self) -> Condition:
        parts = [self.negation()]
        while self.take("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def negation(self) -> Condition:
        if self.take("not"):
            return Not(self.negation())
        if self.take("missing"):
            return self.missing()
        return self.parenthesised() if self.peek()[1] == "(" else self.comparison()

    def parenthesised(self) -> Condition:
        """A condition in parentheses, or a comparison that begins with a value in parentheses."""
        start = self.at
        try:
            self.require("(")
            tree = self.disjunction()
            self.require(")")
        except ConditionError:
            self.at = start
            return self.comparison()
        return tree

    def missing(self) -> Missing:
        self.require("(")
        name = self.name()
        reason = self.name() if self.take(",") else None
        self.require(")")
        return Missing(name, reason)

    def comparison(self) -> Condition:
        leading = self.peek()[0] == "operator" or self.peek()[1] == "in"
        left: Value = Variable(self.require_subject()) if leading else self.value()
        if self.take("in"):
            return Membership(left, self.members())
        links: list[Comparison] = []
        while self.peek()[0] == "operator":
            operator = self.tokens[self.at][1]
            self.at += 1
            right = self.value()
            links.append(Comparison(left, operator, right))  # type: ignore[arg-type]
            left = right
        if not links:
            raise self.fail("a comparison (==, !=, <, <=, >, >=, in)")
        return links[0] if len(links) == 1 else All(tuple(links))

    def require_subject(self) -> str:
        if self.subject is None:
            raise self.fail("a variable before the operator")
        return self.subject

    def members(self) -> tuple[float | str, ...]:
        self.require("{")
        members = [self.constant().value]
        while self.take(","):
            members.append(self.constant().value)
        self.require("}")
        return tuple(members)

    def value(self) -> Value:
        tree = self.product()
        while (operator := self.take("+", "-")) is not None:
            tree = Arithmetic(tree, operator, self.product())  # type: ignore[arg-type]
        return tree

    def product(self) -> Value:
        tree = self.factor()
        while (operator := self.take("*", "/")) is not None:
            tree = Arithmetic(tree, operator, self.factor())  # type: ignore[arg-type]
        return tree

    def factor(self) -> Value:
        kind, text, _ = self.peek()
        if kind in {"number", "text"} or text == "-":
            return self.constant()
        if self.take("("):
            inner = self.value()
            self.require(")")
            return inner
        if self.take("abs"):
            self.require("(")
            inner = self.value()
            self.require(")")
            return Absolute(inner)
        if self.take("count"):
            return self.count()
        if text in _AGGREGATES:
            self.at += 1
            self.require("(")
            items, least = self.items(), self.min_answered()
            self.require(")")
            return Aggregate(text, items, least)  # type: ignore[arg-type]
        return Variable(self.name())

    def count(self) -> Count:
        """``count(PATTERN operator value)`` or ``count(PATTERN in {…})``."""
        self.require("(")
        items = (self.name(),)
        if self.peek()[0] != "operator" and self.peek()[1] != "in":
            raise self.fail("a comparison with its items (count(ITEMS >= 3))")
        inner = _Parser.__new__(_Parser)
        inner.text, inner.subject, inner.tokens, inner.at = self.text, ITEM, self.tokens, self.at
        condition = inner.comparison()
        self.at = inner.at
        least = self.min_answered()
        self.require(")")
        return Count(condition, items, least)

    def items(self) -> tuple[str, ...]:
        names = [self.name()]
        while self.peek()[1] == "," and self.tokens[self.at + 1 : self.at + 2] != []:
            if self.tokens[self.at + 1][1] == "min_answered":
                break
            self.at += 1
            names.append(self.name())
        return tuple(names)

    def min_answered(self) -> int | None:
        if not self.take(","):
            return None
        if self.take("min_answered") is None:
            raise self.fail("'min_answered='")
        self.require("=")
        return int(float(self.constant().value))

    def constant(self) -> Constant:
        sign = -1.0 if self.take("-") else 1.0
        kind, text, _ = self.peek()
        if kind not in ({"number"} if sign < 0 else {"number", "text"}):
            raise self.fail("a number or a 'text'")
        self.at += 1
        return Constant(sign * float(text) if kind == "number" else text[1:-1])

    def name(self) -> str:
        kind, text, _ = self.peek()
        if kind != "name" or text in _WORDS:
            raise self.fail("a variable")
        self.at += 1
        return self.subject if text == ITEM and self.subject is not None else text


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
