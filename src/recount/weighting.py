"""Weights from the population margins: raking and trimming from their definitions, not by the pipeline's iterations.

Raking without base weights gives the weights ``exp(sum of one term per margin level)`` that meet all margins (Deville &
Särndal 1992, the exponential distance). Here these terms are found by Newton's method; iterative proportional fitting
finds the same weights along another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow
from numpy.typing import NDArray

from recount.conditions import Names, answer, condition_sql
from recount.tables import FloatArray, IntArray, arrays
from surveyspec.problems import Problem, StudyError, listed
from surveyspec.study import WaveSpec
from surveyspec.weights import RakedWeight, Trim

CONVERGED = 1e-13
NEAR = 1e-11
MOST_STEPS = 200


@dataclass(frozen=True)
class Weight:
    """One weight of a wave's analysed records, in record order.

    Parameters
    ----------
    final : (n,) weights; 0 outside the population
    raked : (n,) weights before trimming; None where they come with the file
    cells : (n, margins) level of each raking variable as 0, 1, …; -1 outside the population; None as above
    targets : per raking variable, the total of each level by its code; none where they come with the file
    diagnostics : what the weighting did, by the middle of its ledger id: ``n``, ``margin_after.size=small``, …
    """

    final: FloatArray
    raked: FloatArray | None
    cells: IntArray | None
    targets: list[dict[int, float]]
    diagnostics: dict[str, float]


def read_margins(
    connection: duckdb.DuckDBPyConnection, directory: Path, wave: WaveSpec, weight: RakedWeight
) -> dict[str, dict[int, float]]:
    """Read the population share of each level (category code) of each raking variable.

    Raises
    ------
    StudyError : no such file, no such columns, a share that is no number, a variable without rows
    """
    shown = weight.margins
    path = directory / shown
    if not path.is_file():
        raise StudyError(Problem(shown, "", "no such file", "a CSV of population margins", "correct 'margins'"))
    try:
        rows = connection.execute(
            "SELECT margin, level, try_cast(share AS DOUBLE), share "
            "FROM read_csv(?, header=true, delim=',', quote='\"', all_varchar=true, parallel=false)",
            [str(path)],
        ).fetchall()
    except duckdb.Error as error:
        found = str(error).splitlines()[0]
        raise StudyError(
            Problem(shown, "", found, "a UTF-8 CSV with the columns margin, level, share", "repair it")
        ) from None
    shares: dict[str, dict[int, float]] = {}
    for code in weight.variables:
        codes = {category.slug: category.code for category in wave.categories(code)}
        for margin, level, share, text in rows:
            if margin != code:
                continue
            place = f"margin {code}, level {level}"
            if level not in codes:
                raise StudyError(Problem(shown, place, f"'{level}'", f"one of {listed(codes)}", "correct the level"))
            if share is None or not share > 0:
                raise StudyError(Problem(shown, place, f"share '{text}'", "a number above 0", "correct the share"))
            shares.setdefault(code, {})[codes[level]] = share
        if code not in shares:
            raise StudyError(Problem(shown, f"margin '{code}'", "no row", "one row per level", "add its shares"))
    return shares


def make_weight(
    connection: duckdb.DuckDBPyConnection, wave: WaveSpec, name: str, directory: Path, names: Names, analysed: str
) -> Weight:
    """Make one declared weight for the analysed records.

    Raises
    ------
    StudyError : margins and sample do not fit, no weights meet the margins, or a file's weight is missing
    """
    weight = wave.wave.weights[name]
    if not isinstance(weight, RakedWeight):
        values = _column(connection, f"coalesce({answer(weight.variable)}, -1)", analysed)
        if (values < 0).any():
            found = f"{int((values < 0).sum())} missing or negative weights"
            todo = "exclude these records with a cleaning rule, or correct the codebook"
            raise StudyError(
                Problem(wave.wave.raw, f"variable {weight.variable}", found, "a weight of 0 or more everywhere", todo)
            )
        return Weight(values, None, None, [], kish(values))
    inside = " AND ".join(f"{answer(code)} IS NOT NULL" for code in weight.variables)
    if weight.population is not None:
        inside += f" AND {condition_sql(wave.condition(weight.population), names)} IS TRUE"
    population = _column(connection, f"({inside})::INTEGER", analysed) > 0
    shares = read_margins(connection, directory, wave, weight)
    answers = {code: _column(connection, f"coalesce({answer(code)}, -1e9)", analysed) for code in weight.variables}
    levels, targets = _targets(answers, population, shares, weight.margins)
    cells = np.full((len(population), len(levels)), -1, dtype=np.int64)
    for place, (code, codes) in enumerate(levels.items()):
        cells[population, place] = np.searchsorted(codes, answers[code][population])
    raked = np.zeros(len(population))
    raked[population] = rake(cells[population], targets, f"{weight.margins}, weight '{name}' of {wave.id}", levels)
    bound = _bound(raked[population], weight.trim)
    final = raked.copy()
    final[population] = trimmed(raked[population], bound)
    # those too that reached the bound only by their share of the excess
    cut = (final == bound).sum() if (raked > bound).any() else 0
    diagnostics = {"records_outside": float((~population).sum()), "trimmed": float(cut)}
    diagnostics |= _margins_met(wave, levels, targets, cells, final, population)
    totals = [
        dict(zip(codes, target.tolist(), strict=True)) for codes, target in zip(levels.values(), targets, strict=True)
    ]
    return Weight(final, raked, cells, totals, diagnostics | kish(final))


def add_weights(connection: duckdb.DuckDBPyConnection, weights: Mapping[str, Weight], analysed: str) -> None:
    """Give the table of analysed records one column per weight."""
    records = connection.execute(f"SELECT record FROM {analysed} ORDER BY record").fetchnumpy()["record"]
    columns = {f"w{place}": weight.final for place, weight in enumerate(weights.values())}
    made = pyarrow.table({"record": records, **columns})
    connection.register("made_weights", made)
    connection.execute(
        f"CREATE OR REPLACE TABLE weighted AS SELECT * FROM {analysed} JOIN made_weights USING (record) ORDER BY record"
    )
    connection.unregister("made_weights")
    connection.execute(f"DROP TABLE {analysed}")
    connection.execute(f"ALTER TABLE weighted RENAME TO {analysed}")


def _column(connection: duckdb.DuckDBPyConnection, expression: str, table: str) -> FloatArray:
    return arrays(connection, f"SELECT ({expression})::DOUBLE AS found FROM {table} ORDER BY record")["found"]


def _targets(
    answers: Mapping[str, FloatArray], population: NDArray[np.bool_], shares: dict[str, dict[int, float]], shown: str
) -> tuple[dict[str, list[int]], list[FloatArray]]:
    """Return the levels that the population has, and the total that each must reach.

    A level that only records outside the population have is left out and the shares of the others are rescaled.
    """
    levels: dict[str, list[int]] = {}
    targets: list[FloatArray] = []
    for code, values in answers.items():
        present = sorted({int(value) for value in values[population]})
        beyond = {int(value) for value in values} - set(present)
        empty = [level for level in shares[code] if level not in present and level not in beyond]
        unknown = [level for level in present if level not in shares[code]]
        if empty or unknown:
            found = f"codes {listed(empty)} without a respondent" if empty else f"codes {listed(unknown)} without a row"
            todo = "merge levels by a derived variable, restrict 'population' or complete the margins"
            raise StudyError(Problem(shown, f"margin {code}", found, "the levels that respondents have", todo))
        total = np.array([shares[code][level] for level in present])
        levels[code] = present
        targets.append(population.sum() * total / total.sum())
    return levels, targets


def rake(cells: IntArray, targets: list[FloatArray], place: str, levels: Mapping[str, list[int]]) -> FloatArray:
    """Return the weights of the form ``exp(sum of level terms)`` whose totals meet all margins.

    Parameters
    ----------
    cells : (n, margins) level of each record as 0, 1, …
    targets : per margin, the total of each level
    place, levels : where the margins come from and their codes, for the message

    Raises
    ------
    StudyError : no such weights were found, with the margin that is missed most
    """
    offsets = np.concatenate([[0], np.cumsum([len(target) for target in targets])])
    wanted = np.concatenate(targets)
    terms = np.zeros(len(wanted))

    def weights_of(terms: FloatArray) -> FloatArray:
        return np.exp(sum(terms[offset + cells[:, at]] for at, offset in enumerate(offsets[:-1])))

    def totals_of(weights: FloatArray) -> FloatArray:
        return np.concatenate([np.bincount(cells[:, at], weights, len(part)) for at, part in enumerate(targets)])

    weights, before = weights_of(terms), np.inf
    for _ in range(MOST_STEPS):
        totals = totals_of(weights)
        miss = np.abs(totals / wanted - 1)
        if miss.max() < CONVERGED or NEAR > miss.max() >= before:  # met, or as near as doubles go
            break
        before = miss.max()
        step = np.linalg.lstsq(_crossed(cells, weights, offsets), wanted - totals, rcond=1e-12)[0]
        goal = weights.sum() - wanted @ terms
        while (weights := weights_of(terms + step)).sum() - wanted @ (terms + step) > goal + 1e-12 * abs(goal):
            step = step / 2
        terms = terms + step
    if miss.max() > NEAR:
        worst = int(miss.argmax())
        margin = int(np.searchsorted(offsets, worst, side="right")) - 1
        code = list(levels)[margin]
        found = f"{code} = {levels[code][worst - offsets[margin]]} misses its total by {miss.max():.3g} (relative)"
        raise StudyError(Problem(place, "", found, "weights that meet all margins", "merge rare levels"))
    return weights


def _crossed(cells: IntArray, weights: FloatArray, offsets: IntArray) -> FloatArray:
    """Return the matrix of weighted counts of each level crossed with each level."""
    matrix = np.zeros((offsets[-1], offsets[-1]))
    for row in range(cells.shape[1]):
        for column in range(cells.shape[1]):
            high, wide = offsets[row + 1] - offsets[row], offsets[column + 1] - offsets[column]
            counts = np.bincount(cells[:, row] * wide + cells[:, column], weights, high * wide)
            matrix[offsets[row] : offsets[row + 1], offsets[column] : offsets[column + 1]] = counts.reshape(high, wide)
    return matrix


def _bound(raked: FloatArray, trim: Trim | None) -> float:
    if trim is None:
        return float("inf")
    return trim.upper * float(np.median(raked) if trim.relative_to == "median" else raked.mean())


def trimmed(weights: FloatArray, bound: float) -> FloatArray:
    """Return ``min(bound, weight + shift)`` with the one shift that keeps the sum of the weights.

    This is where cutting at the bound and sharing the excess out equally among the others ends, found in one go: with
    the k largest weights at the bound, the shift of the others follows; the smallest k that fits is the answer.

    Raises
    ------
    StudyError : the bound lies below the mean weight
    """
    if not (weights > bound).any():
        return weights
    ordered = np.sort(weights)[::-1]
    at_bound = np.arange(len(ordered))
    below = ordered.sum() - np.concatenate([[0.0], np.cumsum(ordered)[:-1]])
    shifts = (ordered.sum() - bound * at_bound - below) / (len(ordered) - at_bound)
    fits = np.flatnonzero(ordered + shifts <= bound * (1 + 1e-14))
    if not len(fits):
        found = f"a bound of {bound:.6g} below the mean weight {weights.mean():.6g}"
        raise StudyError(Problem("config.yaml", "trim.upper", found, "a bound above the mean weight", "raise it"))
    return np.minimum(bound, weights + shifts[fits[0]])


def _margins_met(
    wave: WaveSpec,
    levels: Mapping[str, list[int]],
    targets: list[FloatArray],
    cells: IntArray,
    final: FloatArray,
    population: NDArray[np.bool_],
) -> dict[str, float]:
    """Return the target, unweighted and weighted share of each level."""
    found: dict[str, float] = {}
    for place, (code, codes) in enumerate(levels.items()):
        slugs = {category.code: category.slug for category in wave.categories(code)}
        for level, value in enumerate(codes):
            here = cells[:, place] == level
            part = f"{wave.slug(code)}={slugs[value]}"
            found[f"margin_target.{part}"] = float(targets[place][level] / population.sum())
            found[f"margin_before.{part}"] = float(here.sum() / population.sum())
            found[f"margin_after.{part}"] = float(final[here].sum() / final.sum())
    return found


def kish(weights: FloatArray) -> dict[str, float]:
    """Return what unequal weights cost (Kish 1965): design effect and effective number, with the extremes."""
    positive = weights[weights > 0]
    effective = float(positive.sum() ** 2 / (positive**2).sum())
    return {
        "n": float(len(positive)),
        "deff": len(positive) / effective,
        "n_effective": effective,
        "minimum": float(positive.min()),
        "maximum": float(positive.max()),
    }
