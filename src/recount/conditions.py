"""Conditions in SQL: NULL is SQL's unknown, and its AND, OR and NOT are Kleene's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

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

_SQL_OPERATORS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LIST_FUNCTIONS = {"mean": "list_avg", "sum": "list_sum", "min": "list_min", "max": "list_max"}


def answer(code: str) -> str:
    """Return the SQL column that holds a variable's answers."""
    return f'"v_{code}"'


def reason(code: str) -> str:
    """Return the SQL column that holds why an answer is missing."""
    return f'"r_{code}"'


def text_literal(text: str) -> str:
    """Return a text as an SQL constant."""
    return "'" + text.replace("'", "''") + "'"


def number_literal(number: float) -> str:
    """Return a number as an SQL constant that is the same double."""
    return f"{float(number)!r}::DOUBLE"


@dataclass(frozen=True)
class Names:
    """What the translation must know of a wave's variables.

    Parameters
    ----------
    texts : codes whose answers are texts, not numbers
    reasons : codes that have a column with the reason for a missing answer
    item : the variable that the word ``item`` stands for inside ``count(...)``
    """

    texts: frozenset[str]
    reasons: frozenset[str]
    item: str | None = None

    def resolve(self, name: str) -> str:
        """Return the variable that a name stands for."""
        return self.item if name == ITEM and self.item is not None else name


def condition_sql(condition: Condition, names: Names) -> str:
    """Translate a bound condition into an SQL expression that is TRUE, FALSE or NULL (unknown).

    Raises
    ------
    ConditionError : an order between a number and a text, or an average of texts
    """
    match condition:
        case Comparison():
            return _comparison(condition, names)
        case Membership():
            return _membership(condition, names)
        case Missing():
            code = names.resolve(condition.name)
            if condition.reason is None:
                return f"({answer(code)} IS NULL)"
            if code not in names.reasons:
                return "FALSE"
            return f"coalesce({reason(code)} = {text_literal(condition.reason)}, FALSE)"
        case Not():
            return f"(NOT {condition_sql(condition.condition, names)})"
        case All():
            return _joined(" AND ", (condition_sql(part, names) for part in condition.conditions))
        case AnyOf():
            return _joined(" OR ", (condition_sql(part, names) for part in condition.conditions))


def _joined(word: str, parts: Iterable[str]) -> str:
    return "(" + word.join(parts) + ")"


def _comparison(condition: Comparison, names: Names) -> str:
    left, left_is_text = _value(condition.left, names)
    right, right_is_text = _value(condition.right, names)
    if left_is_text == right_is_text:
        return f"({left} {_SQL_OPERATORS[condition.operator]} {right})"
    if condition.operator not in {"==", "!="}:
        raise ConditionError(f"'{condition.operator}' between a number and a text: {condition}")
    differs = "TRUE" if condition.operator == "!=" else "FALSE"
    return f"(CASE WHEN {left} IS NOT NULL AND {right} IS NOT NULL THEN {differs} END)"


def _membership(condition: Membership, names: Names) -> str:
    left, is_text = _value(condition.left, names)
    members = [_constant(member) for member in condition.members if isinstance(member, str) == is_text]
    if not members:
        return f"(CASE WHEN {left} IS NOT NULL THEN FALSE END)"
    return f"({left} IN ({', '.join(members)}))"


def _constant(value: float | str) -> str:
    return text_literal(value) if isinstance(value, str) else number_literal(value)


def value_sql(value: Value, names: Names) -> str:
    """Translate a bound value into an SQL expression that is NULL where it is unknown."""
    return _value(value, names)[0]


def _value(value: Value, names: Names) -> tuple[str, bool]:
    """Return a value in SQL and whether it is a text."""
    match value:
        case Arithmetic():
            left, right = value_sql(value.left, names), value_sql(value.right, names)
            divisor = f"nullif({right}, 0)" if value.operator == "/" else right
            return f"({left} {value.operator} {divisor})", False
        case Absolute():
            return f"abs({value_sql(value.value, names)})", False
        case Variable():
            code = names.resolve(value.name)
            return answer(code), code in names.texts
        case Constant():
            return _constant(value.value), isinstance(value.value, str)
        case Aggregate():
            texts = [item for item in value.items if item in names.texts]
            if texts:
                raise ConditionError(f"{value.function}() of '{texts[0]}', whose answers are texts")
            items = [answer(item) for item in value.items]
            for item, total in value.reverse:
                items[value.items.index(item)] = f"({number_literal(total)} - {answer(item)})"
            return aggregate_sql(value.function, items, value.min_answered), False
        case Count():
            hits = [
                f"{condition_sql(value.condition, replace(names, item=item))}::DOUBLE" for item in value.items
            ]  # fmt: skip
            listed = f"[{', '.join(hits)}]"
            least = len(hits) if value.min_answered is None else value.min_answered
            counted = f"coalesce(list_sum({listed}), 0)"
            return f"(CASE WHEN list_count({listed}) >= {least} THEN {counted} END)", False


def aggregate_sql(function: str, items: list[str], min_answered: int | None) -> str:
    """Return the mean, sum, minimum or maximum of the answered items; NULL below ``min_answered`` (default: all)."""
    listed = f"[{', '.join(items)}]"
    least = len(items) if min_answered is None else min_answered
    return f"(CASE WHEN list_count({listed}) >= {least} THEN {_LIST_FUNCTIONS[function]}({listed}) END)"
