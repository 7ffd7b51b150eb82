"""Tests and regression against R's `survey` and base R."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import special, stats

from surveytrail.statistics import chisq_sums, chisquare, ordinal, unweighted
from surveytrail.statistics.inference import covariance_of_scores
from surveytrail.statistics.model_matrix import model_matrix, parse_formula
from tests.statistics.conformance import run_case
from tests.statistics.exempted import exempted, pinned
from tests.statistics.reference import COMMITTED, Reference, load_reference

REFERENCE = load_reference()
GROUPS = ["chisq", "chisq_rep", "ttest", "ranktest", "glm", "glm_rep", "pchisqsum", "table", "unweighted"]


@pytest.mark.parametrize("group", [group for group in GROUPS if REFERENCE.cases(group)])
def test_every_figure_agrees_with_r(group: str) -> None:
    outcomes = [run_case(case, REFERENCE) for case in REFERENCE.cases(group)]
    assert len(outcomes) > 0
    assert {o.case_id: o.differing[:3] or o.unsupported for o in outcomes if not o.passed} == {}
    assert exempted(outcomes) == pinned(REFERENCE, group)


def test_exact_distribution_agrees_with_imhof_inversion() -> None:
    """R's own exact figures need a package; these come from another inversion, good to the error it states."""
    exact = json.loads((REFERENCE.root / "exact_lincom.json").read_text("utf-8"))
    tested = 0
    for name, record in exact.items():
        if "eigenvalues" not in record:
            continue
        tail = chisq_sums.upper_tail(
            record["X2"], np.array(record["eigenvalues"]), method="exact", denominator_df=record["ddf"] or np.inf
        )
        assert tail.p == pytest.approx(record["p"], abs=max(5 * record["err"], 1e-11)), name
        tested += 1
    assert tested > 0


def test_goodness_of_fit_differs_from_r_by_the_order_of_its_shares_only() -> None:
    """R's covariance takes the expected shares sorted by name; with them exchanged, scale and df are R's."""
    case = next(c for c in Reference(COMMITTED).cases("chisq") if c["id"] == "x.gof.biz_w.size")
    design, column = Reference(COMMITTED).design("biz_w"), Reference(COMMITTED).frame("biz")["size"]
    levels, shares = list(column.cat.categories), np.array(case["inputs"]["p"])
    swapped = shares[np.argsort(levels)]
    totals = np.array([design.weights[(column == level).to_numpy()].sum() for level in levels])
    root = np.sqrt(swapped * totals.sum())
    pull = swapped * (1 / root + (totals - root**2) / (2 * root**3))
    indicators = np.column_stack([(column == level).to_numpy(float) for level in levels])
    eigenvalues = np.linalg.eigvalsh(covariance_of_scores(design, indicators / root - pull))
    first, second = eigenvalues.sum(), (eigenvalues**2).sum()
    np.testing.assert_allclose([second / first, first**2 / second], case["parameter"], rtol=1e-9)
    own = chisquare.goodness_of_fit(design, column, dict(zip(levels, shares, strict=True)))
    assert own.statistic == pytest.approx(case["statistic"], rel=1e-12)


def test_p_values_of_the_studentised_range_are_the_integrals() -> None:
    """R's quadrature leaves 5e-10; a denser one finds what we print. Figures of `u.tukey`, made by base R."""
    case = next(c for c in Reference(COMMITTED).cases("unweighted") if c["id"] == "u.tukey")
    frame = Reference(COMMITTED).frame("biz")
    groups = [column["likert"].to_numpy(float) for _, column in frame.groupby("size", observed=True)]
    df = len(frame) - len(groups)
    pooled = sum(float(((g - g.mean()) ** 2).sum()) for g in groups) / df
    pairs = [(i, j) for i in range(len(groups)) for j in range(i + 1, len(groups))]
    found = unweighted.tukey(frame["likert"], frame["size"])
    for (i, j), one, theirs in zip(pairs, found, case["p"], strict=True):
        a, b = groups[i], groups[j]
        q = abs(a.mean() - b.mean()) / np.sqrt(pooled / 2 * (1 / a.size + 1 / b.size))
        assert one.p == pytest.approx(_studentised_range_tail(q, len(groups), df), rel=1e-8)
        assert one.p == pytest.approx(theirs, abs=1e-9)


