"""Which numbers may be published so that no sum over fewer than ``least`` respondents can be worked out from them.

Whoever knows the means and sizes of groups knows their sums, and so every linear combination of them: the firms of a
sector that is not shown are those of the size class without those of the sectors that are. A set of groups is safe if
no combination, other than nothing, is a sum over fewer than ``least`` respondents only.

Source: Hundepool et al. (2012), Statistical Disclosure Control, Wiley, chapter 4 (secondary suppression); here decided
by rank: leaving out the columns of a few respondents must not lower the rank of the matrix of groups by respondents.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from surveyspec.guarded import SETS_LOOKED_AT, least_of
from surveyspec.plan import NumberSpec

AT_ONCE = 4096


def published(family: Sequence[NumberSpec], values: Sequence[np.ndarray], used: Sequence[np.ndarray]) -> list[bool]:
    """Say which numbers of a family are published.

    Parameters
    ----------
    family : numbers that are decided on together, in order
    values, used : per number (n,) values, and whose value stands behind it
    """
    enough = [
        bool(behind.sum() >= (spec.min_n or 0))
        and (spec.dominance is None or not is_dominated(value[behind], spec.dominance))
        for spec, value, behind in zip(family, values, used, strict=True)
    ]
    candidates = [behind for behind, is_enough in zip(used, enough, strict=True) if is_enough]
    verdicts = iter(released(candidates, least_of(family)))
    return [is_enough and next(verdicts) for is_enough in enough]


def released(memberships: Sequence[np.ndarray], least: int) -> list[bool]:
    """Choose, in the order given, the groups that may be published together.

    Parameters
    ----------
    memberships : per group (n,) which respondents stand behind its figure
    least : fewest respondents that may stand behind anything published or worked out

    Returns
    -------
    per group whether it may be published
    """
    chosen: dict[bytes, np.ndarray] = {}
    verdicts = []
    for members in memberships:
        key = np.packbits(members).tobytes()
        safe = key in chosen or (members.sum() >= least and is_safe([*chosen.values(), members], least))
        verdicts.append(bool(safe))
        if safe:
            chosen.setdefault(key, members)
    return verdicts


def is_safe(memberships: Sequence[np.ndarray], least: int) -> bool:
    """Say whether no combination of the groups is about fewer than ``least`` respondents only."""
    matrix = np.array(memberships, dtype=bool)
    matrix = matrix[:, matrix.any(axis=0)]
    # respondents that the same groups hold are one atom
    _, first, sizes = np.unique(np.packbits(matrix, axis=0), axis=1, return_index=True, return_counts=True)
    atoms = matrix[:, first]
    few = _sets_of_few(sizes, least)
    if few is None:
        return False
    whole = np.linalg.matrix_rank(atoms.astype(np.float64))
    for start in range(0, len(few), AT_ONCE):
        kept = np.ones((len(few[start : start + AT_ONCE]), atoms.shape[1]))
        for place, atom_set in enumerate(few[start : start + AT_ONCE]):
            kept[place, list(atom_set)] = 0
        if (np.linalg.matrix_rank(atoms[None, :, :] * kept[:, None, :]) < whole).any():
            return False
    return True


def _sets_of_few(sizes: np.ndarray, least: int) -> list[tuple[int, ...]] | None:
    """Return the sets of atoms that hold fewer than ``least`` respondents together; None if there are too many."""
    small = [int(atom) for atom in np.argsort(sizes, kind="stable") if sizes[atom] < least]
    found: list[tuple[int, ...]] = []
    stack: list[tuple[int, tuple[int, ...], int]] = [(0, (), 0)]
    while stack:
        start, chosen, total = stack.pop()
        for place in range(start, len(small)):
            grown = total + int(sizes[small[place]])
            if grown >= least:
                break  # sorted: the next are no smaller
            found.append((*chosen, small[place]))
            stack.append((place + 1, found[-1], grown))
            if len(found) > SETS_LOOKED_AT:
                return None
    return found


def is_dominated(amounts: np.ndarray, share: float) -> bool:
    """Say whether one amount makes up more than a share of the sum of all, signs left aside."""
    sizes = np.abs(amounts)
    return len(sizes) > 0 and Fraction(float(sizes.max())) > Fraction(str(share)) * Fraction(math.fsum(sizes))
