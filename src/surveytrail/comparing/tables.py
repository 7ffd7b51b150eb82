"""The comparison of two runs as texts: one line per number, and the Markdown table of a reply to reviewers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from surveytrail.comparing.causes import Cause, Change, Comparison
from surveytrail.comparing.runs import Run

HEAD = ("Number", "What it is", "Run A", "Run B", "Changed", "Cause")
Grouped = list[tuple[str, list[str], list[Change]]]


def summary(comparison: Comparison) -> str:
    """Return the comparison in one sentence."""
    changes = comparison.changes
    statuses = [change.difference.status for change in changes]
    kinds = ", ".join(f"{count} {kind}" for kind, count in comparison.counts.items())
    in_print = sum(change.difference.status == "changed" and change.in_print for change in changes)
    return (
        f"{comparison.compared} numbers compared: {statuses.count('changed')} changed ({in_print} in print), "
        f"{statuses.count('only in A')} only in A, {statuses.count('only in B')} only in B, "
        f"{comparison.compared - len(changes)} the same" + (f"; causes: {kinds}" if kinds else "")
    )


def grouped(changes: Iterable[Change]) -> Grouped:
    """Gather the changes that have the same causes: kinds of cause, places of all causes, changes."""
    groups: dict[tuple[object, ...], tuple[str, list[str], list[Change]]] = {}
    for change in changes:
        key = (change.causes, change.also)
        if key not in groups:
            where = [f"{cause.kind}: {place}" for cause in change.causes for place in cause.where]
            where += [f"differs too, {cause.kind}: {place}" for cause in change.also for place in cause.where]
            groups[key] = (", ".join(cause.kind for cause in change.causes), where, [])
        groups[key][2].append(change)
    return list(groups.values())


def markdown(comparison: Comparison, changes: Iterable[Change], language: str) -> str:
    """Return changed numbers as a Markdown table, with the names of the runs above and the causes below."""
    lines = [f"- Run A: {described(comparison.a)}", f"- Run B: {described(comparison.b)}", ""]
    groups = grouped(changes)
    if groups:
        lines += [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
        for place, (kinds, _, members) in enumerate(groups, 1):
            for change in members:
                number, *cells = cells_of(change, language)
                lines.append(f"| `{number}` | {' | '.join(map(_escaped, [*cells, f'{kinds} ({place})']))} |")
        lines.append("")
        for place, (_, where, _) in enumerate(groups, 1):
            lines.append(f"{place}. " + "; ".join(map(_code, where or ["no cause found"])))
        lines.append("")
    return "\n".join(lines)


def cells_of(change: Change, language: str) -> tuple[str, str, str, str, str]:
    """Return a change as the cells of ``HEAD``, its cause left out."""
    difference = change.difference
    before, after = (printed(row, language) for row in (difference.before, difference.after))
    what = ", ".join(sorted(difference.facets)) if difference.status == "changed" else difference.status
    return difference.id, _local(difference.row, "label", language), before, after, what


def printed(row: Mapping[str, Any] | None, language: str) -> str:
    """Return how a number is printed, with its interval and its base."""
    if row is None:
        return "–"
    interval = _local(row, "interval_text", language)
    base = f", n = {row['n_used']}" if row.get("n_used") is not None else ""
    return _local(row, "text", language) + (f" ({interval}{base})" if interval else base and f" ({base[2:]})")


def described(run: Run) -> str:
    """Say which run it is: name, root, commit and time."""
    state = run.record.get("workflow") or {}
    commit = str(state.get("commit", "unknown"))[:10] + (" with uncommitted changes" if state.get("dirty") else "")
    ended = run.record.get("ended", "at an unknown time")
    return f"{run.name}, root {run.seal.root[:12]}…, commit {commit}, ended {ended}"


def as_json(change: Change) -> dict[str, Any]:
    """Return a change as JSON values, printed texts in every language."""
    difference = change.difference
    rows = (difference.before, difference.after)
    return {
        "id": difference.id,
        "status": difference.status,
        "facets": sorted(difference.facets),
        "values": [None if row is None else row["value"] for row in rows],
        "texts": [None if row is None else json.loads(row["text"] or "{}") for row in rows],
        "intervals": [None if row is None else json.loads(row["interval_text"] or "{}") for row in rows],
        "causes": _causes_as_json(change.causes),
        "also": _causes_as_json(change.also),
    }


def _causes_as_json(causes: Iterable[Cause]) -> list[dict[str, Any]]:
    return [{"kind": cause.kind, "where": list(cause.where)} for cause in causes]


def _local(row: Mapping[str, Any], name: str, language: str) -> str:
    texts = json.loads(row[name] or "{}")
    return str(texts.get(language) or next(iter(texts.values()), ""))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    """Return a text as a code span, which Markdown takes as it stands."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"
