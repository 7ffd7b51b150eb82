"""Computes the reference cases of tests and regression: chi-square, t, rank tests, GLMs, and the unweighted ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from surveytrail.statistics import (
    chisq_sums,
    chisquare,
    estimators,
    ordinal,
    rank_tests,
    regression,
    ttests,
    unweighted,
)
from surveytrail.statistics.design import ReplicateDesign
from surveytrail.statistics.model_matrix import model_matrix, parse_formula
from surveytrail.statistics.outcome import TestResult
from tests.statistics.conformance import CLOSED_FORM, DELIBERATE, ITERATIVE, Case, Deliberate, Figures, runner
from tests.statistics.preparing import prepared
from tests.statistics.reference import Reference
from tests.statistics.runners_estimators import intervals

DELIBERATE["rounded_denominator"] = Deliberate(
    "R cuts the denominator's df to a whole number; in this table rounding makes it 397 instead of 398", 0.04
)
DELIBERATE["numeric_hessian"] = Deliberate(
    "R differences the ordinal gradient with steps of 0.001; a test reproduces its figures that way", 0.05
)

DELIBERATE["ordinal_optimum"] = Deliberate(
    "R's ordinal fit stops when the likelihood has settled to 1e-8; ours is at its maximum, which a test checks", 0.1
)

DELIBERATE["rescaled_table"] = Deliberate(
    "R scales tables of replicate designs to the weights of all rows, those with missing values included", 0.25
)
DELIBERATE["sorted_shares"] = Deliberate(
    "R sorts the expected shares by name where it computes scale and df: with levels in another order they are swapped",
    math.inf,
)
DELIBERATE["studentised_range"] = Deliberate(
    "R integrates the studentised range to 5e-10 only; a test integrates it to 1e-14 and finds our p-values", 1e-5
)

# R's saddlepoint stops searching its root at 1e-8; its exact distribution needs a package that was absent.
SADDLEPOINT = {"saddlepoint", "lincom", "integration"}


def _root_tolerance(case: Case, name: str) -> float:
    chosen = case["inputs"].get("statistic", case["inputs"].get("method"))
    return ITERATIVE if chosen in SADDLEPOINT and name == "p" else CLOSED_FORM


@runner("pchisqsum", tolerance=_root_tolerance)
def chi_square_sum(case: Case, reference: Reference) -> Figures:
    inputs = case["inputs"]
    method = "satterthwaite" if inputs["method"] == "satterthwaite" else "saddlepoint"
    df = np.atleast_1d(np.array(inputs["df"], dtype=float))
    return {"p": chisq_sums.upper_tail(inputs["x"], np.atleast_1d(inputs["a"]), df=df, method=method).p}


@runner("table")
def table(case: Case, reference: Reference) -> Figures:
    inputs, frame, design = case["inputs"], reference.frame(case["dataset"]), prepared(case, reference)
    crossed = chisquare.cross_table(design, frame[inputs["row"]], frame[inputs["col"]])
    if inputs["estimator"] == "crosstab":
        rescaled = isinstance(design, ReplicateDesign) and bool((crossed.cells < 0).any())
        return {"table": crossed.totals, "deliberate": {"table": "rescaled_table"} if rescaled else {}}
    cells = (crossed.cells[:, None] == np.arange(crossed.totals.size)).astype(float)
    cells[crossed.cells < 0] = np.nan
    result = estimators.mean(design, cells, covariance=True)
    value, se, df = result.value[:, 0], result.standard_error[:, 0], float(design.degrees_of_freedom)
    return {"value": value, "se": se, "df": df, **intervals(value, se, df), "vcov": result.covariance}


@runner("chisq", "chisq_rep", tolerance=_root_tolerance)
def chi_square(case: Case, reference: Reference) -> Figures:
    inputs, frame, design = case["inputs"], reference.frame(case["dataset"]), prepared(case, reference)
    if inputs["test"] == "gof":
        column = frame[inputs["y"]]
        result = chisquare.goodness_of_fit(design, column, dict(zip(column.cat.categories, inputs["p"], strict=True)))
        levels, swapped = list(column.cat.categories), dict.fromkeys(("parameter", "p"), "sorted_shares")
        return {
            "statistic": result.statistic, "parameter": [result.details["scale"], *result.df], "p": result.p,
            "deliberate": swapped if levels != sorted(levels) else {},
        }  # fmt: skip
    statistic = "saddlepoint" if inputs["statistic"] == "lincom" else inputs["statistic"]
    result = chisquare.independence(
        design, frame[inputs["row"]], frame[inputs["col"]], statistic=statistic, truncate_denominator=True
    )
    figures: dict[str, Any] = {
        "statistic": result.statistic, "parameter": result.df, "p": result.p,
        "df_design": float(design.degrees_of_freedom),
    }  # fmt: skip
    if case["design"] in ("srs", "srs_nofpc") and inputs["statistic"] in SADDLEPOINT:
        figures["deliberate"] = {"p": "rounded_denominator"}
    return figures


@runner("ttest")
def t_test(case: Case, reference: Reference) -> Figures:
    inputs, frame, design = case["inputs"], reference.frame(case["dataset"]), prepared(case, reference)
    y = frame[inputs["y"]].to_numpy(float)
    if inputs["test"] == "ttest2":
        result = ttests.two_groups(design, y, frame[inputs["group"]])
    elif inputs["test"] == "ttest_paired":
        result = ttests.paired(design, y, frame[inputs["y_pair"]].to_numpy(float))
    else:
        result = ttests.one_sample(design, y, mean=inputs["mu"])
    return {
        "statistic": result.statistic, "df": result.df, "p": result.p, "estimate": result.effect_size,
        "ci_lower": result.effect_lower, "ci_upper": result.effect_upper, "df_design": float(design.degrees_of_freedom),
    }  # fmt: skip


@runner("ranktest")
def rank_test(case: Case, reference: Reference) -> Figures:
    inputs, frame, design = case["inputs"], reference.frame(case["dataset"]), prepared(case, reference)
    score = "wilcoxon" if inputs["score"] == "KruskalWallis" else inputs["score"]
    y = frame[inputs["y"]].to_numpy(float)
    # R's mean of running totals over ties depends on the order of the rows; ours does not unless told to.
    result = rank_tests.rank_test(design, y, frame[inputs["group"]], score=score, ties="row_order")
    if inputs["test"] == "ranktest":
        return {"statistic": result.statistic, "df": result.df, "p": result.p, "estimate": result.effect_size}
    # R returns the chi-square as the parameter and its df as the statistic.
    return {"parameter": result.details["chi2"], "statistic": result.df[0], "p": result.p}


def _fit_tolerance(case: Case, name: str) -> float:
    """R's iterations stop when the deviance has settled, which leaves 1e-7 in flat directions."""
    inputs = case["inputs"]
    saddlepoint = name == "p" and inputs.get("method") in ("LRT", "WorkingWald")
    return CLOSED_FORM if inputs.get("family") == "gaussian" and not saddlepoint else ITERATIVE


