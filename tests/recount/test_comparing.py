"""What a recount must find: every planted fault in a ledger, each by its id."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from recount.comparing import Verdict, compare
from recount.reporting import Outcome, judge
from recount.results import Result
from tests.recount.studies import ledger_rows, recounted
from tests.tiny import CONFIG, write_tiny

Rows = list[dict[str, Any]]
LANGUAGES = ["en"]
TESTED = CONFIG.replace(
    "report:",
    """\
hypotheses:
  - {id: H1, label: {en: Together}, wave: w1, plan: confirmatory, family: f, test: spearman, x: USE_A, y: TIME,
     expect: positive, weight: unweighted}
  - {id: H2, label: {en: By size}, wave: w1, plan: exploratory, family: g, test: rao_scott, x: ANY, y: SIZE,
     expect: different, weight: raked}
report:""",
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    return recounted(write_tiny(tmp_path_factory.mktemp("tiny"), config=TESTED))


def outcome(rows: Rows, results: dict[str, Result]) -> Outcome:
    return judge(rows, compare(rows, list(results.values()), LANGUAGES))


def row(rows: Rows, identifier: str) -> dict[str, Any]:
    return next(entry for entry in rows if entry["id"] == identifier)


def test_a_faithful_ledger_is_reproduced(results: dict[str, Result]) -> None:
    found = outcome(ledger_rows(results, LANGUAGES), results)
    assert found.holds
    count = len(results)
    assert count > 30
    expected = f"{count} of {count} numbers reproduced (independent code: {count}, same library: 0); not recomputed: 0"
    assert found.line == expected
    kinds = {kind: counts["numbers"] for kind, counts in found.summary()["by_kind"].items()}
    assert kinds == {"estimate": 14, "flow": 4, "test": 14, "weighting": 13}


def scaled(identifier: str, field: str, factor: float) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        row(rows, identifier)[field] *= factor

    return change


def replaced(identifier: str, field: str, content: object) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        row(rows, identifier)[field] = content

    return change


def reprinted(identifier: str, field: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        printed = json.loads(row(rows, identifier)[field])
        printed["en"] = printed["en"].translate(str.maketrans("0123456789", "1234567890"))
        row(rows, identifier)[field] = json.dumps(printed)

    return change


ALPHA, RAKED, RHO = "w1.use.alpha.unweighted", "w1.use.alpha.raked", "w1.H1.rho.unweighted"


@pytest.mark.parametrize(
    ("change", "identifier", "said"),
    [
        (scaled(ALPHA, "value", 1 + 1e-7), ALPHA, "value 0.750000075 in the ledger, 0.75 recomputed"),
        (scaled("w1.level.unweighted", "value", 1 - 1e-7), "w1.level.unweighted", "value"),
        (scaled(RAKED, "value", 1 + 2e-6), RAKED, "value"),
        (scaled(RAKED, "se", 1 + 2e-6), RAKED, "se"),
        (scaled(ALPHA, "lower", 1 + 1e-7), ALPHA, "lower"),
        (scaled(ALPHA, "upper", 1 - 1e-7), ALPHA, "upper"),
        (scaled(RHO, "value", 1 + 1e-7), RHO, "value"),
        (replaced(ALPHA, "n_excluded", "{}"), ALPHA, 'n_excluded {} in the ledger, {"DONT_KNOW": 1, '),
        (replaced(RHO, "n_excluded", '{"NO_ANSWER": 2}'), RHO, 'n_excluded {"NO_ANSWER": 2} in the ledger, {"'),
        (replaced(RHO, "n_excluded", None), RHO, "n_excluded none in the ledger"),
        (replaced(RHO, "interval_level", 0.9), RHO, "interval_level '0.9' in the ledger, '0.95' in the study"),
        (scaled("w1.H2.p.raked", "value", 1 + 1e-5), "w1.H2.p.raked", "log of p"),
        (scaled("w1.weights.deff.raked", "value", 1 + 2e-6), "w1.weights.deff.raked", "value"),
        (replaced(ALPHA, "numerator", 4), ALPHA, "numerator 4 in the ledger, 3 recomputed"),
        (replaced(ALPHA, "denominator", 5), ALPHA, "denominator"),
        (replaced(ALPHA, "n_used", 5), ALPHA, "n_used"),
        (replaced(ALPHA, "n_in", 5), ALPHA, "n_in 5 in the ledger, 6 recomputed"),
        (scaled(RAKED, "n_weighted", 1 + 2e-6), RAKED, "n_weighted"),
        (scaled(RAKED, "n_effective", 1 + 2e-6), RAKED, "n_effective"),
        (scaled(RAKED, "df", 2), RAKED, "df 6 in the ledger, 3 recomputed"),
        (replaced(ALPHA, "interval_level", 0.9), ALPHA, "interval_level '0.9' in the ledger, '0.95' in the study"),
        (replaced(ALPHA, "value", None), ALPHA, "value none in the ledger, 0.75 recomputed"),
        (replaced(ALPHA, "item", "USE_B"), ALPHA, "item 'USE_B' in the ledger, 'USE_A' in the study"),
        (replaced(ALPHA, "spec_digest", "0" * 64), ALPHA, "spec_digest"),
        (reprinted(ALPHA, "text"), ALPHA, "text (en) '86.1%' in the ledger, '75.0%' recomputed"),
        (reprinted("w1.level.raked", "interval_text"), "w1.level.raked", "interval_text (en)"),
        (replaced("w1.flow.analysed.unweighted", "value", 7.0), "w1.flow.analysed.unweighted", "value 7"),
    ],
)
def test_one_fault_in_one_row(
    results: dict[str, Result], change: Callable[[Rows], None], identifier: str, said: str
) -> None:
    rows = ledger_rows(results, LANGUAGES)
    change(rows)
    found = outcome(rows, results)
    assert not found.holds
    assert list(found.summary()["mismatches"]) == [identifier]
    assert said in found.summary()["mismatches"][identifier]
    assert found.line.startswith(f"{len(results) - 1} of {len(results)} numbers reproduced")


def test_a_deleted_row(results: dict[str, Result]) -> None:
    rows = [entry for entry in ledger_rows(results, LANGUAGES) if entry["id"] != RAKED]
    assert outcome(rows, results).summary()["mismatches"] == {RAKED: "not in the ledger"}


def test_a_row_that_nothing_declares(results: dict[str, Result]) -> None:
    rows = ledger_rows(results, LANGUAGES)
    rows.append({**row(rows, ALPHA), "id": "w1.use.gamma.unweighted"})
    found = outcome(rows, results).summary()["mismatches"]
    assert found == {"w1.use.gamma.unweighted": "in the ledger, but not declared by the study"}


def test_a_row_twice(results: dict[str, Result]) -> None:
    rows = ledger_rows(results, LANGUAGES)
    rows.append(dict(row(rows, ALPHA)))
    assert outcome(rows, results).summary()["mismatches"] == {ALPHA: "2 times in the ledger"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ALPHA, "w1.level.unweighted"),
        (ALPHA, "w1.use.beta.unweighted"),  # the same value, numerator and text
        ("w1.flow.excluded.no_size.unweighted", "w1.flow.analysed.unweighted"),
        ("w1.H2.f.raked", "w1.H2.df2.raked"),
    ],
)
def test_two_ids_swapped(results: dict[str, Result], one: str, other: str) -> None:
    rows = ledger_rows(results, LANGUAGES)
    first, second = row(rows, one), row(rows, other)
    first["id"], second["id"] = other, one
    assert set(outcome(rows, results).summary()["mismatches"]) == {one, other}


def test_rows_of_other_kinds_are_counted_and_named(results: dict[str, Result]) -> None:
    rows = ledger_rows(results, LANGUAGES)
    rows.append({**row(rows, ALPHA), "id": "w1.simulation.untrimmed", "kind": "simulation"})
    found = outcome(rows, results)
    assert found.holds
    assert found.line.endswith("not recomputed: 1")
    assert found.summary()["not_recomputed"] == {"simulation": ["w1.simulation.untrimmed"]}


def test_nothing_to_reproduce_is_no_success() -> None:
    found = outcome([], {})
    assert not found.holds
    assert found.line.startswith("0 of 0 numbers reproduced")


def test_a_tie_is_listed_and_no_fault() -> None:
    """The two values are 6e-13 apart and lie on both sides of the bound between 58.2 and 58.3."""
    ours = Result("w1.x.raked", 0.5825, "share", 1, n_used=9, df=8, iterative=True)
    theirs = replace(ours, value=0.5825 - 6e-13)
    rows = ledger_rows({theirs.id: theirs}, LANGUAGES)
    rows[0] |= {"kind": "estimate"}
    assert json.loads(rows[0]["text"])["en"] == "58.2%"
    found = outcome(rows, {ours.id: ours})
    assert found.holds
    assert "tie: text (en) '58.2%'" in found.summary()["ties"]["w1.x.raked"]


@pytest.mark.parametrize("fraction", [{}, {"numerator": 1165, "denominator": 2000}], ids=["value", "exact share"])
def test_a_tie_excuses_no_other_rule_of_rounding(fraction: dict[str, int]) -> None:
    result = Result("w1.x.raked", 0.5825, "share", 1, n_used=9, df=8, **fraction)
    rows = ledger_rows({result.id: result}, LANGUAGES)
    texts = {language: text.replace("58.3", "58.2") for language, text in json.loads(rows[0]["text"]).items()}
    rows[0] |= {"kind": "estimate", "text": json.dumps(texts)}
    found = outcome(rows, {result.id: result})
    assert not found.holds
    assert "text (en) '58.2%' in the ledger, '58.3%' recomputed" in str(found.summary())


def test_rounding_noise_around_zero_is_none() -> None:
    result = Result("w1.x.raked", 1.0, "share", 1, n_used=9, se=0.0)
    rows = ledger_rows({result.id: result}, LANGUAGES)
    rows[0] |= {"kind": "estimate", "se": 3e-17}
    assert outcome(rows, {result.id: result}).holds


def test_verdicts_keep_the_order_of_the_ledger(results: dict[str, Result]) -> None:
    rows = ledger_rows(results, LANGUAGES)[::-1]
    verdicts: list[Verdict] = compare(rows, list(results.values()), LANGUAGES)
    assert [verdict.id for verdict in verdicts] == [entry["id"] for entry in rows]
