"""Coded interviews: numbers by hand, what is said of rows that do not fit, and the cells behind each number."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from pyroaring import BitMap

from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveytrail.computed import Computed
from surveytrail.interviews import analyse_interviews, quotations
from surveytrail.pipeline import compute_ledger
from tests.tiny_fieldwork import INTERVIEWS, METADATA, SEGMENTS, write_fieldwork


def computed(folder: Path, **changed: str) -> Computed:
    return analyse_interviews(load_study(write_fieldwork(folder, **changed)))


def rows(found: Computed) -> pd.DataFrame:
    return found.frame.assign(id=[".".join(name.split(".")[1:3]) for name in found.frame["id"]]).set_index("id")


def test_counts_and_frequencies(tmp_path: Path) -> None:
    found = rows(computed(tmp_path))["value"]
    assert (found["counts.interviews"], found["counts.segments"]) == (3, 6)
    codes = {name: found[f"codes.{name}"] for name in ("bar_time", "bar_trust", "wait", "never")}
    assert codes == pytest.approx({"bar_time": 3 / 3, "bar_trust": 1 / 3, "wait": 2 / 3, "never": 0})


def test_a_code_that_all_coders_must_give(tmp_path: Path) -> None:
    found = rows(computed(tmp_path, interviews=INTERVIEWS.replace("any_coder", "all_coders")))["value"]
    # interview C has a single coder, whose word stands
    assert [found[f"codes.{name}"] for name in ("bar_time", "bar_trust", "wait")] == pytest.approx([1, 1 / 3, 0])


def test_agreement_by_hand(tmp_path: Path) -> None:
    """Five segments have two coders; TIME: 11 10 00 11 00, TRUST: 00 11 00 00 00, WAIT: 00 00 10 00 01."""
    found = rows(computed(tmp_path))
    alpha = {name.removeprefix("alpha."): value for name, value in found["value"].items() if name.startswith("alpha")}
    assert alpha["bar_time"] == pytest.approx(1 - 9 * 2 / (2 * 5 * 5))
    assert alpha["bar_trust"] == 1
    assert alpha["wait"] == pytest.approx(1 - 9 * 4 / (2 * 2 * 8))
    # 40 decisions: 9 times yes, 31 times no; three segments with one difference each
    assert alpha["decisions"] == pytest.approx(1 - 39 * 6 / (2 * 9 * 31))
    # sets: TIME TIME | TIME+TRUST TRUST | WAIT none | TIME TIME | none WAIT
    pairs = 10 * 10 - (4**2 + 1 + 1 + 2**2 + 2**2)
    assert alpha["code_sets"] == pytest.approx(1 - 9 * 6 / pairs)
    assert pd.isna(alpha["never"])
    assert "agreement by chance is certain" in found.loc["alpha.never", "error"]
    assert found.loc["alpha.bar_trust", "warning"] == "the coders never differ: the bootstrap can give no interval"
    assert (found.loc["alpha.bar_time", "n_in"], found.loc["alpha.bar_time", "n_used"]) == (6, 5)
    low, high = found.loc["alpha.bar_time", ["lower", "upper"]]
    assert low < alpha["bar_time"] < high


def test_without_second_coders_there_is_no_agreement(tmp_path: Path) -> None:
    metadata = "iv_id,coder1,coder2\nA,K1,\nB,K2,\n"
    segments = "iv_id,seg_id,text,code,coder,status\nA,A1,No time,BAR.TIME,K1,real\nB,B1,We wait,WAIT,K2,real\n"
    found = rows(computed(tmp_path, metadata=metadata, segments=segments))
    assert (found.loc["alpha.bar_time", "n_in"], found.loc["alpha.bar_time", "n_used"]) == (2, 0)
    assert "have a second coder" in found.loc["alpha.bar_time", "error"]


def test_rows_of_the_ledger(tmp_path: Path) -> None:
    frame = compute_ledger(load_study(write_fieldwork(tmp_path))).frame.set_index("id")
    share = frame.loc["interviews.codes.wait.unweighted"]
    assert (share["kind"], share["wave"], share["item"], share["estimator"]) == (
        "interview",
        "interviews",
        "WAIT",
        "share",
    )
    assert (json.loads(share["text"]), share["interval_text"]) == ({"en": "66.7%"}, None)
    assert json.loads(share["label"]) == {"en": "Interviews in which it occurs – Waiting"}
    assert share["raw_file"] == "data/raw/interview_segments.csv"
    alpha = frame.loc["interviews.alpha.bar_time.unweighted"]
    assert json.loads(alpha["text"]) == {"en": "0.64"}
    assert (alpha["interval_method"], alpha["seed"]) == ("bootstrap_percentile", 7)
    assert json.loads(alpha["settings"])["draws"] == 200
    assert frame.loc["interviews.counts.interviews.unweighted", "raw_file"] == "data/raw/interviews_metadata.csv"


def test_quotations_are_at_hand_by_segment_and_never_counted(tmp_path: Path) -> None:
    found = quotations(load_study(write_fieldwork(tmp_path)))
    assert (found["P1"].text, found["P1"].status, found["P1"].language) == ("They never asked us", "real", "en")
    assert (found["A1"].text, found["A1"].status, found["A1"].language) == ("No time, sorry", "synthetic", "de")
    assert len(found) == 7
    again = rows(computed(tmp_path / "more", segments=SEGMENTS + "PAPER,P2,,,en,Nor did we,WAIT,project,real\n"))
    pd.testing.assert_frame_equal(again, rows(computed(tmp_path / "same")))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("WAIT,K1", "WEIT,K1",
         ["interview_segments.csv:8: interview A, segment A3", "code 'WEIT'", "did you mean 'WAIT'"]),
        ("A,A3,", "D,A3,",
         ["interview_segments.csv:8: iv_id", "'D'", "one of A, B, C, PAPER", "'interviews: quoted:'"]),
        ("WAIT,K1", "WAIT,K3", ["coder 'K3'", "one of its coders, K1, K2"]),
        ("WAIT,K1,synthetic", "WAIT,K1,invented", ["status 'invented'", "one of real, synthetic"]),
        ("A,A3,20,30,de,We wait and see,WAIT,K1", "A,A2,9,20,de,Neither time nor trust,BAR.TRUST,K1",
         ["segment A2", "code 'BAR.TRUST' of coder K1 again", "it once (line 6)"]),
        ("WAIT,K1,synthetic\n", "WAIT,K1,synthetic\nA,A3,20,30,de,Other words,WAIT,K2,synthetic\n",
         ["interview_segments.csv:9: segment A3", "another interview, text, status or language", "those of line 8"]),
        ("A,A3,", "A,,", ["no seg_id"]),
        ("code,coder,status\n", "code,coder,kind\n", ["column 'status'", "no such column"]),
    ],
)  # fmt: skip
def test_segments_that_do_not_fit(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert SEGMENTS.count(old) == 1
    with pytest.raises(StudyError) as caught:
        computed(tmp_path, segments=SEGMENTS.replace(old, new))
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        (METADATA + "A,2015-05-04,de,K1,K2\n", ["interviews_metadata.csv:5: interview A", "the first is on line 2"]),
        (METADATA + ",2015-05-04,de,K1,K2\n", ["interviews_metadata.csv:5: iv_id", "an empty cell"]),
    ],
)
def test_interviews_that_do_not_fit(tmp_path: Path, metadata: str, words: list[str]) -> None:
    with pytest.raises(StudyError) as caught:
        computed(tmp_path, metadata=metadata)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("occurs_if", ["any_coder", "all_coders"])
def test_lineage_misses_no_cell(tmp_path: Path, occurs_if: str) -> None:
    """Change every cell in turn: whatever number changes its input has an edge on that cell."""
    given = {"interviews": INTERVIEWS.replace("any_coder", occurs_if).replace("200", "100")}
    before = computed(tmp_path / "before", **given)
    sets = before.lineage.row_sets[["row_set", "bitmap"]].to_numpy()
    records = {name: BitMap.deserialize(content) for name, content in sets}
    ties: dict[tuple[str, int, str], set[str]] = {}
    for edge in before.lineage.edges.itertuples():
        for record in records[edge.row_set]:
            for column in edge.columns:
                ties.setdefault((edge.wave, record, column), set()).add(edge.number_id)
    replaced = {
        "iv_id": "B",
        "seg_id": "X9",
        "code": "NEVER",
        "coder": "K2",
        "coder1": "K9",
        "coder2": "K9",
        "text": "x",
    }
    judged = changes = 0
    for key, file, content in (
        ("metadata", "data/raw/interviews_metadata.csv", METADATA),
        ("segments", "data/raw/interview_segments.csv", SEGMENTS.replace('"No time, sorry"', "No time")),
    ):
        header, *lines = content.splitlines()
        for record, line in enumerate(lines, 1):
            for place, column in enumerate(header.split(",")):
                if column not in replaced:
                    continue
                cells = line.split(",")
                cells[place] = replaced[column]
                text = "\n".join([header, *lines[: record - 1], ",".join(cells), *lines[record:]]) + "\n"
                try:
                    after = computed(tmp_path / "after", **given, **{key: text})
                except StudyError:
                    continue
                differs = before.frame["input_digest"] != after.frame["input_digest"]
                changed = set(before.frame.loc[differs, "id"])
                assert changed <= ties.get((file, record, column), set()), (record, column, changed)
                judged, changes = judged + 1, changes + bool(changed)
    assert judged > 20
    assert changes > 15


def test_a_study_without_interviews_has_none(tmp_path: Path) -> None:
    study = load_study(write_fieldwork(tmp_path, interviews=""))
    assert analyse_interviews(study).frame.empty
    assert quotations(study) == {}
    assert not any(kind == "interview" for kind in compute_ledger(study).frame["kind"])
