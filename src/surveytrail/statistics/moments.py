"""Sums of items and of their products with weights, within strata and domains: all that a linearised variance needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from surveytrail.statistics.arrays import FloatArray, IntArray
from surveytrail.statistics.blocks import ROWS, Items, RowReader, SortedRows, add_product, segments


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums within groups (G, k), or (G, 1) where they are the same for all items, and within domains.

    With T and B the totals of w*y and of w in a sampling unit (rows with a value only), sums over units and rows:

    Attributes
    ----------
    t, tt, tb, b, bb:
        Sums of T, T*T, T*B, B, B*B over units.
    y, yy, wyy, n:
        Unweighted sums of y and y*y, weighted sum of y*y, number of rows.
    extra_y, extra_b:
        (d, q, k) sums over rows of the extra coefficients times y, and (d, q, k or 1) of the coefficients.
    units:
        (G, k) or (G, 1) sampling units with a value.
    """

    t: FloatArray
    tt: FloatArray
    tb: FloatArray
    b: FloatArray
    bb: FloatArray
    y: FloatArray
    yy: FloatArray
    wyy: FloatArray
    n: FloatArray
    units: FloatArray
    extra_y: FloatArray
    extra_b: FloatArray


def group_moments(
    items: Items,
    weights: FloatArray,
    order: SortedRows,
    shift: FloatArray,
    extra: FloatArray,
    domains: int,
    missing_columns: IntArray | None = None,
) -> Moments:
    """Return the moments of all groups in one pass over the rows.

    Parameters
    ----------
    items:
        (n, k) items; without `missing_columns` their missing values turn the sums of the group into NaN.
    weights:
        (n,) weights.
    order:
        The rows in sorted order.
    shift:
        (k,) taken from the items first.
    extra:
        (m, q) more coefficients of the sorted rows, summed within domains.
    domains:
        Number of domains in the layer.
    missing_columns:
        The items to read, respecting missing values (q,); None = all, taken to be complete.
    """
    width = items.shape[1] if missing_columns is None else missing_columns.shape[0]
    source = RowReader(items, order.rows, shift if missing_columns is None else shift[missing_columns], missing_columns)
    collector = _Collector(weights[order.rows], order, width, extra, domains, missing_columns is not None)
    collector.binary = items.dtype == np.bool_
    buffer = np.empty((ROWS, width))
    with np.errstate(invalid="ignore", over="ignore"):
        for first, last in _unit_ranges(order):
            collector.open(first, last)
            start, stop = collector.row_range(first, last)
            for low in range(start, stop, ROWS):
                high = min(low + ROWS, stop)
                collector.add(source.read(low, high, buffer), low, high)
            collector.close()
    return collector.moments()


def _unit_ranges(order: SortedRows) -> Iterator[tuple[int, int]]:
    """Ranges of whole units that fit a block (or one larger unit); of rows when rows are units."""
    if order.unit_starts is None:
        for low in range(0, order.rows.shape[0], ROWS):
            yield low, min(low + ROWS, order.rows.shape[0])
        return
    unit, units = 0, order.units.shape[0]
    while unit < units:
        fits = int(np.searchsorted(order.unit_starts, order.unit_starts[unit] + ROWS, side="right")) - 1
        following = min(max(fits, unit + 1), units)
        yield unit, following
        unit = following


