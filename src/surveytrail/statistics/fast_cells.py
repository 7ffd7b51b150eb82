"""Means and totals of many items in many domains from the sums of the matrix core.

The scores of a mean are w * (y - mean) / base. Their squares are never formed row by row: the sum of squares within a
stratum is a quadratic function of the mean, whose coefficients are sums over rows that can be had in one pass. Where
this loses digits, because the variance is tiny beside its terms, the cell is computed again from its scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveytrail.statistics.arrays import BoolArray, FloatArray, IntArray, group_sums, require_finite
from surveytrail.statistics.blocks import Items, Layer, item_shift, layers, sort_rows
from surveytrail.statistics.calibration import PostStratificationStep, RegressionStep
from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.linearise import stages_with_shares, variance_factor
from surveytrail.statistics.moments import Moments, group_moments
from surveytrail.statistics.replicate_sums import ReplicateSums, replicate_sums
from surveytrail.statistics.replicates import replicate_variance
from surveytrail.statistics.smooth import divide
from surveytrail.statistics.stages import Stage

# Below this share of its terms a variance has lost too many digits.
LOST_DIGITS = 1e-5


@dataclass(eq=False)
class CellTable:
    """Results (k, d), filled layer by layer; `replicates` (R, k, d); `unsure` marks variances to compute again."""

    value: FloatArray
    variance: FloatArray
    n_used: FloatArray
    base: FloatArray
    degrees_of_freedom: FloatArray
    squares: FloatArray
    unsure: BoolArray
    replicates: FloatArray | None = None

    @classmethod
    def empty(cls, items: int, domains: int) -> CellTable:
        """A table of zeros."""
        value, variance, n_used, base, degrees, squares = (np.zeros((items, domains)) for _ in range(6))
        return cls(value, variance, n_used, base, degrees, squares, np.zeros((items, domains), dtype=bool))


def supports(design: SurveyDesign | ReplicateDesign) -> bool:
    """Whether the sums suffice: one stage of variance, no rule that mixes strata, at most one calibration."""
    if isinstance(design, ReplicateDesign):
        return True
    stages = stages_with_shares(design)
    mixing = design.single_unit in ("adjust", "average") and (
        design.single_unit_in_domains or bool(stages[0][0].single.any())
    )
    return len(stages) == 1 and not mixing and _calibration(design) is not None


def _calibration(design: SurveyDesign) -> tuple[FloatArray, FloatArray] | None:
    """Basis (n, p) and scale (n,) of the design's calibration; p = 0 without; None when it takes several steps."""
    steps = design.calibration.steps if design.calibration is not None else ()
    if not steps:
        return np.zeros((design.n, 0)), np.ones(design.n)
    if len(steps) > 1:
        return None
    step = steps[0].as_regression() if isinstance(steps[0], PostStratificationStep) else steps[0]
    return (step.basis, step.scale) if isinstance(step, RegressionStep) else None


def survey_cells(design: SurveyDesign, items: Items, masks: BoolArray, total: bool) -> CellTable:
    """Return means, or totals, with linearised variances, for a design that `supports` accepts.

    `items` is (n, k), NaN = missing; `masks` (n, d) are domains within the design's own.
    """
    table = CellTable.empty(items.shape[1], masks.shape[1])
    if any(stage.single.any() for stage in design.stages):
        design.require_no_single_units(np.asarray(masks.any(axis=1)))
    stage = design.stages[0]
    model = _Model(design, stage)
    for layer in layers(masks):
        order = sort_rows(stage, layer, design.domain_weights)
        shift = item_shift(items, order.rows)
        extra = model.extra[order.rows]
        domains = layer.columns.shape[0]
        moments = group_moments(items, design.domain_weights, order, shift, extra, domains)
        missing = _missing(items, moments.t)
        complete = np.setdiff1d(np.arange(items.shape[1]), missing)
        shape = (order.stratum, order.domain)
        if not missing.size:
            _fill(table, model, layer, *shape, moments, shift, complete, total)
        elif complete.size:
            _fill(table, model, layer, *shape, _select(moments, complete), shift[complete], complete, total)
        if missing.size:
            moments = group_moments(items, design.domain_weights, order, shift, extra, domains, missing)
            _fill(table, model, layer, *shape, moments, shift[missing], missing, total)
    return table


