"""An attack on a finished run: is anything published, or to be worked out from what is, about too few firms?

    python -m tests.toolbox.differencing

reads every file in results/ that is meant to be read by others, and the microdata to know who stands behind which
group. Sums over groups of one statistic are added and subtracted in every way. Shares no code with what decides on
publication.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

AT_ONCE = 20_000
TEXTS = {".json", ".html", ".csv", ".svg", ".md", ".qmd", ".yaml", ".yml", ".txt"}
MICRODATA = {"responses.parquet", "analysis.parquet", "weights.parquet"}  # per respondent: never for publication


@dataclass
class Attack:
    """What was tried and what came of it."""

    least: int
    files: int = 0
    statistics: int = 0
    groups: int = 0
    combinations: int = 0
    found: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        """The outcome in one line."""
        tried = f"{self.combinations} combinations of {self.groups} groups of {self.statistics} statistics"
        return f"{tried}, {self.files} files: {len(self.found)} about fewer than {self.least} firms"


def fewest_behind(masks: Sequence[np.ndarray]) -> tuple[int | None, int]:
    """Add and subtract the sums of groups in every way.

    Returns
    -------
    the fewest firms that a result is about, None where there is no result; and how many ways were tried
    """
    distinct = np.unique(np.array(masks, dtype=np.int8), axis=0)
    atoms, sizes = np.unique(distinct, axis=1, return_counts=True)
    fewest: int | None = None
    ways = np.array(list(product((-1, 0, 1), repeat=len(atoms))), dtype=np.int8)
    for start in range(0, len(ways), AT_ONCE):
        about = (ways[start : start + AT_ONCE] @ atoms != 0) @ sizes
        about = about[about > 0]
        if len(about):
            fewest = int(about.min()) if fewest is None else min(fewest, int(about.min()))
    return fewest, len(ways)


def guarded(directory: Path) -> dict[str, int]:
    """Return the estimates that the study file guards, each with its min_n."""
    config = yaml.safe_load((directory / "config.yaml").read_text(encoding="utf-8"))
    return {entry["id"]: entry["min_n"] for entry in config["estimates"] if "min_n" in entry}


def attack_ledger(
    ledger: pd.DataFrame, analysis: pd.DataFrame, limits: Mapping[str, int], extra: Iterable[str] = ()
) -> Attack:
    """Try what can be worked out from the ledger's groups of each statistic that somebody guards.

    Parameters
    ----------
    extra : groups (as the ledger writes them) that are taken as published too: the control
    """
    attack = Attack(min(limits.values()))
    own = {variables(row) for row in ledger[ledger["estimate"].isin(list(limits))].to_dict("records")}
    families: dict[tuple[str, ...], dict[str, np.ndarray]] = {}
    for row in ledger[ledger["wave"] == "wave2"].to_dict("records"):
        if variables(row) not in own:
            continue
        groups = row["groups"] if isinstance(row["groups"], str) else "[]"
        behind = members(analysis, variables(row), groups)
        if row["filter"] or row["kind"] not in {"estimate", "nonresponse"}:
            attack.found.append(f"{row['id']}: of a guarded variable, and this attack cannot follow it")
        if row["kind"] == "estimate" and int(behind.sum()) != int(row["n_used"]):
            attack.found.append(f"{row['id']}: {row['n_used']} firms in the ledger, {behind.sum()} in the data")
        if row["n_used"] < limits.get(str(row["estimate"]), attack.least):
            attack.found.append(f"{row['id']}: {row['n_used']} firms")
        families.setdefault(variables(row), {})[groups] = behind
    for name, masks in families.items():
        masks.update({groups: members(analysis, name, groups) for groups in extra})
        fewest, ways = fewest_behind(list(masks.values()))
        attack.statistics += 1
        attack.groups += len(masks)
        attack.combinations += ways
        if fewest is not None and fewest < attack.least:
            attack.found.append(f"{', '.join(name)}: a sum over {fewest} firms")
    return attack


def variables(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return the variables that a row of the ledger is about, in alphabetical order."""
    return tuple(sorted(str(name) for name in row["variables"])) if row["variables"] is not None else ()


