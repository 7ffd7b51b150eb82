"""What is wrong with dispositions and interviews in the study file and in the codebook of the interviews."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveyspec.interviews import plan_interviews
from surveyspec.problems import StudyError
from surveyspec.response import plan_response
from surveyspec.slices import interviews_slice, ledger_slice, response_slice
from surveyspec.study import Study, load_study
from tests.tiny_fieldwork import CODEBOOK, FRAMES, INTERVIEWS, write_fieldwork

SECOND = """\
  w2:
    label: {en: Wave two}
    raw: data/raw/w1.csv
    reader: {tool: unipark, encoding: utf-8-sig, delimiter: ";"}
    codebook: data/codebooks/w1.yaml
    respondent: ID
    dispositions: {file: data/raw/dispositions.csv, frames: {members: {en: Members}}}
estimates:
"""


def problem(folder: Path) -> str:
    with pytest.raises(StudyError) as caught:
        load_study(folder)
    return str(caught.value)


def study_of(folder: Path, **changed: str) -> Study:
    return load_study(write_fieldwork(folder, **changed))


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        (FRAMES.replace("others:", "total:"), ["w1.dispositions.frames.total", "a frame called 'total'"]),
        (FRAMES.replace("analysed", "analyzed"), ["complete_is", "'analyzed'", "one of 'analysed'"]),
        (FRAMES.replace("{members: {en: Members}, others: {en: Others}}", "{}"), ["dispositions.frames", "at least 1"]),
        (FRAMES.replace("file:", "files:"), ["unknown key 'files'", "did you mean 'file'?"]),
    ],
)  # fmt: skip
def test_dispositions(tmp_path: Path, frames: str, words: list[str]) -> None:
    said = problem(write_fieldwork(tmp_path, frames=frames))
    assert said.count("config.yaml:") >= 1
    for word in words:
        assert word in said


def test_a_frame_belongs_to_one_wave(tmp_path: Path) -> None:
    folder = write_fieldwork(tmp_path)
    config = folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("estimates:\n", SECOND, 1), encoding="utf-8")
    assert "waves.w2.dispositions.frames.members\n    found:    the frame 'members', which w1 has too" in problem(
        folder
    )


def test_no_wave_is_called_interviews(tmp_path: Path) -> None:
    folder = write_fieldwork(tmp_path)
    config = folder / "config.yaml"
    text = config.read_text(encoding="utf-8").replace("  w1:\n", "  interviews:\n", 1)
    config.write_text(text.replace("wave: w1", "wave: interviews"), encoding="utf-8")
    assert "a wave called 'interviews'" in problem(folder)


@pytest.mark.parametrize(
    ("codebook", "words"),
    [
        (CODEBOOK + "  - {code: BAR_TIME, label: {en: again}}\n",
         ["interviews.yaml:8: codes.4.code", "'BAR.TIME' and 'BAR_TIME', both 'bar_time' in number ids"]),
        (CODEBOOK + "  - {code: DECISIONS, label: {en: decided}}\n", ["the code 'DECISIONS'"]),
        (CODEBOOK + "  - {code: bar.time, label: {en: small}}\n", ["interviews.yaml:8", "'bar.time'"]),
        (CODEBOOK.replace("languages: [en]", "languages: [en, fr]"), ["codes.0.label", "no label in 'fr'"]),
        (CODEBOOK.replace("codes:", "code:"), ["unknown key 'code'", "did you mean 'codes'?"]),
    ],
)  # fmt: skip
def test_codebook_of_the_interviews(tmp_path: Path, codebook: str, words: list[str]) -> None:
    said = problem(write_fieldwork(tmp_path, codebook=codebook))
    for word in words:
        assert word in said


def test_all_problems_come_together(tmp_path: Path) -> None:
    folder = write_fieldwork(tmp_path, codebook=CODEBOOK.replace("[en]", "[en, fr]"))
    (folder / "data/codebooks/w1.yaml").write_text("wave: w1\n", encoding="utf-8")
    said = problem(folder)
    assert "no label in 'fr'" in said
    assert "data/codebooks/w1.yaml" in said


def test_planned_ids(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    ids = [spec.id for spec in plan_response(study, "w1")]
    assert ids[0] == "w1.response.invited.members.unweighted"
    assert {"w1.response.rr3.others.unweighted", "w1.response.e.total.unweighted"} <= set(ids)
    assert [spec.id for spec in plan_interviews(study)][:4] == [
        "interviews.counts.interviews.unweighted",
        "interviews.counts.segments.unweighted",
        "interviews.codes.bar_time.unweighted",
        "interviews.codes.bar_trust.unweighted",
    ]
    one = study_of(tmp_path / "one", frames=FRAMES.replace(", others: {en: Others}", ""))
    assert {spec.frame for spec in plan_response(one, "w1")} == {"members"}


def test_every_raw_file_stands_for_itself_or_its_wave(tmp_path: Path) -> None:
    assert study_of(tmp_path).raw_files == {
        "w1": "data/raw/w1.csv",
        "data/raw/dispositions.csv": "data/raw/dispositions.csv",
        "data/raw/interviews_metadata.csv": "data/raw/interviews_metadata.csv",
        "data/raw/interview_segments.csv": "data/raw/interview_segments.csv",
    }
    assert list(study_of(tmp_path / "none", frames="", interviews="").raw_files) == ["w1"]


def test_slices_notice_what_their_stage_reads(tmp_path: Path) -> None:
    """Labels rerun the ledger only; frames, seed and codes rerun the stage too."""
    given = study_of(tmp_path / "given")

    def same(name: str, **changed: str) -> tuple[bool, bool, bool]:
        other = study_of(tmp_path / name, **changed)
        return (
            response_slice(given.waves["w1"]) == response_slice(other.waves["w1"]),
            interviews_slice(given) == interviews_slice(other),
            ledger_slice(given) == ledger_slice(other),
        )

    assert same("again") == (True, True, True)
    assert same("frame_label", frames=FRAMES.replace("en: Others", "en: All others")) == (True, True, False)
    assert same("frames", frames=FRAMES.replace("others:", "rest:")) == (False, True, False)
    assert same("code_label", codebook=CODEBOOK.replace("Waiting", "Wait")) == (True, True, False)
    assert same("codes", codebook=CODEBOOK.replace("NEVER", "RARELY")) == (True, False, False)
    assert same("seed", interviews=INTERVIEWS.replace("seed: 7", "seed: 8")) == (True, False, False)
