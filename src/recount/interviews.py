"""Coded interviews: how often each code occurs and how far coders agree, from Krippendorff's definition of alpha."""

from __future__ import annotations

import math
from collections.abc import Sequence

import duckdb
import numpy as np

from recount.beside import load_beside, require_none
from recount.draws import draw_records
from recount.intervals import NONE, Limits
from recount.results import Result
from recount.tables import FloatArray, number
from surveyspec.identifiers import UNWEIGHTED, seed_words
from surveyspec.interviews import KIND, METADATA_COLUMNS, InterviewSpec, plan_interviews
from surveyspec.plan import digest
from surveyspec.study import CODE_SETS, DECISIONS, INTERVIEWS, Study

CODINGS = ("iv_id", "seg_id", "code", "coder")
# every coder of an interview beside each of its segments; of those, who gave which code
_SEATS = (
    "CREATE OR REPLACE TABLE seats AS SELECT DISTINCT s.iv_id, s.seg_id, c.coder FROM segments s JOIN "
    "(SELECT iv_id, coder1 AS coder FROM interviews UNION SELECT iv_id, coder2 FROM interviews) c USING (iv_id) "
    "WHERE c.coder <> ''"
)
_GIVEN = "CREATE OR REPLACE TABLE given AS SELECT DISTINCT iv_id, seg_id, coder, code FROM segments WHERE code <> ''"


def recount_interviews(connection: duckdb.DuckDBPyConnection, study: Study) -> list[Result]:
    """Recompute all numbers about the interviews of a study.

    Raises
    ------
    StudyError : a missing or broken file, or rows that do not fit each other or the codebook
    """
    declared, codebook = study.config.interviews, study.interview_codebook
    assert declared is not None and codebook is not None
    load_beside(connection, study.directory, declared.metadata, METADATA_COLUMNS, "interviews")
    load_beside(connection, study.directory, declared.segments, CODINGS, "segments")
    connection.execute("DELETE FROM segments WHERE list_contains(?, iv_id)", [declared.quoted])
    connection.execute(_SEATS)
    connection.execute(_GIVEN)
    _check(connection, declared.metadata, declared.segments, list(codebook.by_code))
    return [_result(connection, spec) for spec in plan_interviews(study)]


def _check(connection: duckdb.DuckDBPyConnection, metadata: str, segments: str, codes: list[str]) -> None:
    twice = "SELECT max(record), iv_id FROM interviews GROUP BY iv_id HAVING count(*) > 1 OR iv_id = ''"
    require_none(connection, twice, metadata, "each interview once")
    nobody = "SELECT record, coder FROM segments s ANTI JOIN seats USING (iv_id, seg_id, coder)"
    require_none(connection, nobody, segments, "a coder of an interview that the other file names")
    unknown = "SELECT record, code FROM segments WHERE code <> '' AND NOT list_contains(?, code)"
    require_none(connection, unknown, segments, "a code of the codebook", [codes])


def _result(connection: duckdb.DuckDBPyConnection, spec: InterviewSpec) -> Result:
    estimator = {"counts": "count", "codes": "share", "alpha": "krippendorff_alpha"}[spec.section]
    identity: dict[str, object] = {
        "wave": INTERVIEWS, "kind": KIND, "estimate": spec.section, "item": spec.code, "weight": UNWEIGHTED,
        "estimator": estimator, "spec_digest": digest(spec.canonical()),
    }  # fmt: skip
    if spec.section == "counts":
        of = "interviews" if spec.part == "interviews" else "(SELECT DISTINCT iv_id, seg_id FROM segments)"
        count = number(connection, f"SELECT count(*) FROM {of}")
        return Result(
            spec.id, float(count), spec.unit, 0, n_in=count, n_used=count, numerator=count, identity=identity
        )  # fmt: skip
    if spec.section == "codes":
        everybody = number(connection, "SELECT count(*) FROM interviews")
        within = _interviews_with(connection, str(spec.code), spec.settings["occurs_if"] == "all_coders")
        return Result(
            spec.id, within / everybody, spec.unit, spec.decimals, n_in=everybody, n_used=everybody, numerator=within,
            denominator=everybody, identity=identity,
        )  # fmt: skip
    identity |= {"interval_level": spec.settings["level"], "interval_method": "bootstrap_percentile"}
    units = _units(connection, spec)
    value, limits, used = _alpha_and_limits(units, spec)
    return Result(
        spec.id, value, spec.unit, spec.decimals, n_in=len(units), n_used=used, limits=limits, identity=identity
    )  # fmt: skip


