"""Declared hypotheses: roles, one test per pair of a pattern, verdicts by the fixed rule, families."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveyspec.plan import plan_tests
from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveytrail.pipeline import compute_ledger
from tests.tiny import CODEBOOK, CONFIG, write_tiny

PEOPLE = 120


def study_with(folder: Path, *hypotheses: str) -> Path:
    """Write the tiny study with more records, on which alpha and beta go together, and the given hypotheses."""
    generator = np.random.Generator(np.random.PCG64(7))
    alpha = generator.integers(1, 4, PEOPLE)
    beta = np.clip(alpha + generator.integers(-1, 2, PEOPLE), 1, 3)
    size = generator.integers(1, 3, PEOPLE)
    rows = zip(range(1, PEOPLE + 1), size, alpha, beta, strict=True)
    records = [f'"{i}";"100";"{s}";"{a}";"{b}";"";""' for i, s, a, b in rows]
    lines = [f"  - {{id: T{i}, label: {{en: Test}}, wave: w1, family: f, {text}}}" for i, text in enumerate(hypotheses)]
    config = CONFIG.replace("report:\n", "hypotheses:\n" + "\n".join(lines) + "\nreport:\n")
    codebook = CODEBOOK.replace("filter: USE_A >= 2,\n     ", "")
    return write_tiny(folder, config=config, codebook=codebook, records=records)


def values_of(folder: Path) -> pd.Series:
    frame = compute_ledger(load_study(folder)).frame
    return frame[frame["kind"] == "test"].set_index("id")["value"]


def test_results_are_those_of_the_library(tmp_path: Path) -> None:
    folder = study_with(
        tmp_path,
        "plan: confirmatory, test: spearman, x: USE_A, y: USE_B, expect: positive",
        "plan: confirmatory, test: binomial, y: USE_A >= 2, value: 0.5, expect: positive",
    )
    found = values_of(folder)
    raw = pd.read_csv(folder / "data/raw/w1.csv", sep=";")
    rho, p = stats.spearmanr(raw["v_2"], raw["v_3"])
    assert found["w1.T0.rho.unweighted"] == pytest.approx(rho, rel=1e-12)
    assert found["w1.T0.p.unweighted"] == pytest.approx(p, rel=1e-9)
    count = int((raw["v_2"] >= 2).sum())
    assert found["w1.T1.successes.unweighted"] == count
    exact = stats.binomtest(count, PEOPLE, 0.5).pvalue
    assert found["w1.T1.p.unweighted"] == pytest.approx(exact, rel=1e-9)
    # Holm (1979) over the two tests of the family
    small, large = sorted([p, exact])
    assert min(found["w1.T0.p_adjusted.unweighted"], found["w1.T1.p_adjusted.unweighted"]) == pytest.approx(2 * small)
    assert max(found["w1.T0.p_adjusted.unweighted"], found["w1.T1.p_adjusted.unweighted"]) == pytest.approx(
        max(large, 2 * small)
    )


def test_planned_and_exploratory_tests_are_adjusted_apart(tmp_path: Path) -> None:
    found = values_of(
        study_with(
            tmp_path,
            "plan: confirmatory, test: spearman, x: USE_A, y: USE_B, expect: positive",
            "plan: exploratory, test: pearson, x: USE_A, y: USE_B, expect: positive",
        )
    )
    for name in ("T0", "T1"):
        assert found[f"w1.{name}.p_adjusted.unweighted"] == found[f"w1.{name}.p.unweighted"]


@pytest.mark.parametrize(
    ("expect", "verdict", "words"),
    [("positive", 1, "supported"), ("negative", -1, "contradicted"), ("different", 1, "supported")],
)
def test_the_verdict_follows_the_claimed_side(tmp_path: Path, expect: str, verdict: int, words: str) -> None:
    folder = study_with(tmp_path, f"plan: confirmatory, test: spearman, x: USE_A, y: USE_B, expect: {expect}")
    frame = compute_ledger(load_study(folder)).frame.set_index("id")
    row = frame.loc["w1.T0.verdict.unweighted"]
    assert (row["value"], json.loads(row["text"])["en"]) == (verdict, words)


def test_no_effect_is_undecided(tmp_path: Path) -> None:
    folder = study_with(tmp_path, "plan: confirmatory, test: spearman, x: SIZE, y: USE_B, expect: positive")
    assert values_of(folder)["w1.T0.verdict.unweighted"] == 0


def test_a_pattern_makes_one_test_per_variable(tmp_path: Path) -> None:
    folder = study_with(
        tmp_path, 'plan: exploratory, test: binomial, y: USE_*, answer: ">= 2", value: 0.5, expect: different'
    )
    specs = plan_tests(load_study(folder))
    assert [spec.stem for spec in specs] == ["w1.T0.alpha", "w1.T0.beta"]
    assert {"w1.T0.alpha.p.unweighted", "w1.T0.beta.p.unweighted"} <= set(values_of(folder).index)


def test_the_same_seed_gives_the_same_ranks_and_each_hypothesis_its_own_draws(tmp_path: Path) -> None:
    ranks = "plan: exploratory, test: bootstrap_ranks, items: USE_*, seed: 3, draws: 200, expect: different"
    first = values_of(study_with(tmp_path / "a", ranks))
    assert first.equals(values_of(study_with(tmp_path / "b", ranks)))


@pytest.mark.parametrize(
    ("hypothesis", "said"),
    [
        ("test: spearman, x: USE_A, expect: positive", "x, y; y is missing"),
        ("test: spearman, x: USE_A, y: USE_B, value: 3, expect: positive", "value is not used"),
        ("test: spearmann, x: USE_A, y: USE_B, expect: positive", "did you mean 'spearman'"),
        ("test: spearman, x: USE_A, y: USE_Z, expect: positive", "unknown variable 'USE_Z'; did you mean 'USE_B'"),
        ("test: spearman, x: USE_A, y: USE_B, weight: raked, expect: positive", "weighted data never go into"),
        ("test: rao_scott, x: USE_A, y: SIZE, expect: different", "a weight of the wave with the test 'rao_scott'"),
        ("test: mcnemar, x: 'USE_{A,B}', y: 'USE_{A,B,A}', answer: '>= 2', expect: different", "different length"),
    ],
)
def test_mistakes_in_hypotheses(tmp_path: Path, hypothesis: str, said: str) -> None:
    with pytest.raises(StudyError) as caught:
        load_study(study_with(tmp_path, f"plan: exploratory, {hypothesis}"))
    assert said in str(caught.value)
    assert "config.yaml:" in str(caught.value)


def rows_of(folder: Path) -> pd.DataFrame:
    frame = compute_ledger(load_study(folder)).frame
    return frame[frame["kind"] == "test"].set_index("id")


def test_the_interval_of_an_equivalence_test_states_its_own_level(tmp_path: Path) -> None:
    text = "plan: exploratory, test: tost_share, y: USE_A >= 2, value: 0.6, bound: 0.2, expect: equivalent, alpha: 0.05"
    row = rows_of(study_with(tmp_path, text)).loc["w1.T0.difference.unweighted"]
    assert (row["interval_level"], row["interval_method"]) == (0.9, "Wilson, 90%")


def test_stacked_pairs_are_counted_apart_from_the_records_they_come_from(tmp_path: Path) -> None:
    roles = "x: 'USE_{A,B}', y: 'USE_{B,A}', answer: '>= 2'"
    row = rows_of(study_with(tmp_path, f"plan: exploratory, test: clustered_logit, {roles}, expect: positive"))
    counts = row.loc["w1.T0.n.unweighted"]
    assert (counts["value"], counts["n_in"], counts["n_used"]) == (2 * PEOPLE, PEOPLE, PEOPLE)
    assert json.loads(counts["n_excluded"]) == {}


def test_what_the_plan_declares_does_not_depend_on_the_answers(tmp_path: Path) -> None:
    texts = [
        "plan: exploratory, test: spearman, x: TIME, y: USE_A, expect: positive",  # everybody took as long
        "plan: exploratory, test: t_welch, y: USE_A, group: TIME, expect: negative",  # so that there is one group
        "plan: exploratory, test: pearson, x: USE_A, y: USE_B, expect: positive",
    ]
    rows = rows_of(study_with(tmp_path, *texts))
    for name in ("T0", "T1"):
        for part in ("p", "p_adjusted", "verdict"):
            row = rows.loc[f"w1.{name}.{part}.unweighted"]
            assert np.isnan(row["value"]) and json.loads(row["text"]) == {"en": "–"}
        assert f"w1.{name}.df.unweighted" not in rows.index
        assert rows.loc[f"w1.{name}.n.unweighted", "value"] == PEOPLE
    assert "does not vary" in rows.loc["w1.T0.rho.unweighted", "warning"]
    assert "Wrong number of groups" in rows.loc["w1.T1.t.unweighted", "error"]
    # what is not defined does not count in the family
    assert rows.loc["w1.T2.p_adjusted.unweighted", "value"] == rows.loc["w1.T2.p.unweighted", "value"]
