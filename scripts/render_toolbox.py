"""Write the toolbox's page and the reports of the example firms."""

import shutil
from pathlib import Path

from surveyspec.study import load_study
from surveytrail.frames import write_whole
from surveytrail.jobs import logged
from surveytrail.toolbox.answers import form_of
from surveytrail.toolbox.firm_file import read_firms
from surveytrail.toolbox.firm_report import write_reports
from surveytrail.toolbox.page import page_html
from surveytrail.toolbox.peers import read_peers

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    form, peers = form_of(study), read_peers(Path(snakemake.input.peers))
    firms = [firm for file in snakemake.input.example for firm in read_firms(Path(file), form)]
    example = firms[0] if firms else None
    page = page_html(study, peers, snakemake.params.status, example)
    write_whole(Path(snakemake.output.page), page.encode())
    folder = Path(snakemake.output.example)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_reports(study, form, peers, firms, snakemake.params.status, folder)
