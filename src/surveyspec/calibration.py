"""Targets that synthetic data were made to show, as the report tells them: value, tolerance, status, ledger numbers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from surveyspec.documents import Strict

Status = Literal["S", "P", "A"]


class CalibrationTarget(Strict, extra="ignore"):
    """One target; a generator may keep what else it needs under keys of its own.

    Parameters
    ----------
    numbers : ledger ids of what the data show, one per value (null where the ledger has none); empty where only the
        generator's own test computes it
    ahead_of : ledger ids that each of the numbers must exceed
    """

    id: str
    values: list[float] = []
    tolerance: float | None = None
    above: float | None = None
    below: float | None = None
    status: Status = Field(description="S stated in the published article, P published elsewhere, A assumed")
    note: str = ""
    numbers: list[str | None] = []
    ahead_of: list[str] = []


class Calibration(Strict, extra="ignore"):
    """The table of calibration targets."""

    targets: list[CalibrationTarget]
