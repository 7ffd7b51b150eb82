"""Response rates: what can become of an invitation, and the numbers that a wave's dispositions are expanded into.

The words are those of the American Association for Public Opinion Research (AAPOR), Standard Definitions: Final
Dispositions of Case Codes and Outcome Rates for Surveys, 9th edition 2016 and 10th edition 2023. How each rate is
computed stands in the engines, in each on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from surveyspec.config import StudyConfig
from surveyspec.documents import KeyPath
from surveyspec.identifiers import TOTAL, UNWEIGHTED, number_id

if TYPE_CHECKING:
    from surveyspec.study import Study

KIND = "response"
COLUMNS = ("frame", "disposition", "count")
INVITED = "invited"
# A file must count all of these in every frame; 0 is a count.
DISPOSITIONS = ("complete", "partial", "refused", "broke_off", "screened_out", "undelivered", "no_reply")
# These may be left out where nobody had them.
RARE_DISPOSITIONS = ("no_contact", "other")
RATES = ("e", "rr1", "rr2", "rr3", "rr4", "rr5", "rr6", "coop1", "completion", "break_off")
RATE_DECIMALS = 2


@dataclass(frozen=True)
class ResponseSpec:
    """One number of a wave's response before it is computed.

    Parameters
    ----------
    statistic : ``invited``, a disposition (both counts of cases) or a rate
    frame : the sampling frame, or ``total`` for all frames of the wave together
    frames : the frames that it counts
    """

    id: str
    wave: str
    statistic: str
    frame: str
    frames: tuple[str, ...]
    file: str
    keys: KeyPath

    @property
    def unit(self) -> Literal["count", "share"]:
        """How the number is printed."""
        return "share" if self.statistic in RATES else "count"

    @property
    def decimals(self) -> int:
        """Digits printed after the point (of the percentage, for rates)."""
        return RATE_DECIMALS if self.unit == "share" else 0

    def canonical(self) -> dict[str, Any]:
        """Return what decides the number's value; labels and places do not."""
        return {"response": self.statistic, "frames": list(self.frames), "wave": self.wave}


def plan_response(study: Study, wave: str) -> list[ResponseSpec]:
    """Expand a wave's dispositions into numbers: counts and rates of each frame, and of several frames together."""
    declared = study.waves[wave].wave.dispositions
    if declared is None:
        return []
    groups: list[tuple[str, tuple[str, ...]]] = [(frame, (frame,)) for frame in declared.frames]
    if len(groups) > 1:
        groups.append((TOTAL, tuple(declared.frames)))
    keys: KeyPath = ("waves", wave, "dispositions")
    return [
        ResponseSpec(
            id=number_id(wave, KIND, UNWEIGHTED, [statistic, frame]),
            wave=wave,
            statistic=statistic,
            frame=frame,
            frames=frames,
            file=declared.file,
            keys=keys if frame == TOTAL else (*keys, "frames", frame),
        )
        for frame, frames in groups
        for statistic in (INVITED, *DISPOSITIONS, *RARE_DISPOSITIONS, *RATES)
    ]


def frame_inconsistencies(config: StudyConfig) -> Iterator[tuple[KeyPath, str, str]]:
    """Yield (keys, found, expected) for frames whose ids cannot tell their numbers apart."""
    seen: dict[tuple[str, str], str] = {}
    for wave, declared in config.waves.items():
        for frame in declared.dispositions.frames if declared.dispositions else ():
            assert declared.dispositions is not None
            keys: KeyPath = ("waves", wave, "dispositions", "frames", frame)
            if frame == TOTAL:
                yield keys, f"a frame called '{TOTAL}'", "another id: this one is all frames together"
            other = seen.setdefault((declared.dispositions.file, frame), wave)
            if other != wave:
                yield keys, f"the frame '{frame}', which {other} has too", "each frame of a file in one wave"
