"""Figures of the study file: what is drawn, by kind. Every kind draws ledger values and computes nothing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from surveyspec.codebook import LocalText
from surveyspec.documents import Id, Strict


class EstimateSeries(Strict):
    """One estimate drawn in one colour: a mark per item, or per answer of a distribution."""

    estimate: Id
    label: LocalText
    group: str | None = Field(None, description="group level such as size=micro; the total if absent")


class TestSeries(Strict):
    """One hypothesis drawn in one colour: a mark per item or predictor of its test."""

    __test__ = False  # the name makes pytest look here

    hypothesis: Id
    label: LocalText


class DotsFigure(Strict):
    """Dots with intervals: one line per item, one dot per series."""

    id: Id
    kind: Literal["dots"]
    title: LocalText
    series: list[EstimateSeries] = Field(min_length=1)
    weight: Id
    axis: LocalText


class StackedBarsFigure(Strict):
    """Distributions as bars of equal length, one per item, divided by answer."""

    id: Id
    kind: Literal["stacked_bars"]
    title: LocalText
    estimate: Id = Field(description="an estimate with `distribution:`")
    weight: Id
    axis: LocalText


class RanksFigure(Strict):
    """Ranks of items with their bootstrap intervals, the first rank on top."""

    id: Id
    kind: Literal["ranks"]
    title: LocalText
    series: list[TestSeries] = Field(min_length=1, description="hypotheses with `test: bootstrap_ranks`")
    axis: LocalText


class ForestFigure(Strict):
    """Effects of a model's predictors with their intervals; odds ratios on a logarithmic scale."""

    id: Id
    kind: Literal["forest"]
    title: LocalText
    series: list[TestSeries] = Field(min_length=1, description="hypotheses with the same kind of model")
    axis: LocalText


class FlowFigure(Strict):
    """From invitations and raw records to the records analysed, as a CONSORT flow diagram."""

    id: Id
    kind: Literal["flow"]
    title: LocalText
    wave: Id


class SpecificationCurveFigure(Strict):
    """A headline number under every decision of the section `sensitivity`: its values in order, the options below."""

    id: Id
    kind: Literal["specification_curve"]
    title: LocalText
    number: str = Field(description="a number of the section 'sensitivity'")
    axis: LocalText


class WeightingFigure(Strict):
    """Margins in the population, before and after weighting."""

    id: Id
    kind: Literal["weighting"]
    title: LocalText
    wave: Id
    weight: Id = Field(description="a raked weight of the wave")
    axis: LocalText


Figure = Annotated[
    DotsFigure
    | StackedBarsFigure
    | RanksFigure
    | ForestFigure
    | FlowFigure
    | SpecificationCurveFigure
    | WeightingFigure,
    Field(discriminator="kind"),
]
