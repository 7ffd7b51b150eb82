"""Number ids: ``wave.estimate[.item][.category][.group=level].weight``, all parts declared by the study."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

CONFIG = "config.yaml"
INTERVIEWS = "interviews"  # stands where numbers of a survey have its wave
UNWEIGHTED = "unweighted"
FIELDWORK = ("flow", "response")  # stand where others have their estimate: who was asked, not what was answered
TOTAL = "total"


def number_id(
    wave: str,
    estimate: str,
    weight: str,
    parts: Iterable[str] = (),
    groups: Iterable[tuple[str, str]] = (),
) -> str:
    """Join the declared parts of a number into its id.

    Parameters
    ----------
    parts : slugs of item, category or statistic, in this order
    groups : pairs of a grouping variable's slug and a category's slug
    """
    return ".".join([wave, estimate, *parts, *(f"{group}={level}" for group, level in groups), weight])


def short_anchor(identifier: str) -> str:
    """Return an anchor of 14 characters for formats that limit them (DOCX bookmarks: 40, no dots)."""
    return "n-" + hashlib.sha256(identifier.encode()).hexdigest()[:12]


def seed_words(seed: int, identifier: str) -> list[int]:
    """Return what seeds the PCG64 generator of one number: the study's seed and its id, so that none share draws."""
    content = hashlib.sha256(identifier.encode()).digest()
    return [seed, *(int.from_bytes(content[place : place + 4], "little") for place in range(0, 16, 4))]
