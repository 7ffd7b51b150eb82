"""Published tables: every figure that somebody printed about these data, held against the ledger.

A published crosstab is the one outside witness that a re-analysis has. Each of its figures is tied to the number of the
ledger that it states (``surveytrail.published_table``), and the two are compared in the table's own rounding.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

import pandas as pd

from surveyspec.problems import Problem, StudyError
from surveyspec.study import CONFIG, Study
from surveytrail.ledger.display import SIGNIFICANT_DIGITS, round_half_up
from surveytrail.published_table import PublishedFigure, read_published

Verdict = Literal["match", "tie", "mismatch"]
PLACE = ["table", "id", "line", "column", "question", "answer", "group"]
COLUMNS = [*PLACE, "published", "ours", "value", "difference", "verdict"]
PERCENT = 100
SHOWN_PROBLEMS = 20


def compare_published(study: Study, ledger: pd.DataFrame) -> pd.DataFrame:
    """Compare every figure of the study's published tables with the ledger.

    Parameters
    ----------
    study : its ``published`` section names the tables
    ledger : one row per number, with id, value (a share, 0 to 1), numerator and denominator (where exact)

    Returns
    -------
    one row per published figure, in the order of the tables: table, id, line and column (1-based place in the file),
    question, answer, group, published (text), ours (rounded half up as the table rounds), value and difference
    (percentage points, ours minus published), verdict. ``match``: ours rounds to the published figure; ``tie``: ours
    lies exactly half a unit from it, so that the rounding rule alone decides; ``mismatch``: all else, also a number
    without a value.

    Raises
    ------
    StudyError : a table that can't be read; rows, columns or figures that no number of the study stands for
    """
    numbers = {row["id"]: row for row in ledger[["id", "value", "numerator", "denominator"]].to_dict("records")}
    rows: list[dict[str, object]] = []
    problems: list[Problem] = []
    for index, table in enumerate(study.config.published):
        try:
            figures = read_published(study, index)
        except StudyError as error:
            problems.extend(error.problems)
            continue
        for figure in figures:
            if figure.id in numbers:
                rows.append({"table": table.id, **_compared(figure, numbers[figure.id], table.decimals)})
            else:
                problems.append(
                    Problem(table.file, f"column {figure.column}", f"{figure.text}, which {figure.id} should state",
                            "a number with this id in the ledger", "run the estimates again", figure.line)
                )  # fmt: skip
    if problems:
        raise StudyError(problems)
    return pd.DataFrame(rows, columns=COLUMNS)


def summarise_published(comparison: pd.DataFrame) -> str:
    """Return ``k of n published figures reproduced (…)``; ties count as reproduced and are named.

    Raises
    ------
    StudyError : there was nothing to compare
    """
    if comparison.empty:
        raise StudyError(
            Problem(CONFIG, "published", "0 published figures", "at least one figure to compare with",
                    "name a published table that holds figures under 'published:'")
        )  # fmt: skip
    counts = {verdict: int((comparison["verdict"] == verdict).sum()) for verdict in ("match", "tie", "mismatch")}
    detail = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return f"{counts['match'] + counts['tie']} of {len(comparison)} published figures reproduced ({detail})"


def require_reproduced(study: Study, comparison: pd.DataFrame) -> None:
    """Stop on figures that don't come out, unless their table says ``on_mismatch: list``.

    Raises
    ------
    StudyError : the mismatches with their lines (at most 20, then how many more), or nothing to compare
    """
    summary = summarise_published(comparison)
    files = {table.id: table.file for table in study.config.published if table.on_mismatch == "stop"}
    stopping = (comparison["verdict"] == "mismatch") & comparison["table"].isin(list(files))
    wrong = comparison[stopping].to_dict("records")
    if not wrong:
        return
    problems = []
    for row in wrong[:SHOWN_PROBLEMS]:
        found = f"{row['published']}, where we find {row['ours'] or 'no value'}"
        where, expected, todo = f"column {row['column']}", f"the same figure as {row['id']}", f"trail trace {row['id']}"
        problems.append(Problem(files[row["table"]], where, found, expected, todo, row["line"]))
    if len(wrong) > SHOWN_PROBLEMS:
        more = f"{len(wrong) - SHOWN_PROBLEMS} more figures that differ"
        problems.append(Problem(CONFIG, "published", more, "0", f"in all {summary}"))
    raise StudyError(problems)


def published_verdict(published: Fraction, ours: Fraction, decimals: int) -> Verdict:
    """Decide on exact fractions whether a figure comes out in the published rounding."""
    if Fraction(round_half_up(ours, decimals)) == published:
        return "match"
    return "tie" if abs(ours - published) * 2 == Fraction(1, 10**decimals) else "mismatch"


def _compared(figure: PublishedFigure, number: dict[Any, Any], decimals: int) -> dict[str, object]:
    """Return a row of the comparison."""
    row: dict[str, object] = {
        "id": figure.id,
        "line": figure.line,
        "column": figure.column,
        "question": figure.question,
        "answer": figure.answer,
        "group": figure.group,
        "published": figure.text,
    }
    if pd.isna(number["value"]):
        return {**row, "ours": "", "value": None, "difference": None, "verdict": "mismatch"}
    published, ours = Fraction(figure.text.rstrip("% ")), _percent(number)
    return {
        **row,
        "ours": f"{round_half_up(ours, decimals):f}" + ("%" if figure.text.endswith("%") else ""),
        "value": float(f"{float(ours):.{SIGNIFICANT_DIGITS}g}"),
        "difference": round(float(ours - published), 6),
        "verdict": published_verdict(published, ours, decimals),
    }


def _percent(number: dict[Any, Any]) -> Fraction:
    """Return a share in percent, as it is printed: exact from its counts, else at 12 significant digits."""
    if not pd.isna(number["numerator"]) and not pd.isna(number["denominator"]):
        return Fraction(PERCENT * int(number["numerator"]), int(number["denominator"]))
    return Fraction(f"{PERCENT * float(number['value']):.{SIGNIFICANT_DIGITS}g}")
