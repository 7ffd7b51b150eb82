"""Entries of numbers: their parts where a document gives them as one text, and what they leave out."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping

from surveytrail.auditing.content import Mark, Piece
from surveytrail.auditing.expected import FIELDS, Expected
from surveytrail.auditing.texts import loosely, typeset

DUE = [name for name in FIELDS if name != "id"]  # the command to trace a number holds its id


def entry_parts(piece: Piece, expected: Expected, language: str) -> list[Piece]:
    """Return the parts of a whole entry, each with its mark: head, fields by their titles, places where it is printed.

    What no title announces belongs to the part before it.
    """
    assert piece.mark is not None
    number = piece.mark.key
    marks = [Mark("value-of", number), Mark("label-of", number), Mark("field", number, "command")]
    titles = {loosely(expected.word(f"fields.{name}", language) or ""): name for name in FIELDS}
    back = expected.word("appendix.back", language) or ""
    head, *rest = re.split(r"\s+·\s+", piece.text.strip())
    said = [expected.text(mark, language) or "" for mark in marks[:2]]
    said.append(expected.field(number, "command", language) or "")
    same = loosely(typeset(head)) == loosely(typeset("".join(said)))
    parts = list(map(Piece, said, marks)) if same else [Piece(head, marks[0])]
    for part in rest:
        title, _, content = part.partition(":")
        if loosely(title) in titles:
            parts.append(Piece(content, Mark("field", number, titles[loosely(title)])))
        elif part.startswith(back):
            parts.append(Piece(part.removeprefix(back), Mark("made", "backs")))
        else:
            parts[-1] = Piece(f"{parts[-1].text} · {part}", parts[-1].mark)
    return parts


def left_out(
    printed: Mapping[str, set[str]], following: Container[str], expected: Expected, language: str
) -> Iterator[tuple[str, str]]:
    """Yield the fields that an entry leaves out, but for those that the complete entry which it follows says for it.

    Parameters
    ----------
    printed : fields that each entry prints, in the order of entries
    following : numbers whose entry is set as one that follows a complete one
    """
    first: dict[str, object] = {}
    for number, names in printed.items():
        said = {name: expected.said(number, name, language) for name in DUE}
        if number not in following:
            first = said
            yield from ((number, name) for name in DUE if name not in names and said[name] is not None)
        else:
            yield from ((number, name) for name in DUE if name not in names and said[name] != first.get(name))
        head = ["value", "label"] if expected.number(number, "label", language) else ["value"]
        yield from ((number, name) for name in head if name not in names)