def _interviews_with(connection: duckdb.DuckDBPyConnection, code: str, all_coders: bool) -> int:
    """Count the interviews in which a code occurs: given by any coder, or by all to the same segment."""
    query = "SELECT count(DISTINCT iv_id) FROM given WHERE code = ?"
    if all_coders:
        query = (
            "SELECT count(DISTINCT iv_id) FROM (SELECT iv_id FROM seats LEFT JOIN (SELECT * FROM given WHERE code = ?) "
            "AS g USING (iv_id, seg_id, coder) GROUP BY iv_id, seg_id HAVING count(*) = count(g.code))"
        )
    found = connection.execute(query, [code]).fetchall()
    return int(found[0][0])


def _units(connection: duckdb.DuckDBPyConnection, spec: InterviewSpec) -> list[FloatArray]:
    """Return per segment, in the order of ids, the (decisions, values) table of how many coders decided what."""
    if spec.part == CODE_SETS:
        return _code_sets(connection)
    codes = spec.settings["codes"] if spec.part == DECISIONS else [spec.code]
    counted = ", ".join("count(code) FILTER (code = ?)" for _ in codes)
    rows = connection.execute(
        f"SELECT count(DISTINCT coder), {counted} FROM seats LEFT JOIN given USING (iv_id, seg_id, coder) "
        "GROUP BY iv_id, seg_id ORDER BY iv_id, seg_id",
        list(codes),
    ).fetchall()
    return [np.array([[coders - yes, yes] for yes in given], dtype=np.float64) for coders, *given in rows]


def _code_sets(connection: duckdb.DuckDBPyConnection) -> list[FloatArray]:
    """Return the same with one decision per segment: the codes that a coder gave to it, taken together."""
    rows = connection.execute(
        "SELECT list(codes) FROM (SELECT iv_id, seg_id, coder, coalesce(string_agg(code, ' ' ORDER BY code), '') AS "
        "codes FROM seats LEFT JOIN given USING (iv_id, seg_id, coder) GROUP BY iv_id, seg_id, coder) "
        "GROUP BY iv_id, seg_id ORDER BY iv_id, seg_id"
    ).fetchall()
    sets = sorted({codes for (given,) in rows for codes in given})
    return [np.array([[given.count(codes) for codes in sets]], dtype=np.float64) for (given,) in rows]


def _alpha_and_limits(units: Sequence[FloatArray], spec: InterviewSpec) -> tuple[float | None, Limits, int]:
    """Return alpha, its percentile interval over draws of the segments, and how many segments two coders saw.

    A unit that m coders saw adds, over all ordered pairs of its values that differ, 1 / (m - 1) to the disagreement;
    chance would make n (n - 1) times as many pairs of all n values differ as there are (Krippendorff 2011).
    """
    rows = []
    for unit in units:
        paired = unit[unit.sum(axis=1) >= 2]
        if len(paired):
            m = paired.sum(axis=1)
            differing = sum((np.outer(values, values).sum() - (values @ values)) / (own - 1)
                            for values, own in zip(paired, m, strict=True))  # fmt: skip
            rows.append([differing, *paired.sum(axis=0)])
    if not rows:
        return None, NONE, 0
    table = np.array(rows)
    observed = _alpha(table.sum(axis=0))
    if math.isnan(observed):
        return None, NONE, len(table)
    if not table[:, 0].any():
        return observed, NONE, len(table)  # without disagreement the draws show no uncertainty
    settings = spec.settings
    seed = seed_words(settings["seed"], spec.id)
    if len(table) == 1:
        return observed, (observed, observed), 1
    drawn = [_alpha(table[places].sum(axis=0)) for places in draw_records(seed, len(table), settings["draws"])]
    ordered = sorted(value for value in drawn if not math.isnan(value))
    low, high = (_between(ordered, share) for share in ((1 - settings["level"]) / 2, (1 + settings["level"]) / 2))
    return observed, (low, high), len(table)


def _alpha(sums: FloatArray) -> float:
    """Return alpha from the disagreement and how often each value was given; NaN if only one was."""
    given = sums[1:]
    n = given.sum()
    chance = n * n - given @ given
    return float(1 - (n - 1) * sums[0] / chance) if chance > 0 else math.nan


def _between(ordered: Sequence[float], share: float) -> float:
    """Return a quantile by linear interpolation between neighbours."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
