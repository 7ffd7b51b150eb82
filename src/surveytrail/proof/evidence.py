"""Why a raw cell is not read by any number: by codebook, cleaning and specification, never by the lineage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from surveyspec.items import plan_items
from surveyspec.plan import NumberSpec, plan_numbers, plan_tests
from surveyspec.sensitivity import plan_sensitivity
from surveyspec.sources import sources
from surveyspec.study import Study, WaveSpec
from surveytrail.proof.results import variable_at

if TYPE_CHECKING:
    from surveytrail.proof.members import Member

Unread = Literal["row excluded", "column not analysed", "identifier dropped"]
NOT_USED = "in the codebook, and no number, weight or cleaning rule reads it"
OUTSIDE = "numbers read it in bases to which this record does not belong"


@dataclass(frozen=True)
class ColumnReason:
    """Why no cell of a column is read."""

    unread: Unread
    reason: str


def column_reason(
    wave: WaveSpec, column: str, place: int, header: str, read: Mapping[str, bool]
) -> ColumnReason | None:
    """Return why a column is not read, None if the specification reads it.

    Parameters
    ----------
    column : its name in the lineage
    place : 0-based place in the file
    header : the header cell
    read : variables that the specification reads, from ``variables_read``
    """
    for unread, entries in (
        ("identifier dropped", wave.codebook.dropped),
        ("column not analysed", wave.codebook.not_analysed),
    ):
        for entry in entries:
            if fnmatchcase(header, entry.column) or column == entry.column:
                return ColumnReason(unread, entry.reason)  # type: ignore[arg-type]
    variable = variable_at(wave.codebook, place, header)
    if variable is None:
        return None
    if variable.sensitivity == "drop":
        return ColumnReason("identifier dropped", "sensitivity: drop")
    return None if variable.code in read else ColumnReason("column not analysed", NOT_USED)


def variables_read(study: Study, wave: WaveSpec) -> dict[str, bool]:
    """Return the questionnaire variables that the specification reads.

    Returns
    -------
    variable code -> whether a filter, a group, raking, a cleaning rule or a decision on disclosure reads it, and so of
    every record analysed; where it is False, values read it of the records of their bases, and skip logic of those left
    out
    """
    from surveyspec.sources import skip_logic_sources
    from surveytrail.lineage import rule_reads, weight_reads

    everywhere: list[str] = [wave.wave.respondent]
    values: list[str] = []
    varied = [spec.wave for found in plan_sensitivity(study, wave.id) for spec in found.alternatives]
    for rule in [rule for cleaned in (wave, *varied) for rule in cleaned.wave.cleaning]:
        everywhere += sources(wave, rule_reads(wave, rule))
    for spec in _numbers(study, wave):
        values += sources(wave, [spec.value])
        everywhere += sources(wave, [spec.value]) if spec.min_n is not None else []  # whether it may be published
        where = [spec.where] if spec.where is not None else []
        everywhere += sources(wave, [*where, *(code for code, _ in spec.groups)])
    for test in plan_tests(study, wave.id):
        values += sources(wave, test.values)
        everywhere += sources(wave, [test.where] if test.where is not None else [])
    for question in plan_items(study, wave.id):
        values += sources(wave, question.items)
    values += skip_logic_sources(wave, dict.fromkeys(values))
    for weight in wave.wave.weights.values():
        everywhere += sources(wave, weight_reads(wave, weight))
    return {**dict.fromkeys(values, False), **dict.fromkeys(everywhere, True)}


def _numbers(study: Study, wave: WaveSpec) -> list[NumberSpec]:
    """Return the estimates of a wave, as reported and under other decisions."""
    varied = [spec.number for found in plan_sensitivity(study, wave.id) for spec in found.alternatives]
    return [*plan_numbers(study, wave.id), *varied]


def value_readers(study: Study, wave: WaveSpec) -> dict[str, list[Member]]:
    """Return for each questionnaire variable the bases whose values are computed from it."""
    from surveyspec.catalogue import TESTS
    from surveytrail.proof.members import Member

    members = [Member.of_number(wave, spec) for spec in _numbers(study, wave)]
    members += [Member.of_items(wave, spec) for spec in plan_items(study, wave.id)]
    members += [Member.of_test(wave, spec, TESTS[spec.hypothesis.test].weighted) for spec in plan_tests(study, wave.id)]
    found: dict[str, list[Member]] = {}
    for member in members:
        for code in member.roots:
            found.setdefault(code, []).append(member)
    return found
