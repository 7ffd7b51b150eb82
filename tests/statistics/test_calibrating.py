"""Calibration, post-stratification, trimming, nonresponse and diagnostics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveytrail.statistics import weighting
from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.estimators import total
from surveytrail.statistics.replication import bootstrap, jackknife
from surveytrail.statistics.weighting.distances import distance


def sample(seed: int, n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Base weights, auxiliaries (ones, a group, a measure) and totals near those of the weights."""
    rng = np.random.default_rng(seed)
    base = rng.uniform(1, 4, n)
    auxiliaries = np.column_stack([np.ones(n), rng.integers(0, 2, n), rng.lognormal(0, 0.5, n)])
    return base, auxiliaries, auxiliaries.T @ (base * rng.uniform(0.7, 1.4, n))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["linear", "raking", "logit", "bounded linear", "bounded raking"]))
def test_totals_are_met_and_bounds_kept(seed: int, kind: str) -> None:
    base, auxiliaries, totals = sample(seed)
    bounds = (0.4, 2.5) if kind == "logit" or kind.startswith("bounded") else None
    result = weighting.calibrate(base, auxiliaries, totals, calibration_distance=kind.split()[-1], bounds=bounds)
    np.testing.assert_allclose(auxiliaries.T @ result.weights, totals, rtol=1e-11)
    assert result.largest_error < 1e-11
    if bounds:
        assert result.adjustments.min() >= bounds[0] - 1e-12 and result.adjustments.max() <= bounds[1] + 1e-12


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_bounded_linear_weights_are_the_closest(seed: int) -> None:
    """No other weights within the bounds that meet the totals are nearer in the linear distance."""
    base, auxiliaries, totals = sample(seed, 40)
    result = weighting.calibrate(base, auxiliaries, totals, bounds=(0.6, 1.6))
    rng = np.random.default_rng(seed)
    inside = (result.adjustments > 0.6) & (result.adjustments < 1.6)
    kernel = np.linalg.svd((auxiliaries * base[:, None])[inside].T)[2][3:]
    gradient = base[inside] * (result.adjustments[inside] - 1)
    for direction in rng.normal(size=(5, len(kernel))) @ kernel:
        assert abs(gradient @ direction) < 1e-7 * (1 + np.abs(gradient).sum())


@pytest.mark.parametrize("name", ["linear", "raking", "logit"])
@pytest.mark.parametrize("bounds", [None, (0.3, 3.0)])
def test_distances_are_consistent(name: str, bounds: tuple[float, float] | None) -> None:
    if name == "logit" and bounds is None:
        return
    form = distance(name, bounds)
    u = np.linspace(-3, 3, 61) + 0.01
    step = 1e-6
    np.testing.assert_allclose((form.factor(u + step) - form.factor(u - step)) / (2 * step), form.slope(u), atol=1e-5)
    np.testing.assert_allclose(
        (form.integral(u + step) - form.integral(u - step)) / (2 * step), form.factor(u), rtol=1e-6, atol=1e-6
    )
    assert form.factor(np.zeros(1))[0] == pytest.approx(1)
    assert form.slope(np.zeros(1))[0] == pytest.approx(1)


def test_collinear_auxiliaries_are_fine_when_their_totals_agree() -> None:
    base, auxiliaries, totals = sample(1)
    both = np.column_stack([auxiliaries, 1 - auxiliaries[:, 1]])
    goal = np.append(totals, totals[0] - totals[1])
    for kind in ("linear", "raking"):
        one = weighting.calibrate(base, both, goal, calibration_distance=kind)
        two = weighting.calibrate(base, auxiliaries, totals, calibration_distance=kind)
        np.testing.assert_allclose(one.weights, two.weights, rtol=1e-9)


def test_auxiliaries_of_very_different_size_cost_no_digits() -> None:
    base, auxiliaries, totals = sample(1)
    for kind in ("linear", "raking"):
        plain = weighting.calibrate(base, auxiliaries, totals, calibration_distance=kind)
        huge = weighting.calibrate(base, auxiliaries * [1, 1, 1e9], totals * [1, 1, 1e9], calibration_distance=kind)
        np.testing.assert_allclose(huge.weights, plain.weights, rtol=1e-10)


