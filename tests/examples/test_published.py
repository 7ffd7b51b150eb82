"""A published table of four rows, read and compared; and what happens when it doesn't fit."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from surveyspec.plan import plan_numbers
from surveyspec.problems import StudyError
from surveyspec.study import Study, load_study
from surveytrail.published import compare_published, published_verdict, require_reproduced, summarise_published
from surveytrail.published_table import read_published

CONFIG = """\
study: {id: small, title: {en: Small}, languages: [en]}
waves:
  w1:
    label: {en: Wave}
    raw: data/raw/answers.csv
    reader: {tool: csv, encoding: utf-8, delimiter: ","}
    codebook: codebook.yaml
    respondent: RESPONDENT
estimates:
  - {id: answers, label: {en: Answers}, wave: w1, items: "Q*", distribution: item, by: [SIZE], weights: [unweighted]}
published:
  - id: table
    file: table.csv
    wave: w1
    estimate: answers
    weight: unweighted
    questions: [Q1, Q2_*]
    columns: [total, size=small, size=large]
report: {languages: [en], pages: [report/index.qmd]}
"""
CODEBOOK = """\
wave: w1
title: {en: Small}
languages: [en]
stems: {Q2: {en: Which of these? (Tick all.)}}
scales:
  YES_NO:
    - {code: 1, slug: "yes", label: {en: "Yes, it’s so"}, raw: "Yes, it?s so"}
    - {code: 2, slug: "no", label: {en: "No"}, raw: "No"}
  SIZE: [{code: 1, slug: small, label: {en: Small}}, {code: 2, slug: large, label: {en: Large}}]
  TICK: [{code: 0, slug: unticked, label: {en: not ticked}}, {code: 1, slug: ticked, label: {en: ticked}}]
variables:
  - {code: RESPONDENT, column: id, slug: respondent, type: metadata, label: {en: Number}}
  - {code: Q1, column: q1, slug: q1, type: single, label: {en: Is it so?}, scale: YES_NO}
  - {code: Q2_RED, column: q2a, slug: red, type: multiple, battery: Q2, stem: Q2, label: {en: Red}, scale: TICK}
  - {code: Q2_BLUE, column: q2b, slug: blue, type: multiple, battery: Q2, stem: Q2, label: {en: Blue}, scale: TICK}
  - {code: SIZE, column: size, slug: size, type: single, label: {en: Size}, scale: SIZE}
