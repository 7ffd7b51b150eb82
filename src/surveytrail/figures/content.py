"""What a figure shows, taken from the ledger and the labels of the study, before anything is drawn."""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from surveyspec.conditions import variables_of
from surveyspec.config import Figure
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.plan import NumberSpec, joined, plan_numbers
from surveyspec.problems import Problem, StudyError
from surveyspec.study import CONFIG, Study
from surveytrail.figures.style import MARKERS
from surveytrail.figures.tokens import Line, Token, separated, sign, words
from surveytrail.manifest import data_status
from surveytrail.reporting.wording import count_text, percentage_text

LEDGER = "results/ledger/ledger.parquet"


@dataclass(frozen=True)
class Mark:
    """One value to draw.

    Parameters
    ----------
    value, lower, upper : in natural units; None where the ledger has none
    text, interval : as the ledger prints them in the figure's language
    """

    number: str
    series: int
    value: float | None
    lower: float | None
    upper: float | None
    text: Token
    interval: Token | None


@dataclass(frozen=True)
class Row:
    """One line of the figure: a label and one mark per series."""

    label: Token
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class FigureContent:
    """All that a figure says.

    Parameters
    ----------
    unit : share or mean
    series : label of each series, in the order of the study file
    rows : by falling value of the first series; ties in the order of the questionnaire
    notes : lines below the axis
    status : the word for synthetic data, None if the data are real
    alt : one line for those who do not see the figure, every value in it
    """

    figure: str
    kind: str
    language: str
    unit: str
    title: Token
    axis: Token
    series: tuple[Token, ...]
    rows: tuple[Row, ...]
    notes: tuple[Line, ...]
    status: Token | None
    alt: Line


def figure_content(study: Study, figure: Figure, ledger: pd.DataFrame, language: str) -> FigureContent:
    """Gather what a figure shows.

    Parameters
    ----------
    ledger : the ledger's frame
    language : language of all labels

    Raises
    ------
    StudyError : a number of the figure is not in the ledger, series of different units, a label without this language
    """
    planned = {part.estimate: _planned(study, figure, part.estimate) for part in figure.series}
    values = _ledger_rows(study, figure, ledger, planned)
    units = sorted({str(values[spec.id]["unit"]) for specs in planned.values() for spec in specs.values()})
    _check_series(study, figure, units)
    at = f"figures.{figure.id}"
    title = _label(study, figure.title, f"{at}.title", language)
    labels = tuple(_label(study, part.label, f"{at}.series.{part.estimate}.label", language) for part in figure.series)
    rows = _rows(study, figure, planned, values, language)
    used = [values[mark.number] for row in rows for mark in row.marks]
    status = None
    if data_status(study) == "synthetic":
        status = words("synthetic", language)[0]
    return FigureContent(
        figure=figure.id,
        kind=figure.kind,
        language=language,
        unit=units[0],
        title=title,
        axis=_label(study, figure.axis, f"{at}.axis", language),
        series=labels,
        rows=rows,
        notes=_notes(study, figure, used, language),
        status=status,
        alt=_alt(title, labels, rows, status, language),
    )


def _check_series(study: Study, figure: Figure, units: list[str]) -> None:
    """Refuse series that cannot be told apart or do not share an axis."""
    estimates = [part.estimate for part in figure.series]
    repeated = [name for place, name in enumerate(estimates) if name in estimates[:place]]
    if len(estimates) > len(MARKERS):
        found, expected = f"{len(estimates)} series", f"at most {len(MARKERS)}"
        todo = "draw two figures: more colours cannot be told apart"
    elif repeated:
        found, expected, todo = f"'{repeated[0]}' twice", "each estimate once", "remove one of the two"
    elif len(units) != 1:
        found, expected = f"series in the units {' and '.join(units)}", "series of one unit"
        todo = "draw them as two figures"
    else:
        return
    index = study.config.figures.index(figure)
    line = study.line("figures", index, "series")
    raise StudyError(Problem(CONFIG, f"figures.{index}.series", found, expected, todo, line))


Key = tuple[str, int | None]


def _planned(study: Study, figure: Figure, estimate: str) -> dict[Key, NumberSpec]:
    """Return the numbers of a series for all respondents, by what tells its rows apart: item slug and category."""
    found: dict[Key, NumberSpec] = {}
    for spec in plan_numbers(study):
        if spec.estimate == estimate and spec.weight == figure.weight and not spec.groups:
            slug = study.waves[spec.wave].slug(spec.item) if spec.item is not None else ""
            found[slug, spec.category] = spec
    return found


