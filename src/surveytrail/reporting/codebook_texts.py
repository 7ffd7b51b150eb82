"""Texts of the codebooks by key, as pages and the codebook's tables print them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyspec.codebook import Category, Codebook, UnusedColumn, Variable
from surveyspec.study import INTERVIEWS, Study, WaveSpec
from surveytrail.reporting.extension import word
from surveytrail.reporting.wording import constant_text

Texts = dict[str, dict[str, str]]


def codebook_texts(study: Study, languages: list[str]) -> Texts:
    """Return everything that pages may print of the codebooks, per key and language.

    ``wave.VARIABLE`` is the label, ``wave.VARIABLE.code`` an answer, ``wave.VARIABLE.question`` the full wording. What
    describes a variable stands under ``name``, ``column``, ``stem``, ``answers``, ``missing`` and ``filter``; columns
    without a variable under ``wave.unused.PLACE``; codes of the interviews under ``interviews.CODE``.
    """
    texts: Texts = {}
    for wave in study.waves.values():
        for code in wave.names:
            texts[f"{wave.id}.{code}"] = chosen(wave.label(code), languages)
            texts[f"{wave.id}.{code}.question"] = chosen(_question(wave, code), languages)
            texts[f"{wave.id}.{code}.name"] = dict.fromkeys(languages, code)
            if wave.is_coded(code):
                for category in wave.categories(code):
                    texts[f"{wave.id}.{code}.{category.code}"] = chosen(category.label, languages)
        codebook = wave.codebook
        for variable in codebook.variables:
            for part, described in _described(codebook, variable, languages).items():
                texts[f"{wave.id}.{variable.code}.{part}"] = described
        for place, unused in enumerate(unused_columns(codebook)):
            texts[f"{wave.id}.unused.{place}"] = dict.fromkeys(languages, unused.column)
            texts[f"{wave.id}.unused.{place}.reason"] = dict.fromkeys(languages, unused.reason)
    for entry in study.interview_codebook.codes if study.interview_codebook is not None else []:
        texts[f"{INTERVIEWS}.{entry.code}"] = chosen(entry.label, languages)
    return texts


def unused_columns(codebook: Codebook) -> list[UnusedColumn]:
    """Return the raw columns without a variable: dropped ones, then those that are not analysed."""
    return [*codebook.dropped, *codebook.not_analysed]


def chosen(texts: Mapping[str, str], languages: list[str]) -> dict[str, str]:
    """Return a local text in the languages asked for."""
    return {language: texts[language] for language in languages if language in texts}


def _question(wave: WaveSpec, code: str) -> Mapping[str, str]:
    if code in wave.wave.derived:
        return wave.label(code)
    return wave.codebook.question(wave.codebook.by_code[code])


def _described(codebook: Codebook, variable: Variable, languages: list[str]) -> Texts:
    """Return what describes a variable, part by part; parts that it does not have are left out."""
    column = variable.column if isinstance(variable.column, str) else f"#{variable.column.position}"
    parts: dict[str, Any] = {
        "column": dict.fromkeys(languages, column),
        "stem": chosen(codebook.stems[variable.stem], languages) if variable.stem else {},
        "answers": {language: _answers(codebook, variable, language) for language in languages},
        "missing": {language: _missing(codebook, variable, language) for language in languages},
        "filter": dict.fromkeys(languages, variable.filter or ""),
    }
    return {name: texts for name, texts in parts.items() if any(texts.values())}


def _answers(codebook: Codebook, variable: Variable, language: str) -> str:
    """Write the answers with the cell that stands for each, or the range of a number."""
    if variable.range is not None:
        low, high = (constant_text(bound, language) for bound in variable.range)
        return f"{low}–{high}"
    answers = [category for category in codebook.categories(variable) if category.reason is None]
    return " · ".join(_answer(category, language) for category in answers)


def _answer(category: Category, language: str) -> str:
    label = category.label.get(language, category.slug)
    return label if label == category.cell else f"{_cell(category.cell, language)} {label}"


def _missing(codebook: Codebook, variable: Variable, language: str) -> str:
    """Write the cells that hold no answer, each with its reason."""
    reasons = {category.cell: category.label.get(language, category.slug)
               for category in codebook.categories(variable) if category.reason is not None}  # fmt: skip
    for cell, reason in codebook.missing.get(variable.missing or "", {}).items():
        reasons[cell] = word(f"missing.{reason}", language)
    return " · ".join(f"{_cell(cell, language)} {reason}" for cell, reason in reasons.items())


def _cell(cell: str, language: str) -> str:
    return cell or f"({word('missing.empty', language)})"
