"""One declared hypothesis on data: from the roles of its specification to results of the statistics library."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from surveyspec.catalogue import TESTS
from surveyspec.conditions import Condition, Variable
from surveyspec.identifiers import seed_words
from surveyspec.plan import TestSpec
from surveyspec.study import WaveSpec
from surveytrail.inputs import Memo, arrays_digest
from surveytrail.masks import Columns, evaluate
from surveytrail.statistics.design import SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.outcome import TestResult

ARGUMENTS = {
    "binomial": ("y",),
    "tost_share": ("y",),
    "t_one_sample": ("y",),
    "t_paired": ("x", "y"),
    "t_welch": ("y", "group"),
    "wilcoxon_one_sample": ("y",),
    "wilcoxon_paired": ("x", "y"),
    "mann_whitney": ("y", "group"),
    "kruskal_wallis": ("y", "group"),
    "chi_square": ("x", "y"),
    "mcnemar": ("x", "y"),
    "cochran_q": ("items",),
    "friedman": ("items",),
    "pearson": ("x", "y"),
    "spearman": ("x", "y"),
    "partial_spearman": ("x", "y", "given"),
    "indirect_effect": ("x", "mediator", "y", "given"),
}
LIBRARY_NAME = {"wilcoxon_one_sample": "wilcoxon", "wilcoxon_paired": "wilcoxon"}
VALUE_OPTION = {"binomial": "share", "tost_share": "share", "t_one_sample": "mean", "wilcoxon_one_sample": "value"}
MODELS = {"ols": "ols", "logit": "logit", "ordinal_logit": "ordinal_logit"}


@dataclass(frozen=True)
class Outcome:
    """One result of a hypothesis: ``parts`` of the number id that tell it from the others of the same test."""

    parts: tuple[str, ...]
    result: TestResult


def values_of(value: Condition | Variable, columns: Columns) -> np.ndarray:
    """Return a role's column: the answers, or 1/0 for a condition; NaN where unknown."""
    if isinstance(value, Variable):
        return np.asarray(columns[value.name], dtype=np.float64)
    true, known = evaluate(value, columns)
    return np.where(known, true.astype(np.float64), np.nan)


def role_columns(spec: TestSpec, columns: Columns) -> dict[str, list[np.ndarray]]:
    """Return the columns of every role of a test."""
    return {role: [values_of(value, columns) for value in values] for role, values in spec.roles.items()}


def complete_records(spec: TestSpec, roles: Mapping[str, list[np.ndarray]]) -> np.ndarray:
    """Return the records that a test can use: all its values known; for ranks and stacked models, any of them."""
    known = ~np.isnan(np.column_stack([column for values in roles.values() for column in values]))
    if TESTS[spec.hypothesis.test].stacked:
        return np.asarray(complete_pairs(roles).any(axis=1))
    return np.asarray(known.any(axis=1) if spec.hypothesis.test == "bootstrap_ranks" else known.all(axis=1))


def complete_pairs(roles: Mapping[str, list[np.ndarray]]) -> np.ndarray:
    """Return (records, pairs) where both x and y are known."""
    return np.column_stack([~np.isnan(x) & ~np.isnan(y) for x, y in zip(roles["x"], roles["y"], strict=True)])


def failed_outcomes(spec: TestSpec, wave: WaveSpec, n_used: int) -> list[Outcome]:
    """Return the outcomes of a test that could not be computed: all its parts, and nothing known of them."""
    per = TESTS[spec.hypothesis.test].per
    codes = wave.items(str(spec.hypothesis.items)) if per == "item" else spec.hypothesis.given or ()
    parts = [()] if per == "test" else [(wave.slug(str(code)),) for code in codes]
    nothing = float("nan")
    return [Outcome(part, _bare(spec.hypothesis.test, nothing, nothing, nothing, n_used)) for part in parts]


def run_remembering(
    memo: Memo,
    spec: TestSpec,
    roles: Mapping[str, list[np.ndarray]],
    inside: np.ndarray,
    design: SurveyDesign,
    wave: WaveSpec,
) -> list[Outcome]:
    """Run one test as ``run_hypothesis`` does, unless it was run before on arrays that are the same to the last bit."""
    weighted = TESTS[spec.hypothesis.test].weighted
    arrays = [column if weighted else column[inside] for columns in roles.values() for column in columns]
    if weighted:
        steps = design.calibration.steps if design.calibration is not None else ()
        behind = [array for step in steps for array in vars(step).values()]
        arrays += [inside, design.weights, *behind]
    key = f"{spec.stem} {spec.digest} {arrays_digest(arrays)}"
    if key not in memo:
        try:
            memo[key] = run_hypothesis(spec, roles, inside, design, wave)
        except StatisticsError as failure:
            memo[key] = failure
    found = memo[key]
    if isinstance(found, StatisticsError):
        raise found
    return found


