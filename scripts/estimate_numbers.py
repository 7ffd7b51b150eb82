"""Estimate the planned numbers of one wave."""

from pathlib import Path

from surveyspec.plan import plan_numbers
from surveyspec.study import load_study
from surveytrail.estimating import estimate_numbers
from surveytrail.frames import read_frame, write_frame
from surveytrail.jobs import logged

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    wave = snakemake.wildcards.wave
    responses = read_frame(Path(snakemake.input.responses))
    analysis = read_frame(Path(snakemake.input.analysis))
    weights = read_frame(Path(snakemake.input.weights))
    numbers = estimate_numbers(analysis, weights, responses, study.waves[wave], plan_numbers(study, wave))
    write_frame(numbers.frame, Path(snakemake.output.numbers))
    write_frame(numbers.lineage.edges, Path(snakemake.output.edges))
    write_frame(numbers.lineage.row_sets, Path(snakemake.output.row_sets))
