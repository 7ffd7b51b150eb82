"""Run ``trail`` as ``python -m surveytrail.cli``."""

from surveytrail.cli.app import app

app(prog_name="trail")
