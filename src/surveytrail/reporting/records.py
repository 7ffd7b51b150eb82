"""Which raw records stand behind a number, in a form short enough to print; or why they are not named.

A record is named by its number in the raw file. It is not named where the number rests on a variable that is not
public, or on fewer answers than the study file asks for: a short list of records in a narrow group says something about
each of them. Identifiers that are dropped at import appear nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pyroaring import BitMap

from surveyspec.study import Study
from surveytrail.frames import read_frame
from surveytrail.ledger.display import RANGE
from surveytrail.lineage import COUNT, FILTER, NOT_USED, VALUE, column_names
from surveytrail.reporting.extension import word
from surveytrail.reporting.wording import count_text

LONGEST = 2400  # characters; what is longer is left to `trail trace`
LISTING = {VALUE, COUNT}


@dataclass(frozen=True)
class RecordSets:
    """Records behind the numbers of a run.

    Parameters
    ----------
    lineage, row_sets : the ledger's edges and sets of records
    raw, analysed : records per wave, in the raw file and in the analysis
    """

    lineage: pd.DataFrame
    row_sets: pd.DataFrame
    raw: Mapping[str, BitMap]
    analysed: Mapping[str, BitMap]


def run_records(results: Path, waves: Iterable[str]) -> RecordSets:
    """Read the records behind the numbers of a finished ledger.

    Parameters
    ----------
    results : folder with the ledger and, per wave, ``responses.parquet`` and ``analysis.parquet``
    """

    def records_in(wave: str, file: str) -> BitMap:
        return BitMap(pd.read_parquet(results / wave / file, columns=["record"])["record"].to_numpy())

    return RecordSets(
        lineage=read_frame(results / "ledger/lineage.parquet"),
        row_sets=read_frame(results / "ledger/row_sets.parquet"),
        raw={wave: records_in(wave, "responses.parquet") for wave in waves},
        analysed={wave: records_in(wave, "analysis.parquet") for wave in waves},
    )


def record_texts(study: Study, sets: RecordSets, languages: list[str]) -> dict[str, dict[str, str]]:
    """Say of every number which records it is computed from, per language.

    Numbers without an edge of their own (weights, to which every record matters) are left out.
    """
    bitmaps = {
        str(name): BitMap.deserialize(content)
        for name, content in zip(sets.row_sets["row_set"], sets.row_sets["bitmap"], strict=True)
    }
    closed = {wave: _closed_columns(study, wave) for wave in study.waves}
    edges = sets.lineage[sets.lineage["why"].isin({*LISTING, FILTER, NOT_USED})]
    own: dict[str, dict[str, None]] = {}  # number -> its sets of records
    waves: dict[str, str] = {}
    hidden: dict[str, set[str]] = {}
    for number, why, wave, row_set, columns in zip(
        *(edges[name] for name in ("number_id", "why", "wave", "row_set", "columns")), strict=True
    ):
        if wave in study.waves:
            hidden.setdefault(number, set()).update(closed[wave].intersection(columns))
            if why in LISTING:
                own.setdefault(number, {})[row_set] = None
                waves[number] = wave
    made: dict[tuple[str, frozenset[str]], dict[str, str]] = {}
    texts = {}
    for number, row_sets in own.items():
        if hidden[number]:
            names = ", ".join(sorted(hidden[number]))
            texts[number] = {language: f"{word('records_of.closed', language)} ({names})" for language in languages}
            continue
        key = (waves[number], frozenset(row_sets))
        if key not in made:
            records = BitMap.union(*(bitmaps[name] for name in row_sets))
            made[key] = _texts(study, sets, key[0], records, languages)
        texts[number] = made[key]
    return texts


def analysed_text(sets: RecordSets, wave: str, language: str) -> str:
    """Return the analysed records of a wave, which entries refer to."""
    records, every = sets.analysed[wave], sets.raw[wave]
    counts = f"{count_text(len(records), language)} {word('of', language)} {count_text(len(every), language)}"
    return f"{counts}: {_short(ranges(records), language)}"


def ranges(records: Iterable[int]) -> str:
    """Write record numbers as ranges: ``1–4, 7, 9–12``."""
    ordered = np.array(sorted(records), dtype=np.int64)
    cuts = np.flatnonzero(np.diff(ordered) != 1)
    parts = zip(ordered[[0, *cuts + 1]], ordered[[*cuts, -1]], strict=True) if len(ordered) else ()
    return ", ".join(str(first) if first == last else f"{first}{RANGE}{last}" for first, last in parts)


def _texts(study: Study, sets: RecordSets, wave: str, records: BitMap, languages: list[str]) -> dict[str, str]:
    """Return the shortest true description of a set of records, or why it is not given, per language."""
    least = study.config.disclosure.min_base
    analysed, every = sets.analysed[wave], sets.raw[wave]

    def each(said: Callable[[str], str]) -> dict[str, str]:
        return {language: said(language) for language in languages}

    if len(records) < least:
        return each(lambda to: f"{word('records_of.few', to)} {count_text(least, to)} {word('respondents', to)}")
    if records == every:
        return each(lambda to: f"{word('records_of.every', to)} ({count_text(len(every), to)})")
    if records == analysed:
        return each(lambda to: word("records_of.analysed", to))
    named = ranges(records)
    if not records <= analysed:
        return each(lambda to: _short(named, to))
    others = ranges(analysed - records)
    return each(lambda to: _short(min(named, f"{word('records_of.without', to)} {others}", key=len), to))


def _short(text: str, language: str) -> str:
    return text if len(text) <= LONGEST else word("records_of.many", language)


def _closed_columns(study: Study, wave: str) -> set[str]:
    """Return the raw columns of variables that are not public, apart from the respondent's number."""
    spec = study.waves[wave]
    codes = [
        variable.code
        for variable in spec.codebook.variables
        if variable.sensitivity != "public" and variable.code != spec.wave.respondent
    ]
    return set(column_names(spec, codes))
