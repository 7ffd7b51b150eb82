"""Render the documents of the study from ledger, figures and pages."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.frames import read_frame
from surveytrail.jobs import logged
from surveytrail.reporting.render import render_report

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    result = render_report(
        study,
        ledger=read_frame(Path(snakemake.input.ledger)),
        verification=read_frame(Path(snakemake.input.verification)),
        figures=Path("results/figures"),
        out=Path("results/report"),
    )
    Path(snakemake.log[0]).write_text("\n".join(result.log) + "\n", encoding="utf-8")
