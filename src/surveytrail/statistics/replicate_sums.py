"""Weighted sums of many items under many replicate weights, within domains, by BLAS on blocks of rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from surveytrail.statistics.arrays import FloatArray, IntArray
from surveytrail.statistics.blocks import Items, Layer, RowReader
from surveytrail.statistics.design import ReplicateDesign

# Longer blocks than for plain moments: a product with hundreds of columns of weights gains from them.
ROWS = 4096


class ReplicateSums(NamedTuple):
    """Sums within the d domains of a layer.

    Attributes
    ----------
    y, base:
        (d, R, k) weighted sums of the items under each replicate and (d, R, k or 1) of the weights.
    full_y, full_yy, full_base:
        (d, k) the same with the full-sample weights, and of squares; (d, k or 1).
    count_y, count_yy, n:
        (d, k) unweighted sums over rows with a full-sample weight, (d, k or 1) their number.
    """

    y: FloatArray
    base: FloatArray
    full_y: FloatArray
    full_yy: FloatArray
    full_base: FloatArray
    count_y: FloatArray
    count_yy: FloatArray
    n: FloatArray


def replicate_sums(
    items: Items, design: ReplicateDesign, layer: Layer, shift: FloatArray, missing_columns: IntArray | None = None
) -> ReplicateSums:
    """Return the sums of items (n, k) under all replicates.

    `shift` (k,) is taken from the items first. With `missing_columns` (q,) only these are read and their missing values
    leave the base; without, all items are taken to be complete, and missing values turn the sums into NaN.
    """
    width = shift.shape[0] if missing_columns is None else missing_columns.shape[0]
    moved = shift if missing_columns is None else shift[missing_columns]
    domains = layer.columns.shape[0]
    # Items and bases side by side: complete items share one base, the sum of the weights.
    columns = 2 * width if missing_columns is not None else width + 1
    sums, plain = np.zeros((domains, design.replicates, columns)), np.zeros((domains, 2, columns))
    squares = np.zeros((domains, 2, width))
    own = design.domain_weights
    full = np.stack([own, (own > 0).astype(np.float64)])
    of_domain = [np.flatnonzero(layer.code == domain) for domain in range(domains)]
    longest = min(ROWS, max(rows.size for rows in of_domain))
    y_buffer, item_buffer = np.ones((longest, columns)), np.empty((longest, width))
    first = 0
    for block in design.blocks():
        these = slice(first, first + block.shape[1])
        buffer = np.empty((longest, block.shape[1]))
        for domain, rows in enumerate(of_domain):
            source = RowReader(items, rows, moved, missing_columns)
            for low in range(0, rows.size, ROWS):
                own_rows = rows[low : low + ROWS]
                y = y_buffer[: own_rows.size]
                _read_with_bases(source, low, y, item_buffer)
                weights = np.take(block, own_rows, axis=0, out=buffer[: own_rows.size], mode="clip")
                with np.errstate(invalid="ignore", over="ignore"):
                    _add_product(weights.T, y, sums[domain, these], low == 0)
                    if first == 0:
                        plain[domain] += full[:, own_rows] @ y
                        squares[domain] += full[:, own_rows] @ y[:, :width] ** 2
        first = these.stop
    return ReplicateSums(
        sums[:, :, :width], sums[:, :, width:], plain[:, 0, :width], squares[:, 0], plain[:, 0, width:],
        plain[:, 1, :width], squares[:, 1], plain[:, 1, width:],
    )  # fmt: skip


def _add_product(left: FloatArray, right: FloatArray, result: FloatArray, new: bool) -> None:
    """Add a matrix product to `result`, or write it there when nothing is there yet."""
    if new and result.flags.c_contiguous:
        np.matmul(left, right, out=result)
    else:
        result += left @ right


def _read_with_bases(source: RowReader, low: int, block: FloatArray, buffer: FloatArray) -> None:
    """Fill `block` with sorted rows from `low`: the items, missing as 0, and beside them what bases are summed from.

    The columns beside complete items are the caller's ones; missing items have a column each, 0 where missing.
    """
    width = buffer.shape[1]
    items = source.read(low, low + block.shape[0], buffer)
    if source.columns is not None:
        absent = np.isnan(items)
        items[absent] = 0.0
        block[:, width:] = ~absent
    block[:, :width] = items
