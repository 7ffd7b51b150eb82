"""What a specification curve shows: a headline number under every declared decision, in order of its value.

The form is that of Simonsohn, Simmons & Nelson (2020, Nature Human Behaviour 4): estimates with their intervals above,
below them which option of each decision stands behind each.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from surveyspec.config import Decision
from surveyspec.figures import SpecificationCurveFigure
from surveyspec.sensitivity import Multiverse, Specification, decisions_of, plan_sensitivity
from surveyspec.study import Study
from surveytrail.figures.content import (
    FigureContent,
    LedgerRow,
    Mark,
    Parts,
    Row,
    complete,
    label_token,
    ledger_rows,
    mark_of,
)
from surveytrail.figures.tokens import Line, Token, sign, words
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


def curve_content(study: Study, figure: SpecificationCurveFigure, ledger: pd.DataFrame, language: str) -> CurveContent:
    """Gather what a specification curve shows.

    Parameters
    ----------
    ledger : the ledger's frame
    language : language of all labels

    Raises
    ------
    StudyError : a number of the figure is not in the ledger, a label without this language
    """
    multiverse = next(found for found in plan_sensitivity(study) if found.headline.number == figure.number)
    specs = {spec.id: spec for spec in multiverse.specifications}
    summaries = {summary.statistic: summary.id for summary in multiverse.summaries}
    values = ledger_rows(study, figure, ledger, [*specs, *summaries.values()])
    rows = [
        Row(_label(values[number], language), (_mark(values[number], number == figure.number, language),))
        for number in specs
    ]
    # those without a value come last; sorted() is stable
    rows.sort(key=lambda row: (row.marks[0].value is None, row.marks[0].value or 0.0))
    order = [row.marks[0].number for row in rows]
    level = multiverse.reported.number.level
    key = f"estimates.{multiverse.reported.number.estimate}.level"
    parts = Parts(
        scale="share" if multiverse.reported.number.estimator == "share" else "number",
        axis=label_token(study, figure.axis, f"figures.{figure.id}.axis", language),
        series=(words("other_specifications", language)[0], words("reported", language)[0]),
        rows=tuple(rows),
        notes=(
            words("interval", language, level=[Token("P", percentage_text(level, language), key)]),
            _range_note(multiverse, summaries, values, language),
        ),
    )
    content = complete(study, figure, parts, language)
    decisions = tuple(
        _decision_rows(study, decision, [specs[number] for number in order], language)
        for decision in decisions_of(study, multiverse)
    )
    said = {field.name: getattr(content, field.name) for field in dataclasses.fields(content)}
    return CurveContent(**{**said, "alt": _alt(content, figure, parts.notes[1], language), "decisions": decisions})


def _mark(row: LedgerRow, is_reported: bool, language: str) -> Mark:
    return mark_of(row, REPORTED if is_reported else OTHERS, language)


def _label(row: LedgerRow, language: str) -> Token:
    return Token("C", json.loads(row["label"])[language], str(row["id"]), "label")


def _decision_rows(study: Study, decision: Decision, order: list[Specification], language: str) -> DecisionRows:
    key = f"sensitivity.decisions.{decision.id}"
    chosen = [spec.options.get(decision.id) for spec in order]
    labels = [(None, decision.reported, f"{key}.reported")]
    options = [
        OptionRow(
            label_token(study, label, path, language),
            tuple(place for place, found in enumerate(chosen) if found == name),
        )
        for name, label, path in [
            *labels,
            *((option.id, option.label, f"{key}.options.{option.id}.label") for option in decision.options),
        ]
    ]
    return DecisionRows(label_token(study, decision.label, f"{key}.label", language), tuple(options))


def _range_note(
    multiverse: Multiverse, summaries: Mapping[str, str], values: Mapping[str, LedgerRow], language: str
) -> Line:
    """Say how many specifications there are, from where to where they lead, and how many hold the reported value."""

    def number(statistic: str) -> list[Token]:
        row = values[summaries[statistic]]
        return [Token("R", json.loads(row["text"])[language], str(row["id"]), "value")]

    return words(
        "specifications",
        language,
        count=number("specifications"),
        smallest=number("smallest"),
        largest=number("largest"),
        covering=number("covering"),
    )


def _alt(content: FigureContent, figure: SpecificationCurveFigure, ranges: Line, language: str) -> Line:
    """Return the curve in words: the reported value, the range, and how many intervals hold it; not every dot."""
    notice: Line = () if content.status is None else (content.status, sign(". "))
    reported = next(row.marks[0] for row in content.rows if row.marks[0].number == figure.number)
    interval: Line = () if reported.interval is None else (sign(" ("), reported.interval, sign(")"))
    head = words("alt_specification_curve", language, title=[content.title])
    said = words("reported_value", language, value=[reported.text, *interval])
    return (*notice, *head, sign(" "), *said, sign(" "), *ranges, sign("."))
