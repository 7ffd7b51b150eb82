"""Numbers about the questions themselves: how a scale's items hang together, and why answers are missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from surveyspec.codebook import NUMERIC, Reason
from surveyspec.documents import KeyPath
from surveyspec.identifiers import UNWEIGHTED, number_id
from surveyspec.plan import digest
from surveyspec.study import Study, WaveSpec

Kind = Literal["scale", "nonresponse"]
KINDS = get_args(Kind)
LEVEL = 0.95  # of the interval of alpha
ANSWERED = "answered"
OUTCOMES = (ANSWERED, *(reason.lower() for reason in get_args(Reason)))
ITEM_STATISTICS = ("item_mean", "item_sd", "item_rest", "alpha_without")
SMALLEST = 3  # respondents, below which no statistic of a scale is defined


@dataclass(frozen=True)
class ItemSpec:
    """One number about questions before it is computed.

    Parameters
    ----------
    statistic : ``alpha``, one of ``ITEM_STATISTICS``, or one of ``OUTCOMES``
    scale : code of the scale score, for scales
    item : code of the one item that it is about; None for a whole scale
    items : codes of all items whose answers it reads
    reverse : for reversed items, what their answer is subtracted from
    """

    id: str
    wave: str
    kind: Kind
    statistic: str
    scale: str | None
    item: str | None
    items: tuple[str, ...]
    reverse: tuple[tuple[str, float], ...]
    keys: KeyPath

    @property
    def unit(self) -> str:
        """How the number is printed."""
        return "count" if self.kind == "nonresponse" else "statistic"

    @property
    def decimals(self) -> int:
        """Digits printed after the point."""
        return 0 if self.kind == "nonresponse" else 2

    @cached_property
    def digest(self) -> str:
        """Digest of what decides the number's value."""
        return digest(self.canonical())

    def canonical(self) -> dict[str, Any]:
        """Return what decides the number's value; labels and places do not."""
        level = {"level": LEVEL} if self.statistic == "alpha" else {}
        own = {"statistic": self.statistic, "item": self.item, "items": list(self.items), "wave": self.wave}
        return {"questions": self.kind, **own, "reverse": [list(pair) for pair in self.reverse], **level}


def plan_items(study: Study, wave: str) -> list[ItemSpec]:
    """Expand what a wave declares about its questions into numbers: scales, then item nonresponse."""
    spec = study.waves[wave]
    return [*_scales(spec), *_nonresponse(spec)]


def questions(wave: WaveSpec) -> list[str]:
    """Return the codes of the questions: variables with codes for missing answers, texts aside."""
    return [
        variable.code
        for variable in wave.codebook.kept
        if variable.missing is not None and variable.type in NUMERIC and variable.code != wave.wave.respondent
    ]


def _scales(wave: WaveSpec) -> Iterator[ItemSpec]:
    for place, scale in enumerate(wave.wave.scales):
        items = wave.items(str(wave.wave.derived[scale].mean_of))
        reverse, keys = wave.reversed_items(scale), ("waves", wave.id, "scales", place)
        slug = wave.slug(scale)
        for statistic, item in (("alpha", None), *((name, item) for item in items for name in ITEM_STATISTICS)):
            if statistic != "alpha_without" or len(items) > 2:
                parts = [statistic, slug, *([wave.slug(item)] if item is not None else [])]
                identifier = number_id(wave.id, "scale", UNWEIGHTED, parts)
                yield ItemSpec(identifier, wave.id, "scale", statistic, scale, item, items, reverse, keys)


def _nonresponse(wave: WaveSpec) -> Iterator[ItemSpec]:
    if not wave.wave.item_nonresponse:
        return
    keys = ("waves", wave.id, "item_nonresponse")
    for item in questions(wave):
        for outcome in OUTCOMES:
            identifier = number_id(wave.id, "nonresponse", UNWEIGHTED, [outcome, item])
            yield ItemSpec(identifier, wave.id, "nonresponse", outcome, None, item, (item,), (), keys)
