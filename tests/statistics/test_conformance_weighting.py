"""Weights and what follows from them, against R's `survey`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from surveytrail.statistics import estimators, weighting
from surveytrail.statistics.design import ReplicateDesign
from surveytrail.statistics.estimators import mean
from surveytrail.statistics.model_matrix import model_matrix
from tests.statistics.conformance import run_case
from tests.statistics.exempted import exempted, pinned
from tests.statistics.preparing import adjusted, margins_of
from tests.statistics.reference import COMMITTED, Reference, load_reference

REFERENCE = load_reference()


@pytest.mark.parametrize("group", ["weighting", "weighting_rep", "nonresponse"])
def test_every_figure_agrees_with_r(group: str) -> None:
    outcomes = [run_case(case, REFERENCE) for case in REFERENCE.cases(group)]
    assert len(outcomes) > 0
    assert {o.case_id: o.differing[:3] or o.unsupported for o in outcomes if not o.passed} == {}
    assert exempted(outcomes) == pinned(REFERENCE, group)


def test_weight_vectors_agree_with_r_row_by_row() -> None:
    cases = [case for case in REFERENCE.cases("weighting") if (REFERENCE.root / case["weights_file"]).exists()]
    assert len(cases) > 10
    for case in cases:
        expected = pd.read_csv(REFERENCE.root / case["weights_file"])["weight"].to_numpy()
        frame, design = REFERENCE.frame(case["dataset"]), REFERENCE.design(case["design"])
        weights = adjusted(case["inputs"], frame, design, REFERENCE).weights
        np.testing.assert_allclose(weights, expected, rtol=1e-9, err_msg=case["id"])


@pytest.mark.parametrize("design", ["biz_w", "biz_sz", "biz_adjust"])
def test_default_errors_after_raking_are_those_of_calibration(design: str) -> None:
    """Raking and calibration with the raking distance are one thing; the latter is what the cases hold against R."""
    frame, sample = REFERENCE.frame("biz"), REFERENCE.design(design)
    margins = margins_of({}, frame, REFERENCE)
    raked, _ = weighting.rake_design(sample, margins)
    model = model_matrix(frame, list(margins))
    totals = {f"{name}{level}": total for name, (_, targets) in margins.items() for level, total in targets.items()}
    totals["(Intercept)"] = sum(margins["size"][1].values())
    calibrated, _ = weighting.calibrate_design(
        sample, model.values, np.array([totals[name] for name in model.names]), calibration_distance="raking"
    )
    np.testing.assert_allclose(raked.weights, calibrated.weights, rtol=1e-10)
    swept, _ = weighting.rake_design(sample, margins, residuals="swept")
    items = frame[["uses_ai", "turnover", "likert"]].to_numpy(float)
    for statistic in (estimators.mean, estimators.total):
        errors = [statistic(one, items).standard_error for one in (raked, calibrated, swept)]
        np.testing.assert_allclose(errors[0], errors[1], rtol=1e-9)
        assert 1e-4 < np.abs(errors[0] / errors[2] - 1).max() < 0.2  # R's rake() differs by some per cent


def test_replicates_yielded_in_blocks_are_adjusted_like_those_in_memory() -> None:
    frame, whole = REFERENCE.frame("biz"), REFERENCE.design("bizsz_sub")
    matrix = whole.replicate_weights
    blocks = replace(whole, replicate_weights=lambda: iter([matrix[:, :7], matrix[:, 7:]]))
    margins = margins_of({}, frame, REFERENCE)
    one, _ = weighting.rake_design(whole, margins)
    two, _ = weighting.rake_design(blocks, margins)
    np.testing.assert_allclose(two.matrix(), one.matrix(), rtol=1e-12)
    trimmed, _ = weighting.trim_design(two, upper=3, unit="mean")
    assert (trimmed.matrix() <= np.array([3 * c[c > 0].mean() for c in one.matrix().T]) * 1.2).all()
    np.testing.assert_allclose(trimmed.matrix().sum(axis=0), one.matrix().sum(axis=0), rtol=1e-12)
    assert ((trimmed.matrix() == 0) == (one.matrix() == 0)).all()


def test_replicates_that_r_rakes_once_explain_its_errors() -> None:
    """The weights of `biz` meet size and region, so R stops after a round: rake(d, list(~size, ~region), ...)."""
    theirs = 0.02798124280390374
    committed = Reference(COMMITTED)
    design, frame = committed.design("bizsz_sub"), committed.frame("biz")
    margins = margins_of({"margins_file": "data/biz_margins.csv", "vars": ["size", "region"]}, frame, committed)
    assert isinstance(design, ReplicateDesign)
    once = design.matrix().copy()
    for labels, targets in margins.values():
        for level, target in targets.items():
            rows = labels == level
            once[rows] *= target / once[rows].sum(axis=0)
    y = frame["uses_ai"].to_numpy(float)
    assert mean(replace(design, replicate_weights=once), y).standard_error[0, 0] == pytest.approx(theirs, rel=1e-9)
    raked, _ = weighting.rake_design(design, margins)
    assert mean(raked, y).standard_error[0, 0] == pytest.approx(theirs, rel=2e-3)
    for labels, targets in margins.values():
        for level, target in targets.items():
            np.testing.assert_allclose(raked.matrix()[labels == level].sum(axis=0), target, rtol=1e-9)
