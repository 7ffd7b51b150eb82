"""One rendering of the small report, shared by the tests that look at it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from surveyspec.study import Study
from surveytrail.reporting.render import RenderResult
from tests.reporting.fixtures.small_report import ledger_of, verification_of, write_study
from tests.reporting.whole import render_report


@dataclass(frozen=True)
class Rendered:
    """A rendered report with what it was made from."""

    study: Study
    ledger: pd.DataFrame
    results: list[RenderResult]
    folder: Path


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Render the small report once, by Pandoc and Typst."""
    folder = tmp_path_factory.mktemp("report")
    study = write_study(folder)
    ledger = ledger_of(study)
    out = folder / "results" / "report"
    results = render_report(study, ledger, verification_of(ledger), folder / "results" / "figures", out, "pandoc")
    return Rendered(study, ledger, results, out)
