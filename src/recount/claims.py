"""The study's statements in words: judged on recomputed numbers by SQL, and held against the pipeline's verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from recount.conditions import Names, answer, condition_sql, number_literal
from recount.results import Result
from surveyspec.condition_parser import parse_condition
from surveyspec.conditions import ConditionError, bind, variables_of
from surveyspec.problems import Problem, StudyError
from surveyspec.study import Study

VERDICTS = {True: "holds", False: "fails", None: "unknown"}
NO_NUMBERS = Names(frozenset(), frozenset())


@dataclass(frozen=True)
class Claims:
    """What came of the verdicts on claims.

    Parameters
    ----------
    judged : how many claims the study declares or the file has a verdict on
    mismatches : by claim, what the two engines say of it
    """

    judged: int
    mismatches: Mapping[str, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Say whether there was something to judge and both engines judge it alike."""
        return self.judged > 0 and not self.mismatches

    @property
    def line(self) -> str:
        """The summary in a few words."""
        return f"{self.judged - len(self.mismatches)} of {self.judged} claims judged alike"


def judge_claims(
    connection: duckdb.DuckDBPyConnection, study: Study, results: Sequence[Result]
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Judge every claim on recomputed numbers.

    Returns
    -------
    per claim its verdict (``unbound`` where it names a number that the study does not declare) and the numbers it reads
    """
    values = {result.id: result.value for result in results}
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for claim in study.config.claims.statements if study.config.claims is not None else []:
        try:
            condition = bind(parse_condition(claim.holds_if), list(values))
        except ConditionError:
            found[claim.id] = ("unbound", ())
            continue
        names = variables_of(condition)
        known = {name: values[name] for name in names}
        cells = [
            f"{'NULL::DOUBLE' if value is None else number_literal(value)} AS {answer(name)}"
            for name, value in known.items()
        ]
        query = f"SELECT {condition_sql(condition, NO_NUMBERS)} FROM (SELECT {', '.join(cells)})"
        row = connection.execute(query).fetchone()
        assert row is not None
        found[claim.id] = (VERDICTS[row[0]], names)
    return found


def compare_claims(
    connection: duckdb.DuckDBPyConnection, path: Path, judged: Mapping[str, tuple[str, tuple[str, ...]]]
) -> Claims:
    """Compare the verdicts that the pipeline wrote with recomputed ones.

    Raises
    ------
    StudyError : no such file, or one without verdicts
    """
    if not path.is_file():
        todo = "run the pipeline first (make), or correct --claims"
        raise StudyError(Problem(str(path), "", "no such file", "the verdicts on the study's claims", todo))
    try:
        rows = connection.execute("SELECT id, verdict, numbers FROM read_parquet(?)", [str(path)]).fetchall()
    except duckdb.Error as error:
        found = str(error).splitlines()[0]
        raise StudyError(Problem(str(path), "", found, "verdicts on claims", "judge the claims again")) from None
    theirs = {str(name): (str(verdict), tuple(numbers)) for name, verdict, numbers in rows}
    mismatches = {}
    for name in dict.fromkeys([*judged, *theirs]):
        ours, other = judged.get(name), theirs.get(name)
        if ours is None or other is None:
            mismatches[name] = "not declared by the study" if ours is None else "no verdict in the file"
        elif ours != other:
            shown = [f"{verdict} by {', '.join(numbers) or 'no number'}" for verdict, numbers in (other, ours)]
            mismatches[name] = f"{shown[0]} in the file, {shown[1]} recomputed"
    return Claims(len({**judged, **theirs}), mismatches)