class _Model:
    """The parts of a variance that do not depend on the items: factors of strata, calibration."""

    def __init__(self, design: SurveyDesign, stage: Stage) -> None:
        calibration = _calibration(design)
        assert calibration is not None
        basis, scale = calibration
        self.factor = np.where(stage.single, 0.0, variance_factor(stage))
        self.sampled = stage.sampled
        units, strata = stage.stratum_of_unit.shape[0], stage.sampled.shape[0]
        columns = group_sums(basis * scale[:, None], stage.unit_of_row, units) if basis.shape[1] else basis[:units]
        means = group_sums(columns, stage.stratum_of_unit, strata) / stage.sampled[:, None] if basis.shape[1] else None
        deviations = columns - means[stage.stratum_of_unit] if means is not None else columns
        weighted = deviations * self.factor[stage.stratum_of_unit][:, None]
        self.inner = weighted.T @ deviations
        self.p = basis.shape[1]
        # Row coefficients: w * basis / scale gives a score's projection, w * factor * deviation its product with the
        # projected part of the variance.
        standard = np.divide(basis, scale[:, None], out=np.zeros_like(basis), where=scale[:, None] != 0)
        both = np.concatenate([standard, weighted[stage.unit_of_row]], axis=1) if self.p else np.zeros((design.n, 0))
        self.extra = both * design.domain_weights[:, None]


def _select(moments: Moments, columns: IntArray) -> Moments:
    """The moments of some items; sums that all items share stay as they are."""
    parts = {
        name: values[..., columns] if values.shape[-1] > 1 or name in ("t", "tt", "tb", "y", "yy", "wyy") else values
        for name, values in vars(moments).items()
    }
    return Moments(**parts)


def _fill(
    table: CellTable,
    model: _Model,
    layer: Layer,
    stratum: IntArray,
    domain: IntArray,
    m: Moments,
    shift: FloatArray,
    columns: IntArray,
    total: bool,
) -> None:
    """Turn the moments of one layer into values and variances of some items."""
    groups, domains = domain.shape[0], layer.columns.shape[0]
    collect = np.zeros((domains, groups))
    collect[domain, np.arange(groups)] = 1.0
    width = columns.shape[0]
    base, n = collect @ m.b, collect @ m.n
    y, yy = collect @ m.y, collect @ m.yy
    constant = (n > 0) & (n * yy == y**2)
    mean = np.where(constant, divide(y, n), divide(collect @ m.t, base))
    if total:
        value = collect @ m.t + base * shift
        add, denominator = np.broadcast_to(shift, value.shape), np.ones_like(value)
    else:
        value, add, denominator = mean + shift, -mean, np.broadcast_to(base, mean.shape)
    variance, terms = _variances(model, m, stratum, domain, collect, np.nan_to_num(add))
    scale = divide(np.ones_like(denominator), denominator**2)
    if not total:
        variance = np.where(constant, 0.0, variance)
    at = np.ix_(columns, layer.columns)
    table.value[at] = value.T
    table.variance[at] = (variance * scale).T
    table.unsure[at] = ((variance <= LOST_DIGITS * terms) & (terms > 0) & ~(constant & (not total))).T
    table.n_used[at] = np.broadcast_to(n, (domains, width)).T
    table.base[at] = np.broadcast_to(base, (domains, width)).T
    seen = collect @ (m.units > 0)
    table.degrees_of_freedom[at] = np.broadcast_to(collect @ m.units - seen, (domains, width)).T
    spread = divide(collect @ m.wyy, base) - divide(collect @ m.t, base) ** 2
    table.squares[at] = np.where(constant, 0.0, spread).T


