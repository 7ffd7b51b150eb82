"""What a figure shows, taken from the ledger and the labels of the study, before anything is drawn."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

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
Kind = TypeVar("Kind", bound=Figure)


class Labelled(Protocol):
    """A part of the study file that has a label in every language."""

    @property
    def label(self) -> Mapping[str, str]:
        """Return the label per language."""
        ...


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


@dataclass(frozen=True)
class Gathering(Generic[Kind]):
    """What a figure is gathered from: one figure of a study in one language, and the ledger's frame.

    The functions that gather a kind of figure take one of these and return a ``FigureContent``. All raise StudyError
    for a number that the ledger does not have, and for a label or words that are missing in the language.
    """

    study: Study
    figure: Kind
    ledger: pd.DataFrame
    language: str

    def rows(self, wanted: Iterable[str]) -> dict[str, LedgerRow]:
        """Return the ledger's rows of the figure's numbers by id."""
        numbers, frame = list(wanted), self.ledger
        rows: dict[str, LedgerRow] = {
            str(row["id"]): row for row in frame[frame["id"].isin(numbers)].to_dict("records")
        }
        missing = [number for number in numbers if number not in rows]
        if missing:
            line = self.study.line("figures", self._index)
            raise StudyError(
                Problem(LEDGER, f"figure '{self.figure.id}' ({CONFIG}:{line})", f"no number '{number}'",
                        "every number that the figure draws", "run the pipeline again: the ledger is of another study "
                        "file")
                for number in missing
            )  # fmt: skip
        return rows

    def refuse(self, key: str, found: str, expected: str, todo: str) -> StudyError:
        """Return the error of a figure that cannot be drawn as the study file asks."""
        line = self.study.line("figures", self._index, key)
        return StudyError(Problem(CONFIG, f"figures.{self._index}.{key}", found, expected, todo, line))

    def label(self, texts: Mapping[str, str], key: str) -> Token:
        """Return a label of the study file or the codebook."""
        if self.language not in texts:
            raise StudyError(
                Problem(CONFIG, key, f"labels in {', '.join(texts)}", f"a label in '{self.language}'",
                        f"write it there, or leave '{self.language}' out of 'report: languages:'")
            )  # fmt: skip
        return Token("C", texts[self.language], key)

    def own_label(self, texts: Mapping[str, str], key: str) -> Token:
        """Return a label of the figure itself: its title, its axis, one of its series."""
        return self.label(texts, f"figures.{self.figure.id}.{key}")

    def series_labels(self, series: Sequence[Labelled]) -> tuple[Token, ...]:
        """Return what each series of the figure is called."""
        return tuple(self.own_label(part.label, f"series.{place}.label") for place, part in enumerate(series))

    def words(self, key: str, **parts: Sequence[Token]) -> Line:
        """Return words of the figures themselves, with tokens in their places."""
        return words(key, self.language, **parts)

    def value(self, row: LedgerRow) -> Token:
        """Return a number as the ledger prints it."""
        return Token("R", json.loads(row["text"])[self.language], str(row["id"]), "value")

    def label_of(self, row: LedgerRow) -> Token:
        """Return what the ledger calls a number."""
        return Token("C", json.loads(row["label"])[self.language], str(row["id"]), "label")

    def mark(self, row: LedgerRow, series: int) -> Mark:
        """Return a number as it is drawn and printed."""
        interval = None
        if isinstance(row["interval_text"], str) and row["interval_text"]:
            interval = Token("R", json.loads(row["interval_text"])[self.language], str(row["id"]), "interval")
        drawn = {name: None if pd.isna(row[name]) else float(row[name]) for name in ("value", "lower", "upper")}
        return Mark(str(row["id"]), series, **drawn, text=self.value(row), interval=interval)

    def base_note(self, wave: str, weight: str, used: Sequence[LedgerRow]) -> Line:
        """Say on how many answers the figure rests, and with which weight."""
        least, most = (self._base(choose(used, key=lambda row: int(row["n_used"]))) for choose in (min, max))
        if least.text == most.text:
            base = self.words("one_base", most=[most])
        else:
            base = self.words("base", least=[least], most=[most])
        if weight == UNWEIGHTED:
            name = self.words("unweighted")
        else:
            texts = self.study.waves[wave].wave.weights[weight].label
            name = (self.label(texts, f"waves.{wave}.weights.{weight}.label"),)
        return separated([base, name], self.words("semicolon"))

    def complete(self, parts: Parts) -> FigureContent:
        """Add to a figure's parts what every figure has: title, data status and alternative text."""
        title = self.own_label(self.figure.title, "title")
        status = self.words("synthetic")[0] if data_status(self.study) == "synthetic" else None
        head = self.words(f"alt_{self.figure.kind}", title=[title])
        return FigureContent(
            figure=self.figure.id,
            kind=self.figure.kind,
            language=self.language,
            scale=parts.scale,
            title=title,
            axis=parts.axis,
            series=parts.series,
            rows=parts.rows,
            notes=parts.notes,
            status=status,
            alt=_alt(head, parts.series, parts.rows, status, self.language),
        )

    @property
    def _index(self) -> int:
        return self.study.config.figures.index(self.figure)

    def _base(self, row: LedgerRow) -> Token:
        return Token("R", count_text(int(row["n_used"]), self.language), str(row["id"]), "n")


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
