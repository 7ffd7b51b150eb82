"""Published crosstabs, read cell by cell, each figure tied to the number id that it states.

A row or a column that no answer or group of the study stands for is an error, never skipped: a table half read would
look like a table reproduced. The wording of questions, answers and column heads is held against the codebook, so that
a list of questions in the wrong order cannot pair figures with the wrong variable.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from surveyspec.codebook import Category
from surveyspec.conditions import Comparison, ConditionError, Constant, Variable
from surveyspec.config import Published
from surveyspec.identifiers import TOTAL
from surveyspec.plan import NumberSpec, plan_numbers
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveyspec.study import CONFIG, Study, WaveSpec

Answer = tuple[str, int]
Answers = dict[str, "Answer | None"]
FIRST_GROUP = 2  # columns before it hold the question and the answer
TICKED = 1  # code of a ticked option in a variable of type `multiple`
_FIGURE = re.compile(r"-?\d+(?:\.(\d+))?\s*%?")


@dataclass(frozen=True)
class PublishedFigure:
    """One printed percentage and the number that it states.

    Parameters
    ----------
    id : number id
    line, column : 1-based place in the published file (the line on which the row begins)
    question, answer : what the table says of it
    group : the column as the study writes it (``age=18_34``, ``total``)
    text : the cell, ``37%``
    """

    id: str
    line: int
    column: int
    question: str
    answer: str
    group: str
    text: str


@dataclass(frozen=True)
class _Row:
    """A record of the published file and the line on which it begins."""

    line: int
    cells: list[str]


def read_published(study: Study, index: int) -> list[PublishedFigure]:
    """Read a published table and tie each of its figures to a number id.

    Parameters
    ----------
    index : place of the table in the study's ``published`` section

    Returns
    -------
    the figures, row by row; blank cells are figures that were not published

    Raises
    ------
    StudyError : all that can't be tied, in the table or in its description, with file and line
    """
    reader = _TableReader(study, index)
    figures = reader.figures()
    if reader.problems:
        raise StudyError(reader.problems)
    return figures


class _TableReader:
    """Walks down one published table and collects what doesn't fit."""

    def __init__(self, study: Study, index: int) -> None:
        self.study, self.index = study, index
        self.table: Published = study.config.published[index]
        self.wave: WaveSpec = study.waves[self.table.wave]
        self.problems: list[Problem] = []
        specs = [spec for spec in plan_numbers(study, self.table.wave)
                 if spec.estimate == self.table.estimate and spec.weight == self.table.weight]  # fmt: skip
        self.groups = {_group_name(self.wave, spec.groups): spec.groups for spec in specs}
        self.ids = {(answer, spec.groups): spec.id for spec in specs if (answer := _answer_of(spec)) is not None}

    def figures(self) -> list[PublishedFigure]:
        """Return the table's figures; look at ``problems`` before using them."""
        rows = list(self._rows())
        if not self.problems and len(rows) <= self.table.header_lines:
            self._report(None, f"{len(rows)} rows", f"{self.table.header_lines} header lines and rows below them")
        if self.problems:
            return []
        self._check_columns(rows[: self.table.header_lines])
        if self.problems:
            return []
        found: list[PublishedFigure] = []
        question, asked, answers = "", 0, Answers()
        for row in rows[self.table.header_lines :]:
            if row.cells[0]:
                question, answers = row.cells[0], self._answers(row, asked)
                asked += 1
            elif any(row.cells) and asked == 0:
                self._report(row, _short(row.cells[1]), "a question in the first column above its answers")
            elif any(row.cells):
                found += self._figures_of(row, question, answers)
        if asked < len(self.table.questions):
            self._report_config(("questions", asked), f"'{self.table.questions[asked]}' as question {asked + 1}",
                                f"as many questions as {self.table.file} holds: {asked}")  # fmt: skip
        return found

    def _rows(self) -> Iterator[_Row]:
        """Yield the records of the file, cells stripped, each as wide as the study says."""
        path, width = self.study.directory / self.table.file, FIRST_GROUP + len(self.table.columns)
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            self._report(
                None, "no such file", "the published table", "put it there; data/raw/ says where it comes from"
            )
            return
        except UnicodeDecodeError as error:
            self._report(None, f"byte {error.start} is not UTF-8", "UTF-8 text", "save the file as UTF-8")
            return
        records, line = csv.reader(io.StringIO(text, newline="")), 1
        for cells in records:
            row = _Row(line, [cell.strip() for cell in cells])
            line = records.line_num + 1
            if len(cells) == width:
                yield row
            elif cells:
                expected = f"{width}: question, answer and the {len(self.table.columns)} groups under 'columns'"
                self._report(
                    row, f"{len(cells)} columns", expected, "correct the table, or 'columns' in the study file"
                )

    def _check_columns(self, header: list[_Row]) -> None:
        """Every group must be one of the estimate's, and the head of its column must name its level."""
        for place, name in enumerate(self.table.columns):
            if name not in self.groups:
                hint = did_you_mean(name, self.groups) or "name a group of the estimate"
                self._report_config(("columns", place), f"'{name}'", f"one of {listed(self.groups)}", hint)
                continue
            heads = [row.cells[FIRST_GROUP + place] for row in header if row.cells[FIRST_GROUP + place]]
            for code, level in self.groups[name]:
                if not _texts_of(self.wave, code, level) & {_plain(head) for head in heads}:
                    self._report(header[-1], " / ".join(heads) or "no head", f"a head that names {name}",
                                 "put 'columns' in the table's order", FIRST_GROUP + place)  # fmt: skip

    def _answers(self, row: _Row, asked: int) -> Answers:
        """Return the answers, by their printed text, that the rows below a question may state."""
        if any(row.cells[1:]):
            self._report(row, "a question and more in one row", "the question alone, its answers below it")
        if asked >= len(self.table.questions):
            found, expected = (
                f"{_short(row.cells[0])} as question {asked + 1}",
                f"{len(self.table.questions)} questions",
            )
            self._report(row, found, expected, "add it to 'questions' in the config")
            return {}
        pattern, keys = self.table.questions[asked], ("questions", asked)
        try:
            codes = self.wave.items(pattern)
        except ConditionError as error:
            self._report_config(keys, str(error), f"a variable of {self.wave.id}, or a pattern of its options")
            return {}
        suited = self.wave.is_coded(codes[0]) if len(codes) == 1 else all(_is_option(self.wave, code) for code in codes)
        if not suited:
            self._report_config(keys, f"'{pattern}': {listed(codes, 3)}",
                                "one variable with categories, or a pattern of options to tick")  # fmt: skip
            return {}
        wordings = {_plain(text) for code in codes for text in _wordings(self.wave, code)}
        asked_as = _plain(row.cells[0])
        # a table may say before a question among whom it was asked
        if not any(asked_as == wording or asked_as.endswith(f": {wording}") for wording in wordings):
            self._report(row, _short(row.cells[0]), f"{pattern}: {' / '.join(map(_short, sorted(wordings)))}",
                         "put 'questions' in the table's order, or mend the codebook")  # fmt: skip
        return _answers_by_text(self.wave, codes)

    def _figures_of(self, row: _Row, question: str, answers: Answers) -> Iterator[PublishedFigure]:
        """Yield the figures of one answer; nothing below a question that was already reported."""
        text = _plain(row.cells[1])
        answer = answers.get(text)
        if answer is None:
            if answers:
                found = f"the answer {_short(row.cells[1])}" + (
                    ", which several options have" if text in answers else ""
                )
                self._report(row, found, f"one of {listed(answers)}", "correct the table or the codebook")
            return
        for place, name in enumerate(self.table.columns):
            column, cell = FIRST_GROUP + place, row.cells[FIRST_GROUP + place]
            figure = _FIGURE.fullmatch(cell)
            identifier = self.ids.get((answer, self.groups[name]))
            if not cell:
                continue
            if figure is None or len(figure.group(1) or "") != self.table.decimals:
                expected = f"a percentage with {self.table.decimals} decimals, or a blank cell"
                self._report(row, _short(cell), expected, "correct the table, or 'decimals' in the config", column)
            elif identifier is None:
                self._report(row, f"{cell} for {answer[0]}", f"a number of the estimate '{self.table.estimate}' for it",
                             "let the items of the estimate cover it", column)  # fmt: skip
            else:
                yield PublishedFigure(identifier, row.line, column + 1, question, row.cells[1], name, cell)

    def _report(
        self, row: _Row | None, found: str, expected: str, todo: str = "correct the table", index: int | None = None
    ) -> None:
        where = f"column {index + 1}" if index is not None else ""
        self.problems.append(Problem(self.table.file, where, found, expected, todo, row.line if row else None))

    def _report_config(self, keys: tuple[str | int, ...], found: str, expected: str, todo: str = "correct it") -> None:
        path = ("published", self.index, *keys)
        self.problems.append(Problem(CONFIG, ".".join(map(str, path)), found, expected, todo, self.study.line(*path)))


