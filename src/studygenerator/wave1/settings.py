"""Settings of a synthetic wave: shares, loadings, case numbers and paradata, as typed models."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from studygenerator.items import TOLERANCE, Count, Item, Loads, OddCell, Share, Shares, Tick
from surveyspec.documents import Strict, VariableCode

FACTORS = [
    "private", "professional_own", "activity", "affinity", "trust", "pressure", "concern", "separation", "optimism",
    "waiting", "tradition", "company", "internal", "reluctance",
]  # fmt: skip
PROFILE_SCORES = ["age", "size", "french", "manufacturing"]
COMPUTED_SCORES = ["professional", "adoption"]


class Cases(Strict):
    """Number of raw records of each kind; `returned`, `resumed` and `fast_duplicates` are among the others."""

    valid: Annotated[int, Field(ge=200, description="more than there are questions")]
    speeders: Count
    straight_liners: Count
    duplicates: Count
    break_offs: Count
    partials: Count
    screen_outs: Count
    testers: Count
    returned: Count
    resumed: Count
    fast_duplicates: Count
    invited: Count

    @model_validator(mode="after")
    def _parts_fit_in_wholes(self) -> Self:
        for part, whole in (("returned", "break_offs"), ("resumed", "valid"), ("fast_duplicates", "duplicates")):
            if getattr(self, part) > getattr(self, whole):
                raise ValueError(f"'{part}' of at most '{whole}'")
        if self.invited < self.valid + self.others:
            raise ValueError("more people invited than answered")
        return self

    @property
    def others(self) -> int:
        """Records of people who are neither valid nor a repetition."""
        return self.speeders + self.straight_liners + self.break_offs + self.partials + self.screen_outs + self.testers


class Age(Strict):
    """Age in years, normally distributed and cut."""

    mean: float
    deviation: float
    youngest: int
    oldest: int


class Latent(Strict):
    """Correlation of the questions on use: within a context, between contexts, within a channel."""

    loading: Annotated[float, Field(gt=0, lt=1)]
    context_correlation: Annotated[float, Field(gt=-1, lt=1)]
    channel_correlation: Share
    channels: list[str]

    @property
    def scores(self) -> list[str]:
        """Names of all scores that a question may load on."""
        channels = [f"channel_{channel}" for channel in self.channels]
        return [*FACTORS, *channels, *PROFILE_SCORES, *COMPUTED_SCORES]


class Adoption(Strict):
    """Logistic model of external presence: share, and log odds per standard deviation of each predictor."""

    share: Share
    private: float
    trust: float
    pressure: float
    size: float


class Firm(Strict):
    """What the company does on each channel: neither, planned, internal, external."""

    loads: Loads
    shares: dict[VariableCode, list[Share]]


class Posts(Strict):
    """Number of contributions: share of zeros, then lognormal with a median."""

    zero: Share
    median: float
    spread: float
    loads: Loads = {}


class Nonresponse(Strict):
    """Missing answers among those who were asked, by scale or by question."""

    clustering: Share
    dont_know: dict[str, Share]
    no_answer: dict[str, Share]
    numbers: dict[VariableCode, Share]
    texts: dict[VariableCode, Share]
    mandatory: list[VariableCode]
    nothing_ticked: Count
    contradictory: Count


class Page(Strict):
    """A page of the questionnaire and the questions on it, by code or pattern."""

    page: int
    variables: list[str]


class Fieldwork(Strict):
    """When people answered and how long it took."""

    mailings: Annotated[list[str], Field(min_length=2, max_length=2)]
    second_mailing: Share
    mean_lag_days: float
    seconds: float
    spread: float
    slowest: int


class Machines(Strict):
    """What a survey server records of the machines used."""

    networks: list[str]
    host: str
    referers: list[str]
    browsers: list[tuple[Share, str, str, str, str, str, str, str]]
    places: dict[int, list[tuple[str, str, str, str]]]


class Settings(Strict):
    """The whole settings file."""

    seed: int
    codebook: str
    output: str
    texts: str
    targets: str
    cases: Cases
    profile: dict[VariableCode, Shares]
    cantons: dict[int, Shares]
    age: Age
    year: int
    size_midpoints: dict[int, float]
    latent: Latent
    items: dict[VariableCode, Item]
    adoption: Adoption
    firm: Firm
    barriers: dict[VariableCode, Tick]
    posts: Posts
    nonresponse: Nonresponse
    odd_cells: list[OddCell]
    pages: list[Page]
    fieldwork: Fieldwork
    machines: Machines

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        tables: dict[str, Shares] = {f"profile.{code}": shares for code, shares in self.profile.items()}
        tables |= {f"cantons.{language}": shares for language, shares in self.cantons.items()}
        tables |= {f"firm.shares.{code}": dict(enumerate(shares)) for code, shares in self.firm.shares.items()}
        for name, shares in tables.items():
            if abs(sum(shares.values()) - 1) > TOLERANCE:
                raise ValueError(f"shares of {name} that sum to 1 (they sum to {sum(shares.values()):.4f})")
        return self


class Texts(Strict):
    """Open answers: by language where people wrote them, hostile ones for any record."""

    comments: dict[int, list[str]]
    hostile: list[str]
    barrier_other: dict[int, list[str]]
    barrier_hostile: list[str]
    tester_texts: list[str]
