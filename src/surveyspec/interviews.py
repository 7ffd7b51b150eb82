"""Qualitative interviews: the numbers that their coded segments are expanded into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from surveyspec.documents import KeyPath
from surveyspec.identifiers import UNWEIGHTED, number_id
from surveyspec.study import CODE_SETS, DECISIONS, INTERVIEWS, Study

KIND = "interview"
METADATA_COLUMNS = ("iv_id", "coder1", "coder2")
SEGMENT_COLUMNS = ("iv_id", "seg_id", "code", "coder", "text", "status")
CODERS = ("coder1", "coder2")
STATUSES = ("real", "synthetic")
Section = Literal["counts", "codes", "alpha"]
UNITS = {"counts": "count", "codes": "share", "alpha": "statistic"}
DECIMALS = {"count": 0, "share": 1, "statistic": 2}


@dataclass(frozen=True)
class InterviewSpec:
    """One number about the interviews before it is computed.

    Parameters
    ----------
    section : ``counts`` (interviews, segments), ``codes`` (share of interviews in which a code occurs) or ``alpha``
        (agreement of the coders)
    part : what is counted, slug of the code, or how all codes together are compared
    code : the code, if the number is about one
    settings : what decides the value: when a code counts as occurring; seed, draws and level of the interval; the codes
        that every decision was about
    """

    id: str
    section: Section
    part: str
    code: str | None
    settings: dict[str, Any]
    keys: KeyPath

    @property
    def unit(self) -> str:
        """How the number is printed."""
        return UNITS[self.section]

    @property
    def decimals(self) -> int:
        """Digits printed after the point (of the percentage, for shares)."""
        return DECIMALS[self.unit]

    def canonical(self) -> dict[str, Any]:
        """Return what decides the number's value; labels and places do not."""
        return {"interviews": self.section, "part": self.part, "code": self.code, **self.settings}


def plan_interviews(study: Study) -> list[InterviewSpec]:
    """Expand the interviews of a study into numbers; none where it has no interviews."""
    declared, codebook = study.config.interviews, study.interview_codebook
    if declared is None or codebook is None:
        return []
    left_out = {"quoted": sorted(declared.quoted)} if declared.quoted else {}
    counted = {"occurs_if": declared.occurs_if, **left_out}
    interval = {"seed": declared.seed, "draws": declared.draws, "level": declared.level, **left_out}
    codes = [(entry.slug, entry.code) for entry in codebook.codes]
    parts: list[tuple[Section, str, str | None, dict[str, Any]]] = [
        ("counts", "interviews", None, {}),
        ("counts", "segments", None, left_out),
        *(("codes", slug, code, counted) for slug, code in codes),
        ("alpha", DECISIONS, None, {**interval, "codes": [code for _, code in codes]}),
        ("alpha", CODE_SETS, None, interval),
        *(("alpha", slug, code, interval) for slug, code in codes),
    ]
    return [
        InterviewSpec(number_id(INTERVIEWS, section, UNWEIGHTED, [part]), section, part, code, settings, (INTERVIEWS,))
        for section, part, code, settings in parts
    ]
