"""Which raw cells a number comes from: edges of a number to sets of raw records and raw columns.

An edge has a kind. DIRECT: the value is computed from these cells. INDIRECT: they decide who is in the base (filter,
group, exclusion, a missing answer), or name who is. GLOBAL: every record matters (raking, a median over all records).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd
from pyroaring import BitMap

from surveyspec.codebook import Position
from surveyspec.config import CleaningRule
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.sources import Read, skip_logic_sources, sources
from surveyspec.study import WaveSpec
from surveyspec.weights import ColumnWeight, Weight

Kind = Literal["DIRECT", "INDIRECT", "GLOBAL"]
_Edge = tuple[str, str, str, str, tuple[str, ...]]
EDGE_COLUMNS = ["number_id", "kind", "why", "wave", "row_set", "columns"]
ROW_SET_COLUMNS = ["row_set", "wave", "size", "bitmap"]
# what an edge's `why` says: the proofs read these words
VALUE, NOT_USED, SKIPPED, RESPONDENT = "value", "value not used", "skip logic", "respondent"
FILTER, EXCLUSION, WEIGHT, COUNT = "filter and groups", "exclusion", "weight", "count of records"
DISCLOSURE = "disclosure"
UNREACHED = ("NOT_ASKED", "NOT_REACHED")  # and NO_ANSWER where pages tell it from these


class Lineage:
    """Collects the edges of many numbers; equal sets of records are stored once."""

    def __init__(self) -> None:
        self._edges: dict[str, dict[_Edge, None]] = {}
        self._row_sets: dict[str, tuple[str, str, int, bytes]] = {}
        self._digests: dict[tuple[str, bytes], str] = {}
        self._exclusions: dict[str, list[tuple[Kind, str, list[str]]]] = {}

    def add(self, number: str, kind: Kind, why: str, wave: str, records: np.ndarray, columns: Iterable[str]) -> None:
        """Add an edge from a number to the given raw records (numbered from 1) and raw columns."""
        names = list(dict.fromkeys(columns))
        if names and len(records):
            edge = (kind, why, wave, self._row_set(wave, records), tuple(names))
            self._edges.setdefault(number, {})[edge] = None

    def add_as(self, number: str, other: Lineage, of: str | None = None) -> None:
        """Add the edges of another lineage, all of them or those ``of`` one number, as edges of a number."""
        for name in other._edges if of is None else [of]:
            edges = other._edges.get(name, {})
            self._edges.setdefault(number, {}).update(edges)
            self._row_sets |= {row_set: other._row_sets[row_set] for _, _, _, row_set, _ in edges}

    def add_exclusions(self, number: str, wave: WaveSpec, every_record: np.ndarray) -> None:
        """Add what decides whether records are analysed at all: the cleaning rules' columns, on every raw record."""
        if wave.id not in self._exclusions:
            self._exclusions[wave.id] = [
                (
                    "INDIRECT" if rule.faster_than is None else "GLOBAL",
                    f"{EXCLUSION} {rule.id}",
                    raw_columns(wave, rule_reads(wave, rule)),
                )
                for rule in wave.wave.cleaning
            ]
        for kind, why, columns in self._exclusions[wave.id]:
            self.add(number, kind, why, wave.id, every_record, columns)

    @property
    def edges(self) -> pd.DataFrame:
        """One row per edge, number by number, in the order first added."""
        rows = [(number, *edge, list(columns)) for number, edges in self._edges.items() for *edge, columns in edges]
        return pd.DataFrame(rows, columns=EDGE_COLUMNS)

    @property
    def row_sets(self) -> pd.DataFrame:
        """One row per distinct set of records: its digest and its compressed bitmap."""
        return pd.DataFrame(list(self._row_sets.values()), columns=ROW_SET_COLUMNS)

    def _row_set(self, wave: str, records: np.ndarray) -> str:
        key = (wave, records.astype("<i8").tobytes())
        if key not in self._digests:
            bitmap = BitMap(records.astype(np.uint32))
            bitmap.run_optimize()
            content = bitmap.serialize()
            row_set = hashlib.sha256(wave.encode() + content).hexdigest()[:16]
            self._row_sets[row_set] = (row_set, wave, len(bitmap), content)
            self._digests[key] = row_set
        return self._digests[key]


