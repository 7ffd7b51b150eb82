"""Markdown that prints by key: spans, notes and pipe tables without a single typed value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ALL_COLUMNS, NARROWEST, WIDEST = 100, 14, 30  # shares of the text width, in per cent
NO_VALUE = "–"


def num(identifier: str, show: str = "value") -> str:
    """Print something of a ledger number: its value, interval, n, label or question."""
    return f'[]{{num="{identifier}"}}' if show == "value" else f'[]{{num="{identifier}" show="{show}"}}'


def param(path: str, show: str | None = None) -> str:
    """Print a value or a text of the study file; ``percent`` shows a share as a percentage."""
    return f'[]{{param="{path}"}}' if show is None else f'[]{{param="{path}" show="{show}"}}'


def word(path: str) -> str:
    """Print one of the extension's fixed words."""
    return f'[]{{word="{path}"}}'


def codebook(key: str) -> str:
    """Print a text of the codebook."""
    return f'[]{{codebook="{key}"}}'


def note(text: str) -> str:
    """Write the note below a table."""
    return f'::: {{.st-note custom-style="Table Note"}}\n{word("tables.notes")} {text}\n:::\n'


def source(path: str) -> str:
    """Write where a table's figures come from: a file named in the study file."""
    return f'::: {{.st-note custom-style="Table Note"}}\n{word("tables.source")} {param(path)}\n:::\n'


def markdown_table(
    head: Sequence[str], rows: Iterable[Sequence[str]], caption: str, label: str, numeric: Sequence[bool]
) -> str:
    """Write a pipe table.

    Parameters
    ----------
    head, rows : cells as Markdown
    numeric : which columns are right-aligned
    """
    rest = max(NARROWEST, min(WIDEST, 64 // max(1, sum(numeric))))
    widths = [rest if right else ALL_COLUMNS - rest * sum(numeric) for right in numeric]
    rule = "|".join(
        ("-" * width + ":") if right else (":" + "-" * width) for width, right in zip(widths, numeric, strict=True)
    )
    lines = [f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + f"\n\n: {caption} {{#{anchor('tbl', label)}}}\n"


def anchor(kind: str, name: str) -> str:
    """Return the label of a generated table or figure: cross-references hold hyphens, no underscores."""
    return f"{kind}-{name.replace('_', '-')}"
