"""The design-based part of a study by R's ``survey`` package: weighted shares, means, standard errors, Rao-Scott tests.

A third opinion, where R is installed. The raw bytes are parsed, coded and cleaned by the second engine; weights,
estimates, standard errors and tests of crosstabs are R's own (Lumley 2004, Journal of Statistical Software 9).
"""

from __future__ import annotations

import math
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from recount.comparing import CLOSED_FORM, ITERATIVE, relative_difference
from recount.conditions import answer, condition_sql, value_sql
from recount.estimates import inside_sql, published
from recount.waves import Analysed, analysed_records
from surveyspec.conditions import Condition, Value, is_value
from surveyspec.identifiers import UNWEIGHTED, number_id
from surveyspec.plan import NumberSpec, TestSpec, plan_numbers, plan_tests
from surveyspec.problems import Problem, StudyError
from surveyspec.study import Study
from surveyspec.weights import RakedWeight

SCRIPT = Path(__file__).with_name("design_based.R")
FIELDS = ("value", "se")
Row = dict[str, object]


@dataclass(frozen=True)
class RSummary:
    """What R made of the design-based numbers of a ledger.

    Parameters
    ----------
    numbers : how many were compared
    mismatches : by id, what differs
    control : whether a spoiled figure was reported
    """

    versions: str
    numbers: int
    mismatches: Mapping[str, str]
    control: bool

    @property
    def holds(self) -> bool:
        """Say whether there was something to reproduce, all of it was, and the negative control was reported."""
        return self.numbers > 0 and not self.mismatches and self.control

    @property
    def line(self) -> str:
        """The summary in one line."""
        reproduced = f"{self.numbers - len(self.mismatches)} of {self.numbers} design-based numbers reproduced"
        return f"{reproduced} by {self.versions}; negative control {'reported' if self.control else 'NOT REPORTED'}"

    def summary(self) -> dict[str, Any]:
        """Return the same as a mapping."""
        return {
            "summary": self.line, "holds": self.holds, "numbers": self.numbers, "versions": self.versions,
            "reproduced": self.numbers - len(self.mismatches), "mismatches": dict(self.mismatches),
        }  # fmt: skip