def _group_name(wave: WaveSpec, groups: tuple[tuple[str, int], ...]) -> str:
    """Return a group as the study writes it: ``total``, ``age=18_34``, ``age=18_34.race=white``."""
    levels = [f"{wave.slug(code)}={part.slug}" for code, level in groups
              for part in wave.categories(code) if part.code == level]  # fmt: skip
    return ".".join(levels) or TOTAL


def _answer_of(spec: NumberSpec) -> Answer | None:
    """Return the one answer whose share a number is, or None for other numbers."""
    match spec.value:
        case Comparison(Variable(code), "==", Constant(float(level))):
            return code, int(level)
        case _:
            return None


def _is_option(wave: WaveSpec, code: str) -> bool:
    """Say whether a variable is an option to tick."""
    return code in wave.codebook.by_code and wave.codebook.by_code[code].type == "multiple"


def _answers_by_text(wave: WaveSpec, codes: tuple[str, ...]) -> Answers:
    """Return the answers of a question by their printed text; None where a text stands for several."""
    found: dict[str, set[Answer]] = {}
    for code in codes:
        option = _is_option(wave, code)
        for category in wave.categories(code):
            if option and category.code != TICKED:
                continue
            labels = wave.label(code) if option else category.label
            for text in _printed(category, labels):
                found.setdefault(text, set()).add((code, category.code))
    return {text: next(iter(answers)) if len(answers) == 1 else None for text, answers in found.items()}


