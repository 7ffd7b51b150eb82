"""Compare the study's published tables with the ledger."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.frames import read_frame, write_frame
from surveytrail.jobs import logged
from surveytrail.published import compare_published, require_reproduced, summarise_published

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    comparison = compare_published(study, read_frame(Path(snakemake.input.ledger)))
    require_reproduced(study, comparison)
    write_frame(comparison, Path(snakemake.output.comparison))
    summary = summarise_published(comparison)
    Path(snakemake.log[0]).write_text(f"{summary}\n", encoding="utf-8")
    print(summary)
