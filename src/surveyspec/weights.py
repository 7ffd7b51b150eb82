"""How records are weighted, as the study file declares it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from surveyspec.codebook import LocalText
from surveyspec.documents import Strict, VariableCode


class Trim(Strict):
    """Cut weights above a bound and share the excess equally among the others, until none is above."""

    upper: Annotated[float, Field(gt=1)]
    relative_to: Literal["median", "mean"] = "median"


class RakedWeight(Strict):
    """Weights raked to population margins."""

    method: Literal["raking"]
    label: LocalText
    base: Literal["none"] = Field(description="the weight to start from; 'none' says that every record starts at one")
    margins: str = Field(description="CSV of margins: margin, level, share, source, year, status")
    variables: list[VariableCode] = Field(min_length=1)
    population: str | None = Field(None, description="condition: records outside get no weight")
    trim: Trim | None = None


class ColumnWeight(Strict):
    """Weights that come with the file."""

    method: Literal["column"]
    label: LocalText
    variable: VariableCode


Weight = Annotated[RakedWeight | ColumnWeight, Field(discriminator="method")]
