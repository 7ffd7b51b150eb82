"""Judging one document in one format: every numeric token gets its class, or is a violation with place and context."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from surveytrail.auditing.content import Block, Mark, Piece, Rendering
from surveytrail.auditing.entries import entry_parts, left_out
from surveytrail.auditing.expected import SHOWN, Expected
from surveytrail.auditing.figures import Figures, judge_picture
from surveytrail.auditing.records import NOTHING
from surveytrail.auditing.texts import digits, loosely, runs, typeset
from surveytrail.auditing.tokens import Token, numerals, squeezed, tokens
from surveytrail.auditing.wording import judge_wording

CLASSES = ("R", "P", "Q", "C", "S")
CLASS_OF = {
    "num": "R",
    "value-of": "R",
    "param": "P",
    "claim": "P",
    "codebook": "C",
    "label-of": "C",
    "quote": "Q",
    "segment": "Q",
    "word": "S",
    "made": "S",
}
FIELD_CLASS = {"interval": "R", "n": "R", "rows": "R", "question": "C", "weight": "P"}
WORDED = {"question", "estimator", "filter", "weight", "verdict", "command"}  # fields compared word by word
COLOPHON_CLASS = {"study": "P", "people": "P", "institution": "P", "funding": "P", "source": "P"}
PRINTED = tuple(SHOWN)
CONTEXT = 50
UNBOUND = (
    "a word that counts or compares, in results, outside of a statement: bind it, [words]{claim=…}, or say why not, "
    "[word]{waive=…}"
)
LOCATOR = re.compile(r"(?:\bpp?|\bS|\bchap|\bKap|\bsec)\.[\s\u00a0]*[\d–-]+")
MADE = {
    "section": re.compile(r"\d+(?:\.\d+)*"),
    "page": re.compile(r"(?:[^\W\d]+\.?\s)?\d+(?: / \d+)?"),
    "backs": re.compile(r"(?:\W*[^\W\d]*\W*\d+)*"),
    "list": re.compile(r"\d+\.|\(?[a-z\d]+[.)]"),
    "footnote": re.compile(r"\d+"),
    "caption": re.compile(r"[^\W\d]+\s\d+\s?:"),
    "reference": re.compile(r"(?:[^\W\d]+\s)?\d+(?:\.\d+)*"),
}
SEQUENCES = ("section", "caption", "footnote")


@dataclass(frozen=True)
class Violation:
    """A token that nobody vouches for, or a text that is not what its mark says.

    Parameters
    ----------
    place : page of a PDF, section of an HTML page, paragraph of a DOCX
    context : the words around it
    why : what is wrong, and what was expected
    """

    document: str
    format: str
    place: str
    found: str
    context: str
    why: str

    def __str__(self) -> str:
        lines = [
            f"{self.document}.{self.format}: {self.place}",
            f"    found:    {self.found}",
            f"    in:       … {self.context} …",
            f"    why:      {self.why}",
        ]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return the violation for ``--json``."""
        return asdict(self)


