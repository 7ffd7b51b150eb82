"""Segments of interviews that pages quote by their key; no other text of an interview leaves the raw file."""

from __future__ import annotations

from collections.abc import Iterable

from surveyspec.study import Study
from surveytrail.interviews import quotations

UNKNOWN = "und"  # as BCP 47 calls a language that is not known


def segment_texts(study: Study, quoted: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return text, status (real or synthetic) and language of the segments that are quoted and known, by key."""
    wanted = set(quoted)
    if not wanted:
        return {}
    return {
        key: {"text": found.text, "status": found.status, "language": found.language or UNKNOWN}
        for key, found in quotations(study).items()
        if key in wanted
    }
