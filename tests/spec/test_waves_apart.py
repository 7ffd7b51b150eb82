"""Numbers of two waves side by side are refused in tables, figures, claims and pages, unless the study allows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveytrail.reporting.checks import SPAN, Source, attributes_of, check_page
from surveytrail.reporting.pages import Page
from surveytrail.reporting.waves_apart import parts_of, waves_of
from tests.tiny import CONFIG, write_tiny

WAVE = CONFIG[CONFIG.index("  w1:\n") : CONFIG.index("estimates:\n")]
SECOND = CONFIG.replace("estimates:\n", WAVE.replace("  w1:\n", "  w2:\n") + "estimates:\n", 1).replace(
    "report:\n",
    """\
  - id: use_later
    label: {en: Use at least monthly}
    wave: w2
    items: USE_*
    share: ">= 2"
    weights: [unweighted]
report:
""",
)
TABLE = """\
  tables:
    - id: both
      caption: {en: Both}
      columns:
        - {estimate: use, weight: unweighted, label: {en: first}}
        - {estimate: use_later, weight: unweighted, label: {en: second}}
"""
FIGURE = """\
figures:
  - id: both
    kind: dots
    title: {en: Both}
    axis: {en: Share}
    weight: unweighted
    series:
      - {estimate: use, label: {en: first}}
      - {estimate: use_later, label: {en: second}}
report:
"""
CLAIM = """\
claims:
  on_unsupported: stop
  statements:
    - {id: grows, text: {en: more than before}, holds_if: w2.use_later.alpha.unweighted > w1.use.alpha.unweighted}
report:
"""
DECLARED = {
    "report.tables.0.columns.1": SECOND + TABLE,
    "figures.0.series.1": SECOND.replace("report:\n", FIGURE),
    "claims.statements.0.holds_if": SECOND.replace("report:\n", CLAIM),
}
LEDGER = {
    "apart": ["w1", "w2"],
    "claims": {"grows": {"condition": "w2.use_later.alpha.unweighted > 0.1"}},
}
FIRST, LATER = '[]{num="w1.use.alpha.unweighted"}', '[]{num="w2.use_later.alpha.unweighted"}'


@pytest.mark.parametrize("key", DECLARED)
def test_what_sets_two_waves_side_by_side_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(StudyError) as caught:
        load_study(write_tiny(tmp_path, config=DECLARED[key]))
    said = str(caught.value)
    assert f": {key}" in said
    assert "numbers of w1 and w2 side by side" in said
    assert "a difference is no trend" in said
    assert "study: waves_comparable: true" in said


@pytest.mark.parametrize("key", DECLARED)
def test_a_study_may_declare_its_waves_comparable(tmp_path: Path, key: str) -> None:
    config = DECLARED[key].replace("  id: tiny\n", "  id: tiny\n  waves_comparable: true\n")
    assert load_study(write_tiny(tmp_path, config=config)).config.study.waves_comparable


def test_counts_of_the_fieldwork_may_stand_together(tmp_path: Path) -> None:
    fewer = CLAIM.replace("w2.use_later.alpha", "w1.flow.analysed").replace("w1.use.alpha", "w2.flow.analysed")
    load_study(write_tiny(tmp_path, config=SECOND.replace("report:\n", fewer)))


def test_a_page_is_told_line_and_remedy(tmp_path: Path) -> None:
    text = f"---\ntitle: Both\nlang: en\n---\n\nWords.\n\nIt was {FIRST}.\nLater it was {LATER}.\n"
    numbers = {"w1.use.alpha.unweighted": {"text": {"en": "1"}}, "w2.use_later.alpha.unweighted": {"text": {"en": "2"}}}
    page = Page("report/index.qmd", "index", "en", text, {"title": "Both"})
    (problem,) = check_page(page, tmp_path, {**LEDGER, "numbers": numbers}, set())
    assert str(problem).startswith(f"report/index.qmd:9: {LATER}")
    assert "numbers of w1 and w2 in one paragraph, list item or table row" in str(problem)
    assert "a paragraph of its own, or declare 'study: waves_comparable: true'" in str(problem)
    assert check_page(page, tmp_path, {**LEDGER, "numbers": numbers, "apart": []}, set()) == []


def sides(text: str) -> list[set[str]]:
    """Return the waves of each paragraph, item and row that has any."""
    found = [
        set().union(*(waves_of(attributes_of(match.group("attributes")), LEDGER) for match in SPAN.finditer(part)))
        for _, part in parts_of(Source("page", text).prose)
    ]
    return [waves for waves in found if waves]


@pytest.mark.parametrize(
    ("text", "waves"),
    [
        (f"It was {FIRST}.\nLater it was {LATER}.", [{"w1", "w2"}]),
        (f"It was {FIRST}.\n\nLater it was {LATER}.", [{"w1"}, {"w2"}]),
        (f"- first {FIRST}\n- later {LATER}", [{"w1"}, {"w2"}]),
        (f"- first {FIRST},\n  later {LATER}", [{"w1", "w2"}]),
        (f"| a | b |\n|---|---|\n| first | {FIRST} |\n| later | {LATER} |", [{"w1"}, {"w2"}]),
        (f"| a | b |\n|---|---|\n| {FIRST} | {LATER} |", [{"w1", "w2"}]),
        (f'It was {FIRST}, and []{{claim="grows"}}.', [{"w1", "w2"}]),
        (f'{FIRST} of []{{num="w2.flow.analysed.unweighted"}}', [{"w1"}]),
    ],
)
def test_paragraphs_items_and_rows_of_a_page(text: str, waves: list[set[str]]) -> None:
    assert sides(text) == waves
