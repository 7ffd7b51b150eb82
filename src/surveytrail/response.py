"""Response rates of a wave from the counts of what became of everybody who was invited.

Rates follow the American Association for Public Opinion Research: Standard Definitions, Final Dispositions of Case
Codes and Outcome Rates for Surveys (9th edition 2016; 10th edition 2023), section on calculating outcome rates.
Invitations that came back undelivered and those that nobody answered are cases of unknown eligibility; of these, the
rates 3 and 4 take the share ``e`` as eligible, estimated as the completes and partials among all who were screened.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from surveyspec.plan import digest
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveyspec.response import COLUMNS, DISPOSITIONS, INVITED, RARE_DISPOSITIONS, ResponseSpec, plan_response
from surveyspec.study import CONFIG, Study
from surveytrail.computed import Computed
from surveytrail.importing.beside import column_of, read_beside
from surveytrail.importing.reading import RawTable
from surveytrail.lineage import FILTER, VALUE, Lineage

INTERVIEWED, REFUSED = ("complete", "partial"), ("refused", "broke_off")
ELIGIBLE = (*INTERVIEWED, *REFUSED, "no_contact", "other")
UNKNOWN = ("undelivered", "no_reply")
SCREENED_OUT = ("screened_out",)
# numerator and denominator of each rate, as sums of dispositions
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "e": (INTERVIEWED, (*INTERVIEWED, *SCREENED_OUT)),
    "rr1": (("complete",), (*ELIGIBLE, *UNKNOWN)),
    "rr2": (INTERVIEWED, (*ELIGIBLE, *UNKNOWN)),
    "rr5": (("complete",), ELIGIBLE),
    "rr6": (INTERVIEWED, ELIGIBLE),
    # AAPOR's COOP1: those who could not take part ("other") count as not cooperating
    "coop1": (("complete",), (*INTERVIEWED, *REFUSED, "other")),
    # of those who began and were not screened out (Callegaro & DiSogra 2008, Public Opinion Quarterly 72, 1008-1032)
    "completion": (("complete",), (*INTERVIEWED, "broke_off")),
    "break_off": (("broke_off",), (*INTERVIEWED, "broke_off")),
}
WITH_E = {"rr3": ("complete",), "rr4": INTERVIEWED}
Counts = Mapping[tuple[str, str], tuple[int, int]]  # record and count by frame and disposition


def compute_response_rates(study: Study, wave: str) -> Computed:
    """Compute all counts and rates of a wave's response.

    Raises
    ------
    StudyError : the file is missing, or counts in it are missing, repeated, unknown or no whole numbers
    """
    declared = study.waves[wave].wave.dispositions
    lineage, rows = Lineage(), []
    if declared is not None:
        table = read_dispositions(study, wave)
        counts = counted(study, wave, table)
        every_record = np.arange(1, len(table.cells) + 1)
        for spec in plan_response(study, wave):
            rows.append(_row(spec, counts))
            _add_edges(lineage, spec, counts, every_record)
    return Computed(pd.DataFrame(rows), lineage)


def require_complete_is_analysed(study: Study, wave: str, analysed: int) -> None:
    """Stop where the study says that completes are the records analysed, and they are not.

    Raises
    ------
    StudyError : with both counts
    """
    declared = study.waves[wave].wave.dispositions
    if declared is None or declared.complete_is is None:
        return
    counts = counted(study, wave, read_dispositions(study, wave))
    completes = sum(counts[frame, "complete"][1] for frame in declared.frames)
    if completes != analysed:
        keys = ("waves", wave, "dispositions", "complete_is")
        raise StudyError(
            Problem(
                CONFIG,
                ".".join(keys),
                f"{completes} completes in {declared.file}, {analysed} records of {wave} analysed",
                "the same number of both, as 'complete_is: analysed' says",
                "correct the counts or the cleaning rules, or remove 'complete_is'",
                study.line(*keys),
            )
        )


def read_dispositions(study: Study, wave: str) -> RawTable:
    """Read the file that counts a wave's dispositions."""
    declared = study.waves[wave].wave.dispositions
    assert declared is not None
    return read_beside(study.directory, declared.file, COLUMNS, f"waves.{wave}.dispositions.file")


def counted(study: Study, wave: str, table: RawTable) -> Counts:
    """Return record and count of each disposition in each of the wave's frames.

    Raises
    ------
    StudyError : every frame, disposition and count that cannot be used, with its line
    """
    declared = study.waves[wave].wave.dispositions
    assert declared is not None
    of_file = [entry.wave.dispositions for entry in study.waves.values()]
    known = [frame for entry in of_file if entry is not None and entry.file == declared.file for frame in entry.frames]
    words = [INVITED, *DISPOSITIONS, *RARE_DISPOSITIONS]
    found: dict[tuple[str, str], tuple[int, int]] = {}
    problems: list[Problem] = []
    cells = zip(*(column_of(table, name) for name in COLUMNS), table.first_line.tolist(), strict=True)
    for record, (frame, disposition, count, line) in enumerate(cells, 1):
        wrong = _problem(table.path, line, frame, disposition, count, known, words)
        if wrong is None and (frame, disposition) in found:
            earlier = int(table.first_line[found[frame, disposition][0] - 1])
            wrong = Problem(
                table.path, f"frame {frame}, disposition {disposition}", "a second row",
                f"one row for each frame and disposition (the first is on line {earlier})", "remove one of the two",
                line,
            )  # fmt: skip
        if wrong is not None:
            problems.append(wrong)
        else:
            found[frame, disposition] = (record, int(count))
    counts = {key: value for key, value in found.items() if key[0] in declared.frames}
    problems += [] if problems else _incomplete(table.path, list(declared.frames), counts)
    if problems:
        raise StudyError(problems)
    return counts


