"""A figure says what the ledger says, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from surveyspec.figures import DotsFigure
from surveyspec.problems import StudyError
from surveyspec.study import Study
from surveytrail.figures.content import FigureContent
from surveytrail.figures.drawing import figure_content
from surveytrail.figures.tokens import WORDS, line_text, words
from tests.tracing.small_study import CONFIG, LANGUAGES, ledger_of, write_results, write_study

PRIVATE, PROFESSIONAL = "w1.private_use.{}.unweighted", "w1.professional_use.{}.unweighted"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = write_study(tmp_path_factory.mktemp("study"))
    write_results(study)
    return study


def content_of(study: Study, language: str = "en", ledger: pd.DataFrame | None = None) -> FigureContent:
    frame = ledger_of(study) if ledger is None else ledger
    return figure_content(study, study.config.figures[0], frame, language)


def with_figure(directory: Path, **changes: object) -> tuple[Study, DotsFigure]:
    """Write the study and return it with a changed figure in its config."""
    study = write_study(directory)
    write_results(study)
    figure = DotsFigure.model_validate({**study.config.figures[0].model_dump(), **changes})
    config = study.config.model_copy(update={"figures": [figure]})
    return Study(study.directory, config, study.document, study.waves), figure


def message(study: Study, language: str = "en", ledger: pd.DataFrame | None = None) -> str:
    with pytest.raises(StudyError) as caught:
        content_of(study, language, ledger)
    return str(caught.value)


def test_values_and_intervals_are_the_ledgers(study: Study) -> None:
    ledger = ledger_of(study).set_index("id")
    marks = [mark for row in content_of(study).rows for mark in row.marks]
    assert len(marks) == 4
    for mark in marks:
        row = ledger.loc[mark.number]
        assert (mark.value, mark.lower, mark.upper) == (row["value"], row["lower"], row["upper"])
        assert mark.text.text == json.loads(row["text"])["en"]
        assert mark.interval is not None
        assert mark.interval.text == json.loads(row["interval_text"])["en"]


def test_rows_fall_with_the_first_series_and_pair_items_by_their_slug(study: Study) -> None:
    rows = content_of(study, "fr").rows
    assert [(row.label.text, [mark.number for mark in row.marks]) for row in rows] == [
        ("LinkedIn", [PRIVATE.format("linkedin"), PROFESSIONAL.format("linkedin")]),
        ("Facebook", [PRIVATE.format("facebook"), PROFESSIONAL.format("facebook")]),
    ]
    assert [row.label.source for row in rows] == ["w1.PRIV_LI", "w1.PRIV_FB"]


def test_equal_values_stay_in_the_order_of_the_questionnaire(study: Study) -> None:
    ledger = ledger_of(study)
    ledger["value"] = 0.5
    assert [row.label.text for row in content_of(study, ledger=ledger).rows] == ["Facebook", "LinkedIn"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_digit_of_the_figures_words_has_an_origin(study: Study, language: str) -> None:
    content = content_of(study, language)
    tokens = [token for line in (*content.notes, content.alt) for token in line]
    for token in tokens:
        assert token.source, token
        assert token.kind in {"R", "P", "C"} or not any(sign.isdigit() for sign in token.text), token


@pytest.mark.parametrize(
    ("language", "notes"),
    [
        ("en", ["Lines: 95% confidence intervals, model-based", "n = 6 to 7; unweighted"]),
        ("fr", ["Traits\u202f: intervalles de confiance à 95\u202f%, fondés sur un modèle",
                "n = 6 à 7\u202f; non pondéré"]),
        ("de", ["Linien: Konfidenzintervalle zu 95\u202f%, modellbasiert", "n = 6 bis 7; ungewichtet"]),
    ],
)  # fmt: skip
def test_notes_say_how_intervals_are_made_and_who_answered(study: Study, language: str, notes: list[str]) -> None:
    content = content_of(study, language)
    assert [line_text(line) for line in content.notes] == notes
    level = next(token for token in content.notes[0] if token.kind == "P")
    assert level.source == "estimates.private_use.level"
    assert [(token.source, token.show) for token in content.notes[1] if token.kind == "R"] == [
        (PRIVATE.format("facebook"), "n"),
        (PRIVATE.format("linkedin"), "n"),
    ]


def test_one_base_is_written_once(study: Study) -> None:
    ledger = ledger_of(study)
    ledger["n_used"] = 7
    assert line_text(content_of(study, ledger=ledger).notes[1]) == "n = 7; unweighted"


def test_the_alternative_text_holds_every_value(study: Study) -> None:
    assert line_text(content_of(study).alt) == (
        "Synthetic data. Dot plot: Private and professional use. Values with their intervals. "
        "LinkedIn: private 71.4% (35.9–91.8%), professional 100.0% (64.6–100.0%); "
        "Facebook: private 66.7% (30.0–90.3%), professional 42.9% (15.8–75.0%)."
    )


def test_synthetic_data_are_called_so_by_the_manifest_alone(tmp_path: Path, study: Study) -> None:
    status = content_of(study, "de").status
    assert status is not None
    assert status.text == "Synthetische Daten"
    real = write_study(tmp_path, "real")
    write_results(real)
    content = content_of(real)
    assert content.status is None
    assert line_text(content.alt).startswith("Dot plot:")


def test_a_number_that_the_ledger_lacks_is_named(study: Study) -> None:
    ledger = ledger_of(study)
    text = message(study, ledger=ledger[ledger["id"] != PRIVATE.format("linkedin")])
    line = CONFIG.splitlines().index("  - id: channels") + 1
    assert f"results/ledger/ledger.parquet: figure 'channels' (config.yaml:{line})" in text
    assert f"no number '{PRIVATE.format('linkedin')}'" in text
    assert "run the pipeline again" in text


def test_a_number_without_a_value_is_kept_and_not_drawn(study: Study) -> None:
    ledger = ledger_of(study)
    at = ledger["id"] == PRIVATE.format("linkedin")
    ledger.loc[at, ["value", "lower", "upper"]] = None
    ledger.loc[at, "text"] = json.dumps({"en": "–"})
    ledger.loc[at, "interval_text"] = None
    last = content_of(study, ledger=ledger).rows[-1]
    assert (last.label.text, last.marks[0].value, last.marks[0].text.text) == ("LinkedIn", None, "–")
    assert last.marks[0].interval is None


def test_series_of_different_units_are_refused(tmp_path: Path) -> None:
    label = {"en": "x", "fr": "x", "de": "x"}
    series = [{"estimate": "private_use", "label": label}, {"estimate": "index", "label": label}]
    study, _ = with_figure(tmp_path, series=series)
    text = message(study)
    assert "series in the units mean and share" in text
    assert "draw them as two figures" in text


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (5, "found:    5 series\n    expected: at most 4"),
        (2, "found:    'private_use' twice\n    expected: each estimate once"),
    ],
)
def test_series_that_cannot_be_told_apart_are_refused(tmp_path: Path, count: int, words: str) -> None:
    one = {"estimate": "private_use", "label": {"en": "x", "fr": "x", "de": "x"}}
    study, _ = with_figure(tmp_path, series=[one] * count)
    assert words in message(study)


def test_a_label_missing_in_the_language_is_named(tmp_path: Path) -> None:
    study, _ = with_figure(tmp_path, axis={"en": "Share", "de": "Anteil"})
    text = message(study, "fr")
    assert "config.yaml: figures.channels.axis\n    found:    labels in en, de\n    expected: a label in 'fr'" in text


def test_a_language_without_words_is_named() -> None:
    with pytest.raises(StudyError) as caught:
        words("colon", "rm")
    assert "'rm'" in str(caught.value)
    assert "a language that figures can speak: en, fr, de, it" in str(caught.value)


def test_all_words_are_there_in_all_languages() -> None:
    assert {frozenset(texts) for texts in WORDS.values()} == {frozenset({"en", "fr", "de", "it"})}
