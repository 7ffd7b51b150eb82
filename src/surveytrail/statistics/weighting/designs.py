"""Weighting of whole designs: new weights, and the design's memory of how they were made.

With linearisation the adjustment joins the design's calibration, so that variances use the residuals from the
population figures. With replicate weights every replicate is adjusted anew, which carries it into the variance.

After raking the residual is that of the base-weighted regression (GREG), as after R's ``calibrate(calfun = "raking")``;
R's ``rake()`` approximates it by ten sweeps of unweighted means, which ``residuals="swept"`` reproduces for comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

import numpy as np

from surveytrail.statistics.arrays import BoolArray, FloatArray
from surveytrail.statistics.calibration import CalibrationStep, PostStratificationStep, RegressionStep, SweptRakingStep
from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.weighting import calibrating, nonresponse, poststratification, raking, trimming
from surveytrail.statistics.weighting.distances import Bound, DistanceName
from surveytrail.statistics.weighting.margins import Level, Margin, MarginInput, prepare

Design = TypeVar("Design", SurveyDesign, ReplicateDesign)


def rake_design(
    design: Design,
    margins: MarginInput,
    *,
    tolerance: float = 1e-12,
    max_iterations: int = 5_000,
    total: float | None = None,
    residuals: Literal["regression", "swept"] = "regression",
) -> tuple[Design, raking.RakeResult]:
    """Rake a design to margins; parameters and errors as in `raking.rake`. Returns the new design and the result."""
    _whole(design)
    result = raking.rake(design.weights, margins, tolerance=tolerance, max_iterations=max_iterations, total=total)
    prepared = prepare(design.weights, margins, total)

    def step() -> CalibrationStep:
        if residuals == "swept":
            return SweptRakingStep([margin.index for margin in prepared], [result.weights] * len(prepared))
        return RegressionStep.from_model(_indicators(prepared), design.weights, result.weights)

    def each(block: FloatArray, first: int) -> FloatArray:
        return raking.rake_replicates(
            block, prepared, tolerance=tolerance, max_iterations=max_iterations, first_replicate=first
        )

    return _adjusted(design, result.weights, step, each), result


def poststratify_design(
    design: Design, cells: Any, targets: Mapping[Level, float], *, name: str = "cell"
) -> tuple[Design, poststratification.PoststratifyResult]:
    """Post-stratify a design; parameters and errors as in `poststratification.poststratify`."""
    _whole(design)
    result = poststratification.poststratify(design.weights, cells, targets, name=name)
    margin = prepare(design.weights, {name: (cells, targets)})[0]

    def each(block: FloatArray, first: int) -> FloatArray:
        return poststratification.poststratify_replicates(block, margin, first_replicate=first)

    def step() -> CalibrationStep:
        return PostStratificationStep(margin.index, design.weights, result.weights)

    return _adjusted(design, result.weights, step, each), result


def calibrate_design(
    design: Design,
    auxiliaries: FloatArray,
    totals: FloatArray,
    *,
    names: Sequence[str] = (),
    calibration_distance: DistanceName = "linear",
    bounds: tuple[Bound, Bound] | None = None,
    cut_adjustments: tuple[float, float] | None = None,
    variances: FloatArray | None = None,
    tolerance: float = 1e-12,
    max_iterations: int = 500,
) -> tuple[Design, calibrating.CalibrateResult]:
    """Calibrate a design to population totals; parameters and errors as in `calibrating.calibrate`."""
    _whole(design)

    def calibrate(weights: FloatArray) -> calibrating.CalibrateResult:
        return calibrating.calibrate(
            weights,
            auxiliaries,
            totals,
            names=names,
            calibration_distance=calibration_distance,
            bounds=bounds,
            cut_adjustments=cut_adjustments,
            variances=variances,
            tolerance=tolerance,
            max_iterations=max_iterations,
        )

    result = calibrate(design.weights)

    def step() -> CalibrationStep:
        return RegressionStep.from_model(
            np.asarray(auxiliaries, dtype=float), design.weights, result.weights, variances
        )

    return _adjusted(design, result.weights, step, _one_by_one(lambda column: calibrate(column).weights)), result


def adjust_by_class_design(
    design: Design, responded: BoolArray, classes: Any, *, smallest: int = 1
) -> tuple[Design, nonresponse.ClassAdjustment]:
    """Give the weight of nonrespondents to their class; parameters and errors as in `nonresponse.adjust_by_class`.

    Nonrespondents stay in the design with weight 0. With replicates the response rates are those of each replicate, so
    that variances know them to be estimated; with linearisation they are taken as known.
    """
    _whole(design)

    def adjust(weights: FloatArray) -> nonresponse.ClassAdjustment:
        return nonresponse.adjust_by_class(weights, responded, classes, smallest=smallest)

    result = adjust(design.weights)
    return _reweighted(design, result.weights, lambda column: adjust(column).weights), result


def adjust_by_propensity_design(
    design: Design, responded: BoolArray, model: FloatArray, names: Sequence[str]
) -> tuple[Design, nonresponse.PropensityAdjustment]:
    """Divide by modelled propensities; parameters and errors as in `nonresponse.adjust_by_propensity`.

    Nonrespondents stay in the design with weight 0. With replicates the model is fitted anew to each; with
    linearisation the propensities are taken as known.
    """
    _whole(design)

    def adjust(weights: FloatArray) -> nonresponse.PropensityAdjustment:
        return nonresponse.adjust_by_propensity(weights, responded, model, names)

    result = adjust(design.weights)
    return _reweighted(design, result.weights, lambda column: adjust(column).weights), result


def trim_design(
    design: Design,
    *,
    lower: float = 0.0,
    upper: float = np.inf,
    unit: trimming.LimitUnit = "weight",
    strict: bool = False,
    redistribution: trimming.Redistribution = "equal",
) -> tuple[Design, trimming.TrimResult]:
    """Trim the weights of a design; parameters and errors as in `trimming.trim`.

    The calibration of the design stays: variances treat the trimming factors as fixed. Replicates are trimmed alike,
    with limits in the same unit; a weight of 0 (a unit left out of a replicate) stays 0.
    """
    _whole(design)

    def trim(weights: FloatArray) -> trimming.TrimResult:
        return trimming.trim(weights, lower=lower, upper=upper, unit=unit, strict=strict, redistribution=redistribution)

    result = trim(design.weights)
    return _reweighted(design, result.weights, lambda column: trim(column).weights), result


def _whole(design: SurveyDesign | ReplicateDesign) -> None:
    if design.domain is not None:
        raise StatisticsError(
            "Weighting of a domain",
            f"{int(design.in_domain.sum())} of {design.n} rows",
            expected="the whole design",
            got="a view on a domain",
            hint="weight the full design first, then look at its domains",
        )


def _adjusted(
    design: Design,
    weights: FloatArray,
    step: Callable[[], CalibrationStep],
    each: Callable[[FloatArray, int], FloatArray],
) -> Design:
    if isinstance(design, SurveyDesign):
        return design.calibrated(weights, step())
    return design.reweighted(weights, _each_replicate(design, each))


def _reweighted(design: Design, weights: FloatArray, adjust: Callable[[FloatArray], FloatArray]) -> Design:
    """Return the design with new weights that linearisation takes as given, every replicate adjusted anew."""
    if isinstance(design, SurveyDesign):
        return replace(design, weights=weights)
    return design.reweighted(weights, _each_replicate(design, _one_by_one(adjust)))


def _one_by_one(adjust: Callable[[FloatArray], FloatArray]) -> Callable[[FloatArray, int], FloatArray]:
    """Return the adjustment of a block of replicates by that of one column of weights; errors name the replicate."""

    def each(block: FloatArray, first: int) -> FloatArray:
        columns = []
        for number, column in enumerate(block.T, start=first):
            try:
                columns.append(adjust(column))
            except StatisticsError as error:
                raise StatisticsError(
                    error.title,
                    f"replicate {number}: {error.detail}",
                    expected=error.expected,
                    got=error.got,
                    hint=error.hint,
                ) from error
        return np.column_stack(columns)

    return each


def _each_replicate(
    design: ReplicateDesign, adjust: Callable[[FloatArray, int], FloatArray]
) -> FloatArray | Callable[[], Iterator[FloatArray]]:
    """Adjust the replicate weights, at once or block by block when they come that way."""
    if isinstance(design.replicate_weights, np.ndarray):
        return adjust(design.replicate_weights, 1)

    def blocks() -> Iterator[FloatArray]:
        first = 1
        for block in design.blocks():
            yield adjust(block, first)
            first += block.shape[1]

    return blocks


def _indicators(margins: Sequence[Margin]) -> FloatArray:
    """(n, sum of levels) indicator columns of all levels of all margins."""
    return np.column_stack(
        [(margin.index[:, None] == np.arange(len(margin.levels))).astype(np.float64) for margin in margins]
    )
