"""Synthetic interviews: who was interviewed, and segments of what was said, coded by two people."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from studygenerator.draws import stream
from studygenerator.items import Share
from surveyspec.codebook import Language
from surveyspec.documents import Document, KeyPath, Strict, load_document, parse_document
from surveyspec.interview_codebook import InterviewCodebook
from surveyspec.problems import Problem, StudyError, did_you_mean, listed

ARTICLE, PROJECT = "ARTICLE", "project"
REAL, SYNTHETIC = "real", "synthetic"
SECONDS_PER_CHARACTER = 0.07
MINUTE = 60


class Segment(Strict):
    """What somebody says, and the codes that both coders would agree on."""

    text: Annotated[str, Field(min_length=1)]
    codes: Annotated[list[str], Field(min_length=1)]


class Interview(Strict):
    """One interview."""

    id: Annotated[str, Field(pattern=r"^IV\d{2}$")]
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    mode: Literal["face_to_face", "telephone"]
    language: Language
    role: str
    size: str
    noga: str
    canton: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    minutes: Annotated[int, Field(ge=1)]
    segments: Annotated[list[Segment], Field(min_length=1)]


class Quotation(Strict):
    """Words that somebody said in the original study, as published."""

    language: Language
    segments: Annotated[list[Segment], Field(min_length=1)]


class Disagreement(Strict):
    """How coders differ: codes that one leaves out, segments in which one sees another code."""

    left_out: Share
    added: Share


class Settings(Strict):
    """The whole settings file."""

    seed: int
    codebook: str
    metadata: str
    segments: str
    coders: Annotated[list[str], Field(min_length=2, max_length=2)]
    disagreement: Disagreement
    quotation: Quotation
    interviews: Annotated[list[Interview], Field(min_length=1)]


@dataclass(frozen=True)
class InterviewPlan:
    """Everything that the interview files are made from."""

    settings: Settings
    codebook: InterviewCodebook


def load_interviews(directory: Path, settings_file: str) -> InterviewPlan:
    """Load the settings of the interviews and the codebook that they name.

    Raises
    ------
    StudyError : unknown keys, wrong values, codes that the tree does not have, an interview twice; all together
    """
    document = load_document(directory / settings_file, settings_file)
    settings = parse_document(Settings, document)
    codebook = parse_document(InterviewCodebook, load_document(directory / settings.codebook, settings.codebook))
    problems = list(_problems(document, settings, codebook))
    if problems:
        raise StudyError(problems)
    return InterviewPlan(settings, codebook)


def _problems(document: Document, settings: Settings, codebook: InterviewCodebook) -> Iterator[Problem]:
    known = [code.code for code in codebook.codes]
    sources: list[tuple[KeyPath, list[Segment]]] = [(("quotation", "segments"), settings.quotation.segments)]
    sources += [(("interviews", at, "segments"), one.segments) for at, one in enumerate(settings.interviews)]
    for keys, segments in sources:
        for at, segment in enumerate(segments):
            for code in [code for code in segment.codes if code not in known]:
                where = (*keys, at, "codes")
                todo = did_you_mean(code, known) or "correct the code, or add it to the tree"
                expected = f"one of {listed(known, 8)}"
                path = ".".join(map(str, where))
                yield Problem(document.path, path, f"unknown code '{code}'", expected, todo, document.line(where))
    counts = Counter(interview.id for interview in settings.interviews)
    for at, interview in enumerate(settings.interviews):
        if counts[interview.id] > 1:
            where = ("interviews", at, "id")
            path = ".".join(map(str, where))
            found = f"'{interview.id}' more than once"
            yield Problem(document.path, path, found, "each interview once", "renumber", document.line(where))


def export_metadata(plan: InterviewPlan) -> bytes:
    """Return the file with one row per interview."""
    first, second = plan.settings.coders
    rows = [
        {
            **interview.model_dump(exclude={"id", "segments"}),
            "iv_id": interview.id,
            "consent": "recorded",
            "coder1": first,
            "coder2": second,
            "status": SYNTHETIC,
        }
        for interview in plan.settings.interviews
    ]
    return _table(plan.codebook.files["metadata"], rows)


def export_segments(plan: InterviewPlan) -> bytes:
    """Return the file with one row per code that a coder gave to a segment; the published quotation comes first."""
    return _table(plan.codebook.files["segments"], [*_quotation(plan.settings), *_coded(plan)])


def _quotation(settings: Settings) -> Iterator[dict[str, object]]:
    for number, segment in enumerate(settings.quotation.segments, 1):
        for code in segment.codes:
            yield {
                "iv_id": ARTICLE, "seg_id": f"{ARTICLE}-{number:02d}", "start": "", "end": "",
                "language": settings.quotation.language, "text": segment.text, "code": code, "coder": PROJECT,
                "status": REAL,
            }  # fmt: skip


def _coded(plan: InterviewPlan) -> Iterator[dict[str, object]]:
    settings, tree = plan.settings, [code.code for code in plan.codebook.codes]
    for interview in settings.interviews:
        spans = _spans(settings.seed, interview)
        for number, (segment, (start, end)) in enumerate(zip(interview.segments, spans, strict=True), 1):
            segment_id = f"{interview.id}-{number:02d}"
            for coder in settings.coders:
                generator = stream(settings.seed, "coding", segment_id, coder)
                for code in _codes_given(generator, segment.codes, tree, settings.disagreement):
                    yield {
                        "iv_id": interview.id, "seg_id": segment_id, "start": start, "end": end,
                        "language": interview.language, "text": segment.text, "code": code, "coder": coder,
                        "status": SYNTHETIC,
                    }  # fmt: skip


def _spans(seed: int, interview: Interview) -> list[tuple[int, int]]:
    """Return when each segment begins and ends, in seconds into the recording, in order and without overlap."""
    count, length = len(interview.segments), interview.minutes * MINUTE
    places = (np.arange(count) + stream(seed, "spans", interview.id).uniform(0.1, 0.7, count)) / count
    starts = [round(float(place) * length) for place in places]
    return [
        (start, start + max(2, round(SECONDS_PER_CHARACTER * len(segment.text))))
        for start, segment in zip(starts, interview.segments, strict=True)
    ]


def _codes_given(
    generator: np.random.Generator, agreed: list[str], tree: list[str], disagreement: Disagreement
) -> list[str]:
    """Return the codes that one coder gives, in the order of the tree; never none."""
    kept = [code for code in agreed if generator.random() >= disagreement.left_out] or agreed[:1]
    if generator.random() < disagreement.added:
        kept = [*kept, str(generator.choice([code for code in tree if code not in agreed]))]
    return sorted(kept, key=tree.index)


def _table(columns: Iterable[str], rows: Iterable[dict[str, object]]) -> bytes:
    """Write rows as CSV: UTF-8, commas, quotes where needed, line feeds."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), lineterminator="\n", extrasaction="raise")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")
