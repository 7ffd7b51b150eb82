"""Designs: what they refuse, what they count, how columns become codes."""

from __future__ import annotations

import numpy as np
import pytest

from surveytrail.statistics.calibration import PostStratificationStep, RegressionStep
from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.design_columns import design_from_columns
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.estimators import mean, total
from surveytrail.statistics.linearise import total_covariance, total_variances
from tests.statistics.samples import draw_sample

ONES = np.ones(4)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SurveyDesign(np.array([1.0, -1.0])), ["Unusable weights", "row 2", "1 unusable of 2"]),
        (lambda: SurveyDesign(np.array([1.0, np.nan])), ["Unusable weights", "finite weight >= 0"]),
        (lambda: SurveyDesign(ONES, (np.zeros(3, int),)), ["Wrong number of rows", "`strata`, stage 1", "4 values"]),
        (
            lambda: SurveyDesign(ONES, (np.array([0, 0, 1, 1]),), (np.array([0, 1, 1, 2]),)).stages,
            ["Clusters cross strata", "row 2", "nest"],
        ),
        (
            lambda: SurveyDesign(ONES, population_sizes=(np.array([9.0, 9, 8, 9]),)).stages,
            ["Unusable population sizes", "several sizes in one stratum"],
        ),
        (
            lambda: SurveyDesign(ONES, population_sizes=(np.full(4, 3.0),)).stages,
            ["Unusable population sizes", "at least the 4 sampled", "3", "not persons"],
        ),
        (
            lambda: design_from_columns(rows=4, strata=[np.array(["a", None, "b", "b"], object)], weights=ONES),
            ["Missing value in a design variable", "`strata, stage 1`, row 2", "1 missing"],
        ),
        (lambda: design_from_columns(rows=4), ["No weights", "weight column", "neither"]),
        (
            lambda: design_from_columns(rows=4, population_sizes=[np.array([0.5, 0.5, 9, 9])]),
            ["Population sizes and fractions mixed", "row 3", "found: 9"],
        ),
        (
            lambda: design_from_columns(rows=4, weights=ONES, clusters=[np.zeros(4)]),
            ["Design with a single sampling unit", "at least two", "cluster column"],
        ),
        (lambda: SurveyDesign(ONES).subset(np.array([1, 0, 1, 1])), ["Not a row mask", "4 booleans", "int64"]),
        (lambda: mean(SurveyDesign(ONES), np.ones(3)), ["Wrong number of rows", "4 rows", "(3, 1)"]),
        (
            lambda: mean(SurveyDesign(ONES), np.array([1, np.inf, 0, 0])),
            ["Infinite value", "row 2", "division by zero"],
        ),
        (lambda: mean(SurveyDesign(ONES), ONES, np.ones(4)), ["Domains do not fit", "booleans with 4 rows", "float64"]),
        (
            lambda: ReplicateDesign(ONES, np.ones((4, 3)), 1.0, np.ones(2)),
            ["Replicate weights do not fit", "2 replicates", "(4, 3)"],
        ),
    ],
)
def test_mistakes_are_named_with_place_expectation_and_finding(make: object, words: list[str]) -> None:
    with pytest.raises(StatisticsError) as caught:
        make()  # type: ignore[operator]
    for word in words:
        assert word in str(caught.value)


def test_single_units_are_named_by_their_label_with_the_remedies() -> None:
    design = design_from_columns(rows=5, weights=np.ones(5), strata=[["north", "north", "south", "west", "west"]])
    with pytest.raises(StatisticsError) as caught:
        total(design, np.arange(5.0))
    text = str(caught.value)
    assert "1 of 3 strata at stage 1: south" in text
    for remedy in ("merge", "certainty", "remove", "adjust", "average"):
        assert remedy in text


def test_a_domain_that_misses_the_single_unit_is_no_error() -> None:
    design = SurveyDesign(np.ones(5), (np.array([0, 0, 1, 2, 2]),))
    inside = np.array([True, True, False, True, True])
    assert total(design, np.arange(5.0), inside).standard_error[0, 0] > 0


def test_a_certainty_stratum_is_no_single_unit() -> None:
    """One unit sampled out of one: nothing is left to chance there."""
    sizes = np.array([10.0, 10.0, 1.0])
    design = SurveyDesign(np.ones(3), (np.array([0, 0, 1]),), population_sizes=(sizes,))
    assert total(design, np.array([1.0, 3.0, 7.0])).variance[0, 0] == pytest.approx(2 * 0.8 * 2.0)


