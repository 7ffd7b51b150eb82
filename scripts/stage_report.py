"""Stage what the pages of the report share: ledger, tables, figures, bibliographies, extension."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.frames import read_frame
from surveytrail.jobs import logged
from surveytrail.reporting.records import run_records
from surveytrail.reporting.staging import stage_report

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    log = stage_report(
        study,
        ledger=read_frame(Path(snakemake.input.ledger)),
        verification=read_frame(Path(snakemake.input.verification)),
        figures=Path("results/figures"),
        quoted=snakemake.params.quoted,
        out=Path("results/report"),
        records=run_records(Path("results"), study.waves),
    )
    Path(snakemake.log[0]).write_text("\n".join(log) + "\n", encoding="utf-8")
