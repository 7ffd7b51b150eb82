"""What a finished run left in a study's folder, as far as questions about single raw cells need it; quick to import."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from surveyspec.codebook import Codebook, Position, Variable
from surveyspec.problems import Problem, StudyError, listed
from surveytrail.digests import file_digest

LEDGER = "results/ledger/ledger.parquet"


def open_result(directory: Path, name: str) -> Path:
    """Return the path of a result.

    Raises
    ------
    StudyError : the pipeline has not run
    """
    path = directory / name
    if not path.is_file():
        todo = "run 'make', or 'snakemake' in the study's folder, first"
        raise StudyError(Problem(name, "", "no such file", "what a run of the pipeline writes there", todo))
    return path


def require_unchanged(directory: Path, files: Iterable[str]) -> None:
    """Stop if a raw file is not the one that the ledger was computed from.

    Raises
    ------
    StudyError : names the files
    """
    import pyarrow.parquet as pq

    path = open_result(directory, LEDGER)
    recorded = pq.ParquetFile(path).read(columns=["raw_file", "raw_digest"]).to_pydict()
    digests = dict(zip(recorded["raw_file"], recorded["raw_digest"], strict=True))
    changed = [name for name in files if name in digests and file_digest(directory / name) != digests[name]]
    if changed:
        todo = "restore the file, or run the pipeline again"
        expected = "the raw files that the ledger was computed from"
        raise StudyError(Problem(listed(changed), "", "another sha256", expected, todo))


def excluded_records(directory: Path, wave: str) -> dict[int, str]:
    """Return the rule that excluded each excluded record, as cleaning wrote it down.

    Raises
    ------
    StudyError : the pipeline has not run
    """
    name = f"results/{wave}/exclusions.csv"
    with open_result(directory, name).open(encoding="utf-8", newline="") as stream:
        return {int(row["record"]): row["rule"] for row in csv.DictReader(stream)}


def variable_at(codebook: Codebook, place: int, header: str) -> Variable | None:
    """Return the variable of a raw column, if the codebook has one.

    Parameters
    ----------
    place : 0-based place in the file
    header : the header cell
    """
    for variable in codebook.variables:
        column = variable.column
        if column.position == place + 1 if isinstance(column, Position) else column == header:
            return variable
    return None
