"""The lineage the other way round: from a raw cell to the numbers that read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pyroaring import BitMap

from surveytrail.proof.results import open_result

if TYPE_CHECKING:
    from surveyspec.study import Study
    from surveytrail.ledger.collect import Ledger

LINEAGE = "results/ledger/lineage.parquet"
ROW_SETS = "results/ledger/row_sets.parquet"


@dataclass(frozen=True)
class Tie:
    """An edge of a number, as the lineage holds it.

    Parameters
    ----------
    kind : DIRECT, INDIRECT or GLOBAL
    why : value, filter and groups, exclusion …
    wave : source of the records: a wave, or the path of a file beside the survey exports
    row_set : digest of its set of raw records
    columns : raw column names
    """

    number: str
    kind: str
    why: str
    wave: str
    row_set: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class IndexSize:
    """Bytes of the index on disk, and of the raw files that it is about."""

    index: int
    raw: int

    @property
    def ratio(self) -> float:
        """How many times as large as the raw files the index is."""
        return self.index / self.raw


def index_size(study: Study) -> IndexSize:
    """Return how large the index of a finished run is."""
    index = sum((study.directory / name).stat().st_size for name in (LINEAGE, ROW_SETS))
    return IndexSize(index, sum((study.directory / file).stat().st_size for file in study.raw_files.values()))


def read_ties(directory: Path, wave: str, record: int, column: str) -> list[Tie]:
    """Read the edges that hold one raw cell, and no others: much quicker than the whole index.

    Raises
    ------
    StudyError : the pipeline has not run
    """
    import pyarrow.parquet as pq

    texts = ["number_id", "kind", "why", "wave", "row_set"]
    # texts come as codes, so that few of them are ever made
    file = pq.ParquetFile(open_result(directory, LINEAGE), read_dictionary=[*texts, "columns.list.element"])
    edges = file.read().unify_dictionaries().combine_chunks()
    coded = {name: _codes(edges[name].combine_chunks()) for name in texts}
    columns = edges["columns"].combine_chunks()
    codes, names = _codes(columns.values)
    if column not in names or wave not in coded["wave"][1]:
        return []
    starts = _integers(columns.offsets)
    rows = np.searchsorted(starts, np.flatnonzero(codes == names.index(column)), side="right") - 1
    rows = rows[coded["wave"][0][rows] == coded["wave"][1].index(wave)]
    of_rows, digests = coded["row_set"]
    wanted = {digests[code] for code in np.unique(of_rows[rows])}
    sets = pq.ParquetFile(open_result(directory, ROW_SETS)).read(columns=["row_set", "bitmap"])
    bitmaps = zip(sets["row_set"].to_pylist(), sets["bitmap"], strict=True)
    holding = {name for name, bitmap in bitmaps if name in wanted and record in BitMap.deserialize(bitmap.as_py())}
    rows = rows[np.array([digests[code] in holding for code in of_rows[rows]], dtype=bool)]
    held: dict[str, list[Any]] = {name: [values[code] for code in at[rows]] for name, (at, values) in coded.items()}
    held["columns"] = [[names[code] for code in codes[starts[row] : starts[row + 1]]] for row in rows]
    return _ties(held)


def _codes(array: Any) -> tuple[np.ndarray, list[str]]:
    """Return an Arrow array of texts as codes, and the texts that these stand for."""
    return _integers(array.indices), array.dictionary.to_pylist()


def _integers(array: Any) -> np.ndarray:
    """Return the content of an Arrow array of 32-bit integers: Arrow's own way there imports pandas."""
    return np.frombuffer(array.buffers()[1], dtype=np.int32)[array.offset : array.offset + len(array)]


def _ties(edges: Mapping[Any, Any]) -> list[Tie]:
    """Return edges given column by column."""
    rows = zip(*(edges[name] for name in ("number_id", "kind", "why", "wave", "row_set", "columns")), strict=True)
    return [Tie(number, kind, why, wave, row_set, tuple(columns)) for number, kind, why, wave, row_set, columns in rows]


class CellIndex:
    """Edges by raw column, and the raw records that each names."""

    def __init__(self, ties: Iterable[Tie], records: Mapping[str, BitMap]) -> None:
        self.ties = list(ties)
        self.records = records

    @classmethod
    def read(cls, directory: Path) -> CellIndex:
        """Read the lineage that a run left in a study's folder.

        Raises
        ------
        StudyError : the pipeline has not run
        """
        import pyarrow.parquet as pq

        edges, sets = (pq.ParquetFile(open_result(directory, name)) for name in (LINEAGE, ROW_SETS))
        return cls._of_columns(edges.read().to_pydict(), sets.read(columns=["row_set", "bitmap"]).to_pydict())

    @classmethod
    def of(cls, ledger: Ledger) -> CellIndex:
        """Return the index of a ledger in memory."""
        return cls._of_columns(ledger.edges.to_dict("list"), ledger.row_sets.to_dict("list"))

    @classmethod
    def _of_columns(cls, edges: Mapping[Any, Any], sets: Mapping[Any, Any]) -> CellIndex:
        bitmaps = (BitMap.deserialize(content) for content in sets["bitmap"])
        return cls(_ties(edges), dict(zip(sets["row_set"], bitmaps, strict=True)))

    @cached_property
    def by_column(self) -> dict[tuple[str, str], list[Tie]]:
        """Edges by wave and raw column."""
        found: dict[tuple[str, str], list[Tie]] = {}
        for tie in self.ties:
            for column in tie.columns:
                found.setdefault((tie.wave, column), []).append(tie)
        return found

    def of_cell(self, wave: str, record: int, column: str) -> list[Tie]:
        """Return the edges that hold a raw cell."""
        return [tie for tie in self.by_column.get((wave, column), []) if record in self.records[tie.row_set]]

    def cells(self, number: str) -> dict[tuple[str, str], BitMap]:
        """Return the raw records that a number reads, by wave and raw column."""
        found: dict[tuple[str, str], BitMap] = {}
        for tie in self._by_number.get(number, []):
            for column in tie.columns:
                key = (tie.wave, column)
                found[key] = found.get(key, BitMap()) | self.records[tie.row_set]
        return found

    @cached_property
    def _by_number(self) -> dict[str, list[Tie]]:
        found: dict[str, list[Tie]] = {}
        for tie in self.ties:
            found.setdefault(tie.number, []).append(tie)
        return found

    def without_cell(self, number: str, wave: str, record: int, column: str) -> CellIndex:
        """Return the index with one cell of one number left out: what a negative control tampers with."""
        records, ties = dict(self.records), []
        for tie in self.ties:
            if (tie.number, tie.wave) == (number, wave) and column in tie.columns and record in records[tie.row_set]:
                others = tuple(name for name in tie.columns if name != column)
                smaller = f"{tie.row_set} without {record}"
                records[smaller] = records[tie.row_set] - BitMap([record])
                ties.append(Tie(tie.number, tie.kind, tie.why, wave, smaller, (column,)))
                if others:
                    ties.append(Tie(tie.number, tie.kind, tie.why, wave, tie.row_set, others))
            else:
                ties.append(tie)
        return CellIndex(ties, records)

    def without_column(self, wave: str, column: str) -> CellIndex:
        """Return the index without any edge on a column: what a negative control tampers with."""
        kept = [
            Tie(tie.number, tie.kind, tie.why, tie.wave, tie.row_set, tuple(c for c in tie.columns if c != column))
            if tie.wave == wave
            else tie
            for tie in self.ties
        ]
        return CellIndex([tie for tie in kept if tie.columns], self.records)
