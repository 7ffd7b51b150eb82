"""What may stand under each mark, per language: said by ledger, study file, codebook, fixed words and bibliography."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from surveyspec.documents import load_document
from surveyspec.identifiers import CONFIG, INTERVIEWS, UNWEIGHTED, short_anchor
from surveyspec.locales import LOCALES
from surveyspec.study import Study
from surveytrail.auditing.codebook import described
from surveytrail.auditing.content import Mark
from surveytrail.auditing.docx import field_name, mark_digest
from surveytrail.auditing.records import Index, ranges
from surveytrail.auditing.tokens import NAME
from surveytrail.frames import read_frame
from surveytrail.interviews import quotations
from surveytrail.ledger.wording import TESTS
from surveytrail.manifest import load_manifest

WORDS = "_extensions/surveytrail/words.yaml"
LANGUAGE = re.compile(r"[a-z]{2}")
SHOWN = {"value": "text", "interval": "interval_text", "n": "n_used"}
LABELS = {"label": "label", "group": "group_label", "question": "question"}
FIELDS = (
    "id",
    "interval",
    "n",
    "question",
    "estimator",
    "filter",
    "weight",
    "raw",
    "rows",
    "records",
    "config",
    "script",
    "verdict",
    "warning",
    "command",
)
FILLED = re.compile(r"@\w+\s*\{\s*(?P<key>[^,\s]+)\s*,(?P<fields>.*?)\n\}", re.DOTALL)
Texts = dict[str, str]


@dataclass(frozen=True)
class Expected:
    """What documents of a study may print.

    Parameters
    ----------
    rows : the ledger by number id
    verdicts : number ids that the second engine recomputed, with its verdict; empty where it has not run
    words : fixed words of documents
    bibliography : text of each entry by citation key
    index : which raw records stand behind the numbers; None where the run has none
    """

    study: Study
    rows: Mapping[str, Mapping[Any, Any]]
    verdicts: Mapping[str, bool]
    words: Mapping[str, Any]
    bibliography: Mapping[str, str]
    index: Index | None = None

    @classmethod
    def load(cls, study: Study, report: Path) -> Expected:
        """Read everything from a study's folder; ``report`` holds the documents and what they were made from."""
        root = study.directory
        rows = {str(row["id"]): row for row in read_frame(root / "results/ledger/ledger.parquet").to_dict("records")}
        verification = root / "results/verification/verification.parquet"
        verdicts: dict[str, bool] = {}
        if verification.is_file():
            frame = read_frame(verification)
            verdicts = {str(number): bool(match) for number, match in zip(frame["id"], frame["match"], strict=True)}
        texts = [path.read_text(encoding="utf-8") for path in sorted(report.rglob("*.bib"))]
        entries = {found.group("key"): found.group("fields") for text in texts for found in FILLED.finditer(text)}
        return replace(cls.of_ledger(study, rows), verdicts=verdicts, bibliography=entries, index=Index.load(study))

    @classmethod
    def of_ledger(cls, study: Study, rows: Mapping[str, Mapping[Any, Any]]) -> Expected:
        """Return what may be printed of a study where nothing is verified or quoted, such as figures alone."""
        words = dict(load_document(Path(__file__).resolve().parents[3] / "report" / WORDS, f"report/{WORDS}").data)
        return cls(study, rows, {}, {**words, "statistics": TESTS}, {})

    @cached_property
    def anchors(self) -> dict[str, str]:
        """Return number ids by their short anchor."""
        return {short_anchor(number): number for number in self.rows}

    def number(self, number: str, show: str, language: str) -> str | None:
        """Return a text of a number: value, interval, n, label, group or question; None if there is none."""
        row = self.rows.get(number)
        if row is None:
            return None
        if show == "level":
            return None if pd.isna(row["interval_level"]) else percent(float(row["interval_level"]), language)
        if show == "n":
            return None if pd.isna(row["n_used"]) else count(int(row["n_used"]), language)
        written = row[{**SHOWN, **LABELS}[show]] if show in {**SHOWN, **LABELS} else None
        return None if not written or pd.isna(written) else json.loads(str(written)).get(language)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Return every value and text of the study file by key path; items of a list by ``id``, else by place."""
        found = dict(_flat("", self.study.config.model_dump(mode="json")))
        for name, wave in self.study.waves.items():  # with the derived variables that the toolbox adds
            derived = {code: entry.model_dump(mode="json") for code, entry in wave.wave.derived.items()}
            found |= dict(_flat(f"waves.{name}.derived", derived))
        for place, target in enumerate(self.study.targets):  # of the file that ``calibration:`` names
            found |= dict(_flat(f"calibration.{place}", {"id": target.id, "values": list(target.values)}))
            bounds = {"tolerance": target.tolerance, "above": target.above, "below": target.below}
            found |= dict(_flat(f"calibration.{place}", bounds))
        return found

    def parameter(self, path: str, show: str, language: str) -> str | None:
        """Return a value of the study file as it may be printed."""
        value = self.parameters.get(path)
        if isinstance(value, dict):
            return value.get(language)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return percent(value, language) if show == "percent" else decimal(Decimal(repr(value)), language)
        return None if value is None else str(value)

    @cached_property
    def codebook(self) -> dict[str, Texts]:
        """Return labels by ``wave.VARIABLE``, answers by ``.code``, wordings by ``.question``; codes of interviews."""
        texts: dict[str, Texts] = {}
        for wave in self.study.waves.values():
            for code in wave.names:
                texts[f"{wave.id}.{code}"] = texts[f"{wave.id}.{code}.question"] = dict(wave.label(code))
                if code not in wave.wave.derived:
                    texts[f"{wave.id}.{code}.question"] = dict(wave.codebook.question(wave.codebook.by_code[code]))
                if wave.is_coded(code):
                    texts |= {f"{wave.id}.{code}.{part.code}": dict(part.label) for part in wave.categories(code)}
        for entry in self.study.interview_codebook.codes if self.study.interview_codebook is not None else []:
            texts[f"{INTERVIEWS}.{entry.code}"] = dict(entry.label)
        for language in self.study.config.report.languages:
            for key, text in described(self.study, language, lambda path, at: self.word(path, at) or "", decimal):
                texts.setdefault(key, {})[language] = text
        return texts

    @cached_property
    def segments(self) -> dict[str, str]:
        """Return what was said in interviews, by segment."""
        return (
            {}
            if self.study.config.interviews is None
            else {key: part.text for key, part in quotations(self.study).items()}
        )

    def word(self, path: str, language: str) -> str | None:
        """Return a fixed word by its path."""
        node: Any = self.words
        for part in path.split("."):
            node = node.get(part) if isinstance(node, dict) else None
        return node.get(language) if isinstance(node, dict) else None

    @cached_property
    def names(self) -> set[str]:
        """Return the names with digits that the study uses: variables, ids, raw columns, and names in its labels."""
        texts = [*self.codebook, *self.parameters, *self.rows]
        texts += [text for value in (*self.parameters.values(), *self.codebook.values()) for text in _texts(value)]
        texts += [
            str(column)
            for row in self.rows.values()
            for column in (row["columns"] if row["columns"] is not None else [])
        ]
        return {name.lower() for text in texts for name in re.findall(NAME, text)}

    def text(self, mark: Mark, language: str) -> str | None:
        """Return the text that must stand under a mark; None if no such key has a text in this language."""
        kind, key, show = mark.kind, mark.key, mark.show
        if kind in {"num", "value-of"}:
            return self.number(key, show or "value", language)
        if kind == "label-of":
            return self.number(key, show or "label", language)
        if kind == "param":
            return self.parameter(key, show, language)
        if kind == "codebook":
            return self.codebook.get(key, {}).get(language)
        if kind == "claim":
            return self.parameter(f"claims.statements.{key}.text", "", language)
        if kind == "segment":
            return self.segments.get(key)
        if kind == "word":
            return self.word(key, language)
        return None

    def field(self, number: str, name: str, language: str) -> str | None:
        """Return what a field of a number's entry says, its parts set apart by bars; None for an unknown field."""
        row = self.rows.get(number)
        if row is None or name not in FIELDS:
            return None
        return " | ".join(self._field(row, number, name, language))

    def said(self, number: str, name: str, language: str) -> object:
        """Return what tells a field of one number's entry from that of another's; None where a number has none."""
        if name == "records":
            return None if self.index is None else self.index.told(number)
        return self.field(number, name, language) or None

    def _field(self, row: Mapping[Any, Any], number: str, name: str, language: str) -> Iterator[str]:
        def word(path: str, otherwise: str = "") -> str:
            return self.word(path, language) or otherwise

        def known(column: str) -> bool:
            return row[column] is not None and not pd.isna(row[column]) and row[column] != ""

        used = row["n_used"] if known("n_used") else row["n_in"]
        if name == "id":
            yield number
        elif name == "command":
            yield f"trail trace {number}"
        elif name == "interval":
            yield self.number(number, "interval", language) or word("no_interval")
            if known("interval_text"):
                if known("interval_level"):
                    yield percent(float(row["interval_level"]), language)
                method = re.sub(r", [\d.]+%", "", str(row["interval_method"])) if known("interval_method") else ""
                yield word(f"intervals.{method}", method)
        elif name == "n":
            yield "–" if used is None or pd.isna(used) else count(int(used), language)
            yield self.number(number, "group", language) or ""
        elif name == "question":
            yield self.number(number, "question", language) or word("no_question")
        elif name == "estimator":
            yield word(f"estimators.{row['estimator']}", str(row["estimator"]))
        elif name == "filter":
            yield str(row["filter"]) if known("filter") else word(f"everybody.{row['kind']}")
        elif name == "weight":
            path = f"waves.{row['wave']}.weights.{row['weight']}.label"
            yield word("unweighted") if row["weight"] == UNWEIGHTED else self.parameter(path, "", language) or ""
        elif name == "raw":
            yield str(row["raw_file"])
            yield from (str(column) for column in (row["columns"] if row["columns"] is not None else []))
        elif name == "rows":
            counts = [row["n_used"], row["n_in"]] if known("n_used") and known("n_in") else [row["n_in"]]
            yield from (count(int(part), language) for part in counts if part is not None and not pd.isna(part))
            if len(counts) > 1 and known("n_excluded"):
                excluded = json.loads(row["n_excluded"])
                yield from (f"{reason} | {count(int(left), language)}" for reason, left in excluded.items() if left)
        elif name == "config":
            yield f"{CONFIG}:{row['config_line']}"
        elif name == "script":
            yield f"{row['script']}:{row['script_line']} ({row['rule']})"
        elif name == "verdict":
            verdict = {True: "match", False: "mismatch", None: "not recomputed"}[self.verdicts.get(number)]
            yield word(f"verdicts.{verdict}")
        elif name == "warning":
            yield " ".join(str(row[column]) for column in ("warning", "error") if known(column))

    def colophon(self, key: str, printed: int, language: str) -> list[str] | None:
        """Return the texts that one of a colophon's lines may hold; None where only a version of a program stands."""
        study = self.study.config.study
        if key == "data":
            files = load_manifest(self.study.directory).files
            return [f"{file.path} {file.licence} SHA-256 {file.sha256}" for file in files]
        if key == "analysed":
            return [self._analysed(wave, language) for wave in (self.index.analysed if self.index else ())]
        if key == "ledger":
            return [f"{count(len(self.rows), language)} SHA-256 {_digest(self.rows)}"]
        if key == "verified":
            same = sum(self.verdicts.values())
            return [f"{count(same, language)} {count(len(self.rows), language)}"]
        if key == "printed":
            return [str(printed)]
        if key == "study":
            return [study.title.get(language, "")]
        if key == "people":
            return [", ".join(f"{person.name} ({person.role})" for person in study.people)]
        if key in {"institution", "funding", "source"}:
            return [str(getattr(study, key))]
        return None if key == "renderer" else []

    def _analysed(self, wave: str, language: str) -> str:
        """Return the analysed records of a wave as the colophon lists them."""
        assert self.index is not None
        records, every = self.index.analysed[wave], self.index.raw[wave]
        listed = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in ranges(records))
        label = self.study.waves[wave].wave.label[language]
        return f"{label} {count(len(records), language)} {count(len(every), language)} {listed}"

    @cached_property
    def digests(self) -> dict[str, Mark]:
        """Return every mark that a document can carry, by the name of its bookmark."""
        marks = [Mark("param", path, show) for path in self.parameters for show in ("", "percent")]
        marks += [Mark("codebook", key) for key in self.codebook]
        marks += [
            Mark("claim", path.split(".")[2]) for path in self.parameters if path.startswith("claims.statements.")
        ]
        marks += [Mark("quote", key) for key in self.bibliography]
        marks += [Mark("segment", key) for key in self.segments]
        marks += [Mark("word", path) for path in _paths("", self.words)]
        marks += [
            Mark("colophon", path.removeprefix("colophon."))
            for path in _paths("", self.words)
            if path.startswith("colophon.")
        ]
        marks += [
            Mark("made", name) for name in ("section", "caption", "reference", "citation", "page", "list", "footnote")
        ]
        marks += [Mark("label-of", number, show) for number in self.rows for show in LABELS]
        fields = {field_name(anchor, name): Mark("field", number, name)
                  for anchor, number in self.anchors.items() for name in FIELDS}  # fmt: skip
        for anchor, number in self.anchors.items():
            fields[field_name(anchor, "value")] = Mark("value-of", number)
            fields[field_name(anchor, "label")] = Mark("label-of", number)  # in its entry: no word of what is shown
        return {mark_digest(mark): mark for mark in marks} | fields


