"""Weight the analysed records of one wave."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.frames import read_frame, write_frame
from surveytrail.jobs import logged
from surveytrail.weighting import margins_of, weight_responses

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    spec = study.waves[snakemake.wildcards.wave]
    weights = weight_responses(read_frame(Path(snakemake.input.analysis)), spec, margins_of(Path.cwd(), spec))
    write_frame(weights.frame, Path(snakemake.output.weights))
    write_frame(weights.diagnostics, Path(snakemake.output.diagnostics))