def test_degrees_of_freedom_count_units_and_strata_with_weight() -> None:
    strata = np.array([0, 0, 0, 1, 1, 2, 2])
    clusters = np.array([0, 0, 1, 2, 3, 4, 5])
    design = SurveyDesign(np.array([1, 1, 1, 1, 1, 0, 1.0]), (strata,), (clusters,))
    assert design.degrees_of_freedom == 5 - 3
    assert design.subset(strata < 2).degrees_of_freedom == 4 - 2
    assert mean(design, np.arange(7.0), np.column_stack([strata == 0, strata == 1])).degrees_of_freedom.tolist() == [
        [1, 1]
    ]


def test_nested_cluster_labels_start_again_in_each_stratum() -> None:
    strata, clusters = ["a", "a", "b", "b"], [1, 2, 1, 2]
    with pytest.raises(StatisticsError, match="Clusters cross strata"):
        _ = design_from_columns(rows=4, weights=ONES, strata=[strata], clusters=[clusters]).stages
    nested = design_from_columns(rows=4, weights=ONES, strata=[strata], clusters=[clusters], nest=True)
    assert nested.degrees_of_freedom == 2


def test_sampling_fractions_become_sizes_and_weights() -> None:
    by_size = design_from_columns(rows=4, population_sizes=[np.full(4, 8.0)])
    by_fraction = design_from_columns(rows=4, population_sizes=[np.full(4, 0.5)])
    np.testing.assert_allclose(by_fraction.weights, by_size.weights)
    np.testing.assert_allclose(by_size.weights, 2.0)
    y = np.array([1.0, 2.0, 4.0, 8.0])
    assert total(by_fraction, y).variance == pytest.approx(total(by_size, y).variance)


def test_two_stages_by_hand() -> None:
    """Two of four clusters, two of four persons in each: the textbook sum of the two stages."""
    y = np.array([1.0, 3.0, 6.0, 10.0])
    clusters = (np.array([0, 0, 1, 1]), np.arange(4))
    design = SurveyDesign(np.full(4, 4.0), (), clusters, (np.full(4, 4.0), np.full(4, 4.0)))
    unit_totals = np.array([8.0, 32.0])  # estimated cluster totals, 2 * sum of y
    first = 4**2 * (1 - 0.5) / 2 * np.var(unit_totals, ddof=1)
    second = 4 / 2 * sum(4**2 * (1 - 0.5) / 2 * np.var(part, ddof=1) for part in (y[:2], y[2:]))
    assert total(design, y).variance[0, 0] == pytest.approx(first + second, rel=1e-12)


def test_variances_are_the_diagonal_of_the_covariance_for_every_rule() -> None:
    sample = draw_sample(1)
    strata = np.where(np.arange(60) == 5, 9, np.arange(60) % 3)
    for rule in ("certainty", "remove", "adjust", "average"):
        design = SurveyDesign(sample.design.weights, (strata,), single_unit=rule)
        scores = np.nan_to_num(sample.items) * design.weights[:, None]
        matrix = total_covariance(design, scores)
        np.testing.assert_allclose(np.diagonal(matrix), total_variances(design, scores), rtol=1e-12)


def test_calibrated_totals_of_the_auxiliary_variables_do_not_vary() -> None:
    generator = np.random.default_rng(3)
    before, x = generator.uniform(1, 3, 50), np.column_stack([np.ones(50), generator.normal(size=50)])
    after = before * generator.uniform(0.8, 1.2, 50)
    design = SurveyDesign(before).calibrated(after, RegressionStep.from_model(x, before, after))
    assert total(design, x).standard_error.ravel().tolist() == [0.0, 0.0]
    assert total(design, x[:, 1] ** 2).standard_error[0, 0] > 0


def test_poststratification_is_a_regression_on_cells() -> None:
    generator = np.random.default_rng(4)
    cells, before = generator.integers(0, 4, 40), generator.uniform(1, 3, 40)
    before[cells == 3] = np.where(generator.random((cells == 3).sum()) < 0.5, 0.0, 1.0)
    after = before * np.array([1.2, 0.9, 1.1, 1.0])[cells]
    step = PostStratificationStep(cells, before, after)
    scores = generator.normal(size=(40, 3)) * after[:, None]
    regression = step.as_regression()
    assert regression is not None
    np.testing.assert_allclose(step.residuals(scores), regression.residuals(scores), atol=1e-12)
    assert PostStratificationStep(np.arange(200), np.ones(200), np.ones(200)).as_regression() is None
