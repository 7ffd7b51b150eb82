"""Compute the response rates of one wave."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.frames import write_frame
from surveytrail.jobs import logged
from surveytrail.response import analysed_records, compute_response_rates, require_complete_is_analysed

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    wave = snakemake.wildcards.wave
    require_complete_is_analysed(study, wave, analysed_records(Path(snakemake.input.flow)))
    response = compute_response_rates(study, wave)
    for frame, path in zip(
        (response.frame, response.lineage.edges, response.lineage.row_sets), snakemake.output, strict=True
    ):
        write_frame(frame, Path(path))
