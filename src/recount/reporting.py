"""The outcome of a recount: a Parquet file, a JSON summary, a table on the screen."""

from __future__ import annotations

import dataclasses
import io
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from recount.claims import Claims
from recount.comparing import INDEPENDENT, RECOMPUTED_KINDS, Verdict

SHOWN = 50
SCHEMA = pyarrow.schema(
    [
        ("id", pyarrow.string()),
        ("kind", pyarrow.string()),
        ("value_ledger", pyarrow.float64()),
        ("value_recomputed", pyarrow.float64()),
        ("relative_difference", pyarrow.float64()),
        ("text_ledger", pyarrow.string()),
        ("text_recomputed", pyarrow.string()),
        ("match", pyarrow.bool_()),
        ("engine", pyarrow.string()),
        ("note", pyarrow.string()),
    ]
)


@dataclass(frozen=True)
class Outcome:
    """Verdicts on the numbers of a ledger, and the rows that nobody recomputed.

    Parameters
    ----------
    verdicts : one per number that either engine knows
    beyond : ids of ledger rows whose kind this engine does not compute, by kind
    claims : what came of the verdicts on claims; None where they were not compared
    """

    verdicts: Sequence[Verdict]
    beyond: Mapping[str, list[str]]
    claims: Claims | None = None

    @property
    def holds(self) -> bool:
        """Say whether there was something to reproduce and all of it was reproduced."""
        alike = self.claims is None or self.claims.holds
        return bool(self.verdicts) and all(verdict.match for verdict in self.verdicts) and alike

    @property
    def line(self) -> str:
        """The summary in one line."""
        reproduced = [verdict for verdict in self.verdicts if verdict.match]
        own = sum(verdict.engine == INDEPENDENT for verdict in reproduced)
        return (
            f"{len(reproduced)} of {len(self.verdicts)} numbers reproduced (independent code: {own}, "
            f"same library: {len(reproduced) - own}); not recomputed: {sum(map(len, self.beyond.values()))}"
            + (f"; {self.claims.line}" if self.claims is not None else "")
        )

    def summary(self) -> dict[str, Any]:
        """Return counts and the ids behind everything that is not a plain match."""
        kinds = Counter(verdict.kind for verdict in self.verdicts)
        matched = Counter(verdict.kind for verdict in self.verdicts if verdict.match)
        reproduced = sum(matched.values())
        own = sum(verdict.match and verdict.engine == INDEPENDENT for verdict in self.verdicts)
        differences = [verdict.relative_difference or 0.0 for verdict in self.verdicts]
        return {
            "summary": self.line,
            "holds": self.holds,
            "numbers": len(self.verdicts),
            "reproduced": reproduced,
            "independent_code": own,
            "same_library": reproduced - own,
            "largest_relative_difference": max(differences, default=0.0),
            "by_kind": {kind: {"numbers": kinds[kind], "reproduced": matched[kind]} for kind in sorted(kinds)},
            "mismatches": {verdict.id: verdict.note for verdict in self.verdicts if not verdict.match},
            "ties": {verdict.id: verdict.note for verdict in self.verdicts if verdict.match and verdict.note},
            "not_recomputed": {kind: list(ids) for kind, ids in sorted(self.beyond.items())},
            **({} if self.claims is None else {"claims": dict(self.claims.mismatches)}),
        }


def judge(rows: Sequence[Mapping[str, Any]], verdicts: Sequence[Verdict]) -> Outcome:
    """Gather the verdicts and the ledger rows of other kinds."""
    beyond: dict[str, list[str]] = {}
    for row in rows:
        if row["kind"] not in RECOMPUTED_KINDS:
            beyond.setdefault(str(row["kind"]), []).append(row["id"])
    return Outcome(verdicts, beyond)


def write_outcome(outcome: Outcome, folder: Path) -> None:
    """Write ``verification.parquet`` and ``summary.json``, each whole or not at all.

    They are about the ledger alone, so that a command that looks at claims too leaves the files of a run as they are.
    """
    table = pyarrow.Table.from_pylist([dataclasses.asdict(verdict) for verdict in outcome.verdicts], schema=SCHEMA)
    content = io.BytesIO()
    pyarrow.parquet.write_table(table, content)
    folder.mkdir(parents=True, exist_ok=True)
    _write_whole(folder / "verification.parquet", content.getvalue())
    of_the_ledger = dataclasses.replace(outcome, claims=None).summary()
    text = json.dumps(of_the_ledger, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    _write_whole(folder / "summary.json", text.encode())


def _write_whole(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def screen(outcome: Outcome) -> str:
    """Return what a reader sees: counts per kind, every number that differs, and the summary as the last line."""
    summary = outcome.summary()
    lines = [f"{'kind':<12}{'numbers':>9}{'reproduced':>12}"]
    for kind, counts in summary["by_kind"].items():
        lines.append(f"{kind:<12}{counts['numbers']:>9}{counts['reproduced']:>12}")
    for title, entries in (("differs", summary["mismatches"]), ("tie", summary["ties"])):
        lines += [f"{title}: {identifier}: {note}" for identifier, note in list(entries.items())[:SHOWN]]
        if len(entries) > SHOWN:
            lines.append(f"{title}: … and {len(entries) - SHOWN} more in summary.json")
    lines += [f"not recomputed: {len(ids)} of kind '{kind}'" for kind, ids in summary["not_recomputed"].items()]
    lines += [f"claim judged otherwise: {name}: {note}" for name, note in summary.get("claims", {}).items()]
    return "\n".join([*lines, summary["summary"]])
