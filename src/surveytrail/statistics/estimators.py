"""Design-based estimators of many items in many domains: means and shares, totals, ratios, variances, correlations.

Every estimator here is a smooth function of weighted totals. For a `SurveyDesign` its variance comes from linearised
scores, for a `ReplicateDesign` from computing it again with each replicate. A missing value (NaN) takes the row out
of the base of that item only; the design keeps its rows, so that variances stay those of a domain of the sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from surveytrail.statistics.arrays import BoolArray, FloatArray, IntArray, as_matrix, group_sums, require_finite
from surveytrail.statistics.blocks import Items
from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.estimates import Estimates, warning_table
from surveytrail.statistics.fast_cells import replicate_cells, supports, survey_cells
from surveytrail.statistics.linearise import total_covariance, total_variances
from surveytrail.statistics.replicates import replicate_covariance, replicate_variance
from surveytrail.statistics.smooth import (
    CORRELATION,
    COVARIANCE,
    MEAN,
    RATIO,
    TOTAL,
    VARIANCE,
    Cells,
    SmoothStatistic,
    divide,
)

AnyDesign = SurveyDesign | ReplicateDesign
DesignEffect = Literal["wor", "wr"]

# Cells are worked on in blocks of columns, so that no temporary array holds more numbers than this.
BLOCK_NUMBERS = 4_000_000


def mean(
    design: AnyDesign,
    y: ArrayLike,
    domains: ArrayLike | None = None,
    *,
    design_effect: DesignEffect | None = None,
    covariance: bool = False,
    apart: bool = False,
) -> Estimates:
    """Estimate population means, or shares of 0/1 items, in domains (Hájek estimator).

    Parameters
    ----------
    design:
        Sample design or replicate design with n rows.
    y:
        (n, k) or (n,) items; NaN = missing, out of the base of that item.
    domains:
        (n, d) booleans, one column per domain (they may overlap); None = one domain, everybody.
    design_effect:
        "wor" compares with simple random sampling without replacement, "wr" with replacement (Kish 1965).
    covariance:
        Whether to return the covariances of all values; rows with any value missing then leave the base of all items.
    apart:
        Whether each domain is computed by itself, so that not a single bit of a cell depends on what other items and
        other domains hold. The matrix core, which shares sums among cells, is faster where there are many.

    Returns
    -------
    Estimates with (k, d) cells. Empty or degenerate cells are NaN with a warning.

    Raises
    ------
    StatisticsError:
        Arrays that do not fit the design; a stratum with a single unit when the design's rule is `fail`.
    """
    return _estimate(MEAN, design, [y], domains, design_effect, covariance, apart)


def total(
    design: AnyDesign,
    y: ArrayLike,
    domains: ArrayLike | None = None,
    *,
    design_effect: DesignEffect | None = None,
    covariance: bool = False,
) -> Estimates:
    """Estimate population totals of `y` (n, k) in domains (Horvitz-Thompson). Otherwise as `mean`."""
    return _estimate(TOTAL, design, [y], domains, design_effect, covariance)


def ratio(
    design: AnyDesign,
    numerator: ArrayLike,
    denominator: ArrayLike,
    domains: ArrayLike | None = None,
    *,
    covariance: bool = False,
) -> Estimates:
    """Estimate ratios of two totals, column by column; a row needs both values. Otherwise as `mean`."""
    return _estimate(RATIO, design, [numerator, denominator], domains, None, covariance)


def variance(design: AnyDesign, y: ArrayLike, domains: ArrayLike | None = None) -> Estimates:
    """Estimate population variances (weighted, with n / (n - 1)) of the columns of `y`, with standard errors."""
    return _estimate(VARIANCE, design, [y], domains, None, False)


def covariance(design: AnyDesign, x: ArrayLike, y: ArrayLike, domains: ArrayLike | None = None) -> Estimates:
    """Estimate population covariances of the columns of `x` with those of `y`, one by one, with standard errors."""
    return _estimate(COVARIANCE, design, [x, y], domains, None, False)


def correlation(design: AnyDesign, x: ArrayLike, y: ArrayLike, domains: ArrayLike | None = None) -> Estimates:
    """Estimate Pearson correlations of the columns of `x` with those of `y`, with linearised standard errors."""
    return _estimate(CORRELATION, design, [x, y], domains, None, False)


def smooth_scores(
    statistic: SmoothStatistic, design: SurveyDesign, inputs: list[ArrayLike], domain: BoolArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return the estimates (k,) and the weighted scores (n, k) of a statistic in one domain (n,), rows complete.

    For estimators that are built from several statistics: their scores add up by the chain rule, and
    `linearise.total_covariance` turns them into variances.
    """
    matrices = _inputs(design, inputs)
    mask = design.in_domain if domain is None else design.in_domain & domain
    cells = _block(design.domain_weights, matrices, mask, slice(None), listwise=True)
    value = statistic.values(cells, design.domain_weights[:, None])[0]
    return value, np.nan_to_num(statistic.scores(cells, value), nan=0.0)