def _variances(
    model: _Model, m: Moments, stratum: IntArray, domain: IntArray, collect: FloatArray, add: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(d, k) variances of totals of w * (y + add), and the size of the terms they are differences of."""
    factor, sampled = model.factor[stratum][:, None], model.sampled[stratum][:, None]
    own = add[domain]
    squares = m.tt + 2.0 * own * m.tb + own**2 * m.bb
    terms = m.tt + 2.0 * np.abs(own * m.tb) + own**2 * m.bb
    sums = m.t + own * m.b
    within = collect @ (factor * (squares - sums**2 / sampled))
    terms = collect @ (factor * terms)
    if model.p:
        projected = m.extra_y + add[:, None, :] * m.extra_b
        coefficients, products = projected[:, : model.p], projected[:, model.p :]
        within = within - 2.0 * np.einsum("dpk,dpk->dk", coefficients, products)
        within = within + np.einsum("dpk,pq,dqk->dk", coefficients, model.inner, coefficients, optimize=True)
    return within, terms


def replicate_cells(design: ReplicateDesign, items: Items, masks: BoolArray, total: bool) -> CellTable:
    """Return means, or totals, with replicate variances."""
    table = CellTable.empty(items.shape[1], masks.shape[1])
    replicates = np.zeros((masks.shape[1], design.replicates, items.shape[1]))
    table.replicates = np.transpose(replicates, (1, 2, 0))
    table.degrees_of_freedom[...] = design.domain_degrees_of_freedom(masks)
    for layer in layers(masks):
        shift = item_shift(items, np.flatnonzero(layer.code >= 0))
        sums = replicate_sums(items, design, layer, shift)
        missing = _missing(items, sums.full_y)
        _fill_replicates(table, replicates, design, layer, sums, shift, np.arange(items.shape[1]), total)
        if missing.size:
            sums = replicate_sums(items, design, layer, shift, missing)
            _fill_replicates(table, replicates, design, layer, sums, shift[missing], missing, total)
    return table


def _fill_replicates(
    table: CellTable,
    replicates: FloatArray,
    design: ReplicateDesign,
    layer: Layer,
    s: ReplicateSums,
    shift: FloatArray,
    columns: IntArray,
    total: bool,
) -> None:
    """Fill in some items of one layer; `replicates` is (d, R, k)."""
    constant = (s.n > 0) & (s.n * s.count_yy == s.count_y**2)
    binary = s.count_y == s.count_yy
    mean = np.where(constant, divide(s.count_y, s.n), divide(s.full_y, s.full_base))
    value = s.full_y + s.full_base * shift if total else mean + shift
    # One domain at a time: its replicates fit the cache.
    for index, domain in enumerate(layer.columns):
        every = columns.size == replicates.shape[2]
        own = replicates[domain] if every else np.empty_like(s.y[index])
        if total:
            np.add(s.y[index], s.base[index] * shift, out=own)
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                np.divide(s.y[index], s.base[index], out=own)
            if shift.any():
                own += shift
            _make_exact(own, value[index], constant[index], binary[index])
        if not every:
            replicates[domain][:, columns] = own
        table.variance[columns, domain] = replicate_variance(design, own, value[index])
    at = np.ix_(columns, layer.columns)
    shape = (layer.columns.shape[0], columns.shape[0])
    table.value[at] = value.T
    table.n_used[at] = np.broadcast_to(s.n, shape).T
    table.base[at] = np.broadcast_to(s.full_base, shape).T
    spread = divide(s.full_yy, s.full_base) - divide(s.full_y, s.full_base) ** 2
    table.squares[at] = np.where(constant, 0.0, spread).T


def _make_exact(replicates: FloatArray, value: FloatArray, constant: BoolArray, binary: BoolArray) -> None:
    """Remove rounding from means (R, k) of constant items and from shares of 1, in place; empty bases stay NaN."""
    column = replicates[:, constant]
    replicates[:, constant] = np.where(np.isfinite(column), value[constant], np.nan)
    full = np.flatnonzero(binary & ~constant & (np.fmax.reduce(replicates, axis=0) > 1.0 - 1e-12))
    column = replicates[:, full]
    replicates[:, full] = np.where(column > 1.0 - 1e-12, 1.0, column)


def _missing(items: Items, sums: FloatArray) -> IntArray:
    """Items whose sums (g, k) show that values are missing; infinite values are an error."""
    columns = np.flatnonzero(~np.isfinite(sums).all(axis=0))
    for column in columns:
        require_finite(items[:, column])
    return columns
