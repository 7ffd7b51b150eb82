"""The study file ``config.yaml``: what the researcher decides, as typed models."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from surveyspec.catalogue import TESTS, Role, TestName
from surveyspec.codebook import Language, LocalText
from surveyspec.decisions import Sensitivity
from surveyspec.documents import Id, Share, Slug, Strict, VariableCode
from surveyspec.figures import Figure
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.weights import Weight


class Person(Strict):
    """Somebody who made the study."""

    name: str
    role: str


class Study(Strict):
    """Title page of the study."""

    id: Id
    title: LocalText
    languages: list[Language]
    people: list[Person] = []
    institution: str = ""
    funding: str = ""
    source: str = Field("", description="where the survey was first published, as a citation")
    waves_comparable: bool = Field(
        False, description="whether tables, figures, claims and sentences may set numbers of several waves side by side"
    )


class Reader(Strict):
    """How the raw file is written."""

    tool: Literal["unipark", "limesurvey", "csv"]
    encoding: Literal["utf-8", "utf-8-sig", "cp1252"] = "utf-8-sig"
    delimiter: Literal[";", ",", "\t"] = ";"


class CleaningRule(Strict):
    """One exclusion; rules are applied in the order written, a record is excluded by the first that hits it."""

    id: Id
    label: LocalText
    exclude: str | None = Field(None, description="a condition; records for which it is true are excluded")
    duplicates_of: list[VariableCode] | None = Field(None, description="records that repeat these answers")
    keep: Literal["first", "last"] = "first"
    faster_than: Share | None = Field(None, description="share of the median of `variable` among `among`")
    variable: VariableCode | None = None
    among: str | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [name for name in ("exclude", "duplicates_of", "faster_than") if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError(
                f"exactly one of exclude, duplicates_of, faster_than (found: {', '.join(kinds) or 'none'})"
            )
        if (self.faster_than is not None) != (self.variable is not None):
            raise ValueError("'variable' together with 'faster_than', and only there")
        return self


class DerivedCategory(Strict):
    """An answer of a derived variable and the condition under which it holds."""

    code: int
    slug: Slug
    label: LocalText
    when: str


class Derived(Strict):
    """A variable computed from answers: categories (the first whose condition is true), a mean of items, or a value."""

    label: LocalText
    slug: Slug
    categories: list[DerivedCategory] | None = None
    mean_of: str | None = Field(None, description="pattern of the items")
    value: str | None = Field(None, description="such as 'abs(W1_POT - W1_WAIT)'")
    min_answered: Annotated[int, Field(ge=1)] | None = None
    reverse: list[VariableCode] = Field([], description="items of `mean_of` that are turned round: 1 becomes 5 of five")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(part is not None for part in (self.categories, self.mean_of, self.value)) != 1:
            raise ValueError("exactly one of categories, mean_of, value")
        if (self.min_answered is not None or self.reverse) and self.mean_of is None:
            raise ValueError("'min_answered' and 'reverse' together with 'mean_of'")
        return self


class Dispositions(Strict):
    """What became of everybody who was invited, counted in a CSV by sampling frame: frame, disposition, count."""

    file: str = Field(description="CSV with one row per frame and disposition")
    frames: dict[Slug, LocalText] = Field(min_length=1, description="the wave's frames in the file, each with its name")
    complete_is: Literal["analysed"] | None = Field(
        None, description="'analysed': there must be as many completes as records analysed"
    )


class Wave(Strict):
    """One survey: its raw file, codebook, cleaning, derived variables and weights."""

    label: LocalText
    raw: str
    reader: Reader
    codebook: str
    respondent: VariableCode
    cleaning: list[CleaningRule] = []
    derived: dict[VariableCode, Derived] = {}
    weights: dict[Id, Weight] = {}
    scales: list[VariableCode] = Field(
        [], description="derived means of items whose reliability (Cronbach's alpha) and items are described"
    )
    item_nonresponse: bool = Field(False, description="whether to count, question by question, why answers are missing")
    dispositions: Dispositions | None = None


class Estimate(Strict):
    """One estimand; items, groups and weights multiply it into numbers."""

    id: Id
    label: LocalText
    wave: Id
    items: str | None = Field(None, description="pattern of variables; one number per item")
    share: str | None = Field(None, description="condition; share of those for whom it is known")
    mean: str | None = Field(None, description="a variable, 'item', or a value such as 'count(W1_FIRM_* == 4)'")
    distribution: str | None = Field(None, description="a variable, or 'item': one share per category")
    quantiles: list[Share] | None = Field(
        None, description="shares in whole per cent, such as 0.25 and 0.5: quantiles of `of`, unweighted, interpolated"
    )
    of: str | None = Field(None, description="with 'quantiles': a variable, 'item', or a value")
    where: str | None = Field(None, description="condition: the base")
    by: list[VariableCode | list[VariableCode]] = []
    weights: list[Id] = Field(min_length=1)
    level: Share = 0.95
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None
    min_n: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="leave out the numbers that fewer answers than this stand behind, and those that would let "
        "a figure about so few be worked out by adding and subtracting",
    )
    dominance: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="with min_n: leave out the means in which one answer makes up more than this of the sum"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [name for name in ("share", "mean", "distribution", "quantiles") if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError(
                f"exactly one of share, mean, distribution, quantiles (found: {', '.join(kinds) or 'none'})"
            )
        return self

    @model_validator(mode="after")
    def _quantiles_of_something(self) -> Self:
        if (self.quantiles is None) != (self.of is None):
            raise ValueError("'of' together with 'quantiles': what the quantiles are of")
        if self.quantiles is not None and self.weights != [UNWEIGHTED]:
            raise ValueError(f"quantiles with 'weights: [{UNWEIGHTED}]' (weighted ones are not computed)")
        uneven = [share for share in self.quantiles or [] if abs(100 * share - round(100 * share)) > 1e-9]
        if uneven:
            raise ValueError(f"quantiles in whole per cent (found: {uneven[0]})")
        return self

    @model_validator(mode="after")
    def _guarded_as_one_can(self) -> Self:
        if self.min_n is not None and self.weights != [UNWEIGHTED]:
            raise ValueError(f"'min_n' with 'weights: [{UNWEIGHTED}]' (what weighted sums give away is not worked out)")
        if self.dominance is not None and (self.min_n is None or self.mean is None):
            raise ValueError("'dominance' together with 'mean' and 'min_n'")
        return self

    @property
    def estimator(self) -> Literal["share", "mean", "quantile"]:
        """The statistic computed; a distribution is one share per category."""
        return "quantile" if self.quantiles is not None else "mean" if self.mean is not None else "share"


class Hypothesis(Strict):
    """One test, planned before the data were seen (confirmatory) or not (exploratory).

    The roles that a test needs stand in ``surveyspec.catalogue``. A role takes a variable, or a condition whose truth
    is tested; ``x`` and ``y`` may be patterns: one test per variable (or pair), each with the item's slug in its id.
    """

    id: Id
    label: LocalText
    wave: Id
    plan: Literal["confirmatory", "exploratory"]
    family: Id = Field(description="p-values are adjusted (Holm) over the tests of one plan and family")
    test: TestName
    expect: Literal["positive", "negative", "different", "equivalent"]
    x: str | None = None
    y: str | None = None
    group: VariableCode | None = None
    items: str | None = Field(None, description="pattern of the items compared")
    answer: str | None = Field(None, description="condition on x, y or the items, such as '>= 3'")
    mediator: VariableCode | None = None
    given: list[VariableCode] | None = Field(None, description="covariates, or the predictors of a model")
    value: float | None = Field(None, description="the value or share tested against")
    bound: Annotated[float, Field(gt=0)] | None = Field(None, description="half-width of what counts as equivalent")
    seed: Annotated[int, Field(ge=0)] | None = None
    draws: Annotated[int, Field(ge=100, le=100_000)] | None = None
    weight: Id = UNWEIGHTED
    where: str | None = None
    alpha: Share = 0.05

    @model_validator(mode="after")
    def _roles_of_the_test(self) -> Self:
        kind = TESTS[self.test]
        filled = {role for role in get_args(Role) if getattr(self, role) is not None}
        missing, spare = set(kind.needs) - filled, filled - {*kind.needs, *kind.may}
        if missing or spare:
            wanted = ", ".join(kind.needs) + (f" (may have: {', '.join(kind.may)})" if kind.may else "")
            wrong = [f"{role} is missing" for role in sorted(missing)] + [
                f"{role} is not used" for role in sorted(spare)
            ]
            raise ValueError(f"the roles of the test '{self.test}': {wanted}; {', '.join(wrong)}")
        if (self.weight != UNWEIGHTED) != kind.weighted:
            needed = "a weight of the wave" if kind.weighted else f"no weight, or '{UNWEIGHTED}'"
            raise ValueError(f"{needed} with the test '{self.test}' (weighted data never go into an unweighted test)")
        return self


class Claim(Strict):
    """A statement in words and the condition on ledger numbers under which it holds."""

    id: Id
    source: str = Field("", description="where the statement was made, such as C18")
    text: LocalText
    holds_if: str = Field(description="condition over number ids, such as '0.28 <= wave1.low_use.unweighted <= 0.38'")


class Claims(Strict):
    """The study's statements in words, and what happens when the data stop supporting one."""

    on_unsupported: Literal["stop", "mark"] = Field(
        description="stop the run and name the sentence, or mark the sentence in the documents"
    )
    statements: list[Claim] = Field(min_length=1)