def _from_sums(
    statistic: SmoothStatistic, design: AnyDesign, items: Items, masks: BoolArray, design_effect: DesignEffect | None
) -> Estimates:
    """Estimate means or totals by the matrix core."""
    total = statistic is TOTAL
    if isinstance(design, ReplicateDesign):
        table = replicate_cells(design, items, masks, total)
    else:
        table = survey_cells(design, items, masks, total)
        for domain in np.flatnonzero(table.unsure.any(axis=0)):
            columns = np.flatnonzero(table.unsure[:, domain])
            cells = _block(design.domain_weights, [items[:, columns]], masks[:, domain], slice(None), listwise=False)
            scores = np.nan_to_num(statistic.scores(cells, table.value[columns, domain]), nan=0.0)
            table.variance[columns, domain] = total_variances(design, scores, cells.valid)
    weighted = design.domain_weights > 0
    n_domain = np.array([np.count_nonzero(mask & weighted) for mask in masks.T], dtype=np.int64)  # by column is slow
    bases = _Bases(
        table.n_used.astype(np.int64), np.broadcast_to(n_domain, table.value.shape), table.base,
        table.degrees_of_freedom,
    )  # fmt: skip
    table.value[(bases.n_used == 0) & (bases.n_domain > 0)] = np.nan
    effects = None
    if design_effect is not None:
        moment = table.squares * divide(table.n_used, table.n_used - 1.0)
        simple = _simple_variance(statistic, moment, table.n_used, table.base, design_effect == "wor")
        effects = divide(table.variance, simple)
    flags = _flags(table.value, table.variance, bases, table.replicates, effects)
    return Estimates(
        table.value, table.variance, bases.degrees_of_freedom, float(design.degrees_of_freedom), bases.n_used,
        bases.n_domain, bases.weights, effects, None, table.replicates, warning_table(flags),
    )  # fmt: skip


class _Bases(NamedTuple):
    """Counts behind the values, each (k, d)."""

    n_used: IntArray
    n_domain: IntArray
    weights: FloatArray
    degrees_of_freedom: FloatArray


