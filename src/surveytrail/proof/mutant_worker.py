"""Compute ledgers with engines from other places, one forked process per engine; run as a script, never imported.

Heavy packages are imported once, before forking; the engine is imported after it, from the folder that a job names. One
job per line of standard input, one answer per line of standard output, both JSON:

    {"source": folder with surveytrail/, "study": folder, "ledger": file to write, "seconds": limit of computing time}
    {"error": "", "ledger": file}      error says why there is no ledger
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path

# what every engine needs and no engine changes
PRELOADED = [
    "numpy", "pandas", "pingouin", "pyarrow.parquet", "pyroaring", "scipy.special", "scipy.stats", "statsmodels.api",
    "surveyspec.plan",
]  # fmt: skip


def compute(source: str, study: str, ledger: str) -> None:
    """Compute the ledger of a study with the engine below ``source`` and write it."""
    sys.path.insert(0, source)
    import surveytrail

    assert Path(str(surveytrail.__file__)).is_relative_to(source)
    from surveyspec.study import load_study
    from surveytrail.frames import write_frame
    from surveytrail.pipeline import compute_ledger

    write_frame(compute_ledger(load_study(Path(study))).frame, Path(ledger))


def run(job: dict[str, str]) -> str:
    """Do one job in a process of its own; return why there is no ledger, or nothing."""
    message = Path(job["ledger"] + ".error")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.setitimer(signal.ITIMER_PROF, float(job["seconds"]))  # of computing: a busy machine is no fault
            compute(job["source"], job["study"], job["ledger"])
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
        return f"no ledger after {job['seconds']} seconds of computing"
    return message.read_text(encoding="utf-8") if message.is_file() else f"ended with {status}"


if __name__ == "__main__":
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()  # libraries that collect garbage themselves need not look at what was imported
    for line in sys.stdin:
        given = json.loads(line)
        print(json.dumps({"error": run(given), "ledger": given["ledger"]}), flush=True)
