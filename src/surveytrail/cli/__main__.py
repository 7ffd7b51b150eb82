"""Run ``trail`` as ``python -m surveytrail.cli``."""

import gc

gc.set_threshold(100_000, 50, 50)  # a command is short and keeps what it loads: garbage is hardly worth a search

from surveytrail.cli.app import app  # noqa: E402

app(prog_name="trail")