def _estimate(
    statistic: SmoothStatistic,
    design: AnyDesign,
    inputs: list[ArrayLike],
    domains: ArrayLike | None,
    design_effect: DesignEffect | None,
    with_covariance: bool,
    apart: bool = False,
) -> Estimates:
    matrices = _inputs(design, inputs)
    masks = domain_masks(design, domains)
    if statistic in (MEAN, TOTAL) and not with_covariance and not apart and supports(design):
        return _from_sums(statistic, design, matrices[0], masks, design_effect)
    shape = (matrices[0].shape[1], masks.shape[1])
    value, variances = np.full(shape, np.nan), np.full(shape, np.nan)
    effects = None if design_effect is None else np.full(shape, np.nan)
    bases = _Bases(np.zeros(shape, int), np.zeros(shape, int), np.zeros(shape), np.zeros(shape))
    replicates = np.full((design.replicates, *shape), np.nan) if isinstance(design, ReplicateDesign) else None
    scores = np.zeros((design.n, *shape)) if with_covariance and replicates is None else None
    present = np.zeros(design.n, dtype=bool)
    for columns, domain, cells in _blocks(design, matrices, masks, with_covariance):
        at = (columns, domain)
        present |= cells.valid.any(axis=1)
        value[at] = statistic.values(cells, cells.weights[:, None])[0]
        if isinstance(design, ReplicateDesign) and replicates is not None:
            replicates[:, columns, domain] = np.concatenate([statistic.values(cells, w) for w in design.blocks()])
            variances[at] = replicate_variance(design, replicates[:, columns, domain], value[at])
        elif isinstance(design, SurveyDesign):
            own = np.nan_to_num(statistic.scores(cells, value[at]), nan=0.0)
            variances[at] = np.where(np.isnan(value[at]), np.nan, total_variances(design, own, cells.valid))
            if scores is not None:
                scores[:, columns, domain] = own
        _count(design, bases, at, cells, masks[:, domain])
        if effects is not None:
            moment = VARIANCE.values(cells, cells.weights[:, None])[0]
            simple = _simple_variance(statistic, moment, bases.n_used[at], cells.base, design_effect == "wor")
            effects[at] = divide(variances[at], simple)
    value[(bases.n_used == 0) & (bases.n_domain > 0)] = np.nan
    matrix = _covariance(design, value, scores, replicates, present) if with_covariance else None
    flags = _flags(value, variances, bases, replicates, effects)
    return Estimates(
        value, variances, bases.degrees_of_freedom, float(design.degrees_of_freedom), bases.n_used,
        bases.n_domain, bases.weights,
        effects, matrix, replicates, warning_table(flags),
    )  # fmt: skip


def _inputs(design: AnyDesign, inputs: list[ArrayLike]) -> list[Items]:
    """Return the variables as matrices with the same number of columns; booleans and integers stay what they are."""
    matrices = []
    for values in inputs:
        array = np.asarray(values)
        if array.dtype.kind not in "biu":
            array = as_matrix(values, design.n, "y")
        elif array.ndim == 1:
            array = array[:, None]
        if array.ndim != 2 or array.shape[0] != design.n:
            as_matrix(array, design.n, "y")
        # Rows are read in any order: they must be contiguous.
        matrices.append(np.ascontiguousarray(array))
    width = max(matrix.shape[1] for matrix in matrices)
    return [np.broadcast_to(m, (design.n, width)) if m.shape[1] != width else m for m in matrices]


def domain_masks(design: AnyDesign, domains: ArrayLike | None) -> BoolArray:
    """Return the domains as (n, d) booleans within the design's own domain."""
    if domains is None:
        return design.in_domain[:, None]
    masks = np.asarray(domains)
    if masks.ndim == 1:
        masks = masks[:, None]
    if masks.dtype != np.bool_ or masks.shape[0] != design.n:
        raise StatisticsError(
            "Domains do not fit the design", expected=f"booleans with {design.n} rows",
            got=f"{masks.dtype} of shape {masks.shape}", hint="give one mask per domain, for all rows of the design",
        )  # fmt: skip
    return masks & design.in_domain[:, None]


