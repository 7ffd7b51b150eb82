"""Words that count or compare, in the results of a page: each stands in a statement's span, or is waived in writing."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

from surveyspec.documents import load_document
from surveytrail.auditing.content import Block, Mark, Rendering
from surveytrail.auditing.tokens import squeezed

WORDS = Path(__file__).with_name("quantifiers.yaml")
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[^a-zà-ÿ])")
KINDS = ("statement", "waived", "fixed", "methods", "unbound")
Unbound = tuple[Block, str, str]


@cache
def quantifiers(language: str) -> re.Pattern[str] | None:
    """Return what finds words that count or compare in a language; None for a language without a list."""
    lists = load_document(WORDS, "quantifiers.yaml").data
    words = lists.get(language) if isinstance(lists, dict) else None
    return re.compile(rf"(?<![\w-])(?:{'|'.join(words)})(?![\w-])", re.IGNORECASE) if words else None


def judge_wording(rendering: Rendering) -> tuple[Counter[str], list[Unbound]]:
    """Find the words of a page that count or compare, and say what binds each.

    Returns
    -------
    how many stand in a statement, are waived, belong to a fixed, quoted or codebook text, stand in a section about
    methods, or are unbound; and each unbound one as (block, word, sentence)
    """
    counts: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
    unbound: list[Unbound] = []
    wanted = quantifiers(rendering.language)
    for block in rendering.blocks if wanted is not None else ():
        before = 0
        for piece in block.pieces:
            for match in wanted.finditer(piece.text) if wanted is not None else ():
                kind = _bound_by(piece.mark, block)
                counts[kind] += 1
                if kind == "unbound":
                    unbound.append((block, match.group(0), sentence_at(block.text, before + match.start())))
            before += len(piece.text)
    return counts, unbound


def sentence_at(text: str, position: int) -> str:
    """Return the sentence that a position of a text lies in."""
    start = max((match.end() for match in SENTENCE_END.finditer(text) if match.end() <= position), default=0)
    end = min((match.start() for match in SENTENCE_END.finditer(text) if match.start() > position), default=len(text))
    return squeezed(text[start:end])


def _bound_by(mark: Mark | None, block: Block) -> str:
    if mark is None:
        return "unbound" if block.claims_apply else "methods"
    return {"claim": "statement", "waive": "waived"}.get(mark.kind, "fixed")
