"""Markdown that prints by key: spans, notes and pipe tables without a single typed value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

FULL_WIDTH, FIGURES, WIDEST = 100, 66, 30  # text width; what all columns, and one, of figures may take of it
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
    head: Sequence[str], rows: Iterable[Sequence[str]], caption: str, label: str, figures: Sequence[float]
) -> str:
    """Write a pipe table: a column of words, then columns of figures, right-aligned.

    Parameters
    ----------
    head, rows : cells as Markdown
    figures : relative widths of the columns of figures
    """
    share = min(WIDEST, FIGURES / sum(figures))
    widths = [round(share * width) for width in figures]
    rule = [":" + "-" * (FULL_WIDTH - sum(widths)), *("-" * width + ":" for width in widths)]
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join(rule)}|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + f"\n\n: {caption} {{#{anchor('tbl', label)}}}\n"


def anchor(kind: str, name: str) -> str:
    """Return the label of a generated table or figure: cross-references hold hyphens, no underscores."""
    return f"{kind}-{name.replace('_', '-')}"
