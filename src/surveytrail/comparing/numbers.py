"""Which numbers differ between two ledgers, and in what: exact input, value, printed text, wording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from surveytrail.ledger.display import SIGNIFICANT_DIGITS

Facet = Literal["input", "value", "text", "wording"]
Status = Literal["changed", "only in A", "only in B"]
INPUT = {"input_digest"}
TEXT = {"text", "interval_text", "decimals", "rounding"}
WORDING = {"label", "group_label", "question", "filter"}
# Where a number was made and by what: it may differ though the number is the same. Every column that stands in none of
# these sets, one that is new included, is part of the value.
ORIGIN = {
    "id", "rule", "script", "script_line", "config_line", "spec_digest", "value_digest", "code_digest",
    "environment_digest", "raw_digest", "raw_file", "columns", "variables", "settings", "disclosure",
}  # fmt: skip
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """One number that is not the same in both runs.

    Parameters
    ----------
    facets : what differs; empty for a number that only one run has
    before, after : its rows of the two ledgers
    """

    id: str
    status: Status
    facets: frozenset[Facet]
    before: Row | None
    after: Row | None

    @property
    def row(self) -> Row:
        """The number's row in B, or in A where B has none."""
        found = self.after if self.after is not None else self.before
        assert found is not None
        return found

    @property
    def respecified(self) -> bool:
        """Say whether the number's own specification differs, or exists in one run only."""
        if self.before is None or self.after is None:
            return True
        return bool(self.before["spec_digest"] != self.after["spec_digest"])


def compare_ledgers(before: Mapping[str, Row], after: Mapping[str, Row]) -> list[Difference]:
    """Compare two ledgers by number id.

    Returns
    -------
    the numbers that differ, in the order of the first ledger, then of the second
    """
    found = []
    for number in dict.fromkeys([*before, *after]):
        old, new = before.get(number), after.get(number)
        if old is None or new is None:
            found.append(Difference(number, "only in B" if old is None else "only in A", frozenset(), old, new))
        elif facets := _facets(old, new):
            found.append(Difference(number, "changed", facets, old, new))
    return found


def _facets(old: Row, new: Row) -> frozenset[Facet]:
    differing = {name for name in {*old, *new} if _shown(old.get(name)) != _shown(new.get(name))}
    facets: dict[Facet, set[str]] = {
        "input": differing & INPUT,
        "text": differing & TEXT,
        "wording": differing & WORDING,
        "value": differing - INPUT - TEXT - WORDING - ORIGIN,
    }
    return frozenset(name for name, columns in facets.items() if columns)


def _shown(value: Any) -> Any:
    """Return a cell as it is compared: a float with the digits that the ledger's digests hold it to."""
    return f"{value:.{SIGNIFICANT_DIGITS}g}" if isinstance(value, float) else value
