"""What a figure shows, taken from the ledger and the labels of the study, before anything is drawn."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from surveyspec.figures import Figure
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.problems import Problem, StudyError
from surveyspec.study import CONFIG, Study
from surveytrail.figures.tokens import Line, Token, separated, sign, words
from surveytrail.manifest import data_status
from surveytrail.reporting.wording import count_text

LEDGER = "results/ledger/ledger.parquet"
Scale = Literal["share", "number", "rank", "ratio", "count"]
LedgerRow = Mapping[Hashable, Any]


@dataclass(frozen=True)
class Mark:
    """One value to draw.

    Parameters
    ----------
    series : place of its series (or, in a flow, of its column)
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
    scale : how values are drawn: shares from zero, numbers, whole ranks, ratios on a logarithmic scale, counts
    axis : label of the value axis, None where there is none
    series : label of each series, in the order of the study file
    rows : from top to bottom
    notes : lines below the axis
    status : the word for synthetic data, None if the data are real
    alt : one line for those who do not see the figure, every value in it
    """

    figure: str
    kind: str
    language: str
    scale: Scale
    title: Token
    axis: Token | None
    series: tuple[Token, ...]
    rows: tuple[Row, ...]
    notes: tuple[Line, ...]
    status: Token | None
    alt: Line

    @property
    def marks(self) -> list[Mark]:
        """All marks, row by row."""
        return [mark for row in self.rows for mark in row.marks]

    def names(self) -> dict[str, str]:
        """Return what each number is called in the figure, for those who reach it without seeing where it stands."""
        found = {}
        for row in self.rows:
            for mark in row.marks:
                series = f", {self.series[mark.series].text}" if len(self.series) > 1 else ""
                found[mark.number] = f"{row.label.text}{series}"
        return found


@dataclass(frozen=True)
class Parts:
    """What a kind of figure gathers: its scale, labels, rows and notes; title, status and alt are the same for all."""

    scale: Scale
    axis: Token | None
    series: tuple[Token, ...]
    rows: tuple[Row, ...]
    notes: tuple[Line, ...]


def complete(study: Study, figure: Figure, parts: Parts, language: str) -> FigureContent:
    """Add to a figure's parts what every figure has: title, data status and alternative text."""
    title = label_token(study, figure.title, f"figures.{figure.id}.title", language)
    status = words("synthetic", language)[0] if data_status(study) == "synthetic" else None
    head = words(f"alt_{figure.kind}", language, title=[title])
    return FigureContent(
        figure=figure.id,
        kind=figure.kind,
        language=language,
        scale=parts.scale,
        title=title,
        axis=parts.axis,
        series=parts.series,
        rows=parts.rows,
        notes=parts.notes,
        status=status,
        alt=_alt(head, parts.series, parts.rows, status, language),
    )


def ledger_rows(study: Study, figure: Figure, ledger: pd.DataFrame, wanted: Iterable[str]) -> dict[str, LedgerRow]:
    """Return the ledger's rows of a figure's numbers by id.

    Raises
    ------
    StudyError : numbers that the ledger does not have
    """
    numbers = list(wanted)
    rows: dict[str, LedgerRow] = {str(row["id"]): row for row in ledger[ledger["id"].isin(numbers)].to_dict("records")}
    missing = [number for number in numbers if number not in rows]
    if missing:
        line = study.line("figures", study.config.figures.index(figure))
        raise StudyError(
            Problem(LEDGER, f"figure '{figure.id}' ({CONFIG}:{line})", f"no number '{number}'",
                    "every number that the figure draws", "run the pipeline again: the ledger is of another study file")
            for number in missing
        )  # fmt: skip
    return rows


def refuse(study: Study, figure: Figure, key: str, found: str, expected: str, todo: str) -> StudyError:
    """Return the error of a figure that cannot be drawn as the study file asks."""
    index = study.config.figures.index(figure)
    return StudyError(
        Problem(CONFIG, f"figures.{index}.{key}", found, expected, todo, study.line("figures", index, key))
    )


def mark_of(row: LedgerRow, series: int, language: str) -> Mark:
    """Return a number as it is drawn and printed."""

    def bound(name: str) -> float | None:
        return None if pd.isna(row[name]) else float(row[name])

    number = str(row["id"])
    text = Token("R", json.loads(row["text"])[language], number, "value")
    interval = None
    if isinstance(row["interval_text"], str) and row["interval_text"]:
        interval = Token("R", json.loads(row["interval_text"])[language], number, "interval")
    return Mark(number, series, bound("value"), bound("lower"), bound("upper"), text, interval)


def label_token(study: Study, texts: Mapping[str, str], key: str, language: str) -> Token:
    """Return a label of the study file or the codebook.

    Raises
    ------
    StudyError : the label is missing in this language
    """
    if language not in texts:
        raise StudyError(
            Problem(CONFIG, key, f"labels in {', '.join(texts)}", f"a label in '{language}'",
                    f"write it there, or leave '{language}' out of 'report: languages:'")
        )  # fmt: skip
    return Token("C", texts[language], key)


def base_note(study: Study, wave: str, weight: str, used: Sequence[LedgerRow], language: str) -> Line:
    """Say on how many answers the figure rests, and with which weight."""
    least, most = (_base(choose(used, key=lambda row: int(row["n_used"])), language) for choose in (min, max))
    if least.text == most.text:
        base = words("one_base", language, most=[most])
    else:
        base = words("base", language, least=[least], most=[most])
    if weight == UNWEIGHTED:
        name = words("unweighted", language)
    else:
        key = f"waves.{wave}.weights.{weight}.label"
        name = (label_token(study, study.waves[wave].wave.weights[weight].label, key, language),)
    return separated([base, name], words("semicolon", language))


def _base(row: LedgerRow, language: str) -> Token:
    return Token("R", count_text(int(row["n_used"]), language), str(row["id"]), "n")


def _alt(head: Line, series: tuple[Token, ...], rows: tuple[Row, ...], status: Token | None, language: str) -> Line:
    """Return the figure in words: every row with its values and intervals."""
    lines: list[Line] = []
    for row in rows:
        marks = separated([_mark_words(series, mark) for mark in row.marks], [sign(", ")])
        lines.append((row.label, *words("colon", language), *marks))
    notice: Line = () if status is None else (status, sign(". "))
    return (*notice, *head, sign(" "), *separated(lines, words("semicolon", language)), sign("."))


def _mark_words(series: tuple[Token, ...], mark: Mark) -> Line:
    interval: Line = () if mark.interval is None else (sign(" ("), mark.interval, sign(")"))
    name: Line = (series[mark.series], sign(" ")) if len(series) > 1 else ()
    return (*name, mark.text, *interval)
