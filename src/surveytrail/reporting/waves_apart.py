"""No trend by accident: numbers of two waves never stand in one sentence, item or row of a page.

Waves that asked other people, over other lists, on other scales differ for these reasons alone. Counts of the fieldwork
(records, invitations, response) may stand together: they say who was asked, and not what was answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from surveyspec.condition_parser import parse_condition
from surveyspec.conditions import variables_of
from surveyspec.identifiers import FIELDWORK

PARAGRAPH = re.compile(r"(?:^[^\n]*\S[^\n]*(?:\n|\Z))+", re.MULTILINE)
PART = re.compile(r"^(?=\|)|^(?=[ \t]*(?:[-*+]|\d+[.)])[ \t])", re.MULTILINE)  # rows of a table, items of a list


def parts_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield (position, text) of every paragraph, list item and table row of a page."""
    for paragraph in PARAGRAPH.finditer(text):
        cuts = [0, *(cut.start() for cut in PART.finditer(paragraph.group()) if cut.start()), len(paragraph.group())]
        for start, end in pairwise(cuts):
            yield paragraph.start() + start, paragraph.group()[start:end]


def waves_of(attributes: Mapping[str, str], ledger: Mapping[str, Any]) -> set[str]:
    """Return the waves that must stay apart and whose answers a span speaks of: one for a number, any for a claim."""
    if attributes.get("claim") in ledger["claims"]:
        names = list(variables_of(parse_condition(ledger["claims"][attributes["claim"]]["condition"])))
    else:
        names = [attributes["num"]] if "num" in attributes else []
    found = [name.split(".", 2)[:2] for name in names]
    return {part[0] for part in found if part[0] in ledger["apart"] and part[1:] and part[1] not in FIELDWORK}
