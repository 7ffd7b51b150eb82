"""Calibration targets: what an exported synthetic wave must show of its valid records."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from surveyspec.calibration import CalibrationTarget, Status
from surveyspec.documents import Strict, VariableCode

__all__ = ["Status", "Target", "Targets"]


class Target(CalibrationTarget, extra="forbid"):
    """What the exported file must show of its valid records.

    `values` within `tolerance` of what is found (or within that many standard errors), or a `bound` on it, or, for
    `leads`, the order of `variables` itself.
    """

    wave: Literal["wave1", "wave2"] = "wave1"
    estimand: Literal[
        "cases", "shares", "at_least", "at_most", "means", "alpha", "low_use", "any_private", "both_contexts",
        "spearman_use", "pearson", "joint", "lift", "paired_d", "zero_share", "median_positive", "planned_or_external",
        "adopters", "internal_only", "ticked", "leads", "logit", "nagelkerke", "auc", "mean_share", "medians",
        "precede", "marked", "difference", "invited",
    ]  # fmt: skip
    variables: list[VariableCode] = []
    others: list[VariableCode] = Field([], description="what the variables precede")
    where: dict[VariableCode, list[int]] = Field({}, description="base: answers to other questions")
    codes: list[int] = Field([], description="answers, or thresholds")
    standard_errors: float | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        width = self.tolerance is not None or self.standard_errors is not None
        if bool(self.values) != width:
            raise ValueError("'values' together with 'tolerance' or 'standard_errors'")
        if not self.values and self.above is None and self.below is None and self.estimand != "leads":
            raise ValueError("values, or a bound (above, below)")
        if self.values and self.numbers and len(self.numbers) != len(self.values):
            raise ValueError("one of 'numbers' per value")
        return self


class Targets(Strict):
    """The table of calibration targets."""

    targets: list[Target]
