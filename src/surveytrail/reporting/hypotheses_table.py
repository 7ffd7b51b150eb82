"""The table of hypotheses: what was planned, what was found, and the verdict that the ledger holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyspec.catalogue import TESTS
from surveyspec.identifiers import number_id
from surveyspec.plan import TestSpec, plan_tests
from surveyspec.study import Study
from surveytrail.reporting.spans import NO_VALUE, anchor, codebook, note, num, param, word

COLUMNS = ("id", "hypothesis", "plan", "effect", "interval", "p_adjusted", "n", "verdict")
RULE = (
    "|:----------|:------------------|:------------|:--------------|------------:|-----------:|------:|:-------------|"
)


def hypotheses_table(study: Study, rows: Mapping[str, Mapping[Any, Any]], synthetic: bool) -> str:
    """Write one row per test, in the order of the study file; nothing where there are no hypotheses.

    Parameters
    ----------
    rows : the ledger by id
    synthetic : whether a note must say that verdicts mean nothing
    """
    specs = plan_tests(study)
    if not specs:
        return ""
    head = [word(f"tables.hypotheses.{name}") for name in COLUMNS]
    tests = {name: row for name, row in rows.items() if row["kind"] == "test"}
    lines = [f"| {' | '.join(_cells(spec, tests))} |" for spec in specs]
    table = "\n".join([f"| {' | '.join(head)} |", RULE, *lines])
    sentences = [word("tables.rule"), *([word("tables.hypotheses.synthetic")] if synthetic else [])]
    caption = f": {word('tables.hypotheses.caption')} {{#{anchor('tbl', 'hypotheses')}}}"
    return f"{table}\n\n{caption}\n\n{note(' '.join(sentences))}"


def _cells(spec: TestSpec, rows: Mapping[str, Mapping[Any, Any]]) -> list[str]:
    hypothesis = spec.hypothesis
    kind = TESTS[hypothesis.test]
    label = param(f"hypotheses.{hypothesis.id}.label")
    if spec.item is not None:
        label += f" – {codebook(f'{spec.wave}.{spec.item}')}"
    shown = kind.effect or kind.statistic
    main = _first(spec, rows, shown) if shown else None
    effect = NO_VALUE if main is None else f"{word(f'statistics.{shown}')} {num(main)}"
    interval = NO_VALUE if main is None or rows[main]["interval_text"] is None else num(main, "interval")
    decided = [NO_VALUE if found is None else num(found)
               for found in (_first(spec, rows, name) for name in ("p_adjusted", "n", "verdict"))]  # fmt: skip
    return [hypothesis.id, label, word(f"tables.hypotheses.{hypothesis.plan}"), effect, interval, *decided]


def _first(spec: TestSpec, rows: Mapping[str, Mapping[Any, Any]], statistic: str) -> str | None:
    """Return the id of a statistic of a test; of a model with several predictors, that of the first, which decides."""
    own = number_id(spec.wave, spec.id, spec.hypothesis.weight, [*spec.parts, statistic])
    if own in rows:
        return own
    ending = f".{statistic}.{spec.hypothesis.weight}"
    return next((found for found in rows if found.startswith(f"{spec.stem}.") and found.endswith(ending)), None)
