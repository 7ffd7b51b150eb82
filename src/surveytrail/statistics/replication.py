"""Making replicate weights from a sample design: jackknife, bootstrap, balanced half-samples.

Replicates resample first-stage units within strata. Each makes the weight of a row a multiple of its full-sample
weight; the variance formula that goes with it is stored in the `ReplicateDesign`. Where weights were calibrated, adjust
those of each replicate as those of the full sample were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from scipy import linalg

from surveytrail.statistics.arrays import FloatArray, IntArray, column_rank
from surveytrail.statistics.design import ReplicateDesign, SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.stages import Stage

BootstrapKind = Literal["rao-wu", "canty-davison"]

# The jackknife has a replicate per sampled unit: beyond this many numbers the matrix is of no use.
LARGEST_JACKKNIFE = 200_000_000


def replicate_design(
    weights: FloatArray,
    replicate_weights: FloatArray,
    *,
    scale: float,
    rscales: FloatArray | float = 1.0,
    combined: bool = True,
    mse: bool = False,
    degrees_of_freedom: float | None = None,
) -> ReplicateDesign:
    """Return a design with replicate weights that came with the data.

    Parameters
    ----------
    weights, replicate_weights:
        (n,) and (n, R).
    scale, rscales, mse:
        See `ReplicateDesign`; the maker of the weights states them.
    combined:
        Whether the replicate weights contain the full-sample weight; else they are multiplied by it.
    degrees_of_freedom:
        None = rank of the replicate weights minus one, in a domain that of its rows.

    Raises
    ------
    StatisticsError:
        Replicate weights with missing or infinite values, or that do not look like `combined` says they are.
    """
    matrix = np.asarray(replicate_weights, dtype=np.float64)
    bad = ~np.isfinite(matrix)
    if bad.any():
        row, column = (int(index[0]) for index in np.nonzero(bad))
        raise StatisticsError(
            "Unusable replicate weight", f"row {row + 1}, replicate {column + 1}", expected="a finite number",
            got=f"{matrix[row, column]}",
        )  # fmt: skip
    typical, replicated = float(np.mean(weights)), float(matrix.mean())
    if combined and replicated < 5 < typical / max(replicated, 1e-300):
        raise StatisticsError(
            "Replicate weights are not combined", expected=f"replicate weights around {typical:g}, like the weights",
            got=f"around {replicated:g}", hint="say `combined=False`: these are factors of the full-sample weight",
        )  # fmt: skip
    if not combined:
        matrix = matrix * weights[:, None]
    by_rank = degrees_of_freedom is None
    df = column_rank(matrix) - 1.0 if degrees_of_freedom is None else degrees_of_freedom
    spread = np.broadcast_to(np.asarray(rscales, dtype=np.float64), (matrix.shape[1],))
    return ReplicateDesign(weights, matrix, float(scale), spread, mse, float(df), df_by_rank=by_rank)


def jackknife(design: SurveyDesign, *, mse: bool = False) -> ReplicateDesign:
    """Return the delete-one jackknife over first-stage units (JK1 without strata, JKn with; Wolter 2007, chapter 4).

    Fully sampled strata need no replicate. Strata with a single unit follow the design's rule: `certainty` and `remove`
    give none, `average` raises the others, `adjust` drops the whole stratum.

    Raises
    ------
    StatisticsError:
        A stratum with a single unit and the rule `fail`; more units than the matrix can hold.
    """
    stage = _first_stage(design)
    units, strata = stage.stratum_of_unit.shape[0], stage.sampled.shape[0]
    if units * design.n > LARGEST_JACKKNIFE:
        raise StatisticsError(
            "Too many units for a jackknife", got=f"{units} units and {design.n} rows",
            expected=f"at most {LARGEST_JACKKNIFE:g} weights", hint="use `bootstrap` with a few hundred replicates",
        )  # fmt: skip
    correction = 1.0 - stage.fraction
    multiple = (stage.sampled > 1) & (correction > 1e-7)
    dropped = np.flatnonzero(multiple[stage.stratum_of_unit])
    of_dropped = stage.stratum_of_unit[dropped]
    factors = np.ones((units, dropped.shape[0]))
    same = stage.stratum_of_unit[:, None] == of_dropped
    factors[same] = np.broadcast_to((stage.sampled / np.maximum(stage.sampled - 1.0, 1.0))[of_dropped], same.shape)[
        same
    ]
    factors[dropped, np.arange(dropped.shape[0])] = 0.0
    rscales = (correction * (stage.sampled - 1.0) / stage.sampled)[of_dropped]
    scale = 1.0
    lonely = np.flatnonzero(stage.single)
    if design.single_unit == "adjust" and lonely.size:
        away = np.where(stage.stratum_of_unit[:, None] == lonely, 0.0, strata / (strata - 1.0))
        factors = np.concatenate([factors, away], axis=1)
        rscales = np.concatenate([rscales, np.full(lonely.size, (strata - 1.0) / strata)])
    elif design.single_unit == "average" and lonely.size:
        scale = units / dropped.shape[0]
    if strata == 1:
        scale, rscales = scale * float(rscales[0]), np.ones_like(rscales)
    return _from_factors(design, stage, factors, scale, rscales, mse, "JK1" if strata == 1 else "JKn")


def balanced_half_samples(design: SurveyDesign, *, fay: float = 0.0, mse: bool = False) -> ReplicateDesign:
    """Return balanced repeated replication for designs with two units per stratum (McCarthy 1969), or Fay's version.

    Each replicate doubles one unit of each stratum and drops the other, balanced by a Hadamard matrix of the next
    power of two; with `fay` = rho above 0 the factors are 2 - rho and rho (Judkins 1990).

    Raises
    ------
    StatisticsError:
        A stratum that has not exactly two units; `fay` outside [0, 1).
    """
    stage = _first_stage(design)
    if not 0 <= fay < 1:
        raise StatisticsError("Unusable Fay factor", expected="at least 0 and below 1", got=f"{fay:g}")
    if (stage.sampled != 2).any():
        raise StatisticsError(
            "Balanced half-samples need pairs", expected="two sampled units in every stratum",
            got=f"{int((stage.sampled != 2).sum())} of {stage.sampled.size} strata with another number",
            hint="use `jackknife` or `bootstrap`, or pair the units before",
        )  # fmt: skip
    strata = stage.sampled.shape[0]
    order = 1 << int(strata).bit_length()
    signs = linalg.hadamard(order)[1 : strata + 1].astype(np.float64)
    second = np.zeros(stage.stratum_of_unit.shape[0], dtype=bool)
    second[np.unique(stage.stratum_of_unit[::-1], return_index=True)[1]] = True
    second = second[::-1]
    chosen = signs[stage.stratum_of_unit] * np.where(second, -1.0, 1.0)[:, None]
    factors = np.where(chosen > 0, 2.0 - fay, fay)
    return _from_factors(design, stage, factors, 1.0 / (order * (1.0 - fay) ** 2), np.ones(order), mse, "BRR")


def bootstrap(
    design: SurveyDesign,
    replicates: int,
    seed: int | Sequence[int],
    *,
    kind: BootstrapKind = "rao-wu",
    mse: bool = False,
    block: int | None = None,
) -> ReplicateDesign:
    """Return a bootstrap of first-stage units within strata.

    Parameters
    ----------
    design:
        Sample design.
    replicates:
        Number of replicates R, at least 2; some hundreds for intervals.
    seed:
        One or several integers, all that the draws depend on: replicate r is drawn by PCG64 seeded with (seed..., r).
    kind:
        `rao-wu` draws one unit fewer than sampled and rescales (Rao, Wu & Yue 1992; R's `subbootstrap`), with the
        finite population correction in the rescaling. `canty-davison` draws as many as sampled, from the sample
        blown up to the population where its size is known (Canty & Davison 1999; R's `bootstrap`).
    block:
        Yield the weights in blocks of so many replicates, drawn anew each time they are needed, instead of storing
        (n, R) numbers.

    Raises
    ------
    StatisticsError:
        Fewer than two replicates; strata with a single unit under the rules `fail`, `adjust` and `average`.
    """
    if replicates < 2:
        raise StatisticsError("Too few replicates", expected="at least 2", got=str(replicates))
    stage = _first_stage(design)
    if stage.single.any() and design.single_unit in ("adjust", "average"):
        raise StatisticsError(
            "Single units in a bootstrap", expected="at least two units in each stratum",
            got=f"{int(stage.single.sum())} strata with one", hint="merge strata, or choose certainty or remove",
        )  # fmt: skip
    entropy = [seed] if isinstance(seed, int) else list(seed)
    draw = _RaoWu(stage) if kind == "rao-wu" else _CantyDavison(stage)

    def blocks(size: int) -> Iterator[FloatArray]:
        for first in range(0, replicates, size):
            numbers = range(first, min(first + size, replicates))
            factors = np.stack([draw(np.random.Generator(np.random.PCG64([*entropy, r]))) for r in numbers], axis=1)
            yield factors[stage.unit_of_row] * design.weights[:, None]

    scale = draw.scale / (replicates - 1.0)
    df = float(min(design.degrees_of_freedom, replicates - 1))
    weights = (lambda: blocks(block)) if block is not None else next(blocks(replicates))
    return ReplicateDesign(design.weights, weights, scale, np.ones(replicates), mse, df, design.domain, kind)


class _RaoWu:
    """Draws n - 1 of n units of each stratum with replacement.

    The factor of a unit is 1 - lambda + lambda * n / (n - 1) * times drawn, lambda^2 = 1 - sampling fraction.
    """

    scale = 1.0

    def __init__(self, stage: Stage) -> None:
        self.sizes, self.members = _members(stage)
        self.draws = np.where(stage.sampled > 1, stage.sampled - 1, 0).astype(np.int64)
        self.strata = np.repeat(np.arange(self.sizes.shape[0]), self.draws)
        starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self.start_of_draw, self.size_of_draw = starts[self.strata], self.sizes[self.strata]
        shrink = np.where(self.draws > 0, np.sqrt(1.0 - stage.fraction), 0.0)
        self.shrink = shrink[stage.stratum_of_unit]
        self.raise_by = (stage.sampled / np.maximum(self.draws, 1))[stage.stratum_of_unit]

    def __call__(self, generator: np.random.Generator) -> FloatArray:
        places = self.start_of_draw + (generator.random(self.strata.shape[0]) * self.size_of_draw).astype(np.int64)
        drawn = np.bincount(self.members[places], minlength=self.members.shape[0])
        factor: FloatArray = 1.0 - self.shrink + self.shrink * self.raise_by * drawn
        return factor


class _CantyDavison:
    """Draws n of n units of each stratum: with replacement, or without from copies that make up the population."""

    def __init__(self, stage: Stage) -> None:
        self.sizes, self.members = _members(stage)
        harmonic = 1.0 / float(np.mean(1.0 / stage.sampled))
        if harmonic == 1.0:
            raise StatisticsError("Nothing to resample", expected="strata with several units", got="one in each")
        self.scale = harmonic / (harmonic - 1.0)
        self.population = stage.population

    def __call__(self, generator: np.random.Generator) -> FloatArray:
        factor = np.empty(self.members.shape[0])
        start = 0
        for size, population in zip(self.sizes, self.population, strict=True):
            own = self.members[start : start + size]
            if np.isinf(population):
                counts = np.bincount(generator.integers(0, size, size), minlength=size)
            else:
                copies = np.full(size, int(population) // int(size))
                copies[generator.permutation(size)[: int(population) % int(size)]] += 1
                counts = generator.multivariate_hypergeometric(copies, int(size), method="marginals")
            factor[own] = counts
            start += size
        return factor


def _members(stage: Stage) -> tuple[IntArray, IntArray]:
    """(H,) units per stratum and (C,) units sorted by stratum."""
    return stage.sampled.astype(np.int64), np.argsort(stage.stratum_of_unit, kind="stable").astype(np.int64)


def _first_stage(design: SurveyDesign) -> Stage:
    design.require_no_single_units()
    if design.calibration is not None:
        raise StatisticsError(
            "Replicates of calibrated weights", expected="a design with weights from before the calibration",
            got="adjusted weights", hint="make the replicates first, then adjust the weights of the replicate design",
        )  # fmt: skip
    return design.stages[0]


def _from_factors(
    design: SurveyDesign, stage: Stage, factors: FloatArray, scale: float, rscales: FloatArray, mse: bool, kind: str
) -> ReplicateDesign:
    """Return the replicate design whose weights are full-sample weights times factors (C, R) of their unit."""
    weights = factors[stage.unit_of_row] * design.weights[:, None]
    df = float(min(design.degrees_of_freedom, factors.shape[1] - 1))
    return ReplicateDesign(design.weights, weights, scale, rscales, mse, df, design.domain, kind)
