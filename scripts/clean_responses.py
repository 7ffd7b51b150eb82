"""Derive variables and exclude records of one wave."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.cleaning import clean_responses
from surveytrail.frames import read_frame, write_frame
from surveytrail.jobs import logged

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    spec = study.waves[snakemake.wildcards.wave]
    clean = clean_responses(read_frame(Path(snakemake.input.responses)), spec)
    write_frame(clean.analysis, Path(snakemake.output.analysis))
    write_frame(clean.exclusions, Path(snakemake.output.exclusions))
    write_frame(clean.flow, Path(snakemake.output.flow))
