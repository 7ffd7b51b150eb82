"""Response rates of a wave, from the definitions of AAPOR's Standard Definitions (2016, 2023), in exact fractions.

With I completes, P partials, R refusals and break-offs, NC not reached, O unable to take part and U of unknown
eligibility (undelivered or without any reply): RR1 = I / (I + P + R + NC + O + U), RR3 the same with e * U for U, RR5
without U; RR2, RR4 and RR6 have I + P above. e = (I + P) / (I + P + screened out); COOP1 = I / (I + P + R + O).
"""

from __future__ import annotations

from fractions import Fraction

import duckdb

from recount.beside import load_beside, require_none
from recount.results import Result
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.plan import digest
from surveyspec.problems import Problem, StudyError
from surveyspec.response import COLUMNS, DISPOSITIONS, INVITED, KIND, RARE_DISPOSITIONS, ResponseSpec, plan_response
from surveyspec.study import Study

Cases = dict[str, int]


def recount_response(connection: duckdb.DuckDBPyConnection, study: Study, wave: str) -> list[Result]:
    """Recompute the counts and rates of a wave's response; none where it declares no dispositions.

    Raises
    ------
    StudyError : counts that are missing, repeated, of unknown dispositions or no whole numbers
    """
    declared = study.waves[wave].wave.dispositions
    if declared is None:
        return []
    load_beside(connection, study.directory, declared.file, COLUMNS, "dispositions")
    _check(connection, declared.file, list(declared.frames))
    return [_result(spec, _cases(connection, spec)) for spec in plan_response(study, wave)]


def _check(connection: duckdb.DuckDBPyConnection, file: str, frames: list[str]) -> None:
    words = [INVITED, *DISPOSITIONS, *RARE_DISPOSITIONS]
    asked = "list_contains(?, frame)"
    unknown = f"SELECT record, disposition FROM dispositions WHERE {asked} AND NOT list_contains(?, disposition)"
    require_none(connection, unknown, file, "a disposition of AAPOR", [frames, words])
    no_number = f"SELECT record, count FROM dispositions WHERE {asked} AND NOT regexp_full_match(count, '[0-9]+')"
    require_none(connection, no_number, file, "a whole number", [frames])
    twice = (
        f"SELECT max(record), any_value(disposition) FROM dispositions WHERE {asked} "
        "GROUP BY frame, disposition HAVING count(*) > 1"
    )
    require_none(connection, twice, file, "one row for each frame and disposition", [frames])
    for frame in frames:
        query = "SELECT disposition FROM dispositions WHERE frame = ?"
        missing = set(DISPOSITIONS) - {row[0] for row in connection.execute(query, [frame]).fetchall()}
        if missing:
            found = f"no row for {', '.join(sorted(missing))}"
            raise StudyError(Problem(file, f"frame {frame}", found, "a count of every disposition", "add the rows"))


def _cases(connection: duckdb.DuckDBPyConnection, spec: ResponseSpec) -> Cases:
    """Return how many cases of some frames had each disposition."""
    query = (
        "SELECT disposition, sum(CAST(count AS BIGINT)) FROM dispositions "
        "WHERE list_contains(?, frame) AND disposition <> ? GROUP BY disposition"
    )
    found = dict(connection.execute(query, [list(spec.frames), INVITED]).fetchall())
    return {name: int(found.get(name, 0)) for name in (*DISPOSITIONS, *RARE_DISPOSITIONS)}


def _result(spec: ResponseSpec, cases: Cases) -> Result:
    invited = sum(cases.values())
    if spec.unit == "count":
        above: int | Fraction = invited if spec.statistic == INVITED else cases[spec.statistic]
        value: Fraction | None = Fraction(above)
        below: int | Fraction | None = None
        used = invited
    else:
        above, below, used = _rate(spec.statistic, cases)
        value = Fraction(above) / below if below else None
    exact = isinstance(above, int) and not isinstance(below, Fraction)
    identity: dict[str, object] = {
        "wave": spec.wave, "kind": KIND, "estimate": KIND, "item": spec.frame, "weight": UNWEIGHTED,
        "estimator": "count" if spec.unit == "count" else spec.statistic, "spec_digest": digest(spec.canonical()),
    }  # fmt: skip
    return Result(
        spec.id,
        None if value is None else float(value),
        unit=spec.unit,
        decimals=spec.decimals,
        n_in=invited,
        n_used=used,
        numerator=int(above) if exact else None,
        denominator=int(below) if exact and below is not None else None,
        identity=identity,
    )


def _rate(rate: str, cases: Cases) -> tuple[int, int | Fraction | None, int]:
    """Return what stands above and below the line of a rate, and how many cases it is about.

    What stands below is None where the eligible share of unknown cases cannot be estimated.
    """
    i, p, screened_out, broke_off = (cases[name] for name in ("complete", "partial", "screened_out", "broke_off"))
    r = cases["refused"] + broke_off
    nc, o = cases["no_contact"], cases["other"]
    u = cases["undelivered"] + cases["no_reply"]
    whole = i + p + r + nc + o
    above = i + p if rate in {"e", "rr2", "rr4", "rr6"} else broke_off if rate == "break_off" else i
    if rate in {"rr3", "rr4"}:
        below = whole + Fraction(i + p, i + p + screened_out) * u if i + p + screened_out else None
        return above, below, whole + u
    plain = {
        "e": i + p + screened_out, "rr1": whole + u, "rr2": whole + u, "rr5": whole, "rr6": whole,
        "coop1": i + p + r + o, "completion": i + p + broke_off, "break_off": i + p + broke_off,
    }[rate]  # fmt: skip
    return above, plain, plain
