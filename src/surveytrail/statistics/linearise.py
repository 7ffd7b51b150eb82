"""Variances by Taylor linearisation.

Every estimator here is, to first order, a total of scores: one weighted number per respondent. The variance of
such a total under the design is the variance of the estimator (Binder 1983; Särndal, Swensson & Wretman 1992,
chapters 3 to 5). Stages after the first add their part when population sizes are given: the variance within each
sampled unit times the sampling fractions of the stages before (Särndal et al., result 4.3.1, unit by unit).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from surveytrail.statistics.arrays import BoolArray, FloatArray, as_matrix, group_sums
from surveytrail.statistics.design import SurveyDesign
from surveytrail.statistics.stages import Stage

# A variance below this share of the sum of squares it is centred from is rounding error: nothing varies.
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
        (n,) rows that the scores are about, when fewer than the design's domain: strata without such rows count
        neither as single units nor in averages over strata. Ignored for calibrated designs.

    Raises
    ------
    StatisticsError:
        A stratum has a single unit and the design's rule is `fail`.
    """
    scores = as_matrix(scores, design.n, "scores")
    total = np.zeros((scores.shape[1], scores.shape[1]))
    for part in _parts(design, scores, present):
        total += (part.deviations * part.factors).T @ part.deviations
    still = np.diagonal(total) <= ROUNDING_SHARE * _sums_of_squares(design, scores)
    total[still, :] = 0.0
    total[:, still] = 0.0
    return total


def total_variances(design: SurveyDesign, scores: FloatArray, present: BoolArray | None = None) -> FloatArray:
    """Return the variances (k,) of the totals of `scores` (n, k): the diagonal of `total_covariance`, at less cost.

    `present` may also have a column for each score, (n, k), when items are missing for different rows.
    """
    scores = as_matrix(scores, design.n, "scores")
    total = np.zeros(scores.shape[1])
    for part in _parts(design, scores, present):
        total += np.einsum("ck,ck->k", part.deviations * part.factors, part.deviations)
    return np.where(total <= ROUNDING_SHARE * _sums_of_squares(design, scores), 0.0, total)


class _Part(NamedTuple):
    """What one stage adds: deviations (C, k) of unit totals from their centre, factors (C, 1 or k) of the squares."""

    deviations: FloatArray
    factors: FloatArray


def _parts(design: SurveyDesign, scores: FloatArray, present: BoolArray | None) -> list[_Part]:
    rows = design.present[:, None]
    if present is not None and design.calibration is None:
        rows = rows & (present if present.ndim == 2 else present[:, None])
    design.require_no_single_units(np.asarray(rows.any(axis=1)))
    left = design.calibration.residuals(scores) if design.calibration else scores
    parts = []
    for stage, share in stages_with_shares(design):
        deviations, factors = _deviations(design, stage, left, rows)
        parts.append(_Part(deviations, factors * share[:, None]))
    return parts


def _sums_of_squares(design: SurveyDesign, scores: FloatArray) -> FloatArray:
    """(k,) sums of squares of the first-stage unit totals before centring: the yardstick for rounding error."""
    totals = _unit_totals(design.stages[0], scores)
    return np.asarray(np.einsum("ck,ck->k", totals, totals))


def _unit_totals(stage: Stage, scores: FloatArray) -> FloatArray:
    return scores if stage.elementary else group_sums(scores, stage.unit_of_row, stage.stratum_of_unit.shape[0])


def stages_with_shares(design: SurveyDesign) -> list[tuple[Stage, FloatArray]]:
    """Pair each stage that adds to variances with (C,) the product of the sampling fractions above each unit."""
    pairs: list[tuple[Stage, FloatArray]] = []
    above = np.ones(1)
    for stage in design.stages:
        of_stratum = above[stage.parent_of_stratum]
        pairs.append((stage, of_stratum[stage.stratum_of_unit]))
        above = (of_stratum * stage.fraction)[stage.stratum_of_unit]
        if not above.any():
            break
    return pairs


def variance_factor(stage: Stage) -> FloatArray:
    """(H,) factor of the sum of squared deviations in each stratum: finite population correction times m / (m - 1)."""
    factor: FloatArray = (1.0 - stage.fraction) * stage.sampled / np.maximum(stage.sampled - 1.0, 1.0)
    return factor


def _deviations(
    design: SurveyDesign, stage: Stage, scores: FloatArray, rows: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return the deviations (C, k) of the unit totals and the factors (C, 1 or k); `rows` is (n, 1 or k)."""
    strata = stage.sampled.shape[0]
    totals = _unit_totals(stage, scores)
    means = group_sums(totals, stage.stratum_of_unit, strata) / stage.sampled[:, None]
    seen_units = _unit_totals(stage, rows.astype(np.float64)) > 0
    seen_count = group_sums(seen_units.astype(np.float64), stage.stratum_of_unit, strata)
    seen = seen_count > 0
    # A stratum outside the domain adds nothing, whatever the centre of its units is.
    factor = np.where(seen, variance_factor(stage)[:, None], 0.0)
    single = stage.single[:, None] & seen
    if design.single_unit_in_domains and design.single_unit in ("adjust", "average"):
        single |= (seen_count == 1) & (stage.sampled > 1)[:, None]
    if single.any():
        if design.single_unit == "adjust":
            means = np.where(single, _overall_means(stage, totals, seen), means)
        elif design.single_unit == "average":
            factor = np.where(single, 0.0, factor) * _raise_to_all_strata(stage, seen, single)
        else:
            factor = np.where(single, 0.0, factor)
    return totals - means[stage.stratum_of_unit], factor[stage.stratum_of_unit]


def _overall_means(stage: Stage, totals: FloatArray, seen: BoolArray) -> FloatArray:
    """(H, k) mean of the unit totals over all strata seen within the unit of the stage before."""
    parents = int(stage.parent_of_stratum.max(initial=0)) + 1
    sampled = group_sums(np.where(seen, stage.sampled[:, None], 0.0), stage.parent_of_stratum, parents)
    sums = group_sums(totals, stage.parent_of_stratum[stage.stratum_of_unit], parents)
    return (sums / np.maximum(sampled, 1.0))[stage.parent_of_stratum]


def _raise_to_all_strata(stage: Stage, seen: BoolArray, single: BoolArray) -> FloatArray:
    """(H, 1 or k) number of strata seen over the number with a variance: single strata count as the average."""
    parents = int(stage.parent_of_stratum.max(initial=0)) + 1
    all_strata = group_sums(seen.astype(np.float64), stage.parent_of_stratum, parents)
    usable = group_sums((seen & ~single).astype(np.float64), stage.parent_of_stratum, parents)
    ratio = np.divide(all_strata, usable, out=np.full_like(usable, np.nan), where=usable > 0)
    return ratio[stage.parent_of_stratum]
