"""Tables about the questions of a wave: its scales, and why answers are missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyspec.items import ANSWERED, ITEM_STATISTICS, OUTCOMES, plan_items
from surveyspec.study import Study
from surveytrail.reporting.spans import NO_VALUE, codebook, markdown_table, note, num, source, word

Rows = Mapping[str, Mapping[Any, Any]]


def scales_table(study: Study, wave: str) -> str:
    """Write each scale with its alpha, then its items; nothing where the wave declares no scales."""
    numbers = {
        (spec.scale, spec.item, spec.statistic): spec.id for spec in plan_items(study, wave) if spec.kind == "scale"
    }
    if not numbers:
        return ""
    cells = []
    for scale, item in dict.fromkeys((scale, item) for scale, item, _ in numbers):
        if item is None:
            alpha = numbers[scale, None, "alpha"]
            interval = f"{num(alpha)} ({num(alpha, 'interval')})"
            cells.append([f"**{codebook(f'{wave}.{scale}')}**", num(alpha, "n"), *[NO_VALUE] * 3, interval])
        else:
            found = [numbers.get((scale, item, name)) for name in ITEM_STATISTICS]
            values = [num(identifier) if identifier else NO_VALUE for identifier in found]
            cells.append([codebook(f"{wave}.{item}"), NO_VALUE, *values])
    head = [word(f"tables.scales.{name}") for name in ("scale", "n", "mean", "sd", "rest", "alpha")]
    table = markdown_table(head, cells, word("tables.scales.caption"), f"scales-{wave}", [0.7, 0.7, 0.7, 1, 2])
    return f"{table}\n{note(word('tables.scales.note'))}"


def nonresponse_table(study: Study, wave: str, rows: Rows) -> str:
    """Write for each question how many answered and why others did not; nothing where it is not declared.

    Reasons that nobody had are left out.
    """
    numbers = {
        (str(spec.item), spec.statistic): spec.id for spec in plan_items(study, wave) if spec.kind == "nonresponse"
    }
    if not numbers:
        return ""
    occurring = {outcome for (_, outcome), identifier in numbers.items() if rows[identifier]["value"]}
    shown = [outcome for outcome in OUTCOMES if outcome in occurring or outcome == ANSWERED]

    def cell(identifier: str) -> str:
        return num(identifier) if rows[identifier]["value"] else NO_VALUE

    cells = [
        [codebook(f"{wave}.{item}.question"), *(cell(numbers[item, outcome]) for outcome in shown)]
        for item in dict.fromkeys(item for item, _ in numbers)
    ]
    head = [word(f"tables.nonresponse.{name}") for name in ("question", *shown)]
    table = markdown_table(head, cells, word("tables.nonresponse.caption"), f"nonresponse-{wave}", [1] * len(shown))
    return f"{table}\n{source(f'waves.{wave}.raw')}"
