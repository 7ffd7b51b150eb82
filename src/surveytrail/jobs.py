"""How a rule's script runs: its log, its errors, and the frames it reads."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surveyspec.problems import StudyError

COLLECTING = (100_000, 50, 50)  # jobs are short and make many records: looking for garbage takes a tenth of their time


@contextmanager
def logged(log: str) -> Iterator[None]:
    """Write what a job says to its log; a user's mistake is told in full and without a traceback.

    Raises
    ------
    SystemExit : with code 1 after a mistake of the user's
    """
    gc.set_threshold(*COLLECTING)
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("", encoding="utf-8")
    try:
        yield
    except StudyError as error:
        path.write_text(f"{error}\n", encoding="utf-8")
        sys.exit(1)
