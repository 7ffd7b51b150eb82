"""Generated Markdown: tables and figures whose every cell is a span, so that no text and no value is ever typed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from surveyspec.config import Table, TableColumn
from surveyspec.identifiers import UNWEIGHTED, number_id
from surveyspec.problems import Problem, StudyError, did_you_mean
from surveyspec.study import CONFIG, Study
from surveytrail.frames import rows_of
from surveytrail.reporting.calibration_table import calibration_table
from surveytrail.reporting.codebook_tables import codebook_tables
from surveytrail.reporting.fieldwork_tables import interviews_table, response_tables
from surveytrail.reporting.hypotheses_table import hypotheses_table
from surveytrail.reporting.items_tables import nonresponse_table, scales_table
from surveytrail.reporting.sensitivity_table import sensitivity_table
from surveytrail.reporting.spans import NO_VALUE, anchor, codebook, markdown_table, note, num, param, source, word


@dataclass(frozen=True)
class Numbers:
    """The ledger as tables read it: rows by id."""

    rows: Mapping[str, Mapping[Any, Any]]

    @cached_property
    def by_estimate(self) -> Mapping[str, list[Mapping[Any, Any]]]:
        """Return the rows of each estimate of the study file in the ledger's order."""
        found: dict[str, list[Mapping[Any, Any]]] = defaultdict(list)
        for row in self.rows.values():
            if row["kind"] == "estimate":
                found[str(row["estimate"])].append(row)
        return found

    def of(self, kind: str, wave: str) -> list[Mapping[Any, Any]]:
        """Return the rows of one kind and wave in the ledger's order."""
        return [row for row in self.rows.values() if row["kind"] == kind and row["wave"] == wave]


def fragments(study: Study, ledger: pd.DataFrame, synthetic: bool) -> dict[str, str]:
    """Return the generated files by name: tables and figures of the study file, and the built-in tables.

    Raises
    ------
    StudyError : a table asks for a number that the ledger does not have
    """
    numbers = Numbers({str(row["id"]): row for row in rows_of(ledger)})
    made: dict[str, str] = {}
    problems: list[Problem] = []
    for index, table in enumerate(study.config.report.tables):
        try:
            made[f"table_{table.id}.md"] = _declared_table(study, table, index, numbers)
        except StudyError as error:
            problems += error.problems
    for figure in study.config.figures:
        made[f"figure_{figure.id}.md"] = (
            f"![{param(f'figures.{figure.id}.title')}](figures/{figure.id}.svg){{#{anchor('fig', figure.id)}}}\n"
        )
    for wave in study.waves:
        made[f"flow_{wave}.md"] = _flow(wave, numbers)
        made[f"codebook_{wave}.md"] = codebook_tables(study, wave)
        made[f"scales_{wave}.md"] = scales_table(study, wave)
        made[f"nonresponse_{wave}.md"] = nonresponse_table(study, wave, numbers.rows)
        made[f"response_{wave}.md"] = response_tables(study, wave, numbers.rows)
        weights = [_weighting(study, wave, weight, numbers) for weight in study.waves[wave].wave.weights]
        made[f"weighting_{wave}.md"] = "\n".join(weight for weight in weights if weight)
    made["calibration.md"] = calibration_table(study, numbers.rows)
    made["hypotheses.md"] = hypotheses_table(study, numbers.rows, synthetic)
    made["sensitivity.md"] = sensitivity_table(study)
    made["interviews.md"] = interviews_table(study, numbers.rows)
    if problems:
        raise StudyError(problems)
    return made


def _declared_table(study: Study, table: Table, index: int, numbers: Numbers) -> str:
    """Write a table of the study file: a row per item or answer of its first column's estimate."""
    base = f"report.tables.{table.id}"
    columns = list(enumerate(table.columns))
    first = table.columns[0].estimate
    keys = dict.fromkeys(_row_key(row) for row in _totals(first, numbers))
    rows: list[list[str]] = []
    used: list[Mapping[Any, Any]] = []
    found_in: set[int] = set()
    for key in keys:
        cells = [_row_label(study, first, key, numbers)]
        for at, column in columns:
            row = _cell(column, key, numbers)
            if row is None or (column.show == "interval" and row["interval_text"] is None):
                cells.append(NO_VALUE)
                continue
            found_in.add(at)
            used.append(row)
            cells.append(num(str(row["id"]), column.show))
        rows.append(cells)
    problems = [_empty_column(study, index, at, column, numbers) for at, column in columns if at not in found_in]
    if problems:
        raise StudyError(problems)
    head = [word("tables.blank"), *(param(f"{base}.columns.{at}.label") for at, _ in columns)]
    text = markdown_table(
        head,
        rows,
        param(f"{base}.caption"),
        table.id,
        [1.3 if column.show == "interval" else 1 for column in table.columns],
    )
    return f"{text}\n{note(_base_note(study, used))}"


RowKey = tuple[str | None, int | None]


def _totals(estimate: str, numbers: Numbers) -> list[Mapping[Any, Any]]:
    return numbers.by_estimate.get(estimate, [])


def _row_key(row: Mapping[Any, Any]) -> RowKey:
    """Return what tells the rows of a table apart: the item's part of the id and the answer."""
    item = None if row["item"] is None or pd.isna(row["item"]) else str(row["id"]).split(".")[2]
    return item, None if pd.isna(row["category"]) else int(row["category"])


