"""Which raw cells a number comes from: edges of a number to sets of raw records and raw columns.

An edge has a kind. DIRECT: the value is computed from these cells. INDIRECT: they decide who is in the base (filter,
group, exclusion, a missing answer). GLOBAL: every record matters (raking, a median over all records).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd
from pyroaring import BitMap

from surveyspec.codebook import Position
from surveyspec.config import ColumnWeight
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.study import WaveSpec

Kind = Literal["DIRECT", "INDIRECT", "GLOBAL"]
EDGE_COLUMNS = ["number_id", "kind", "why", "wave", "row_set", "columns"]
ROW_SET_COLUMNS = ["row_set", "wave", "size", "bitmap"]


class Lineage:
    """Collects the edges of many numbers; equal sets of records are stored once."""

    def __init__(self) -> None:
        self._edges: list[dict[str, object]] = []
        self._row_sets: dict[str, dict[str, object]] = {}

    def add(self, number: str, kind: Kind, why: str, wave: str, records: np.ndarray, columns: Iterable[str]) -> None:
        """Add an edge from a number to the given raw records (numbered from 1) and raw columns."""
        names = list(dict.fromkeys(columns))
        if not names or not len(records):
            return
        bitmap = BitMap(records.astype(np.uint32))
        bitmap.run_optimize()
        content = bitmap.serialize()
        row_set = hashlib.sha256(wave.encode() + content).hexdigest()[:16]
        self._row_sets[row_set] = {"row_set": row_set, "wave": wave, "size": len(bitmap), "bitmap": content}
        self._edges.append(
            {"number_id": number, "kind": kind, "why": why, "wave": wave, "row_set": row_set, "columns": names}
        )

    @property
    def edges(self) -> pd.DataFrame:
        """One row per edge, in the order added."""
        return pd.DataFrame(self._edges, columns=EDGE_COLUMNS)

    @property
    def row_sets(self) -> pd.DataFrame:
        """One row per distinct set of records: its digest and its compressed bitmap."""
        return pd.DataFrame(list(self._row_sets.values()), columns=ROW_SET_COLUMNS)


def raw_columns(wave: WaveSpec, codes: Iterable[str]) -> list[str]:
    """Return the raw columns that variables are made of, following derived variables; ``#3`` is a column by place."""
    columns = (wave.codebook.by_code[code].column for code in wave.roots(list(codes)))
    return [f"#{column.position}" if isinstance(column, Position) else column for column in columns]


def add_exclusion_edges(lineage: Lineage, number: str, wave: WaveSpec, every_record: np.ndarray) -> None:
    """Add what decides whether records are analysed at all: the cleaning rules' columns, on every raw record."""
    for rule in wave.wave.cleaning:
        kind: Kind = "GLOBAL" if rule.faster_than is not None else "INDIRECT"
        columns = raw_columns(wave, wave.rule_variables(rule))
        lineage.add(number, kind, f"exclusion {rule.id}", wave.id, every_record, columns)


def add_weight_edges(
    lineage: Lineage, number: str, wave: WaveSpec, weight: str, analysed: np.ndarray, used: np.ndarray
) -> None:
    """Add the cells that weights come from: the used records' own, or after raking all analysed records'."""
    if weight == UNWEIGHTED:
        return
    declared = wave.wave.weights[weight]
    columns = raw_columns(wave, wave.weight_variables(declared))
    if isinstance(declared, ColumnWeight):
        lineage.add(number, "DIRECT", f"weight {weight}", wave.id, used, columns)
    else:
        lineage.add(number, "GLOBAL", f"weight {weight}", wave.id, analysed, columns)
