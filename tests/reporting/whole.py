"""A whole report in one go: staged, and every page of it rendered, as the pipeline does it job by job."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from surveyspec.problems import Problem, StudyError
from surveyspec.study import Study
from surveytrail.reporting.checks import quoted_segments
from surveytrail.reporting.pages import load_pages
from surveytrail.reporting.render import Renderer, RenderResult, render_document, stage_page
from surveytrail.reporting.staging import stage_project, stage_report


def render_report(
    study: Study,
    ledger: pd.DataFrame,
    verification: pd.DataFrame | None,
    figures: Path,
    out: Path,
    renderer: Renderer = "auto",
) -> list[RenderResult]:
    """Stage a report and render its pages; what each page became."""
    stage_report(study, ledger, verification, figures, quoted_segments(study), out)
    return [render_document(page, out, renderer) for page in load_pages(study)]


def stage_whole(study: Study, ledger: pd.DataFrame, figures: Path, folder: Path) -> None:
    """Stage a report with all its pages, which are checked together; without a DOCX reference."""
    pages = load_pages(study)
    stage_project(study, ledger, None, figures, folder, b"", quoted_segments(study))
    problems: list[Problem] = []
    for page in pages:
        try:
            stage_page(page, folder)
        except StudyError as error:
            problems += error.problems
    if problems:
        raise StudyError(problems)
