"""The toolbox: a benchmark of one firm against the firms of a survey, and rules that turn answers into advice.

All that is about the subject of the study stands in one YAML file: dimensions and how answers are scored, levels and
their gates, which estimates of the study file peers are compared by, and the rules. Dimensions become derived variables
of the wave (``DIM_STRATEGY``, and ``SCORE_STRATEGY_PLAN`` for each of its items), so that the figures of peers are
ordinary numbers of the ledger and a firm is scored by the same expressions as the survey.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from surveyspec.codebook import Codebook, Language, LocalText, Variable
from surveyspec.condition_parser import parse_condition
from surveyspec.conditions import AnyOf, Condition, bind, variables_of
from surveyspec.config import Derived
from surveyspec.documents import Document, Id, Slug, Strict, VariableCode
from surveyspec.sources import sources

if TYPE_CHECKING:
    from surveyspec.study import WaveSpec

# What rules may read beside answers: the level after gates, the overall score, the share of questions left open.
LEVEL, MATURITY, UNANSWERED = "LEVEL", "MATURITY", "UNANSWERED"
BUILT_IN = (LEVEL, MATURITY, UNANSWERED)
EACH = "$"  # stands in a condition for each of the words under `each`
Points = Annotated[float, Field(ge=0, le=100)]
Answer = int | float | str


class Item(Strict):
    """One score of a dimension, from 0 to 100; unknown where its answers are missing."""

    id: Slug
    label: LocalText
    score: str = Field(description="a value in the condition language, such as '(STRAT - 1) * 100 / 3'")


class Dimension(Strict):
    """A dimension of maturity: the mean of its items, if enough of them are known."""

    id: Slug
    label: LocalText
    meaning: LocalText
    items: list[Item] = Field(min_length=1)

    @property
    def variable(self) -> str:
        """Code of the derived variable that holds the score."""
        return f"DIM_{self.id.upper()}"

    def item_variable(self, item: Item) -> str:
        """Code of the derived variable that holds an item's score."""
        return f"SCORE_{self.id.upper()}_{item.id.upper()}"


class Level(Strict):
    """A level of maturity and the least overall score that it takes."""

    code: Annotated[int, Field(ge=0)]
    label: LocalText
    meaning: LocalText
    at_least: Points


class Gate(Strict):
    """A condition without which no firm rises above a level, whatever its score."""

    id: Slug
    above: Annotated[int, Field(ge=0)]
    requires: str
    label: LocalText


class Amount(Strict):
    """An amount shown beside the dimensions; its estimate says how much of the sum one firm may hold."""

    id: Slug
    variable: VariableCode
    estimate: Id = Field(description="estimate of the study file with the peers' mean")
    label: LocalText


class PeerGroups(Strict):
    """Which numbers peers are shown by. The groups are those of the estimates' ``by``, narrowest last."""

    means: Id
    quartiles: Id
    percentiles: Id | None = None
    least_n: Annotated[int, Field(ge=3)]
    shrink: Annotated[float, Field(ge=0)] = Field(
        description="firms of the next wider group that weigh as much as the group's own (empirical Bayes)"
    )
    amounts: list[Amount] = []


class Question(Strict):
    """A question that the survey did not ask; its wording is that of another wave's codebook."""

    wave: Id
    variable: VariableCode


class Cases(Strict):
    """Answers with which a rule must and must not speak; what is not named is not answered."""

    fires: dict[VariableCode, Answer]
    quiet: dict[VariableCode, Answer]


class Rule(Strict):
    """A recommendation and the condition under which it is given."""

    id: Id
    dimension: Slug
    when: str
    each: list[str] | None = Field(None, description=f"words that '{EACH}' in the condition stands for, one at a time")
    alone: bool = Field(False, description="where it speaks, no other rule does")
    title: LocalText
    advice: LocalText
    first_step: LocalText
    evidence: Literal["data", "published", "expert"]
    sources: list[str] = Field(min_length=1)
    effort: Literal["S", "M", "L"]
    importance: Annotated[int, Field(ge=1, le=5)]
    conflicts_with: list[Id] = []
    priority: Annotated[int, Field(ge=1)] | None = Field(None, description="of conflicting rules, the lowest speaks")
    cases: Cases

    @model_validator(mode="after")
    def _each_stands_in_the_condition(self) -> Self:
        if (self.each is not None) != (EACH in self.when):
            raise ValueError(f"'each' together with '{EACH}' in the condition")
        return self

    @property
    def conditions_as_written(self) -> list[str]:
        """The condition, or one for each word."""
        return [self.when.replace(EACH, word) for word in self.each] if self.each is not None else [self.when]


class Recommendations(Strict):
    """How many recommendations are given, and in which order: gap times importance."""

    at_most: Annotated[int, Field(ge=1)] = 5
    least_gap: Points = Field(
        default=5, description="points that a dimension counts as behind even where peers are not ahead"
    )