def _ledger_rows(
    study: Study, figure: Figure, ledger: pd.DataFrame, planned: Mapping[str, Mapping[Key, NumberSpec]]
) -> dict[str, dict[Hashable, Any]]:
    """Return the ledger's rows of a figure's numbers by id."""
    wanted = [spec.id for specs in planned.values() for spec in specs.values()]
    rows = {str(row["id"]): row for row in ledger[ledger["id"].isin(wanted)].to_dict("records")}
    missing = [number for number in wanted if number not in rows]
    if missing:
        line = study.line("figures", study.config.figures.index(figure))
        raise StudyError(
            Problem(LEDGER, f"figure '{figure.id}' ({CONFIG}:{line})", f"no number '{number}'",
                    "every number that the figure draws", "run the pipeline again: the ledger is of another study file")
            for number in missing
        )  # fmt: skip
    return rows


def _rows(
    study: Study,
    figure: Figure,
    planned: Mapping[str, Mapping[Key, NumberSpec]],
    values: Mapping[str, Mapping[Hashable, Any]],
    language: str,
) -> tuple[Row, ...]:
    keys = dict.fromkeys(key for specs in planned.values() for key in specs)
    rows = []
    for key in keys:
        marks = tuple(
            _mark(planned[part.estimate][key].id, place, values[planned[part.estimate][key].id], language)
            for place, part in enumerate(figure.series)
            if key in planned[part.estimate]
        )
        rows.append(
            Row(_row_label(study, next(specs[key] for specs in planned.values() if key in specs), language), marks)
        )
    # sorted() is stable: what is equal stays in the order of the questionnaire
    return tuple(sorted(rows, key=lambda row: math.inf if row.marks[0].value is None else -row.marks[0].value))


def _mark(number: str, series: int, row: Mapping[Hashable, Any], language: str) -> Mark:
    def bound(name: str) -> float | None:
        return None if pd.isna(row[name]) else float(row[name])

    text = Token("R", json.loads(row["text"])[language], number, "value")
    interval = (
        Token("R", json.loads(row["interval_text"])[language], number, "interval") if row["interval_text"] else None
    )
    return Mark(number, series, bound("value"), bound("lower"), bound("upper"), text, interval)


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
    return _label(
        study, joined(parts) if parts else spec.label, key if parts else f"estimates.{spec.estimate}", language
    )


def _label(study: Study, texts: Mapping[str, str], key: str, language: str) -> Token:
    if language not in texts:
        raise StudyError(
            Problem(CONFIG, key, f"labels in {', '.join(texts)}", f"a label in '{language}'",
                    f"write it there, or leave '{language}' out of 'report: languages:'")
        )  # fmt: skip
    return Token("C", texts[language], key)


def _notes(study: Study, figure: Figure, used: Sequence[Mapping[Hashable, Any]], language: str) -> tuple[Line, ...]:
    """Say how the intervals are made, how many answers there are, and which weight."""
    estimate = next(part for part in study.config.estimates if part.id == figure.series[0].estimate)
    level = Token("P", percentage_text(estimate.level, language), f"estimates.{estimate.id}.level")
    least, most = (_base(choose(used, key=lambda row: int(row["n_used"])), language) for choose in (min, max))
    if least.text == most.text:
        base = words("one_base", language, most=[most])
    else:
        base = words("base", language, least=[least], most=[most])
    if figure.weight == UNWEIGHTED:
        weight = words("unweighted", language)
    else:
        wave = study.waves[estimate.wave].wave
        key = f"waves.{estimate.wave}.weights.{figure.weight}.label"
        weight = (_label(study, wave.weights[figure.weight].label, key, language),)
    return (words("interval", language, level=[level]), separated([base, weight], words("semicolon", language)))


def _base(row: Mapping[Hashable, Any], language: str) -> Token:
    return Token("R", count_text(int(row["n_used"]), language), str(row["id"]), "n")


def _alt(title: Token, series: tuple[Token, ...], rows: tuple[Row, ...], status: Token | None, language: str) -> Line:
    """Return the figure in words: every row with its values and intervals."""
    lines: list[Line] = []
    for row in rows:
        marks = separated([_mark_words(series[mark.series], mark) for mark in row.marks], [sign(", ")])
        lines.append((row.label, *words("colon", language), *marks))
    notice: Line = () if status is None else (status, sign(". "))
    listing = separated(lines, words("semicolon", language))
    return (*notice, *words("dots", language, title=[title]), sign(" "), *listing, sign("."))


def _mark_words(series: Token, mark: Mark) -> Line:
    interval: Line = () if mark.interval is None else (sign(" ("), mark.interval, sign(")"))
    return (series, sign(" "), mark.text, *interval)
