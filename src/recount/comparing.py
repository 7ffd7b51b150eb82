"""The ledger held against what the second engine found, row by row and field by field."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from recount.printing import interval_text, is_tie, value_text
from recount.results import Result
from surveyspec.problems import Problem, StudyError, listed

RECOMPUTED_KINDS = (
    "estimate", "test", "sensitivity", "scale", "nonresponse", "flow", "weighting", "response", "interview",
)  # fmt: skip
CLOSED_FORM, ITERATIVE = 1e-9, 1e-6
INDEPENDENT = "independent code"
# Below this, a difference is rounding of a figure that is zero in exact arithmetic.
NOTHING = 1e-13
NEEDED = [
    "id", "kind", "wave", "estimate", "item", "category", "weight", "estimator", "statistic", "value", "numerator",
    "denominator", "n_in", "n_used", "n_excluded", "n_weighted", "n_effective", "se", "lower", "upper", "df", "unit",
    "decimals", "text", "interval_text", "interval_level", "interval_method", "spec_digest",
]  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What came of one number; the columns of ``verification.parquet``."""

    id: str
    kind: str
    value_ledger: float | None
    value_recomputed: float | None
    relative_difference: float | None
    text_ledger: str | None
    text_recomputed: str | None
    match: bool
    engine: str
    note: str


def read_ledger(connection: duckdb.DuckDBPyConnection, path: Path, waves: Sequence[str]) -> list[dict[str, Any]]:
    """Read the ledger's rows of some waves.

    Raises
    ------
    StudyError : no ledger, a file that is none, or one without the columns that are compared
    """
    if not path.is_file():
        todo = "run the pipeline first (make), or correct --ledger"
        raise StudyError(Problem(str(path), "", "no such file", "the ledger of the study", todo))
    try:
        relation = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        columns = [column[0] for column in relation.description or []]
        rows = [dict(zip(columns, map(_none_for_nan, row), strict=True)) for row in relation.fetchall()]
    except duckdb.Error as error:
        found = str(error).splitlines()[0]
        raise StudyError(Problem(str(path), "", found, "a Parquet file", "build the ledger again")) from None
    absent = [column for column in NEEDED if column not in columns]
    if absent:
        found = f"no column {listed(absent)}"
        raise StudyError(Problem(str(path), "", found, "the columns of a ledger", "build the ledger again"))
    return [row for row in rows if row["wave"] in waves]


def _none_for_nan(cell: Any) -> Any:
    return None if isinstance(cell, float) and math.isnan(cell) else cell


def compare(rows: Sequence[Mapping[str, Any]], results: Sequence[Result], languages: Sequence[str]) -> list[Verdict]:
    """Compare ledger rows with recomputed results.

    A number that only one side knows, or that the ledger holds twice, is a mismatch. Rows of a kind that this engine
    does not compute are left out.

    Returns
    -------
    one verdict per id, in the order of the ledger, then of what it lacks
    """
    found = {result.id: result for result in results}
    ours = [row for row in rows if row["kind"] in RECOMPUTED_KINDS]
    times = Counter(row["id"] for row in ours)
    verdicts: dict[str, Verdict] = {}
    for row in ours:
        result = found.get(row["id"])
        if result is None:
            verdicts[row["id"]] = _verdict(row, None, languages, ["in the ledger, but not declared by the study"])
        else:
            repeated = [f"{times[row['id']]} times in the ledger"] if times[row["id"]] > 1 else []
            verdicts[row["id"]] = _verdict(row, result, languages, repeated)
    for result in results:
        if result.id not in verdicts:
            missing = {"id": result.id, "kind": result.identity.get("kind", "")}
            verdicts[result.id] = _verdict(missing, result, languages, ["not in the ledger"])
    return list(verdicts.values())