class Interviews(Strict):
    """Qualitative interviews whose segments two coders have coded."""

    metadata: str = Field(description="CSV with one row per interview: iv_id, coder1, coder2, …")
    segments: str = Field(description="CSV with one row per code: iv_id, seg_id, code, coder, text, status, …")
    codebook: str = Field(description="YAML of the codes")
    quoted: list[str] = Field(
        [], description="iv_id of segments that pages may quote and that no number counts: no interview of ours"
    )
    occurs_if: Literal["any_coder", "all_coders"] = Field(
        description="a code occurs in an interview if any coder gave it, or if all gave it to the same segment"
    )
    seed: Annotated[int, Field(ge=0)]
    draws: Annotated[int, Field(ge=100, le=100_000)] = 2000
    level: Share = 0.95


class Disclosure(Strict):
    """What documents may tell about single respondents."""

    min_base: Annotated[int, Field(ge=1)] = Field(
        default=10, description="fewest respondents behind a number whose raw records are named"
    )


class TableColumn(Strict):
    """One column of a generated table."""

    estimate: Id
    weight: Id
    label: LocalText
    show: Literal["value", "interval", "n"] = "value"
    group: str | None = Field(None, description="group level such as size=micro; the total if absent")


class Table(Strict):
    """A table of the report: one row per item (or group level) of its estimates."""

    id: Id
    caption: LocalText
    rows: Literal["items", "categories"] = "items"
    columns: list[TableColumn] = Field(min_length=1)


