"""Random draws that depend on the seed and their own name only, and cuts by rank that hit shares exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def stream(seed: int, *name: str) -> np.random.Generator:
    """Return the random stream of a name: the same for the same seed and name, whatever else is drawn."""
    return np.random.Generator(np.random.PCG64([seed, *"/".join(name).encode()]))


def uncorrelated(
    seed: int, group: str, names: Sequence[str], n: int, given: Sequence[np.ndarray] = ()
) -> dict[str, np.ndarray]:
    """Draw standard normal columns that are exactly uncorrelated within the sample.

    Sampling noise in correlations would move every statistic by its standard error; removing it lets the targets hold
    together at any seed.

    Parameters
    ----------
    group, names : each column's stream is named ``group/name``; the order of names does not matter
    n : rows
    given : (n,) columns with which the new ones are to be uncorrelated too

    Returns
    -------
    column of mean 0 and variance 1 per name
    """
    names = sorted(names)
    drawn = [stream(seed, group, name).standard_normal(n) for name in names]
    matrix = np.column_stack([np.ones(n), *given, *drawn])
    orthogonal, triangular = np.linalg.qr(matrix)
    columns = orthogonal * np.sign(np.diag(triangular)) * np.sqrt(n)
    first = 1 + len(given)
    return {name: columns[:, first + place] for place, name in enumerate(names)}


def standardised(values: np.ndarray) -> np.ndarray:
    """Return values with mean 0 and variance 1 (NaN ignored); a constant becomes zeros."""
    deviation = float(np.nanstd(values))
    return (values - np.nanmean(values)) / (deviation if deviation > 0 else 1.0)


def cut(score: np.ndarray, shares: Sequence[float], base: np.ndarray) -> np.ndarray:
    """Cut a latent score into answers 1, 2, ... at the ranks that give the shares within a base.

    Parameters
    ----------
    score : (n,) latent score; higher scores get higher answers
    shares : share of each answer, from 1 upwards
    base : (n,) bool, who was asked

    Returns
    -------
    (n,) int answers; 0 outside the base
    """
    answers = np.zeros(len(score), dtype=np.int64)
    rows = np.flatnonzero(base)
    order = rows[np.argsort(score[rows], kind="stable")]
    edges = np.rint(np.cumsum(shares) * len(rows)).astype(np.int64)
    edges[-1] = len(rows)
    answers[order] = np.searchsorted(edges, np.arange(len(rows)), side="right") + 1
    return answers


def top(score: np.ndarray, count: int, base: np.ndarray) -> np.ndarray:
    """Mark the `count` highest scores within a base."""
    rows = np.flatnonzero(base)
    chosen = np.zeros(len(score), dtype=bool)
    chosen[rows[np.argsort(-score[rows], kind="stable")[:count]]] = True
    return chosen


def dealt(generator: np.random.Generator, shares: Mapping[int, float], n: int) -> np.ndarray:
    """Deal codes to n rows in random order, as close to the shares as whole numbers allow."""
    codes = sorted(shares)
    edges = np.rint(np.cumsum([shares[code] for code in codes]) * n).astype(np.int64)
    edges[-1] = n
    values = np.array(codes)[np.searchsorted(edges, np.arange(n), side="right")]
    return generator.permutation(values)


def everybody_ticks(ticks: np.ndarray, scores: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Give each row at least one tick without changing how often each option is ticked.

    A row without a tick gets the option it is closest to; in exchange the row with several ticks that is least sure of
    that option gives it up.

    Parameters
    ----------
    ticks : (n, options) bool
    scores : (n, options) latent scores
    rows : (n,) bool, which rows must have a tick
    """
    ticks = ticks.copy()
    for row in np.flatnonzero(rows & ~ticks.any(axis=1)):
        for option in np.argsort(-scores[row], kind="stable"):
            donors = np.flatnonzero(ticks[:, option] & (ticks.sum(axis=1) > 1))
            if len(donors):
                ticks[donors[np.argmin(scores[donors, option])], option] = False
                ticks[row, option] = True
                break
    return ticks
