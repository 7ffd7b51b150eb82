"""Conditions in SQL against a brute-force reading of Kleene's logic, one record at a time."""

from __future__ import annotations

import operator
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recount.conditions import Names, condition_sql
from surveyspec.condition_parser import parse_condition
from surveyspec.conditions import (
    ITEM,
    Aggregate,
    All,
    AnyOf,
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
    bind,
)

NUMBERS, TEXTS = ("Q_A", "Q_B", "Q_C"), ("T", "U")
NAMES = Names(frozenset(TEXTS), frozenset((*NUMBERS, *TEXTS)))
REASONS = ("NO_ANSWER", "NOT_ASKED")
COMPARE = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
Record = dict[str, float | str | None]


def value_of(value: Value, record: Record) -> float | str | None:
    """Return a value of one record, None where it is missing."""
    if isinstance(value, Variable):
        return record[value.name]
    if isinstance(value, Constant):
        return value.value
    least = len(value.items) if value.min_answered is None else value.min_answered
    if isinstance(value, Count):
        outcomes = [truth(value.condition, {**record, ITEM: record[item]}) for item in value.items]
        known = [outcome for outcome in outcomes if outcome is not None]
        return float(sum(known)) if len(known) >= least else None
    answers = [float(answer) for item in value.items if (answer := record[item]) is not None]
    if len(answers) < least or not answers:
        return None
    if value.function == "mean":
        return sum(answers) / len(answers)
    return {"sum": sum, "min": min, "max": max}[value.function](answers)


def truth(condition: Condition, record: Record) -> bool | None:
    """Return True, False or None (unknown) for one record."""
    match condition:
        case Comparison():
            left, right = value_of(condition.left, record), value_of(condition.right, record)
            if left is None or right is None:
                return None
            if isinstance(left, str) != isinstance(right, str):
                return condition.operator == "!="
            return bool(COMPARE[condition.operator](left, right))
        case Membership():
            found = value_of(condition.left, record)
            return None if found is None else found in condition.members
        case Missing():
            return record[condition.name] is None and condition.reason in {None, record[f"{condition.name}:reason"]}
        case Not():
            inner = truth(condition.condition, record)
            return None if inner is None else not inner
        case All():
            parts = {truth(part, record) for part in condition.conditions}
            return False if False in parts else None if None in parts else True
        case AnyOf():
            parts = {truth(part, record) for part in condition.conditions}
            return True if True in parts else None if None in parts else False


NUMBER = st.sampled_from([0.0, 1.0, 2.0, 3.0, -1.5])
WORD = st.sampled_from(["de", "fr", "it's", ""])
LEAST = st.none() | st.integers(0, 3)
ITEMS = st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3).map(tuple)
OPERATOR = st.sampled_from(list(COMPARE))
ITEM_TEST = st.builds(Comparison, st.just(Variable(ITEM)), OPERATOR, NUMBER.map(Constant)) | st.builds(
    Membership, st.just(Variable(ITEM)), st.lists(NUMBER, min_size=1, max_size=3).map(tuple)
)
NUMERIC = st.one_of(
    st.sampled_from(NUMBERS).map(Variable),
    NUMBER.map(Constant),
    st.builds(Aggregate, st.sampled_from(["mean", "sum", "min", "max"]), ITEMS, LEAST),
    st.builds(Count, ITEM_TEST, ITEMS, LEAST),
)
TEXTUAL = st.sampled_from(TEXTS).map(Variable) | WORD.map(Constant)
LEAVES = st.one_of(
    st.builds(Comparison, NUMERIC, OPERATOR, NUMERIC),
    st.builds(Comparison, TEXTUAL, OPERATOR, TEXTUAL),
    st.builds(Comparison, NUMERIC, st.sampled_from(["==", "!="]), TEXTUAL),
    st.builds(Membership, NUMERIC, st.lists(NUMBER, min_size=1, max_size=3).map(tuple)),
    st.builds(Membership, TEXTUAL, st.lists(WORD | NUMBER, min_size=1, max_size=3).map(tuple)),
    st.builds(Missing, st.sampled_from((*NUMBERS, *TEXTS)), st.none() | st.sampled_from(REASONS)),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
    ),
    max_leaves=6,
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    record: Record = {}
    for code in (*NUMBERS, *TEXTS):
        record[code] = draw(st.none() | (NUMBER if code in NUMBERS else WORD))
        record[f"{code}:reason"] = draw(st.sampled_from(REASONS)) if record[code] is None else None
    return record


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        columns = [f'"v_{code}" DOUBLE, "r_{code}" VARCHAR' for code in NUMBERS]
        columns += [f'"v_{code}" VARCHAR, "r_{code}" VARCHAR' for code in TEXTS]
        connection.execute(f"CREATE TABLE answers (record INTEGER, {', '.join(columns)})")
        yield connection


