"""Seal the finished run and write its record."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.frames import write_whole
from surveytrail.integrity.record import run_record, written
from surveytrail.integrity.seal import make_seal
from surveytrail.jobs import logged

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    seal = make_seal(study, snakemake.input.results)
    write_whole(Path(snakemake.output.seal), seal.written())
    write_whole(Path(snakemake.output.record), written(run_record(Path.cwd(), seal.root)))
    message = f"Sealed: root {seal.root}"
    Path(snakemake.log[0]).write_text(f"{message}\n", encoding="utf-8")
    print(message)