"""
TABLE = """\
,,All,small,Large
Is it so?,,,,
,Yes it's so,60%,50%,
AMONG ALL: Which of these? (Tick all.),,,,
,Red,13%,0%,25%
,Blue,100%,100%,100%
,,,,
""".replace("Yes it's so", '"Yes, it\'s so"')
COUNTS = {  # numerator and denominator of every published number
    "w1.answers.q1.yes.unweighted": (6, 10),
    "w1.answers.q1.yes.size=small.unweighted": (1, 2),
    "w1.answers.red.ticked.unweighted": (1, 8),
    "w1.answers.red.ticked.size=small.unweighted": (0, 4),
    "w1.answers.red.ticked.size=large.unweighted": (1, 4),
    "w1.answers.blue.ticked.unweighted": (8, 8),
    "w1.answers.blue.ticked.size=small.unweighted": (4, 4),
    "w1.answers.blue.ticked.size=large.unweighted": (4, 4),
}
MakeStudy = Callable[..., Study]


@pytest.fixture
def make_study(tmp_path: Path) -> MakeStudy:
    def make(table: str = TABLE, config: str = CONFIG, codebook: str = CODEBOOK) -> Study:
        (tmp_path / "config.yaml").write_text(config, encoding="utf-8")
        (tmp_path / "codebook.yaml").write_text(codebook, encoding="utf-8")
        (tmp_path / "table.csv").write_text(table, encoding="utf-8")
        return load_study(tmp_path)

    return make


def ledger(**changes: float | None) -> pd.DataFrame:
    """Return the numbers of COUNTS; a value without counts may replace those of an id (its dots written as __)."""
    rows = []
    for name, counts in {**COUNTS, **{key.replace("__", "."): value for key, value in changes.items()}}.items():
        if isinstance(counts, tuple):
            rows.append((name, counts[0] / counts[1], counts[0], counts[1]))
        else:
            rows.append((name, counts, None, None))
    return pd.DataFrame(rows, columns=["id", "value", "numerator", "denominator"])


def test_every_figure_is_tied_to_its_number_and_place(make_study: MakeStudy) -> None:
    figures = read_published(make_study(), 0)
    assert {figure.id for figure in figures} == set(COUNTS)
    red = figures[4]
    assert (red.line, red.column, red.text) == (5, 5, "25%")
    assert (red.question, red.answer, red.group) == ("AMONG ALL: Which of these? (Tick all.)", "Red", "size=large")


def test_figures_that_come_out_are_matches(make_study: MakeStudy) -> None:
    study = make_study()
    comparison = compare_published(study, ledger())
    assert set(comparison["verdict"]) == {"match"}
    assert list(comparison.columns) == [
        *("table", "id", "line", "column", "question", "answer", "group"),
        *("published", "ours", "value", "difference", "verdict"),
    ]
    assert summarise_published(comparison) == "8 of 8 published figures reproduced (8 match, 0 tie, 0 mismatch)"
    require_reproduced(study, comparison)


def test_a_figure_half_a_unit_away_is_listed_as_a_tie(make_study: MakeStudy) -> None:
    """One eighth is 12.5 %: half up gives 13 %, half to even 12 %."""
    study = make_study(TABLE.replace("13%", "12%"))
    comparison = compare_published(study, ledger())
    tie = comparison[comparison["verdict"] == "tie"]
    assert tie[["published", "ours", "value", "difference"]].values.tolist() == [["12%", "13%", 12.5, 0.5]]
    assert summarise_published(comparison) == "8 of 8 published figures reproduced (7 match, 1 tie, 0 mismatch)"
    require_reproduced(study, comparison)


@pytest.mark.parametrize(
    ("published", "ours", "decimals", "verdict"),
    [
        (Fraction(37), Fraction(365, 10), 0, "match"),
        (Fraction(36), Fraction(365, 10), 0, "tie"),
        (Fraction(36), Fraction(365, 10) + Fraction(1, 10**12), 0, "mismatch"),
        (Fraction(38), Fraction(375, 10) - Fraction(1, 10**12), 0, "mismatch"),
        (Fraction("0.3"), Fraction(1, 4), 1, "match"),
        (Fraction("0.2"), Fraction(1, 4), 1, "tie"),
        (Fraction("0.2"), Fraction(26, 100), 1, "mismatch"),
    ],
)
def test_verdicts_are_decided_exactly(published: Fraction, ours: Fraction, decimals: int, verdict: str) -> None:
    assert published_verdict(published, ours, decimals) == verdict


def test_noise_of_floating_point_does_not_decide_a_tie(make_study: MakeStudy) -> None:
    for noise in (-1e-16, 1e-16):
        comparison = compare_published(make_study(), ledger(w1__answers__red__ticked__unweighted=0.125 + noise))
        assert set(comparison["verdict"]) == {"match"}


@pytest.mark.parametrize(("value", "found"), [(0.64, "60%, where we find 64%"), (None, "60%, where we find no value")])
def test_a_figure_that_does_not_come_out_stops_with_its_line(
    make_study: MakeStudy, value: float | None, found: str
) -> None:
    study = make_study()
    comparison = compare_published(study, ledger(w1__answers__q1__yes__unweighted=value))
    assert summarise_published(comparison).startswith("7 of 8 published figures reproduced")
    with pytest.raises(StudyError) as error:
        require_reproduced(study, comparison)
    message = str(error.value)
    assert message.startswith("1 problem found\ntable.csv:3: column 3")
    assert found in message and "trail trace w1.answers.q1.yes.unweighted" in message


def test_a_table_known_to_have_errors_is_only_listed(make_study: MakeStudy) -> None:
    study = make_study(
        config=CONFIG.replace("    weight: unweighted\n", "    weight: unweighted\n    on_mismatch: list\n")
    )
    comparison = compare_published(study, ledger(w1__answers__q1__yes__unweighted=0.64))
    assert (comparison["verdict"] == "mismatch").sum() == 1
    require_reproduced(study, comparison)


def test_a_long_list_of_mismatches_is_cut_and_counted(make_study: MakeStudy) -> None:
    study = make_study()
    one = compare_published(study, ledger(w1__answers__q1__yes__unweighted=0.64)).iloc[:1]
    with pytest.raises(StudyError, match="5 more figures that differ") as error:
        require_reproduced(study, pd.concat([one] * 25))
    assert len(error.value.problems) == 21


def test_nothing_to_compare_is_an_error(make_study: MakeStudy) -> None:
    blank = ",,All,small,Large\nIs it so?,,,,\nWhich of these? (Tick all.),,,,\n"
    study = make_study(blank)
    comparison = compare_published(study, ledger())
    with pytest.raises(StudyError, match="0 published figures"):
        summarise_published(comparison)
    with pytest.raises(StudyError, match="0 published figures"):
        require_reproduced(study, comparison)


def test_a_number_that_the_ledger_lacks_is_an_error(make_study: MakeStudy) -> None:
    with pytest.raises(StudyError) as error:
        compare_published(make_study(), ledger().iloc[1:])
    assert "table.csv:3: column 3" in str(error.value) and "w1.answers.q1.yes.unweighted" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (",Red,", ",Green,", "table.csv:5\n    found:    the answer 'Green'\n    expected: one of red, blue"),
        ("Is it so?", "Is it?", "table.csv:2\n    found:    'Is it?'\n    expected: Q1: 'is it so?' / 'q1'"),
        ("13%,0%,25%", "13%,0%", "table.csv:5\n    found:    4 columns\n    expected: 5: question, answer"),
        ("13%", "13.2%", "table.csv:5: column 3\n    found:    '13.2%'\n    expected: a percentage with 0 decimals"),
        ("13%", "n. a.", "table.csv:5: column 3\n    found:    'n. a.'"),
        (",small,Large", ",Large,small", "column 4\n    found:    Large\n    expected: a head that names size=small"),
        ("Is it so?,,,,", ",,,,\n,Yes,1%,,", "table.csv:3\n    found:    'Yes'\n    expected: a question"),
        ("Is it so?,,,,", "Is it so?,Yes,,,", "table.csv:2\n    found:    a question and more in one row"),
        (",,,,\n,Blue", ",,,,\nAnd more?,,,,\n,Blue", "as question 3\n    expected: 2 questions"),
        (TABLE, "", "table.csv\n    found:    0 rows\n    expected: 1 header lines and rows below them"),
    ],
    ids=["answer", "question", "width", "decimals", "text", "column", "no question", "mixed", "too many", "empty"],
)  # fmt: skip
def test_what_does_not_fit_names_its_line(make_study: MakeStudy, old: str, new: str, expected: str) -> None:
    table = TABLE.replace("25%\n", "25%\n,,,,\n") if old.startswith(",,,,\n") else TABLE
    assert old in table
    with pytest.raises(StudyError) as error:
        read_published(make_study(table.replace(old, new)), 0)
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[Q1, Q2_*]", "[Q2_*, Q1]", "table.csv:2\n    found:    'Is it so?'\n    expected: Q2_*: 'which of"),
        ("[Q1, Q2_*]", "[Q1, Q2_*, SIZE]", "config.yaml:17: published.0.questions.2\n    found:    'SIZE'"),
        ("[Q1, Q2_*]", "[Q1, Q3]", "published.0.questions.1\n    found:    unknown variable 'Q3'"),
        ("[Q1, Q2_*]", "[Q1, RESPONDENT]", "published.0.questions.1\n    found:    'RESPONDENT': RESPONDENT"),
        ("[Q1, Q2_*]", "['Q*', Q2_*]", "published.0.questions.0\n    found:    'Q*': Q1, Q2_RED, Q2_BLUE"),
        ("size=large]", "size=huge]", "config.yaml:18: published.0.columns.2\n    found:    'size=huge'"),
        ('items: "Q*"', "items: Q1", "table.csv:5: column 3\n    found:    13% for Q2_RED"),
    ],
    ids=["order", "too many", "unknown", "no answers", "mixed pattern", "group", "no estimate"],
)  # fmt: skip
def test_a_description_that_does_not_fit_is_reported(make_study: MakeStudy, old: str, new: str, expected: str) -> None:
    assert old in CONFIG
    with pytest.raises(StudyError) as error:
        read_published(make_study(config=CONFIG.replace(old, new)), 0)
    assert expected in str(error.value)


def test_an_answer_text_that_several_options_have_is_ambiguous(make_study: MakeStudy) -> None:
    codebook = CODEBOOK.replace("label: {en: Blue}", "label: {en: Red}")
    with pytest.raises(StudyError, match="the answer 'Red', which several options have"):
        read_published(make_study(codebook=codebook), 0)


def test_a_file_that_is_missing_or_not_utf8_is_reported(make_study: MakeStudy) -> None:
    study = make_study()
    path = study.directory / "table.csv"
    path.write_bytes(TABLE.encode("utf-16"))
    with pytest.raises(StudyError, match="is not UTF-8"):
        read_published(study, 0)
    path.unlink()
    with pytest.raises(StudyError, match=r"table\.csv\n    found:    no such file"):
        compare_published(study, ledger())


def test_a_row_with_a_line_break_is_named_by_its_first_line(make_study: MakeStudy) -> None:
    table = TABLE.replace("Is it so?,", '"Is it\nso?",').replace(",Red,", ",Green,")
    with pytest.raises(StudyError, match=r"table\.csv:6\n"):
        read_published(make_study(table), 0)


def test_a_derived_variable_can_be_a_question(make_study: MakeStudy) -> None:
    derived = (
        "    respondent: RESPONDENT\n"
        "    derived:\n"
        "      QD:\n"
        "        label: {en: Derived}\n"
        "        slug: derived\n"
        "        categories: [{code: 1, slug: one, label: {en: One}, when: Q1 == 1}]\n"
    )
    config = CONFIG.replace("    respondent: RESPONDENT\n", derived).replace("[Q1, Q2_*]", "[Q1, Q2_*, QD]")
    study = make_study(TABLE + "Derived,,,,\n,One,1%,1%,1%\n", config)
    assert {spec.id for spec in plan_numbers(study)} >= {figure.id for figure in read_published(study, 0)}
    assert read_published(study, 0)[-1].id == "w1.answers.derived.one.size=large.unweighted"
