"""Survey designs: how the sample was drawn, as far as variance estimation needs to know.

A design holds no data. Variables come beside it, as arrays with one row per row of the design, and subgroups are
domains: masks that leave the structure of the design whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from surveytrail.statistics.arrays import BoolArray, FloatArray, IntArray, as_mask, column_rank, combine_codes
from surveytrail.statistics.calibration import (
    CalibrationModel,
    CalibrationStep,
    PostStratificationStep,
    RegressionStep,
    SweptRakingStep,
)
from surveytrail.statistics.errors import StatisticsError, shorten
from surveytrail.statistics.stages import Stage, code_stage

__all__ = [
    "CalibrationModel",
    "CalibrationStep",
    "PostStratificationStep",
    "RegressionStep",
    "ReplicateDesign",
    "SingleUnitRule",
    "SurveyDesign",
    "SweptRakingStep",
]

SingleUnitRule = Literal["fail", "certainty", "remove", "adjust", "average"]


@dataclass(frozen=True, eq=False)
class SurveyDesign:
    """A sample design for variances by Taylor linearisation.

    Parameters
    ----------
    weights:
        (n,) float64, not negative: how many population units each row stands for.
    strata:
        Per stage, (n,) integer codes >= 0; empty = one stratum. A stage without strata of its own uses those of the
        stage before.
    clusters:
        Per stage, (n,) integer codes >= 0, empty = rows are the sampling units. Codes of later stages need only be
        distinct within the unit before; codes of the first stage must not repeat across strata.
    population_sizes:
        Per stage, (n,) number of units in the population of the row's stratum, inf = no correction. Empty = drawn
        with replacement. Stages after the last one given count as fully enumerated.
    calibration:
        The adjustments of the weights to population figures, so that variances profit from them.
    single_unit:
        What to do with a stratum that has one sampled unit: `fail` (stop and say so), `certainty` and `remove` (no
        contribution), `adjust` (deviation from the overall mean), `average` (mean contribution of the other strata).
    single_unit_in_domains:
        Whether `adjust` and `average` also treat strata with one unit in the domain though more were sampled.
    domain:
        (n,) booleans, the subpopulation this view of the design is about; None = everybody. See `subset`.
    stratum_labels:
        Names of the first stage's stratum codes, for messages.

    Raises
    ------
    StatisticsError:
        Weights that are negative or not finite, clusters that cross strata, population sizes that vary in a stratum
        or are smaller than the sample. Single units are reported when a variance is asked for.
    """

    weights: FloatArray
    strata: tuple[IntArray, ...] = ()
    clusters: tuple[IntArray, ...] = ()
    population_sizes: tuple[FloatArray, ...] = ()
    calibration: CalibrationModel | None = None
    single_unit: SingleUnitRule = "fail"
    single_unit_in_domains: bool = False
    domain: BoolArray | None = None
    stratum_labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        weights = np.asarray(self.weights, dtype=np.float64)
        object.__setattr__(self, "weights", weights)
        bad = ~np.isfinite(weights) | (weights < 0)
        if weights.ndim != 1 or bad.any():
            where = f"row {int(np.flatnonzero(bad)[0]) + 1}" if weights.ndim == 1 else ""
            raise StatisticsError(
                "Unusable weights",
                where,
                expected="one finite weight >= 0 per row",
                got=f"{int(bad.sum())} unusable of {weights.size}, shape {weights.shape}",
                hint="drop rows without a weight by a cleaning rule, or give them weight 0",
            )
        for kind in ("strata", "clusters", "population_sizes"):
            columns = getattr(self, kind)
            for stage, column in enumerate(columns, start=1):
                if np.shape(column) != weights.shape:
                    raise StatisticsError(
                        "Wrong number of rows",
                        f"`{kind}`, stage {stage}",
                        expected=f"{weights.shape[0]} values",
                        got=f"an array of shape {np.shape(column)}",
                    )
        if self.domain is not None:
            as_mask(self.domain, self.n, "domain")

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.weights.shape[0])

    @property
    def in_domain(self) -> BoolArray:
        """(n,) rows that this view is about."""
        return np.ones(self.n, dtype=bool) if self.domain is None else self.domain

    @property
    def domain_weights(self) -> FloatArray:
        """(n,) weights, 0 outside the domain."""
        return self.weights if self.domain is None else np.where(self.domain, self.weights, 0.0)

    @property
    def present(self) -> BoolArray:
        """(n,) rows that count as present when strata with single units are looked for.

        With calibrated weights all rows are, because each of them took part in the calibration.
        """
        return np.ones(self.n, dtype=bool) if self.calibration is not None else self.in_domain

    def subset(self, mask: BoolArray) -> SurveyDesign:
        """Return the view on a domain: same structure, estimates about the rows in `mask` (n,) only."""
        return self._with(domain=as_mask(mask, self.n, "mask") & self.in_domain)

    def calibrated(self, weights: FloatArray, step: CalibrationStep) -> SurveyDesign:
        """Return the design with adjusted weights (n,) and the adjustment that made them."""
        model = self.calibration or CalibrationModel()
        return self._with(weights=weights, calibration=model.then(step))

    def _with(self, **changes: Any) -> SurveyDesign:
        """Return a copy that keeps the coded stages, which no change made here touches."""
        copy = replace(self, **changes)
        if "stages" in self.__dict__:
            copy.__dict__["stages"] = self.stages
        return copy

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of sampling that contribute to variances, coded; the first is always there."""
        rows = np.zeros(self.n, dtype=np.int64)
        elements = np.arange(self.n, dtype=np.int64)
        clusters = self.clusters or (elements,)
        strata = self.strata or (rows,)
        stages: list[Stage] = []
        parent = rows
        for index in range(min(len(clusters), max(1, len(self.population_sizes)))):
            own = strata[min(index, len(strata) - 1)]
            stratum = combine_codes([parent, np.asarray(own, dtype=np.int64)])
            units = [parent, np.asarray(clusters[index], dtype=np.int64)]
            if index > 0:
                units.insert(1, stratum)
            unit = combine_codes(units) if self.clusters else elements
            population = self.population_sizes[index] if index < len(self.population_sizes) else None
            stages.append(code_stage(parent, stratum, unit, population, index + 1))
            parent = unit
        return tuple(stages)

    @property
    def degrees_of_freedom(self) -> int:
        """First-stage units minus first-stage strata, counting those with weight in the domain."""
        return int(self.domain_degrees_of_freedom(self.in_domain[:, None])[0])

    def domain_degrees_of_freedom(self, domains: BoolArray) -> IntArray:
        """Return units minus strata within each column of `domains` (n, d): shape (d,)."""
        stage = self.stages[0]
        result = np.zeros(domains.shape[1], dtype=np.int64)
        weighted = self.domain_weights > 0
        for column in range(domains.shape[1]):
            units = np.zeros(stage.stratum_of_unit.shape[0], dtype=bool)
            units[stage.unit_of_row[weighted & domains[:, column]]] = True
            strata = np.zeros(stage.sampled.shape[0], dtype=bool)
            strata[stage.stratum_of_unit[units]] = True
            result[column] = np.count_nonzero(units) - np.count_nonzero(strata)
        return result

    def require_no_single_units(self, present: BoolArray | None = None) -> None:
        """Stop when the rule is `fail` and a stratum with rows in `present` (n,) has a single sampled unit.

        Raises
        ------
        StatisticsError:
            Names the strata and lists the remedies.
        """
        if self.single_unit != "fail":
            return
        rows = self.present if present is None else present
        for number, stage in enumerate(self.stages, start=1):
            lonely = stage.single[stage.stratum_of_unit[stage.unit_of_row]] & rows
            if not lonely.any():
                continue
            codes = np.unique(stage.stratum_of_unit[stage.unit_of_row[lonely]])
            names = [self._stratum_name(int(code), number) for code in codes]
            raise StatisticsError(
                "Stratum with a single sampled unit",
                f"{len(names)} of {stage.sampled.shape[0]} strata at stage {number}: {shorten(names)}",
                expected="at least two sampled units in each stratum, to see how much they differ",
                got="one",
                hint="merge the stratum with a similar one, or choose `single_unit`: certainty or remove (it adds "
                "nothing), adjust (its deviation from the overall mean), average (as much as the other strata do)",
            )

    def _stratum_name(self, code: int, stage: int) -> str:
        if stage == 1 and self.strata and self.stratum_labels:
            original = np.unique(self.strata[0])[code]
            return self.stratum_labels[int(original)]
        return str(code)


