"""What entries say of the raw records behind their numbers: read back from the text and held against the index."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import pandas as pd
from pyroaring import BitMap

from surveyspec.study import Study
from surveytrail.frames import read_frame

OWN = {"value", "count of records"}  # edges whose records are the number's
READ = OWN | {"value not used", "filter and groups"}
NOTHING = "–"  # where only the entry before lists records
MANY = 200  # ranges: fewer always fit into an entry
LISTED = re.compile(r"(\d+)(?:–(\d+))?(?:, |$)")
Word = Callable[[str], str]


@dataclass(frozen=True)
class Index:
    """The lineage of a run, and which records each wave has and analyses.

    Parameters
    ----------
    edges : per number, (why, wave, set of records, columns)
    """

    study: Study
    edges: Mapping[str, list[tuple[str, str, str, tuple[str, ...]]]]
    sets: Mapping[str, BitMap]
    raw: Mapping[str, BitMap]
    analysed: Mapping[str, BitMap]

    @classmethod
    def load(cls, study: Study) -> Index | None:
        """Read the index of a study's run; None where there is none."""
        results = study.directory / "results"
        if not (results / "ledger/lineage.parquet").is_file():
            return None
        edges = defaultdict(list)
        frame = read_frame(results / "ledger/lineage.parquet")
        for number, why, wave, name, columns in zip(
            *(frame[name] for name in ("number_id", "why", "wave", "row_set", "columns")), strict=True
        ):
            if why in READ:
                edges[str(number)].append((str(why), str(wave), str(name), tuple(columns)))
        stored = read_frame(results / "ledger/row_sets.parquet")
        bitmaps = map(BitMap.deserialize, stored["bitmap"])
        sets = dict(zip(map(str, stored["row_set"]), bitmaps, strict=True))
        raw, analysed = (
            {wave: _numbers(results / wave / file) for wave in study.waves}
            for file in ("responses.parquet", "analysis.parquet")
        )
        return cls(study, edges, sets, raw, analysed)

    @cached_property
    def hidden(self) -> Mapping[str, set[str]]:
        """Return per wave the columns of variables that are not public, the respondent's number apart."""
        return {
            name: {
                variable.column if isinstance(variable.column, str) else f"#{variable.column.position}"
                for variable in wave.codebook.variables
                if variable.sensitivity != "public" and variable.code != wave.wave.respondent
            }
            for name, wave in self.study.waves.items()
        }

    def records(self, number: str) -> tuple[str, BitMap] | None:
        """Return the wave and the records of a number; None where it has none of its own or of a wave."""
        own = [(wave, name) for why, wave, name, _ in self.edges.get(number, []) if why in OWN]
        if not own or any(wave not in self.study.waves for wave, _ in own):
            return None
        return own[0][0], BitMap.union(*(self.sets[name] for _, name in own))

    def told(self, number: str) -> tuple[object, ...] | None:
        """Return what an entry can say of a number's records, or why it lists none; None where it has none."""
        found = self.records(number)
        if found is None:
            return None
        closed = self._closed(number)
        if closed:
            return ("closed", *closed)
        if len(found[1]) < self.study.config.disclosure.min_base:
            return ("few",)
        return ("many",) if self._ranges(*found) >= MANY else found

    def wrong(self, number: str, text: str, word: Word) -> str:
        """Return what is wrong with what an entry says of its number's records, or an empty string."""
        found = self.records(number)
        if found is None:
            return "" if text == NOTHING else f"{number} has no records of its own"
        wave, records = found
        text = re.sub(r"– ", "–", text)  # where a line ends
        other = text.removeprefix(f"{word('as')} ").replace(" ", "")
        if text.startswith(f"{word('as')} "):
            same = self.records(other) == found and self._closed(other) == self._closed(number)
            return "" if same else f"{number} and {other} have other records"
        closed, least = self._closed(number), self.study.config.disclosure.min_base
        if closed:
            said = f"{word('closed')} ({', '.join(closed)})"
            return "" if text == said else f"{number} rests on columns that are not public: {', '.join(closed)}"
        if len(records) < least:
            withheld = text.startswith(word("few")) and re.findall(r"\d+", text) == [str(least)]
            return "" if withheld else f"{number} rests on fewer than {least} records"
        read = self._read(text, wave, word)
        if read is None:
            many = text == word("many") and self._ranges(wave, records) >= MANY
            return "" if many else f"no list of {number}'s {len(records)} records"
        return "" if read == records else f"the index has {len(records)} records of {number}: {_shown(records)}"

    def _ranges(self, wave: str, records: BitMap) -> int:
        """Return how many ranges the shorter list has: of these records, or of the analysed ones without them."""
        return min(len(ranges(records)), len(ranges(self.analysed[wave] - records)))

    def _closed(self, number: str) -> list[str]:
        """Return the columns that a number rests on and that are not public."""
        columns = {(wave, column) for _, wave, _, read in self.edges.get(number, []) for column in read}
        return sorted(column for wave, column in columns if column in self.hidden.get(wave, ()))

    def _read(self, text: str, wave: str, word: Word) -> BitMap | None:
        """Return the records that a text names; None where it names none."""
        if text.startswith(word("every")) and re.sub(r"\D", "", text) == str(len(self.raw[wave])):
            return self.raw[wave]
        if text == word("analysed"):
            return self.analysed[wave]
        listed = text.removeprefix(f"{word('without')} ")
        if not re.fullmatch(f"(?:{LISTED.pattern})+", listed):
            return None
        read = BitMap()
        for first, last in LISTED.findall(listed):
            read |= BitMap(range(int(first), int(last or first) + 1))
        return read if listed == text else self.analysed[wave] - read


def ranges(records: Iterable[int]) -> list[tuple[int, int]]:
    """Return the runs of neighbouring records, first and last of each."""
    ordered = sorted(records)
    breaks = [place for place, (one, next_) in enumerate(pairwise(ordered), 1) if next_ != one + 1]
    cuts = [0, *breaks, len(ordered)]
    return [(ordered[start], ordered[end - 1]) for start, end in pairwise(cuts) if end > start]


def _shown(records: Iterable[int]) -> str:
    """Write the first runs of records."""
    parts = [str(first) if first == last else f"{first}–{last}" for first, last in ranges(records)]
    return ", ".join(parts[:12]) + (", …" if len(parts) > 12 else "")


def _numbers(path: Path) -> BitMap:
    return BitMap(pd.read_parquet(path, columns=["record"])["record"].to_numpy())
