"""Collect the ledger of the study."""

from pathlib import Path

import pandas as pd

from surveyspec.sensitivity import plan_sensitivity
from surveyspec.study import INTERVIEWS, load_study
from surveytrail.digests import call_line, file_digest
from surveytrail.frames import read_frame, write_frame, write_whole
from surveytrail.jobs import logged
from surveytrail.ledger.collect import BesideResults, Origin, WaveResults, collect_ledger

STAGES = {
    "clean": "clean_responses",
    "weight": "weight_responses",
    "estimate": "estimate_numbers",
    "test": "test_hypotheses",
    "items": "describe_items",
    "compare": "compare_specifications",
}


def origin(rule: str) -> Origin:
    script = Path(snakemake.params.workflow) / "scripts" / f"{rule}.py"
    return Origin(rule, f"scripts/{rule}.py", call_line(script, rule), snakemake.params.stages[rule])


def frames(kind: str, place: int) -> list[pd.DataFrame]:
    """Read the edges or row sets of a wave's estimates, tests, questions and sensitivity."""
    files = [given[f"{stage}_{kind}"][place] for stage in ("number", "test", "described")]
    own = sensitivity.get(list(study.waves)[place])
    return [read_frame(Path(file)) for file in [*files, *([own[kind]] if own is not None else [])]]


def beside(section: str, files: list[str], rule: str) -> BesideResults:
    numbers, edges, row_sets = (read_frame(Path(file)) for file in files)
    digests = {file: file_digest(Path(file)) for file in snakemake.input.beside}
    return BesideResults(section, numbers, edges, row_sets, origin(rule), digests)


with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    given = snakemake.input
    compared = [wave for wave in study.waves if plan_sensitivity(study, wave)]
    sensitivity = {
        wave: dict(zip(("rows", "edges", "row_sets"), given.sensitivity[3 * place : 3 * place + 3], strict=True))
        for place, wave in enumerate(compared)
    }
    results = {
        wave: WaveResults(
            responses=pd.read_parquet(given.responses[place], columns=["record", "respondent"]),
            analysis=pd.read_parquet(given.analysis[place], columns=["record"]),
            numbers=read_frame(Path(given.numbers[place])),
            tests=read_frame(Path(given.tests[place])),
            sensitivity=read_frame(Path(sensitivity[wave]["rows"])) if wave in sensitivity else pd.DataFrame(),
            items=read_frame(Path(given.described[place])),
            flow=pd.read_csv(given.flow[place], keep_default_na=False),
            diagnostics=pd.read_csv(given.diagnostics[place], keep_default_na=False, na_values={"level": [""]}),
            edges=pd.concat(frames("edges", place)),
            row_sets=pd.concat(frames("row_sets", place)),
            origins={stage: origin(rule) for stage, rule in STAGES.items()},
            raw_digest=file_digest(Path(given.raw[place])),
        )
        for place, wave in enumerate(study.waves)
    }
    of_waves = [name for name, spec in study.waves.items() if spec.wave.dispositions is not None]
    extra = [
        beside(name, given.response[3 * place : 3 * place + 3], "compute_response_rates")
        for place, name in enumerate(of_waves)
    ]
    extra += [beside(INTERVIEWS, given.interviews, "analyse_interviews")] if given.interviews else []
    lock = Path(snakemake.params.workflow) / "requirements.lock"
    ledger = collect_ledger(study, results, file_digest(lock), extra)
    write_frame(ledger.frame, Path(snakemake.output.ledger))
    readable = ledger.frame.to_json(orient="records", lines=True, force_ascii=False)
    write_whole(Path(snakemake.output.readable), readable.encode())
    write_frame(ledger.edges, Path(snakemake.output.lineage))
    write_frame(ledger.row_sets, Path(snakemake.output.row_sets))
