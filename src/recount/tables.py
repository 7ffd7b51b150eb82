"""Query results as arrays."""

from __future__ import annotations

import duckdb
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def arrays(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, FloatArray]:
    """Run a query of numeric columns; return each as a (rows,) array with NaN for NULL."""
    found: dict[str, FloatArray] = {}
    for name, column in connection.execute(query).fetchnumpy().items():
        found[name] = np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)
    return found


def number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """Run a query of one whole number and return it."""
    return int(connection.execute(query).fetchall()[0][0])
