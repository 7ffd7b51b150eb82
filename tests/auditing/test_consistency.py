"""Printed numbers held against each other: what fits holds, what cannot be is named, and 0 of 0 is no success."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from surveytrail.auditing.audit import Audit
from surveytrail.auditing.consistency import Check, Rounded, consistency
from surveytrail.auditing.expected import Expected

LANGUAGE = "en"


def row(number: str, text: str, **cells: Any) -> dict[str, Any]:
    """Return a row of the ledger with what the checks read."""
    shared = {"kind": "estimate", "wave": "w1", "estimate": "e", "item": None, "groups": "[]", "weight": "unweighted",
              "estimator": "share", "statistic": "share", "variables": ["A"], "numerator": None, "denominator": None,
              "n_used": None, "interval_text": None}  # fmt: skip
    return {**shared, "id": number, "text": json.dumps({LANGUAGE: text}), **cells}


def checks(*rows: dict[str, Any]) -> dict[str, Check]:
    """Run the checks on a document that prints all rows."""
    spec = SimpleNamespace(wave=SimpleNamespace(derived={"D": None}), is_coded=lambda code: code == "A")
    config = SimpleNamespace(estimates=[SimpleNamespace(id="e", distribution="A")])
    study: Any = SimpleNamespace(config=config, waves={"w1": spec})
    expected = Expected(study, {part["id"]: part for part in rows}, {}, {}, {})
    return {check.name: check for check in consistency(expected, set(expected.rows), LANGUAGE)}


def distribution(*texts: str) -> list[dict[str, Any]]:
    return [row(f"w1.e.a{place}.unweighted", text) for place, text in enumerate(texts)]


def numbers_of_a_test(**texts: str) -> list[dict[str, Any]]:
    return [row(f"w1.H1.{name}.unweighted", text, kind="test", estimate="H1", statistic=name, estimator="t_paired")
            for name, text in texts.items()]  # fmt: skip


def outcome(check: Check) -> tuple[int, int]:
    return check.checked, len(check.problems)


def test_a_printed_number_stands_for_all_that_are_rounded_to_it() -> None:
    share = Rounded.of("34.5%", "en")
    assert share is not None and share.low == pytest.approx(0.3445) and share.high == pytest.approx(0.3455)
    small = Rounded.of("<0,001", "de")
    assert small is not None and (small.low, small.high) == pytest.approx((0, 0.001), abs=1e-6)
    negative = Rounded.of("\u22120.14", "en")
    assert negative is not None and negative.low == pytest.approx(-0.145)
    assert Rounded.of("supported", "en") is None and Rounded.of(None, "en") is None


def test_shares_of_a_distribution_add_up_within_rounding() -> None:
    assert outcome(checks(*distribution("33.3%", "33.3%", "33.3%"))["sums"]) == (1, 0)
    wrong = checks(*distribution("33.3%", "33.3%", "32.9%"))["sums"]
    assert wrong.problems == [
        "w1.e.a0.unweighted and its other answers: 33.3% + 33.3% + 32.9% is not 100% within rounding"
    ]
    assert "0 of 1 hold" in str(wrong)


def test_a_share_is_its_numerator_over_its_base() -> None:
    whole = {"numerator": 193, "denominator": 560, "n_used": 560}
    assert outcome(checks(row("w1.e.x.unweighted", "34.5%", **whole))["shares"]) == (1, 0)
    wrong = checks(row("w1.e.x.unweighted", "34.6%", **whole))["shares"]
    assert wrong.problems == ["w1.e.x.unweighted: 34.6% is not 193 of 560"]
    other = checks(row("w1.e.x.unweighted", "34.5%", **{**whole, "n_used": 570}))["shares"]
    assert outcome(other) == (1, 1)


def test_a_mean_that_no_whole_answers_have_is_named() -> None:
    kind = {"estimator": "mean", "statistic": "mean", "n_used": 28}
    assert outcome(checks(row("w1.e.m.unweighted", "5.18", **kind))["means"]) == (1, 0)
    wrong = checks(row("w1.e.m.unweighted", "5.19", **kind))["means"]  # the example of Brown and Heathers
    assert wrong.problems == ["w1.e.m.unweighted: no 28 whole answers have the mean 5.19"]
    derived = checks(row("w1.e.m.unweighted", "5.19", **{**kind, "variables": ["D"]}))["means"]
    assert outcome(derived) == (0, 0)


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ({"t": "2.20", "df": "28.00", "p": "0.036", "p_adjusted": "0.072"}, ""),
        ({"t": "2.20", "df": "28.00", "p": "0.047"}, "statistic and df give p from"),
        ({"t": "2.20", "df": "28.00", "p": "0.036", "p_adjusted": "0.012"}, "adjusted p 0.012 is below"),
        ({"chi2": "3.84", "df": "1.00", "p": "0.050"}, ""),
        ({"chi2": "3.84", "df": "2.00", "p": "0.050"}, "not 0.050"),
        ({"z": "4.82", "p": "<0.001"}, ""),
        ({"z": "1.20", "p": "<0.001"}, "not <0.001"),
        ({"rho": "0.53", "df": "567.00", "p": "<0.001"}, ""),
        ({"r": "0.10", "df": "30.00", "p": "0.010"}, "not 0.010"),
        ({"f": "4.00", "df1": "2.00", "df2": "50.00", "p": "0.024"}, ""),
        ({"f": "4.00", "df1": "2.00", "df2": "50.00", "p": "0.240"}, "not 0.240"),
    ],
)
def test_p_follows_from_statistic_and_degrees_of_freedom(texts: dict[str, str], problem: str) -> None:
    check = checks(*numbers_of_a_test(**texts))["tests"]
    assert check.checked == 1
    assert (problem in check.problems[0]) if problem else not check.problems


def test_nothing_to_check_is_no_success() -> None:
    unread = checks(row("w1.e.x.unweighted", "many", numerator=193, denominator=560, n_used=560))["shares"]
    assert outcome(unread) == (0, 0)
    said = "unweighted shares are their numerator over their base: 0 of 0, although 1 are printed"
    assert Audit([], [unread]).inconsistent == [said]
    assert Audit([], [Check("sums", "sums")]).inconsistent == []