def members(analysis: pd.DataFrame, names: Sequence[str], groups: str) -> np.ndarray:
    """Say of each firm whether it stands behind a figure about some variables in a group."""
    inside = np.logical_and.reduce([analysis[name].notna().to_numpy() for name in names])
    for code, level in json.loads(groups):
        inside &= (analysis[code] == level).to_numpy()
    return inside


def published_ids(results: Path, stems: Iterable[str]) -> tuple[dict[str, set[str]], int]:
    """Return the number ids of some estimates that any file of a run mentions, each with the files; and how many files.

    Parameters
    ----------
    stems : wave and estimate, such as ``wave2.peer_means``
    """
    pattern = re.compile(rf"\b(?:{'|'.join(re.escape(stem) for stem in stems)})\.[a-z0-9_.=]*[a-z0-9_]")
    found: dict[str, set[str]] = {}
    files = 0
    for path in sorted(results.rglob("*")):
        if path.suffix == ".parquet" and path.name not in MICRODATA:
            frame = pd.read_parquet(path)
            text = " ".join(str(cell) for name in frame if frame[name].dtype.kind in "OT" for cell in frame[name])
        elif path.suffix in TEXTS:
            text = path.read_text(encoding="utf-8")
        elif path.suffix == ".pdf":
            text = path.read_bytes().decode("latin-1")
        else:
            continue
        files += 1
        for identifier in set(pattern.findall(text)):
            found.setdefault(identifier, set()).add(path.relative_to(results).as_posix())
    return found, files


def attack_run(directory: Path, extra: Iterable[str] = ()) -> Attack:
    """Attack the results of a study's folder."""
    results, limits = directory / "results", guarded(directory)
    ledger = pd.read_parquet(results / "ledger/ledger.parquet")
    analysis = pd.read_parquet(results / "wave2/analysis.parquet")
    attack = attack_ledger(ledger, analysis, limits, extra)
    mentioned, attack.files = published_ids(results, [f"wave2.{name}" for name in limits])
    known = set(ledger["id"])
    for identifier, files in mentioned.items():
        is_part = any(number.startswith(f"{identifier}.") for number in known)  # an estimate or an item, not a number
        if identifier not in known and not is_part:
            attack.found.append(f"{identifier}: in {', '.join(sorted(files))}, not in the ledger")
    return attack


def withheld_group(ledger: pd.DataFrame, analysis: pd.DataFrame, least: int) -> str:
    """Return a group of firms that is large enough and yet not published: it would let others be worked out."""
    shown = set(ledger.loc[ledger["estimate"] == "peer_means", "groups"])
    sizes, regions = (sorted(analysis[name].dropna().unique()) for name in ("SIZE", "LANGREG"))
    for size, region in product(sizes, regions):
        groups = json.dumps([["SIZE", int(size)], ["LANGREG", int(region)]])
        if groups not in shown and members(analysis, ["DIM_STRATEGY"], groups).sum() >= least:
            return groups
    raise ValueError("no group is withheld because of differences")


def main(arguments: Sequence[str] | None = None) -> int:
    """Attack and print the outcome; 0 only if nothing was found and the control finds something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, default=Path())
    options = parser.parse_args(arguments)
    attack = attack_run(options.directory)
    results = options.directory / "results"
    ledger = pd.read_parquet(results / "ledger/ledger.parquet")
    analysis = pd.read_parquet(results / "wave2/analysis.parquet")
    control = attack_run(options.directory, [withheld_group(ledger, analysis, attack.least)])
    print("\n".join(attack.found))
    print(f"control, with one withheld group published: {len(control.found)} found")
    print(attack.line)
    return 0 if attack.combinations and not attack.found and control.found else 1


if __name__ == "__main__":
    raise SystemExit(main())
