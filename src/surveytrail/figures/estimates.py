"""Figures of estimates: a line per item or answer."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from surveyspec.conditions import variables_of
from surveyspec.figures import DotsFigure, StackedBarsFigure
from surveyspec.plan import NumberSpec, joined, plan_numbers
from surveyspec.study import Study
from surveytrail.figures.content import (
    FigureContent,
    LedgerRow,
    Parts,
    Row,
    base_note,
    complete,
    label_token,
    ledger_rows,
    mark_of,
    refuse,
)
from surveytrail.figures.style import MARKERS
from surveytrail.figures.tokens import Token, words
from surveytrail.reporting.wording import percentage_text

Key = tuple[str, int | None]


def dots_content(study: Study, figure: DotsFigure, ledger: pd.DataFrame, language: str) -> FigureContent:
    """Gather what a figure of dots shows: its rows by falling value of the first series.

    Parameters
    ----------
    ledger : the ledger's frame
    language : language of all labels

    Raises
    ------
    StudyError : a number of the figure is not in the ledger, series of different units or without numbers, a label
        without this language
    """
    planned = [_planned(study, part.estimate, figure.weight, part.group) for part in figure.series]
    empty = next((part for part, specs in zip(figure.series, planned, strict=True) if not specs), None)
    if empty is not None:
        raise refuse(study, figure, "series", f"no number of '{empty.estimate}' in the group '{empty.group}'",
                     "a group under the estimate's 'by:'", "correct the group, or leave it out")  # fmt: skip
    values = ledger_rows(study, figure, ledger, (spec.id for specs in planned for spec in specs.values()))
    unit = _one_unit(study, figure, values)
    keys = dict.fromkeys(key for specs in planned for key in specs)
    rows = []
    for key in keys:
        found = [(place, specs[key]) for place, specs in enumerate(planned) if key in specs]
        marks = tuple(mark_of(values[spec.id], place, language) for place, spec in found)
        rows.append(Row(_row_label(study, found[0][1], language), marks))
    # sorted() is stable: what is equal stays in the order of the questionnaire
    rows.sort(key=lambda row: math.inf if row.marks[0].value is None else -row.marks[0].value)
    at = f"figures.{figure.id}"
    estimate = next(part for part in study.config.estimates if part.id == figure.series[0].estimate)
    used = [values[mark.number] for row in rows for mark in row.marks]
    parts = Parts(
        scale="share" if unit == "share" else "number",
        axis=label_token(study, figure.axis, f"{at}.axis", language),
        series=tuple(
            label_token(study, part.label, f"{at}.series.{place}.label", language)
            for place, part in enumerate(figure.series)
        ),
        rows=tuple(rows),
        notes=(
            words("interval", language, level=[_level(estimate.id, estimate.level, language)]),
            base_note(study, estimate.wave, figure.weight, used, language),
        ),
    )
    return complete(study, figure, parts, language)


def stacked_bars_content(study: Study, figure: StackedBarsFigure, ledger: pd.DataFrame, language: str) -> FigureContent:
    """Gather what a figure of divided bars shows: a bar per item, a part per answer, in the questionnaire's order.

    Parameters
    ----------
    ledger : the ledger's frame
    language : language of all labels

    Raises
    ------
    StudyError : a number of the figure is not in the ledger, items with different answers, a label without this
        language
    """
    specs = [spec for spec in plan_numbers(study) if spec.estimate == figure.estimate and spec.weight == figure.weight
             and not spec.groups]  # fmt: skip
    values = ledger_rows(study, figure, ledger, (spec.id for spec in specs))
    estimate = next(part for part in study.config.estimates if part.id == figure.estimate)
    bars: dict[str, list[NumberSpec]] = {}
    for spec in specs:
        bars.setdefault(spec.item or "", []).append(spec)
    answers = [_answer(study, spec, language) for spec in next(iter(bars.values()))]
    if any([_answer(study, spec, language).text for spec in bar] != [answer.text for answer in answers]
           for bar in bars.values()):  # fmt: skip
        raise refuse(study, figure, "estimate", f"items of '{figure.estimate}' with different answers",
                     "items that share a scale", "draw them as several figures")  # fmt: skip
    rows = []
    for item, bar in bars.items():
        if item:
            label = label_token(study, study.waves[estimate.wave].label(item), f"{estimate.wave}.{item}", language)
        else:
            label = label_token(study, estimate.label, f"estimates.{estimate.id}.label", language)
        rows.append(Row(label, tuple(mark_of(values[spec.id], place, language) for place, spec in enumerate(bar))))
    parts = Parts(
        scale="share",
        axis=label_token(study, figure.axis, f"figures.{figure.id}.axis", language),
        series=tuple(answers),
        rows=tuple(rows),
        notes=(base_note(study, estimate.wave, figure.weight, list(values.values()), language),),
    )
    return complete(study, figure, parts, language)


def _planned(study: Study, estimate: str, weight: str, group: str | None) -> dict[Key, NumberSpec]:
    """Return the numbers of a series by what tells its rows apart: item slug and category."""
    wanted = group.split(".") if group else []
    found: dict[Key, NumberSpec] = {}
    for spec in plan_numbers(study):
        levels = [part for part in spec.id.split(".") if "=" in part]
        if spec.estimate == estimate and spec.weight == weight and levels == wanted:
            slug = study.waves[spec.wave].slug(spec.item) if spec.item is not None else ""
            found[slug, spec.category] = spec
    return found


def _one_unit(study: Study, figure: DotsFigure, values: Mapping[str, LedgerRow]) -> str:
    """Return the unit of all series; refuse those that cannot be told apart or do not share an axis."""
    series = [(part.estimate, part.group) for part in figure.series]
    repeated = [part for place, part in enumerate(series) if part in series[:place]]
    units = sorted({str(row["unit"]) for row in values.values()})
    if len(series) > len(MARKERS):
        found, expected = f"{len(series)} series", f"at most {len(MARKERS)}"
        todo = "draw two figures: more colours cannot be told apart"
    elif repeated:
        found, expected, todo = f"'{repeated[0][0]}' twice", "each estimate once", "remove one of the two"
    elif len(units) != 1:
        found, expected = f"series in the units {' and '.join(units)}", "series of one unit"
        todo = "draw them as two figures"
    else:
        return units[0]
    raise refuse(study, figure, "series", found, expected, todo)


def _row_label(study: Study, spec: NumberSpec, language: str) -> Token:
    """Return the codebook's label of a row: its item, its answer, or both; the estimate's own where it has neither."""
    wave, parts, key = study.waves[spec.wave], [], spec.wave
    if spec.item is not None:
        parts.append(wave.label(spec.item))
        key += f".{spec.item}"
    if spec.category is not None:
        code = variables_of(spec.value)[0]
        parts.append(dict(next(part.label for part in wave.categories(code) if part.code == spec.category)))
        key += f".{code}.{spec.category}"
    return label_token(
        study, joined(parts) if parts else spec.label, key if parts else f"estimates.{spec.estimate}", language
    )


def _answer(study: Study, spec: NumberSpec, language: str) -> Token:
    """Return the codebook's label of the answer that a part of a bar stands for."""
    code = variables_of(spec.value)[0]
    label = next(part.label for part in study.waves[spec.wave].categories(code) if part.code == spec.category)
    return label_token(study, dict(label), f"{spec.wave}.{code}.{spec.category}", language)


def _level(estimate: str, level: float, language: str) -> Token:
    return Token("P", percentage_text(level, language), f"estimates.{estimate}.level")