ReplicateBlocks = Callable[[], Iterator[FloatArray]]


@dataclass(frozen=True, eq=False)
class ReplicateDesign:
    """A design whose variances come from re-estimating with replicate weights.

    Parameters
    ----------
    weights:
        (n,) weights of the full sample.
    replicate_weights:
        (n, R) replicate weights, ready for use (they contain the full-sample weight), or a function without arguments
        that yields them as blocks (n, r) from left to right, the same at each call.
    scale, rscales:
        The variance is `scale * sum(rscales * (replicate - centre)^2)`; `rscales` has shape (R,).
    mse:
        Whether the centre is the full-sample estimate; else it is the mean of the replicates with a positive rscale.
    degrees_of_freedom:
        Of the variance, as the maker of the weights states them.
    df_by_rank:
        Whether they are, in want of a statement, the rank of the weights minus one. A domain then has those of its own
        rows, as in R.
    domain:
        (n,) booleans of the subpopulation this view is about, None = everybody.
    kind:
        How the replicates were made: JK1, JKn, BRR, bootstrap, rao-wu or other.
    """

    weights: FloatArray
    replicate_weights: FloatArray | ReplicateBlocks
    scale: float
    rscales: FloatArray
    mse: bool = False
    degrees_of_freedom: float = np.inf
    domain: BoolArray | None = None
    kind: str = "other"
    df_by_rank: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.replicate_weights, np.ndarray) and self.replicate_weights.shape != (self.n, self.replicates):
            raise StatisticsError(
                "Replicate weights do not fit",
                expected=f"{self.n} rows and {self.replicates} replicates (one rscale each)",
                got=f"an array of shape {self.replicate_weights.shape}",
            )
        if self.domain is not None:
            as_mask(self.domain, self.n, "domain")

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.weights.shape[0])

    @property
    def replicates(self) -> int:
        """Number of replicates R."""
        return int(np.shape(self.rscales)[0])

    @property
    def in_domain(self) -> BoolArray:
        """(n,) rows that this view is about."""
        return np.ones(self.n, dtype=bool) if self.domain is None else self.domain

    @property
    def domain_weights(self) -> FloatArray:
        """(n,) full-sample weights, 0 outside the domain."""
        return self.weights if self.domain is None else np.where(self.domain, self.weights, 0.0)

    def blocks(self) -> Iterator[FloatArray]:
        """Yield the replicate weights as (n, r) blocks from left to right."""
        if isinstance(self.replicate_weights, np.ndarray):
            yield self.replicate_weights
        else:
            yield from self.replicate_weights()

    def matrix(self) -> FloatArray:
        """Return all replicate weights as one (n, R) array."""
        if isinstance(self.replicate_weights, np.ndarray):
            return self.replicate_weights
        return np.concatenate(list(self.replicate_weights()), axis=1)

    def subset(self, mask: BoolArray) -> ReplicateDesign:
        """Return the view on a domain: estimates about the rows in `mask` (n,) only."""
        rows = as_mask(mask, self.n, "mask") & self.in_domain
        df = float(self.domain_degrees_of_freedom(rows[:, None])[0])
        return replace(self, domain=rows, degrees_of_freedom=df)

    def reweighted(self, weights: FloatArray, replicate_weights: FloatArray | ReplicateBlocks) -> ReplicateDesign:
        """Return the design with adjusted weights (n,) and replicate weights."""
        design = replace(self, weights=weights, replicate_weights=replicate_weights)
        if not self.df_by_rank:
            return design
        return replace(design, degrees_of_freedom=column_rank(design.matrix()) - 1.0)

    def domain_degrees_of_freedom(self, domains: BoolArray) -> FloatArray:
        """Return the degrees of freedom within each column of `domains` (n, d): shape (d,)."""
        result = np.full(domains.shape[1], float(self.degrees_of_freedom))
        smaller = (domains != self.in_domain[:, None]).any(axis=0)
        for column in np.flatnonzero(smaller) if self.df_by_rank else ():
            rows = domains[:, column]
            result[column] = column_rank(self.matrix()[rows]) - 1.0 if rows.any() else 0.0
        return result
