"""Compute ledgers, or what is made of one, with engines from other places, one forked process per engine.

Run as a script, never imported.

Heavy packages are imported once, before forking; the engine is imported after it, from the folder that a job names. One
job per line of standard input, one answer per line of standard output, both JSON:

    {"source": folder with surveytrail/, "study": folder, "stage": "ledger", "claims" or "figures", "made": what to
     write: the ledger, the file of verdicts, or the folder of drawings, "ledger": file to judge claims on and to draw
     from, "seconds": limit of computing time, "tests": file of results of tests, read if it is there, else written;
     none if empty}
    {"error": "", "made": file}      error says why nothing was made

A test's result depends on its arrays, by which it is remembered, and on the code that runs tests. Whoever gives a job
sees to it that this code is the same.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pickle
import signal
import sys
import traceback
from pathlib import Path

# what every engine needs and no engine changes
PRELOADED = [
    "numpy", "pandas", "pingouin", "pyarrow.parquet", "pyroaring", "scipy.special", "scipy.stats", "statsmodels.api",
    "surveyspec.plan",
]  # fmt: skip


def make(job: dict[str, str]) -> None:
    """Make what a job asks for with the engine that it names."""
    sys.path.insert(0, job["source"])
    import surveytrail

    assert Path(str(surveytrail.__file__)).is_relative_to(job["source"])
    if job["stage"] == "ledger":
        compute(job["study"], job["made"], job["tests"])
    else:
        {"claims": judge, "figures": draw}[job["stage"]](job["study"], job["made"], job["ledger"])


def judge(study: str, made: str, ledger: str) -> None:
    """Judge the claims of a study on a ledger and write the verdicts."""
    from surveyspec.study import load_study
    from surveytrail.claims import check_claims
    from surveytrail.frames import read_frame, write_frame

    write_frame(check_claims(load_study(Path(study)), read_frame(Path(ledger))), Path(made))


def draw(study: str, made: str, ledger: str) -> None:
    """Draw the figures of a study from a ledger, in the first of its languages."""
    from surveyspec.study import load_study
    from surveytrail.figures.drawing import draw_figure
    from surveytrail.frames import read_frame

    loaded, frame = load_study(Path(study)), read_frame(Path(ledger))
    for figure in loaded.config.figures:
        draw_figure(loaded, figure, frame, loaded.config.report.languages[0], Path(made))


def compute(study: str, ledger: str, tests: str) -> None:
    """Compute the ledger of a study and write it; lineage is no printed digit."""
    from surveyspec.study import load_study
    from surveytrail.frames import write_frame
    from surveytrail.pipeline import compute_ledger

    known = pickle.loads(Path(tests).read_bytes()) if tests and Path(tests).is_file() else {}
    memo = dict(known)
    write_frame(compute_ledger(load_study(Path(study)), memo=memo, with_lineage=False).frame, Path(ledger))
    if tests and not known:
        found = {key: outcomes for key, outcomes in memo.items() if isinstance(outcomes, list)}
        Path(tests).write_bytes(pickle.dumps(found))


def run(job: dict[str, str]) -> str:
    """Do one job in a process of its own; return why nothing was made, or an empty text."""
    message = Path(job["made"] + ".error")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.setitimer(signal.ITIMER_PROF, float(job["seconds"]))  # of computing: a busy machine is no fault
            make(job)
            status = 0
        except BaseException as error:  # whatever a fault in the engine leads to
            last = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
            message.write_text(text, encoding="utf-8")
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == 0:
        return ""
    if status == -signal.SIGPROF:
        return f"nothing made after {job['seconds']} seconds of computing"
    return message.read_text(encoding="utf-8") if message.is_file() else f"ended with {status}"


if __name__ == "__main__":
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()  # libraries that collect garbage themselves need not look at what was imported
    for line in sys.stdin:
        given = json.loads(line)
        print(json.dumps({"error": run(given), "made": given["made"]}), flush=True)
