"""Render one page of the report in one language."""

from pathlib import Path

from surveytrail.jobs import logged
from surveytrail.reporting.pages import read_page
from surveytrail.reporting.render import render_document

with logged(snakemake.log[0]):
    page = read_page(Path.cwd(), snakemake.input.page, snakemake.wildcards.document, snakemake.params.language)
    result = render_document(page, out=Path("results/report"))
    Path(snakemake.log[0]).write_text("\n".join(result.log) + "\n", encoding="utf-8")
