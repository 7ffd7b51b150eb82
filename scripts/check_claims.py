"""Hold the study's statements in words against the ledger."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.claims import check_claims, require_supported
from surveytrail.frames import read_frame, write_frame
from surveytrail.jobs import logged

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    claims = check_claims(study, read_frame(Path(snakemake.input.ledger)))
    require_supported(study, claims)
    write_frame(claims, Path(snakemake.output.claims))
