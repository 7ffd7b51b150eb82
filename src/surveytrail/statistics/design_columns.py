"""Build a design from columns of a data file: labels become codes, sampling fractions become population sizes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from surveytrail.statistics.arrays import FloatArray, IntArray, codes_of, combine_codes
from surveytrail.statistics.design import SingleUnitRule, SurveyDesign
from surveytrail.statistics.errors import StatisticsError


def design_from_columns(
    *,
    rows: int,
    weights: ArrayLike | None = None,
    strata: Sequence[ArrayLike] = (),
    clusters: Sequence[ArrayLike] = (),
    population_sizes: Sequence[ArrayLike] = (),
    nest: bool = False,
    single_unit: SingleUnitRule = "fail",
) -> SurveyDesign:
    """Return the design that the columns of a sample describe.

    Parameters
    ----------
    rows:
        Number of respondents n.
    weights:
        (n,) design weights; None = population size over sample size, multiplied over the stages.
    strata, clusters:
        Per stage, (n,) labels of any kind.
    population_sizes:
        Per stage, (n,) number of sampling units in the population of the row's stratum, or the sampling fractions:
        all values above 1 are numbers, all values up to 1 are fractions.
    nest:
        Whether cluster labels start again in each stratum.
    single_unit:
        See `SurveyDesign`.

    Raises
    ------
    StatisticsError:
        Missing values in a design column, a mixture of fractions and numbers, neither weights nor population sizes.
    """
    stratum_codes, labels = _coded(strata, "strata")
    cluster_codes, _ = _coded(clusters, "clusters")
    if nest and stratum_codes and cluster_codes:
        cluster_codes = tuple(
            combine_codes([*stratum_codes[: stage + 1], codes]) for stage, codes in enumerate(cluster_codes)
        )
    given = np.ones(rows) if weights is None else np.asarray(weights, dtype=np.float64)
    bare = SurveyDesign(given, stratum_codes, cluster_codes, single_unit=single_unit, stratum_labels=tuple(labels))
    sizes = _population_sizes(bare, [np.asarray(column, dtype=np.float64) for column in population_sizes])
    design = SurveyDesign(
        given, stratum_codes, cluster_codes, sizes, single_unit=single_unit, stratum_labels=tuple(labels)
    )
    if weights is None:
        design = _weighted_by_sizes(design)
    if design.stages[0].stratum_of_unit.shape[0] == 1:
        raise StatisticsError(
            "Design with a single sampling unit", expected="at least two sampled units, to see how much they differ",
            got="one", hint="check the cluster column; leave it out if respondents were sampled one by one",
        )  # fmt: skip
    return design


def _coded(columns: Sequence[ArrayLike], name: str) -> tuple[tuple[IntArray, ...], list[str]]:
    """Code the columns; also return the labels of the first."""
    coded = [codes_of(column, f"{name}, stage {stage}") for stage, column in enumerate(columns, start=1)]
    return tuple(codes for codes, _ in coded), coded[0][1] if coded else []


def _population_sizes(design: SurveyDesign, columns: list[FloatArray]) -> tuple[FloatArray, ...]:
    """Turn fractions into sizes; refuse a mixture, which hides a mistake."""
    if not columns:
        return ()
    table = np.column_stack(columns)
    if np.isnan(table).any():
        row = int(np.flatnonzero(np.isnan(table).any(axis=1))[0])
        raise StatisticsError(
            "Missing value in a design variable", f"`population_sizes`, row {row + 1}",
            expected="a population size for every row", got="none", hint="inf stands for a population without bound",
        )  # fmt: skip
    if (table >= 1).all():
        return tuple(columns)
    if (table > 1).any() or (table <= 0).any():
        row = int(np.flatnonzero(((table > 1) | (table <= 0)).any(axis=1))[0])
        raise StatisticsError(
            "Population sizes and fractions mixed", f"row {row + 1}", got=", ".join(f"{v:g}" for v in table[row]),
            expected="numbers of units (all at least 1) or sampling fractions (all above 0, up to 1)",
            hint="use the number of sampling units in the population of the stratum at every stage",
        )  # fmt: skip
    placeholder = tuple(np.full(design.n, np.inf) for _ in columns)
    stages = SurveyDesign(design.weights, design.strata, design.clusters, placeholder).stages
    sizes = [
        stage.sampled[stage.stratum_of_unit[stage.unit_of_row]] / column
        for stage, column in zip(stages, columns, strict=True)
    ]
    return tuple(sizes)


def _weighted_by_sizes(design: SurveyDesign) -> SurveyDesign:
    """Weight each row by population over sample, multiplied over the stages."""
    if not design.population_sizes or any(np.isinf(column).any() for column in design.population_sizes):
        raise StatisticsError(
            "No weights", expected="a weight column, or finite population sizes at every stage to compute weights from",
            got="neither", hint="name the base weight; `none` must be said explicitly where the study allows it",
        )  # fmt: skip
    weights = np.ones(design.n)
    for stage, column in zip(design.stages, design.population_sizes, strict=True):
        weights *= column / stage.sampled[stage.stratum_of_unit[stage.unit_of_row]]
    return SurveyDesign(
        weights, design.strata, design.clusters, design.population_sizes, single_unit=design.single_unit,
        stratum_labels=design.stratum_labels,
    )  # fmt: skip
