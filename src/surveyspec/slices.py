"""The part of a study that each stage depends on, as digests.

Snakemake reruns a job whose parameters changed. A stage therefore gets the digest of just what it reads: codes for the
import, conditions for cleaning, labels for the ledger. Changing a label reruns the ledger and what follows, not the
import.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from surveyspec.interviews import plan_interviews
from surveyspec.items import plan_items
from surveyspec.plan import digest, plan_numbers, plan_tests
from surveyspec.sensitivity import plan_sensitivity
from surveyspec.study import Study, WaveSpec

WORDING = {"label", "title", "stems", "languages", "stem"}


def without(value: Any, keys: Iterable[str]) -> Any:
    """Return a JSON value with the given keys left out at every level."""
    left_out = set(keys)
    if isinstance(value, dict):
        return {name: without(entry, left_out) for name, entry in value.items() if name not in left_out}
    if isinstance(value, list | tuple):
        return [without(entry, left_out) for entry in value]
    return value


def import_slice(wave: WaveSpec) -> str:
    """What the import reads: the reader's settings and the codebook without its wording."""
    declared = wave.wave.model_dump(include={"raw", "reader", "respondent"})
    return digest([declared, without(wave.codebook.model_dump(), WORDING)])


def clean_slice(wave: WaveSpec) -> str:
    """What cleaning reads: rules and derived variables."""
    return digest(without(wave.wave.model_dump(include={"cleaning", "derived"}), WORDING))


def weight_slice(wave: WaveSpec) -> str:
    """What weighting reads: the declared weights and the categories they are raked on."""
    raked = {code for weight in wave.wave.weights.values() for code in wave.weight_variables(weight)}
    levels = {code: [(entry.code, entry.slug) for entry in wave.categories(code)]
              for code in sorted(raked) if wave.is_coded(code)}  # fmt: skip
    return digest([without(wave.wave.model_dump(include={"weights"}), WORDING), levels])


def estimate_slice(study: Study, wave: str) -> str:
    """What estimation reads: the canonical specification of every number."""
    return digest([(spec.id, spec.canonical()) for spec in plan_numbers(study, wave)])


def testing_slice(study: Study, wave: str) -> str:
    """What testing reads: the canonical specification of every test."""
    return digest([(spec.canonical(), spec.hypothesis.family) for spec in plan_tests(study, wave)])


def items_slice(study: Study, wave: str) -> str:
    """What the numbers about questions read: the canonical specification of each."""
    return digest([(spec.id, spec.canonical()) for spec in plan_items(study, wave)])


def sensitivity_slice(study: Study, wave: str) -> str:
    """What the sensitivity of a wave's headline numbers reads: every specification, and what they are made from."""
    spec = study.waves[wave]
    specs = [
        [
            [(one.id, one.canonical()) for one in found.specifications],
            [(one.id, found.summary_digest(one)) for one in found.summaries],
        ]
        for found in plan_sensitivity(study, wave)
    ]
    return digest([specs, clean_slice(spec), weight_slice(spec)])


def response_slice(wave: WaveSpec) -> str:
    """What the response rates read: file, frames and checks."""
    declared = wave.wave.dispositions
    return digest([declared.model_dump(exclude={"frames"}), list(declared.frames)] if declared else None)


def interviews_slice(study: Study) -> str:
    """What the analysis of interviews reads: files, settings and codes."""
    specs = [spec.canonical() for spec in plan_interviews(study)]
    return digest([study.config.model_dump(include={"interviews"}), specs])


def ledger_slice(study: Study) -> str:
    """What the ledger reads besides computed values: all wording, and the lines of the study file."""
    config = study.config.model_dump(exclude={"figures", "report", "published", "calibration", "disclosure"})
    keys = [spec.keys for spec in plan_numbers(study)] + [spec.keys for spec in plan_tests(study)]
    keys += [spec.keys for wave in study.waves for spec in plan_items(study, wave)]
    keys += [multiverse.keys for multiverse in plan_sensitivity(study)]
    lines = [study.line(*key) for key in keys]
    codes = study.interview_codebook.model_dump() if study.interview_codebook else None
    derived = [wave.wave.model_dump(include={"derived"}) for wave in study.waves.values()]
    return digest([config, derived, [wave.codebook.model_dump() for wave in study.waves.values()], codes, lines])


def toolbox_slice(study: Study) -> str:
    """What benchmark and recommendations read: the toolbox file and its wave's codebooks."""
    spec = study.toolbox
    if spec is None:
        return digest(None)
    return digest([spec.toolbox.model_dump(), [codebook.model_dump() for codebook in spec.codebooks.values()]])


def calibration_slice(study: Study) -> str:
    """What the table of calibration reads besides the ledger: the targets."""
    return digest([target.model_dump() for target in study.targets])


def section_slice(study: Study, *sections: str) -> str:
    """What a stage reads of whole sections of the study file."""
    return digest(study.config.model_dump(include=set(sections)))
