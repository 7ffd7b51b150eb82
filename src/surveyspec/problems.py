"""What a user got wrong: collected, located, and explained in one message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake in a file that a user wrote.

    Parameters
    ----------
    file : path as the user would type it
    where : key path (``waves.wave1.raw``), record or column; empty if the whole file is meant
    found : what stands there
    expected : what may stand there
    todo : how to mend it
    line : 1-based line in ``file``, None if unknown
    """

    file: str
    where: str
    found: str
    expected: str
    todo: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        head = f"{place}: {self.where}" if self.where else place
        lines = [head, f"    found:    {self.found}", f"    expected: {self.expected}"]
        if self.todo:
            lines.append(f"    to do:    {self.todo}")
        return "\n".join(lines)


class StudyError(Exception):
    """One or more problems that only the user can mend; shown without a traceback."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        count = len(self.problems)
        title = "1 problem found" if count == 1 else f"{count} problems found"
        return "\n".join([title, *(str(problem) for problem in self.problems)])


def did_you_mean(word: object, allowed: Iterable[object]) -> str:
    """Return ``did you mean 'x'?`` for the closest allowed word, or an empty string."""
    close = difflib.get_close_matches(str(word), [str(candidate) for candidate in allowed], n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else ""


def listed(words: Iterable[object], limit: int = 30) -> str:
    """Join words for a message, cutting a long list and saying how many are left out."""
    texts = [str(word) for word in words]
    shown = ", ".join(texts[:limit])
    return shown if len(texts) <= limit else f"{shown} … ({len(texts) - limit} more)"
