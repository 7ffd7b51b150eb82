"""Analyse the coded interviews."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.frames import write_frame
from surveytrail.interviews import analyse_interviews
from surveytrail.jobs import logged

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    interviews = analyse_interviews(study)
    for frame, path in zip(
        (interviews.frame, interviews.lineage.edges, interviews.lineage.row_sets), snakemake.output, strict=True
    ):
        write_frame(frame, Path(path))