@runner("glm", "glm_rep", tolerance=_fit_tolerance)
def model(case: Case, reference: Reference) -> Figures:
    inputs, frame, design = case["inputs"], reference.frame(case["dataset"]), prepared(case, reference)
    outcome, terms = parse_formula(inputs["formula"])
    predictors = model_matrix(frame, terms)
    if inputs.get("model") == "olr":
        fit = ordinal.proportional_odds(design, frame[outcome], list(frame[outcome].cat.categories), predictors)
        return {
            "value": fit.coefficients,
            "se": fit.standard_error,
            "deliberate": {"value": "ordinal_optimum", "se": "numeric_hessian"},
        }
    fit = regression.generalised_linear(design, frame[outcome].to_numpy(float), predictors, family=inputs["family"])
    if inputs.get("test") == "term_test":
        return _term(case, fit)
    lower, upper = fit.interval()
    return {
        "value": fit.coefficients, "se": fit.standard_error, "statistic": fit.statistic,
        "p": [tail.p for tail in fit.tails()], "df": fit.degrees_of_freedom, "dispersion": fit.dispersion,
        "converged": True, "ci_lower": lower, "ci_upper": upper, "vcov": fit.covariance,
    }  # fmt: skip


def _term(case: Case, fit: regression.Regression) -> Figures:
    method = {"Wald": "wald", "LRT": "working_lrt", "WorkingWald": "working_wald"}[case["inputs"]["method"]]
    result = regression.term_test(fit, case["inputs"]["term"], method=method)
    figures: dict[str, Any] = {
        "statistic": result.statistic, "p": result.p, "df": result.df[0], "ddf": result.df[1], "lambda": None,
    }  # fmt: skip
    if case.get("lambda"):
        eigenvalues = np.array([result.details[f"eigenvalue_{i}"] for i in range(1, len(result.details) + 1)])
        # R does not sort the eigenvalues of a matrix that is not symmetric.
        figures["lambda"] = eigenvalues[np.argsort(np.argsort(-np.array(case["lambda"])))]
    return figures


def _library_tolerance(case: Case, name: str) -> float:
    """Royston's polynomials (Shapiro-Wilk) and the studentised range (Tukey) have no closed form: 1e-9 in R itself."""
    return ITERATIVE if case["inputs"]["fn"] in ("normality", "logistic_regression", "pairwise_tukey") else CLOSED_FORM


@runner("unweighted", tolerance=_library_tolerance)
def without_weights(case: Case, reference: Reference) -> Figures:
    inputs = case["inputs"]
    frame = reference.frame("biz").assign(log_turnover=lambda rows: np.log(rows["turnover"]))
    if inputs["fn"] == "multicomp":
        names = {"BH": "benjamini_hochberg", "BY": "benjamini_yekutieli"}
        return {"statistic": None, "p": unweighted.adjust(inputs["p"], names.get(inputs["method"], inputs["method"]))}
    if inputs["fn"] in ("linear_regression", "logistic_regression"):
        return _model_without_weights(inputs["fn"], frame)
    if inputs["fn"] in _EFFECTS or inputs["fn"] in ("pairwise_tukey", "cronbach_alpha", "compute_effsize"):
        return _effect(inputs, frame)
    name, arrays, options = _call(inputs, frame)
    return _flat(unweighted.run_test(name, *arrays, **options), inputs, frame)


