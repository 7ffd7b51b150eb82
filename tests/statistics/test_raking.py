"""Raking: what it must keep, what it must refuse and how it says so."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveytrail.statistics import weighting
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.weighting.raking import rake


@st.composite
def feasible(draw: st.DrawFn) -> tuple[np.ndarray, dict[str, tuple[np.ndarray, dict[int, float]]]]:
    """Base weights and margins that some positive weights meet: those of a random population of the same rows."""
    n = draw(st.integers(30, 120))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    base, population = rng.uniform(0.2, 5, n), rng.uniform(1, 20, n)
    margins = {}
    for name in range(draw(st.integers(1, 4))):
        codes = rng.integers(0, draw(st.integers(2, 5)), n)
        totals = np.bincount(codes, weights=population)
        margins[f"m{name}"] = (codes, {int(code): float(totals[code]) for code in np.unique(codes)})
    return base, margins


@settings(max_examples=60, deadline=None)
@given(feasible())
def test_raking_recovers_the_margins(case: tuple) -> None:
    base, margins = case
    result = rake(base, margins)
    for name, (codes, targets) in margins.items():
        for level, target in targets.items():
            assert result.weights[codes == level].sum() == pytest.approx(target, rel=1e-11)
            assert result.achieved[name][level] == pytest.approx(target, rel=1e-11)
    assert (result.weights > 0).all()
    assert result.largest_error <= 1e-11


@settings(max_examples=30, deadline=None)
@given(feasible(), st.floats(1e-3, 1e3))
def test_the_scale_of_the_base_weights_does_not_matter(case: tuple, factor: float) -> None:
    base, margins = case
    np.testing.assert_allclose(rake(base * factor, margins).weights, rake(base, margins).weights, rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(feasible(), st.floats(1e-3, 1e3))
def test_weights_scale_with_the_targets(case: tuple, factor: float) -> None:
    base, margins = case
    scaled = {name: (codes, {k: v * factor for k, v in targets.items()}) for name, (codes, targets) in margins.items()}
    np.testing.assert_allclose(rake(base, scaled).weights, factor * rake(base, margins).weights, rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(feasible(), st.randoms(use_true_random=False))
def test_row_order_and_level_order_do_not_matter(case: tuple, random: object) -> None:
    base, margins = case
    order = np.random.default_rng(0).permutation(len(base))
    turned = {name: (codes[order], dict(reversed(list(targets.items())))) for name, (codes, targets) in margins.items()}
    np.testing.assert_allclose(rake(base[order], turned).weights, rake(base, margins).weights[order], rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(feasible())
def test_factors_are_products_of_one_factor_per_level(case: tuple) -> None:
    base, margins = case
    logs = np.log(rake(base, margins).adjustments)
    columns = [codes[:, None] == np.array(list(targets)) for codes, targets in margins.values()]
    model = np.column_stack(columns).astype(float)
    residual = logs - model @ np.linalg.lstsq(model, logs, rcond=None)[0]
    assert np.abs(residual).max() < 1e-8


def test_raking_twice_changes_nothing_and_zero_weights_stay_zero() -> None:
    rng = np.random.default_rng(3)
    base = rng.uniform(0, 2, 60)
    base[:5] = 0
    margins = {"a": (np.arange(60) % 3, {0: 30.0, 1: 30.0, 2: 40.0}), "b": (np.arange(60) // 30, {0: 45.0, 1: 55.0})}
    once = rake(base, margins)
    again = rake(once.weights, margins)
    np.testing.assert_allclose(again.weights, once.weights, rtol=1e-12)
    assert again.iterations == 1
    assert (once.weights[:5] == 0).all() and (once.adjustments[:5] == 1).all()


def test_rows_without_weight_need_no_level() -> None:
    rows = np.array([0.0, 1.0, np.nan, 1.0])
    result = rake(np.array([1.0, 1, 0, 1]), {"a": (rows, {0: 5.0, 1: 5.0})})
    np.testing.assert_allclose(result.weights, [5, 2.5, 0, 2.5])
    assert [row.n for row in result.margins] == [1, 2]


def test_levels_may_be_text_numbers_or_sparse_codes() -> None:
    codes = np.array([0, 1, 1, 2, 2, 2])
    plain = rake(np.ones(6), {"a": (codes, {0: 1.0, 1: 3.0, 2: 2.0})}).weights
    words = np.array(["no", "yes", "yes", "other", "other", "other"])
    for rows, targets in (
        (words, {"no": 1, "yes": 3, "other": 2}),
        (words.astype(object), {"other": 2, "no": 1, "yes": 3}),
        (codes.astype(float), {0.0: 1, 1.0: 3, 2.0: 2}),
        (codes * 1_000_003 - 7, {-7: 1, 999_996: 3, 1_999_999: 2}),
        (codes.astype(np.int8), {2: 2, 1: 3, 0: 1}),
    ):
        np.testing.assert_allclose(rake(np.ones(6), {"a": (rows, targets)}).weights, plain, rtol=1e-14)


def test_shares_need_the_population_size() -> None:
    margins = {"a": (np.array([0, 0, 1, 1]), {0: 0.25, 1: 0.75}), "b": (np.array([0, 1, 0, 1]), {0: 60.0, 1: 40.0})}
    result = rake(np.ones(4), margins, total=200.0)
    assert result.weights.sum() == pytest.approx(200)
    assert result.achieved["a"][0] == pytest.approx(50)
    with pytest.raises(StatisticsError, match="Margins contradict each other"):
        rake(np.ones(4), margins)


def test_many_combinations_are_found_by_sorting() -> None:
    rng = np.random.default_rng(5)
    population = rng.uniform(1, 2, 400)
    margins = {}
    for name in range(6):
        codes = rng.integers(0, 40, 400)
        totals = np.bincount(codes, weights=population, minlength=40)
        margins[f"m{name}"] = (codes, {int(code): float(totals[code]) for code in np.unique(codes)})
    assert rake(np.ones(400), margins).largest_error < 1e-11


def test_one_million_rows_take_a_moment() -> None:
    rng = np.random.default_rng(0)
    n = 1_000_000
    margins = {
        f"m{size}": (rng.integers(0, size, n).astype(np.int16), dict(enumerate(rng.dirichlet([20.0] * size) * n)))
        for size in (4, 7, 9)
    }
    base = rng.uniform(0.5, 2, n)
    start = time.process_time()
    result = rake(base, margins)
    assert time.process_time() - start < 1.0  # about 0.05 s on an idle machine
    assert result.largest_error < 1e-11


def message(base: np.ndarray, margins: dict, **options: object) -> str:
    with pytest.raises(StatisticsError) as caught:
        rake(base, margins, **options)
    return str(caught.value)


def test_empty_category_is_named() -> None:
    text = message(np.ones(4), {"size": (np.array(["s", "s", "m", "m"]), {"s": 10, "m": 5, "l": 2})})
    assert "Empty category: margin `size`, level `l`: target 2, achieved 0" in text
    assert "likely cause" in text and "there: s, m" in text


def test_a_level_whose_rows_all_have_weight_zero_is_empty() -> None:
    text = message(np.array([1.0, 1, 0, 0]), {"size": (np.array([1, 1, 2, 2]), {1: 10, 2: 5})})
    assert "level `2`: target 5, achieved 0" in text


def test_level_without_a_target_names_the_row() -> None:
    text = message(np.ones(3), {"size": (np.array(["s", "x", "m"]), {"s": 10, "m": 5})})
    assert "Level without a target: margin `size`, row 2" in text and "x in 1 rows" in text
    assert "nan in 1 rows" in message(np.ones(2), {"size": (np.array([1.0, np.nan]), {1: 10})})


def test_margins_that_add_up_differently_are_compared() -> None:
    text = message(
        np.ones(4), {"a": (np.array([0, 0, 1, 1]), {0: 5, 1: 5}), "b": (np.array([0, 1, 0, 1]), {0: 5, 1: 6})}
    )
    assert "Margins contradict each other" in text and "`a` adds up to 10; `b` adds up to 11" in text
    assert "likely cause: the margins come from different sources" in text


def test_contradicting_margins_are_explained_by_levels() -> None:
    """Everybody in region 1 is large, but there are more firms in region 1 than large firms."""
    size, region = np.array([0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 1])
    text = message(np.ones(5), {"size": (size, {0: 70, 1: 30}), "region": (region, {0: 60, 1: 40})})
    assert "Raking did not converge: margin" in text and "target 70" in text and "achieved" in text
    assert "likely cause: margin `region` contradicts it" in text and "whose targets add up to 60" in text


def test_jointly_contradicting_margins_are_recognised() -> None:
    """Parity: with these combinations a + b + c is even, but the margins ask for more ones than can be paired."""
    rows = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]])
    margins = {name: (rows[:, i], {0: 1.0, 1: 9.0}) for i, name in enumerate("abc")}
    text = message(np.ones(4), margins)
    assert "no weights meet all margins together" in text


def test_solutions_on_the_boundary_are_recognised() -> None:
    """Level 1 of `a` needs all of level 1 of `b`, so nothing is left for those with a = 0, b = 1."""
    rows = np.array([[0, 0], [0, 1], [1, 1]])
    text = message(np.ones(3), {name: (rows[:, i], {0: 5.0, 1: 5.0}) for i, name in enumerate("ab")})
    assert "can only be met with weights of 0 for some combinations" in text


def test_too_few_rounds_are_said_to_be_too_few() -> None:
    rng = np.random.default_rng(2)
    population = rng.uniform(1, 9, 40)
    margins = {}
    for name in "ab":
        codes = rng.integers(0, 4, 40)
        margins[name] = (codes, dict(enumerate(np.bincount(codes, weights=population))))
    text = message(np.ones(40), margins, max_iterations=2)
    assert "after 2 rounds" in text and "more rounds are needed; raise max_iterations" in text


@pytest.mark.parametrize(
    ("base", "targets", "expected"),
    [
        (np.array([1.0, np.nan]), {0: 1, 1: 1}, "Unusable base weights: row 2"),
        (np.array([1.0, -1.0]), {0: 1, 1: 1}, "Unusable base weights: row 2"),
        (np.zeros(2), {0: 1, 1: 1}, "0 positive ones"),
        (np.ones((2, 1)), {0: 1, 1: 1}, "an array of shape (2, 1)"),
        (np.ones(2), {0: 1, 1: 0}, "Unusable margin target: margin `a`"),
        (np.ones(2), {0: 1, 1: np.nan}, "1 = nan"),
        (np.ones(3), {0: 1, 1: 1}, "Wrong number of rows: margin `a`"),
    ],
)
def test_unusable_input_is_refused(base: np.ndarray, targets: dict, expected: str) -> None:
    assert expected in message(base, {"a": (np.array([0, 1]), targets)})


def test_no_margins_at_all() -> None:
    assert "No margins" in message(np.ones(2), {})


def test_a_replicate_without_weight_in_a_level_is_named() -> None:
    from surveytrail.statistics.design import ReplicateDesign

    replicates = np.ones((4, 3))
    replicates[2:, 1] = 0
    design = ReplicateDesign(np.ones(4), replicates, 1.0, np.ones(3))
    margins = {"a": (np.array([0, 0, 1, 1]), {0: 5.0, 1: 5.0}), "b": (np.array([0, 1, 0, 1]), {0: 5.0, 1: 5.0})}
    with pytest.raises(StatisticsError) as caught:
        weighting.rake_design(design, margins)
    assert "margin `a`, level `1` in replicate 2" in str(caught.value)
    assert "no respondent with weight in this level" in str(caught.value)
    with pytest.raises(StatisticsError, match="`cell`, level `1` in replicate 2"):
        weighting.poststratify_design(design, np.array([0, 0, 1, 1]), {0: 5.0, 1: 5.0})


def test_a_domain_cannot_be_weighted() -> None:
    from surveytrail.statistics.design import SurveyDesign

    view = SurveyDesign(np.ones(4)).subset(np.array([True, True, False, False]))
    with pytest.raises(StatisticsError, match="weight the full design first"):
        weighting.rake_design(view, {"a": (np.array([0, 0, 1, 1]), {0: 5.0, 1: 5.0})})
