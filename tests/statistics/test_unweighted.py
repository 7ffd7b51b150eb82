"""Unweighted tests: the libraries' own p-values, effect sizes with intervals, determinism, messages."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pingouin as pg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import proportion

from surveytrail.statistics import unweighted
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.model_matrix import model_matrix
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.unweighted import effect_intervals as intervals
from surveytrail.statistics.unweighted import libraries
from tests.statistics.reference import load_reference

FRAME = load_reference().frame("biz")
run = unweighted.run_test
ITEMS = [FRAME[f"sc{i}"] for i in range(1, 5)]
LIKERT, AI, SIZE, SCORE = FRAME["likert"], FRAME["uses_ai"], FRAME["size"], FRAME["hist_score"]
BINARY = [FRAME["uses_ai"], FRAME["has_strategy"], FRAME["trains_staff"]]
WIDE = pd.DataFrame({f"item{i}": column for i, column in enumerate(ITEMS)})


def groups(values: pd.Series, by: pd.Series) -> list[np.ndarray]:
    return [values[by == level].to_numpy(float) for level in (by.cat.categories if hasattr(by, "cat") else [0, 1])]


def column(table: pd.DataFrame, name: str) -> float:
    return float(table[name].iloc[0])


# Each test: our result, and the p-value that the library itself gives for the same data.
P_VALUES: dict[str, tuple[Callable[[], TestResult], Callable[[], float]]] = {
    "t_one_sample": (lambda: run("t_one_sample", LIKERT, mean=3), lambda: column(pg.ttest(LIKERT, 3), "p_val")),
    "t_paired": (lambda: run("t_paired", *ITEMS[:2]), lambda: column(pg.ttest(*ITEMS[:2], paired=True), "p_val")),
    "t_welch": (
        lambda: run("t_welch", LIKERT, AI),
        lambda: column(pg.ttest(*groups(LIKERT, AI), correction=True), "p_val"),
    ),
    "t_student": (
        lambda: run("t_student", LIKERT, AI),
        lambda: column(pg.ttest(*groups(LIKERT, AI), correction=False), "p_val"),
    ),
    "mann_whitney": (
        lambda: run("mann_whitney", LIKERT, AI),
        lambda: column(pg.mwu(*groups(LIKERT, AI), method="asymptotic"), "p_val"),
    ),
    "wilcoxon": (
        lambda: run("wilcoxon", *ITEMS[:2], continuity=True),
        lambda: column(pg.wilcoxon(*ITEMS[:2], correction=True, method="asymptotic"), "p_val"),
    ),
    "kruskal_wallis": (
        lambda: run("kruskal_wallis", LIKERT, SIZE), lambda: stats.kruskal(*groups(LIKERT, SIZE)).pvalue,
    ),
    "friedman": (lambda: run("friedman", *ITEMS), lambda: stats.friedmanchisquare(*ITEMS).pvalue),
    "cochran_q": (
        lambda: run("cochran_q", *BINARY),
        lambda: column(pg.cochran(pd.DataFrame(dict(zip("abc", BINARY, strict=True)))), "p_unc"),
    ),
    "chi_square": (
        lambda: run("chi_square", LIKERT, SIZE),
        lambda: stats.chi2_contingency(pd.crosstab(LIKERT, SIZE), correction=False).pvalue,
    ),
    "mcnemar": (
        lambda: run("mcnemar", *BINARY[:2], correction=False),
        lambda: column(pg.chi2_mcnemar(FRAME, "uses_ai", "has_strategy", correction=False)[1], "p_approx"),
    ),
    "pearson": (lambda: run("pearson", SCORE, LIKERT), lambda: stats.pearsonr(SCORE, LIKERT).pvalue),
    "spearman": (lambda: run("spearman", SCORE, LIKERT), lambda: stats.spearmanr(SCORE, LIKERT).pvalue),
    "partial_spearman": (
        lambda: run("partial_spearman", SCORE, LIKERT, ITEMS[0]),
        lambda: column(pg.partial_corr(FRAME, "hist_score", "likert", ["sc1"], method="spearman"), "p_val"),
    ),
    "anova": (lambda: run("anova", LIKERT, SIZE), lambda: stats.f_oneway(*groups(LIKERT, SIZE)).pvalue),
    "welch_anova": (
        lambda: run("welch_anova", LIKERT, SIZE),
        lambda: column(pg.welch_anova(FRAME, dv="likert", between="size"), "p_unc"),
    ),
    "bartlett": (lambda: run("bartlett", LIKERT, SIZE), lambda: stats.bartlett(*groups(LIKERT, SIZE)).pvalue),
    "levene": (lambda: run("levene", LIKERT, SIZE), lambda: stats.levene(*groups(LIKERT, SIZE)).pvalue),
    "tost_mean": (
        lambda: run("tost_mean", LIKERT, mean=3, bound=0.2),
        lambda: column(pg.tost(LIKERT.to_numpy(float), np.full(len(LIKERT), 3.0), bound=0.2, paired=True), "pval"),
    ),
    "tost_share": (
        lambda: run("tost_share", AI, share=0.4, bound=0.05),
        lambda: proportion.binom_tost(int(AI.sum()), len(AI), 0.35, 0.45)[0],
    ),
    "binomial": (lambda: run("binomial", AI), lambda: stats.binomtest(int(AI.sum()), len(AI), 0.5).pvalue),
}  # fmt: skip


@pytest.mark.parametrize("name", P_VALUES)
def test_p_values_are_those_of_the_library(name: str) -> None:
    ours, theirs = P_VALUES[name]
    result = ours()
    assert result.test == name
    assert result.p == pytest.approx(theirs(), rel=1e-8)
    assert result.log_p == pytest.approx(math.log(result.p), rel=1e-9)
    assert result.n_used == len(FRAME) and result.library and not result.warnings
    if result.effect_name:
        assert result.effect_lower <= result.effect_size <= result.effect_upper
        assert result.interval_method.endswith(("95%", "90%"))


def test_every_named_test_is_tried_somewhere() -> None:
    elsewhere = {"kendall", "shapiro", "indirect_effect", "ols", "logit", "ordinal_logit", "gee_logit"}
    assert set(unweighted.TESTS) == set(P_VALUES) | elsewhere


def test_intervals_at_known_values() -> None:
    # Wilson for 81 of 263; Newcombe's paired limits for a table with negative and one with positive correlation.
    assert intervals.wilson(81, 263, 0.95) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    effect = intervals.paired_difference(36, 12, 2, 0, 0.95)
    assert (effect.value, effect.lower, effect.upper) == pytest.approx((0.2, 0.0569, 0.3404), abs=5e-5)
    one, two = intervals.paired_difference(20, 12, 2, 16, 0.95), intervals.paired_difference(20, 2, 12, 16, 0.95)
    assert (one.value, one.lower, one.upper) == pytest.approx((-two.value, -two.upper, -two.lower))
    phi = (20 * 16 - 12 * 2 - 25) / math.sqrt(32 * 18 * 22 * 28)
    (l1, _), (_, u2) = intervals.wilson(32, 50, 0.95), intervals.wilson(22, 50, 0.95)
    d1, d2 = 32 / 50 - l1, u2 - 22 / 50
    assert one.lower == pytest.approx(0.2 - math.sqrt(d1**2 - 2 * phi * d1 * d2 + d2**2))
    # Noncentral t limits invert their own distribution.
    low, high = intervals.t_noncentrality(2.1, 33, 0.9)
    assert stats.nct.sf(2.1, 33, low) == pytest.approx(0.05) and stats.nct.cdf(2.1, 33, high) == pytest.approx(0.05)
    low, high = intervals.chi_square_noncentrality(20.0, 4, 0.95)
    assert stats.ncx2.sf(20, 4, low) == pytest.approx(0.025) and stats.ncx2.cdf(20, 4, high) == pytest.approx(0.025)
    assert intervals.chi_square_noncentrality(0.5, 4, 0.95)[0] == 0.0
    assert intervals.f_noncentrality(0.01, 3, 90, 0.95) == (0.0, 0.0)
    rho = intervals.correlation(0.5, 103, 0.95, kind="pearson")
    assert (rho.lower, rho.upper) == pytest.approx(
        (math.tanh(math.atanh(0.5) - 0.19600), math.tanh(math.atanh(0.5) + 0.19600)), abs=1e-5
    )
    assert intervals.correlation(1.0, 50, 0.95, kind="spearman").lower != rho.lower
    assert math.isnan(intervals.correlation(0.3, 3, 0.95, kind="kendall").lower)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=3, max_size=30), st.lists(st.integers(1, 5), min_size=3, max_size=30))
def test_cliffs_delta_by_comparing_all_pairs(first: list[int], second: list[int]) -> None:
    x, y = np.array(first, float), np.array(second, float)
    signs = np.sign(x[:, None] - y[None])
    effect = intervals.cliff_delta(x, y, 0.95)
    delta, n, m = signs.mean(), len(x), len(y)
    assert effect.value == pytest.approx(delta, abs=1e-12)
    rows, columns = signs.mean(axis=1) - delta, signs.mean(axis=0) - delta
    variance = (m * m * (rows @ rows) + n * n * (columns @ columns) - ((signs - delta) ** 2).sum()) / (
        n * m * (n - 1) * (m - 1)
    )
    variance = max(variance, (1 - delta**2) / (n * m - 1))
    if abs(delta) < 1:
        z = stats.norm.ppf(0.975)
        root = z * math.sqrt(variance) * math.sqrt((1 - delta**2) ** 2 + z * z * variance)
        expected = (delta - delta**3 - root) / (1 - delta**2 + z * z * variance)
        assert effect.lower == pytest.approx(max(-1, expected), abs=1e-9)


def test_two_sample_tests_take_the_second_group_minus_the_first() -> None:
    order = pd.Categorical(np.where(AI == 1, "uses", "avoids"), categories=["uses", "avoids"])
    for name in ("t_welch", "t_student", "mann_whitney"):
        one, two = run(name, LIKERT, AI), run(name, LIKERT, order)
        assert two.effect_size == pytest.approx(-one.effect_size) and two.p == pytest.approx(one.p)
    assert run("t_welch", LIKERT, AI).effect_size > 0


def test_missing_values_leave_complete_rows() -> None:
    y = LIKERT.astype(float).where(np.arange(len(LIKERT)) > 20)
    assert run("spearman", y, SCORE).n_used == len(FRAME) - 21
    group = AI.astype(object).where(np.arange(len(AI)) > 20, None)
    assert run("mann_whitney", LIKERT, group).n_used == len(FRAME) - 21
    assert run("chi_square", LIKERT, group).n_used == len(FRAME) - 21
    assert run("friedman", y, *ITEMS[1:]).n_used == len(FRAME) - 21


def test_row_order_and_names_do_not_matter() -> None:
    order = np.random.default_rng(0).permutation(len(FRAME))
    for name, arrays in (
        ("mann_whitney", (LIKERT, AI)), ("kruskal_wallis", (LIKERT, SIZE)), ("friedman", tuple(ITEMS)),
        ("partial_spearman", (SCORE, LIKERT, ITEMS[0])), ("chi_square", (LIKERT, SIZE)),
    ):  # fmt: skip
        shuffled = [pd.Series(array).iloc[order].reset_index(drop=True) for array in arrays]
        assert run(name, *shuffled).statistic == pytest.approx(run(name, *arrays).statistic, rel=1e-11)


def test_wilcoxon_against_a_value_and_without_differences() -> None:
    shifted, single = run("wilcoxon", LIKERT, LIKERT * 0 + 3), run("wilcoxon", LIKERT, value=3)
    assert shifted.statistic == single.statistic and shifted.p == single.p
    assert single.details["zeros"] == (LIKERT == 3).sum()
    with pytest.raises(StatisticsError, match="No differences to rank"):
        run("wilcoxon", LIKERT, LIKERT)


def test_large_samples_need_no_table_of_pairs() -> None:
    rng = np.random.default_rng(1)
    values, group = rng.integers(1, 6, 300_000), rng.integers(0, 2, 300_000)
    result = run("mann_whitney", values + group, group)
    assert result.p == 0.0 and -1e6 < result.log_p < -1000
    assert result.effect_lower < result.effect_size < result.effect_upper


def test_mcnemar_without_discordant_pairs_and_with_one_level() -> None:
    same = run("mcnemar", AI, AI)
    assert same.p == 1.0 and "no respondent differs" in same.warnings[0] and math.isnan(same.details["odds_ratio"])
    one_sided = run("mcnemar", np.ones(5), np.array([1.0, 0, 0, 1, 0]))
    assert one_sided.details["odds_ratio"] == math.inf and one_sided.details["p_exact"] == pytest.approx(0.25)


def test_constant_variables_get_a_warning() -> None:
    result = run("spearman", SCORE * 0, LIKERT)
    assert math.isnan(result.p) and "does not vary" in result.warnings[0] and not result.has_interval


def test_shapiro_warns_of_long_samples() -> None:
    rng = np.random.default_rng(0)
    assert "5000" in run("shapiro", rng.normal(size=5001)).warnings[0]


def test_alpha_and_its_interval() -> None:
    ours = unweighted.cronbach_alpha(*ITEMS)
    alpha, rounded = pg.cronbach_alpha(WIDE)
    assert ours.alpha == pytest.approx(alpha, rel=1e-12)
    assert (ours.lower, ours.upper) == pytest.approx(tuple(rounded), abs=6e-4)
    assert (ours.items, ours.n_used) == (4, len(FRAME))


def test_corrections_for_multiplicity() -> None:
    p = [0.01, 0.02, math.nan, 0.03]
    assert unweighted.adjust(p, "holm").tolist() == pytest.approx([0.03, 0.04, math.nan, 0.04], nan_ok=True)
    assert unweighted.adjust(p, "none").tolist() == pytest.approx(p, nan_ok=True)
    assert unweighted.adjust([math.nan], "holm").shape == (1,)
    with pytest.raises(StatisticsError, match="none, bonferroni, holm"):
        unweighted.adjust(p, "fdr")  # type: ignore[arg-type]
    with pytest.raises(StatisticsError, match="numbers from 0 to 1"):
        unweighted.adjust([1.5], "holm")


def test_models_against_statsmodels_and_each_other() -> None:
    import statsmodels.formula.api as smf
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    predictors = model_matrix(FRAME, ["hist_score", "size"])
    ols = unweighted.fit_model("ols", LIKERT, predictors)
    theirs = smf.ols("likert ~ hist_score + size", FRAME).fit(cov_type="HC3", use_t=True)
    np.testing.assert_allclose(ols.standard_errors[0], theirs.bse["Intercept"], rtol=1e-9)
    test = unweighted.coefficient_test(ols, "hist_score")
    assert test.p == pytest.approx(theirs.pvalues["hist_score"], rel=1e-8)
    assert test.effect_size == pytest.approx(theirs.params["hist_score"] * SCORE.std() / LIKERT.std(), rel=1e-9)
    assert run("ols", LIKERT, predictors, coefficient="hist_score") == test
    logit = run("logit", AI, predictors, coefficient="hist_score")
    assert logit.effect_name == "odds ratio per SD"
    assert logit.effect_size == pytest.approx(logit.details["odds_ratio_per_unit"] ** SCORE.std(), rel=1e-9)
    assert 0 < logit.details["average_marginal_effect"] < logit.details["coefficient"] / 4
    ordered = unweighted.fit_model("ordinal_logit", LIKERT, predictors)
    model = OrderedModel(LIKERT, predictors.values[:, 1:], distr="logit").fit(method="bfgs", disp=False, gtol=1e-8)
    np.testing.assert_allclose(ordered.coefficients[:4], np.asarray(model.params)[:4], rtol=1e-3)
    np.testing.assert_allclose(ordered.standard_errors[:4], np.asarray(model.bse)[:4], rtol=1e-3)
    assert ordered.fit["log_likelihood"] >= model.llf - 1e-9
    assert ordered.names[-4:] == ("1|2", "2|3", "3|4", "4|5")


def test_gee_with_one_row_per_cluster_is_a_robust_logit() -> None:
    predictors = model_matrix(FRAME, ["hist_score"])
    alone = unweighted.fit_model("gee_logit", AI, predictors, clusters=np.arange(len(AI)))
    logit = unweighted.fit_model("logit", AI, predictors)
    np.testing.assert_allclose(alone.coefficients, logit.coefficients, rtol=1e-6)
    assert alone.fit["clusters"] == len(AI)


def test_gee_of_repeated_measures_finds_their_correlation() -> None:
    rng = np.random.default_rng(4)
    person = np.repeat(np.arange(300), 5)
    x, taste = rng.normal(size=1500), rng.normal(size=300)[person]
    y = (rng.random(1500) < 1 / (1 + np.exp(-x - 1.5 * taste))).astype(float)
    order = rng.permutation(1500)
    fits = [
        unweighted.fit_model("gee_logit", y[rows], model_matrix({"x": x[rows]}, ["x"]), clusters=person[rows])
        for rows in (np.arange(1500), order)
    ]
    np.testing.assert_allclose(fits[0].coefficients, fits[1].coefficients, rtol=1e-8)
    np.testing.assert_allclose(fits[0].standard_errors, fits[1].standard_errors, rtol=1e-8)
    assert 0.1 < fits[0].fit["working_correlation"] < 0.6
    naive = unweighted.fit_model("logit", y, model_matrix({"x": x}, ["x"]))
    assert fits[0].standard_errors[0] > 1.3 * naive.standard_errors[0]  # the intercept varies between persons


def test_bootstrap_ranks_are_seeded_and_sensible() -> None:
    values = np.column_stack([BINARY[0], BINARY[1], 1 - BINARY[0], FRAME["rare_item"]]).astype(float)
    values[:7, 1] = np.nan
    one, two = (unweighted.bootstrap_ranks(values, seed=[7, 1], draws=500) for _ in range(2))
    np.testing.assert_array_equal(one.lower, two.lower)
    assert (one.lower <= one.rank).all() and (one.rank <= one.upper).all()
    assert one.rank.sum() == 10 and one.top_share.sum() == pytest.approx(1)
    assert one.rank[3] == one.lower[3] == one.upper[3] == 4
    assert one.means[1] == pytest.approx(np.nanmean(values[:, 1]))
    # The draws are those that the docstring promises.
    rows = np.random.default_rng([7, 1]).integers(0, len(values), size=(500, len(values)))
    means = np.nanmean(values[rows], axis=1)
    firsts = (np.argmax(means, axis=1)[:, None] == np.arange(4)).mean(axis=0)
    np.testing.assert_allclose(one.top_share, firsts, atol=0.01)


def test_indirect_effect_by_explicit_regressions() -> None:
    x, m, y, z = (FRAME[name].to_numpy(float) for name in ("hist_score", "sc1", "likert", "sc2"))
    result = run("indirect_effect", x, m, y, z, seed=11, draws=200)

    def slopes(target: np.ndarray, *columns: np.ndarray) -> np.ndarray:
        return np.linalg.lstsq(np.column_stack([np.ones(len(target)), *columns]), target, rcond=None)[0]

    a, b = slopes(m, x, z)[1], slopes(y, x, m, z)[2]
    assert result.statistic == pytest.approx(a * b, rel=1e-9)
    assert result.details["total"] == pytest.approx(slopes(y, x, z)[1], rel=1e-9)
    assert result.details["total"] == pytest.approx(result.details["direct"] + a * b, rel=1e-9)
    rows = np.random.default_rng(11).integers(0, len(x), size=(200, len(x)))
    drawn = [slopes(m[r], x[r], z[r])[1] * slopes(y[r], x[r], m[r], z[r])[2] for r in rows]
    assert (result.effect_lower, result.effect_upper) == pytest.approx(
        tuple(np.quantile(drawn, [0.025, 0.975])), rel=1e-8
    )
    assert result.p == pytest.approx(2 / 201)


def say(call: Callable[[], Any]) -> str:
    with pytest.raises(StatisticsError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: run("sperman", LIKERT, SCORE), "did you mean spearman?"),
        (lambda: run("spearman", LIKERT, SCORE, tail="less"), "Wrong options: test `spearman`"),
        (lambda: run("tost_mean", LIKERT), "missing: bound"),
        (lambda: run("spearman", LIKERT), "Wrong number of variables: test `spearman`"),
        (lambda: run("spearman", LIKERT, SIZE), "Not numeric: `variable 2`"),
        (lambda: run("spearman", LIKERT, SCORE[:-1]), "Columns of different length"),
        (lambda: run("spearman", LIKERT * np.nan, SCORE), "at least 3 rows without missing values"),
        (lambda: run("t_welch", LIKERT, SIZE), "4: micro, small, medium, large"),
        (lambda: run("t_welch", [1.0, 2, 3], ["a", "a", "b"]), "fewer in b"),
        (lambda: run("mcnemar", AI, LIKERT), "Not a yes/no variable: mcnemar, variable 2"),
        (lambda: run("cochran_q", AI), "Too few variables"),
        (lambda: run("chi_square", LIKERT * 0, AI), "a 1 x 2 table"),
        (lambda: run("partial_spearman", LIKERT, SCORE), "No covariates"),
        (lambda: run("tost_share", AI, share=0.02, bound=0.1), "Unusable equivalence bounds"),
        (lambda: run("logit", LIKERT, model_matrix(FRAME, ["size"]), coefficient="sizesmall"), "Not a yes/no outcome"),
        (lambda: run("logit", AI, model_matrix({"x": AI * 2.0}, ["x"]), coefficient="x"), "separates the outcomes"),
        (lambda: run("ols", LIKERT, model_matrix(FRAME, ["size"]), coefficient="huge"), "Unknown coefficient: `huge`"),
        (lambda: run("gee_logit", AI, model_matrix(FRAME, ["size"]), coefficient="x"), "No clusters"),
        (lambda: unweighted.bootstrap_ranks(WIDE, seed=1, draws=5), "Too few bootstrap draws"),
        (lambda: unweighted.bootstrap_ranks(WIDE * [1, np.nan, 1, 1], seed=1), "Item without values: item 2"),
    ],
)
def test_mistakes_are_named(call: Callable[[], Any], expected: str) -> None:
    assert expected in say(call)


def test_renamed_columns_of_a_library_stop_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = {**libraries.COLUMNS, "ttest": {"statistic": "t_value"}}
    monkeypatch.setattr(libraries, "COLUMNS", renamed)
    text = say(lambda: run("t_one_sample", LIKERT))
    assert "pingouin.ttest, version" in text and "expected: columns t_value" in text and "p_val" in text


def test_rounding_options_are_given_back() -> None:
    before = dict(pg.options)
    run("t_one_sample", LIKERT)
    assert dict(pg.options) == before


def test_importing_the_statistics_is_cheap() -> None:
    code = (
        "import sys; from surveytrail.statistics import chisquare, regression, unweighted, weighting;"
        "print([name for name in ('pingouin', 'statsmodels', 'pandas', 'seaborn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
