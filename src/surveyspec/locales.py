"""How numbers are written in each language of a study: characters only, no arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

NARROW_SPACE = "\u202f"
MINUS = "\u2212"
RANGE = "\u2013"


@dataclass(frozen=True)
class Locale:
    """Separators and punctuation of one language as used in Switzerland (English as in international journals)."""

    decimal: str
    thousands: str
    percent: str
    colon: str = ": "
    semicolon: str = "; "


LOCALES = {
    "en": Locale(".", ",", "%"),
    "fr": Locale(",", NARROW_SPACE, f"{NARROW_SPACE}%", f"{NARROW_SPACE}: ", f"{NARROW_SPACE}; "),
    "de": Locale(",", "’", f"{NARROW_SPACE}%"),
    "it": Locale(",", "’", f"{NARROW_SPACE}%"),
}

# verdict on a hypothesis: 1, 0 or -1 in the ledger
VERDICTS = {
    1: {"en": "supported", "fr": "soutenue", "de": "gestützt", "it": "sostenuta"},
    0: {"en": "undecided", "fr": "indécise", "de": "unentschieden", "it": "indecisa"},
    -1: {"en": "contradicted", "fr": "contredite", "de": "widersprochen", "it": "contraddetta"},
}