class _Collector:
    """Adds up the sums of groups while blocks of rows go by."""

    binary = False

    def __init__(
        self, weights: FloatArray, order: SortedRows, width: int, extra: FloatArray, domains: int, missing: bool
    ) -> None:
        self.order, self.missing, self.extra = order, missing, extra
        groups = order.stratum.shape[0]
        self.weights = weights
        # Row coefficients: of y (w, w*w, 1) and of y*y (w*w, w, 1).
        self.of_y = np.stack([weights, weights**2, np.ones_like(weights)])
        self.of_yy = self.of_y[[1, 0, 2]]
        self.sums_y, self.sums_yy = np.zeros((groups, 3, width)), np.zeros((groups, 3, width))
        self.sums_v = np.zeros((groups, 3, width if missing else 1))
        self.units = np.zeros((groups, width if missing else 1))
        self.unit_sums = np.zeros((groups, 4, width)) if order.unit_starts is not None else None
        self.unit_bb = np.zeros((groups, width if missing else 1))
        self.extra_y = np.zeros((domains, extra.shape[1], width))
        self.extra_b = np.zeros((domains, extra.shape[1], width if missing else 1))
        if not missing:
            self._complete_bases()

    def _complete_bases(self) -> None:
        """The sums that do not depend on the items."""
        order = self.order
        if order.rows.size:
            self.sums_v[:, :, 0] = np.add.reduceat(self.of_y, order.starts[:-1], axis=1).T
            if self.extra.shape[1]:
                np.add.at(self.extra_b[:, :, 0], order.domain, np.add.reduceat(self.extra, order.starts[:-1], axis=0))
        self.units[:, 0] = np.diff(order.unit_group_starts)
        if order.unit_starts is not None:
            base = np.add.reduceat(self.weights, order.unit_starts[:-1]) if self.weights.size else self.weights
            for group, low, high in segments(order.unit_group_starts, 0, order.units.shape[0]):
                self.unit_bb[group] = (base[low:high] ** 2).sum()

    def row_range(self, first: int, last: int) -> tuple[int, int]:
        starts = self.order.unit_starts
        return (first, last) if starts is None else (int(starts[first]), int(starts[last]))

    def open(self, first: int, last: int) -> None:
        """Begin a range of units."""
        self.first, self.last = first, last
        if self.unit_sums is not None:
            width = self.sums_y.shape[2]
            self.totals = np.zeros((last - first, width))
            self.bases = np.zeros((last - first, width if self.missing else 1))

    def add(self, block: FloatArray, low: int, high: int) -> None:
        """Add sorted rows low..high; the block is overwritten."""
        valid = None
        if self.missing:
            absent = np.isnan(block)
            block[absent] = 0.0
            valid = (~absent).astype(np.float64)
        for group, start, stop in segments(self.order.starts, low, high):
            inside = slice(start - low, stop - low)
            add_product(self.sums_y[group], self.of_y[:, start:stop], block[inside])
            if valid is not None:
                add_product(self.sums_v[group], self.of_y[:, start:stop], valid[inside])
            if self.extra.shape[1]:
                domain, coefficients = self.order.domain[group], self.extra[start:stop].T
                add_product(self.extra_y[domain], coefficients, block[inside])
                if valid is not None:
                    add_product(self.extra_b[domain], coefficients, valid[inside])
        if self.unit_sums is not None:
            matrix = self._unit_matrix(low, high)
            self.totals += matrix @ block
            if valid is not None:
                self.bases += matrix @ valid
        elif valid is not None:
            for group, start, stop in segments(self.order.starts, low, high):
                self.units[group] += valid[start - low : stop - low].sum(axis=0)
        if self.binary:
            return
        np.multiply(block, block, out=block)
        for group, start, stop in segments(self.order.starts, low, high):
            add_product(self.sums_yy[group], self.of_yy[:, start:stop], block[start - low : stop - low])

    def _unit_matrix(self, low: int, high: int) -> sparse.csc_array:
        """(units of the range, rows) matrix with the weights, which sums rows within units."""
        starts = self.order.unit_starts
        assert starts is not None
        own = np.searchsorted(starts, np.arange(low, high), side="right") - 1 - self.first
        pointers = np.arange(high - low + 1)
        return sparse.csc_array((self.weights[low:high], own, pointers), shape=(self.last - self.first, high - low))

    def close(self) -> None:
        """End a range of units: add products of unit totals."""
        if self.unit_sums is None:
            return
        starts = self.order.unit_starts
        assert starts is not None
        if not self.missing:
            self.bases[:, 0] = np.add.reduceat(
                self.weights[starts[self.first] : starts[self.last]],
                starts[self.first : self.last] - starts[self.first],
            )
        for group, start, stop in segments(self.order.unit_group_starts, self.first, self.last):
            totals, bases = (
                self.totals[start - self.first : stop - self.first],
                self.bases[start - self.first : stop - self.first],
            )
            self.unit_sums[group, 0] += np.einsum("uk,uk->k", totals, totals)
            self.unit_sums[group, 1] += (totals * bases).sum(axis=0)
            if self.missing:
                self.unit_bb[group] += np.einsum("uk,uk->k", bases, bases)
                self.units[group] += (bases > 0).sum(axis=0)

    def moments(self) -> Moments:
        """The sums, named."""
        y, v = self.sums_y, self.sums_v
        yy = y[:, [1, 0, 2]] if self.binary else self.sums_yy
        by_rows = self.unit_sums is None
        tt = yy[:, 0] if self.unit_sums is None else self.unit_sums[:, 0]
        tb = y[:, 1] if self.unit_sums is None else self.unit_sums[:, 1]
        bb = v[:, 1] if by_rows else self.unit_bb
        return Moments(
            t=y[:, 0], tt=tt, tb=tb, b=v[:, 0], bb=bb, y=y[:, 2], yy=yy[:, 2], wyy=yy[:, 1], n=v[:, 2],
            units=self.units, extra_y=self.extra_y, extra_b=self.extra_b,
        )  # fmt: skip
