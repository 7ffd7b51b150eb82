"""Small random samples for tests of designs and estimators."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from surveytrail.statistics.design import RegressionStep, SurveyDesign


class Sample(NamedTuple):
    """A design with items (n, k) and overlapping domains (n, d)."""

    design: SurveyDesign
    items: np.ndarray
    domains: np.ndarray


def draw_sample(
    seed: int, n: int = 60, *, kind: str = "stratified", missing: float = 0.0, items: int = 4, calibrated: bool = False
) -> Sample:
    """A sample of `kind` simple, stratified, clustered or twostage; the last with population sizes."""
    generator = np.random.default_rng(seed)
    weights = generator.uniform(0.5, 4.0, n)
    stratum = np.arange(n) % 3
    cluster = stratum * 1000 + generator.integers(0, max(2, n // 12), n)
    # Every stratum keeps two clusters at least, whatever is drawn.
    cluster[:6] = stratum[:6] * 1000 + np.repeat([0, 1], 3)
    design = {
        "simple": SurveyDesign(weights),
        "stratified": SurveyDesign(weights, (stratum,), population_sizes=(np.array([200.0, 300.0, np.inf])[stratum],)),
        "clustered": SurveyDesign(weights, (stratum,), (cluster,)),
        "twostage": SurveyDesign(
            weights, (stratum,), (cluster, np.arange(n)), (np.full(n, 40.0), np.full(n, 100.0)), single_unit="certainty"
        ),
    }[kind]
    if calibrated:
        auxiliary = np.column_stack([np.ones(n), generator.normal(size=n)])
        adjusted = weights * generator.uniform(0.8, 1.2, n)
        design = design.calibrated(adjusted, RegressionStep.from_model(auxiliary, weights, adjusted))
    share = generator.random((n, items)) < np.linspace(0.1, 0.9, items)
    values = np.where(np.arange(items) % 2 == 0, share, generator.normal(5.0, 2.0, (n, items)))
    values = np.where(generator.random((n, items)) < missing, np.nan, values)
    domains = np.column_stack([np.ones(n, bool), generator.random(n) < 0.4, generator.random(n) < 0.1])
    return Sample(design, values, domains)
