"""Variances by Taylor linearisation.

Every estimator here is, to first order, a total of scores: one weighted number per respondent. The variance of such a total under
the design is the variance of the estimator (Binder 1983; Särndal, Swensson & Wretman 1992, chapters 3 to 5). Stages after the
first add their part when population sizes are given: the variance within each sampled unit times the sampling fractions
of the stages before (Särndal et al., result 4.3.1, estimated unit by unit).
"""

from __future__ import annotations

import numpy as np

from surveytrail.statistics.arrays import BoolArray, FloatArray, IntArray, as_matrix, group_sums
from surveytrail.statistics.design import Stage, SurveyDesign

# A variance below this share of the sum of squares it is centred from is rounding error: the estimate does not vary.
ROUNDING_SHARE = 1e-24


def total_covariance(design: SurveyDesign, scores: FloatArray, present: BoolArray | None = None) -> FloatArray:
    """Return the covariance matrix (k, k) of the totals of `scores` (n, k).

    Parameters
    ----------
    design:
        The sample design; its calibration is projected out of the scores first.
    scores:
        (n, k) weighted scores, 0 for rows outside the domain or missing; their column sums are the totals.
    present:
        (n,) rows that the scores are about, when fewer than the design's domain: strata without such rows count neither as
        single units nor in averages over strata. Ignored for calibrated designs.

    Errors: StatisticsError when a stratum has a single unit and the design's rule is `fail`.
    """
    scores = as_matrix(scores, design.n, "scores")
    rows = _present_rows(design, present)
    design.require_no_single_units(rows)
    left = design.calibration.residuals(scores) if design.calibration else scores
    total = np.zeros((scores.shape[1], scores.shape[1]))
    for stage, share in _stages_with_shares(design):
        deviations, factors = _deviations(design, stage, left, rows)
        total += (deviations * (factors * share)[:, None]).T @ deviations
    still = np.diagonal(total) <= ROUNDING_SHARE * _sums_of_squares(design, scores)
    total[still, :] = 0.0
    total[:, still] = 0.0
    return total


def total_variances(design: SurveyDesign, scores: FloatArray, present: BoolArray | None = None) -> FloatArray:
    """Return the variances (k,) of the totals of `scores` (n, k): the diagonal of `total_covariance`, at less cost."""
    scores = as_matrix(scores, design.n, "scores")
    rows = _present_rows(design, present)
    design.require_no_single_units(rows)
    left = design.calibration.residuals(scores) if design.calibration else scores
    total = np.zeros(scores.shape[1])
    for stage, share in _stages_with_shares(design):
        deviations, factors = _deviations(design, stage, left, rows)
        total += np.einsum("ck,ck,c->k", deviations, deviations, factors * share)
    return np.where(total <= ROUNDING_SHARE * _sums_of_squares(design, scores), 0.0, total)


def _present_rows(design: SurveyDesign, present: BoolArray | None) -> BoolArray:
    if present is None or design.calibration is not None:
        return design.present
    return present & design.present


def _sums_of_squares(design: SurveyDesign, scores: FloatArray) -> FloatArray:
    """(k,) sums of squares of the first-stage unit totals before any centring: the yardstick for rounding error."""
    stage = design.stages[0]
    totals = scores if stage.elementary else group_sums(scores, stage.unit_of_row, stage.stratum_of_unit.shape[0])
    return np.asarray(np.einsum("ck,ck->k", totals, totals))


def _stages_with_shares(design: SurveyDesign) -> list[tuple[Stage, FloatArray]]:
    """Pair each stage that contributes with (C,) the product of the sampling fractions above each unit."""
    pairs: list[tuple[Stage, FloatArray]] = []
    above = np.ones(1)
    for stage in design.stages:
        of_stratum = above[stage.parent_of_stratum]
        pairs.append((stage, of_stratum[stage.stratum_of_unit]))
        above = (of_stratum * stage.fraction)[stage.stratum_of_unit]
        if not above.any():
            break
    return pairs


def _deviations(design: SurveyDesign, stage: Stage, scores: FloatArray, rows: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return the deviations (C, k) of the unit totals from their centre and the factor (C,) of each square."""
    units, strata = stage.stratum_of_unit.shape[0], stage.sampled.shape[0]
    totals = scores if stage.elementary else group_sums(scores, stage.unit_of_row, units)
    means = group_sums(totals, stage.stratum_of_unit, strata) / stage.sampled[:, None]
    seen_units = np.zeros(units, dtype=bool)
    seen_units[stage.unit_of_row[rows]] = True
    seen_count = np.bincount(stage.stratum_of_unit[seen_units], minlength=strata)
    seen = seen_count > 0
    factor = (1.0 - stage.fraction) * stage.sampled / np.maximum(stage.sampled - 1.0, 1.0)
    single = stage.single & seen
    if design.single_unit_in_domains and design.single_unit in ("adjust", "average"):
        single |= (seen_count == 1) & (stage.sampled > 1)
    if single.any():
        means, factor = _treat_single(design, stage, totals, means, factor, single, seen)
    # A stratum outside the domain adds nothing, whatever its units' centre is.
    factor = np.where(seen, factor, 0.0)
    return totals - means[stage.stratum_of_unit], factor[stage.stratum_of_unit]


def _treat_single(
    design: SurveyDesign, stage: Stage, totals: FloatArray, means: FloatArray, factor: FloatArray, single: BoolArray,
    seen: BoolArray,
) -> tuple[FloatArray, FloatArray]:
    """Apply the rule for strata with a single unit to the centres (H, k) and factors (H,)."""
    parents = int(stage.parent_of_stratum.max(initial=0)) + 1
    if design.single_unit == "adjust":
        of_unit: IntArray = stage.parent_of_stratum[stage.stratum_of_unit]
        sampled = np.bincount(stage.parent_of_stratum[seen], weights=stage.sampled[seen], minlength=parents)
        overall = group_sums(totals, of_unit, parents) / np.maximum(sampled, 1.0)[:, None]
        return np.where(single[:, None], overall[stage.parent_of_stratum], means), factor
    factor = np.where(single, 0.0, factor)
    if design.single_unit == "average":
        strata = np.bincount(stage.parent_of_stratum[seen], minlength=parents)
        usable = np.bincount(stage.parent_of_stratum[seen & ~single], minlength=parents)
        raise_by = np.divide(strata, usable, out=np.full(parents, np.nan), where=usable > 0)
        factor = factor * raise_by[stage.parent_of_stratum]
    return means, factor