def rendered_names(study: Study, folder: Path) -> list[str]:
    """Return the HTML files of a folder that belong to a page of the study, by name; others are no documents."""
    stems = [Path(page).stem for page in study.config.report.pages]
    names = sorted(path.stem for path in folder.glob("*.html"))
    return [name for name in names if any(name == stem or name.startswith(f"{stem}.") for stem in stems)]


def count(number: int, language: str) -> str:
    """Write a count with a language's separator of thousands."""
    return f"{number:,}".replace(",", LOCALES[language].thousands)


def decimal(value: Decimal, language: str) -> str:
    """Write a constant as it was given, in a language's signs."""
    text = f"{value.normalize():f}"
    whole, _, fraction = text.lstrip("-").partition(".")
    sign = "\u2212" if text.startswith("-") else ""
    return sign + count(int(whole), language) + (LOCALES[language].decimal + fraction if fraction else "")


def percent(share: float, language: str) -> str:
    """Write a share as a percentage without needless zeros."""
    return decimal(Decimal(repr(share)) * 100, language) + LOCALES[language].percent


def _flat(path: str, value: object) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and not (
        value and all(isinstance(text, str) for text in value.values()) and all(map(LANGUAGE.fullmatch, value))
    ):
        for key, part in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), part)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            named = part.get("id") if isinstance(part, dict) else None
            yield from _flat(f"{path}.{index if named is None else named}", part)
    elif value is not None and not isinstance(value, bool):
        yield path, value


def _paths(path: str, node: object) -> Iterator[str]:
    if isinstance(node, dict) and not all(isinstance(text, str) for text in node.values()):
        for key, part in node.items():
            yield from _paths(f"{path}.{key}" if path else str(key), part)
    else:
        yield path


def _texts(value: object) -> list[str]:
    return [str(part) for part in value.values()] if isinstance(value, dict) else [str(value)]


def _digest(rows: Mapping[str, Mapping[Any, Any]]) -> str:
    lines = sorted(f"{row['id']} {row['value_digest']} {row['text']}" for row in rows.values())
    return sha256("\n".join(lines).encode()).hexdigest()