def _problem(
    file: str, line: int, frame: str, disposition: str, count: str, frames: list[str], words: list[str]
) -> Problem | None:
    """Return what is wrong with the cells of one row, if anything."""
    if frame not in frames:
        todo = did_you_mean(frame, frames) or "correct it, or declare it under 'dispositions: frames:' of its wave"
        return Problem(file, "frame", f"'{frame}'", f"one of {listed(frames)}", todo, line)
    if disposition not in words:
        todo = did_you_mean(disposition, words) or "use AAPOR's categories: docs/methods/methods.md says what each is"
        return Problem(file, f"frame {frame}", f"disposition '{disposition}'", f"one of {listed(words)}", todo, line)
    if not (count.isascii() and count.isdigit()):
        where = f"frame {frame}, disposition {disposition}"
        return Problem(file, where, f"count '{count}'", "a whole number, 0 or more", "correct the count", line)
    return None


def _incomplete(file: str, frames: list[str], counts: Counts) -> list[Problem]:
    """Return what is missing, and totals that are not the sum of their parts."""
    problems = []
    for frame in frames:
        own = {disposition: count for (name, disposition), (_, count) in counts.items() if name == frame}
        missing = [disposition for disposition in DISPOSITIONS if disposition not in own]
        if not own:
            expected = f"one row for each of {listed(DISPOSITIONS)}"
            problems.append(Problem(file, f"frame {frame}", "no row", expected, "add the counts of this frame"))
        elif missing:
            expected = "a count of every disposition, 0 where nobody had it"
            problems.append(Problem(file, f"frame {frame}", f"no row for {listed(missing)}", expected, "add the rows"))
        elif INVITED in own and own[INVITED] != (total := sum(own.values()) - own[INVITED]):
            expected = f"{total}, the sum of the dispositions"
            todo = "correct the count that is wrong, or leave the row out"
            problems.append(Problem(file, f"frame {frame}", f"{own[INVITED]} invited", expected, todo))
    return problems


def _read_by(statistic: str) -> tuple[str, ...]:
    """Return the dispositions whose counts a number is computed from."""
    if statistic in WITH_E or statistic == INVITED:
        return (*ELIGIBLE, *UNKNOWN, *SCREENED_OUT)
    if statistic in PARTS:
        return tuple(dict.fromkeys([*PARTS[statistic][0], *PARTS[statistic][1]]))
    return (statistic,)


def _row(spec: ResponseSpec, counts: Counts) -> dict[str, object]:
    """Compute one number."""

    def total(dispositions: tuple[str, ...]) -> int:
        return sum(counts.get((frame, name), (0, 0))[1] for frame in spec.frames for name in dispositions)

    invited = total((*ELIGIBLE, *UNKNOWN, *SCREENED_OUT))
    numerator: int | None = None
    denominator: int | None = None
    if spec.statistic in WITH_E:
        used = total((*ELIGIBLE, *UNKNOWN))
        screened_in, screened = (total(part) for part in PARTS["e"])
        # e times the unknown, both sides multiplied by the screened so that all terms are whole numbers
        base = total(ELIGIBLE) * screened + total(UNKNOWN) * screened_in
        value = total(WITH_E[spec.statistic]) * screened / base if base else None
    elif spec.statistic in PARTS:
        numerator, denominator = (total(part) for part in PARTS[spec.statistic])
        used, value = denominator, numerator / denominator if denominator else None
    else:
        used, numerator = invited, total(_read_by(spec.statistic))
        value = float(numerator)
    read = _read_by(spec.statistic)
    taken = [(frame, name, counts[frame, name][1]) for frame in spec.frames for name in read if (frame, name) in counts]
    return {
        "id": spec.id,
        "value": value,
        "numerator": numerator,
        "denominator": denominator,
        "n_in": invited,
        "n_used": used,
        "error": None if value is not None else "nobody is in the denominator",
        "spec_digest": digest(spec.canonical()),
        "input_digest": digest(taken),
    }


def _add_edges(lineage: Lineage, spec: ResponseSpec, counts: Counts, every_record: np.ndarray) -> None:
    """Tie a number to the counts that it is made of, and to the cells that say what is counted in each row."""
    read = _read_by(spec.statistic)
    own = [counts[frame, name][0] for frame in spec.frames for name in read if (frame, name) in counts]
    lineage.add(spec.id, "DIRECT", VALUE, spec.file, np.array(sorted(own)), ["count"])
    lineage.add(spec.id, "INDIRECT", FILTER, spec.file, every_record, ["frame", "disposition"])


def analysed_records(flow: Path) -> int:
    """Return the number of analysed records from the counts that cleaning has written."""
    steps = pd.read_csv(flow, keep_default_na=False)
    return int(steps.loc[steps["step"] == "analysed", "count"].iloc[0])
