"""Which raw cells and population margins differ between two runs, and which numbers are tied to them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pyroaring import BitMap

from surveyspec.weights import RakedWeight
from surveytrail.comparing.runs import COLUMN, KEY, RECORD_NUMBER, Run

SHOWN_RECORDS = 8


@dataclass(frozen=True)
class SourceChanges:
    """What differs between the raw files of a source; records carry their number in the run that they are of.

    Parameters
    ----------
    raw : the file
    cells : raw column -> records with another cell, as numbered in A and in B
    removed, added : records of respondents whom only A, or only B, has
    moved : records of the same respondents that have another number, as numbered in A and in B
    margins : weight id -> changed rows of its population margins, in words
    """

    raw: str
    cells: dict[str, tuple[BitMap, BitMap]] = field(default_factory=dict)
    removed: BitMap = field(default_factory=BitMap)
    added: BitMap = field(default_factory=BitMap)
    moved: tuple[BitMap, BitMap] = field(default_factory=lambda: (BitMap(), BitMap()))
    margins: dict[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.cells or self.removed or self.added or self.moved[0] or self.margins)

    @property
    def described(self) -> list[str]:
        """Say everything that differs in the source."""
        cells = {column: after for column, (_, after) in self.cells.items()}
        rows = self.say(cells, self.removed, self.added, self.moved)
        return [*rows, *dict.fromkeys(row for changed in self.margins.values() for row in changed)]

    def say(self, cells: dict[str, BitMap], removed: BitMap, added: BitMap, moved: tuple[BitMap, BitMap]) -> list[str]:
        """Put some of the changes into words."""
        found = [f"{self.raw}: {_records(records)}, column {column}" for column, records in cells.items()]
        found += [f"{self.raw}: {_records(removed)} of A not in B"] if removed else []
        found += [f"{self.raw}: {_records(added)} of B not in A"] if added else []
        if moved[0] or moved[1]:
            found.append(
                f"{self.raw}: {_records(moved[0] or moved[1])} of {'A' if moved[0] else 'B'} numbered otherwise"
            )
        return found


def changes_of_sources(a: Run, b: Run) -> dict[str, SourceChanges]:
    """Compare the raw files that both runs have, by their names in the lineage: waves by id, others by path."""
    return {name: _changes_of(a, b, name) for name in a.study.raw_files if name in b.study.raw_files}


def data_causes(number: str, weight: str, a: Run, b: Run, changes: dict[str, SourceChanges]) -> list[str]:
    """Say which changed cells and margins a number is tied to, in either run."""
    said: list[str] = []
    edges = [run.edges.get(number, []) for run in (a, b)]
    for source, found in changes.items():
        own = [[(records, columns) for at, records, columns in side if at == source] for side in edges]
        if not found or not any(own):
            continue
        ties = [BitMap().union(*(records for records, _ in side)) for side in own]
        cells: dict[str, BitMap] = {}
        for place, side in enumerate(own):
            for records, columns in side:
                for column in columns:
                    if column in found.cells and (hit := records & found.cells[column][place]):
                        cells.setdefault(column, BitMap()).update(hit)
        moved = (ties[0] & found.moved[0], ties[1] & found.moved[1])
        said += found.say(cells, ties[0] & found.removed, ties[1] & found.added, moved)
        said += found.margins.get(weight, [])
    return said


def _changes_of(a: Run, b: Run, source: str) -> SourceChanges:
    raw = b.study.raw_files[source]
    margins = _changed_margins(a, b, source) if source in a.study.waves and source in b.study.waves else {}
    if _sealed_raw(a, source) == _sealed_raw(b, source):
        return SourceChanges(raw, margins=margins)
    before, after = (run.raw_cells(source).set_index(KEY) for run in (a, b))
    common = before.index.intersection(after.index)
    removed = BitMap(before.loc[before.index.difference(common), RECORD_NUMBER].astype(np.uint32))
    added = BitMap(after.loc[after.index.difference(common), RECORD_NUMBER].astype(np.uint32))
    before, after = before.loc[common], after.loc[common]
    places = before[RECORD_NUMBER].to_numpy(np.uint32), after[RECORD_NUMBER].to_numpy(np.uint32)
    elsewhere = places[0] != places[1]
    moved = (BitMap(places[0][elsewhere]), BitMap(places[1][elsewhere]))
    cells = {}
    for column in before.columns.intersection(after.columns).drop(RECORD_NUMBER):
        other = before[column].to_numpy() != after[column].to_numpy()
        if other.any():
            cells[str(column).removeprefix(COLUMN)] = (BitMap(places[0][other]), BitMap(places[1][other]))
    return SourceChanges(raw, cells, removed, added, moved, margins)


def _sealed_raw(run: Run, source: str) -> str | None:
    return run.seal.classes["raw data"].get(Path(run.study.raw_files[source]).as_posix())


def _changed_margins(a: Run, b: Run, wave: str) -> dict[str, list[str]]:
    """Return the changed population shares per weight that both runs declare."""
    found: dict[str, list[str]] = {}
    declared = [run.study.waves[wave].wave.weights for run in (a, b)]
    for name in declared[0]:
        weights = [weights.get(name) for weights in declared]
        tables = [
            _shares(run.directory / weight.margins, weight.variables)
            for run, weight in zip((a, b), weights, strict=True) if isinstance(weight, RakedWeight)
        ]  # fmt: skip
        weight = weights[1]
        if len(tables) == 2 and isinstance(weight, RakedWeight):
            rows = _changed_rows(weight.margins, *tables)
            found |= {name: rows} if rows else {}
    return found


def _shares(path: Path, variables: Iterable[str]) -> dict[tuple[str, str], tuple[int, str]]:
    """Return line and share of every row of a margins file that a weight reads, by variable and level."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        return {(row["margin"], row["level"]): (reader.line_num, row["share"])
                for row in reader if row["margin"] in set(variables)}  # fmt: skip


def _changed_rows(
    shown: str, before: dict[tuple[str, str], tuple[int, str]], after: dict[tuple[str, str], tuple[int, str]]
) -> list[str]:
    found = []
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if old is None or new is None or float(old[1]) != float(new[1]):
            line = new[0] if new is not None else old[0] if old is not None else 0
            shares = [part[1] if part is not None else "no row" for part in (old, new)]
            found.append(f"{shown}:{line} {key[0]} {key[1]}: share {shares[0]} → {shares[1]}")
    return found


def _records(records: BitMap) -> str:
    listed = [str(record) for record in records[:SHOWN_RECORDS]]
    more = f" and {len(records) - SHOWN_RECORDS} more" if len(records) > SHOWN_RECORDS else ""
    return f"record{'' if len(records) == 1 else 's'} {', '.join(listed)}{more}"
