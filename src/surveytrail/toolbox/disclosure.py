"""Which groups of firms may be shown so that no sum over fewer than ``least`` firms can be worked out from them.

Whoever knows the means and sizes of groups knows their sums, and so every linear combination of them: the firms of a
sector that is not shown are those of the size class without those of the sectors that are. A set of groups is safe if
no combination, other than nothing, is a sum over fewer than ``least`` firms only.

Source: Hundepool et al. (2012), Statistical Disclosure Control, Wiley, chapter 4 (secondary suppression); here decided
by rank: leaving out the columns of a few firms must not lower the rank of the matrix of groups by firms.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TOO_MANY = 200_000  # sets of few firms to look at; beyond, a group is not shown
AT_ONCE = 4096


def released(memberships: Sequence[np.ndarray], least: int) -> list[bool]:
    """Choose, in the order given, the groups that may be shown together.

    Parameters
    ----------
    memberships : per group (n,) which firms stand behind its figure
    least : fewest firms that may stand behind anything shown or worked out

    Returns
    -------
    per group whether it may be shown
    """
    chosen: list[np.ndarray] = []
    verdicts = []
    for members in memberships:
        same = any(np.array_equal(members, known) for known in chosen)
        safe = members.sum() >= least and (same or is_safe([*chosen, members], least))
        verdicts.append(bool(safe))
        if safe and not same:
            chosen.append(members)
    return verdicts


def is_safe(memberships: Sequence[np.ndarray], least: int) -> bool:
    """Say whether no combination of the groups is about fewer than ``least`` firms only."""
    matrix = np.array(memberships, dtype=np.int64)
    atoms, sizes = np.unique(matrix[:, matrix.any(axis=0)], axis=1, return_counts=True)
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
    """Return the sets of atoms that hold fewer than ``least`` firms together; None if there are too many."""
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
            if len(found) > TOO_MANY:
                return None
    return found


def is_dominated(amounts: np.ndarray, share: float) -> bool:
    """Say whether one firm makes up more than a share of the sum of non-negative amounts."""
    total = float(amounts.sum())
    return total > 0 and float(amounts.max()) > share * total
