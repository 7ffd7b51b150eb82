"""Unweighted tests at their limits: constant, tied, dependent and separated data have defined results or messages."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from surveytrail.statistics import unweighted
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.model_matrix import model_matrix
from surveytrail.statistics.unweighted import effect_intervals as intervals

run = unweighted.run_test
CHANCE = np.random.default_rng(4)
X, Y = CHANCE.integers(1, 6, 40).astype(float), CHANCE.integers(1, 6, 40).astype(float)
GROUP = np.repeat([1.0, 2.0], 20)


def test_the_standard_error_of_the_rank_biserial_is_that_of_random_signs() -> None:
    ranks = np.arange(1, 51)
    signs = np.random.default_rng(1).choice([-1, 1], (20_000, 50))
    observed = float((signs @ ranks / ranks.sum()).std())
    effect = intervals.signed_rank(0.0, 50, 0.95)
    assert math.atanh(effect.upper) / 1.959963984540054 == pytest.approx(observed, rel=0.02)


def test_as_many_changes_in_either_direction_are_no_difference() -> None:
    # R: mcnemar.test(matrix(c(5, 3, 3, 5), 2)) gives 0 and p = 1, with and without the correction
    x, y = np.repeat([1.0, 1.0, 0.0, 0.0], [5, 3, 3, 5]), np.repeat([1.0, 0.0, 1.0, 0.0], [5, 3, 3, 5])
    for correction in (True, False):
        found = run("mcnemar", x, y, correction=correction)
        assert (found.statistic, found.p, found.effect_size, found.warnings) == (0, 1, 0, ())
        assert found.effect_lower < 0 < found.effect_upper


@pytest.mark.parametrize("constant", [np.full(40, 2.0), np.full(40, 0.1) + 0.2, X / 3 - (X / 3 - 1)])
def test_differences_that_do_not_vary_have_no_t(constant: np.ndarray) -> None:
    for found in (
        run("t_one_sample", constant, mean=1.0),
        run("t_paired", constant, np.zeros(40)),
        run("t_welch", constant, GROUP),
        run("t_student", constant, GROUP),
    ):
        assert math.isnan(found.statistic) and math.isnan(found.p) and math.isnan(found.effect_size)
        assert "does not vary" in found.warnings[0] and not found.has_interval


@pytest.mark.parametrize(("t", "df"), [(12.0, 2.0), (-20.0, 3.0), (40.0, 5.0)])
def test_noncentral_t_where_the_library_has_no_value_far_out(t: float, df: float) -> None:
    lower, upper = intervals.t_noncentrality(t, df, 0.95)
    assert stats.nct.cdf(t, df, lower) == pytest.approx(0.975, abs=1e-9)
    assert stats.nct.cdf(t, df, upper) == pytest.approx(0.025, abs=1e-9)


def test_a_perfect_correlation_is_one_in_spite_of_rounding() -> None:
    for kind in ("pearson", "spearman"):
        found = run(kind, X, X / 3)
        assert (found.statistic, found.p, found.has_interval) == (1, 0, False)
    assert run("pearson", X, -0.1 * X + 7).statistic == -1


def test_partial_correlation_of_what_covariates_leave_nothing_of() -> None:
    for columns in ((X, Y, X), (X, Y, np.ones(40)), (X, Y, 10 - Y), (np.ones(40), Y, X)):
        found = run("partial_spearman", *columns)
        assert math.isnan(found.statistic) and math.isnan(found.p)
    assert run("partial_spearman", X, Y, GROUP, GROUP).statistic == pytest.approx(
        run("partial_spearman", X, Y, GROUP).statistic
    )
    with pytest.raises(StatisticsError, match="at least 4 rows"):
        run("partial_spearman", X[:3], Y[:3], GROUP[17:20])


def test_ends_of_rank_intervals_are_the_draws_that_the_level_says() -> None:
    items = np.column_stack([X, Y, CHANCE.integers(1, 6, 40)])
    found = unweighted.bootstrap_ranks(items, seed=1, draws=200, level=0.95)
    rows = np.random.default_rng(1).integers(0, 40, size=(200, 40))
    drawn = np.sort(stats.rankdata(-items[rows].mean(axis=1), axis=1), axis=0)
    # 2.5 % of 200 draws are five, not a fraction more
    assert (found.lower == drawn[4]).all() and (found.upper == drawn[194]).all()


def test_indirect_effects_without_variation() -> None:
    for x, mediator in ((np.ones(40), Y), (X, 2 * X), (X, np.ones(40))):
        with pytest.raises(StatisticsError, match="Indirect effect not defined"):
            run("indirect_effect", x, mediator, GROUP, seed=1, draws=100)


@pytest.mark.parametrize("kind", ["ols", "logit", "ordinal_logit"])
def test_outcomes_that_do_not_vary(kind: str) -> None:
    with pytest.raises(StatisticsError, match="Outcome does not vary"):
        run(kind, np.ones(40), model_matrix({"x": X}, ["x"]), coefficient="x")


def test_errors_need_rows_that_deviate() -> None:
    alone = np.zeros(40)
    alone[7] = 1.0
    with pytest.raises(StatisticsError, match=r"(?s)Errors not defined.*row 8"):
        run("ols", Y, model_matrix({"x": alone}, ["x"]), coefficient="x")
    with pytest.raises(StatisticsError, match=r"(?s)Errors not defined.*residuals of 0"):
        run("ols", 2 * X + 1, model_matrix({"x": X}, ["x"]), coefficient="x")


def test_separated_outcomes_are_told_by_every_model() -> None:
    split = (X > 3).astype(float)
    matrix = model_matrix({"x": X}, ["x"])
    with pytest.raises(StatisticsError, match="did not converge"):
        run("logit", split, matrix, coefficient="x")
    with pytest.raises(StatisticsError, match="did not converge"):
        run("ordinal_logit", np.digitize(X, [2, 4]).astype(float), matrix, coefficient="x")
    # nobody with x = 0 says yes
    yes = np.where(split == 1, CHANCE.integers(0, 2, 40), 0.0)
    with pytest.raises(StatisticsError, match="did not converge"):
        run("gee_logit", yes, model_matrix({"x": split}, ["x"]), coefficient="x", clusters=np.arange(40) // 2)
    with pytest.raises(StatisticsError, match="Predictors depend on each other"):
        run("ordinal_logit", X, model_matrix({"x": np.ones(40)}, ["x"]), coefficient="x")