def raw_columns(wave: WaveSpec, reads: Iterable[Read]) -> list[str]:
    """Return the raw columns behind variables and conditions, following derived variables and skip logic.

    ``#3`` is a column by place.
    """
    return column_names(wave, sources(wave, reads))


def column_names(wave: WaveSpec, codes: Iterable[str]) -> list[str]:
    """Return the raw columns of questionnaire variables."""
    columns = (wave.codebook.by_code[code].column for code in codes)
    return [f"#{column.position}" if isinstance(column, Position) else column for column in columns]


def rule_reads(wave: WaveSpec, rule: CleaningRule) -> list[Read]:
    """Return what a cleaning rule reads: variables and its condition."""
    condition = wave.rule_condition(rule)
    named = [*(rule.duplicates_of or []), *([rule.variable] if rule.variable else [])]
    return [*named, *([condition] if condition is not None else [])]


def weight_reads(wave: WaveSpec, weight: Weight) -> list[Read]:
    """Return what a weight is made from: variables and the condition of its population."""
    if isinstance(weight, ColumnWeight):
        return [weight.variable]
    return [*weight.variables, *([wave.condition(weight.population)] if weight.population else [])]


def add_base_edges(
    lineage: Lineage,
    number: str,
    wave: WaveSpec,
    reads: Iterable[Read],
    records: np.ndarray,
    inside: np.ndarray,
    used: np.ndarray,
    reasons: np.ndarray,
) -> None:
    """Add the cells of a number's base: values used, answers that are missing and why, and who the respondents are.

    Parameters
    ----------
    reads : what the value is computed from: variable codes or conditions
    records, inside, used, reasons : (n,) analysed records, those in the base, those whose value is used, and why a
        value is missing
    """
    roots = sources(wave, reads)
    columns, left_out = column_names(wave, roots), inside & ~used
    lineage.add(number, "DIRECT", VALUE, wave.id, records[used], columns)
    if left_out.any():
        lineage.add(number, "INDIRECT", NOT_USED, wave.id, records[left_out], columns)
        paged = any(wave.codebook.by_code[code].page is not None for code in roots)
        unreached = left_out & np.isin(reasons, [*UNREACHED, "NO_ANSWER"] if paged else UNREACHED)
        asked_by = column_names(wave, skip_logic_sources(wave, roots))
        lineage.add(number, "INDIRECT", SKIPPED, wave.id, records[unreached], asked_by)
    lineage.add(number, "INDIRECT", RESPONDENT, wave.id, records[inside], raw_columns(wave, [wave.wave.respondent]))


def add_exclusion_edges(lineage: Lineage, number: str, wave: WaveSpec, every_record: np.ndarray) -> None:
    """Add what decides whether records are analysed at all: the cleaning rules' columns, on every raw record."""
    lineage.add_exclusions(number, wave, every_record)


def add_weight_edges(
    lineage: Lineage,
    number: str,
    wave: WaveSpec,
    weight: str,
    analysed: np.ndarray,
    used: np.ndarray,
    left_out: np.ndarray | None = None,
) -> None:
    """Add the cells that weights come from: the base's own, or after raking all analysed records'.

    Parameters
    ----------
    analysed, used, left_out : raw records: analysed, with a value that is used, in the base with none
    """
    if weight == UNWEIGHTED:
        return
    declared, why = wave.wave.weights[weight], f"{WEIGHT} {weight}"
    columns = raw_columns(wave, weight_reads(wave, declared))
    if isinstance(declared, ColumnWeight):
        lineage.add(number, "DIRECT", why, wave.id, used, columns)
        if left_out is not None:
            lineage.add(number, "INDIRECT", why, wave.id, left_out, columns)
    else:
        lineage.add(number, "GLOBAL", why, wave.id, analysed, columns)
