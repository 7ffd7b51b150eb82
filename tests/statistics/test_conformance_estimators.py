"""Estimators against R's `survey`, and an account of each deliberate difference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from surveytrail.statistics import estimators
from surveytrail.statistics.estimates import t_quantile
from surveytrail.statistics.quantiles import quantiles, weighted_quantile
from tests.statistics import conformance
from tests.statistics.conformance import DELIBERATE, compare, load_runners, run_case
from tests.statistics.exempted import exempted, pinned
from tests.statistics.r_profile import r_profile_limits
from tests.statistics.reference import COMMITTED, Reference, load_reference
from tests.statistics.runners_estimators import columns_of

REFERENCE = load_reference()
GROUPS = (
    "mean", "total", "ratio", "deff", "missing", "lonely_psu", "domain", "var", "corr", "contrast", "ciprop",
    "quantile", "kish", "scale", "replicate", "ciprop_rep", "quantile_rep",
)  # fmt: skip
NOT_IN_BIZ = {"var", "corr"}


@pytest.mark.parametrize("group", GROUPS)
def test_every_figure_agrees_with_r(group: str) -> None:
    outcomes = [run_case(case, REFERENCE) for case in REFERENCE.cases(group)]
    if not outcomes and group in NOT_IN_BIZ:
        pytest.skip(f"no case of {group} in the committed part of the reference; ../shared/reference is absent")
    assert len(outcomes) > 0
    assert {o.case_id: o.differing[:3] or o.unsupported for o in outcomes if not o.passed} == {}
    assert exempted(outcomes) == pinned(REFERENCE, group)


def test_committed_part_is_that_of_the_larger_suite() -> None:
    """Made apart, with the same versions, the figures of the cases in both are the same to the last bit."""
    if REFERENCE.root == COMMITTED:
        pytest.skip("../shared/reference is absent: only the committed part is there")
    committed = Reference(COMMITTED)
    for group in REFERENCE.groups():
        own = {case["id"]: case for case in committed.cases(group)}
        theirs = {case["id"]: case for case in REFERENCE.cases(group) if case["dataset"].startswith("biz")}
        assert {name: own.get(name) for name in theirs} == theirs


def test_every_committed_figure_that_the_larger_suite_lacks_agrees_with_r() -> None:
    committed, known = Reference(COMMITTED), REFERENCE.case_ids() if REFERENCE.root != COMMITTED else set()
    cases = [case for group in committed.groups() for case in committed.cases(group) if case["id"] not in known]
    outcomes = [run_case(case, committed) for case in cases]
    assert len(outcomes) > 0
    assert {o.case_id: o.differing[:3] or o.unsupported for o in outcomes if not o.passed} == {}


def test_comparison_notices_a_wrong_figure() -> None:
    """The harness itself: a difference of 1e-6 fails, a missing or short figure fails, a deliberate one is bounded."""
    load_runners()
    case = next(c for c in Reference(COMMITTED).cases("mean") if len(c["value"]) == 1)
    good = dict(conformance._RUNNERS["mean"](case, Reference(COMMITTED)))
    assert compare(case, good, 1e-9).passed
    assert not compare(case, {**good, "se": np.asarray(good["se"]) * (1 + 1e-6)}, 1e-9).passed
    assert not compare(case, {k: v for k, v in good.items() if k != "df"}, 1e-9).passed
    assert not compare(case, {**good, "value": [0.1, 0.2]}, 1e-9).passed
    off = {**good, "se": np.asarray(good["se"]) * 1.3, "deliberate": {"se": "exact_profile"}}
    assert not compare(case, off, 1e-9).passed


def test_profile_limits_differ_from_r_by_its_interpolation_only() -> None:
    """With R's unconverged fit and its grid of profile points in place of the root, the limits are R's."""
    checked = 0
    for case in REFERENCE.cases("ciprop"):
        if case["inputs"]["method"] != "likelihood" or "error" in case or case["inputs"].get("na_rm"):
            continue
        design = REFERENCE.design(case["design"])
        y = columns_of(REFERENCE.frame(case["dataset"]), case["inputs"]["y"])[:, 0]
        se = float(estimators.mean(design, y).standard_error[0, 0])
        limits = r_profile_limits(y, design.weights, se, design.degrees_of_freedom, case["ci_level"])
        np.testing.assert_allclose(limits, [case["ci_lower"], case["ci_upper"]], rtol=1e-8, err_msg=case["id"])
        checked += 1
    assert checked > 0


def test_score_limits_of_r_are_ours_put_through_its_formula() -> None:
    """R takes the unweighted share of answers below a limit and looks up the weighted quantile at that share."""
    checked = 0
    for case in REFERENCE.cases("quantile"):
        inputs = case["inputs"]
        if inputs["interval"] != "score":
            continue
        design = REFERENCE.design(case["design"])
        y = columns_of(REFERENCE.frame(case["dataset"]), inputs["y"])[:, 0]
        own = quantiles(design, y, inputs["p"], interval="score", df="design")
        for name, limit in (("ci_lower", own.lower), ("ci_upper", own.upper)):
            # R's root search ends on one side or the other of the jump at the limit.
            shares = np.stack([(y[:, None] <= limit[0, 0]).mean(axis=0), (y[:, None] < limit[0, 0]).mean(axis=0)])
            near = shares[None] + np.array([-1e-9, 1e-9])[:, None, None]
            candidates = weighted_quantile(y, design.weights, near)
            assert (np.abs(candidates - case[name]) < 1e-9 * np.abs(case[name])).any(axis=(0, 1)).all(), case["id"]
        checked += 1
    assert checked > 0


def test_ties_of_the_distribution_function_are_the_only_other_quantiles() -> None:
    """Where a quantile differs from R's under equal weights, R's is the next value and F equals p to rounding."""
    differing = 0
    for case in REFERENCE.cases("quantile"):
        design, inputs = REFERENCE.design(case["design"]), case["inputs"]
        if np.ptp(design.weights) > 0 or inputs["qrule"] not in ("math", "hf1"):
            continue
        y = np.sort(columns_of(REFERENCE.frame(case["dataset"]), inputs["y"])[:, 0])
        own = weighted_quantile(y, np.ones_like(y), np.asarray(inputs["p"]))
        for p, mine, theirs in zip(inputs["p"], own, case["value"], strict=True):
            if mine != theirs:
                differing += 1
                assert abs((y <= mine).mean() - p) < 1e-12
                assert theirs == y[y > mine].min()
    assert differing > 0 or REFERENCE.root == COMMITTED


def test_logit_interval_is_the_wald_interval_on_the_log_odds() -> None:
    case = next(c for c in Reference(COMMITTED).cases("ciprop") if c["inputs"]["method"] == "xlogit")
    p, se = case["value"], case["se"]
    half = t_quantile(case["ci_level"], case["df"]) * se / (p * (1 - p))
    assert special.expit(special.logit(p) - half) == pytest.approx(case["ci_lower"], rel=1e-12)


def test_every_deliberate_difference_is_explained_in_the_documentation() -> None:
    load_runners()
    page = (COMMITTED.parents[1] / "docs" / "methods" / "agreement-with-r.md").read_text("utf-8")
    assert len(DELIBERATE) > 0
    assert [key for key in DELIBERATE if f"`{key}`" not in page] == []
