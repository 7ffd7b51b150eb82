"""Decisions that could have been made otherwise, as the study file's section ``sensitivity`` declares them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from surveyspec.codebook import LocalText
from surveyspec.documents import Id, Share, Slug, Strict
from surveyspec.weights import Trim


class RuleChange(Strict):
    """A cleaning rule as it could have been written instead; what is not named stays as the rule has it."""

    exclude: str | None = None
    faster_than: Share | None = None
    among: str | None = None
    keep: Literal["first", "last"] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("at least one of exclude, faster_than, among, keep")
        return self


class Option(Strict):
    """What could have been decided instead."""

    id: Slug
    label: LocalText
    without: list[Id] = Field([], description="cleaning rules that are left out")
    rules: dict[Id, RuleChange] = Field({}, description="cleaning rules that are written otherwise")
    weight: Id | None = Field(None, description="another weight, or 'unweighted'")
    trim: Trim | Literal["none"] | None = Field(None, description="another bound for `weight`, or 'none'")
    share: str | None = Field(None, description="another condition for a share; begins with an operator for an item")
    mean: str | None = Field(None, description="another value for a mean")
    where: str | None = Field(None, description="another base")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        changes = ("without", "rules", "weight", "share", "mean", "where")
        if not any(getattr(self, name) for name in changes):
            raise ValueError(f"at least one of {', '.join(changes)}")
        if self.trim is not None and self.weight is None:
            raise ValueError("'trim' together with the raked 'weight' that it is for")
        return self


class Decision(Strict):
    """A decision of the study that could have been made otherwise."""

    id: Slug
    label: LocalText
    reported: LocalText = Field(description="what was decided, in a few words")
    options: list[Option] = Field(min_length=1)


class Headline(Strict):
    """A number that is computed again under other decisions."""

    number: str = Field(description="id of an estimate's number, such as wave1.low_use.unweighted")
    crossed: list[Slug] = Field([], description="decisions whose options are combined with each other")
    singly: list[Slug] = Field([], description="decisions that are changed one at a time, all else as reported")
    claims: list[Id] = Field([], description="statements about this number that are held against each specification")

    @model_validator(mode="after")
    def _varies(self) -> Self:
        named = [*self.crossed, *self.singly]
        if not named:
            raise ValueError("at least one decision under 'crossed' or 'singly'")
        repeated = [name for place, name in enumerate(named) if name in named[:place]]
        if repeated:
            raise ValueError(f"each decision once (found twice: {repeated[0]})")
        return self


class Sensitivity(Strict):
    """How far headline numbers depend on decisions that could have been made otherwise."""

    at_most: Annotated[int, Field(ge=2)] = Field(description="specifications of one number, the reported one included")
    decisions: list[Decision] = Field(min_length=1)
    numbers: list[Headline] = Field(min_length=1)
