"""Figures of hypothesis tests: ranks of items, effects of a model's predictors."""

from __future__ import annotations

from collections.abc import Mapping

from surveyspec.catalogue import TESTS
from surveyspec.figures import ForestFigure, RanksFigure
from surveyspec.identifiers import number_id
from surveyspec.plan import TestSpec, plan_tests
from surveyspec.study import Study
from surveytrail.figures.content import FigureContent, Gathering, LedgerRow, Parts, Row, Scale
from surveytrail.figures.style import MARKERS
from surveytrail.figures.tokens import Line, Token
from surveytrail.reporting.wording import constant_text, level_text

SCALES: dict[str, Scale] = {"rank": "rank", "odds_ratio": "ratio"}


def hypotheses_content(source: Gathering[RanksFigure] | Gathering[ForestFigure]) -> FigureContent:
    """Gather what a figure of ranks or of effects shows: a line per item or predictor, a mark per hypothesis.

    Raises
    ------
    StudyError : models with different effects, more series than can be told apart
    """
    study, figure = source.study, source.figure
    specs = [_spec(study, part.hypothesis) for part in figure.series]
    effects = sorted({str(TESTS[spec.hypothesis.test].effect) for spec in specs})
    if len(effects) > 1:
        raise source.refuse("series", f"the effects {' and '.join(effects)}", "models with the same effect",
                            "draw them as two figures")  # fmt: skip
    if len(specs) > len(MARKERS):
        raise source.refuse("series", f"{len(specs)} series", f"at most {len(MARKERS)}",
                            "draw two figures: more colours cannot be told apart")  # fmt: skip
    planned = [_numbers(study, spec, effects[0]) for spec in specs]
    values = source.rows(number for numbers in planned for number in numbers.values())
    wave, rows = study.waves[specs[0].wave], []
    for code in dict.fromkeys(code for numbers in planned for code in numbers):
        marks = tuple(
            source.mark(values[numbers[code]], place) for place, numbers in enumerate(planned) if code in numbers
        )
        rows.append(Row(source.label(wave.label(code), f"{wave.id}.{code}"), marks))
    scale = SCALES.get(effects[0], "number")
    if scale == "rank":
        rows.sort(key=lambda row: row.marks[0].value or len(rows))
    parts = Parts(
        scale=scale,
        axis=source.own_label(figure.axis, "axis"),
        series=source.series_labels(figure.series),
        rows=tuple(rows),
        notes=_notes(source, specs[0], values),
    )
    return source.complete(parts)


def _spec(study: Study, hypothesis: str) -> TestSpec:
    return next(spec for spec in plan_tests(study) if spec.id == hypothesis)


def _numbers(study: Study, spec: TestSpec, effect: str) -> dict[str, str]:
    """Return the ids of a test's effects by the variable that they belong to, in the order of the study file."""
    wave, hypothesis = study.waves[spec.wave], spec.hypothesis
    codes = list(hypothesis.given or ()) if hypothesis.given else wave.items(str(hypothesis.items))
    return {
        str(code): number_id(spec.wave, spec.id, hypothesis.weight, [*spec.parts, wave.slug(str(code)), effect])
        for code in codes
    }


def _notes(
    source: Gathering[RanksFigure] | Gathering[ForestFigure], spec: TestSpec, values: Mapping[str, LedgerRow]
) -> tuple[Line, ...]:
    """Say how the intervals are made, how many answers there are, and which weight."""
    first, language = next(iter(values.values())), source.language
    texts = level_text(first["interval_level"], [language]) or {language: "–"}
    level = Token("R", texts[language], str(first["id"]), "level")
    if spec.hypothesis.draws is not None:
        path = f"hypotheses.{spec.id}.draws"
        draws = Token("P", constant_text(spec.hypothesis.draws, language), path)
        interval = source.words("bootstrap", level=[level], draws=[draws])
    else:
        interval = source.words("interval", level=[level])
    return interval, source.base_note(spec.wave, spec.hypothesis.weight, list(values.values()))
