"""``trail claims``: do the study's statements in words still hold?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from surveytrail.cli.output import AsJson, Control, Directory, Outcome, control_outcome, finish

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {"holds": "green", "fails": "bold red", "unknown": "yellow", "unbound": "bold red"}


def claims(directory: Directory = Path(), as_json: AsJson = False, control: Control = False) -> None:
    """Do the study's statements in words still hold?

    Lists every statement of 'claims: statements:' in config.yaml with its verdict, where it was made, its condition and
    the numbers of the ledger that it is bound to, as they are printed. 'holds' and 'fails' say what the numbers say;
    'unknown': a number that it needs has no value; 'unbound': its condition names a number that the ledger does not
    have. The exit code is 0 only if there are statements, all are bound, and all hold. With --control, every statement
    that holds is turned into its opposite, which must fail.

    Examples:

        trail claims

        trail claims --json --directory examples/masculinity

        trail claims --control
    """
    finish(lambda: _control(directory) if control else _judge(directory), as_json)


def _control(directory: Path) -> Outcome:
    from surveyspec.study import load_study
    from surveytrail.claims import judge_claims, opposite
    from surveytrail.tracing.frames import TrailFrames

    study, ledger = load_study(directory), TrailFrames(directory).ledger
    held = judge_claims(study, ledger)[0].query("verdict == 'holds'")["id"].tolist()
    failed = judge_claims(opposite(study), ledger)[0].query("verdict == 'fails'")["id"].tolist()
    reported = [claim for claim in held if claim in failed]
    planted = f"{len(reported)} of {len(held)} claims turned into their opposite fail"
    return control_outcome(planted, bool(held) and reported == held, {"turned": held, "failed": reported})


def _judge(directory: Path) -> Outcome:
    import json

    from surveyspec.study import load_study
    from surveytrail.claims import judge_claims
    from surveytrail.tracing.frames import TrailFrames

    study = load_study(directory)
    frame, problems = judge_claims(study, TrailFrames(directory).ledger)
    rows: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()}
        | {"text": json.loads(row["text"]), "numbers": list(row["numbers"])}
        for row in frame.to_dict("records")
    ]
    total, holding = len(rows) + len(problems), sum(row["verdict"] == "holds" for row in rows)
    if total:
        summary = f"{len(rows)} of {total} claims are bound to numbers of the ledger, {holding} of {total} hold"
    else:
        summary = "0 of 0 claims hold: config.yaml declares none under 'claims: statements:'"
    content = {"claims": rows, "unbound": [str(problem) for problem in problems]}

    def render(console: Console) -> None:
        from rich.text import Text

        for row in rows:
            said = row["text"].get("en") or next(iter(row["text"].values()))
            source = f"  ({row['source']})" if row["source"] else ""
            verdict = (f"{row['verdict']:<8}", STYLES[row["verdict"]])
            console.print(Text.assemble(verdict, (row["id"], "bold"), f"  “{said}”{source}"), soft_wrap=True)
            console.print(f"        if:       {row['condition']}", markup=False, soft_wrap=True)
            console.print(f"        printed:  {row['printed']}", markup=False, soft_wrap=True)
            console.print(f"        declared: config.yaml:{row['config_line']}", markup=False, soft_wrap=True)
        for problem in problems:
            console.print(Text.assemble(("unbound ", STYLES["unbound"]), str(problem)), soft_wrap=True)

    return Outcome(total > 0 and holding == total, summary, content, render)