def run_hypothesis(
    spec: TestSpec, roles: Mapping[str, list[np.ndarray]], inside: np.ndarray, design: SurveyDesign, wave: WaveSpec
) -> list[Outcome]:
    """Run one test.

    Parameters
    ----------
    roles : columns of the analysed records, from ``role_columns``
    inside : records of the base
    design : survey design of the test's weight
    """
    hypothesis = spec.hypothesis
    level = 1 - hypothesis.alpha
    if hypothesis.test == "rao_scott":
        from surveytrail.statistics.chisquare import independence

        x, y = roles["x"][0], roles["y"][0]
        return [Outcome((), independence(design.subset(inside), x, y, statistic="F", level=level))]
    taken = {role: [column[inside] for column in values] for role, values in roles.items()}
    if hypothesis.test == "bootstrap_ranks":
        return _ranks(spec, taken["items"], wave, level)
    if hypothesis.test in MODELS:
        return _model(spec, taken, wave, level)
    if hypothesis.test == "clustered_logit":
        return [Outcome((), _clustered(taken, level))]
    from surveytrail.statistics.unweighted import run_test

    arguments = [column for role in ARGUMENTS[hypothesis.test] for column in taken.get(role, [])]
    name = LIBRARY_NAME.get(hypothesis.test, hypothesis.test)
    return [Outcome((), run_test(name, *arguments, level=level, **_options(spec)))]


def _options(spec: TestSpec) -> dict[str, Any]:
    hypothesis = spec.hypothesis
    options: dict[str, Any] = {}
    if hypothesis.value is not None:
        options[VALUE_OPTION[hypothesis.test]] = hypothesis.value
    if hypothesis.bound is not None:
        options["bound"] = hypothesis.bound
    if hypothesis.seed is not None:
        options |= {"seed": seed_words(hypothesis.seed, spec.stem), "draws": hypothesis.draws}
    return options


def _ranks(spec: TestSpec, items: list[np.ndarray], wave: WaveSpec, level: float) -> list[Outcome]:
    """Rank the items by their means and bootstrap the ranks: one outcome per item."""
    from surveytrail.statistics.unweighted import bootstrap_ranks

    found = bootstrap_ranks(np.column_stack(items), level=level, **_options(spec))
    slugs = [wave.slug(name) for name in wave.items(str(spec.hypothesis.items))]
    return [
        Outcome((slug,), _bare("bootstrap_ranks", rank, lower, upper, found.n_used))
        for slug, rank, lower, upper in zip(slugs, found.rank, found.lower, found.upper, strict=True)
    ]


def _bare(test: str, effect: float, lower: float, upper: float, n_used: int) -> TestResult:
    """Return a result that is an effect with an interval and no test statistic."""
    nothing, method = float("nan"), "percentile bootstrap"
    return TestResult(
        test,
        nothing,
        "",
        (),
        nothing,
        nothing,
        float(effect),
        "rank",
        float(lower),
        float(upper),
        method,
        n_used,
        "numpy",
    )


def _model(spec: TestSpec, taken: Mapping[str, list[np.ndarray]], wave: WaveSpec, level: float) -> list[Outcome]:
    """Fit a model: one outcome per predictor with its effect per standard deviation; the first one is tested."""
    from surveytrail.statistics.model_matrix import model_matrix
    from surveytrail.statistics.unweighted import coefficient_test, fit_model

    names = [str(code) for code in spec.hypothesis.given or []]
    columns = dict(zip(names, taken["given"], strict=True))
    matrix = model_matrix(columns, names)
    fitted = fit_model(MODELS[spec.hypothesis.test], taken["y"][0], matrix)  # type: ignore[arg-type]
    return [Outcome((wave.slug(name),), coefficient_test(fitted, name, level=level)) for name in names]


def _clustered(taken: Mapping[str, list[np.ndarray]], level: float) -> TestResult:
    """Fit y on x over all pairs of items, with one intercept per pair and respondents as clusters (GEE)."""
    from surveytrail.statistics.model_matrix import model_matrix
    from surveytrail.statistics.unweighted import coefficient_test, fit_model

    count, size = len(taken["x"]), len(taken["x"][0])
    x, y = np.concatenate(taken["x"]), np.concatenate(taken["y"])
    pairs = {f"pair{place}": np.repeat(np.arange(count) == place, size).astype(float) for place in range(1, count)}
    matrix = model_matrix({"x": x, **pairs}, ["x", *pairs])
    fitted = fit_model("gee_logit", y, matrix, clusters=np.tile(np.arange(size), count))
    found = coefficient_test(fitted, "x", level=level)
    ends = {name: math.exp(found.details[f"coefficient{name}"]) for name in ("", "_lower", "_upper")}
    # x is a yes or no: the odds ratio of yes against no, not of a standard deviation
    return replace(found, effect_size=ends[""], effect_lower=ends["_lower"], effect_upper=ends["_upper"])