class Toolbox(Strict):
    """The whole toolbox file."""

    wave: Id
    title: LocalText
    languages: list[Language] = Field(min_length=1)
    language_variable: VariableCode = Field(description="variable that holds the language a firm answers in")
    absent_if: str = Field(description="condition under which a firm is at the lowest level and has no other score")
    min_answered: Annotated[float, Field(gt=0, le=1)] = Field(description="share of items that a score needs")
    dimensions: list[Dimension] = Field(min_length=1)
    levels: list[Level] = Field(min_length=2)
    gates: list[Gate] = []
    peers: PeerGroups
    questions: dict[VariableCode, Question] = {}
    headings: dict[VariableCode, LocalText] = Field(
        {}, description="headings of the form, each above the question where its group begins"
    )
    recommendations: Recommendations
    sources: dict[str, LocalText] = Field({}, description="what the words under 'sources' of the rules stand for")
    rules: list[Rule] = Field(min_length=1)

    def needed(self, size: int) -> int:
        """How many of ``size`` items must be known."""
        return max(1, math.ceil(self.min_answered * size - 1e-9))

    def derived(self) -> dict[str, Derived]:
        """Return the derived variables that dimensions and their items add to the wave."""
        made: dict[str, Derived] = {}
        for dimension in self.dimensions:
            for item in dimension.items:
                slug = f"score_{dimension.id}_{item.id}"
                made[dimension.item_variable(item)] = Derived.model_validate(
                    {"label": item.label, "slug": slug, "value": item.score}
                )
            names = ",".join(item.id.upper() for item in dimension.items)
            mean_of = f"SCORE_{dimension.id.upper()}_{{{names}}}"
            made[dimension.variable] = Derived.model_validate(
                {"label": dimension.label, "slug": dimension.id, "mean_of": mean_of,
                 "min_answered": self.needed(len(dimension.items))}
            )  # fmt: skip
        return made


@dataclass(frozen=True, eq=False)
class AskedQuestion:
    """A question that a firm is asked: a variable, the codebook that words it, and who is asked."""

    code: str
    variable: Variable
    codebook: Codebook
    asked_if: Condition | None
    asked_here: bool = True  # by the toolbox's own wave


@dataclass(frozen=True, eq=False)
class ToolboxSpec:
    """The toolbox bound to its wave, whose derived variables include the dimensions; equal only to itself."""

    toolbox: Toolbox
    document: Document
    wave: WaveSpec
    codebooks: dict[str, Codebook]

    @cached_property
    def names(self) -> list[str]:
        """Everything that a condition of the toolbox may read."""
        return [*self.wave.names, *self.toolbox.questions, *BUILT_IN]

    def condition(self, text: str) -> Condition:
        """Parse a condition and bind it.

        Raises
        ------
        ConditionError : no condition, or an unknown variable
        """
        return bind(parse_condition(text), self.names)

    @cached_property
    def absent_if(self) -> Condition:
        """Under which condition a firm is at the lowest level."""
        return self.condition(self.toolbox.absent_if)

    @cached_property
    def gates(self) -> list[tuple[Gate, Condition]]:
        """Gates with their conditions."""
        return [(gate, self.condition(gate.requires)) for gate in self.toolbox.gates]

    @cached_property
    def rules(self) -> list[tuple[Rule, list[Condition]]]:
        """Rules with their conditions: one, or one for each word; a rule speaks where any of them is true."""
        return [(rule, [self.condition(text) for text in rule.conditions_as_written]) for rule in self.toolbox.rules]

    def condition_of(self, rule: Rule) -> Condition:
        """Return the whole condition of a rule."""
        conditions = next(found for known, found in self.rules if known is rule)
        return conditions[0] if len(conditions) == 1 else AnyOf(tuple(conditions))

    def levels_of_peers(self, by: list[VariableCode | list[VariableCode]]) -> list[tuple[str, ...]]:
        """Return the fallback from the narrowest groups to all firms, as the variables that make the groups."""
        return [*(((entry,) if isinstance(entry, str) else tuple(entry)) for entry in reversed(by)), ()]

    def roots(self, condition: Condition) -> tuple[str, ...]:
        """Return the questions behind a condition; of what rules may read beside answers, none."""
        named = [name for name in variables_of(condition) if name not in BUILT_IN]
        own = [name for name in named if name in self.toolbox.questions]
        return (*own, *sources(self.wave, [name for name in named if name not in own]))

    def derived(self, grouped_by: list[str]) -> list[str]:
        """Return the derived variables that scores, rules and peer groups need, each after those that it reads."""
        conditions = [self.absent_if, *(condition for _, condition in self.gates)]
        conditions += [condition for _, found in self.rules for condition in found]
        named = {name for condition in conditions for name in variables_of(condition)}
        named |= {dimension.variable for dimension in self.toolbox.dimensions} | set(grouped_by)
        for code in reversed(self.wave.wave.derived):
            named |= set(self.wave.inputs(code)) if code in named else set()
        return [code for code in self.wave.wave.derived if code in named]

    def questions(self, grouped_by: list[str]) -> list[AskedQuestion]:
        """Return all questions that scores, gates, rules and peer groups need, in the questionnaire's order.

        Parameters
        ----------
        grouped_by : variables of the peer groups
        """
        conditions = [self.absent_if, *(condition for _, condition in self.gates)]
        conditions += [condition for _, found in self.rules for condition in found]
        needed = {name for condition in conditions for name in self.roots(condition)}
        scored = [dimension.variable for dimension in self.toolbox.dimensions]
        amounts = [amount.variable for amount in self.toolbox.peers.amounts]
        needed |= set(sources(self.wave, [*scored, *grouped_by, *amounts])) - {self.toolbox.language_variable}
        asked: list[AskedQuestion] = []
        codebook = self.wave.codebook
        for variable in reversed(codebook.variables):  # a filter reads what stands above it
            condition = codebook.filter_of(variable) if variable.code in needed else None
            needed |= set(variables_of(condition)) if condition is not None else set()
        for variable in codebook.variables:
            if variable.code in needed and variable.page is not None:
                asked.append(AskedQuestion(variable.code, variable, codebook, codebook.filter_of(variable)))
        for code, question in self.toolbox.questions.items():
            other = self.codebooks[question.wave]
            asked.append(AskedQuestion(code, other.by_code[question.variable], other, None, asked_here=False))
        return asked
