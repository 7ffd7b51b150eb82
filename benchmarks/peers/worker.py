"""`python worker.py PACKAGE WORK FOLDER`: one piece of work by one package, in its own environment.

Reads arrays from the folder, writes `result` there, and prints the seconds without start-up and data transfer. Imports
nothing of this project.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

MARGINS = ("margin0", "margin1", "margin2")
Timed = tuple[float, np.ndarray]


class Arrays:
    """The arrays of a folder by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.weights = self["weights"]

    def __getitem__(self, name: str) -> np.ndarray:
        return np.fromfile(self.folder / name)

    def matrix(self, name: str) -> np.ndarray:
        """Return a matrix with a row per weight."""
        return self[name].reshape(self.weights.shape[0], -1, order="F")

    def items(self) -> dict[str, np.ndarray]:
        """Return the items as columns i0, i1, …"""
        return {f"i{place}": column for place, column in enumerate(self.matrix("items").T)}

    def margins(self) -> tuple[dict[str, np.ndarray], dict[str, dict[int, float]]]:
        """Return levels per row and totals per level."""
        levels = {name: self[name].astype(np.int64) for name in MARGINS}
        return levels, {name: dict(enumerate(self[f"{name}_targets"].tolist())) for name in MARGINS}


def timed(work: Callable[[], np.ndarray]) -> Timed:
    """Run once and tell the seconds."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def svy_means(arrays: Arrays) -> Timed:
    """Taylor standard errors of svy."""
    svy, polars = importlib.import_module("svy"), importlib.import_module("polars")
    columns = {"w": arrays.weights, "h": arrays["strata"], "dom": arrays["domain"], **arrays.items()}
    return _svy(svy.Sample(polars.DataFrame(columns), svy.Design(wgt="w", stratum="h")), list(arrays.items()), "taylor")


def svy_replicates(arrays: Arrays) -> Timed:
    """Standard errors of svy from bootstrap weights."""
    svy, polars = importlib.import_module("svy"), importlib.import_module("polars")
    weights = arrays.matrix("replicates")
    columns = {"w": arrays.weights, "dom": arrays["domain"], **arrays.items()}
    columns |= {f"rep{place + 1}": column for place, column in enumerate(weights.T)}
    design = svy.Design(wgt="w", rep_wgts=svy.RepWeights("bootstrap", prefix="rep", n_reps=weights.shape[1]))
    return _svy(svy.Sample(polars.DataFrame(columns), design), list(arrays.items()), "replication")


def _svy(sample, names: list[str], method: str) -> Timed:  # type: ignore[no-untyped-def]
    sample.estimation.mean(names[:1], by="dom", method=method)  # compiled and loaded before the clock starts
    return timed(
        lambda: np.array(
            [[row.se for row in found.estimates] for found in sample.estimation.mean(names, by="dom", method=method)]
        )
    )


def samplics_means(arrays: Arrays) -> Timed:
    """Taylor standard errors of samplics."""
    package = importlib.import_module("samplics")
    estimation = importlib.import_module("samplics.estimation")
    import pandas as pd

    frame = pd.DataFrame({"w": arrays.weights, "h": arrays["strata"], "dom": arrays["domain"], **arrays.items()})

    def work() -> np.ndarray:
        table = []
        for name in arrays.items():
            estimator = estimation.TaylorEstimator(package.PopParam.mean)
            estimator.estimate(frame[name], samp_weight=frame["w"], stratum=frame["h"], domain=frame["dom"])
            table.append([estimator.stderror[key] for key in sorted(estimator.stderror)])
        return np.array(table)

    return timed(work)


def svy_rake(arrays: Arrays) -> Timed:
    """Raking by svy."""
    svy, polars = importlib.import_module("svy"), importlib.import_module("polars")
    levels, totals = arrays.margins()
    sample = svy.Sample(polars.DataFrame({"w": arrays.weights, **levels}), svy.Design(wgt="w"))
    return timed(
        lambda: (
            sample.weighting.rake(controls=totals, wgt_name="raked", tol=1e-9, max_iter=500).data["raked"].to_numpy()
        )
    )


def samplics_rake(arrays: Arrays) -> Timed:
    """Raking by samplics."""
    weighting = importlib.import_module("samplics.weighting")
    levels, totals = arrays.margins()
    return timed(
        lambda: np.asarray(
            weighting.SampleWeight().rake(arrays.weights, levels, control=totals, tol=1e-9, max_iter=500)
        )
    )


def balance_rake(arrays: Arrays) -> Timed:
    """Raking by balance."""
    rake = importlib.import_module("balance.weighting_methods.rake").rake
    import pandas as pd

    levels, totals = arrays.margins()
    frame = pd.DataFrame({name: column.astype(str) for name, column in levels.items()})
    margins = {name: {str(level): total for level, total in targets.items()} for name, targets in totals.items()}
    weights = pd.Series(arrays.weights)

    def work() -> np.ndarray:
        made = rake(
            frame, weights, None, None, transformations=None, target_margins=margins,
            convergence_rate=1e-9, rate_tolerance=1e-15,
        )["weight"]  # fmt: skip
        return np.asarray(made)

    return timed(work)


def weightipy_rake(arrays: Arrays) -> Timed:
    """Raking by weightipy, which starts from equal weights whatever the base weights are."""
    package = importlib.import_module("weightipy")
    import pandas as pd

    levels, totals = arrays.margins()
    grand = sum(totals[MARGINS[0]].values())
    shares = {name: {level: 100 * value / grand for level, value in wanted.items()} for name, wanted in totals.items()}
    scheme = package.scheme_from_dict(shares, rim_params={"max_iterations": 500, "convcrit": 1e-9})
    frame = pd.DataFrame(levels)
    seconds, made = timed(lambda: package.weight_dataframe(frame, scheme, weight_column="raked")["raked"].to_numpy())
    return seconds, made * grand / made.sum()


if __name__ == "__main__":
    _, peer, what, where = sys.argv
    elapsed, figures = globals()[f"{peer}_{what}"](Arrays(Path(where)))
    np.ascontiguousarray(figures, dtype=np.float64).tofile(Path(where) / "result")
    print(elapsed)
