"""What a specification curve shows: a headline number under every declared decision, in order of its value.

The form is that of Simonsohn, Simmons & Nelson (2020, Nature Human Behaviour 4): estimates with their intervals above,
below them which option of each decision stands behind each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from surveyspec.decisions import Decision
from surveyspec.figures import SpecificationCurveFigure
from surveyspec.sensitivity import Specification, decisions_of, plan_sensitivity
from surveytrail.figures.content import FigureContent, Gathering, LedgerRow, Parts, Row
from surveytrail.figures.tokens import Line, Token, sign
from surveytrail.reporting.wording import percentage_text

OTHERS, REPORTED = 0, 1  # series


@dataclass(frozen=True)
class OptionRow:
    """One option of a decision, and the places in the curve of the specifications that have it."""

    label: Token
    places: tuple[int, ...]


@dataclass(frozen=True)
class DecisionRows:
    """A decision with its options, the one that was made first."""

    label: Token
    options: tuple[OptionRow, ...]


@dataclass(frozen=True)
class CurveContent(FigureContent):
    """What a specification curve says; ``rows`` are its specifications by rising value, each with one mark."""

    decisions: tuple[DecisionRows, ...] = ()


def curve_content(source: Gathering[SpecificationCurveFigure]) -> CurveContent:
    """Gather what a specification curve shows."""
    study, figure = source.study, source.figure
    multiverse = next(found for found in plan_sensitivity(study) if found.headline.number == figure.number)
    specs = {spec.id: spec for spec in multiverse.specifications}
    summaries = {summary.statistic: summary.id for summary in multiverse.summaries}
    values = source.rows([*specs, *summaries.values()])
    rows = [
        Row(
            source.label_of(values[number]),
            (source.mark(values[number], REPORTED if number == figure.number else OTHERS),),
        )
        for number in specs
    ]
    # those without a value come last; sorted() is stable
    rows.sort(key=lambda row: (row.marks[0].value is None, row.marks[0].value or 0.0))
    order = [specs[row.marks[0].number] for row in rows]
    reported = multiverse.reported.number
    level = Token("P", percentage_text(reported.level, source.language), f"estimates.{reported.estimate}.level")
    parts = Parts(
        scale="share" if reported.estimator == "share" else "number",
        axis=source.own_label(figure.axis, "axis"),
        series=(source.words("other_specifications")[0], source.words("reported")[0]),
        rows=tuple(rows),
        notes=(source.words("interval", level=[level]), _range_note(source, summaries, values)),
    )
    content = source.complete(parts)
    decisions = tuple(_decision_rows(source, decision, order) for decision in decisions_of(study, multiverse))
    said = {field.name: getattr(content, field.name) for field in dataclasses.fields(content)}
    return CurveContent(**{**said, "alt": _alt(source, content, parts.notes[1]), "decisions": decisions})


def _decision_rows(
    source: Gathering[SpecificationCurveFigure], decision: Decision, order: list[Specification]
) -> DecisionRows:
    key = f"sensitivity.decisions.{decision.id}"
    chosen = [spec.options.get(decision.id) for spec in order]
    named = [
        (None, decision.reported, f"{key}.reported"),
        *((option.id, option.label, f"{key}.options.{option.id}.label") for option in decision.options),
    ]
    options = tuple(
        OptionRow(source.label(label, path), tuple(place for place, found in enumerate(chosen) if found == name))
        for name, label, path in named
    )
    return DecisionRows(source.label(decision.label, f"{key}.label"), options)


def _range_note(
    source: Gathering[SpecificationCurveFigure], summaries: Mapping[str, str], values: Mapping[str, LedgerRow]
) -> Line:
    """Say how many specifications there are, from where to where they lead, and how many hold the reported value."""
    places = {"count": "specifications", "smallest": "smallest", "largest": "largest", "covering": "covering"}
    numbers = {place: [source.value(values[summaries[statistic]])] for place, statistic in places.items()}
    return source.words("specifications", **numbers)


def _alt(source: Gathering[SpecificationCurveFigure], content: FigureContent, ranges: Line) -> Line:
    """Return the curve in words: the reported value, the range, and how many intervals hold it; not every dot."""
    notice: Line = () if content.status is None else (content.status, sign(". "))
    reported = next(row.marks[0] for row in content.rows if row.marks[0].number == source.figure.number)
    interval: Line = () if reported.interval is None else (sign(" ("), reported.interval, sign(")"))
    head = source.words("alt_specification_curve", title=[content.title])
    said = source.words("reported_value", value=[reported.text, *interval])
    return (*notice, *head, sign(" "), *said, sign(" "), *ranges, sign("."))
