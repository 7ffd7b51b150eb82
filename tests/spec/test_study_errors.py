"""What a user gets wrong in config.yaml or a codebook, and what the message says."""

from pathlib import Path

import pytest

from surveyspec.plan import plan_numbers
from surveyspec.problems import StudyError
from surveyspec.study import load_study
from tests.tiny import CODEBOOK, CONFIG, write_tiny


def message(folder: Path, **files: str) -> str:
    """Load a damaged study and return what its error says."""
    with pytest.raises(StudyError) as caught:
        plan_numbers(load_study(write_tiny(folder, **files)))
    return str(caught.value)


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


def test_the_tiny_study_is_sound(tmp_path: Path) -> None:
    numbers = plan_numbers(load_study(write_tiny(tmp_path)))
    assert [number.id for number in numbers][:3] == [
        "w1.use.alpha.unweighted",
        "w1.use.alpha.raked",
        "w1.use.alpha.size=small.unweighted",
    ]
    assert len(numbers) == 14


def test_unknown_keys_are_all_reported_with_line_and_suggestion(tmp_path: Path) -> None:
    config = CONFIG.replace("    share:", "    shar:").replace("  pages:", "  page:")
    said = message(tmp_path, config=config)
    assert f"config.yaml:{line_of(config, 'shar:')}: estimates.0.shar" in said
    assert "unknown key 'shar'" in said
    assert "did you mean 'share'?" in said
    assert f"config.yaml:{line_of(config, 'page:')}: report.page" in said
    assert "the key 'pages'" in said


def test_unknown_variable_names_line_and_the_closest(tmp_path: Path) -> None:
    config = CONFIG.replace("mean: USE_A", "mean: USE_X").replace("by: [SIZE]", "by: [SIZ]")
    said = message(tmp_path, config=config)
    assert f"config.yaml:{line_of(config, 'mean: USE_X')}: estimates.1.mean" in said
    assert "unknown variable 'USE_X'" in said
    assert "unknown variable 'SIZ'" in said
    assert "did you mean 'SIZE'?" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("weights: [unweighted, raked]", "weights: [unweighted, rakd]", "did you mean 'raked'?"),
        ('share: ">= 2"', 'share: ">> 2"', "expected a"),
        ('share: ">= 2"', 'share: ">= 2"\n    mean: item', "exactly one of share, mean, distribution"),
        ("method: raking", "method: rakin", "raking"),
        ("base: none", "base: design", "one of 'none'"),
        ("respondent: ID", "respondent: IDENT", "unknown variable 'IDENT'"),
        ("by: [SIZE]", "by: [TIME]", "which has no categories"),
        ("encoding: utf-8-sig", "encoding: latin", "one of 'utf-8'"),
        ("id: level", "id: use", "the id 'use' twice"),
        ("wave: w1\n    mean", "wave: w2\n    mean", "unknown wave 'w2'"),
        ("faster_than: 0.5, variable: TIME", "faster_than: 0.5", "'variable' together with 'faster_than'"),
        ("      ANY:", "      SIZE:", "a code that the codebook does not have"),
        ("        slug: any\n", "        slug: any\n        slug: any\n", "the key 'slug' twice"),
        ("raked:", "unweighted:", "another id: this one is built in"),
    ],
)
def test_mistakes_in_the_study_file(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in CONFIG
    text = message(tmp_path, config=CONFIG.replace(old, new, 1))
    assert said in text
    assert "config.yaml:" in text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("code: USE_B", "code: USE_A", "'USE_A' twice"),
        ("column: v_3", "column: v_2", "column v_2 of USE_A again"),
        ("slug: beta, type: scale, scale: FREQ", "slug: beta, type: scale, scale: FRQ", "'FRQ'"),
        ("filter: USE_A >= 2", "filter: USE_Z >= 2", "unknown variable 'USE_Z'"),
        ("type: scale, scale: FREQ, missing: closed, label: {en: Alpha}", "type: scale, label: {en: Alpha}", "a scale"),
        ("code: 2, slug: monthly", "code: 1, slug: monthly", "code 1 twice"),
        ('"-77": NOT_REACHED', '"-77": NOT_REACHD', "did you mean 'NOT_REACHED'"),
        ("sensitivity: restricted", "sensitivity: secret", "'public', 'restricted' or 'drop'"),
    ],
)
def test_mistakes_in_the_codebook(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in CODEBOOK
    text = message(tmp_path, codebook=CODEBOOK.replace(old, new, 1))
    assert said in text
    assert "data/codebooks/w1.yaml:" in text


def test_files_that_are_no_yaml(tmp_path: Path) -> None:
    assert "expected: valid YAML" in message(tmp_path / "a", config="study: [unclosed")
    assert "an empty file" in message(tmp_path / "b", config="# nothing\n")
    folder = write_tiny(tmp_path / "c")
    (folder / "config.yaml").write_bytes(b"study:\n  title: caf\xe9\n")
    with pytest.raises(StudyError, match=r"config\.yaml:2\n.*byte 19 is not UTF-8"):
        load_study(folder)
    (folder / "config.yaml").unlink()
    with pytest.raises(StudyError, match="no such file"):
        load_study(folder)


def test_a_parameter_is_found_by_its_path(tmp_path: Path) -> None:
    study = load_study(write_tiny(tmp_path))
    assert study.parameter("waves.w1.cleaning.speeders.faster_than") == 0.5
    with pytest.raises(KeyError):
        study.parameter("waves.w1.cleaning.speeders.slower_than")