def recount_by_r(
    connection: duckdb.DuckDBPyConnection, study: Study, waves: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> RSummary:
    """Let R compute all weighted and unweighted shares and means and all Rao-Scott tests of some waves.

    Parameters
    ----------
    rows : the ledger

    Raises
    ------
    StudyError : no R with the survey package, or R stops
    """
    found: dict[str, float] = {}
    versions = ""
    for wave in waves:
        if wave in study.waves:
            computed, versions = _computed(connection, study, wave)
            found |= computed
    ledger = {str(row["id"]): row for row in rows}
    compared = {key.rpartition(" ")[0] for key in found}
    faults = {number: fault for number in sorted(compared) if (fault := _fault(number, ledger.get(number), found))}
    return RSummary(versions, len(compared), faults, _control(sorted(compared - faults.keys()), ledger, found))


def _control(numbers: Sequence[str], ledger: Mapping[str, Mapping[str, Any]], found: Mapping[str, float]) -> bool:
    """Spoil a value by one part in ten thousand: the comparison must notice."""
    number = next((number for number in numbers if ledger[number]["value"]), None)
    if number is None:
        return False
    spoiled = {**ledger[number], "value": ledger[number]["value"] * 1.0001}
    return bool(_fault(number, spoiled, found))


def _fault(number: str, row: Mapping[str, Any] | None, found: Mapping[str, float]) -> str:
    """Say in what a number differs from R's, or nothing."""
    if row is None:
        return "not in the ledger"
    tolerance = CLOSED_FORM if row["weight"] == UNWEIGHTED else ITERATIVE
    log_p = found.get(f"{number} log_p")
    if log_p is not None:
        theirs = math.log(row["value"]) if row["value"] else math.nan
        same = abs(theirs - log_p) <= tolerance * max(1.0, abs(log_p))
        return "" if same else f"log of p {theirs:.12g} in the ledger, {log_p:.12g} by R"
    for name in FIELDS:
        ours, theirs = found.get(f"{number} {name}"), row[name]
        if ours is None or (theirs is None and (math.isnan(ours) or row["n_used"] == 1)):
            continue
        if theirs is None or not relative_difference(theirs, ours) <= tolerance:
            return f"{name} {theirs} in the ledger, {ours:.15g} by R"
    return ""


def _computed(connection: duckdb.DuckDBPyConnection, study: Study, name: str) -> tuple[dict[str, float], str]:
    """Return R's figures of a wave by number id and field, and the versions of R and the package."""
    analysed = analysed_records(connection, study, name)
    asked = _Asked(analysed)
    planned = published(connection, plan_numbers(study, name), analysed.names, analysed.table)
    for spec in planned:
        if spec.quantile is None and _has_answers(connection, analysed, spec):
            asked.add_estimate(spec)
    keys = {spec.stem: spec for spec in plan_tests(study, name) if spec.hypothesis.test == "rao_scott"}
    for test in keys.values():
        asked.add_test(test)
    if not asked.wanted:
        return {}, ""
    with tempfile.TemporaryDirectory(prefix="recount-r-") as scratch:
        folder = Path(scratch)
        asked.write(connection, folder)
        versions = _run(folder)
        lines = (folder / "found.csv").read_text(encoding="utf-8").splitlines()[1:]
    found: dict[str, float] = {}
    for line in lines:
        identifier, figure, text = line.split(",")
        spec_of = keys.get(identifier)
        key = f"{identifier} {figure}" if spec_of is None else _key_of_test(spec_of, figure)
        found[key] = math.nan if text in {"NA", "NaN"} else float(text)
    return found, versions


def _key_of_test(spec: TestSpec, figure: str) -> str:
    """Return the ledger's id of a figure of a test, and the field that it is compared as."""
    part, field = {"log_p": ("p", "log_p"), "statistic": ("f", "value")}.get(figure, (figure, "value"))
    return f"{number_id(spec.wave, spec.id, spec.hypothesis.weight, [*spec.parts, part])} {field}"


def _has_answers(connection: duckdb.DuckDBPyConnection, analysed: Analysed, spec: NumberSpec) -> bool:
    """Say whether any record of the base has an answer and a weight; R has nothing to say of the others."""
    names, weight = analysed.names, analysed.column(spec.weight)
    query = f"{inside_sql(spec, names)} AND ({_sql(spec.value, analysed)}) IS NOT NULL AND {weight} > 0"
    count = connection.execute(f"SELECT count(*) FROM {analysed.table} WHERE {query}").fetchall()[0][0]
    return int(count) > 0


def _sql(tree: Condition | Value, analysed: Analysed) -> str:
    return value_sql(tree, analysed.names) if is_value(tree) else condition_sql(tree, analysed.names)


class _Asked:
    """Collects what R shall compute: distinct columns of the records, and one row per figure."""

    def __init__(self, analysed: Analysed) -> None:
        self.analysed = analysed
        self.columns: dict[str, str] = {}
        self.wanted: list[Row] = []

    def add_estimate(self, spec: NumberSpec) -> None:
        y, inside = (
            self._column(f"({_sql(spec.value, self.analysed)})::DOUBLE"),
            self._base(inside_sql(spec, self.analysed.names)),
        )
        self.wanted.append({"id": spec.id, "kind": "mean", "weight": spec.weight, "inside": inside, "x": "", "y": y})

    def add_test(self, spec: TestSpec) -> None:
        x, y = (self._column(f"({_sql(spec.roles[role][0], self.analysed)})::DOUBLE") for role in ("x", "y"))
        inside = self._base("TRUE" if spec.where is None else condition_sql(spec.where, self.analysed.names))
        row: Row = {"id": spec.stem, "kind": "test", "weight": spec.hypothesis.weight, "inside": inside, "x": x, "y": y}
        self.wanted.append(row)

    def _base(self, condition: str) -> str:
        return self._column(f"coalesce({condition}, FALSE)::INTEGER")

    def _column(self, expression: str) -> str:
        return self.columns.setdefault(expression, f"c{len(self.columns)}")

    def write(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        """Write all tables as CSV."""
        weights: list[Row] = [{"id": UNWEIGHTED, "method": "none", "column": "", "upper": "", "relative_to": ""}]
        margins: list[Row] = []
        for name, weight in self.analysed.wave.wave.weights.items():
            made = self.analysed.weights[name]
            if not isinstance(weight, RakedWeight):
                column = self._column(f"{self.analysed.column(name)}::DOUBLE")
                weights.append({"id": name, "method": "column", "column": column, "upper": "", "relative_to": ""})
                continue
            trim = weight.trim
            population = self._column(f"({self.analysed.column(name)} > 0)::INTEGER")
            upper, unit = (trim.upper, trim.relative_to) if trim is not None else ("", "")
            weights.append({"id": name, "method": "raked", "column": population, "upper": upper, "relative_to": unit})
            for code, totals in zip(weight.variables, made.targets, strict=True):
                column = self._column(f"{answer(code)}::DOUBLE")
                margins += [
                    {"id": name, "column": column, "level": f"{level:g}", "total": repr(total)}
                    for level, total in totals.items()
                ]
        chosen = ", ".join(f"{expression} AS {name}" for expression, name in self.columns.items())
        records = connection.execute(f"SELECT {chosen} FROM {self.analysed.table} ORDER BY record").fetchall()
        used = {str(row["weight"]) for row in self.wanted}
        _write(folder / "records.csv", list(self.columns.values()), records)
        _write_rows(folder / "weights.csv", [row for row in weights if row["id"] in used])
        _write_rows(folder / "margins.csv", margins or [{"id": "", "column": "", "level": "", "total": ""}])
        _write_rows(folder / "wanted.csv", self.wanted)


def _write_rows(path: Path, rows: Sequence[Row]) -> None:
    _write(path, list(rows[0]), [tuple(row.values()) for row in rows])


def _write(path: Path, header: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    """Write a CSV of numbers and ids: nothing in it needs quotes."""
    lines = [",".join(header), *(",".join(map(_written, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _written(cell: object) -> str:
    return "NA" if cell is None or cell == "" else repr(float(cell)) if isinstance(cell, float) else str(cell)


def why_no_r() -> str:
    """Return why R cannot be asked, or nothing."""
    command = shutil.which("Rscript")
    if command is None:
        return "no Rscript on the path"
    asked = subprocess.run([command, "--vanilla", "-e", "library(survey)"], capture_output=True, text=True, check=False)
    return "" if asked.returncode == 0 else "R is here, its package survey is not"


def _run(folder: Path) -> str:
    """Run the script; return the versions that it names."""
    lacking = why_no_r()
    todo = "install R (r-base) and its package survey (r-cran-survey), or leave out --engine r"
    if lacking:
        raise StudyError(Problem("--engine r", "", lacking, "R with the package survey", todo))
    done = subprocess.run(
        ["Rscript", "--vanilla", str(SCRIPT), str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        found = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        raise StudyError(Problem(SCRIPT.name, "", found, "figures of every number asked for", "see the message of R"))
    return (folder / "versions.txt").read_text(encoding="utf-8").strip()
