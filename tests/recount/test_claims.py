"""Claims judged by the second engine: the three verdicts, and every way in which the pipeline's can differ."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from recount.claims import compare_claims, judge_claims
from recount.results import Result
from surveyspec.problems import StudyError
from surveyspec.study import Study, load_study
from tests.tiny import CONFIG, write_tiny

CLAIMS = """\
claims:
  on_unsupported: mark
  statements:
    - {id: most, text: {en: most}, holds_if: w1.use.unweighted > 0.5 and not (w1.level.unweighted > 9)}
    - {id: few, text: {en: few}, holds_if: 0.1 <= w1.use.unweighted <= 0.5}
    - {id: open, text: {en: open}, holds_if: w1.empty.unweighted > 0}
    - {id: settled, text: {en: settled}, holds_if: w1.empty.unweighted > 0 or w1.use.unweighted > 0.5}
    - {id: bare, text: {en: bare}, holds_if: w1.nowhere.unweighted > 0}
report:
"""
VALUES = {"w1.use.unweighted": 0.75, "w1.level.unweighted": 2.5, "w1.empty.unweighted": None}
VERDICTS = {"most": "holds", "few": "fails", "open": "unknown", "settled": "holds", "bare": "unbound"}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return load_study(write_tiny(tmp_path, config=CONFIG.replace("report:\n", CLAIMS)))


@pytest.fixture
def judged(study: Study) -> dict[str, tuple[str, tuple[str, ...]]]:
    results = [Result(number, value, "share", 1) for number, value in VALUES.items()]
    return judge_claims(duckdb.connect(), study, results)


def written(folder: Path, rows: dict[str, tuple[str, list[str]]]) -> Path:
    path = folder / "claims.parquet"
    columns = {
        "id": list(rows),
        "verdict": [row[0] for row in rows.values()],
        "numbers": [row[1] for row in rows.values()],
    }
    pd.DataFrame(columns).to_parquet(path)
    return path


def test_unknown_numbers_leave_a_claim_open_unless_the_rest_decides(
    judged: dict[str, tuple[str, tuple[str, ...]]],
) -> None:
    assert {name: verdict for name, (verdict, _) in judged.items()} == VERDICTS
    assert judged["most"][1] == ("w1.use.unweighted", "w1.level.unweighted")


def test_every_difference_is_named(judged: dict[str, tuple[str, tuple[str, ...]]], tmp_path: Path) -> None:
    same = {name: (verdict, list(numbers)) for name, (verdict, numbers) in judged.items()}
    alike = compare_claims(duckdb.connect(), written(tmp_path, same), judged)
    assert alike.holds and alike.line == "5 of 5 claims judged alike"
    other = {
        **same,
        "few": ("holds", same["few"][1]),
        "settled": ("holds", ["w1.level.unweighted"]),
        "invented": ("holds", []),
    }
    del other["open"]
    found = compare_claims(duckdb.connect(), written(tmp_path, other), judged)
    assert not found.holds and found.line == "2 of 6 claims judged alike"
    assert found.mismatches == {
        "few": "holds by w1.use.unweighted in the file, fails by w1.use.unweighted recomputed",
        "open": "no verdict in the file",
        "settled": "holds by w1.level.unweighted in the file, "
        "holds by w1.empty.unweighted, w1.use.unweighted recomputed",
        "invented": "not declared by the study",
    }


def test_none_of_none_does_not_hold(tmp_path: Path) -> None:
    assert not compare_claims(duckdb.connect(), written(tmp_path, {}), {}).holds


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no such file"):
        compare_claims(duckdb.connect(), tmp_path / "none.parquet", {})
    (tmp_path / "text.parquet").write_text("no")
    with pytest.raises(StudyError, match="verdicts on claims"):
        compare_claims(duckdb.connect(), tmp_path / "text.parquet", {})
