"""The ledger and its lineage as written by a run, read for tracing: only the rows that a question needs."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from pyroaring import BitMap

from surveyspec.problems import Problem, StudyError
from surveytrail.frames import read_frame

LEDGER = "results/ledger/ledger.parquet"
LINEAGE = "results/ledger/lineage.parquet"
ROW_SETS = "results/ledger/row_sets.parquet"
VERIFICATION = "results/verification/verification.parquet"
JSON_COLUMNS = frozenset(
    {"groups", "label", "group_label", "question", "n_excluded", "text", "interval_text", "settings"}
)


@dataclass(frozen=True)
class Edge:
    """A number's tie to a set of raw records and raw columns.

    Parameters
    ----------
    kind : DIRECT (computed from these cells), INDIRECT (they decide who is in the base), GLOBAL (all records matter)
    why : what ties them: value, filter, group, missing value, exclusion, weight
    wave : the source of the cells: a wave, or the path of a file beside the survey exports
    columns : raw column names; ``#3`` is the third column
    records : raw record numbers, from 1
    """

    kind: str
    why: str
    wave: str
    columns: tuple[str, ...]
    records: BitMap


class TrailFrames:
    """What a run left in ``results/``, by what tracing asks for."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """The ledger, indexed by number id.

        Raises
        ------
        StudyError : the ledger has not been made
        """
        return read_frame(self._file(LEDGER)).set_index("id", drop=False)

    def row(self, number: str) -> dict[str, Any]:
        """Return one row of the ledger as plain values, its JSON cells read."""
        return {str(name): _plain(value, name in JSON_COLUMNS) for name, value in self.ledger.loc[number].items()}

    def edges(self, number: str) -> list[Edge]:
        """Return the edges of a number with their records, in the order in which the ledger's engine added them."""
        frame = pd.read_parquet(self._file(LINEAGE), filters=[("number_id", "==", number)])
        wanted = sorted(set(frame["row_set"]))
        if not wanted:
            return []
        sets = pd.read_parquet(self._file(ROW_SETS), filters=[("row_set", "in", wanted)])
        bitmaps = {
            row_set: BitMap.deserialize(bitmap) for row_set, bitmap in zip(sets["row_set"], sets["bitmap"], strict=True)
        }
        rows = frame.to_dict("records")
        return [
            Edge(row["kind"], row["why"], row["wave"], tuple(row["columns"]), bitmaps[row["row_set"]]) for row in rows
        ]

    def responses(self, wave: str, records: list[int], codes: list[str]) -> dict[int, dict[str, Any]]:
        """Return some imported records of a wave by record number, each as plain values by column.

        Parameters
        ----------
        codes : variables whose codes and missing reasons are wanted beside the respondent and the raw lines
        """
        path = self._file(f"results/{wave}/responses.parquet")
        columns = ["record", "first_line", "last_line", "respondent", *codes, *(f"{code}:reason" for code in codes)]
        frame = pd.read_parquet(path, columns=columns, filters=[("record", "in", records)])
        rows = [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
        return {row["record"]: row for row in rows}

    def verdict(self, number: str) -> dict[str, Any] | None:
        """Return what the second engine found for a number, or None where it has not run."""
        path = self.directory / VERIFICATION
        if not path.is_file():
            return None
        frame = pd.read_parquet(path, filters=[("id", "==", number)])
        return {str(name): _plain(value) for name, value in frame.iloc[0].items()} if len(frame) else None

    def _file(self, name: str) -> Path:
        path = self.directory / name
        if not path.is_file():
            raise StudyError(
                Problem(name, "", "no such file", "what a run of the pipeline writes there",
                        "run 'make', or 'snakemake' in the study's folder, first")
            )  # fmt: skip
        return path


def _plain(value: Any, is_json: bool = False) -> Any:
    """Return a cell of a frame as plain Python: JSON read, arrays as lists, missing as None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if is_json and isinstance(value, str):
        return json.loads(value) if value else None
    if value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value