@dataclass
class Judged:
    """What a document's tokens are.

    Parameters
    ----------
    classes : how many tokens of each class
    printed : how often each number is printed with which text, outside the appendix
    drawn : numbers that stand on a figure
    keys : parameters, codebook texts, quotations and claims that are printed
    wording : in HTML, words that count or compare, by what binds them
    """

    rendering: Rendering
    classes: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    printed: Counter[tuple[str, str]] = field(default_factory=Counter)
    drawn: set[str] = field(default_factory=set)
    keys: set[tuple[str, str]] = field(default_factory=set)
    entries: set[str] = field(default_factory=set)
    unclassed: int = 0
    wording: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Return how many tokens were found, with or without a class."""
        return sum(self.classes.values()) + self.unclassed


def judge(rendering: Rendering, expected: Expected, figures: Figures) -> Judged:
    """Class all tokens of a document and hold every marked text against what its mark says."""
    judged = Judged(rendering)
    judged.entries = {expected.anchors.get(entry, entry) for entry in rendering.entries}
    for picture in rendering.pictures:
        classes, faults, drawn = judge_picture(picture, rendering, expected, figures)
        judged.classes += classes
        judged.drawn |= drawn
        judged.unclassed += len(faults)
        judged.violations += [
            Violation(rendering.name, rendering.format, picture.place, found, context, why)
            for found, context, why in faults
        ]
    _Judge(judged, expected).all()
    if rendering.format == "html":  # the other formats carry the same statements, or differ from it
        judged.wording, unbound = judge_wording(rendering)
        judged.violations += [
            Violation(rendering.name, rendering.format, block.place, word, sentence, UNBOUND)
            for block, word, sentence in unbound
        ]
    return judged


class _Judge:
    """One document on trial."""

    def __init__(self, judged: Judged, expected: Expected) -> None:
        self.judged, self.expected = judged, expected
        self.rendering, self.language = judged.rendering, judged.rendering.language
        self.sequences: dict[str, list[str]] = {name: [] for name in SEQUENCES}
        self.fields: dict[str, set[str]] = {}

    def all(self) -> None:
        """Judge all blocks, then what only the whole document shows."""
        colophon_of_printed: list[tuple[Block, Piece, int]] = []
        for block in self.rendering.blocks:
            before = 0
            for piece in self._merged(block):
                if piece.mark == Mark("colophon", "printed"):
                    colophon_of_printed.append((block, piece, before))
                else:
                    self._piece(block, piece, before)
                before += len(piece.text)
        for block, piece, before in colophon_of_printed:
            self._piece(block, piece, before)
        self._sequences()
        self._entries()

    def _merged(self, block: Block) -> Iterator[Piece]:
        """Yield a block's pieces; a number that the end of a line cut in two is one piece again."""
        waiting = list(block.pieces)
        while waiting:
            piece = waiting.pop(0)
            if (
                piece.mark is not None
                and piece.mark.kind == "num"
                and len(waiting) > 1
                and waiting[1].mark == piece.mark
                and not waiting[0].text.strip()
                and not self._printed(piece)
                and self._printed(Piece(piece.text + waiting[1].text, piece.mark))
            ):
                yield Piece(piece.text + waiting[1].text, piece.mark)
                waiting = waiting[2:]
            else:
                yield piece

    def _printed(self, piece: Piece) -> str:
        """Return which text of its number a piece is; an empty string if none."""
        assert piece.mark is not None
        number = self.expected.anchors.get(piece.mark.key, piece.mark.key)
        for show in [piece.mark.show] if piece.mark.show else PRINTED:
            text = self.expected.number(number, show, self.language)
            if text is not None and loosely(text) == loosely(piece.text):
                return show
        return ""

    def _piece(self, block: Block, piece: Piece, before: int) -> None:
        if piece.mark is not None and piece.mark.kind == "entry":
            for part in entry_parts(piece, self.expected, self.language):
                self._piece(block, part, before)
            return
        mark, found = piece.mark, list(tokens(piece.text, self.language))
        if mark is None or mark.kind == "waive":
            self._unmarked(block, found, before)
            return
        if not piece.text.strip():
            return
        if mark.kind in {"field", "value-of"} or (mark.kind == "label-of" and not mark.show):  # parts of an entry
            self.fields.setdefault(mark.key, set()).add(mark.show or mark.kind.removesuffix("-of"))
        wrong = self._wrong(piece, mark)
        if wrong:
            self.judged.unclassed += max(1, len(found))
            self._violate(block, squeezed(piece.text), before, len(piece.text), wrong)
            return
        if mark.kind == "field":
            kind = FIELD_CLASS.get(mark.show, "S")
        elif mark.kind == "colophon":
            kind = COLOPHON_CLASS.get(mark.key, "S")
        else:
            kind = CLASS_OF[mark.kind]
        self.judged.classes[kind] += len(found)
        if mark.kind in {"param", "codebook", "quote", "claim", "segment"}:
            self.judged.keys.add((mark.kind, mark.key))

    def _unmarked(self, block: Block, found: Iterable[Token], before: int) -> None:
        for token in found:
            if token.form == "name" and token.text.lower() in self.expected.names:
                self.judged.classes["S"] += 1
                continue
            self.judged.unclassed += 1
            why = {
                "digits": "digits that come from no ledger number, parameter, quotation, codebook text or generator",
                "word": "a number word that is bound to nothing",
                "name": "a name with digits that neither study file nor codebooks use",
            }[token.form]
            self._violate(block, token.text, before + token.start, len(token.text), why)

    def _violate(self, block: Block, found: str, start: int, length: int, why: str) -> None:
        text = block.text
        context = squeezed(text[max(0, start - CONTEXT) : start + length + CONTEXT])
        place = block.place
        self.judged.violations.append(Violation(self.rendering.name, self.rendering.format, place, found, context, why))

    def _wrong(self, piece: Piece, mark: Mark) -> str:
        """Return what is wrong with a marked text, or an empty string."""
        by_kind: dict[str, Callable[[Piece, Mark], str]] = {
            "num": self._number,
            "field": self._field,
            "colophon": self._colophon,
            "made": self._made,
            "quote": self._quote,
            "unknown": self._unknown,
        }
        return by_kind.get(mark.kind, self._keyed)(piece, mark)

    def _number(self, piece: Piece, mark: Mark) -> str:
        number = self.expected.anchors.get(mark.key, mark.key)
        if number not in self.expected.rows:
            return f"a link to '{mark.key}', which is no number of the ledger"
        if not self._printed(piece):
            said = [
                self.expected.number(number, show, self.language) for show in ([mark.show] if mark.show else PRINTED)
            ]
            return f"the ledger has {' or '.join(repr(text) for text in said if text)} for {number}"
        self.judged.printed[number, loosely(piece.text)] += 1
        return ""

    def _keyed(self, piece: Piece, mark: Mark) -> str:
        text = self.expected.text(mark, self.language)
        if text is None:
            return f"nothing is known under {mark.kind} '{mark.key}'" + (f" ({mark.show})" if mark.show else "")
        same = loosely(typeset(text)) == loosely(typeset(piece.text))
        return "" if same else f"{mark.kind} '{mark.key}' is '{text}'"

    def _field(self, piece: Piece, mark: Mark) -> str:
        if mark.show == "records":
            return self._records(piece, mark.key)
        said = self.expected.field(mark.key, mark.show, self.language)
        if said is None:
            return f"no field '{mark.show}' of a number '{mark.key}' is known"
        if squeezed(piece.text) == NOTHING or mark.show in WORDED:
            same = loosely(typeset(piece.text)) == loosely(typeset(said or NOTHING))
            return "" if same else f"the field '{mark.show}' of {mark.key} is '{said or NOTHING}'"
        read = runs if FIELD_CLASS.get(mark.show) == "R" else digits
        words = [word for word in numerals(piece.text, self.language) if word.isalpha()]
        said_words = [word for word in numerals(said, self.language) if word.isalpha()]
        if read(said) == read(piece.text) and words == said_words:
            return ""
        return f"the ledger says '{said.replace(' | ', ' ')}' in the field '{mark.show}' of {mark.key}"

    def _records(self, piece: Piece, number: str) -> str:
        """Hold the records that an entry lists, or the number that it refers to for them, against the index."""
        expected = self.expected
        if expected.index is None:
            return "records of a run that has no index"
        other = squeezed(piece.text).removeprefix(expected.word("records_of.as", self.language) or "").replace(" ", "")
        if other in expected.rows and other not in self.judged.entries:
            return f"the records of {number} are said to be those of {other}, which has no entry here"
        return expected.index.wrong(
            number, squeezed(piece.text), lambda name: expected.word(f"records_of.{name}", self.language) or ""
        )

    def _colophon(self, piece: Piece, mark: Mark) -> str:
        printed = {number for number, _ in self.judged.printed} | self.judged.drawn
        texts = self.expected.colophon(mark.key, len(printed), self.language)
        if texts is None or any(digits(text) == digits(piece.text) for text in texts):
            return ""
        return f"the colophon's line '{mark.key}' should be {' or '.join(repr(text) for text in texts) or 'absent'}"

    def _quote(self, piece: Piece, mark: Mark) -> str:
        return (
            ""
            if mark.key in self.expected.bibliography
            else f"a quotation from '{mark.key}', which no bibliography has"
        )

    def _unknown(self, piece: Piece, mark: Mark) -> str:
        return f"a mark '{mark.key}' of nothing that ledger, study file, codebook or words have"

    def _made(self, piece: Piece, mark: Mark) -> str:
        text = squeezed(piece.text)
        if mark.key in {"citation", "references"}:
            return self._cited(text, mark)
        if mark.key == "contents":
            odd = [
                token
                for token in tokens(text, self.language)
                if not re.fullmatch(r"\d+(?:\.\d+)*", token.text) and token.text.lower() not in self.expected.names
            ]
            return f"'{odd[0].text}' in the table of contents is neither a section nor a page number" if odd else ""
        if mark.key in {"address", "back"}:
            return ""
        shape = MADE.get(mark.key)
        if shape is None or not shape.fullmatch(text):
            return f"not what the generator '{mark.key}' makes"
        if mark.key in SEQUENCES:
            self.sequences[mark.key].append(text)
        return ""

    def _cited(self, text: str, mark: Mark) -> str:
        """Hold the digits of a citation or of the list of references against the bibliography."""
        known = self.expected.bibliography
        key = mark.show.removeprefix("ref-")
        entries = [known[key]] if key in known else list(known.values())
        said = set(re.findall(r"\d+", " ".join(entries)))
        odd = [number for number in re.findall(r"(?<![\d–-])\d+", LOCATOR.sub("", text)) if number not in said]
        odd += [
            number
            for number in re.findall(r"(?<=\d[–-])\d+", text)  # the end of a range of pages may be shortened
            if not any(full.endswith(number) for full in said)
        ]
        odd += [] if mark.key == "references" else [word for word in numerals(text, self.language) if word.isalpha()]
        return f"'{odd[0]}' is not in the bibliography's entry" if odd else ""

    def _entries(self) -> None:
        """Every entry says all that there is to say of its number, or leaves it to the complete entry before it."""
        printed = {**self.fields, **{number: set() for number in self.judged.entries - set(self.fields)}}
        following = {self.expected.anchors.get(entry, entry) for entry in self.rendering.following}
        for number, name in left_out(printed, following, self.expected, self.language):
            why = f"the entry leaves out '{name}', and no complete entry that it follows says the same"
            document, kind = self.rendering.name, self.rendering.format
            self.judged.violations.append(Violation(document, kind, "audit appendix", number, name, why))

    def _sequences(self) -> None:
        """Numbers of captions and footnotes count up from 1; sections as their nesting says."""
        if self.rendering.format == "pdf":
            return  # captions and headings are repeated there in the contents
        for name, texts in self.sequences.items():
            if name == "section":
                odd = _out_of_order([tuple(map(int, text.split("."))) for text in dict.fromkeys(texts)])
            else:
                groups: dict[str, list[int]] = {}
                for text in dict.fromkeys(texts):
                    groups.setdefault(re.sub(r"\W*\d+\W*", "", text), []).append(int(digits(text)))
                odd = next((str(seen) for seen in groups.values() if seen != list(range(1, len(seen) + 1))), "")
            if odd:
                self.judged.unclassed += 1
                self.judged.violations.append(
                    Violation(
                        self.rendering.name,
                        self.rendering.format,
                        f"numbers of {name}s",
                        odd,
                        ", ".join(texts[:12]),
                        "numbers made by a generator count up without gaps",
                    )
                )


def _out_of_order(numbers: list[tuple[int, ...]]) -> str:
    """Return the first section number that does not follow from the one before; an empty string if all do."""
    last: tuple[int, ...] = ()
    for number in numbers:
        deeper = number[: len(last)] == last and set(number[len(last) :]) == {1}
        beside = len(number) <= len(last) and number == (*last[: len(number) - 1], last[len(number) - 1] + 1)
        if not (deeper or beside):
            return ".".join(map(str, number))
        last = number
    return ""
