"""``trail check``: is the finished run what it was when it was sealed?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surveytrail.cli.output import AsJson, Control, Directory, Outcome, control_outcome, finish

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {"differs": "bold red", "missing": "bold red", "new": "yellow"}


def check(
    directory: Directory = Path(),
    as_json: AsJson = False,
    root: Annotated[
        str,
        typer.Option(metavar="HEX", help="The root that the run printed, or its first digits: the seal must have it."),
    ] = "",
    control: Control = False,
) -> None:
    """Is everything as it was when the run was sealed?

    The last step of a run seals data, codebooks, config, pages, code, lock file, results, ledger (row by row), figures
    and documents in results/SEAL.json and prints the root of all. This command recomputes every digest and names each
    file and each ledger row that differs, is missing or is new. Whoever compares the root with the one written down
    when the run ended (--root) also sees whether the seal itself was replaced.

    With --control, one byte is flipped in one file of each class of a scratch copy, and a ledger row is left out: each
    must be named, and nothing else.

    Examples:

        trail check

        trail check --root 3f9a61c2 --directory examples/masculinity

        trail check --control
    """
    finish(lambda: _control(directory) if control else _check(directory, root), as_json)


def _control(directory: Path) -> Outcome:
    import dataclasses

    from surveytrail.integrity.control import negative_control

    found = negative_control(directory)
    files = {
        name: [dataclasses.asdict(file) for file in getattr(found, name)] for name in ("changed", "named", "others")
    }
    planted = f"{len(found.named)} of {len(found.changed)} changes, in each class of file and of a ledger row, named"
    return control_outcome(f"{planted}, and {len(found.others)} others", found.reported, files)


def _check(directory: Path, root: str) -> Outcome:
    import dataclasses

    from surveytrail.integrity.check import check_seal

    found = check_seal(directory, root=root)
    new = sum(finding.what == "new" for finding in found.findings)
    broken = " THE SEAL ITSELF IS NOT INTACT;" if any(part.kind == "seal" for part in found.findings) else ""
    summary = (
        f"{found.as_sealed(rows=False)} of {found.files} files and {found.as_sealed(rows=True)} of {found.rows} ledger "
        f"rows are as sealed, {new} new;{broken} root {found.root or 'unknown'}"
    )
    content = {
        "root": found.root,
        "files": found.files,
        "rows": found.rows,
        "findings": [dataclasses.asdict(finding) for finding in found.findings],
    }

    def render(console: Console) -> None:
        from rich.text import Text

        for finding in found.findings:
            line = Text.assemble((f"{finding.what:<8}", STYLES[finding.what]), f"{finding.kind}: {finding.name}\n")
            console.print(line.append(f"        to do: {finding.todo}", "yellow"), soft_wrap=True)

    return Outcome(found.holds, summary, content, render)
