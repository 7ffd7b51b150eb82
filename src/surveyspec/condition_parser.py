"""The parser of the condition language: a text becomes the tree of ``surveyspec.conditions``."""

from __future__ import annotations

import re
from functools import lru_cache

from surveyspec.conditions import (
    ITEM,
    Absolute,
    Aggregate,
    All,
    AnyOf,
    Arithmetic,
    Comparison,
    Condition,
    ConditionError,
    Constant,
    Count,
    Membership,
    Missing,
    Not,
    Value,
    Variable,
)

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
