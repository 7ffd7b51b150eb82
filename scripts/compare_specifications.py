"""Compute the headline numbers of one wave under other decisions."""

from pathlib import Path

from surveyspec.sensitivity import plan_sensitivity
from surveyspec.study import load_study
from surveytrail.frames import read_frame, write_frame
from surveytrail.jobs import logged
from surveytrail.sensitivity import compare_specifications
from surveytrail.weighting import margins_of

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    wave = study.waves[snakemake.wildcards.wave]
    responses = read_frame(Path(snakemake.input.responses))
    computed = compare_specifications(responses, wave, plan_sensitivity(study, wave.id), margins_of(Path.cwd(), wave))
    write_frame(computed.frame, Path(snakemake.output.numbers))
    write_frame(computed.lineage.edges, Path(snakemake.output.edges))
    write_frame(computed.lineage.row_sets, Path(snakemake.output.row_sets))