def test_variances_shift_the_adjustment() -> None:
    base, auxiliaries, totals = sample(2)
    variances = auxiliaries[:, 2]
    result = weighting.calibrate(base, auxiliaries, totals, variances=variances)
    slope = np.linalg.solve((auxiliaries * (base / variances)[:, None]).T @ auxiliaries, totals - auxiliaries.T @ base)
    np.testing.assert_allclose(result.adjustments, 1 + auxiliaries @ slope / variances, rtol=1e-10)


def calibration_message(*arguments: object, **options: object) -> str:
    with pytest.raises(StatisticsError) as caught:
        weighting.calibrate(*arguments, **options)
    return str(caught.value)


def test_contradicting_totals_are_named() -> None:
    base, auxiliaries, totals = sample(3)
    both = np.column_stack([auxiliaries, 1 - auxiliaries[:, 1]])
    text = calibration_message(base, both, np.append(totals, totals[0]), names=["one", "a", "x", "not a"])
    assert "Calibration did not converge: auxiliary `" in text
    assert "likely cause: the totals contradict each other" in text


def test_unreachable_bounds_are_named() -> None:
    base, auxiliaries, totals = sample(4)
    text = calibration_message(
        base, auxiliaries, totals * 5, names=["(Intercept)", "a", "x"], calibration_distance="logit", bounds=(0.5, 2)
    )
    assert "auxiliary `(Intercept)`: target" in text and "achieved" in text
    assert "weights within the bounds can reach" in text and "scale the base weights" in text


def test_empty_category_and_missing_values_are_named() -> None:
    base, auxiliaries, totals = sample(5)
    empty = auxiliaries.copy()
    empty[:, 1] = 0
    assert "Empty category: auxiliary `a`: target" in calibration_message(base, empty, totals, names=["i", "a", "x"])
    empty[3, 2] = np.nan
    assert "Missing value in calibration: auxiliary `x`" in calibration_message(
        base, empty, totals, names=["i", "a", "x"]
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"bounds": (1.1, 2.0)}, "lower bound < 1 < upper bound"),
        ({"calibration_distance": "logit"}, "Logit calibration without bounds"),
        ({"calibration_distance": "cosine"}, "linear, raking or logit"),
        ({"names": ["a"]}, "Population totals do not fit"),
    ],
)
def test_wrong_requests_are_refused(options: dict, expected: str) -> None:
    assert expected in calibration_message(*sample(6), **options)


def test_failing_replicate_is_named() -> None:
    base, auxiliaries, totals = sample(7)
    replicates = np.repeat(base[:, None], 3, axis=1)
    replicates[auxiliaries[:, 1] == 1, 2] = 0
    design = ReplicateDesign(base, replicates, 1.0, np.ones(3))
    with pytest.raises(StatisticsError, match="replicate 3: auxiliary `a`"):
        weighting.calibrate_design(design, auxiliaries, totals, names=["i", "a", "x"])


def test_cut_adjustments_keep_the_sum_and_say_how_many() -> None:
    base, auxiliaries, totals = sample(8)
    free = weighting.calibrate(base, auxiliaries, totals)
    low, high = np.quantile(free.adjustments, [0.1, 0.9])
    cut = weighting.calibrate(base, auxiliaries, totals, cut_adjustments=(low, high))
    assert cut.trimmed == ((free.adjustments < low) | (free.adjustments > high)).sum() > 0
    assert cut.weights.sum() == pytest.approx(free.weights.sum(), rel=1e-12)


def test_poststratification_meets_every_cell() -> None:
    rng = np.random.default_rng(1)
    size, region = rng.integers(0, 2, 50), rng.integers(0, 3, 50)
    cells = weighting.cross([size, region])
    targets = {(a, b): 10.0 * (1 + a + b) for a in range(2) for b in range(3)}
    result = weighting.poststratify(rng.uniform(1, 3, 50), cells, targets)
    for cell, target in targets.items():
        assert result.weights[[key == cell for key in cells]].sum() == pytest.approx(target)
    with pytest.raises(StatisticsError, match="Empty category: margin `cell`"):
        weighting.poststratify(np.ones(50), cells, {**targets, (2, 0): 3.0})


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.1, 50), min_size=5, max_size=60), st.floats(1.05, 4), st.booleans(),
    st.sampled_from(["equal", "proportional"]),
)  # fmt: skip
def test_trimming_keeps_the_sum_and_strictly_its_limits(
    values: list[float], upper: float, strict: bool, how: str
) -> None:
    weights = np.array(values)
    try:
        result = weighting.trim(weights, upper=upper, unit="mean", strict=strict, redistribution=how)
    except StatisticsError as error:
        assert "outside" in str(error)
        return
    assert result.weights.sum() == pytest.approx(weights.sum(), rel=1e-12)
    assert result.trimmed.sum() == round(result.share_trimmed * len(weights))
    if strict:
        assert result.weights.max() <= result.upper * (1 + 1e-12)
    again = weighting.trim(result.weights, upper=result.upper * (1 + 1e-9), strict=strict, redistribution=how)
    if strict:
        np.testing.assert_array_equal(again.weights, result.weights)


