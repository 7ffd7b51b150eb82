"""A trace as a tree on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from surveyspec.problems import listed
from surveyspec.study import CONFIG
from surveytrail.tracing.raw_records import Cell
from surveytrail.tracing.trace import RawRecord, Trace, VariableOrigin

SHOWN = 12  # variables, columns or cells; the rest is counted
KIND_STYLES = {"DIRECT": "green", "INDIRECT": "yellow", "GLOBAL": "magenta"}


def print_trace(console: Console, trace: Trace, language: str) -> None:
    """Print a trace: what is printed, how it was made, the cells that it is tied to, the first raw records."""
    row = trace.row
    group = _local(row["group_label"], language)
    label = _local(row["label"], language) + (f" ({group})" if group else "")
    tree = Tree(Text.assemble((row["id"], "bold"), "  ", label), guide_style="dim")
    _add_number(tree, trace, language)
    made = tree.add(Text("made by", "bold"))
    made.add(_pair("rule", f"{row['rule']}, {row['script']}:{row['script_line']}"))
    if row["config_line"] is not None:
        made.add(_pair("declared", f"{CONFIG}:{row['config_line']}"))
    _add_variables(made, trace.variables, language)
    ties = tree.add(Text("raw cells that it is tied to", "bold"))
    for edge in trace.edges:
        records = f"{len(edge.records)} record{'' if len(edge.records) == 1 else 's'}"
        columns = ("column " if len(edge.columns) == 1 else "columns ") + listed(edge.columns, SHOWN)
        source = "" if edge.wave == row["wave"] else f" of {edge.wave}"
        told = f"  {edge.why}: {records}, {columns}{source}"
        ties.add(Text.assemble((edge.kind, KIND_STYLES.get(edge.kind, "")), told))
    if not trace.edges:
        ties.add(Text("none recorded"))
    if trace.records:
        title = f"first {len(trace.records)} of {trace.records_behind} {trace.tie} raw records in {row['raw_file']}"
        shown = tree.add(Text(title, "bold"))
        for record in trace.records:
            _add_record(shown, record, language)
    console.print(tree)
    if trace.records:
        console.print("To read them in the file, every column as exported:")
        for record in trace.records:
            console.print(f"  {record.command}", markup=False, soft_wrap=True)


def _add_number(tree: Tree, trace: Trace, language: str) -> None:
    """Add what is printed, and what it was computed as."""
    row, texts = trace.row, trace.row["text"] or {}
    others = ", ".join(f"{code} {text}" for code, text in texts.items() if code != language)
    printed = tree.add(
        Text.assemble("printed  ", (texts.get(language, "no value"), "bold cyan"), f"  ({others})" if others else "")
    )
    places = f"{row['decimals']} decimal{'' if row['decimals'] == 1 else 's'}"
    printed.add(_pair("value", f"{_value(row)}, printed with {places}, {row['rounding']}"))
    printed.add(_pair("base", _base(row)))
    if row["question"]:
        printed.add(_pair("question", _local(row["question"], language)))
    interval = (row["interval_text"] or {}).get(language)
    if interval and row["interval_level"] is not None:
        printed.add(_pair("interval", f"{interval} ({100 * row['interval_level']:g}%, {row['interval_method']})"))
    printed.add(_pair("estimator", " ".join(dict.fromkeys(filter(None, [row["estimator"], row["statistic"]])))))
    if row["kind"] in {"estimate", "test"}:
        printed.add(_pair("filter", row["filter"] or "none: everybody analysed"))
    if row["groups"]:
        levels = ", ".join(f"{code} == {level}" for code, level in row["groups"])
        printed.add(_pair("group", f"{levels} ({_local(row['group_label'], language)})"))
    printed.add(_pair("weight", row["weight"]))
    for name in ("warning", "error"):
        if row[name]:
            printed.add(Text.assemble((f"{name}  ", "red"), row[name]))
    printed.add(_pair("second engine", _verdict(trace.verdict)))


def _value(row: dict[str, Any]) -> str:
    """Return the value in full, with the integers that it is made of where there are some."""
    if row["numerator"] is None:
        return repr(row["value"])
    if row["denominator"] is None:
        return str(row["numerator"])
    return f"{row['value']!r} = {row['numerator']}/{row['denominator']}"


def _base(row: dict[str, Any]) -> str:
    if row["n_used"] is None:
        return "not counted" if row["n_in"] is None else f"{row['n_in']} records"
    excluded = ", ".join(f"{reason} {count}" for reason, count in (row["n_excluded"] or {}).items())
    total = "" if row["n_in"] is None else f" used of {row['n_in']} in the base"
    weighted = ""
    if row["weight"] != "unweighted" and row["n_effective"] is not None:
        weighted = f"; effective n {row['n_effective']:.1f}"
    return f"n = {row['n_used']}{total}" + (f" (not used: {excluded})" if excluded else "") + weighted


def _verdict(verdict: dict[str, Any] | None) -> str:
    if verdict is None:
        return "not recomputed yet (trail verify)"
    if verdict["match"]:
        return f"match ({verdict['engine']})"
    return f"MISMATCH: recomputed {verdict['value_recomputed']!r}, in the ledger {verdict['value_ledger']!r}"


def _add_variables(tree: Tree, variables: Sequence[VariableOrigin], language: str) -> None:
    """Add the line that declares each variable; derived ones lead on to the questions that they are made of."""
    for variable in variables[:SHOWN]:
        source = f"column {variable.column}" if variable.column else f"from {len(variable.made_of)} questions"
        label = (_local(variable.label, language), "dim")
        branch = tree.add(Text.assemble((variable.code, "bold"), f"  {variable.place}, {source}  ", label))
        _add_variables(branch, variable.made_of, language)
    _add_rest(tree, len(variables))


def _add_record(tree: Tree, record: RawRecord, language: str) -> None:
    lines = (
        f"line {record.first_line}"
        if record.first_line == record.last_line
        else f"lines {record.first_line} to {record.last_line}"
    )
    respondent = ", respondent not shown" if record.respondent is None else f", respondent {record.respondent}"
    branch = tree.add(Text(f"record {record.record}, {lines}{respondent if record.respondent != '' else ''}"))
    for cell in record.cells[:SHOWN]:
        branch.add(_cell(cell, language))
    _add_rest(branch, len(record.cells))


def _add_rest(tree: Tree, count: int) -> None:
    """Say how many are left out, if any."""
    if count > SHOWN:
        tree.add(Text(f"… {count - SHOWN} more (--json lists all)", "dim"))


def _cell(cell: Cell, language: str) -> Text:
    name = f"{cell.column} ({cell.variable})" if cell.variable else cell.column
    if cell.raw is None:
        return Text.assemble(name, "  ", (cell.withheld, "dim"))
    meaning = f"missing: {cell.missing}" if cell.missing else _local(cell.label, language)
    return Text.assemble(name, " = ", (repr(cell.raw), "cyan"), f"  {meaning}" if meaning else "")


def _pair(name: str, content: object) -> Text:
    return Text.assemble((f"{name}  ", "dim"), str(content))


def _local(texts: dict[str, str] | None, language: str) -> str:
    """Return a text in one language, or in whatever language there is."""
    if not texts:
        return ""
    return texts.get(language) or next(iter(texts.values()))