def by_sql(database: duckdb.DuckDBPyConnection, condition: Condition, given_records: list[Record]) -> list[bool | None]:
    database.execute("DELETE FROM answers")
    for place, record in enumerate(given_records):
        cells = [record[key] for code in (*NUMBERS, *TEXTS) for key in (code, f"{code}:reason")]
        database.execute(f"INSERT INTO answers VALUES ({', '.join('?' * (len(cells) + 1))})", [place, *cells])
    query = f"SELECT {condition_sql(condition, NAMES)} FROM answers ORDER BY record"
    return [outcome for (outcome,) in database.execute(query).fetchall()]


@settings(max_examples=150, deadline=None)
@given(CONDITIONS, st.lists(records(), min_size=1, max_size=4))
def test_sql_agrees_with_kleene(
    database: duckdb.DuckDBPyConnection, condition: Condition, given_records: list[Record]
) -> None:
    assert by_sql(database, condition, given_records) == [truth(condition, record) for record in given_records]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Q_A == 1 and Q_B == 1", [True, False, None, None]),
        ("Q_A == 1 or Q_B == 1", [True, True, True, None]),
        ("not Q_A == 1", [False, False, False, None]),
        ("1 <= Q_B < 2", [True, False, None, None]),
        ("count(Q_{A,B} == 1) == 1", [False, True, None, None]),
        ("count(Q_{A,B} == 1, min_answered=1) == 1", [False, True, True, None]),
        ("count(Q_* in {1, 2}, min_answered=2) == 2", [True, True, None, None]),
        ("max(Q_{A,B}, min_answered=1) >= 2", [False, True, False, None]),
        ("mean(Q_A, Q_B) == 1.5", [False, True, None, None]),
        ("missing(Q_B)", [False, False, True, True]),
        ("missing(Q_B, NOT_ASKED)", [False, False, True, False]),
        ('not missing(Q_B, NOT_ASKED) and T == "it\'s"', [True, False, False, None]),
        ("T in {'de', 'fr'}", [False, True, True, None]),
    ],
)
def test_by_hand(database: duckdb.DuckDBPyConnection, text: str, expected: list[bool | None]) -> None:
    empty = dict.fromkeys([key for code in (*NUMBERS, *TEXTS) for key in (code, f"{code}:reason")])
    rows: list[Record] = [
        {**empty, "Q_A": 1.0, "Q_B": 1.0, "T": "it's"},
        {**empty, "Q_A": 1.0, "Q_B": 2.0, "T": "de"},
        {**empty, "Q_A": 1.0, "Q_B:reason": "NOT_ASKED", "T": "fr"},
        {**empty, "Q_B:reason": "NO_ANSWER"},
    ]
    condition = bind(parse_condition(text), [*NUMBERS, *TEXTS])
    assert by_sql(database, condition, rows) == expected


@pytest.mark.parametrize(
    ("text", "said"), [("Q_A < 'de'", "'<' between a number and a text"), ("max(T, Q_A) > 1", "of 'T', whose answers")]
)
def test_what_cannot_be_compared(text: str, said: str) -> None:
    with pytest.raises(ConditionError, match=said):
        condition_sql(bind(parse_condition(text), [*NUMBERS, *TEXTS]), NAMES)