def test_trimming_by_hand() -> None:
    weights = np.array([1.0, 1.0, 2.0, 8.0, 0.0])
    once = weighting.trim(weights, upper=5)
    np.testing.assert_allclose(once.weights, [2, 2, 3, 5, 0])
    assert once.trimmed.tolist() == [False, False, False, True, False] and once.rounds == 1
    np.testing.assert_allclose(
        weighting.trim(weights, upper=5, redistribution="proportional").weights, [1.75, 1.75, 3.5, 5, 0]
    )
    strict = weighting.trim(np.array([1.0, 4.5, 10.0]), upper=6.0, strict=True)
    np.testing.assert_allclose(strict.weights, [3.5, 6, 6])
    assert strict.rounds == 2
    low = weighting.trim(np.array([0.1, 2.0, 3.0]), lower=0.5)
    np.testing.assert_allclose(low.weights, [0.5, 1.8, 2.8])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"lower": 3, "upper": 2}, "Unusable trimming limits"),
        ({"upper": 0.9, "unit": "mean", "strict": True}, "expected: a mean weight between the limits"),
        ({"lower": 4, "upper": 4.1}, "Every weight is outside the trimming limits"),
    ],
)
def test_impossible_limits_are_refused(options: dict, expected: str) -> None:
    with pytest.raises(StatisticsError) as caught:
        weighting.trim(np.array([1.0, 2.0, 6.0]), **options)
    assert expected in str(caught.value)


def test_nonresponse_classes_keep_every_class_total() -> None:
    rng = np.random.default_rng(2)
    base, answered = rng.uniform(1, 5, 200), rng.random(200) < 0.5
    classes = rng.integers(0, 4, 200)
    result = weighting.adjust_by_class(base, answered, classes)
    for code in range(4):
        assert result.weights[classes == code].sum() == pytest.approx(base[classes == code].sum())
    assert (result.weights[~answered] == 0).all()
    assert result.classes[0].factor == pytest.approx(1 / result.classes[0].response_rate)
    answered[classes == 2] = False
    with pytest.raises(StatisticsError) as caught:
        weighting.adjust_by_class(base, answered, classes)
    assert "Empty category: nonresponse class `2`: 0 of" in str(caught.value) and "merge the class" in str(caught.value)
    with pytest.raises(StatisticsError, match="Too few respondents in a class"):
        weighting.adjust_by_class(base, classes < 3, np.where(classes == 3, 0, classes), smallest=1000)


def test_nonresponse_is_adjusted_anew_in_every_replicate() -> None:
    rng = np.random.default_rng(5)
    n = 120
    base, answered, classes = rng.uniform(1, 5, n), rng.random(n) < 0.6, rng.integers(0, 3, n)
    plain = SurveyDesign(base, (np.arange(n) % 4,))
    model, names = np.column_stack([np.ones(n), rng.normal(size=n)]), ("(Intercept)", "x")
    for source in (jackknife(plain), bootstrap(plain, 20, 3, block=6)):
        by_class, first = weighting.adjust_by_class_design(source, answered, classes)
        by_model, second = weighting.adjust_by_propensity_design(source, answered, model, names)
        for design, result in ((by_class, first), (by_model, second)):
            np.testing.assert_array_equal(design.weights, result.weights)
            assert (design.matrix()[~answered] == 0).all() and design.degrees_of_freedom == source.degrees_of_freedom
        column = source.matrix()[:, 7]
        np.testing.assert_allclose(
            by_class.matrix()[:, 7], weighting.adjust_by_class(column, answered, classes).weights
        )
        refit = weighting.adjust_by_propensity(column, answered, model, names)
        np.testing.assert_allclose(by_model.matrix()[:, 7], refit.weights)
    # As if nonrespondents had the mean of their class: variances know that the rates are estimated.
    y = rng.normal(size=n) + 3 * classes
    adjusted = weighting.adjust_by_class_design(jackknife(plain), answered, classes)[0]
    means = np.array(
        [np.average(y[answered & (classes == c)], weights=base[answered & (classes == c)]) for c in range(3)]
    )
    imputed = means[classes] + np.where(answered, first.weights / base * (y - means[classes]), 0.0)
    assert total(adjusted, y).standard_error[0, 0] == pytest.approx(
        total(plain, imputed).standard_error[0, 0], rel=0.05
    )  # fmt: skip
    assert weighting.adjust_by_class_design(plain, answered, classes)[0].calibration is None
    lonely = jackknife(SurveyDesign(np.ones(6)))
    with pytest.raises(StatisticsError, match="Empty category: replicate 1: nonresponse class `a`"):
        weighting.adjust_by_class_design(lonely, np.arange(6) != 5, ["a", "b", "b", "b", "b", "b"])


