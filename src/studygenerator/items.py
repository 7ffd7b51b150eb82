"""Parts of settings that all waves share: how answers are distributed and what they depend on."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from surveyspec.documents import Strict, VariableCode

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Loads = dict[str, float]
Shares = dict[int, Share]
TOLERANCE = 1e-6


class Item(Strict):
    """A question with ordered answers: how often each is given, and what its latent score depends on."""

    shares: list[Share] | None = Field(None, description="share of the answers 1, 2, 3, ...")
    at_least: list[Share] | None = Field(None, description="share with at least 2, 3, 4, ...")
    loads: Loads = {}

    @model_validator(mode="after")
    def _one_distribution(self) -> Self:
        if (self.shares is None) == (self.at_least is None):
            raise ValueError("exactly one of shares, at_least")
        if abs(sum(self.distribution) - 1) > TOLERANCE or min(self.distribution) < 0:
            raise ValueError("shares that sum to 1, or at_least in descending order")
        return self

    @property
    def distribution(self) -> list[float]:
        """Share of each answer, from 1 upwards."""
        if self.shares is not None:
            return list(self.shares)
        at_least = [1.0, *(self.at_least or []), 0.0]
        return [upper - lower for upper, lower in pairwise(at_least)]


class Tick(Strict):
    """One option of a question with several answers."""

    share: Share
    loads: Loads = {}


class OddCell(Strict):
    """A cell that no codebook can explain."""

    variable: VariableCode
    cell: str
