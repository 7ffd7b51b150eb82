"""Which groups may be published together: none from which a sum over few answers could be worked out.

What can be worked out from sums over groups is every linear combination of them. Answers that the same groups hold are
one atom, and a combination gives each atom a factor. It is about few answers only if the factors of all other atoms
are 0. Such a combination exists just where the rows of a basis of the null space that belong to these few atoms are
linearly dependent: a vector lies in the row space of a matrix if it is orthogonal to its null space. Computed in exact
fractions, set of atoms by set of atoms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from surveyspec.guarded import SETS_LOOKED_AT

Flags = tuple[bool, ...]
Vector = list[Fraction]


def released(atoms: Mapping[Flags, int], groups: int, least: int) -> list[bool]:
    """Choose, in order, the groups that may be published together.

    Parameters
    ----------
    atoms : how many answers lie in which of the groups
    groups : how many groups there are
    least : fewest answers that anything published or worked out may be about

    Returns
    -------
    per group whether it may be published
    """
    chosen: list[int] = []
    for group in range(groups):
        behind = sum(size for flags, size in atoms.items() if flags[group])
        if behind >= least and not gives_away(_merged(atoms, [*chosen, group]), least):
            chosen.append(group)
    return [group in chosen for group in range(groups)]


def gives_away(atoms: Mapping[Flags, int], least: int) -> bool:
    """Say whether some combination of all groups is about fewer than ``least`` answers only."""
    flags = list(atoms)
    sizes = [atoms[flag] for flag in flags]
    basis = _null_space([[Fraction(int(flag[row])) for flag in flags] for row in range(len(flags[0]))]) if flags else []
    small = sorted((place for place in range(len(flags)) if sizes[place] < least), key=lambda place: sizes[place])
    looked_at = 0
    waiting: list[tuple[int, int, list[tuple[int, Vector]]]] = [(0, 0, [])]
    while waiting:
        start, total, echelon = waiting.pop()
        for at in range(start, len(small)):
            grown = total + sizes[small[at]]
            if grown >= least:
                break  # sorted: the next are no smaller
            looked_at += 1
            rest = _reduced([vector[small[at]] for vector in basis], echelon)
            lead = next((place for place, entry in enumerate(rest) if entry), None)
            if lead is None or looked_at > SETS_LOOKED_AT:
                return True
            waiting.append((at + 1, grown, [*echelon, (lead, rest)]))
    return False


def is_dominated(amounts: Sequence[float], share: float) -> bool:
    """Say whether one amount is more than a share of the sum of all, signs left aside."""
    exact = [abs(Fraction(amount)) for amount in amounts]
    return bool(exact) and max(exact) > Fraction(str(share)) * sum(exact)


def _merged(atoms: Mapping[Flags, int], groups: Sequence[int]) -> dict[Flags, int]:
    """Return the atoms that some of the groups make; what lies in none of them is left out."""
    found: dict[Flags, int] = {}
    for flags, size in atoms.items():
        own = tuple(flags[group] for group in groups)
        if any(own):
            found[own] = found.get(own, 0) + size
    return found


def _null_space(rows: list[Vector]) -> list[Vector]:
    """Return a basis of the vectors that all rows are orthogonal to, by Gauss-Jordan elimination."""
    width = len(rows[0])
    pivots: list[int] = []
    for column in range(width):
        place = len(pivots)
        found = next((row for row in range(place, len(rows)) if rows[row][column]), None)
        if found is None:
            continue
        rows[place], rows[found] = rows[found], rows[place]
        lead = rows[place][column]
        rows[place] = [entry / lead for entry in rows[place]]
        for row in range(len(rows)):
            factor = rows[row][column]
            if row != place and factor:
                rows[row] = [entry - factor * other for entry, other in zip(rows[row], rows[place], strict=True)]
        pivots.append(column)
    basis = []
    for free in (column for column in range(width) if column not in pivots):
        vector = [Fraction(0)] * width
        vector[free] = Fraction(1)
        for place, column in enumerate(pivots):
            vector[column] = -rows[place][free]
        basis.append(vector)
    return basis


def _reduced(vector: Vector, echelon: Sequence[tuple[int, Vector]]) -> Vector:
    """Take from a vector what the vectors of an echelon span of it."""
    for lead, other in echelon:
        if vector[lead]:
            factor = vector[lead] / other[lead]
            vector = [entry - factor * part for entry, part in zip(vector, other, strict=True)]
    return vector
