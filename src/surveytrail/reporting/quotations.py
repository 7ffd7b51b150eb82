"""Segments of interviews that pages quote by their key; no other text of an interview leaves the raw file."""

from __future__ import annotations

from collections.abc import Iterable

from surveyspec.study import Study
from surveytrail.interviews import quotations
from surveytrail.reporting.checks import SPAN, attributes_of

UNKNOWN = "und"  # as BCP 47 calls a language that is not known


def quoted_segments(texts: Iterable[str]) -> set[str]:
    """Return the keys of the segments that pages, or files included in them, quote."""
    spans = (attributes_of(match.group("attributes")) for text in texts for match in SPAN.finditer(text))
    return {attributes["segment"] for attributes in spans if "segment" in attributes}


def segment_texts(study: Study, texts: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return text, status (real or synthetic) and language of the segments that are quoted and known, by key."""
    wanted = quoted_segments(texts)
    if not wanted:
        return {}
    return {
        key: {"text": found.text, "status": found.status, "language": found.language or UNKNOWN}
        for key, found in quotations(study).items()
        if key in wanted
    }
