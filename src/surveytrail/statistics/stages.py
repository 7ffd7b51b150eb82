"""Stages of sampling, coded: which unit each row is in, and how many units were drawn from how many."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from surveytrail.statistics.arrays import BoolArray, FloatArray, IntArray
from surveytrail.statistics.errors import StatisticsError


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of sampling, coded.

    Attributes
    ----------
    unit_of_row:
        (n,) code 0..C-1 of the sampling unit of each row (unique across the whole sample).
    stratum_of_unit:
        (C,) code 0..H-1 of the stratum of each unit; strata are nested in the units of the stage before.
    parent_of_stratum:
        (H,) unit of the stage before that holds the stratum (all 0 at the first stage).
    sampled, population:
        (H,) units drawn and units there are (inf = drawn with replacement or so many that it makes no difference).
    """

    unit_of_row: IntArray
    stratum_of_unit: IntArray
    parent_of_stratum: IntArray
    sampled: FloatArray
    population: FloatArray

    @property
    def fraction(self) -> FloatArray:
        """(H,) sampling fraction of each stratum, 0 where the population is infinite."""
        return self.sampled / self.population

    @cached_property
    def elementary(self) -> bool:
        """Whether each row is its own unit, in row order, so that nothing needs to be summed."""
        rows = self.unit_of_row.shape[0]
        return self.stratum_of_unit.shape[0] == rows and bool((self.unit_of_row == np.arange(rows)).all())

    @cached_property
    def single(self) -> BoolArray:
        """(H,) strata with one sampled unit out of several: their variance cannot be estimated."""
        return (self.sampled < 2) & (self.population > 1)


def code_stage(
    parent: IntArray, stratum: IntArray, unit: IntArray, population: FloatArray | None, number: int
) -> Stage:
    """Code one stage from row-level codes; check that units lie in one stratum and sizes make sense."""
    units, strata = int(unit.max(initial=-1)) + 1, int(stratum.max(initial=-1)) + 1
    stratum_of_unit = np.zeros(units, dtype=np.int64)
    stratum_of_unit[unit] = stratum
    crossing = stratum_of_unit[unit] != stratum
    if crossing.any():
        raise StatisticsError(
            "Clusters cross strata",
            f"stage {number}, first at row {int(np.flatnonzero(crossing)[0]) + 1}",
            expected="each cluster in one stratum",
            got=f"{np.unique(unit[crossing]).size} clusters with rows in several strata",
            hint="if cluster numbers start again in each stratum, say so (`nest`); else correct these rows",
        )
    parent_of_stratum = np.zeros(strata, dtype=np.int64)
    parent_of_stratum[stratum] = parent
    sampled = np.bincount(stratum_of_unit, minlength=strata).astype(np.float64)
    sizes = np.full(strata, np.inf)
    if population is not None:
        sizes[stratum] = population
        varying = sizes[stratum] != population
        small = sizes < sampled
        if varying.any() or small.any() or np.isnan(sizes).any():
            row = int(np.flatnonzero(varying | small[stratum] | np.isnan(sizes)[stratum])[0])
            raise StatisticsError(
                "Unusable population sizes",
                f"stage {number}, row {row + 1}",
                expected=f"one number of units per stratum, at least the {int(sampled[stratum[row]])} sampled there",
                got="several sizes in one stratum" if varying.any() else f"{population[row]:g}",
                hint="give the number of sampling units (not persons) in the population of the stratum",
            )
    return Stage(unit, stratum_of_unit, parent_of_stratum, sampled, sizes)
