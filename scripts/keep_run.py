"""Keep a finished run for later comparison."""

from pathlib import Path

from surveytrail.comparing.runs import keep_run
from surveytrail.jobs import logged

with logged(snakemake.log[0]):
    keep_run(Path.cwd(), Path(snakemake.output.seal).parent)