def _studentised_range_tail(q: float, groups: int, df: int) -> float:
    """P(range of `groups` normals over an independent root mean square > q), by Gauss-Legendre with 200 x 200 nodes."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    z, half = 9 * nodes, 12 / np.sqrt(2 * df)
    s = 1 + half * nodes
    density = (
        np.log(2) + df / 2 * np.log(df / 2) - special.gammaln(df / 2) + (df - 1) * np.log(s) - df * s**2 / 2
    )  # fmt: skip
    inner = (special.ndtr(z) - special.ndtr(z - q * s[:, None])) ** (groups - 1) @ (9 * weights * stats.norm.pdf(z))
    return float((half * weights * np.exp(density)) @ (1 - groups * inner))


def test_exact_statistic_differs_from_saddlepoint_by_little() -> None:
    frame, design = REFERENCE.frame("biz"), REFERENCE.design("biz_sz")
    exact, approximate = (
        chisquare.independence(design, frame["likert_f"], frame["region"], statistic=s)
        for s in ("lincom", "saddlepoint")
    )
    assert exact.statistic == approximate.statistic
    assert exact.p == pytest.approx(approximate.p, rel=0.02)


def test_ordinal_figures_differ_from_r_by_its_early_stop_and_numeric_hessian_only() -> None:
    """Ours has the higher likelihood; at R's coefficients, R's Hessian by differences of 0.001 gives R's errors."""
    cases = [case for case in REFERENCE.cases("glm") if case["inputs"].get("model") == "olr"]
    if not cases:
        pytest.skip("this part of the reference has no ordinal model")
    for case in cases:
        frame, design = REFERENCE.frame(case["dataset"]), REFERENCE.design(case["design"])
        outcome, terms = parse_formula(case["inputs"]["formula"])
        predictors = model_matrix(frame, terms)
        x, y = predictors.values[:, 1:], frame[outcome].cat.codes.to_numpy().astype(np.int64)
        cuts = len(frame[outcome].cat.categories) - 1
        fit, theirs = ordinal.maximise(x, y, design.weights, cuts), np.array(case["value"])
        likelihood, scores, _ = ordinal.derivatives(theirs, x, y, design.weights, cuts)
        best, slope, _ = ordinal.derivatives(fit.parameters, x, y, design.weights, cuts)
        assert best >= likelihood and np.abs(slope.sum(axis=0)).max() < 1e-6 * design.weights.sum()
        influence = scores / design.weights[:, None] @ _r_inverse_hessian(x, y, design.weights, theirs)
        errors = np.sqrt(np.diagonal(covariance_of_scores(design, influence)))
        np.testing.assert_allclose(errors, case["se"], rtol=1e-6, err_msg=case["id"])


def _r_inverse_hessian(x: np.ndarray, y: np.ndarray, weights: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    slopes = x.shape[1]
    cuts = parameters[slopes:]
    steps = np.concatenate([cuts[:1], np.log(np.diff(cuts))])

    def jacobian(theta: np.ndarray) -> np.ndarray:
        whole = np.eye(slopes + len(theta))
        growth = np.concatenate([[1.0], np.exp(theta[1:])])
        whole[slopes:, slopes:] = np.tril(np.ones((len(theta), len(theta)))) * growth
        return whole

    def gradient(beta: np.ndarray) -> np.ndarray:
        theta = beta[slopes:]
        natural = np.concatenate([beta[:slopes], np.cumsum(np.concatenate([theta[:1], np.exp(theta[1:])]))])
        scores = ordinal.derivatives(natural, x, y, weights, len(theta))[1]
        return -scores.sum(axis=0) @ jacobian(theta)

    centre = np.concatenate([parameters[:slopes], steps])
    rows = [(gradient(centre + h) - gradient(centre - h)) / 2e-3 for h in 1e-3 * np.eye(len(centre))]
    hessian = (np.array(rows) + np.array(rows).T) / 2
    back = jacobian(steps)
    return back @ np.linalg.inv(hessian) @ back.T
