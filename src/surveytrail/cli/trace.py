"""``trail trace``: one number, back to its raw cells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from surveytrail.cli.output import AsJson, Directory, Outcome, finish

if TYPE_CHECKING:
    from surveyspec.study import Study
    from surveytrail.tracing.trace import Trace

TIES = {"DIRECT": "computed from", "GLOBAL": "made by all of", "INDIRECT": "decided by"}


def trace(
    number: Annotated[
        str, typer.Argument(help="Id of a number, its anchor (n-…) as a PDF or DOCX shows it, or id of a claim.")
    ],
    directory: Directory = Path(),
    as_json: AsJson = False,
    rows: Annotated[int, typer.Option(min=0, help="How many raw records to show.")] = 5,
    language: Annotated[str, typer.Option(help="Language of labels; English, or the study's first, by default.")] = "",
) -> None:
    """Walk a number back to its raw cells.

    Shows what is printed, value, base and interval; how the number was computed (estimator, filter, weight); the lines
    of script, study file and codebook that made it; the raw cells that it is tied to (DIRECT: computed from them;
    INDIRECT: they decide who is in the base; GLOBAL: every record matters); and the first raw records, with commands
    that print their lines. Cells of variables that the codebook marks restricted or drop are not shown.

    Of a claim, shows verdict and condition, and traces every number that it rests on.

    Examples:

        trail trace wave1.private_use.facebook.unweighted

        trail trace n-0c9a5f2e77d1 --rows 20

        trail trace wave1.H9.rho.unweighted --json

        trail trace low_use_third

        trail trace men.sample.pollster --directory examples/masculinity
    """

    def work() -> Outcome:
        from surveyspec.study import load_study

        study = load_study(directory)
        claims = study.config.claims.statements if study.config.claims is not None else []
        if any(claim.id == number for claim in claims):
            return _of_claim(study, number, rows, language)
        return _of_number(study, number, rows, language)

    finish(work, as_json)


def _of_number(study: Study, number: str, rows: int, language: str) -> Outcome:
    from surveytrail.tracing.trace import trace_number

    found = trace_number(study, number, rows)
    chosen = _language(found, language)
    text = (found.row["text"] or {}).get(chosen, "no value")
    disagrees = found.verdict is not None and not found.verdict["match"]
    summary = f"{found.row['id']}: {text}, {_counted(found)}"
    if disagrees:
        summary += "; THE SECOND ENGINE DISAGREES"

    def render(console: Any) -> None:
        from surveytrail.cli.trace_tree import print_trace

        print_trace(console, found, chosen)

    return Outcome(not disagrees, summary, _content(found), render)


def _of_claim(study: Study, name: str, rows: int, language: str) -> Outcome:
    """Trace the numbers of a claim; the claim holds or not, the trace is whole if every number's is."""
    from surveytrail.claims import judge_claims
    from surveytrail.tracing.frames import TrailFrames

    judged, problems = judge_claims(study, TrailFrames(study.directory).ledger)
    found = judged[judged["id"] == name].to_dict("records")
    if not found:
        from surveyspec.problems import StudyError

        raise StudyError([problem for problem in problems if f".{name}." in problem.where])
    claim = found[0]
    parts = [_of_number(study, number, rows, language) for number in claim["numbers"]]
    whole = sum(part.ok for part in parts)
    summary = f"claim {name} {claim['verdict']}: {claim['condition']}; {whole} of {len(parts)} numbers traced"

    def render(console: Any) -> None:
        for part in parts:
            part.render(console)
            console.print(part.summary, markup=False, soft_wrap=True)

    content = {"claim": name, "verdict": claim["verdict"], "condition": claim["condition"],
               "numbers": [part.content for part in parts]}  # fmt: skip
    return Outcome(bool(parts) and whole == len(parts), summary, content, render)


def _language(found: Trace, wanted: str) -> str:
    """Return the language to label with: the one asked for, else English, else the first that the ledger has."""
    from surveyspec.problems import Problem, StudyError, did_you_mean, listed

    known = list(found.row["text"] or found.row["label"] or {})
    if wanted and wanted not in known:
        todo = did_you_mean(wanted, known) or "use one of them"
        raise StudyError(Problem("--language", "", f"'{wanted}'", f"one of {listed(known)}", todo))
    return wanted or ("en" if "en" in known or not known else known[0])


def _counted(found: Trace) -> str:
    """Say how many records and columns of which file the number is tied to, and how."""
    if not found.tie:
        return "tied to no raw cell"
    records = f"{found.records_behind} record{'' if found.records_behind == 1 else 's'}"
    columns = f"{len(found.columns)} column{'' if len(found.columns) == 1 else 's'}"
    return f"{TIES[found.tie]} {records} and {columns} of {found.row['raw_file']}"


def _content(found: Trace) -> dict[str, Any]:
    """Return the trace as JSON values; sets of records by their size."""
    import dataclasses

    return {
        "number": found.row,
        "verdict": found.verdict,
        "variables": [dataclasses.asdict(variable) for variable in found.variables],
        "edges": [
            {
                "kind": edge.kind,
                "why": edge.why,
                "source": edge.wave,
                "columns": edge.columns,
                "records": len(edge.records),
            }
            for edge in found.edges
        ],
        "tie": found.tie,
        "columns": found.columns,
        "records_behind": found.records_behind,
        "records": [dataclasses.asdict(record) for record in found.records],
    }
