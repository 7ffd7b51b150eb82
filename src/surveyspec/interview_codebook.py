"""The codebook of qualitative interviews: the codes that coders may give to a segment of text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from surveyspec.codebook import Language, LocalText
from surveyspec.documents import KeyPath, Strict

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*(\.[A-Z0-9_]+)*$")]


class InterviewCode(Strict):
    """One code; dots show its place in the tree of codes (``USE.PRIV.ACTIVE``)."""

    code: Code
    label: LocalText

    @property
    def slug(self) -> str:
        """The code's part of a number id."""
        return self.code.lower().replace(".", "_")


class InterviewCodebook(Strict):
    """All codes of the interviews, in the order in which tables show them."""

    title: LocalText
    languages: list[Language]
    files: dict[Literal["metadata", "segments"], dict[str, str]] = Field({}, description="what each column holds")
    guide: list[LocalText] = Field([], description="what was asked, in this order")
    codes: list[InterviewCode] = Field(min_length=1)

    @cached_property
    def by_code(self) -> dict[str, InterviewCode]:
        """Codes by their name."""
        return {entry.code: entry for entry in self.codes}

    def inconsistencies(self, reserved: frozenset[str]) -> Iterator[tuple[KeyPath, str, str]]:
        """Yield (keys, found, expected) for codes that number ids could not tell apart, and for missing labels.

        Parameters
        ----------
        reserved : parts of number ids that the engine uses itself
        """
        seen: dict[str, str] = {}
        for index, entry in enumerate(self.codes):
            at: KeyPath = ("codes", index)
            if entry.slug in reserved:
                yield (*at, "code"), f"the code '{entry.code}'", f"a code whose id is not '{entry.slug}'"
            if entry.slug in seen:
                both = f"'{seen[entry.slug]}' and '{entry.code}'"
                yield (*at, "code"), f"{both}, both '{entry.slug}' in number ids", "codes that differ in letters"
            seen[entry.slug] = entry.code
            for language in self.languages:
                if language not in entry.label:
                    yield (*at, "label"), f"no label in '{language}'", "a label in every language of the codebook"
