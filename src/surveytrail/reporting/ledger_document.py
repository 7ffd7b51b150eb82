"""``ledger.json``: all that the filter prints, by key and in every language of the report."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from surveyspec.identifiers import short_anchor
from surveyspec.problems import Problem, StudyError
from surveyspec.study import CONFIG, Study
from surveytrail.claims import check_claims
from surveytrail.frames import rows_of
from surveytrail.manifest import data_status, load_manifest
from surveytrail.reporting.calibration_table import calibration_texts
from surveytrail.reporting.codebook_texts import chosen, codebook_texts
from surveytrail.reporting.extension import word, words
from surveytrail.reporting.records import RecordSets, analysed_text, record_texts
from surveytrail.reporting.wording import (
    base_text,
    constant_text,
    count_text,
    integer,
    level_text,
    local,
    notice_text,
    percentage_text,
    rows_text,
    weight_text,
)

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
SUSPECT = ("\\u00", "\x7f", "\ufffe", "\uffff")  # where one of these is, JSON may hold such a character
LANGUAGE = re.compile(r"[a-z]{2}")
NOT_RECOMPUTED = "not recomputed"


def ledger_document(
    study: Study,
    ledger: pd.DataFrame,
    verification: pd.DataFrame | None,
    figures: Path,
    citations: Iterable[str],
    segments: Mapping[str, Mapping[str, str]] | None = None,
    records: RecordSets | None = None,
) -> dict[str, Any]:
    """Return the content of ``ledger.json``.

    Parameters
    ----------
    ledger : one row per number, with the columns of ``surveytrail.ledger.columns``
    verification : verdicts of the second engine (``id``, ``match``), None where it has not run
    figures : folder with the drawn figures
    citations : keys of the bibliographies
    segments : what pages quote of the interviews
    records : which raw records the numbers come from; None leaves this field out

    Raises
    ------
    StudyError : a figure of the study file has not been drawn
    """
    languages = list(study.config.report.languages)
    verdicts = _verdicts(verification)
    status = data_status(study)
    rows = rows_of(ledger)
    parameters, percentages = _parameters(study, languages)
    targets = calibration_texts(study, languages)
    told = record_texts(study, records, languages) if records is not None else {}
    sets = {key: f"r{at}" for at, key in enumerate(dict.fromkeys(tuple(texts.items()) for texts in told.values()), 1)}
    named = {number: sets[tuple(texts.items())] for number, texts in told.items()}
    return {
        "study": {
            "id": study.config.study.id,
            "title": chosen(study.config.study.title, languages),
            "people": [person.name for person in study.config.study.people],
        },
        "synthetic": status == "synthetic",
        "notice": notice_text(status == "synthetic", languages),
        "apart": [] if study.config.study.waves_comparable else list(study.waves),
        "languages": languages,
        "numbers": {str(row["id"]): _number(study, row, languages, verdicts, named) for row in rows},
        "records": {key: dict(texts) for texts, key in sets.items()},
        "parameters": parameters | targets[0],
        "percentages": percentages | targets[1],
        "codebook": codebook_texts(study, languages),
        "figures": _figures(study, figures, languages),
        "claims": _claims(study, ledger, languages),
        "segments": {key: dict(segment) for key, segment in (segments or {}).items()},
        "citations": dict.fromkeys(sorted(citations), True),
        "colophon": _colophon(study, rows, verdicts, languages, records),
        "words": words(),
    }


def ledger_text(document: Mapping[str, Any]) -> str:
    """Return ``ledger.json`` as it is written, without control characters, which no document format can hold."""

    def written(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"

    text = written(document)
    return written(_cleaned(document)) if any(sign in text for sign in SUSPECT) else text


def ledger_digest(rows: Iterable[Mapping[Any, Any]]) -> str:
    """Return one digest of all numbers and their printed texts, in the order of their ids."""
    lines = sorted(f"{row['id']} {row['value_digest']} {row['text']}" for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _number(
    study: Study,
    row: Mapping[Any, Any],
    languages: list[str],
    verdicts: Mapping[str, str],
    records: Mapping[str, str],
) -> dict[str, Any]:
    identifier, wave, weight = str(row["id"]), str(row["wave"]), str(row["weight"])
    used = integer(row["n_used"])
    entry = {
        "text": local(row["text"], languages),
        "interval": local(row["interval_text"], languages),
        "n": None if used is None else {language: count_text(used, language) for language in languages},
        "label": local(row["label"], languages),
        "group_label": local(row["group_label"], languages),
        "question": local(row["question"], languages),
        "base": base_text(row, languages),
        "rows": rows_text(row, languages),
        "records": records.get(identifier),
        "n_rows": used,
        "kind": str(row["kind"]),
        "estimator": str(row["estimator"]),
        "filter": row["filter"] or "",
        "weight": weight,
        "weight_label": weight_text(study, wave, weight, languages),
        "interval_method": row["interval_method"],
        "level": level_text(row["interval_level"], languages),
        "raw_file": str(row["raw_file"]),
        "columns": [str(column) for column in row["columns"]] if row["columns"] is not None else [],
        "config": f"{CONFIG}:{row['config_line']}",
        "script": f"{row['script']}:{row['script_line']}",
        "rule": str(row["rule"]),
        "verdict": verdicts.get(identifier, NOT_RECOMPUTED),
        "warning": [str(row[name]) for name in ("warning", "error") if row[name]],
        "anchor": short_anchor(identifier),
    }
    return {name: value for name, value in entry.items() if value is not None}


def _verdicts(verification: pd.DataFrame | None) -> dict[str, str]:
    if verification is None:
        return {}
    return {str(row["id"]): "match" if row["match"] else "mismatch" for row in rows_of(verification)}


def _parameters(study: Study, languages: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return every value of the study by its key path in the study file; shares are also given as percentages."""
    parameters: dict[str, Any] = {}
    percentages: dict[str, Any] = {}

    def visit(path: str, value: object) -> None:
        if isinstance(value, dict):
            if value and all(isinstance(text, str) for text in value.values()) and all(map(LANGUAGE.fullmatch, value)):
                parameters[path] = {language: value[language] for language in languages if language in value}
                return
            for key, part in value.items():
                visit(f"{path}.{key}" if path else str(key), part)
        elif isinstance(value, list | tuple):
            for index, part in enumerate(value):
                named = part.get("id") if isinstance(part, dict) else None
                visit(f"{path}.{named if named is not None else index}", part)
        elif isinstance(value, bool) or value is None:
            return
        elif isinstance(value, int | float):
            parameters[path] = {language: constant_text(value, language) for language in languages}
            if 0 < value < 1:
                percentages[path] = {language: percentage_text(float(value), language) for language in languages}
        else:
            parameters[path] = {language: str(value) for language in languages}

    visit("", study.config.model_dump(mode="json"))
    for name, wave in study.waves.items():  # the toolbox adds derived variables to its wave
        added = {code: derived.model_dump(mode="json") for code, derived in wave.wave.derived.items()
                 if code not in study.config.waves[name].derived}  # fmt: skip
        visit(f"waves.{name}.derived", added)
    return parameters, percentages


