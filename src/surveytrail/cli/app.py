"""All commands of ``trail``."""

from __future__ import annotations

import typer

from surveytrail.cli.audit import audit
from surveytrail.cli.blank import blank
from surveytrail.cli.census import census
from surveytrail.cli.check import check
from surveytrail.cli.claims import claims
from surveytrail.cli.dependents import dependents
from surveytrail.cli.diff import diff, keep
from surveytrail.cli.doctor import doctor
from surveytrail.cli.firm import firm
from surveytrail.cli.manifest import manifest
from surveytrail.cli.mutate import mutate
from surveytrail.cli.tamper import tamper
from surveytrail.cli.trace import trace
from surveytrail.cli.verify import verify

HELP = """Where the numbers of this study come from, and whether they still hold.

Start with the id of a number (click any number in the report, or look into results/ledger/ledger.json):

    trail trace wave1.private_use.facebook.unweighted

Every command takes --directory for another study's folder and --json for a machine, ends with its summary as the last
line, and leaves with exit code 0 only when all that it looked at holds.
"""

app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  rich_markup_mode=None)  # fmt: skip
for command in (
    trace, dependents, verify, claims, audit, doctor, manifest, check, keep, diff, census, tamper, blank, mutate, firm,
):  # fmt: skip
    app.command()(command)
