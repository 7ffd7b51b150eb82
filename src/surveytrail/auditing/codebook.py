"""What documents may print of a codebook beyond labels: columns, answers, missing codes, unused columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from surveyspec.codebook import Codebook, Variable
from surveyspec.study import Study

Word = Callable[[str, str], str]
Number = Callable[[Decimal, str], str]


def described(study: Study, language: str, word: Word, number: Number) -> Iterator[tuple[str, str]]:
    """Yield key and text of everything that describes a variable or an unused column, in one language."""
    for wave in study.waves.values():
        yield from ((f"{wave.id}.{code}.name", code) for code in wave.names)
        book = wave.codebook
        for variable in book.variables:
            at = f"{wave.id}.{variable.code}"
            column = variable.column
            yield f"{at}.name", variable.code
            yield f"{at}.column", column if isinstance(column, str) else f"#{column.position}"
            yield f"{at}.stem", book.stems[variable.stem].get(language, "") if variable.stem else ""
            yield f"{at}.filter", variable.filter or ""
            yield f"{at}.answers", _answers(book, variable, language, word, number)
            yield f"{at}.missing", _missing(book, variable, language, word)
        for place, unused in enumerate([*book.dropped, *book.not_analysed]):
            yield f"{wave.id}.unused.{place}", unused.column
            yield f"{wave.id}.unused.{place}.reason", unused.reason


def _answers(book: Codebook, variable: Variable, language: str, word: Word, number: Number) -> str:
    if variable.range is not None:
        return "–".join(number(Decimal(repr(bound)), language) for bound in variable.range)
    said = []
    for answer in book.categories(variable):
        if answer.reason is None:
            label = answer.label.get(language, answer.slug)
            said.append(label if label == answer.cell else f"{_cell(answer.cell, language, word)} {label}")
    return " · ".join(said)


def _missing(book: Codebook, variable: Variable, language: str, word: Word) -> str:
    reasons = {answer.cell: answer.label.get(language, answer.slug)
               for answer in book.categories(variable) if answer.reason is not None}  # fmt: skip
    for cell, reason in book.missing.get(variable.missing or "", {}).items():
        reasons[cell] = word(f"missing.{reason}", language)
    return " · ".join(f"{_cell(cell, language, word)} {reason}" for cell, reason in reasons.items())


def _cell(cell: str, language: str, word: Word) -> str:
    return cell or f"({word('missing.empty', language)})"
