"""The same work by other software, where it is installed: means of items by domain with Taylor standard errors.

Each peer takes a `Task` and returns seconds and standard errors (items, domains), or raises `PeerMissingError`.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd


class PeerMissingError(Exception):
    """The peer is not installed; the text says what is missing."""


class Task(NamedTuple):
    """A stratified sample: weights (n,), strata (n,), domain codes (n,), items (n, k) of zeros and ones."""

    weights: np.ndarray
    strata: np.ndarray
    domain: np.ndarray
    items: np.ndarray

    def frame(self) -> pd.DataFrame:
        """The task as columns w, h, dom, i0, i1, ..."""
        columns = {f"i{j}": self.items[:, j].astype(float) for j in range(self.items.shape[1])}
        return pd.DataFrame({"w": self.weights, "h": self.strata, "dom": self.domain, **columns})


class PeerResult(NamedTuple):
    """Seconds without start-up and data transfer, and standard errors (items, domains)."""

    seconds: float
    errors: np.ndarray


_R_SCRIPT = """
suppressMessages(library(survey)); args <- commandArgs(TRUE)
d <- read.csv(args[1]); s <- svydesign(id = ~1, strata = ~h, weights = ~w, data = d)
items <- make.formula(grep("^i", names(d), value = TRUE))
t <- system.time(r <- svyby(items, ~dom, s, svymean))["elapsed"]
write.table(as.matrix(SE(r)), args[2], row.names = FALSE, col.names = FALSE); cat(t, "\\n")
"""


def r_survey(task: Task) -> PeerResult:
    """R's survey package: svyby(..., svymean)."""
    if shutil.which("Rscript") is None:
        raise PeerMissingError("Rscript is not installed")
    with tempfile.TemporaryDirectory() as folder:
        data, result, script = (Path(folder) / name for name in ("data.csv", "se.txt", "run.R"))
        task.frame().to_csv(data, index=False)
        script.write_text(_R_SCRIPT, "utf-8")
        done = subprocess.run(["Rscript", script, data, result], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PeerMissingError(f"R stops: {done.stderr.strip().splitlines()[-1:]}")
        return PeerResult(float(done.stdout.split()[-1]), np.loadtxt(result).T)


_R_REPLICATES = """
suppressMessages(library(survey)); args <- commandArgs(TRUE)
d <- read.csv(args[1]); n <- nrow(d)
reps <- matrix(readBin(args[3], "double", n * as.integer(args[4])), nrow = n)
s <- svrepdesign(weights = ~w, repweights = reps, data = d, type = "other", combined.weights = TRUE,
                 scale = 1 / (ncol(reps) - 1), rscales = rep(1, ncol(reps)))
items <- make.formula(grep("^i", names(d), value = TRUE))
t <- system.time(r <- svyby(items, ~dom, s, svymean))["elapsed"]
write.table(as.matrix(SE(r)), args[2], row.names = FALSE, col.names = FALSE); cat(t, "\n")
"""


def r_survey_replicates(task: Task, weights: np.ndarray) -> PeerResult:
    """R's survey package with the replicate weights (n, R): svyby(..., svymean)."""
    if shutil.which("Rscript") is None:
        raise PeerMissingError("Rscript is not installed")
    with tempfile.TemporaryDirectory() as folder:
        data, result, script, reps = (Path(folder) / name for name in ("data.csv", "se.txt", "run.R", "reps.bin"))
        task.frame().to_csv(data, index=False)
        weights.astype(np.float64).ravel(order="F").tofile(reps)
        script.write_text(_R_REPLICATES, "utf-8")
        command = ["Rscript", script, data, result, reps, str(weights.shape[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PeerMissingError(f"R stops: {done.stderr.strip().splitlines()[-1:]}")
        return PeerResult(float(done.stdout.split()[-1]), np.loadtxt(result).T)


def svy(task: Task) -> PeerResult:
    """The svy package on Polars."""
    package, polars = _load("svy"), _load("polars")
    sample = package.Sample(polars.from_pandas(task.frame()), package.Design(wgt="w", stratum="h"))
    names = [f"i{j}" for j in range(task.items.shape[1])]
    sample.estimation.mean(names[:1], by="dom")
    start = time.perf_counter()
    results = sample.estimation.mean(names, by="dom")
    seconds = time.perf_counter() - start
    table = [[row.se for row in result.estimates] for result in (results if isinstance(results, list) else [results])]
    return PeerResult(seconds, np.array(table))


def samplics(task: Task) -> PeerResult:
    """The samplics package (archived)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimation, package = _load("samplics.estimation"), _load("samplics")
        frame = task.frame()
        start = time.perf_counter()
        table = []
        for j in range(task.items.shape[1]):
            estimator = estimation.TaylorEstimator(package.PopParam.mean)
            estimator.estimate(frame[f"i{j}"], samp_weight=frame["w"], stratum=frame["h"], domain=frame["dom"])
            table.append([estimator.stderror[key] for key in sorted(estimator.stderror)])
        return PeerResult(time.perf_counter() - start, np.array(table))


def balance(task: Task) -> PeerResult:
    """The balance package makes weights and estimates no standard errors of domains."""
    _load("balance")
    raise PeerMissingError("balance makes weights only; it has no estimates by domain")


def _load(name: str) -> Any:
    if importlib.util.find_spec(name.split(".")[0]) is None:
        raise PeerMissingError(f"{name.split('.')[0]} is not installed")
    return importlib.import_module(name)


PEERS: dict[str, Callable[[Task], PeerResult]] = {
    "R survey": r_survey,
    "svy": svy,
    "samplics": samplics,
    "balance": balance,
}
