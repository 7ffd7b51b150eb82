"""The second engine on response rates and interviews: all of them, from the raw bytes, and nothing beyond."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from recount.cli import main
from recount.interviews import recount_interviews
from recount.raw import connect
from recount.response import recount_response
from recount.results import Result
from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveytrail.frames import write_frame
from surveytrail.pipeline import compute_ledger
from tests.tiny_fieldwork import DISPOSITIONS, INTERVIEWS, METADATA, SEGMENTS, write_fieldwork


def recounted(folder: Path) -> dict[str, Result]:
    study = load_study(folder)
    with connect(folder / "scratch") as connection:
        results = [*recount_response(connection, study, "w1"), *recount_interviews(connection, study)]
    return {result.id: result for result in results}


def verified(folder: Path, ledger: pd.DataFrame, *more: str) -> tuple[int, dict]:
    path = folder / "results/ledger/ledger.parquet"
    write_frame(ledger, path)
    code = main(["--directory", str(folder), "--ledger", str(path), "--out", str(folder / "out"), "--json", *more])
    return code, json.loads((folder / "out/summary.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("occurs_if", ["any_coder", "all_coders"])
def test_both_engines_agree_on_every_number(tmp_path: Path, occurs_if: str) -> None:
    folder = write_fieldwork(tmp_path, interviews=INTERVIEWS.replace("any_coder", occurs_if))
    code, summary = verified(folder, compute_ledger(load_study(folder)).frame)
    assert (code, summary["mismatches"], summary["not_recomputed"]) == (0, {}, {})
    assert summary["by_kind"]["response"] == {"numbers": 60, "reproduced": 60}
    assert summary["by_kind"]["interview"] == {"numbers": 12, "reproduced": 12}
    assert summary["largest_relative_difference"] < 1e-12


def test_what_differs_is_missing_or_too_much_is_named(tmp_path: Path) -> None:
    folder = write_fieldwork(tmp_path)
    ledger = compute_ledger(load_study(folder)).frame
    rate, alpha = "w1.response.rr3.total.unweighted", "interviews.alpha.bar_time.unweighted"
    lost, extra = "interviews.codes.wait.unweighted", "w1.response.rr1.nobody.unweighted"
    spoiled = ledger[ledger["id"] != lost].copy()
    spoiled.loc[spoiled["id"] == rate, "value"] += 1e-6
    spoiled.loc[spoiled["id"] == alpha, "lower"] -= 1e-6
    spoiled = pd.concat([spoiled, ledger[ledger["id"] == "w1.response.rr1.total.unweighted"].assign(id=extra)])
    code, summary = verified(folder, spoiled)
    assert code == 1
    assert set(summary["mismatches"]) == {rate, alpha, lost, extra}
    assert summary["mismatches"][rate].startswith("value ")
    assert summary["mismatches"][alpha].startswith("lower ")
    assert summary["mismatches"][lost] == "not in the ledger"
    assert "not declared by the study" in summary["mismatches"][extra]


def test_the_interviews_alone(tmp_path: Path) -> None:
    folder = write_fieldwork(tmp_path)
    code, summary = verified(folder, compute_ledger(load_study(folder)).frame, "--waves", "interviews")
    assert (code, set(summary["by_kind"])) == (0, {"interview"})


def test_rates_from_their_definitions(tmp_path: Path) -> None:
    found = recounted(write_fieldwork(tmp_path))
    rate = found["w1.response.rr4.total.unweighted"]
    assert rate.value == pytest.approx(7 / (13 + 0.7 * 14), rel=1e-15)
    assert (rate.numerator, rate.denominator, rate.n_used, rate.n_in) == (None, None, 27, 30)
    exact = found["w1.response.break_off.members.unweighted"]
    assert (exact.numerator, exact.denominator) == (1, 6)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"dispositions": DISPOSITIONS.replace("members,w1,refused,1", "members,w1,lost,1")},
         ["dispositions.csv: record 3", "'lost'", "a disposition of AAPOR"]),
        ({"dispositions": DISPOSITIONS.replace("complete,4", "complete,4.5")}, ["record 1", "'4.5'", "a whole number"]),
        ({"dispositions": DISPOSITIONS + "members,w1,complete,4,synthetic,again\n"},
         ["record 16", "one row for each frame and disposition"]),
        ({"dispositions": DISPOSITIONS.replace("others,w1,refused,3,synthetic,made for tests\n", "")},
         ["frame others", "no row for refused"]),
        ({"segments": SEGMENTS.replace("WAIT,K1", "WEIT,K1")}, ["record 7", "'WEIT'", "a code of the codebook"]),
        ({"segments": SEGMENTS.replace("WAIT,K1", "WAIT,K9")}, ["record 7", "'K9'", "a coder of an interview"]),
        ({"metadata": METADATA + "A,2015-05-04,de,K1,K2\n"}, ["record 4", "'A'", "each interview once"]),
    ],
)  # fmt: skip
def test_files_that_cannot_be_used(tmp_path: Path, changed: dict[str, str], words: list[str]) -> None:
    folder = write_fieldwork(tmp_path, **changed)
    with pytest.raises(StudyError) as caught:
        recounted(folder)
    for word in words:
        assert word in str(caught.value)


def test_a_single_segment_with_two_coders(tmp_path: Path) -> None:
    metadata = "iv_id,coder1,coder2\nA,K1,K2\n"
    rows = "A,A1,No time,BAR.TIME,K1,real\nA,A1,No time,WAIT,K2,real\n"
    folder = write_fieldwork(tmp_path, metadata=metadata, segments=f"iv_id,seg_id,text,code,coder,status\n{rows}")
    code, summary = verified(folder, compute_ledger(load_study(folder)).frame, "--waves", "interviews")
    assert (code, summary["mismatches"]) == (0, {})
