"""Code the raw export of one wave."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.frames import write_frame
from surveytrail.importing.coding import code_responses
from surveytrail.importing.reading import read_raw
from surveytrail.jobs import logged

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    spec = study.waves[snakemake.wildcards.wave]
    table = read_raw(Path(snakemake.input.raw), spec.wave.reader, spec.wave.raw)
    responses = code_responses(table, spec.wave, spec.codebook)
    write_frame(responses.frame, Path(snakemake.output.responses))
    write_frame(responses.losses, Path(snakemake.output.losses))