def _verdict(row: Mapping[str, Any], result: Result | None, languages: Sequence[str], wrong: Sequence[str]) -> Verdict:
    """Compare one row; ``wrong`` is what is known against it already."""
    faults, ties = list(wrong), []
    texts = None
    if result is not None:
        texts = {language: value_text(result, language) for language in languages}
        if "value" in row:
            faults += [fault for fault in (*_figures(row, result), *_identity(row, result)) if fault]
            differing = _differing(row, result, languages)
            # a tie excuses last bits and no rule of rounding: the row's own figures must be printed as this engine does
            own = replace(result, value=row["value"], limits=(row["lower"], row["upper"]))
            ties = differing if is_tie(result) and not _differing(row, own, languages) else []
            faults += [] if ties else differing
    ledger, ours = row.get("value"), None if result is None else result.value
    return Verdict(
        id=row["id"],
        kind=row["kind"],
        value_ledger=ledger,
        value_recomputed=ours,
        relative_difference=None if ledger is None or ours is None else relative_difference(ledger, ours),
        text_ledger=row.get("text"),
        text_recomputed=None if texts is None else json.dumps(texts, ensure_ascii=False, sort_keys=True),
        match=not faults,
        engine=INDEPENDENT,
        note="; ".join([*faults, *(f"tie: {tie}" for tie in ties)]),
    )


def _differing(row: Mapping[str, Any], result: Result, languages: Sequence[str]) -> list[str]:
    """Return the printed texts of a row that a result would not be printed as."""
    texts = {language: value_text(result, language) for language in languages}
    intervals = {language: interval_text(result, language) for language in languages}
    return [*_texts(row, "text", texts), *_texts(row, "interval_text", intervals)]


def relative_difference(left: float, right: float) -> float:
    """Return the difference of two figures as a share of the larger; 0 for rounding noise around zero."""
    if left == right or abs(left - right) < NOTHING:
        return 0.0
    return abs(left - right) / max(abs(left), abs(right))


def _figures(row: Mapping[str, Any], result: Result) -> list[str]:
    """Return every figure in which a row and a result differ."""
    tolerance = ITERATIVE if result.iterative else CLOSED_FORM
    lower, upper = result.limits
    of_limits = ITERATIVE if result.solved_limits else tolerance
    measured = {name: (getattr(result, name), tolerance) for name in ("n_weighted", "n_effective", "se", "df")}
    measured |= {"lower": (lower, of_limits), "upper": (upper, of_limits)}
    counted = {name: getattr(result, name) for name in ("n_in", "n_used", "numerator", "denominator", "decimals")}
    faults = [_differs(name, row[name], figure, allowed) for name, (figure, allowed) in measured.items()]
    faults += [_differs(name, row[name], figure, 0) for name, figure in counted.items()]
    faults.append(_excluded(row["n_excluded"], result.n_excluded))
    if result.log_p is None or not row["value"]:
        return [_differs("value", row["value"], result.value, tolerance), *faults]
    if abs(math.log(row["value"]) - result.log_p) > tolerance * max(1.0, abs(result.log_p)):
        faults.insert(0, f"log of p {math.log(row['value']):.12g} in the ledger, {result.log_p:.12g} recomputed")
    return faults


def _differs(name: str, ledger: float | None, ours: float | None, tolerance: float) -> str:
    """Say how two figures differ by more than a relative tolerance, or nothing."""
    if ledger is None and ours is None:
        return ""
    if ledger is not None and ours is not None and relative_difference(ledger, ours) <= tolerance:
        return ""
    shown = ["none" if figure is None else f"{figure:.15g}" for figure in (ledger, ours)]
    return f"{name} {shown[0]} in the ledger, {shown[1]} recomputed"


def _excluded(ledger: str | None, ours: Mapping[str, int] | None) -> str:
    """Say how the reasons for records that are not used differ, or how many have one, or nothing."""
    theirs = None if ledger is None else json.loads(ledger)
    if theirs == ours:
        return ""
    shown = ["none" if counts is None else json.dumps(counts, sort_keys=True) for counts in (theirs, ours)]
    return f"n_excluded {shown[0]} in the ledger, {shown[1]} recomputed"


def _identity(row: Mapping[str, Any], result: Result) -> list[str]:
    """Return what a row says of itself that the study file contradicts."""
    expected = {**result.identity, "unit": result.unit}
    return [
        f"{name} '{row[name]}' in the ledger, '{value}' in the study"
        for name, value in expected.items()
        if row[name] != value
    ]


def _texts(row: Mapping[str, Any], name: str, texts: Mapping[str, str | None]) -> list[str]:
    """Return the languages in which a printed text differs."""
    printed = json.loads(row[name]) if row[name] else {}
    return [
        f"{name} ({language}) '{printed.get(language)}' in the ledger, '{text}' recomputed"
        for language, text in texts.items()
        if printed.get(language) != text
    ]
