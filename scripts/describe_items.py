"""Describe the questions of one wave: scales, and why answers are missing."""

from pathlib import Path

from surveyspec.items import plan_items
from surveyspec.study import load_study
from surveytrail.frames import read_frame, write_frame
from surveytrail.items import describe_items
from surveytrail.jobs import logged

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    wave = snakemake.wildcards.wave
    responses = read_frame(Path(snakemake.input.responses))
    analysis = read_frame(Path(snakemake.input.analysis))
    items = describe_items(analysis, responses, study.waves[wave], plan_items(study, wave))
    write_frame(items.frame, Path(snakemake.output.numbers))
    write_frame(items.lineage.edges, Path(snakemake.output.edges))
    write_frame(items.lineage.row_sets, Path(snakemake.output.row_sets))