def _blocks(
    design: AnyDesign, matrices: list[Items], masks: BoolArray, listwise: bool
) -> Iterator[tuple[slice, int, Cells]]:
    width = matrices[0].shape[1]
    step = width if listwise else max(1, BLOCK_NUMBERS // max(design.n, 1))
    for domain in range(masks.shape[1]):
        for start in range(0, width, step):
            columns = slice(start, min(start + step, width))
            yield columns, domain, _block(design.domain_weights, matrices, masks[:, domain], columns, listwise)


def _block(weights: FloatArray, matrices: list[Items], mask: BoolArray, columns: slice, listwise: bool) -> Cells:
    blocks = [np.asarray(matrix[:, columns], dtype=np.float64) for matrix in matrices]
    for block in blocks:
        require_finite(block)
    valid = np.broadcast_to(mask[:, None], blocks[0].shape)
    for block in blocks:
        missing = np.isnan(block)
        valid = valid & ~(missing.any(axis=1, keepdims=True) if listwise else missing)
    return Cells(tuple(np.where(valid, block, 0.0) for block in blocks), valid, weights)


def _count(design: AnyDesign, bases: _Bases, at: tuple[slice, int], cells: Cells, mask: BoolArray) -> None:
    """Fill in the counts of one block."""
    counted = cells.valid & (cells.weights > 0)[:, None]
    bases.n_used[at] = counted.sum(axis=0)
    bases.n_domain[at] = int((mask & (cells.weights > 0)).sum())
    bases.weights[at] = cells.base
    if isinstance(design, SurveyDesign):
        bases.degrees_of_freedom[at] = cell_degrees_of_freedom(design, counted)
    else:
        bases.degrees_of_freedom[at] = design.domain_degrees_of_freedom(mask[:, None])[0]


def cell_degrees_of_freedom(design: SurveyDesign, counted: BoolArray) -> FloatArray:
    """(k,) first-stage units minus strata that have a row in each column of `counted` (n, k)."""
    stage = design.stages[0]
    same = bool((counted == counted[:, :1]).all())
    rows = (counted[:, :1] if same else counted).astype(np.float64)
    units = rows if stage.elementary else group_sums(rows, stage.unit_of_row, stage.stratum_of_unit.shape[0])
    seen = (units > 0).astype(np.float64)
    strata = group_sums(seen, stage.stratum_of_unit, stage.sampled.shape[0]) > 0
    return np.broadcast_to(seen.sum(axis=0) - strata.sum(axis=0), counted.shape[1:])


def _simple_variance(
    statistic: SmoothStatistic, moment: FloatArray, n_used: ArrayLike, population: FloatArray, finite: bool
) -> FloatArray:
    """Variance of the same estimate from a simple random sample of as many respondents."""
    n = np.asarray(n_used, dtype=np.float64)
    simple = divide(moment, n)
    if statistic is TOTAL:
        simple = simple * population**2
    if finite:
        simple = simple * np.where(population >= n, 1.0 - divide(n, population), np.nan)
    return simple


def _covariance(
    design: AnyDesign, value: FloatArray, scores: FloatArray | None, replicates: FloatArray | None, present: BoolArray
) -> FloatArray:
    """(k*d, k*d) covariances of all cells, which are about the rows `present` (n,)."""
    size = value.size
    if isinstance(design, ReplicateDesign) and replicates is not None:
        return replicate_covariance(design, replicates.reshape(-1, size), value.reshape(size))
    if isinstance(design, SurveyDesign) and scores is not None:
        return total_covariance(design, scores.reshape(design.n, size), present)
    raise TypeError(type(design))


def _flags(
    value: FloatArray,
    variances: FloatArray,
    bases: _Bases,
    replicates: FloatArray | None,
    effects: FloatArray | None,
) -> dict[str, np.ndarray]:
    """Masks (k, d) of what a reader of the cells must know."""
    some = bases.n_used > 0
    flags = {
        "empty_domain": bases.n_domain == 0,
        "all_missing": (bases.n_domain > 0) & ~some,
        "one_respondent": bases.n_used == 1,
        "zero_base": some & np.isnan(value),
        "no_degrees_of_freedom": some & (bases.degrees_of_freedom <= 0),
    }
    if replicates is not None:
        dropped = some & np.isnan(replicates).any(axis=0)
        flags["no_replicate"] = some & np.isnan(variances)
        flags["replicates_dropped"] = dropped & ~np.isnan(variances)
    if effects is not None:
        flags["population_below_sample"] = some & (bases.weights < bases.n_used)
        unexplained = np.isnan(effects) & ~np.any(list(flags.values()), axis=0)
        flags["no_variation"] = unexplained & ~np.isnan(variances)
    return flags
