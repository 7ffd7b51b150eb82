"""The same work by other software, each in a process and an environment of its own.

`make peers` installs the Python packages into `.venv-peers/`, one environment each, as they cannot live together; R's
survey package comes from the system. A peer that is not there raises `PeerMissingError`, whose text says so.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".venv-peers"
R_SURVEY = "R survey"
PYTHON_PEERS = ("svy", "samplics", "balance", "weightipy")
# what each package can do at all; the others have no such function
WORKS = {
    "means": (R_SURVEY, "svy", "samplics"),
    "replicates": (R_SURVEY, "svy"),
    "rake": (R_SURVEY, *PYTHON_PEERS),
}


class PeerMissingError(Exception):
    """The peer is not installed or stopped; the text says what is missing."""


@dataclass(frozen=True, eq=False)
class PeerResult:
    """Seconds without start-up and data transfer, and the figures as a flat array."""

    seconds: float
    figures: np.ndarray


def run_peer(name: str, work: str, arrays: Mapping[str, np.ndarray]) -> PeerResult:
    """Let a peer do a piece of work.

    Parameters
    ----------
    name : one of those that `WORKS` lists for the work
    work : `means` (standard errors by item and domain), `replicates` (the same by replicate weights), `rake` (weights)
    arrays : what the work needs, handed over as files of doubles: one array (n,) or column-major matrix (n, k) each

    Raises
    ------
    PeerMissingError : not installed, or it stopped
    """
    command = _command(name, work)
    with tempfile.TemporaryDirectory() as folder:
        for key, array in arrays.items():
            np.asarray(array, dtype=np.float64).ravel(order="F").tofile(Path(folder) / key)
        done = subprocess.run([*command, folder], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PeerMissingError(f"{name} stops: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
        return PeerResult(float(done.stdout.split()[-1]), np.fromfile(Path(folder) / "result"))


def _command(name: str, work: str) -> list[str]:
    if name == R_SURVEY:
        if shutil.which("Rscript") is None:
            raise PeerMissingError("Rscript is not installed")
        return ["Rscript", str(HERE / f"{work}.R")]
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.is_file():
        raise PeerMissingError(f"{name} is not installed ('make peers' does)")
    return [str(python), "-P", "-W", "ignore", str(HERE / "worker.py"), name, work]
