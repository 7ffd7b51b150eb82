"""All stages of a study in one process, without files between them: for checks that rebuild it many times."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from surveyspec.items import ItemSpec, plan_items
from surveyspec.plan import NumberSpec, TestSpec, plan_numbers, plan_tests
from surveyspec.sensitivity import Multiverse, plan_sensitivity
from surveyspec.study import INTERVIEWS, Study, WaveSpec
from surveytrail.cleaning import clean_responses
from surveytrail.computed import Computed
from surveytrail.digests import file_digest
from surveytrail.estimating import estimate_numbers
from surveytrail.importing.coding import code_responses
from surveytrail.importing.reading import RawTable, read_raw
from surveytrail.inputs import Memo
from surveytrail.interviews import analyse_interviews
from surveytrail.items import describe_items
from surveytrail.ledger.collect import BesideResults, Ledger, Origin, WaveResults, collect_ledger
from surveytrail.response import compute_response_rates
from surveytrail.sensitivity import compare_specifications
from surveytrail.testing import test_hypotheses
from surveytrail.weighting import margins_of, weight_responses

IN_PROCESS = Origin("(in process)", "", 0, "")


def read_tables(study: Study) -> dict[str, RawTable]:
    """Read the raw file of every wave."""
    return {
        name: read_raw(study.directory / wave.wave.raw, wave.wave.reader, wave.wave.raw)
        for name, wave in study.waves.items()
    }


@dataclass(frozen=True)
class Plan:
    """What the stages of one wave compute."""

    numbers: list[NumberSpec]
    tests: list[TestSpec]
    multiverses: list[Multiverse]
    items: list[ItemSpec]

    @classmethod
    def of(cls, study: Study, wave: str, wanted: Collection[str] | None = None) -> Plan:
        """Return the plan of a wave, or of it what some numbers come from.

        Their stages are kept whole, because what may be published is decided among all numbers of a stage; of tests the
        families, in which p-values are adjusted.

        Parameters
        ----------
        wanted : ids of numbers; None for all
        """
        numbers, tests = plan_numbers(study, wave), plan_tests(study, wave)
        multiverses, items = plan_sensitivity(study, wave), plan_items(study, wave)
        if wanted is None:
            return cls(numbers, tests, multiverses, items)
        stems = {".".join(number.split(".")[:2]) for number in wanted}
        families = {spec.hypothesis.family for spec in tests if f"{wave}.{spec.id}" in stems}
        varied = {spec.id for multiverse in multiverses for spec in multiverse.alternatives}
        varied |= {summary.id for multiverse in multiverses for summary in multiverse.summaries}
        return cls(
            numbers if any(spec.id in wanted for spec in numbers) else [],
            [spec for spec in tests if spec.hypothesis.family in families],
            multiverses if any(number in varied for number in wanted) else [],
            items if any(spec.id in wanted for spec in items) else [],
        )


def compute_wave(
    study: Study,
    wave: WaveSpec,
    table: RawTable,
    memo: Memo | None = None,
    with_lineage: bool = True,
    wanted: Collection[str] | None = None,
) -> WaveResults:
    """Run the stages of one wave on its raw table.

    Parameters
    ----------
    memo, with_lineage : as in ``test_hypotheses``
    wanted : as in ``Plan.of``
    """
    plan = Plan.of(study, wave.id, wanted)
    responses = code_responses(table, wave.wave, wave.codebook).frame
    clean = clean_responses(responses, wave)
    margins = margins_of(study.directory, wave)
    weights = weight_responses(clean.analysis, wave, margins)
    frames = (clean.analysis, weights.frame, responses, wave)
    numbers = estimate_numbers(*frames, plan.numbers, with_lineage)
    tests = test_hypotheses(*frames, plan.tests, memo, with_lineage)
    sensitivity = compare_specifications(responses, wave, plan.multiverses, margins, with_lineage, memo)
    items = describe_items(clean.analysis, responses, wave, plan.items, with_lineage)
    lineages = (numbers.lineage, tests.lineage, sensitivity.lineage, items.lineage)
    return WaveResults(
        responses=responses,
        analysis=clean.analysis,
        numbers=numbers.frame,
        tests=tests.frame,
        items=items.frame,
        sensitivity=sensitivity.frame,
        flow=clean.flow,
        diagnostics=weights.diagnostics,
        edges=pd.concat([lineage.edges for lineage in lineages]),
        row_sets=pd.concat([lineage.row_sets for lineage in lineages]),
        origins=dict.fromkeys(("clean", "weight", "estimate", "test", "compare", "items"), IN_PROCESS),
        raw_digest=file_digest(study.directory / wave.wave.raw),
    )


def compute_beside(study: Study) -> list[BesideResults]:
    """Compute what comes from files beside the survey exports: response rates and interviews, where there are any."""
    stages: dict[str, Computed] = {
        name: compute_response_rates(study, name)
        for name, wave in study.waves.items()
        if wave.wave.dispositions is not None
    }
    if study.config.interviews is not None:
        stages[INTERVIEWS] = analyse_interviews(study)
    digests = {path: file_digest(study.directory / path) for name, path in study.raw_files.items() if name == path}
    return [
        BesideResults(name, made.frame, made.lineage.edges, made.lineage.row_sets, IN_PROCESS, digests)
        for name, made in stages.items()
    ]


def compute_ledger(
    study: Study,
    tables: dict[str, RawTable] | None = None,
    beside: Sequence[BesideResults] | None = None,
    memo: Memo | None = None,
    with_lineage: bool = True,
) -> Ledger:
    """Compute the ledger of a study.

    Parameters
    ----------
    tables : raw table per wave, read from the study's folder if absent; a wave without a table is left out
    beside : what comes from files beside them; computed if absent
    memo : for those who rebuild many times: tests that get the very same arrays again are not run again
    with_lineage : whether to say where estimates and tests come from
    """
    given = read_tables(study) if tables is None else tables
    results = {name: compute_wave(study, study.waves[name], given[name], memo, with_lineage) for name in given}
    return collect_ledger(study, results, "", compute_beside(study) if beside is None else beside)