def _texts_of(wave: WaveSpec, code: str, level: int) -> set[str]:
    """Return how the answer with a code may be printed."""
    return {text for part in wave.categories(code) if part.code == level for text in _printed(part, part.label)}


def _printed(category: Category, labels: dict[str, str]) -> set[str]:
    """Return how an answer may be printed: a label in any language, or the raw cell where that is text."""
    return {_plain(text) for text in (*labels.values(), *([category.raw] if category.raw else []))}


def _wordings(wave: WaveSpec, code: str) -> list[str]:
    """Return how a question may be printed: its stem (options to tick), else its label or the name of its column."""
    variable = wave.codebook.by_code.get(code)
    if variable is None:
        return list(wave.label(code).values())
    stem = list(wave.codebook.stems[variable.stem].values()) if variable.stem else []
    if _is_option(wave, code) and stem:
        return stem
    column = [variable.column] if isinstance(variable.column, str) else []
    return [*wave.codebook.question(variable).values(), *variable.label.values(), *column]


def _plain(text: str) -> str:
    """Return a text without what typesetting changes: case, spaces, forms of dash and quote, lost apostrophes."""
    text = re.sub(r"(?<=\w)[?'’](?=\w)", "'", text)
    for typeset, plain in (("–", "-"), ("—", "-"), ("“", '"'), ("”", '"')):
        text = text.replace(typeset, plain)
    return " ".join(text.split()).casefold()


def _short(text: str, limit: int = 90) -> str:
    return f"'{text}'" if len(text) <= limit else f"'{text[:limit]}…'"
