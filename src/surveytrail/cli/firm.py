"""``trail firm``: a firm set beside its peers, with recommendations, as HTML and PDF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surveytrail.cli.output import AsJson, Directory, Outcome, finish
from surveytrail.toolbox import FIRMS

if TYPE_CHECKING:
    from rich.console import Console

PEERS = "results/toolbox/peers.json"


def firm(
    file: Annotated[
        Path | None, typer.Argument(help="CSV with one row per firm, or YAML with one firm or a list under 'firms:'.")
    ] = None,
    respondent: Annotated[
        list[str] | None, typer.Option("--respondent", help="Id of a firm that answered the survey; may be repeated.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help=f"Folder of the reports; {FIRMS} by default.")] = None,
    directory: Directory = Path(),
    as_json: AsJson = False,
) -> None:
    """Set firms beside their peers of the survey and advise them.

    Writes a PDF of two pages and an HTML file per firm, in its language: level and the gate that held it back,
    position against peers with their number and fallback, strengths, and at most five recommendations with their
    reasons. Columns of the file are question codes; 'firm' names the firm, 'language' its language; an empty cell is no
    answer. A firm that answered the survey is named by --respondent and left out of its own peer group. Peers come from
    the last run.

    Examples:

        trail firm data/toolbox/example_firms.csv

        trail firm --respondent 57 --out reports
    """
    finish(lambda: _write(directory, file, respondent or [], out), as_json)


def _write(directory: Path, file: Path | None, respondents: list[str], out: Path | None) -> Outcome:
    from surveyspec.problems import Problem, StudyError
    from surveyspec.study import load_study
    from surveytrail.frames import read_frame
    from surveytrail.manifest import wave_status
    from surveytrail.toolbox.answers import form_of
    from surveytrail.toolbox.firm_file import firms_of_survey, read_firms
    from surveytrail.toolbox.firm_report import write_reports
    from surveytrail.toolbox.peers import read_peers

    study = load_study(directory)
    if study.toolbox is None:
        raise StudyError(Problem("config.yaml", "", "no toolbox", "'toolbox: {file: …}'", "docs/how-to/toolbox.md"))
    if file is None and not respondents:
        raise StudyError(Problem("trail firm", "", "no firm", "a file, or --respondent", "trail firm firms.csv"))
    form, peers = form_of(study), read_peers(directory / PEERS)
    firms = read_firms(file, form) if file is not None else []
    analysis = None
    if respondents:
        analysis = read_frame(directory / f"results/{study.toolbox.wave.id}/analysis.parquet")
        firms += firms_of_survey(form, analysis, respondents)
    folder = directory / FIRMS if out is None else out
    written = write_reports(study, form, peers, firms, wave_status(study, study.toolbox.wave.id), folder, analysis)
    summary = f"{len(firms)} firm{'' if len(firms) == 1 else 's'}, {len(written)} reports in {folder}"

    def render(console: Console) -> None:
        for path in written:
            console.print(str(path), markup=False, soft_wrap=True)

    return Outcome(True, summary, {"reports": [str(path) for path in written]}, render)