def _figures(study: Study, folder: Path, languages: list[str]) -> dict[str, Any]:
    """Return file, alternative text and numbers of each figure, as the figure's own manifest has them."""
    figures: dict[str, Any] = {}
    problems = []
    for index, figure in enumerate(study.config.figures):
        entry: dict[str, Any] = {"file": {}, "alt": {}, "places": {}}
        for language in languages:
            manifest = folder / f"{figure.id}.{language}.json"
            if not manifest.is_file():
                problems.append(Problem(CONFIG, f"figures.{index}", f"no {manifest.name} in {folder.name}",
                                        "a drawn figure in every language of the report",
                                        "run the pipeline again", study.line("figures", index)))  # fmt: skip
                continue
            entry["file"][language] = f"figures/{figure.id}.{language}.svg"
            listing = json.loads(manifest.read_text(encoding="utf-8"))
            entry["alt"][language] = listing["alt"]["text"]
            entry["places"][language] = [
                {name: place[name] for name in ("id", "number", "box")} for place in listing["places"]
            ]
        figures[figure.id] = entry
    if problems:
        raise StudyError(problems)
    return figures


def _claims(study: Study, ledger: pd.DataFrame, languages: list[str]) -> dict[str, Any]:
    """Return text and verdict of each claim; where one does not hold, the documents say so behind it."""
    return {
        str(row["id"]): {
            "text": local(row["text"], languages) or {},
            "verdict": row["verdict"],
            "condition": row["condition"],
        }
        for row in rows_of(check_claims(study, ledger))
    }


def _colophon(
    study: Study,
    rows: list[dict[Any, Any]],
    verdicts: Mapping[str, str],
    languages: list[str],
    records: RecordSets | None,
) -> list[dict[str, Any]]:
    """Return what a document says about itself: study, people, data with licence and digest, ledger, verification."""
    spec = study.config.study
    manifest = load_manifest(study.directory)
    lines: list[dict[str, Any]] = [{"key": "study", "text": chosen(spec.title, languages)}]

    def add(key: str, text: str) -> None:
        if text:
            lines.append({"key": key, "text": dict.fromkeys(languages, text)})

    add("people", ", ".join(f"{person.name} ({person.role})" for person in spec.people))
    for key in ("institution", "funding", "source"):
        add(key, str(getattr(spec, key)))
    for path in study.raw_files.values():
        entry = manifest.entry(path)
        assert entry is not None  # data_status has refused a file without an entry
        lines.append({"key": "data", "text": {
            language: f"{entry.path}, {word(f'colophon.{entry.status}', language)}, {entry.licence}, "
            f"SHA-256 {entry.sha256}" for language in languages
        }})  # fmt: skip
    for wave in records.analysed if records is not None else ():
        assert records is not None
        lines.append({"key": "analysed", "text": {
            language: f"{study.waves[wave].wave.label[language]}, {analysed_text(records, wave, language)}"
            for language in languages
        }})  # fmt: skip
    total, same = len(rows), sum(verdict == "match" for verdict in verdicts.values())
    digest = ledger_digest(rows)
    lines.append({"key": "ledger", "text": {
        language: f"{count_text(total, language)} {word('colophon.numbers', language)}, SHA-256 {digest}"
        for language in languages
    }})  # fmt: skip
    lines.append({"key": "verified", "text": {
        language: f"{count_text(same, language)} {word('of', language)} {count_text(total, language)} "
        f"{word('colophon.recomputed', language)}" for language in languages
    }})  # fmt: skip
    return lines


def _cleaned(value: object) -> object:
    """Replace control characters, which no document format can hold, in all texts."""
    if isinstance(value, str):
        return CONTROL.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: _cleaned(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_cleaned(part) for part in value]
    return value