def _call(inputs: Case, frame: pd.DataFrame) -> tuple[str, list[Any], dict[str, Any]]:
    """The name, columns and options of the test that a case of base R is about."""
    function = inputs["fn"]
    columns = [frame[inputs[key]] for key in ("x", "y", "y2", "group", "row", "col") if key in inputs]
    if function == "ttest":
        if "group" in inputs:
            return ("t_welch" if inputs["correction"] else "t_student"), columns, {}
        return ("t_paired", columns, {}) if inputs.get("paired") else ("t_one_sample", columns, {"mean": inputs["mu"]})
    if function == "corr":
        return inputs["method"], columns, {}
    if function == "homoscedasticity":
        return inputs["method"], columns, {}
    if function == "chi2_independence":
        return "chi_square", columns, {"correction": inputs.get("correction", False)}
    names = {"mwu": "mann_whitney", "kruskal": "kruskal_wallis", "chi2_mcnemar": "mcnemar", "normality": "shapiro"}
    options = {"continuity": inputs.get("correction", False)} if function == "wilcoxon" else {}
    return names.get(function, function), columns, options


def _flat(result: TestResult, inputs: Case, frame: pd.DataFrame) -> Figures:
    """A result in the shape of R's `htest`."""
    details = result.details
    statistic, estimate = result.statistic, result.effect_size
    interval: list[float] = [result.effect_lower, result.effect_upper]
    estimates: list[float] = [estimate]
    if inputs["fn"] == "corr":
        statistic = {"pearson": details.get("t"), "spearman": _spearman_s(result), "kendall": _kendall_z(result)}[
            inputs["method"]
        ]
    if inputs["fn"] == "ttest":
        interval = [details["difference_lower"], details["difference_upper"]]
        estimates = [details["difference"]]
        if "group" in inputs:
            estimates = [details["mean_second"], details["mean_first"]]
        if "mu" in inputs:
            interval, estimates = [limit + inputs["mu"] for limit in interval], [details["difference"] + inputs["mu"]]
    df: tuple[float, ...] = () if inputs.get("method") == "spearman" else result.df
    return {"statistic": statistic, "df": df, "p": result.p, "ci": interval, "estimate": estimates}


def _spearman_s(result: TestResult) -> float:
    """R's S: the sum of squared rank differences that rho implies."""
    n = result.n_used
    return (n**3 - n) * (1 - result.statistic) / 6


def _kendall_z(result: TestResult) -> float:
    from scipy import stats

    return float(np.sign(result.statistic) * stats.norm.isf(result.p / 2))


def _model_without_weights(function: str, frame: pd.DataFrame) -> Figures:
    predictors = model_matrix(frame, ["hist_score", "log_turnover"])
    if function == "linear_regression":
        fit = unweighted.fit_model("wls", frame["likert"], predictors, weights=frame["nrw"])
    else:
        fit = unweighted.fit_model("logit", frame["uses_ai"], predictors)
    return {
        "statistic": None, "value": fit.coefficients, "se": fit.standard_errors, "p": [tail.p for tail in fit.tails()],
        "r2": fit.fit.get("r2"),
    }  # fmt: skip


_EFFECTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "cramer_v": ("chi_square", ("likert", "region")),
    "mwu.RBC": ("mann_whitney", ("likert", "uses_ai")),
    "mwu.CLES": ("mann_whitney", ("likert", "uses_ai")),
}


def _effect(inputs: Case, frame: pd.DataFrame) -> Figures:
    """Effect sizes, which base R has no tests for."""
    function = inputs["fn"]
    if function == "cronbach_alpha":
        alpha = unweighted.cronbach_alpha(*(frame[f"sc{i}"] for i in range(1, 5)))
        return {"statistic": None, "value": alpha.alpha}
    if function == "compute_effsize":
        welch = unweighted.run_test("t_welch", frame["log_turnover"], frame["uses_ai"])
        value = welch.effect_size if inputs["eftype"] == "cohen" else welch.details["hedges_g"]
        return {"statistic": None, "value": value}
    if function == "pairwise_tukey":
        pairs = unweighted.tukey(frame["likert"], frame["size"])
        return {
            "statistic": None, "estimate": [one.effect_size for one in pairs], "p": [one.p for one in pairs],
            "ci_lower": [one.effect_lower for one in pairs], "ci_upper": [one.effect_upper for one in pairs],
            "deliberate": {"p": "studentised_range"},
        }  # fmt: skip
    name, columns = _EFFECTS[function]
    result = unweighted.run_test(name, *(frame[column] for column in columns))
    value = result.details["probability_of_superiority"] if function == "mwu.CLES" else result.effect_size
    return {"statistic": None, "value": value}
