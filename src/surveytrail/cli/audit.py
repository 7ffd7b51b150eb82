"""``trail audit``: is every digit and number word of the rendered documents accounted for?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from surveytrail.cli.output import AsJson, Directory, Outcome, finish

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 40
HEAD = ("document", "format", "R", "P", "Q", "C", "S", "classed", "numbers", "entries")

Report = Annotated[Path | None, typer.Option("--report", help="Folder of the documents; results/report by default.")]
WriteGolden = Annotated[
    Path | None, typer.Option("--write-golden", help="Write ids, texts and table cells of the documents to a file.")
]
Against = Annotated[
    Path | None,
    typer.Option("--against", help="Compare ids, texts and cells with such a file, or with documents in a folder."),
]  # fmt: skip


def audit(directory: Directory = Path(), report: Report = None, write_golden: WriteGolden = None,
          against: Against = None, as_json: AsJson = False) -> None:  # fmt: skip
    """Is every digit and number word of the rendered documents accounted for?

    Reads the HTML, PDF and DOCX files and gives every numeric token its class by the document's own structure: R result
    of the ledger, P parameter of the study file, Q quoted, C text of the codebook, S made by a known generator. What
    stands under a class must also be what ledger, study file or codebook say. Digits, number words and names with
    digits without a class are violations. The formats must carry the same numbers, and each printed number one entry.

    Examples:

        trail audit

        trail audit --write-golden golden.json

        trail audit --against other/results/report
    """
    finish(lambda: _audit(directory, report, write_golden, against), as_json)


def _audit(directory: Path, report: Path | None, write_golden: Path | None, against: Path | None) -> Outcome:
    from surveyspec.study import load_study
    from surveytrail.auditing.audit import audit_report, class_table
    from surveytrail.auditing.golden import compare_golden, golden_set, load_golden, save_golden

    study = load_study(directory)
    found = audit_report(study, report)
    content, summary, ok = found.as_json(), found.summary(), found.ok
    differing: list[str] = []
    if write_golden is not None or against is not None:
        mine = golden_set([judged.rendering for judged in found.judged])
        if write_golden is not None:
            save_golden(mine, write_golden)
            summary += f"; written to {write_golden}"
        if against is not None:
            compared, differing = compare_golden(mine, load_golden(study, against))
            ok = ok and compared > 0 and not differing
            summary += f"; {compared} ids, texts and cells compared with {against}, {len(differing)} differ"
            content |= {"compared": compared, "against": differing}
    rows = class_table(found)
    findings: list[Any] = [*found.violations, *found.differences, *found.orphans, *found.inconsistent, *differing]

    def render(console: Console) -> None:
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for name in HEAD:
            table.add_column(name, justify="left" if name in {"document", "format"} else "right")
        for row in rows:
            table.add_row(*row)
        console.print(table)
        for finding in findings[:SHOWN]:
            console.print(str(finding), markup=False, soft_wrap=True)
        if len(findings) > SHOWN:
            console.print(f"… and {len(findings) - SHOWN} more (--json lists all)")

    return Outcome(ok, summary, content, render)