class Published(Strict):
    """A published crosstab (CSV) that the pipeline must reproduce, every figure within the table's own rounding.

    The first cell of a row holds a question and nothing else, the second an answer with its figures; from the third
    on, every column is a group. A blank cell is a figure that was not published.
    """

    id: Id
    file: str
    wave: Id
    estimate: Id
    weight: Id
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    header_lines: Annotated[int, Field(ge=1)] = Field(1, description="lines above the first question")
    questions: list[str] = Field(
        min_length=1, description="variable, or pattern of the options to tick, of each question, in the table's order"
    )
    columns: list[str] = Field(min_length=1, description="'total' or group=level of each column from the third on")
    on_mismatch: Literal["stop", "list"] = Field(
        "stop", description="'list' where the table is known to be wrong in places"
    )


class ToolboxFile(Strict):
    """The benchmark for single firms and its recommendations."""

    file: str = Field(description="YAML with dimensions, levels, peers and rules")
    example: str | None = Field(None, description="CSV or YAML of firms whose reports are made with every run")


class Report(Strict):
    """The documents to render."""

    languages: list[Language] = Field(min_length=1)
    pages: list[str] = Field(min_length=1)
    tables: list[Table] = []


class StudyConfig(Strict):
    """The whole study file."""

    study: Study
    waves: dict[Id, Wave] = Field(min_length=1)
    estimates: list[Estimate] = Field(min_length=1)
    hypotheses: list[Hypothesis] = []
    claims: Claims | None = None
    interviews: Interviews | None = None
    calibration: str | None = Field(None, description="YAML of targets that synthetic data were made to show")
    sensitivity: Sensitivity | None = None
    figures: list[Figure] = []
    disclosure: Disclosure = Disclosure()
    published: list[Published] = []
    toolbox: ToolboxFile | None = None
    report: Report

    @property
    def raw_files(self) -> dict[str, str]:
        """The raw file behind each source that lineage names: a wave by its id, any other file by its path."""
        beside = [wave.dispositions.file for wave in self.waves.values() if wave.dispositions is not None]
        if self.interviews is not None:
            beside += [self.interviews.metadata, self.interviews.segments]
        return {name: wave.raw for name, wave in self.waves.items()} | {path: path for path in beside}
