"""Weight the analysed records of one wave."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.frames import read_frame, write_frame
from surveytrail.jobs import logged
from surveytrail.weighting import read_margins, weight_responses

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    spec = study.waves[snakemake.wildcards.wave]
    margins = {
        name: read_margins(Path(weight.margins), spec, name, weight)
        for name, weight in spec.wave.weights.items()
        if weight.method == "raking"
    }
    weights = weight_responses(read_frame(Path(snakemake.input.analysis)), spec, margins)
    write_frame(weights.frame, Path(snakemake.output.weights))
    write_frame(weights.diagnostics, Path(snakemake.output.diagnostics))
