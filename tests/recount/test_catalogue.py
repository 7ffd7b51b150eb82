"""The tests of the catalogue against SciPy and statsmodels, and by hand where those have none."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.stats.contingency_tables import cochrans_q

from recount import count_tests, location_tests, models, resampling
from recount.intervals import Limits
from recount.outcomes import Outcome, Roles, ranks

LEVEL = 0.95
CHANCE = np.random.default_rng(20261123)
LATENT = CHANCE.normal(size=120)
SCALE = [np.clip(np.round(3 + LATENT * part + CHANCE.normal(size=120)), 1, 5) for part in (0.3, 0.6, 0.9)]
AMOUNT = np.round(LATENT + CHANCE.normal(size=120), 2)
GROUP = CHANCE.integers(1, 3, 120).astype(float)
YES = [(column >= 4).astype(float) for column in SCALE]


def missing(column: np.ndarray, *places: int) -> np.ndarray:
    """Return a column with some answers missing."""
    column = column.copy()
    column[list(places)] = np.nan
    return column


def p_of(outcome: Outcome) -> float:
    return math.exp(outcome.log_p)


def close(limits: Limits, expected: Sequence[float], rel: float = 1e-9) -> bool:
    return limits == pytest.approx(tuple(expected), rel=rel)


def test_ranks_by_hand() -> None:
    assert ranks(np.array([3.0, 1.0, 3.0, 2.0, 3.0])).tolist() == [4, 1, 4, 2, 4]


def test_one_sample_and_paired_t() -> None:
    found = location_tests.t_of_differences(SCALE[0] - 2.5, LEVEL)
    expected = stats.ttest_1samp(SCALE[0], 2.5)
    assert (found.statistic, p_of(found)) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-10)
    assert found.df == (119,)
    assert found.limits[0] is not None and found.limits[1] is not None
    for limit, tail in zip(found.limits, (0.975, 0.025), strict=True):
        shown = stats.nct.cdf(found.statistic, 119, float(limit or 0) * math.sqrt(120))
        assert shown == pytest.approx(tail, abs=1e-9)


def test_welch() -> None:
    found = location_tests.t_welch({"y": [missing(AMOUNT, 3)], "group": [missing(GROUP, 7)]}, LEVEL)
    kept = np.delete(np.arange(120), [3, 7])
    high, low = AMOUNT[kept][GROUP[kept] == 2], AMOUNT[kept][GROUP[kept] == 1]
    expected = stats.ttest_ind(high, low, equal_var=False)
    assert found.n == 118
    assert (found.statistic, p_of(found), found.df[0]) == pytest.approx(
        (expected.statistic, expected.pvalue, expected.df), rel=1e-10
    )


def test_wilcoxon() -> None:
    differences = SCALE[0] - SCALE[2]
    found = location_tests.signed_ranks(differences, LEVEL)
    expected = stats.wilcoxon(differences, zero_method="wilcox", correction=False, method="asymptotic")
    kept = differences[differences != 0]
    plus = stats.rankdata(np.abs(kept))[kept > 0].sum()
    assert (found.n, found.statistic, found.effect) == (120, plus, 4 * plus / (len(kept) * (len(kept) + 1)) - 1)
    assert p_of(found) == pytest.approx(expected.pvalue, rel=1e-10)


def test_mann_whitney() -> None:
    found = location_tests.mann_whitney({"y": [SCALE[1]], "group": [GROUP]}, LEVEL)
    high, low = SCALE[1][GROUP == 2], SCALE[1][GROUP == 1]
    expected = stats.mannwhitneyu(high, low, use_continuity=True, method="asymptotic")
    assert (found.statistic, p_of(found)) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-10)
    assert found.effect == pytest.approx(np.sign(high[:, None] - low).mean())


def test_cliff_limits_from_all_pairs() -> None:
    x, y = SCALE[0][:30], SCALE[2][30:70]
    signs = np.sign(x[:, None] - y)
    delta, n, m = signs.mean(), 30, 40
    rows = ((signs.mean(axis=1) - delta) ** 2).sum() * m * m
    columns = ((signs.mean(axis=0) - delta) ** 2).sum() * n * n
    variance = (rows + columns - ((signs - delta) ** 2).sum()) / (n * m * (n - 1) * (m - 1))
    z = stats.norm.isf(0.025)
    half = z * math.sqrt(variance) * math.sqrt((1 - delta**2) ** 2 + z * z * variance)
    base = 1 - delta**2 + z * z * variance
    expected = [(delta - delta**3 - half) / base, (delta - delta**3 + half) / base]
    assert close(location_tests.cliff_limits(x, y, float(delta), LEVEL), expected)


def test_kruskal_friedman_cochran() -> None:
    groups = [AMOUNT[SCALE[0] == level] for level in np.unique(SCALE[0])]
    three = [
        (location_tests.kruskal_wallis({"y": [AMOUNT], "group": [SCALE[0]]}, LEVEL), stats.kruskal(*groups)),
        (location_tests.friedman({"items": SCALE}, LEVEL), stats.friedmanchisquare(*SCALE)),
        (location_tests.cochran_q({"items": YES}, LEVEL), cochrans_q(np.column_stack(YES))),
    ]
    for found, expected in three:
        assert (found.statistic, p_of(found)) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)
        assert found.effect > 0 and found.limits[0] is not None and found.limits[0] <= found.effect
    friedman = three[1][0]
    upper = float(friedman.limits[1] or 0) * 120 * 2
    assert stats.ncx2.sf(friedman.statistic, 2, upper) == pytest.approx(0.975, abs=1e-8)


@pytest.mark.parametrize(("rank", "expected"), [(False, stats.pearsonr), (True, stats.spearmanr)])
def test_correlations(rank: bool, expected: object) -> None:
    assert callable(expected)
    found, known = location_tests.correlation(AMOUNT, SCALE[1], LEVEL, rank=rank), expected(AMOUNT, SCALE[1])
    assert (found.statistic, p_of(found)) == pytest.approx((known.statistic, known.pvalue), rel=1e-9)
    if not rank:
        assert close(found.limits, known.confidence_interval(LEVEL))


def test_partial_spearman_by_the_inverse_of_the_correlations() -> None:
    columns = [AMOUNT, SCALE[0], SCALE[1], SCALE[2]]
    roles: Roles = {"x": [columns[0]], "y": [columns[1]], "given": columns[2:]}
    inverse = np.linalg.inv(np.corrcoef([stats.rankdata(column) for column in columns]))
    found = location_tests.partial_spearman(roles, LEVEL)
    assert found.statistic == pytest.approx(-inverse[0, 1] / math.sqrt(inverse[0, 0] * inverse[1, 1]), rel=1e-10)
    assert found.df == (116,)


def test_binomial_and_equivalence() -> None:
    count = int(YES[1].sum())
    for share in (0.3, 0.5, 0.9):
        found = count_tests.binomial({"y": [YES[1]]}, share, LEVEL)
        assert p_of(found) == pytest.approx(stats.binomtest(count, 120, share).pvalue, rel=1e-9)
    found = count_tests.tost_share({"y": [YES[1]]}, 0.4, 0.15, LEVEL)
    above, below = stats.binom.sf(count - 1, 120, 0.25), stats.binom.cdf(count, 120, 0.55)
    assert p_of(found) == pytest.approx(max(above, below), rel=1e-9)
    assert count_tests.tost_share({"y": [np.zeros(9)]}, 0.1, 0.1, LEVEL).log_p == 0
    assert count_tests.tost_share({"y": [np.ones(9)]}, 0.9, 0.1, LEVEL).log_p == 0


def test_chi_square_of_a_crosstab() -> None:
    found = count_tests.chi_square({"x": [missing(SCALE[0], 0)], "y": [GROUP]}, LEVEL)
    table = stats.contingency.crosstab(SCALE[0][1:], GROUP[1:]).count
    expected = stats.chi2_contingency(table, correction=False)
    assert (found.statistic, p_of(found), found.df[0]) == pytest.approx(
        (expected.statistic, expected.pvalue, expected.dof), rel=1e-9
    )
    assert found.effect == pytest.approx(stats.contingency.association(table, "cramer"))


def test_mcnemar_by_hand_and_newcombe_as_published() -> None:
    x = np.repeat([1.0, 1.0, 0.0, 0.0], [5, 9, 2, 4])
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [5, 9, 2, 4])
    found = count_tests.mcnemar({"x": [x], "y": [y]}, LEVEL)
    assert (found.statistic, found.effect) == pytest.approx((36 / 11, 7 / 20))
    assert p_of(found) == pytest.approx(stats.chi2.sf(36 / 11, 1))
    # Newcombe (1998), table II, method 10: 36, 12, 2, 0 gives 0.0569 to 0.3404
    difference, limits = count_tests.newcombe(36, 12, 2, 0, LEVEL)
    assert difference == pytest.approx(0.2)
    assert limits == pytest.approx((0.0569, 0.3404), abs=5e-5)
    assert count_tests.mcnemar({"x": [x], "y": [x]}, LEVEL).log_p == 0


def test_least_squares_with_hc3() -> None:
    design = sm.add_constant(np.column_stack([SCALE[0], SCALE[1]]))
    expected = sm.OLS(AMOUNT, design).fit(cov_type="HC3", use_t=True)
    first, second = models.ols({"y": [AMOUNT], "given": SCALE[:2]}, ["a", "b"], LEVEL)
    assert (first.statistic, second.statistic) == pytest.approx(tuple(expected.tvalues[1:]), rel=1e-9)
    assert p_of(second) == pytest.approx(expected.pvalues[2], rel=1e-9)
    scale = SCALE[1].std(ddof=1) / AMOUNT.std(ddof=1)
    assert close(second.limits, expected.conf_int()[2] * scale)
    assert (first.parts, first.df) == (("a",), (117,))


def test_logistic_regression() -> None:
    design = sm.add_constant(np.column_stack([AMOUNT, SCALE[0]]))
    expected = sm.Logit(YES[2], design).fit(disp=0, tol=1e-14)
    first, second = models.logit({"y": [YES[2]], "given": [AMOUNT, SCALE[0]]}, ["a", "b"], LEVEL)
    assert (first.statistic, second.statistic) == pytest.approx(tuple(expected.tvalues[1:]), rel=1e-8)
    assert first.effect == pytest.approx(math.exp(expected.params[1] * AMOUNT.std(ddof=1)), rel=1e-9)


def test_proportional_odds() -> None:
    predictors = np.column_stack([AMOUNT, SCALE[0]])
    fitted = OrderedModel(SCALE[2].astype(int), predictors, distr="logit").fit(method="bfgs", disp=0, gtol=1e-8)
    first, second = models.ordinal_logit({"y": [SCALE[2]], "given": [AMOUNT, SCALE[0]]}, ["a", "b"], LEVEL)
    spreads = predictors.std(axis=0, ddof=1)
    found = np.log([first.effect, second.effect]) / spreads
    assert found == pytest.approx(fitted.params[:2], rel=1e-4)  # the library differentiates numerically
    assert (first.statistic, second.statistic) == pytest.approx(tuple(fitted.tvalues[:2]), rel=1e-3)


def test_clustered_logistic_regression() -> None:
    x, y = np.concatenate([YES[0], YES[1]]), np.concatenate([YES[1], YES[2]])
    design = np.column_stack([np.ones(240), x, np.repeat([0.0, 1.0], 120)])
    clusters = np.tile(np.arange(120), 2)
    order = np.argsort(clusters, kind="stable")
    model = sm.GEE(
        y[order], design[order], clusters[order], family=sm.families.Binomial(), cov_struct=sm.cov_struct.Exchangeable()
    )
    expected = model.fit(maxiter=500, ctol=1e-13)
    found = models.clustered_logit({"x": YES[:2], "y": YES[1:]}, LEVEL)
    assert found.n == 240
    assert found.statistic == pytest.approx(expected.tvalues[1], rel=1e-7)
    assert found.effect == pytest.approx(math.exp(expected.params[1]), rel=1e-8)


def test_bootstrap_ranks_by_definition() -> None:
    items = np.column_stack([missing(SCALE[0], 4, 9), SCALE[1], SCALE[2]])
    found = resampling.bootstrap_ranks({"items": list(items.T)}, ["a", "b", "c"], [3, 1, 4, 1, 5], 200, LEVEL)
    draws = np.random.Generator(np.random.PCG64([3, 1, 4, 1, 5])).integers(0, 120, size=(200, 120))
    drawn = np.sort([stats.rankdata(-np.nanmean(items[rows], axis=0)) for rows in draws], axis=0)
    assert [outcome.effect for outcome in found] == stats.rankdata(-np.nanmean(items, axis=0)).tolist()
    assert [outcome.limits for outcome in found] == list(zip(drawn[4], drawn[194], strict=True))
    assert all(math.isnan(outcome.log_p) for outcome in found)


def test_indirect_effect_by_definition() -> None:
    roles: Roles = {"x": [AMOUNT], "mediator": [SCALE[0]], "y": [SCALE[2]], "given": [GROUP]}
    found = resampling.indirect_effect(roles, [7], 150, LEVEL)

    def product(rows: np.ndarray) -> float:
        one = np.column_stack([np.ones(120), AMOUNT[rows], GROUP[rows]])
        a = np.linalg.lstsq(one, SCALE[0][rows], rcond=None)[0][1]
        return float(a * np.linalg.lstsq(np.column_stack([one, SCALE[0][rows]]), SCALE[2][rows], rcond=None)[0][-1])

    draws = np.random.Generator(np.random.PCG64([7])).integers(0, 120, size=(150, 120))
    drawn = np.array([product(rows) for rows in draws])
    assert found.effect == pytest.approx(product(np.arange(120)), rel=1e-10)
    assert close(found.limits, np.quantile(drawn, [0.025, 0.975]))
    beyond = min((drawn <= 0).sum(), (drawn >= 0).sum())
    assert p_of(found) == pytest.approx(2 * (beyond + 1) / 151)
