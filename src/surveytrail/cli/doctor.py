"""``trail doctor``: can this machine run the study, and is the study as it should be?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from surveytrail.cli.output import AsJson, Directory, Outcome, finish

if TYPE_CHECKING:
    from rich.console import Console

    from surveytrail.cli.checks import Finding

MARKS = {"ok": ("ok  ", "green"), "note": ("note", "yellow"), "fail": ("FAIL", "bold red")}


def doctor(directory: Directory = Path(), as_json: AsJson = False) -> None:
    """Can this machine run the study? What to do if not.

    Looks at Python, packages, second engine, renderer, fonts, browser, folders, study, raw files and examples; says of
    each what was found and, where something is missing, what to do. 'note' is what only tests or examples need;
    'FAIL' is what stops the study, and makes the exit code 1.

    Examples:

        trail doctor

        trail doctor --directory examples/masculinity --json
    """
    finish(lambda: _look(directory), as_json)


def _look(directory: Path) -> Outcome:
    import dataclasses

    from surveytrail.cli.checks import all_findings

    findings = list(all_findings(directory))
    failed = [finding.subject for finding in findings if finding.status == "fail"]
    good = sum(finding.status == "ok" for finding in findings)
    notes = sum(finding.status == "note" for finding in findings)
    summary = f"{good} of {len(findings)} are in order, {notes} worth a note, {len(failed)} to mend"
    if failed:
        summary += f": {', '.join(failed)}"
    content = {"findings": [dataclasses.asdict(finding) for finding in findings]}
    return Outcome(not failed, summary, content, lambda console: _print(console, findings))


def _print(console: Console, findings: list[Finding]) -> None:
    from rich.text import Text

    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        indent = "\n" + " " * (width + 8)
        line = Text.assemble(
            MARKS[finding.status], f"  {finding.subject:<{width}}  ", finding.found.replace("\n", indent)
        )
        if finding.todo:
            line.append(f"{indent}to do: {finding.todo}", "yellow")
        console.print(line, soft_wrap=True)
