"""The codebook: what the questionnaire asked, in which column, with which answers, and why an answer can be missing."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from surveyspec.condition_parser import parse_condition
from surveyspec.conditions import Condition, ConditionError, bind
from surveyspec.documents import Id, Slug, Strict, VariableCode

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
LocalText = Annotated[dict[Language, str], Field(min_length=1)]
Reason = Literal["NOT_ASKED", "NOT_REACHED", "NO_ANSWER", "DONT_KNOW", "IMPLAUSIBLE"]
VariableType = Literal["single", "multiple", "scale", "numeric", "open", "text", "date", "metadata"]
Sensitivity = Literal["public", "restricted", "drop"]
CODED: frozenset[str] = frozenset({"single", "multiple", "scale"})
NUMERIC: frozenset[str] = CODED | {"numeric"}


class Position(Strict):
    """A raw column by its 1-based place, for headers that are empty or repeated."""

    position: Annotated[int, Field(ge=1)]


class Category(Strict):
    """One answer of a scale; with a reason it counts as missing (``don't know``)."""

    code: int
    slug: Slug
    label: LocalText
    raw: str | None = None
    reason: Reason | None = None

    @property
    def cell(self) -> str:
        """The text that stands in the raw cell for this answer."""
        return str(self.code) if self.raw is None else self.raw


class Variable(Strict):
    """One question or one column of metadata."""

    code: VariableCode
    column: str | Position
    slug: Slug
    type: VariableType
    label: LocalText
    battery: str | None = None
    stem: str | None = None
    scale: str | None = None
    missing: str | None = None
    filter: str | None = None
    page: Annotated[int, Field(ge=1)] | None = Field(None, description="questionnaire page, counted as in `last_page`")
    range: tuple[float, float] | None = None
    sensitivity: Sensitivity = "public"

    @model_validator(mode="after")
    def _coded_variables_have_a_scale(self) -> Self:
        if (self.type in CODED) != (self.scale is not None):
            raise ValueError(f"a scale for the types {sorted(CODED)}, and for no other (this one is '{self.type}')")
        return self


class UnusedColumn(Strict):
    """Raw columns without a variable, by name or pattern, and why."""

    column: str
    reason: str


class Codebook(Strict):
    """A wave's questionnaire and export: the one source of codes, labels, filters and missing reasons.

    Some tools leave a cell empty both for a question that was never shown and for one that was left out. Their
    codebook maps the empty cell to NOT_REACHED (``missing: {tool: {"": NOT_REACHED}}``), gives each question its
    ``page`` and names under ``last_page`` the variable that holds the last page sent off. What is unreached then
    becomes NOT_ASKED where the filter says so, and otherwise NO_ANSWER on the pages up to that one; there an empty
    cell is an answer if the scale has a category for it (``raw: ""``, an option not ticked) and the question was
    certainly asked.
    """

    wave: Id
    title: LocalText
    languages: list[Language]
    stems: dict[str, LocalText] = {}
    scales: dict[str, list[Category]] = {}
    missing: dict[str, dict[str, Reason]] = {}
    last_page: VariableCode | None = Field(None, description="variable that holds the last page sent off")
    variables: list[Variable]
    dropped: list[UnusedColumn] = []
    not_analysed: list[UnusedColumn] = []

    @field_validator("missing", mode="before")
    @classmethod
    def _missing_codes_are_texts(cls, value: object) -> object:
        if isinstance(value, dict):
            return {
                name: {str(cell): reason for cell, reason in codes.items()} if isinstance(codes, dict) else codes
                for name, codes in value.items()
            }
        return value

    @cached_property
    def by_code(self) -> dict[str, Variable]:
        """Variables by their code, in questionnaire order."""
        return {variable.code: variable for variable in self.variables}

    @property
    def kept(self) -> list[Variable]:
        """Variables that leave the importer: all but those whose sensitivity is ``drop``."""
        return [variable for variable in self.variables if variable.sensitivity != "drop"]

    def categories(self, variable: Variable) -> list[Category]:
        """Return the answers of a coded variable, missing ones included; none for other types."""
        return self.scales[variable.scale] if variable.scale else []

    def empty_answer(self, variable: Variable) -> int | None:
        """Return the code that an empty cell stands for where the question was asked and its page sent off, if any."""
        codes = [category.code for category in self.categories(variable) if not category.cell and not category.reason]
        return codes[0] if codes else None

    def filter_of(self, variable: Variable) -> Condition | None:
        """Return the bound skip logic of a variable: who was asked."""
        return bind(parse_condition(variable.filter), list(self.by_code)) if variable.filter else None

    def question(self, variable: Variable) -> dict[str, str]:
        """Return the wording per language: the battery's stem, if any, and the item's label."""
        if variable.stem is None:
            return dict(variable.label)
        stem = self.stems[variable.stem]
        return {
            language: f"{stem[language]} – {text}" if language in stem else text
            for language, text in variable.label.items()
        }

    def inconsistencies(self) -> list[tuple[tuple[str | int, ...], str, str]]:
        """Return what single fields can't show: (key path, found, expected) of every broken reference or repetition."""
        found: list[tuple[tuple[str | int, ...], str, str]] = []
        codes: dict[str, int] = {}
        columns: dict[str, str] = {}
        slugs: dict[tuple[str, str], str] = {}
        for index, variable in enumerate(self.variables):
            at: tuple[str | int, ...] = ("variables", index)
            if variable.code in codes:
                found.append(((*at, "code"), f"'{variable.code}' twice", "each code once"))
            codes[variable.code] = index
            column = str(variable.column)
            if column in columns:
                found.append(((*at, "column"), f"column {column} of {columns[column]} again", "one variable a column"))
            columns[column] = variable.code
            key = (variable.battery or "", variable.slug)
            if key in slugs:
                found.append(((*at, "slug"), f"slug '{variable.slug}' of {slugs[key]} again", "unique in its battery"))
            slugs[key] = variable.code
            for field, known in (("scale", self.scales), ("stem", self.stems), ("missing", self.missing)):
                name = getattr(variable, field)
                if name is not None and name not in known:
                    found.append(((*at, field), f"'{name}'", f"one of {', '.join(sorted(known))}"))
        found += self._page_inconsistencies()
        for name, categories in self.scales.items():
            for field in ("code", "slug", "cell"):
                values = [getattr(category, field) for category in categories]
                repeated = {str(value) for value in values if values.count(value) > 1}
                if repeated:
                    found.append((("scales", name), f"{field} {', '.join(sorted(repeated))} twice", "each once"))
        for index, variable in enumerate(self.variables):
            try:
                self.filter_of(variable)
            except ConditionError as error:
                found.append((("variables", index, "filter"), str(error), "a condition over this codebook's variables"))
        return found

    def _page_inconsistencies(self) -> list[tuple[tuple[str | int, ...], str, str]]:
        """Return what is wrong with pages: nothing says how far somebody came, or there is nothing to explain by it."""
        found: list[tuple[tuple[str | int, ...], str, str]] = []
        counter = self.by_code.get(self.last_page or "")
        if self.last_page is not None and (
            counter is None or counter.type != "numeric" or counter.sensitivity == "drop" or counter.page is not None
        ):
            expected = "the code of a numeric variable without a page, not dropped"
            found.append((("last_page",), f"'{self.last_page}'", expected))
        for index, variable in enumerate(self.variables):
            if variable.page is None:
                continue
            at = ("variables", index, "page")
            if self.last_page is None:
                found.append((at, "a page", "'last_page' at the top: the variable that holds the last page sent off"))
            codes = self.missing.get(variable.missing or "", {})
            unreached = [cell for cell, reason in codes.items() if reason == "NOT_REACHED"]
            if not unreached:
                found.append((at, "a page, but no missing code for NOT_REACHED", "a missing set with such a code"))
            elif self.empty_answer(variable) is not None and unreached != [""]:
                expected = "an empty cell, and no other, as the code for NOT_REACHED (the scale has an answer for it)"
                found.append((at, f"cells {', '.join(map(repr, unreached))} for NOT_REACHED", expected))
        return found
