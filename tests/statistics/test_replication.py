"""Replicate weights: those R made, moments of the bootstrap, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from surveytrail.statistics.arrays import column_rank
from surveytrail.statistics.design import RegressionStep, SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.estimators import mean, total
from surveytrail.statistics.replication import balanced_half_samples, bootstrap, jackknife, replicate_design
from tests.statistics.reference import load_reference
from tests.statistics.samples import draw_sample

REFERENCE = load_reference()


def test_jackknife_weights_are_those_r_makes() -> None:
    checked = 0
    for name, record in REFERENCE.replicate_designs.items():
        if record["R_type"] not in ("JK1", "JKn"):
            continue
        own = jackknife(REFERENCE.design(record["base"]), mse=record["mse"])
        theirs = REFERENCE.design(name)
        first, second = (m[:, np.lexsort(m)] for m in (own.matrix(), theirs.matrix()))
        np.testing.assert_allclose(first, second, rtol=1e-12, err_msg=name)
        np.testing.assert_allclose(
            np.sort(own.scale * own.rscales), np.sort(theirs.scale * theirs.rscales), rtol=1e-12, err_msg=name
        )
        assert own.degrees_of_freedom == record["degf"]
        checked += 1
    assert checked > 0


def test_bootstrap_scales_are_those_of_r() -> None:
    checked = 0
    for record in REFERENCE.replicate_designs.values():
        kind = {"bootstrap": "canty-davison", "subbootstrap": "rao-wu"}.get(record["R_type"])
        if kind is None:
            continue
        own = bootstrap(REFERENCE.design(record["base"]), record["n_reps"], 1, kind=kind)
        np.testing.assert_allclose(own.scale * own.rscales, record["scale"] * np.atleast_1d(record["rscales"])[0])
        assert own.degrees_of_freedom == record["degf"]
        checked += 1
    assert checked > 0


@pytest.mark.parametrize("kind", ["rao-wu", "canty-davison"])
@pytest.mark.parametrize("sample_kind", ["simple", "stratified", "clustered"])
def test_the_bootstrap_is_centred_and_spread_as_linearisation_says(sample_kind: str, kind: str) -> None:
    design, y, _ = draw_sample(11, 90, kind=sample_kind)
    replicated = bootstrap(design, 1500, 3, kind=kind)
    linear, resampled = total(design, y), total(replicated, y)
    np.testing.assert_allclose(resampled.standard_error, linear.standard_error, rtol=0.16)
    assert resampled.replicates is not None
    drift = (resampled.replicates.mean(axis=0) - linear.value) / linear.standard_error
    assert np.abs(drift).max() < 5 / np.sqrt(1500)


def test_draws_depend_on_seed_and_number_of_the_replicate_only() -> None:
    design = draw_sample(1).design
    for kind in ("rao-wu", "canty-davison"):
        long, short = bootstrap(design, 30, (7, 8), kind=kind), bootstrap(design, 12, (7, 8), kind=kind, block=5)
        np.testing.assert_array_equal(long.matrix()[:, :12], short.matrix())
        np.testing.assert_array_equal(short.matrix(), short.matrix())
        assert [block.shape[1] for block in short.blocks()] == [5, 5, 2]
        assert not np.array_equal(long.matrix(), bootstrap(design, 30, (7, 9), kind=kind).matrix())


def test_single_units_under_each_rule() -> None:
    strata = np.array([0, 0, 1, 1, 2])
    y = np.array([1.0, 4.0, 2.0, 6.0, 5.0])
    designs = {
        rule: SurveyDesign(np.ones(5), (strata,), single_unit=rule)
        for rule in ("certainty", "remove", "adjust", "average")
    }
    plain = total(designs["remove"], y).variance
    for rule in ("certainty", "remove"):
        np.testing.assert_allclose(total(jackknife(designs[rule]), y).variance, plain)
        assert (bootstrap(designs[rule], 20, 1).matrix()[4] == 1.0).all()
    np.testing.assert_allclose(total(jackknife(designs["average"]), y).variance, plain * 5 / 4)
    assert jackknife(designs["adjust"]).replicates == 5
    with pytest.raises(StatisticsError, match="Single units in a bootstrap"):
        bootstrap(designs["adjust"], 20, 1)
    with pytest.raises(StatisticsError, match="single sampled unit"):
        jackknife(SurveyDesign(np.ones(5), (strata,)))


def test_refusals_name_the_remedy() -> None:
    design = draw_sample(2).design
    with pytest.raises(StatisticsError, match="Too few replicates"):
        bootstrap(design, 1, 1)
    with pytest.raises(StatisticsError, match="Balanced half-samples need pairs"):
        balanced_half_samples(design)
    with pytest.raises(StatisticsError, match="Unusable Fay factor"):
        balanced_half_samples(design, fay=1.0)
    with pytest.raises(StatisticsError, match="Too many units for a jackknife"):
        jackknife(SurveyDesign(np.ones(20_000)))
    adjusted = design.calibrated(
        design.weights, RegressionStep.from_model(np.ones((60, 1)), design.weights, design.weights)
    )
    with pytest.raises(StatisticsError, match="make the replicates first"):
        bootstrap(adjusted, 10, 1)
    with pytest.raises(StatisticsError, match="Nothing to resample"):
        bootstrap(SurveyDesign(np.ones(2), (np.arange(2),), single_unit="remove"), 10, 1, kind="canty-davison")


def test_supplied_replicates_are_checked_and_completed() -> None:
    design = draw_sample(3).design
    factors = np.random.default_rng(0).integers(0, 3, (60, 20)).astype(float)
    own = replicate_design(design.weights * 10, factors, scale=1 / 19, combined=False)
    np.testing.assert_allclose(own.matrix(), factors * design.weights[:, None] * 10)
    assert own.degrees_of_freedom == 19
    with pytest.raises(StatisticsError, match="not combined"):
        replicate_design(design.weights * 10, factors, scale=1 / 19)
    factors[3, 2] = np.nan
    with pytest.raises(StatisticsError, match="row 4, replicate 3"):
        replicate_design(design.weights, factors, scale=1 / 19)


def test_rank_counts_independent_replicates() -> None:
    base = np.random.default_rng(1).random((40, 6))
    assert column_rank(np.concatenate([base, base[:, :3] * 2, base[:, :1] + base[:, 1:2]], axis=1)) == 6
    assert column_rank(np.random.default_rng(2).random((5, 9))) == 5


def test_replicates_without_a_respondent_are_left_out_with_a_warning() -> None:
    design = draw_sample(4, 30, kind="simple").design
    replicated = jackknife(design)
    alone = np.arange(30) == 7
    pair = alone | (np.arange(30) == 8)
    y = np.arange(30.0)
    result = mean(replicated, y, np.column_stack([alone, pair]))
    assert "replicates_dropped" in result.warnings[0, 0]
    assert (0, 1) not in result.warnings
    assert result.variance[0, 0] == 0.0 and result.variance[0, 1] > 0
