"""Design-based tests and regression: invariances, domains, edge cases and messages."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveytrail.statistics import chisquare, fitting, ordinal, rank_tests, regression, ttests
from surveytrail.statistics.design import SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.model_matrix import model_matrix, parse_formula
from surveytrail.statistics.unweighted.tables import chi_square
from tests.statistics.reference import load_reference

REFERENCE = load_reference()
FRAME = REFERENCE.frame("biz")
PLAIN = SurveyDesign(np.ones(len(FRAME)))


def say(function: object, *arguments: object, **options: object) -> str:
    with pytest.raises(StatisticsError) as caught:
        function(*arguments, **options)  # type: ignore[operator]
    return str(caught.value)


def test_without_a_design_pearson_is_the_textbook_statistic() -> None:
    table = pd.crosstab(FRAME["likert"], FRAME["region"])
    result = chisquare.independence(PLAIN, FRAME["likert"], FRAME["region"], statistic="Chisq")
    assert result.statistic == pytest.approx(stats.chi2_contingency(table, correction=False).statistic, rel=1e-12)
    assert result.details["mean_design_effect"] == pytest.approx(1, abs=0.05)
    assert result.effect_name == "Cramér's V" and 0 < result.effect_size < 1


def test_without_a_design_the_interval_of_cramers_v_is_the_unweighted_one() -> None:
    weighted = chisquare.independence(PLAIN, FRAME["uses_ai"], FRAME["size"])
    plain = chi_square(FRAME["uses_ai"], FRAME["size"])
    assert plain.effect_lower > 0
    # the shares of the sample take the place of those of independence in the design effects, which are near 1
    assert weighted.effect_lower == pytest.approx(plain.effect_lower, abs=0.01)
    assert weighted.effect_upper == pytest.approx(plain.effect_upper, abs=0.01)
    assert weighted.interval_method == "noncentral chi-square, Rao-Scott, 95%"


@pytest.mark.parametrize("strength", [0.0, 0.15, 0.4])
def test_the_intervals_of_effect_sizes_hold_the_true_value_as_often_as_they_say(strength: float) -> None:
    """Six hundred respondents, by their weights worth half as many; a table and a distribution with known effects."""
    generator = np.random.default_rng(7)
    rows, columns = np.array([0.4, 0.6]), np.array([0.2, 0.3, 0.5])
    table = np.outer(rows, columns) + strength * 0.2 * np.outer([1, -1], [0.7, 0.1, -0.8]) * 0.4
    cramers_v = math.sqrt(((table - np.outer(rows, columns)) ** 2 / np.outer(rows, columns)).sum())
    cohens_w = math.sqrt(((table.sum(axis=0) - [0.2, 0.35, 0.45]) ** 2 / [0.2, 0.35, 0.45]).sum())
    expected = dict(enumerate([0.2, 0.35, 0.45]))
    held, trials = [0, 0], 300
    for _ in range(trials):
        cell = generator.choice(6, 600, p=table.reshape(-1))
        design = SurveyDesign(generator.lognormal(0.0, 0.8, 600))
        tests = (
            (chisquare.independence(design, cell // 3, cell % 3), cramers_v),
            (chisquare.goodness_of_fit(design, cell % 3, expected), cohens_w),
        )
        for place, (found, true) in enumerate(tests):
            held[place] += found.effect_lower <= true <= found.effect_upper
    assert all(0.92 * trials <= times <= 0.985 * trials for times in held), held


@pytest.mark.parametrize("statistic", chisquare.STATISTICS)
def test_chi_square_does_not_depend_on_order_scale_or_side(statistic: chisquare.Statistic) -> None:
    design = REFERENCE.design("biz_sz")
    base = chisquare.independence(design, FRAME["likert_f"], FRAME["region"], statistic=statistic)
    order = np.random.default_rng(0).permutation(len(FRAME))
    shuffled = SurveyDesign(design.weights[order] * 7, strata=tuple(s[order] for s in design.strata))
    turned = chisquare.independence(
        shuffled, FRAME["region"].iloc[order], FRAME["likert_f"].iloc[order], statistic=statistic
    )
    assert turned.p == pytest.approx(base.p, rel=1e-9)
    assert turned.statistic == pytest.approx(base.statistic, rel=1e-9)


def test_a_domain_is_not_a_filtered_file() -> None:
    design = REFERENCE.design("biz_sz")
    inside = (FRAME["industry"] == "info").to_numpy()
    view = chisquare.independence(design.subset(inside), FRAME["uses_ai"], FRAME["region"])
    blanked = FRAME["uses_ai"].astype(float).where(inside)
    missing = chisquare.independence(design, blanked, FRAME["region"])
    assert view.n_used == missing.n_used == inside.sum()
    assert view.statistic == pytest.approx(missing.statistic, rel=1e-12)


def test_chi_square_warns_of_empty_cells_and_refuses_single_levels() -> None:
    row, column = np.array([0, 0, 1, 1, 1, 0]), np.array([0, 0, 1, 1, 1, 0])
    tiny = SurveyDesign(np.ones(6))
    assert "2 empty cells" in chisquare.independence(tiny, row, column, statistic="Chisq").warnings[0]
    assert "Too few categories: 1 x 2 table" in say(chisquare.independence, tiny, np.zeros(6), column)
    assert "F, Chisq, saddlepoint, lincom, Wald, adjWald" in say(
        chisquare.independence, tiny, row, column, statistic="G"
    )
    assert "No respondents left" in say(
        chisquare.independence, tiny.subset(np.arange(6) < 4),
        np.array([0, 1, None, None, 1, 1], object), np.array([None, None, 0, 1, 1, 1], object),
    )  # fmt: skip


def test_singular_covariances_are_said_to_be_singular() -> None:
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(3), 40)
    design = SurveyDesign(np.ones(120), clusters=(clusters,))
    many, y = rng.integers(0, 5, 120), rng.normal(size=120)
    for result in (
        chisquare.independence(design, many, rng.integers(0, 3, 120), statistic="Wald"),
        rank_tests.rank_test(design, y, many),
        regression.term_test(
            regression.generalised_linear(
                design, y, model_matrix({"g": many.astype(str)}, ["g"]), family="gaussian"
            ), "g",
        ),
    ):  # fmt: skip
        assert math.isnan(result.statistic) and math.isnan(result.p)
        assert any("covariance of the tested quantities is singular" in text for text in result.warnings)
    census = SurveyDesign(np.ones(120), population_sizes=(np.full(120, 120.0),))
    everybody = chisquare.independence(census, many, rng.integers(0, 3, 120))
    assert math.isnan(everybody.p) and "no variation" in everybody.warnings[0]


def test_adjusted_wald_without_degrees_of_freedom_says_so() -> None:
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(4), 30)
    design = SurveyDesign(np.ones(120), clusters=(clusters,))
    result = chisquare.independence(design, rng.integers(0, 3, 120), rng.integers(0, 3, 120), statistic="adjWald")
    assert math.isnan(result.p) and "no denominator degrees of freedom left" in result.warnings[-1]


def test_goodness_of_fit_needs_a_share_for_each_level() -> None:
    design = REFERENCE.design("biz_sz")
    assert "Shares do not match the levels" in say(chisquare.goodness_of_fit, design, FRAME["region"], {"de": 1.0})
    even = chisquare.goodness_of_fit(PLAIN, FRAME["likert"], dict.fromkeys(range(1, 6), 0.2))
    counts = FRAME["likert"].value_counts()
    assert even.statistic == pytest.approx(stats.chisquare(counts).statistic, rel=1e-12)


def test_t_tests_reduce_to_regression_and_means() -> None:
    y = FRAME["likert"].to_numpy(float)
    result = ttests.two_groups(PLAIN, y, FRAME["uses_ai"])
    groups = [y[FRAME["uses_ai"] == level] for level in (0, 1)]
    assert result.effect_size == pytest.approx(groups[1].mean() - groups[0].mean(), rel=1e-12)
    assert result.statistic == pytest.approx(stats.ttest_ind(groups[1], groups[0], equal_var=False).statistic, rel=0.01)
    named = ttests.two_groups(PLAIN, y, FRAME["uses_ai"].map({0: "no", 1: "yes"}))
    assert named.test == "two-sample t, yes - no" and named.p == result.p
    single = ttests.one_sample(PLAIN, y, mean=3)
    n = len(y)
    assert single.statistic == pytest.approx(stats.ttest_1samp(y, 3).statistic, rel=1e-9)
    assert single.df == (n - 2.0,)
    narrow, wide = (ttests.one_sample(PLAIN, y, mean=3, level=level) for level in (0.8, 0.99))
    assert wide.effect_lower < narrow.effect_lower < narrow.effect_upper < wide.effect_upper
    assert "Not two groups" in say(ttests.two_groups, PLAIN, y, FRAME["region"])


def test_a_constant_has_no_test_and_says_why() -> None:
    result = ttests.one_sample(SurveyDesign(np.ones(5)), np.full(5, 2.0))
    assert math.isnan(result.statistic) and "does not vary" in result.warnings[0]


@pytest.mark.parametrize("score", ["wilcoxon", "vanderWaerden", "median"])
@pytest.mark.parametrize("group", ["uses_ai", "region"])
def test_rank_tests_do_not_depend_on_row_order(score: rank_tests.Score, group: str) -> None:
    design = REFERENCE.design("biz_w")
    y = FRAME["likert"].to_numpy(float)
    order = np.random.default_rng(2).permutation(len(FRAME))
    one = rank_tests.rank_test(design, y, FRAME[group], score=score)
    two = rank_tests.rank_test(SurveyDesign(design.weights[order]), y[order], FRAME[group].iloc[order], score=score)
    assert two.p == pytest.approx(one.p, rel=1e-9) and two.statistic == pytest.approx(one.statistic, rel=1e-9)


def test_rank_tests_near_their_classical_versions() -> None:
    y = FRAME["likert"].to_numpy(float)
    groups = [y[FRAME["uses_ai"] == level] for level in (1, 0)]
    ours = rank_tests.rank_test(PLAIN, y, FRAME["uses_ai"])
    assert ours.p == pytest.approx(stats.mannwhitneyu(*groups).pvalue, rel=0.1)
    assert ours.effect_lower < ours.effect_size < ours.effect_upper
    several = rank_tests.rank_test(PLAIN, y, FRAME["size"])
    classical = stats.kruskal(*(y[FRAME["size"] == level] for level in FRAME["size"].cat.categories))
    assert several.details["chi2"] == pytest.approx(classical.statistic, rel=0.1)
    assert "Unknown rank score" in say(rank_tests.rank_test, PLAIN, y, FRAME["size"], score="squared")
    assert "Too few groups" in say(rank_tests.rank_test, PLAIN, y, np.ones(len(y)))


def test_regression_with_unit_weights_is_the_classical_sandwich() -> None:
    predictors = model_matrix(FRAME, ["size", "hist_score"])
    y = FRAME["uses_ai"].to_numpy(float)
    fit = regression.generalised_linear(PLAIN, y, predictors, family="binomial")
    x, n = predictors.values, len(y)
    mean = 1 / (1 + np.exp(-x @ fit.coefficients))
    bread = np.linalg.inv((x * (mean * (1 - mean))[:, None]).T @ x)
    meat = (x * ((y - mean) ** 2)[:, None]).T @ x
    np.testing.assert_allclose(x.T @ (y - mean), 0, atol=1e-10)
    np.testing.assert_allclose(fit.covariance, bread @ meat @ bread * n / (n - 1), rtol=1e-9)


def test_term_tests_agree_with_equal_weights_and_know_their_terms() -> None:
    design = PLAIN
    predictors = model_matrix(FRAME, ["size", "region", "hist_score"])
    fit = regression.generalised_linear(design, FRAME["uses_ai"].to_numpy(float), predictors, family="binomial")
    p = {m: regression.term_test(fit, "size", method=m).p for m in ("wald", "working_wald", "working_lrt")}
    assert max(p.values()) < 1.5 * min(p.values())
    single = regression.term_test(fit, "hist_score")
    assert single.p == pytest.approx(fit.tails()[-1].p, rel=1e-10)
    assert "a term of the model: size, region, hist_score" in say(regression.term_test, fit, "canton")
    ordered = ordinal.proportional_odds(design, FRAME["likert_f"], list("12345"), predictors)
    assert regression.term_test(ordered, "size", method="working_lrt").p == pytest.approx(
        regression.term_test(ordered, "size").p, rel=0.5
    )


def test_ordinal_scores_vanish_and_two_levels_are_refused() -> None:
    predictors = model_matrix(FRAME, ["hist_score"])
    codes = FRAME["likert_f"].cat.codes.to_numpy().astype(np.int64)
    fit = ordinal.maximise(predictors.values[:, 1:], codes, np.ones(len(codes)), 4)
    np.testing.assert_allclose(fit.scores.sum(axis=0), 0, atol=1e-8)
    assert "three or more ordered levels" in say(ordinal.proportional_odds, PLAIN, FRAME["uses_ai"], [0, 1], predictors)
    assert "one of 1, 2, 3" in say(ordinal.proportional_odds, PLAIN, FRAME["likert"], [1, 2, 3], predictors)
    few = np.where(FRAME["likert"] > 2, 1, FRAME["likert"]).astype(object)
    assert "outcome level `3`" in say(ordinal.proportional_odds, PLAIN, few, [1, 2, 3], predictors)


def test_regression_errors_name_the_column() -> None:
    y, separated = FRAME["uses_ai"].to_numpy(float), FRAME["uses_ai"].to_numpy() * 2.0
    fit = regression.generalised_linear
    both = model_matrix({"x": FRAME["emp"], "again": FRAME["emp"] * 2.0}, ["x", "again"])
    assert "Predictors depend on each other: column `again`" in say(fit, PLAIN, y, both, family="gaussian")
    text = say(fit, PLAIN, y, model_matrix({"x": separated}, ["x"]), family="binomial")
    assert "coefficient of `x`" in text and "separates the outcomes completely" in text
    assert "expected: gaussian, binomial" in say(fit, PLAIN, y, both, family="gamma")
    assert "values from 0 to 1" in say(fit, PLAIN, y * 3, model_matrix(FRAME, ["size"]), family="binomial")
    gone = model_matrix(FRAME, ["size"])
    empty = replace(gone, complete=gone.complete & False)
    assert "No respondents left: regression" in say(fit, PLAIN, y, empty, family="gaussian")
    with pytest.raises(StatisticsError, match="Too few rows for the model"):
        fitting.fit(np.ones((1, 2)), np.ones(1), np.ones(1), fitting.GAUSSIAN, ("a", "b"))


def test_model_matrix_names_and_interactions_follow_r() -> None:
    columns = {"a": pd.Categorical(["x", "y", "z", "x"]), "b": np.array([1.0, 2, 3, np.nan]), "c": ["q", "p", "p", "q"]}
    assert parse_formula("out ~ a*b + c") == ("out", ("a", "b", "c", "a:b"))
    assert parse_formula("~1") == ("", ())
    matrix = model_matrix(columns, ["a", "b", "c", "a:b", "a:c"])
    assert matrix.names == (
        "(Intercept)", "ay", "az", "b", "cq", "ay:b", "az:b", "ay:cq", "az:cq",
    )  # fmt: skip
    assert matrix.complete.tolist() == [True, True, True, False]
    assert matrix.values[3].tolist() == [0.0] * 9 and matrix.values[1, 5] == 2.0
    assert matrix.columns_of("b:a").tolist() == [5, 6]
    chosen = model_matrix(columns, ["c"], levels={"c": ["q", "p"]}, intercept=False)
    assert chosen.names == ("cp",) and chosen.values[:, 0].tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: parse_formula("y ~ log(x)"), "Formula not understood: `y ~ log(x)`"),
        (lambda: parse_formula("a + b"), "outcome ~ name"),
        (lambda: model_matrix({"a": [1.0]}, ["b"]), "Unknown variable in a model: `b`"),
        (lambda: model_matrix({"a": [1.0], "b": [1.0]}, ["a", "a:b"]), "Interaction without its parts: `a:b`"),
        (lambda: model_matrix({"a": ["x", "y"]}, ["a"], levels={"a": ["x"]}), "Unknown level in a model: `a`, row 2"),
    ],
)
def test_model_matrix_refuses(call: object, expected: str) -> None:
    assert expected in say(call)
