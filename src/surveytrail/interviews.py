"""Coded interviews: how many there are, in how many each code occurs, and how far the coders agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from surveyspec.identifiers import seed_words
from surveyspec.interviews import (
    CODERS,
    METADATA_COLUMNS,
    SEGMENT_COLUMNS,
    STATUSES,
    InterviewSpec,
    plan_interviews,
)
from surveyspec.plan import digest
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveyspec.study import Study
from surveytrail.computed import Computed
from surveytrail.importing.beside import column_of, read_beside
from surveytrail.importing.reading import RawTable
from surveytrail.lineage import FILTER, VALUE, Lineage
from surveytrail.statistics.errors import StatisticsError

if TYPE_CHECKING:
    from surveytrail.statistics.arrays import FloatArray

SegmentId = tuple[str, str]
IDENTITY, CODING = ["iv_id", "seg_id"], ["iv_id", "seg_id", "code", "coder"]


@dataclass(frozen=True)
class Coding:
    """One row of the segments: a code that a coder gave to a segment; an empty code says that none fits."""

    record: int
    line: int
    segment: SegmentId
    code: str
    coder: str
    text: str
    status: str
    language: str


@dataclass(frozen=True)
class Interviews:
    """Interviews and their coded segments.

    Parameters
    ----------
    coders : coders of each interview, in the order of the file
    records : record of each interview in the file of interviews
    codings : the rows of the segments of these interviews
    quoted : rows that are only quoted, from no interview of the study
    """

    coders: dict[str, tuple[str, ...]]
    records: dict[str, int]
    codings: list[Coding]
    quoted: list[Coding]

    @cached_property
    def segments(self) -> list[SegmentId]:
        """All segments, by interview and segment id: the order in which the bootstrap numbers them."""
        return sorted({coding.segment for coding in self.codings})

    @cached_property
    def given(self) -> dict[SegmentId, dict[str, frozenset[str]]]:
        """The codes that each coder of its interview gave to a segment."""
        found: dict[SegmentId, dict[str, set[str]]] = {
            segment: {coder: set() for coder in self.coders[segment[0]]} for segment in self.segments
        }
        for coding in self.codings:
            if coding.code:
                found[coding.segment][coding.coder].add(coding.code)
        return {segment: {who: frozenset(codes) for who, codes in by.items()} for segment, by in found.items()}


@dataclass(frozen=True)
class Quotation:
    """The text of a segment as pages may quote it; its status says whether anybody said it."""

    text: str
    status: str
    language: str


def analyse_interviews(study: Study) -> Computed:
    """Compute all numbers about the interviews of a study.

    Raises
    ------
    StudyError : a file is missing, or its rows do not fit each other, the coders or the codebook
    """
    declared = study.config.interviews
    lineage, rows = Lineage(), []
    if declared is not None:
        interviews = read_interviews(study)
        for spec in plan_interviews(study):
            rows.append({"id": spec.id, **_computed(spec, interviews), "spec_digest": digest(spec.canonical())})
            _add_edges(lineage, spec, interviews, declared.metadata, declared.segments)
    return Computed(pd.DataFrame(rows), lineage)


def quotations(study: Study) -> dict[str, Quotation]:
    """Return all segments by their ``seg_id``, the key under which pages quote them."""
    if study.config.interviews is None:
        return {}
    interviews = read_interviews(study)
    rows = [*interviews.quoted, *interviews.codings]
    return {row.segment[1]: Quotation(row.text, row.status, row.language) for row in rows}


def read_interviews(study: Study) -> Interviews:
    """Read interviews and segments, and hold them against each other and against the codebook.

    Raises
    ------
    StudyError : every row that does not fit, with its line
    """
    declared = study.config.interviews
    assert declared is not None and study.interview_codebook is not None
    metadata = read_beside(study.directory, declared.metadata, METADATA_COLUMNS, "interviews.metadata")
    segments = read_beside(study.directory, declared.segments, SEGMENT_COLUMNS, "interviews.segments")
    names = column_of(metadata, "iv_id")
    pairs = zip(*(column_of(metadata, name) for name in CODERS), strict=True)
    coders = {name: tuple(filter(None, pair)) for name, pair in zip(names, pairs, strict=True)}
    rows = _codings(segments)
    problems = [
        *_interview_problems(metadata, names),
        *_coding_problems(declared.segments, rows, coders, declared.quoted, list(study.interview_codebook.by_code)),
        *_segment_problems(declared.segments, rows),
    ]
    if problems:
        raise StudyError(problems)
    quoted = [row for row in rows if row.segment[0] in declared.quoted]
    codings = [row for row in rows if row.segment[0] not in declared.quoted]
    return Interviews(coders, {name: record for record, name in enumerate(names, 1)}, codings, quoted)


def _codings(table: RawTable) -> list[Coding]:
    spoken = column_of(table, "language") if "language" in table.columns else [""] * len(table.cells)
    columns = zip(*(column_of(table, name) for name in SEGMENT_COLUMNS), spoken, table.first_line.tolist(), strict=True)
    return [
        Coding(record, line, (interview, segment), code, coder, text, status, language)
        for record, (interview, segment, code, coder, text, status, language, line) in enumerate(columns, 1)
    ]


def _interview_problems(table: RawTable, names: list[str]) -> Iterable[Problem]:
    first: dict[str, int] = {}
    for name, line in zip(names, table.first_line.tolist(), strict=True):
        if not name:
            yield Problem(table.path, "iv_id", "an empty cell", "the id of the interview", "add it", line)
        elif name in first:
            expected = f"each interview once (the first is on line {first[name]})"
            yield Problem(table.path, f"interview {name}", "a second row", expected, "remove one of the two", line)
        first.setdefault(name, line)


def _coding_problems(
    file: str, codings: list[Coding], coders: dict[str, tuple[str, ...]], quoted: list[str], codes: list[str]
) -> Iterable[Problem]:
    """Yield the rows whose interview, coder, code or status nobody knows, and rows that stand twice."""
    first: dict[tuple[SegmentId, str, str], int] = {}
    for row in codings:
        interview, segment = row.segment
        where = f"interview {interview}, segment {segment}"
        if interview not in coders and interview not in quoted:
            known = [*coders, *quoted]
            todo = did_you_mean(interview, known) or (
                "correct it, add it to the file of interviews, or to 'interviews: quoted:' if nothing shall count it"
            )
            yield Problem(file, "iv_id", f"'{interview}'", f"one of {listed(known, 12)}", todo, row.line)
            continue
        if not segment:
            yield Problem(file, where, "no seg_id", "the id of the segment", "add it", row.line)
        if interview not in quoted and row.coder not in coders[interview]:
            expected = f"one of its coders, {listed(coders[interview]) or 'of whom there is none'}"
            todo = "correct it, or name the coder in the file of interviews"
            yield Problem(file, where, f"coder '{row.coder}'", expected, todo, row.line)
        if row.code and row.code not in codes:
            todo = did_you_mean(row.code, codes) or "correct it, or add the code to the codebook of the interviews"
            yield Problem(file, where, f"code '{row.code}'", f"one of {listed(codes, 12)}", todo, row.line)
        if row.status not in STATUSES:
            todo = "say whether somebody said it (real) or it was made up (synthetic)"
            yield Problem(file, where, f"status '{row.status}'", f"one of {listed(STATUSES)}", todo, row.line)
        earlier = first.setdefault((row.segment, row.code, row.coder), row.line)
        if earlier != row.line:
            found = f"code '{row.code}' of coder {row.coder} again"
            yield Problem(file, where, found, f"it once (line {earlier})", "remove one of the two", row.line)


def _segment_problems(file: str, codings: list[Coding]) -> Iterable[Problem]:
    """Yield the rows of one segment that do not agree on its interview, text, status or language."""
    first: dict[str, Coding] = {}
    for row in codings:
        known = first.setdefault(row.segment[1], row)
        if (row.segment, row.text, row.status, row.language) != (
            known.segment, known.text, known.status, known.language,
        ):  # fmt: skip
            found = "another interview, text, status or language"
            expected = f"those of line {known.line}: it is the same segment"
            todo = "make them the same, or give one another seg_id"
            yield Problem(file, f"segment {row.segment[1]}", found, expected, todo, row.line)


def _computed(spec: InterviewSpec, interviews: Interviews) -> dict[str, object]:
    """Compute one number."""
    everybody = sorted(interviews.records)
    if spec.section == "alpha":
        return _agreement(spec, interviews)
    if spec.section == "counts":
        counted: list[object] = [*everybody] if spec.part == "interviews" else [*interviews.segments]
        number = len(counted)
        row = {"value": float(number), "numerator": number, "n_in": number, "n_used": number}
        return row | {"input_digest": digest(counted)}
    assert spec.code is not None
    rows = [coding for coding in interviews.codings if coding.code == spec.code]
    if spec.settings["occurs_if"] == "any_coder":
        taken: list[object] = [*sorted(coding.segment[0] for coding in rows)]
        within = {coding.segment[0] for coding in rows}
    else:
        agreed = [
            segment for segment, by in interviews.given.items() if by and all(spec.code in g for g in by.values())
        ]
        within = {interview for interview, _ in agreed}
        taken = [sorted((*coding.segment, coding.coder) for coding in rows), _coders(rows, interviews)]
    return {
        "value": len(within) / len(everybody),
        "numerator": len(within),
        "denominator": len(everybody),
        "n_in": len(everybody),
        "n_used": len(everybody),
        "input_digest": digest([everybody, taken]),
    }


def _coders(rows: Iterable[Coding], interviews: Interviews) -> dict[str, list[str]]:
    """Return the coders of the interviews that rows belong to."""
    return {name: sorted(interviews.coders[name]) for name in {row.segment[0] for row in rows}}


def _agreement(spec: InterviewSpec, interviews: Interviews) -> dict[str, object]:
    """Compare the coders on one code, on all decisions about all codes, or on the codes of each segment together."""
    from surveytrail.statistics.agreement import nominal_alpha  # late: who only reads interviews needs no scipy

    counts = _value_counts(spec, interviews)
    row: dict[str, object] = {
        "n_in": len(interviews.segments),
        "interval_level": spec.settings["level"],
        "interval_method": "bootstrap_percentile",
        "seed": spec.settings["seed"],
        "input_digest": digest(_decisions(spec, interviews)),
    }
    seed = seed_words(spec.settings["seed"], spec.id)
    try:
        found = nominal_alpha(counts, seed=seed, draws=spec.settings["draws"], level=spec.settings["level"])
    except StatisticsError as error:
        return row | {"value": None, "n_used": 0, "error": f"{error.title}: {error.hint}"}
    known = not np.isnan(found.alpha)
    warning = f"{found.undefined} of {spec.settings['draws']} draws hold one value only and were left out"
    if np.isnan(found.lower):
        warning = "the coders never differ: the bootstrap can give no interval"
    return row | {
        "value": found.alpha if known else None,
        "lower": None if np.isnan(found.lower) else found.lower,
        "upper": None if np.isnan(found.upper) else found.upper,
        "n_used": found.blocks,
        "warning": warning if known and (found.undefined or np.isnan(found.lower)) else None,
        "error": None if known else "all values are the same: agreement by chance is certain",
    }


def _decisions(spec: InterviewSpec, interviews: Interviews) -> list[object]:
    """Return who gave which codes to which segment, of the codes that a number is about."""
    wanted = None if spec.code is None else {spec.code}
    return [
        [*segment, [[who, sorted(codes if wanted is None else codes & wanted)] for who, codes in sorted(by.items())]]
        for segment, by in ((segment, interviews.given[segment]) for segment in interviews.segments)
    ]


def _value_counts(spec: InterviewSpec, interviews: Interviews) -> FloatArray:
    """Return (segments, decisions, values) how many coders decided what."""
    given = [list(interviews.given[segment].values()) for segment in interviews.segments]
    if spec.part == "code_sets":
        sets = sorted({codes for by in given for codes in by}, key=sorted)
        return np.array([[[by.count(codes) for codes in sets]] for by in given], dtype=np.float64)
    codes = spec.settings["codes"] if spec.code is None else [spec.code]
    yes = np.array([[sum(code in one for one in by) for code in codes] for by in given], dtype=np.float64)
    coders = np.array([len(by) for by in given], dtype=np.float64)
    return np.stack([coders[:, None] - yes, yes], axis=2)


def _add_edges(lineage: Lineage, spec: InterviewSpec, interviews: Interviews, metadata: str, segments: str) -> None:
    """Tie a number to the rows of both files that it is made of.

    The cells with the codes decide for every number about one code which rows are its own; for the agreement of coders,
    all rows say which segments there are and who could have given the code. Everywhere, the interview's id decides
    whether a row counts at all.
    """
    every_interview = np.array(sorted(interviews.records.values()))
    every_row = np.array([coding.record for coding in interviews.codings])
    quoted = np.array([coding.record for coding in interviews.quoted])
    own = np.array([coding.record for coding in interviews.codings if coding.code == spec.code], dtype=np.int64)
    if spec.section == "counts":
        if spec.part == "interviews":
            lineage.add(spec.id, "DIRECT", VALUE, metadata, every_interview, ["iv_id"])
        else:
            lineage.add(spec.id, "DIRECT", VALUE, segments, every_row, IDENTITY)
            lineage.add(spec.id, "INDIRECT", FILTER, segments, quoted, ["iv_id"])
        return
    alone = spec.section == "codes" and spec.settings["occurs_if"] == "any_coder"
    rows = own if spec.code is not None else every_row
    lineage.add(spec.id, "DIRECT", VALUE, segments, rows, ["iv_id", "code"] if alone else CODING)
    lineage.add(spec.id, "DIRECT", VALUE, metadata, every_interview, ["iv_id"] if alone else ["iv_id", *CODERS])
    lineage.add(spec.id, "INDIRECT", FILTER, segments, every_row, ["code"])
    lineage.add(spec.id, "INDIRECT", FILTER, segments, quoted, ["iv_id"])
    if spec.section == "alpha" and spec.code is not None:
        lineage.add(spec.id, "INDIRECT", FILTER, segments, every_row, IDENTITY)
