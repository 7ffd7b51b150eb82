"""Figures of estimates: a line per item or answer."""

from __future__ import annotations

import math
from collections.abc import Mapping

from surveyspec.conditions import variables_of
from surveyspec.figures import DotsFigure, StackedBarsFigure
from surveyspec.plan import NumberSpec, joined, plan_numbers
from surveyspec.study import Study
from surveytrail.figures.content import FigureContent, Gathering, LedgerRow, Parts, Row
from surveytrail.figures.style import MARKERS
from surveytrail.figures.tokens import Token
from surveytrail.reporting.wording import percentage_text

Key = tuple[str, int | None]


def dots_content(source: Gathering[DotsFigure]) -> FigureContent:
    """Gather what a figure of dots shows: its rows by falling value of the first series.

    Raises
    ------
    StudyError : series of different units or without numbers
    """
    study, figure = source.study, source.figure
    planned = [_planned(study, part.estimate, figure.weight, part.group) for part in figure.series]
    empty = next((part for part, specs in zip(figure.series, planned, strict=True) if not specs), None)
    if empty is not None:
        raise source.refuse("series", f"no number of '{empty.estimate}' in the group '{empty.group}'",
                            "a group under the estimate's 'by:'", "correct the group, or leave it out")  # fmt: skip
    values = source.rows(spec.id for specs in planned for spec in specs.values())
    unit = _one_unit(source, values)
    keys = dict.fromkeys(key for specs in planned for key in specs)
    rows = []
    for key in keys:
        found = [(place, specs[key]) for place, specs in enumerate(planned) if key in specs]
        marks = tuple(source.mark(values[spec.id], place) for place, spec in found)
        rows.append(Row(_row_label(source, found[0][1]), marks))
    # sorted() is stable: what is equal stays in the order of the questionnaire
    rows.sort(key=lambda row: math.inf if row.marks[0].value is None else -row.marks[0].value)
    estimate = next(part for part in study.config.estimates if part.id == figure.series[0].estimate)
    used = [values[mark.number] for row in rows for mark in row.marks]
    parts = Parts(
        scale="share" if unit == "share" else "number",
        axis=source.own_label(figure.axis, "axis"),
        series=source.series_labels(figure.series),
        rows=tuple(rows),
        notes=(
            source.words("interval", level=[_level(estimate.id, estimate.level, source.language)]),
            source.base_note(estimate.wave, figure.weight, used),
        ),
    )
    return source.complete(parts)


def stacked_bars_content(source: Gathering[StackedBarsFigure]) -> FigureContent:
    """Gather what a figure of divided bars shows: a bar per item, a part per answer, in the questionnaire's order.

    Raises
    ------
    StudyError : items with different answers
    """
    study, figure = source.study, source.figure
    specs = [spec for spec in plan_numbers(study) if spec.estimate == figure.estimate and spec.weight == figure.weight
             and not spec.groups]  # fmt: skip
    values = source.rows(spec.id for spec in specs)
    estimate = next(part for part in study.config.estimates if part.id == figure.estimate)
    bars: dict[str, list[NumberSpec]] = {}
    for spec in specs:
        bars.setdefault(spec.item or "", []).append(spec)
    answers = [_answer(source, spec) for spec in next(iter(bars.values()))]
    if any([_answer(source, spec).text for spec in bar] != [answer.text for answer in answers]
           for bar in bars.values()):  # fmt: skip
        raise source.refuse("estimate", f"items of '{figure.estimate}' with different answers",
                            "items that share a scale", "draw them as several figures")  # fmt: skip
    rows = []
    for item, bar in bars.items():
        if item:
            label = source.label(study.waves[estimate.wave].label(item), f"{estimate.wave}.{item}")
        else:
            label = source.label(estimate.label, f"estimates.{estimate.id}.label")
        rows.append(Row(label, tuple(source.mark(values[spec.id], place) for place, spec in enumerate(bar))))
    parts = Parts(
        scale="share",
        axis=source.own_label(figure.axis, "axis"),
        series=tuple(answers),
        rows=tuple(rows),
        notes=(source.base_note(estimate.wave, figure.weight, list(values.values())),),
    )
    return source.complete(parts)


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


def _one_unit(source: Gathering[DotsFigure], values: Mapping[str, LedgerRow]) -> str:
    """Return the unit of all series; refuse those that cannot be told apart or do not share an axis."""
    series = [(part.estimate, part.group) for part in source.figure.series]
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
    raise source.refuse("series", found, expected, todo)


def _row_label(source: Gathering[DotsFigure], spec: NumberSpec) -> Token:
    """Return the codebook's label of a row: its item, its answer, or both; the estimate's own where it has neither."""
    wave, parts, key = source.study.waves[spec.wave], [], spec.wave
    if spec.item is not None:
        parts.append(wave.label(spec.item))
        key += f".{spec.item}"
    if spec.category is not None:
        code = variables_of(spec.value)[0]
        parts.append(dict(next(part.label for part in wave.categories(code) if part.code == spec.category)))
        key += f".{code}.{spec.category}"
    if not parts:
        return source.label(spec.label, f"estimates.{spec.estimate}")
    return source.label(joined(parts), key)


def _answer(source: Gathering[StackedBarsFigure], spec: NumberSpec) -> Token:
    """Return the codebook's label of the answer that a part of a bar stands for."""
    code = variables_of(spec.value)[0]
    label = next(part.label for part in source.study.waves[spec.wave].categories(code) if part.code == spec.category)
    return source.label(dict(label), f"{spec.wave}.{code}.{spec.category}")


def _level(estimate: str, level: float, language: str) -> Token:
    return Token("P", percentage_text(level, language), f"estimates.{estimate}.level")
