"""Draw the figures of the study from ledger values."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.figures.drawing import draw_figure
from surveytrail.frames import read_frame
from surveytrail.jobs import logged

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    ledger = read_frame(Path(snakemake.input.ledger))
    out = Path(snakemake.output[0]).parent
    for figure in study.config.figures:
        for language in study.config.report.languages:
            draw_figure(study, figure, ledger, language, out)
