"""Response rates: by hand, against the scenario of the study, and what is said of counts that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from pyroaring import BitMap

from surveyspec.plan import digest
from surveyspec.problems import StudyError
from surveyspec.response import plan_response
from surveyspec.study import Study, load_study
from surveytrail.computed import Computed
from surveytrail.pipeline import compute_ledger
from surveytrail.response import compute_response_rates, require_complete_is_analysed
from tests.tiny_fieldwork import DISPOSITIONS, FRAMES, write_fieldwork

ROOT = Path(__file__).parents[2]
LISTS = """\
    dispositions:
      file: data/raw/dispositions.csv
      frames: {FRAMES}
"""


def computed(folder: Path, **files: str) -> tuple[Study, Computed]:
    study = load_study(write_fieldwork(folder, **files))
    return study, compute_response_rates(study, "w1")


def values(found: Computed, frame: str) -> dict[str, float]:
    rows = found.frame[found.frame["id"].str.endswith(f".{frame}.unweighted")]
    return {identifier.split(".")[2]: value for identifier, value in zip(rows["id"], rows["value"], strict=True)}


def problem(folder: Path, **files: str) -> str:
    with pytest.raises(StudyError) as caught:
        computed(folder, **files)
    return str(caught.value)


def test_rates_by_hand(tmp_path: Path) -> None:
    _, found = computed(tmp_path)
    # others: I 2, P 0, R 3, O 1, U 12, screened out 2, so e = 2/4
    assert values(found, "others") == pytest.approx(
        {
            "invited": 20, "complete": 2, "partial": 0, "refused": 3, "broke_off": 0, "screened_out": 2,
            "undelivered": 3, "no_reply": 9, "no_contact": 0, "other": 1, "e": 2 / 4, "rr1": 2 / 18, "rr2": 2 / 18,
            "rr3": 2 / (6 + 12 / 2), "rr4": 2 / 12, "rr5": 2 / 6, "rr6": 2 / 6, "coop1": 2 / 6, "completion": 1,
            "break_off": 0,
        }
    )  # fmt: skip
    # both frames together: I 6, P 1, R 5, O 1, U 14, screened out 3, so e = 7/10
    total = values(found, "total")
    assert total["rr3"] == pytest.approx(6 / (13 + 0.7 * 14))
    assert total["rr4"] == pytest.approx(7 / (13 + 0.7 * 14))
    assert total["coop1"] == pytest.approx(6 / 13)


def test_rows_of_the_ledger(tmp_path: Path) -> None:
    study = load_study(write_fieldwork(tmp_path))
    frame = compute_ledger(study).frame.set_index("id")
    rate = frame.loc["w1.response.rr1.total.unweighted"]
    assert (rate["kind"], rate["wave"], rate["unit"], rate["decimals"]) == ("response", "w1", "share", 2)
    assert (rate["numerator"], rate["denominator"], rate["n_in"], rate["n_used"]) == (6, 27, 30, 27)
    assert json.loads(rate["text"]) == {"en": "22.22%"}
    assert (rate["raw_file"], list(rate["columns"])) == ("data/raw/dispositions.csv", ["count"])
    assert (json.loads(rate["label"])["en"], json.loads(rate["group_label"])["en"]) == (
        "Response rate 1 (AAPOR RR1)", "All frames",
    )  # fmt: skip
    mixed = frame.loc["w1.response.rr3.total.unweighted"]
    assert pd.isna(mixed["numerator"])  # e is estimated: no ratio of counts
    assert frame.loc["w1.response.refused.members.unweighted", "config_line"] == study.line(
        "waves", "w1", "dispositions", "frames", "members"
    )


# the scenario as the study describes it, printed to two decimals: e, RR1 to RR6
SCENARIO = {
    ("w1",): {"w1": "84.33 6.29 6.99 7.32 8.14 62.95 70.01"},
    ("w2_sge", "w2_alumni"): {
        "w2_sge": "66.91 2.23 2.69 3.26 3.93 46.95 56.71",
        "w2_alumni": "76.27 5.09 5.87 6.50 7.50 58.21 67.16",
        "total": "69.70 2.75 3.27 3.85 4.58 50.22 59.74",
    },
}


@pytest.mark.parametrize("frames", SCENARIO)
def test_the_rates_of_the_study(tmp_path: Path, frames: tuple[str, ...]) -> None:
    header, *lines = (ROOT / "data/raw/dispositions.csv").read_text(encoding="utf-8").splitlines()
    own = "\n".join([header, *(line for line in lines if line.split(",")[0] in frames)])
    declared = LISTS.replace("FRAMES", ", ".join(f"{frame}: {{en: {frame}}}" for frame in frames))
    study = load_study(write_fieldwork(tmp_path, frames=declared, dispositions=own + "\n"))
    texts = compute_ledger(study).frame.set_index("id")["text"]
    for frame, expected in SCENARIO[frames].items():
        rates = ["e", *(f"rr{number}" for number in range(1, 7))]
        printed = [json.loads(texts[f"w1.response.{rate}.{frame}.unweighted"])["en"] for rate in rates]
        assert printed == [f"{value}%" for value in expected.split()]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("members,w1,refused,1", "members,w1,refussed,1",
         ["data/raw/dispositions.csv:4: frame members", "disposition 'refussed'", "did you mean 'refused'?"]),
        ("members,w1,partial,1", "member,w1,partial,1",
         ["data/raw/dispositions.csv:3: frame", "'member'", "one of members, others", "did you mean 'members'?"]),
        ("members,w1,complete,4", "members,w1,complete,4.5",
         ["data/raw/dispositions.csv:2: frame members, disposition complete", "count '4.5'", "a whole number"]),
        ("members,w1,complete,4", "members,w1,complete,-4", ["count '-4'"]),
        ("members,w1,no_reply,1", "members,w1,complete,1",
         ["dispositions.csv:8: frame members, disposition complete", "a second row", "the first is on line 2"]),
        ("others,w1,refused,3,synthetic,made for tests\n", "",
         ["frame others", "no row for refused", "0 where nobody had it"]),
        ("frame,wave,disposition", "frame,wave,outcome", ["column 'disposition'", "no such column"]),
        ("others,w1,other,1", "others,w1,invited,21",
         ["frame others", "21 invited", "19, the sum of the dispositions"]),
    ],
)  # fmt: skip
def test_counts_that_cannot_be_used(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert old in DISPOSITIONS
    said = problem(tmp_path, dispositions=DISPOSITIONS.replace(old, new))
    for word in words:
        assert word in said


def test_a_frame_without_rows_and_a_file_that_is_missing(tmp_path: Path) -> None:
    only = "\n".join(line for line in DISPOSITIONS.splitlines() if not line.startswith("others")) + "\n"
    assert "frame others\n    found:    no row\n" in problem(tmp_path / "rows", dispositions=only)
    folder = write_fieldwork(tmp_path / "file")
    (folder / "data/raw/dispositions.csv").unlink()
    with pytest.raises(StudyError, match=r"the CSV that 'waves\.w1\.dispositions\.file' names"):
        compute_response_rates(load_study(folder), "w1")


def test_completes_must_be_the_records_analysed(tmp_path: Path) -> None:
    study, _ = computed(tmp_path / "as_declared")
    require_complete_is_analysed(study, "w1", 6)
    with pytest.raises(StudyError) as caught:
        require_complete_is_analysed(study, "w1", 7)
    line = study.line("waves", "w1", "dispositions", "complete_is")
    assert f"config.yaml:{line}: waves.w1.dispositions.complete_is" in str(caught.value)
    assert "6 completes in data/raw/dispositions.csv, 7 records of w1 analysed" in str(caught.value)
    free, _ = computed(tmp_path / "free", frames=FRAMES.replace("      complete_is: analysed\n", ""))
    require_complete_is_analysed(free, "w1", 7)


def test_rates_without_anybody_are_undefined_and_say_so(tmp_path: Path) -> None:
    nobody = "\n".join(
        line.replace(",4,", ",0,").replace(",1,", ",0,") if line.startswith("members") else line
        for line in DISPOSITIONS.splitlines()
    )
    _, found = computed(tmp_path, dispositions=nobody + "\n")
    rows = found.frame.set_index("id")
    for rate in ("e", "rr1", "rr3", "rr5", "completion"):
        row = rows.loc[f"w1.response.{rate}.members.unweighted"]
        assert pd.isna(row["value"])
        assert row["error"] == "nobody is in the denominator"
    assert rows.loc["w1.response.invited.members.unweighted", "value"] == 0


def test_lineage_names_just_the_counts_that_a_number_reads(tmp_path: Path) -> None:
    """Change every count in turn: the numbers whose input changes are those with a DIRECT edge on it."""
    study, before = computed(tmp_path / "before")
    edges, sets = before.lineage.edges, before.lineage.row_sets
    records = {name: BitMap.deserialize(content) for name, content in sets[["row_set", "bitmap"]].to_numpy()}
    direct = edges[edges["kind"] == "DIRECT"]
    assert set(edges["wave"]) == {"data/raw/dispositions.csv"} <= set(study.raw_files)
    header, *lines = DISPOSITIONS.splitlines()
    for record, line in enumerate(lines, 1):
        cells = line.split(",")
        cells[3] = str(int(cells[3]) + 100)
        changed = "\n".join([header, *lines[: record - 1], ",".join(cells), *lines[record:]])
        _, after = computed(tmp_path / "after", dispositions=changed + "\n")
        differing = before.frame["input_digest"] != after.frame["input_digest"]
        expected = {edge.number_id for edge in direct.itertuples() if record in records[edge.row_set]}
        assert set(before.frame.loc[differing, "id"]) == expected
        assert any(number.endswith(".total.unweighted") for number in expected)


def test_a_study_without_dispositions_has_no_response(tmp_path: Path) -> None:
    study, found = computed(tmp_path, frames="")
    assert found.frame.empty
    assert not any(kind == "response" for kind in compute_ledger(study).frame["kind"])


def test_ids_and_digests_are_those_of_the_plan(tmp_path: Path) -> None:
    study, found = computed(tmp_path)
    specs = plan_response(study, "w1")
    assert found.frame["id"].tolist() == [spec.id for spec in specs]
    assert found.frame["spec_digest"].tolist() == [digest(spec.canonical()) for spec in specs]
    assert len(specs) == 3 * 20