def _row_label(study: Study, estimate: str, key: RowKey, numbers: Numbers) -> str:
    row = next(row for row in _totals(estimate, numbers) if _row_key(row) == key)
    spec = next(entry for entry in study.config.estimates if entry.id == estimate)
    parts = []
    if key[0] is not None:
        parts.append(codebook(f"{row['wave']}.{row['item']}"))
    if key[1] is not None:
        variable = row["item"] if key[0] is not None else spec.distribution
        parts.append(codebook(f"{row['wave']}.{variable}.{key[1]}"))
    return " – ".join(parts) if parts else param(f"estimates.{estimate}.label")


def _cell(column: TableColumn, key: RowKey, numbers: Numbers) -> Mapping[Any, Any] | None:
    """Return the ledger row of a cell: its estimate, weight and group, in the row with this key."""
    group = column.group.split(".") if column.group else []
    for row in _totals(column.estimate, numbers):
        parts = [part for part in str(row["id"]).split(".") if "=" in part]
        if _row_key(row) == key and row["weight"] == column.weight and parts == group:
            return row
    return None


def _empty_column(study: Study, index: int, at: int, column: TableColumn, numbers: Numbers) -> Problem:
    groups = sorted({part for row in _totals(column.estimate, numbers)
                     for part in str(row["id"]).split(".") if "=" in part})  # fmt: skip
    asked = f"'{column.estimate}' with weight '{column.weight}'" + (
        f" in group '{column.group}'" if column.group else ""
    )
    shown = " with an interval" if column.show == "interval" else ""
    todo = did_you_mean(column.group, groups) if column.group else ""
    return Problem(CONFIG, f"report.tables.{index}.columns.{at}", f"no number of {asked}{shown} in a row of this table",
                   f"a group among {', '.join(groups)}" if groups and column.group else "an estimate with these rows",
                   todo or "correct the column, or add the group under the estimate's 'by'",
                   study.line("report", "tables", index, "columns", at))  # fmt: skip


def _base_note(study: Study, used: list[Mapping[Any, Any]]) -> str:
    """Say how many respondents each column of numbers rests on, and with which weight."""
    notes = []
    for weight in dict.fromkeys((str(row["wave"]), str(row["weight"])) for row in used):
        rows = sorted((row for row in used if (row["wave"], row["weight"]) == weight and not pd.isna(row["n_used"])),
                      key=lambda row: int(row["n_used"]))  # fmt: skip
        least, most = rows[0], rows[-1]
        count = num(str(least["id"]), "n")
        if int(least["n_used"]) != int(most["n_used"]):
            count += f"–{num(str(most['id']), 'n')}"
        name = word("unweighted") if weight[1] == UNWEIGHTED else param(f"waves.{weight[0]}.weights.{weight[1]}.label")
        notes.append(f"{count} {word('respondents')}, {name}")
    return f"{word('tables.semicolon').join(notes)}."


def _flow(wave: str, numbers: Numbers) -> str:
    """Write the way from raw to analysed records: what came in, what each rule took out, what is left."""
    rows = [[num(str(row["id"]), "label"), num(str(row["id"]))] for row in numbers.of("flow", wave)]
    head = [word("tables.flow.step"), word("tables.flow.records")]
    table = markdown_table(head, rows, word("tables.flow.caption"), f"flow-{wave}", [1])
    return f"{table}\n{source(f'waves.{wave}.raw')}"


def _weighting(study: Study, wave: str, weight: str, numbers: Numbers) -> str:
    """Write the diagnostics of a weight, and the margins before and after; nothing if it has none."""
    rows = [row for row in numbers.of("weighting", wave) if row["weight"] == weight]
    plain = [row for row in rows if "=" not in str(row["id"])]
    if not plain:
        return ""
    name = param(f"waves.{wave}.weights.{weight}.label")
    statistics = [[num(str(row["id"]), "label"), num(str(row["id"]))] for row in plain]
    text = markdown_table([word("tables.weighting.statistic"), name], statistics,
                          word("tables.weighting.caption"), f"weighting-{wave}-{weight}", [1])  # fmt: skip
    text += f"\n{source(f'waves.{wave}.raw')}"
    margins = [row for row in rows if "=" in str(row["id"])]
    if not margins:
        return text
    groups = dict.fromkeys(_group(row) for row in margins)
    steps = ("target", "before", "after")
    cells = []
    for group in groups:
        found = {step: number_id(wave, "weights", weight, [f"margin_{step}"], [group]) for step in steps}
        cells.append([_margin_label(study, wave, weight, group),
                      *(num(found[step]) if found[step] in numbers.rows else NO_VALUE for step in steps)])  # fmt: skip
    head = [word("tables.margins.group"), *(word(f"tables.margins.{step}") for step in steps)]
    table = markdown_table(head, cells, word("tables.margins.caption"), f"margins-{wave}-{weight}",
                           [1, 1, 1])  # fmt: skip
    return f"{text}\n{table}\n{source(f'waves.{wave}.weights.{weight}.margins')}"


def _group(row: Mapping[Any, Any]) -> tuple[str, str]:
    group, _, level = next(part for part in str(row["id"]).split(".") if "=" in part).partition("=")
    return group, level


def _margin_label(study: Study, wave: str, weight: str, group: tuple[str, str]) -> str:
    """Return the answer that a margin counts, by its key in the codebook."""
    spec = study.waves[wave]
    raked = spec.weight_variables(spec.wave.weights[weight])
    code = next(name for name in raked if spec.slug(name) == group[0])
    level = next(category.code for category in spec.categories(code) if category.slug == group[1])
    return codebook(f"{wave}.{code}.{level}")
