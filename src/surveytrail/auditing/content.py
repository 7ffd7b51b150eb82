"""What a reader of any format hands to the audit: texts in pieces, each with what the format itself says it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

FORMATS = ("html", "pdf", "docx")


@dataclass(frozen=True)
class Mark:
    """What a format says of a piece of text: a kind and a key, and for numbers which of their texts it is.

    Kinds: ``num`` (key: number id), ``value-of``, ``label-of``, ``field`` (key: number id, show: name of the field),
    ``entry`` (key: number id; an entry of the appendix as a whole), ``param``, ``codebook``, ``quote``, ``segment``,
    ``claim``, ``word``, ``colophon``, ``waive``, ``picture`` (key: file), ``made`` (key: the generator, such as
    ``section``), ``unknown`` (key: as found).
    """

    kind: str
    key: str
    show: str = ""


@dataclass(frozen=True)
class Piece:
    """Text of one mark; None for text that nobody vouches for."""

    text: str
    mark: Mark | None = None


@dataclass(frozen=True)
class Block:
    """A paragraph, heading, cell, attribute or property: its place for people, and its pieces in order."""

    place: str
    pieces: tuple[Piece, ...]
    section: tuple[str, ...] = ()
    claims_apply: bool = True

    @property
    def text(self) -> str:
        """Return the whole text."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True)
class Picture:
    """A picture: its place, its alternative text, the digest of its bytes, and the texts that can be read in it."""

    place: str
    alt: str
    sha256: str | None
    texts: tuple[str, ...] | None
    name: str = ""


@dataclass
class Rendering:
    """One document in one format.

    Parameters
    ----------
    entries : ids of the numbers that have an entry in the audit appendix, or its anchor
    following : those whose entry is set as one that follows a complete one
    tables : cells of each table, row by row, as text
    """

    name: str
    format: str
    language: str
    blocks: list[Block] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    following: set[str] = field(default_factory=set)
    tables: list[list[list[str]]] = field(default_factory=list)

    def marks(self, kind: str) -> Iterator[tuple[Block, Piece]]:
        """Yield all pieces of one kind."""
        for block in self.blocks:
            for piece in block.pieces:
                if piece.mark is not None and piece.mark.kind == kind:
                    yield block, piece


def joined(pieces: Iterable[tuple[str, Mark | None, object]]) -> tuple[Piece, ...]:
    """Join neighbouring texts of one mark; the third part tells two marks of the same kind and key apart."""
    found: list[tuple[list[str], Mark | None, object]] = []
    for text, mark, which in pieces:
        if found and found[-1][1] == mark and found[-1][2] == which:
            found[-1][0].append(text)
        elif text:
            found.append(([text], mark, which))
    return tuple(Piece("".join(texts), mark) for texts, mark, _ in found)
