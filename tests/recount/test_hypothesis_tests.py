"""Hypotheses of a study: their rows, their adjusted p-values, their verdicts."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from recount.hypotheses import holm, verdict
from recount.intervals import Limits
from recount.outcomes import Outcome
from surveyspec.catalogue import TESTS
from surveyspec.plan import plan_tests
from surveyspec.study import load_study
from tests.recount.studies import recounted
from tests.tiny import CONFIG, write_tiny


def spearman_study(folder: Path, expect: str, pairs: list[tuple[str, str]]) -> dict[str, float | None]:
    """Return the test rows of a study that correlates TIME with USE_A."""
    start, end = CONFIG.index("    cleaning:"), CONFIG.index("    weights:")
    hypothesis = (
        "hypotheses:\n  - {id: H1, label: {en: Together}, wave: w1, plan: confirmatory, family: f, test: spearman,\n"
        f"     x: TIME, y: USE_A, expect: {expect}, weight: unweighted}}\nreport:"
    )
    config = (CONFIG[:start] + CONFIG[end:]).replace("report:", hypothesis)
    records = [f"{place};{time};{place % 2 + 1};{use};1;;" for place, (time, use) in enumerate(pairs, 1)]
    found = recounted(write_tiny(folder, config=config, records=records))
    return {name.split(".")[2]: result.value for name, result in found.items() if name.startswith("w1.H1.")}


def test_against_scipy_with_ties_and_missing_answers(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    use = chance.integers(1, 4, 60)
    time = 100 * use + chance.integers(0, 400, 60) // 50 * 50
    pairs = [(str(seconds), str(level)) for seconds, level in zip(time, use, strict=True)]
    found = spearman_study(tmp_path, "different", [*pairs, ("100", "8"), ("", "2")])
    expected = stats.spearmanr(time, use)
    assert (found["n"], found["df"]) == (60, 58)
    assert found["rho"] == pytest.approx(expected.statistic, rel=1e-12)
    assert found["p"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert found["p_adjusted"] == found["p"]


def test_by_hand_without_ties(tmp_path: Path) -> None:
    found = spearman_study(tmp_path, "different", [("10", "1"), ("30", "3"), ("20", "2")])
    assert (found["rho"], found["n"]) == (1, 3)
    assert found["p"] == 0


def test_a_constant_has_no_correlation(tmp_path: Path) -> None:
    found = spearman_study(tmp_path, "different", [("10", "2"), ("30", "2"), ("20", "2")])
    assert found == {"rho": None, "p": None, "p_adjusted": None, "verdict": None, "n": 3}


def test_holm_by_hand() -> None:
    adjusted = holm([math.log(0.04), math.log(0.01), math.log(0.03)])
    assert [math.exp(log_p) for log_p in adjusted] == pytest.approx([0.06, 0.03, 0.06])
    assert holm([math.log(0.9), math.log(0.8)]) == [0.0, 0.0]
    undefined, alone = holm([math.nan, math.log(0.02)])
    assert math.isnan(undefined) and math.exp(alone) == pytest.approx(0.02)


HYPOTHESES = {
    "binomial": "y: USE_A >= 2, value: 0.6",
    "tost_share": "y: USE_A >= 2, value: 0.6, bound: 0.2",
    "t_one_sample": "y: USE_A, value: 1.5",
    "t_paired": "x: USE_A, y: USE_B",
    "t_welch": "y: TIME, group: SIZE",
    "wilcoxon_one_sample": "y: USE_A, value: 1",
    "wilcoxon_paired": "x: USE_A, y: USE_B",
    "mann_whitney": "y: TIME, group: SIZE",
    "kruskal_wallis": "y: TIME, group: USE_A",
    "chi_square": "x: USE_*, y: SIZE, answer: '>= 2'",
    "mcnemar": "x: USE_A, y: USE_B, answer: '>= 2'",
    "cochran_q": "items: USE_*, answer: '>= 2'",
    "friedman": "items: USE_*",
    "pearson": "x: USE_A, y: TIME",
    "spearman": "x: USE_*, y: TIME",
    "partial_spearman": "x: USE_A, y: TIME, given: [USE_B]",
    "bootstrap_ranks": "items: USE_*, seed: 1, draws: 100",
    "indirect_effect": "x: USE_A, mediator: USE_B, y: TIME, seed: 1, draws: 100",
    "ols": "y: TIME, given: [USE_A, USE_B]",
    "logit": "y: USE_B >= 2, given: [TIME]",
    "ordinal_logit": "y: USE_A, given: [TIME]",
    "clustered_logit": "x: USE_A, y: USE_B, answer: '>= 2'",
    "rao_scott": "x: USE_A, y: SIZE, weight: raked",
}


def test_every_test_of_the_catalogue_has_its_rows(tmp_path: Path) -> None:
    assert set(HYPOTHESES) == set(TESTS)
    chance = np.random.default_rng(3)
    records = [
        f"{place};{chance.integers(100, 200)};{chance.integers(1, 3)};{chance.integers(1, 4)};{chance.integers(1, 4)};;"
        for place in range(1, 81)
    ]
    written = "".join(
        f"  - {{id: {name}, label: {{en: x}}, wave: w1, plan: confirmatory, family: {name}, test: {name}, {roles}, "
        "expect: different}\n"
        for name, roles in HYPOTHESES.items()
    )
    config = CONFIG.replace("report:", f"hypotheses:\n{written}report:")
    found = recounted(write_tiny(tmp_path, config=config, records=records))
    for name, kind in TESTS.items():
        statistics = {identifier.split(".")[-2] for identifier in found if identifier.startswith(f"w1.{name}.")}
        expected = {part for part in (kind.statistic, kind.effect) if part is not None} | {"n"}
        assert expected <= statistics, name
        assert ("verdict" in statistics) == (name != "bootstrap_ranks"), name
    assert {"w1.ols.alpha.t.unweighted", "w1.ols.beta.p.unweighted", "w1.chi_square.beta.chi2.unweighted"} <= set(found)
    assert "w1.bootstrap_ranks.alpha.rank.unweighted" in found


@pytest.mark.parametrize(
    ("expect", "limits", "log_p", "expected"),
    [
        ("positive", (0.1, 0.5), -9.0, 1),
        ("positive", (-0.1, 0.5), -9.0, 0),
        ("positive", (-0.5, -0.1), -9.0, -1),
        ("negative", (-0.5, -0.1), -1.0, 1),
        ("negative", (None, None), -9.0, 1),
        ("negative", (None, None), -1.0, 0),
        ("positive", (None, None), -9.0, -1),
        ("different", (0.1, 0.5), math.log(0.049), 1),
        ("different", (0.1, 0.5), math.log(0.051), 0),
    ],
)
def test_verdicts(expect: str, limits: Limits, log_p: float, expected: int, tmp_path: Path) -> None:
    hypothesis = f"x: USE_A, y: TIME, expect: {expect}, test: pearson"
    config = CONFIG.replace(
        "report:",
        "hypotheses:\n  - {id: H1, label: {en: x}, wave: w1, plan: confirmatory, family: f, "
        + hypothesis
        + "}\nreport:",
    )
    (spec,) = plan_tests(load_study(write_tiny(tmp_path, config=config)))
    assert verdict(spec, Outcome(9, effect=-0.3, limits=limits, log_p=log_p), log_p) == expected


def test_odds_ratios_are_judged_against_one(tmp_path: Path) -> None:
    config = CONFIG.replace(
        "report:",
        "hypotheses:\n  - {id: H1, label: {en: x}, wave: w1, plan: confirmatory, family: f, test: logit,\n"
        "     y: USE_A >= 2, given: [TIME], expect: positive}\nreport:",
    )
    (spec,) = plan_tests(load_study(write_tiny(tmp_path, config=config)))
    assert [verdict(spec, Outcome(9, limits=limits), -9.0) for limits in ((1.1, 2.0), (0.5, 2.0), (0.5, 0.9))] == [
        1,
        0,
        -1,
    ]
