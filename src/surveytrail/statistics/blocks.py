"""Rows in blocks: how the matrix core reads many items for many domains in bounded memory.

Rows are sorted by stratum and domain, so that each group of rows is one slice, and a small matrix of row coefficients
times the slice of the items gives all sums of the group by BLAS (`moments`, `replicate_sums`). Nothing loops over items
or replicates, and no temporary array is larger than a block. Items may be of any numeric type; they become float64
block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surveytrail.statistics.arrays import BoolArray, FloatArray, IntArray
from surveytrail.statistics.stages import Stage

Items = NDArray[Any]

# Rows per block: a block of 200 items fits a processor's second-level cache.
ROWS = 256

# Products of fewer multiplications than this are done by one thread of the BLAS. With a few rows of coefficients a
# second thread gains nothing, and on a busy machine waiting for it costs more than the product.
SINGLE_THREAD = 250_000


class Layer(NamedTuple):
    """Domains that do not overlap: code of each row (n,), -1 = in none, and the columns (d,) they stand for."""

    code: IntArray
    columns: IntArray


def layers(masks: BoolArray) -> list[Layer]:
    """Split domains (n, d) into as few layers without overlap as a greedy pass finds."""
    if masks.shape[1] == 0:
        return []
    rows, domains = np.divmod(np.flatnonzero(masks), masks.shape[1])
    if (rows[1:] > rows[:-1]).all():  # nobody is in two
        code = np.full(masks.shape[0], -1, dtype=np.int64)
        code[rows] = domains
        return [Layer(code, np.arange(masks.shape[1]))]
    found: list[Layer] = []
    for column in range(masks.shape[1]):
        mask = masks[:, column]
        free = next((index for index, layer in enumerate(found) if (layer.code[mask] < 0).all()), len(found))
        if free == len(found):
            found.append(Layer(np.full(masks.shape[0], -1, dtype=np.int64), np.zeros(0, dtype=np.int64)))
        layer = found[free]
        layer.code[mask] = layer.columns.shape[0]
        found[free] = Layer(layer.code, np.append(layer.columns, column))
    return found


@dataclass(frozen=True, eq=False)
class SortedRows:
    """The rows of a layer with a weight, sorted by group.

    Attributes
    ----------
    rows:
        (m,) row numbers.
    starts:
        (G + 1,) where the rows of each group begin.
    stratum, domain:
        (G,) stratum and domain (within the layer) of each group.
    unit_starts, units:
        (U + 1,) where the rows of each sampling unit within a group begin and (U,) the unit; None when rows are units.
    unit_group_starts:
        (G + 1,) where the units of each group begin.
    """

    rows: IntArray
    starts: IntArray
    stratum: IntArray
    domain: IntArray
    unit_starts: IntArray | None
    units: IntArray
    unit_group_starts: IntArray


def sort_rows(stage: Stage, layer: Layer, weights: FloatArray) -> SortedRows:
    """Sort the rows of a layer by stratum, domain and sampling unit."""
    rows = np.flatnonzero((layer.code >= 0) & (weights > 0))
    unit = stage.unit_of_row[rows]
    key = stage.stratum_of_unit[unit] * max(layer.columns.shape[0], 1) + layer.code[rows]
    if stage.elementary:  # NumPy sorts small integers by their digits, many times faster than by comparison
        order = np.argsort(key.astype(np.uint16) if key.max(initial=0) < 1 << 16 else key, kind="stable")
    else:
        order = np.lexsort((unit, key))
    rows, unit, key = rows[order], unit[order], key[order]
    groups, starts = _runs(key)
    domains = max(layer.columns.shape[0], 1)
    if stage.elementary:
        return SortedRows(rows, starts, groups // domains, groups % domains, None, unit, starts)
    changes = np.flatnonzero(np.concatenate([[True], (unit[1:] != unit[:-1]) | (key[1:] != key[:-1])]))
    changes = changes[: unit.shape[0]]
    unit_starts = np.concatenate([changes, [unit.shape[0]]]).astype(np.int64)
    group_starts = np.searchsorted(unit_starts, starts)
    return SortedRows(rows, starts, groups // domains, groups % domains, unit_starts, unit[changes], group_starts)


def _runs(key: IntArray) -> tuple[IntArray, IntArray]:
    """Distinct values of a sorted array and where each begins, with the end appended."""
    if key.size == 0:
        return key, np.zeros(1, dtype=np.int64)
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    return key[first], np.concatenate([first, [key.size]]).astype(np.int64)


def add_product(result: FloatArray, left: FloatArray, right: FloatArray) -> None:
    """Add left (q, m) @ right (m, k) to `result` (q, k), in parts small enough for one thread."""
    step = max(16, SINGLE_THREAD // max(left.shape[0] * right.shape[1], 1))
    for low in range(0, right.shape[0], step):
        result += left[:, low : low + step] @ right[low : low + step]


class RowReader:
    """Reads sorted rows of the items as float64 blocks, shifted by a constant per item."""

    def __init__(self, items: Items, rows: IntArray, shift: FloatArray, columns: IntArray | None) -> None:
        self.items, self.rows, self.shift, self.columns = items, rows, shift, columns
        self.shifted = bool(shift.any())
        self.width = shift.shape[0]
        self.plain = items.dtype == np.float64 and columns is None
        self.whole = np.empty((0, items.shape[1]), dtype=items.dtype)

    def read(self, start: int, stop: int, buffer: FloatArray) -> FloatArray:
        """Fill the first rows of `buffer` with the sorted rows start..stop."""
        block = buffer[: stop - start]
        rows = self.rows[start:stop]
        if self.plain:
            np.take(self.items, rows, axis=0, out=block, mode="clip")
        else:
            # Whole rows first: they are contiguous, single columns of them are not.
            if self.whole.shape[0] < rows.size:
                self.whole = np.empty((rows.size, self.items.shape[1]), dtype=self.items.dtype)
            whole = np.take(self.items, rows, axis=0, out=self.whole[: rows.size], mode="clip")
            block[...] = whole if self.columns is None else np.take(whole, self.columns, axis=1)
        if self.shifted:
            block -= self.shift
        return block


def item_shift(items: Items, rows: IntArray) -> FloatArray:
    """(k,) a round number near the values of items that lie far from 0, to keep their digits; else 0.

    Squares of such items would lose the digits in which respondents differ.
    """
    if items.dtype == np.bool_ or rows.size == 0:
        return np.zeros(items.shape[1])
    sample = items[rows[:: max(1, rows.size // 256)]].astype(np.float64)
    known = ~np.isnan(sample)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, sample, 0.0).sum(axis=0) / count
    with np.errstate(invalid="ignore"):
        spread = np.sqrt((np.where(known, sample - centre, 0.0) ** 2).sum(axis=0) / count)
    far = (np.abs(centre) > 10.0) & (np.abs(centre) > 2.0 * spread) & np.isfinite(centre)
    return np.where(far, np.round(np.where(far, centre, 0.0)), 0.0)


def segments(starts: IntArray, low: int, high: int) -> Iterator[tuple[int, int, int]]:
    """The groups that meet the range low..high with the part of the range in each."""
    if high <= low:
        return
    group = int(np.searchsorted(starts, low, side="right")) - 1
    while group < starts.shape[0] - 1 and starts[group] < high:
        yield group, max(low, int(starts[group])), min(high, int(starts[group + 1]))
        group += 1
