"""The one error type of the statistics: what is wrong, what was expected, what was found, what to do."""

from __future__ import annotations


class StatisticsError(Exception):
    """A mistake in the data, the design or the request that the user can mend.

    Parameters
    ----------
    title:
        What is wrong, in one short clause ("Stratum with a single unit").
    detail:
        Where: the stratum, the variable, the margin, the rows concerned.
    got, expected:
        What was found and what is needed, each a short phrase; left out of the message when empty.
    hint:
        What the user can do about it.
    """

    def __init__(self, title: str, detail: str = "", *, got: str = "", expected: str = "", hint: str = "") -> None:
        self.title = title
        self.detail = detail
        self.got = got
        self.expected = expected
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [f"{self.title}: {self.detail}" if self.detail else self.title]
        for label, text in (("expected", self.expected), ("found", self.got), ("what to do", self.hint)):
            if text:
                lines.append(f"  {label}: {text}")
        return "\n".join(lines)


def shorten(names: list[str], limit: int = 8) -> str:
    """Return the first `limit` names joined by commas, with the number of those left out."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
