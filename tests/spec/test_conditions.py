"""The condition language: what parses, what it means, and what its errors say."""

import numpy as np
import pytest

from surveyspec.condition_parser import parse_condition
from surveyspec.conditions import ConditionError, bind, expand_pattern, variables_of
from surveytrail.masks import evaluate

NAN = np.nan
COLUMNS = {
    "A": np.array([1.0, 2.0, 3.0, NAN]),
    "B": np.array([3.0, NAN, 1.0, NAN]),
    "C": np.array([2.0, 2.0, NAN, NAN]),
    "T": np.array(["de", "fr", None, "it"], dtype=object),
    "A:reason": np.array([None, None, None, "NOT_ASKED"], dtype=object),
}
COLUMNS |= {f"X_{name}": COLUMNS[name] for name in "ABC"}
NAMES = ["A", "B", "C", "T", "X_A", "X_B", "X_C"]


def outcome(text: str, subject: str | None = None) -> str:
    """Write a condition's outcome per record as T(rue), F(alse) or ? (unknown)."""
    true, known = evaluate(bind(parse_condition(text, subject), NAMES), COLUMNS)
    return "".join("?" if not k else "T" if t else "F" for t, k in zip(true, known, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A >= 2", "FTT?"),
        ("A != 2", "TFT?"),
        ("1 < A <= 3", "FTT?"),
        ("A in {1, 3}", "TFT?"),
        ("T in {'de', 'it'}", "TF?T"),
        ("T == 'fr'", "FT?F"),
        ("not A >= 2", "TFF?"),
        ("A >= 2 and B >= 2", "F?F?"),
        ("A >= 2 or B >= 2", "TTT?"),
        ("A < 1 and B >= 2", "FFF?"),
        ("missing(A)", "FFFT"),
        ("missing(A, NOT_ASKED)", "FFFT"),
        ("missing(A, NO_ANSWER)", "FFFF"),
        ("count(X_{A,B,C} >= 2) >= 2", "T???"),
        ("count(X_{A,B,C} >= 2, min_answered=2) >= 2", "TTF?"),
        ("max(A, B) >= 3", "T?T?"),
        ("max(A, B, min_answered=1) >= 3", "TFT?"),
        ("mean(X_{A,B}) == 2", "T?T?"),
        ("sum(A, B, C) == 6", "T???"),
        ("min(A, B) == 1", "T?T?"),
        ("(A == 1 or A == 2) and not C == 2", "FFF?"),
        ("A + B == 4", "T?T?"),
        ("(A + B) / 2 >= 2", "T?T?"),
        ("abs(A - B) == 2", "T?T?"),
        ("A - 1 >= 1", "FTT?"),
        ("2 * A + 1 == 5", "FTF?"),
        ("A / (B - 3) < 0", "??T?"),
        ("A in {-1, 2}", "FTF?"),
        ("((A >= 2) and (B >= 1))", "F?T?"),
    ],
)
def test_outcome(text: str, expected: str) -> None:
    assert outcome(text) == expected


def test_short_form_takes_its_subject() -> None:
    assert outcome(">= 2", "A") == outcome("A >= 2")
    assert outcome("in {1}", "A") == outcome("item == 1", "A")


def test_patterns_keep_questionnaire_order_and_braces_the_written_one() -> None:
    names = ["X_2", "X_1", "Y"]
    assert expand_pattern("X_*", names) == ("X_2", "X_1")
    assert expand_pattern("X_{1,2}", names) == ("X_1", "X_2")


def test_variables_are_listed_once() -> None:
    condition = bind(parse_condition("A >= 1 and count(X_{A,B} == 1) == 1 or missing(A)"), NAMES)
    assert variables_of(condition) == ("A", "X_A", "X_B")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A >", "expected a variable"),
        ("A = 3", "found '=' at character 3, expected a comparison"),
        ("A >= 3 B", "expected 'and', 'or' or the end"),
        (">= 3", "a variable before the operator"),
        ("count(A)", "expected a comparison with its items"),
        ("A in 3", "expected '{'"),
        ("A >= 3; import os", "unexpected ';'"),
        ("abs(A >= 3", "expected ')'"),
        ("A + >= 3", "expected a variable"),
        ("__import__('os')", "expected a comparison"),
        ("(A >= 3", "expected ')'"),
    ],
)
def test_what_does_not_parse(text: str, message: str) -> None:
    with pytest.raises(ConditionError, match="(?s)" + message.replace("(", r"\(").replace(")", r"\)")):
        parse_condition(text)


def test_unknown_variable_gets_a_suggestion() -> None:
    with pytest.raises(ConditionError, match="unknown variable 'W1_PRIV_FX'; did you mean 'W1_PRIV_FB'"):
        bind(parse_condition("W1_PRIV_FX >= 3"), ["W1_PRIV_FB", "W1_SIZE"])
    with pytest.raises(ConditionError, match=r"no variable matches 'Z_\*'"):
        bind(parse_condition("count(Z_* >= 1) == 1"), NAMES)
    with pytest.raises(ConditionError, match="stands for several variables"):
        bind(parse_condition("X_* >= 1"), NAMES)