def test_propensities_are_those_of_the_logit_and_separation_is_named() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=300)
    answered = rng.random(300) < 1 / (1 + np.exp(-x))
    model = np.column_stack([np.ones(300), x])
    result = weighting.adjust_by_propensity(np.ones(300), answered, model, ["(Intercept)", "x"])
    score = model.T @ (answered - result.propensities)
    np.testing.assert_allclose(score, 0, atol=1e-9)
    np.testing.assert_allclose(result.weights[answered], 1 / result.propensities[answered])
    classes = weighting.propensity_classes(result.propensities, 5)
    assert np.bincount(classes).tolist() == [60] * 5
    assert (np.diff([result.propensities[classes == c].mean() for c in range(5)]) > 0).all()
    with pytest.raises(StatisticsError) as caught:
        weighting.adjust_by_propensity(np.ones(300), x > 0, model, ["(Intercept)", "x"])
    assert "coefficient of `x`" in str(caught.value) and "separates the outcomes completely" in str(caught.value)


def test_diagnostics_of_weights() -> None:
    weights, before = np.array([1.0, 3.0, 0.0, 4.0]), np.array([1.0, 1.0, 0.0, 2.0])
    rows = np.array(["a", "b", "b", "b"])
    summary = weighting.summarise(weights, before, {"m": (rows, {"a": 1.0, "b": 7.0})}, share_trimmed=0.25)
    assert (summary.n, summary.total, summary.minimum, summary.maximum, summary.ratio) == (3, 8, 1, 4, 4)
    assert summary.kish_design_effect == pytest.approx(3 * 26 / 64)
    assert summary.effective_n == pytest.approx(64 / 26)
    assert summary.kish_design_effect == pytest.approx(1 + summary.coefficient_of_variation**2)
    assert (summary.smallest_adjustment, summary.largest_adjustment, summary.share_trimmed) == (1, 3, 0.25)
    assert [(row.level, row.n, row.target, row.before, row.after) for row in summary.margins] == [
        ("a", 1, 1.0, 1.0, 1.0), ("b", 2, 7.0, 3.0, 7.0),
    ]  # fmt: skip
    assert weighting.summarise(weights, before, summary.margins).margins == summary.margins
    assert weighting.summarise(np.full(7, 0.1)).kish_design_effect == pytest.approx(1, abs=1e-15)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=50), st.floats(1e-3, 1e3))
def test_the_design_effect_does_not_depend_on_scale(values: list[float], factor: float) -> None:
    weights = np.array(values)
    effect = weighting.kish_design_effect(weights)
    assert effect >= 1 - 1e-12
    assert weighting.kish_design_effect(weights * factor) == pytest.approx(effect, rel=1e-12)


def test_trimmed_designs_remember_their_calibration() -> None:
    rng = np.random.default_rng(9)
    codes = rng.integers(0, 3, 60)
    raked, _ = weighting.rake_design(SurveyDesign(rng.uniform(1, 9, 60)), {"a": (codes, {0: 50.0, 1: 60.0, 2: 70.0})})
    trimmed, result = weighting.trim_design(raked, upper=1.5, unit="median", strict=True)
    assert trimmed.calibration is raked.calibration and result.trimmed.any()
    np.testing.assert_array_equal(trimmed.weights, result.weights)
