"""Settings of the synthetic second wave: shares, loadings, case numbers and paradata, as typed models."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from studygenerator.items import TOLERANCE, Count, Item, Loads, OddCell, Share, Shares, Tick
from surveyspec.documents import Strict, VariableCode

FACTORS = ["breadth", "maturity", "ambition", "success", "business", "trust", "pressure", "optimism", "reluctance"]
PROFILE_SCORES = ["size", "large", "french", "exporter"]
SCORES = [*FACTORS, *PROFILE_SCORES]
FRAMES = (1, 2)  # codes of FRAME: list of S-GE, alumni
ByFrame = Annotated[dict[int, Count], Field(description="number by address list")]


class Cases(Strict):
    """Number of raw records of each kind, by address list where it matters.

    `fast_duplicates`, `unfinished`, `resumed` and `late` are among the others.
    """

    valid: ByFrame
    speeders: ByFrame
    straight_liners: ByFrame
    no_consent: ByFrame
    break_offs: ByFrame
    partials: ByFrame
    screen_outs: ByFrame
    invited: ByFrame
    testers: Count
    duplicates: Count
    earlier_attempts: Count
    fast_duplicates: Count
    unfinished: Count
    resumed: Count
    late: Count

    @model_validator(mode="after")
    def _parts_fit_in_wholes(self) -> Self:
        people = [*self.others, "valid"]
        for name in [*people, "invited"]:
            if sorted(getattr(self, name)) != sorted(FRAMES):
                raise ValueError(f"'{name}' with a number for each of the address lists {', '.join(map(str, FRAMES))}")
        for part, whole in (("resumed", "valid"), ("late", "valid"), ("unfinished", "screen_outs")):
            if getattr(self, part) > sum(getattr(self, whole).values()):
                raise ValueError(f"'{part}' of at most '{whole}'")
        if self.fast_duplicates > self.duplicates:
            raise ValueError("'fast_duplicates' of at most 'duplicates'")
        for frame in FRAMES:
            if self.invited[frame] < sum(getattr(self, name)[frame] for name in people):
                raise ValueError(f"more people of list {frame} invited than answered")
        return self

    @property
    def others(self) -> list[str]:
        """Names of the kinds of people who are neither valid nor testers nor a repetition."""
        return ["speeders", "straight_liners", "no_consent", "break_offs", "partials", "screen_outs"]


class Profile(Strict):
    """Shares of closed questions that depend on no latent score: for everybody, and by address list."""

    everybody: dict[VariableCode, Shares]
    by_frame: dict[int, dict[VariableCode, Shares]]
    cantons: dict[int, Shares]
    size_midpoints: dict[int, float]


class Channels(Strict):
    """Status of each channel: used for long, some years, shortly, planned, undecided, not planned."""

    loads: Loads = Field(description="of its use")
    years: Loads = Field(description="of how long it has been used")
    plans: Loads = Field(description="of plans to use it")
    shares: dict[VariableCode, Annotated[list[Share], Field(min_length=6, max_length=6)]]
    social: list[VariableCode] = Field(description="everybody uses at least one of these")
    main: dict[VariableCode, float] = Field(description="attractiveness as the main channel, among those used")


class Ticks(Strict):
    """A question with several answers."""

    options: dict[VariableCode, Tick]
    none: VariableCode | None = Field(None, description="option that excludes the others")
    needed: bool = Field(description="whether everybody ticks something")
    other: VariableCode | None = Field(None, description="text field for what is not listed")
    other_share: Share = 0.0


class Number(Strict):
    """A numeric answer: share of zeros, then lognormal with a median, said in round figures."""

    zero: Share = 0.0
    median: float
    spread: float
    said: Annotated[list[float], Field(min_length=2, description="figures that people give")]
    loads: Loads = {}
    no_answer: Share


class Founded(Strict):
    """Year of foundation: lognormal age, cut."""

    median_age: float
    spread: float
    oldest: int
    year: int
    no_answer: Share


class Nonresponse(Strict):
    """Missing answers among those who were asked, by scale or by question (which then goes before)."""

    clustering: Share
    dont_know: dict[str, Share]
    no_answer: dict[str, Share]
    mandatory: list[VariableCode]
    nothing_ticked: dict[str, Count] = Field(description="valid records that tick nothing, by battery")
    contradictory: dict[str, Count] = Field(description="valid records that tick 'none' beside another, by battery")


class Fieldwork(Strict):
    """When people answered and how long it took."""

    mailings: Annotated[list[str], Field(min_length=2, max_length=2)]
    late_mailing: str
    second_mailing: Share
    mean_lag_days: float
    longest_lag_days: int
    seconds: float
    spread: float
    slowest: int


class Machines(Strict):
    """What a survey server records of the machines used."""

    networks: list[str]
    referers: list[str]


class Settings(Strict):
    """The whole settings file."""

    seed: int
    codebook: str
    output: str
    texts: str
    targets: str
    cases: Cases
    profile: Profile
    channels: Channels
    items: dict[VariableCode, Item]
    yes_no: dict[VariableCode, Tick]
    ticks: dict[str, Ticks]
    numbers: dict[VariableCode, Number]
    founded: Founded
    use_of_screened_out: Shares
    nonresponse: Nonresponse
    odd_cells: list[OddCell]
    fieldwork: Fieldwork
    machines: Machines

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        profile = self.profile
        tables: dict[str, Shares] = {f"profile.everybody.{code}": shares for code, shares in profile.everybody.items()}
        for frame, answers in profile.by_frame.items():
            tables |= {f"profile.by_frame.{frame}.{code}": shares for code, shares in answers.items()}
        tables |= {f"profile.cantons.{language}": shares for language, shares in profile.cantons.items()}
        tables |= {f"channels.shares.{code}": dict(enumerate(shares)) for code, shares in self.channels.shares.items()}
        tables["use_of_screened_out"] = self.use_of_screened_out
        for name, shares in tables.items():
            if abs(sum(shares.values()) - 1) > TOLERANCE:
                raise ValueError(f"shares of {name} that sum to 1 (they sum to {sum(shares.values()):.4f})")
        return self


class Texts(Strict):
    """Open answers: by language where people wrote them, hostile ones for any record."""

    support: dict[int, list[str]]
    hostile: list[str]
    other: dict[VariableCode, dict[int, list[str]]]
    other_hostile: dict[VariableCode, list[str]]
    tester_texts: list[str]
