"""Peers: the ledger's figures of groups of firms, with and without one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from surveyspec.config import Estimate
from surveyspec.identifiers import UNWEIGHTED, number_id
from surveyspec.problems import Problem, StudyError
from surveyspec.study import Study, WaveSpec
from surveyspec.toolbox import ToolboxSpec
from surveytrail.disclosure import is_dominated
from surveytrail.frames import columns_of
from surveytrail.statistics.quantiles import weighted_quantile

MEAN = "mean"
# id in the ledger, value, text per language; where it leaves a firm out, `with_firm`: the ledger's own and its n
Figure = dict[str, Any]
Group = dict[str, Any]  # n, label per language, and figures by statistic: mean, q25 …
Shown = dict[str, dict[str, Group]]  # by dimension (or amount), by group


@dataclass(frozen=True)
class Peers:
    """What may be shown of peers.

    Parameters
    ----------
    fallback : variables that make the groups, from the narrowest to all firms (none)
    dimensions, amounts : groups by dimension or amount and by ``group_key``; the ledger holds only what may be shown
    """

    fallback: list[tuple[str, ...]]
    dimensions: Shown
    amounts: Shown

    def as_json(self) -> dict[str, Any]:
        """Return what a browser needs, as plain JSON values."""
        fallback = [list(level) for level in self.fallback]
        return {"fallback": fallback, "dimensions": self.dimensions, "amounts": self.amounts}

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> Peers:
        """Return what ``as_json`` gave."""
        fallback = [tuple(level) for level in content["fallback"]]
        return cls(fallback, content["dimensions"], content["amounts"])


def read_peers(path: Path) -> Peers:
    """Read what the pipeline wrote of peers.

    Raises
    ------
    StudyError : the pipeline has not run
    """
    if not path.is_file():
        todo = "run 'make', or 'snakemake' in the study's folder, first"
        raise StudyError(Problem(str(path), "", "no such file", "what a run of the pipeline writes there", todo))
    return Peers.of_json(json.loads(path.read_text(encoding="utf-8")))


def group_key(groups: Sequence[tuple[str, int]]) -> str:
    """Name a group by its variables and codes; all firms are the empty text."""
    return ",".join(f"{code}={level}" for code, level in groups)


def find_peers(study: Study, spec: ToolboxSpec, ledger: pd.DataFrame) -> Peers:
    """Collect the figures of peers: what the ledger holds of them, which is only what may be published.

    Parameters
    ----------
    ledger : the ledger
    """
    toolbox = spec.toolbox
    rows = {str(row["id"]): dict(row) for row in ledger[ledger["wave"] == spec.wave.id].to_dict("records")}
    estimates = {estimate.id: estimate for estimate in study.config.estimates}
    means = estimates[toolbox.peers.means]
    quantiles = [estimates[name] for name in (toolbox.peers.quartiles, toolbox.peers.percentiles) if name is not None]
    dimensions = {
        dimension.id: _shown(spec.wave, means, rows, [dimension.id], quantiles) for dimension in toolbox.dimensions
    }
    amounts = {amount.id: _shown(spec.wave, estimates[amount.estimate], rows, []) for amount in toolbox.peers.amounts}
    return Peers(spec.levels_of_peers(means.by), dimensions, amounts)


def without_firm(study: Study, spec: ToolboxSpec, peers: Peers, analysis: pd.DataFrame, record: int) -> Peers:
    """Return the same peers without one of the firms: its figures computed again, where enough others are left.

    Groups that were not shown stay hidden. Each figure that is computed again keeps the ledger's own, with the firm.

    Parameters
    ----------
    analysis : analysed records of the toolbox's wave, with derived variables
    record : raw record of the firm
    """
    columns = columns_of(analysis)
    least, others = spec.toolbox.peers.least_n, columns["record"] != record
    largest = {estimate.id: estimate.dominance or 1.0 for estimate in study.config.estimates}
    dimensions = {
        dimension.id: _recomputed(peers.dimensions[dimension.id], columns, dimension.variable, others, least)
        for dimension in spec.toolbox.dimensions
    }
    amounts = {
        amount.id: _recomputed(
            peers.amounts[amount.id], columns, amount.variable, others, least, largest[amount.estimate]
        )
        for amount in spec.toolbox.peers.amounts
    }
    return Peers(peers.fallback, dimensions, amounts)


def _shown(
    wave: WaveSpec,
    means: Estimate,
    rows: Mapping[str, Mapping[Any, Any]],
    parts: list[str],
    quantiles: Sequence[Estimate] = (),
) -> dict[str, Group]:
    """Return the groups of which the ledger has a mean, from all firms to the narrowest, with their quantiles."""
    found: dict[str, Group] = {}
    for groups in groups_of(wave, means):
        levels = _slugs(wave, groups)
        row = rows.get(number_id(wave.id, means.id, UNWEIGHTED, parts, levels))
        if row is None:
            continue
        group: Group = {"n": int(row["n_used"]), "label": _local(row["group_label"]), MEAN: _figure(row)}
        for estimate in quantiles:
            for share in estimate.quantiles or []:
                name = f"q{round(100 * share)}"
                quantile = rows.get(number_id(wave.id, estimate.id, UNWEIGHTED, [*parts, name], levels))
                if quantile is not None:
                    group[name] = _figure(quantile)
        found[group_key(groups)] = group
    return found


def groups_of(wave: WaveSpec, estimate: Estimate) -> Iterator[tuple[tuple[str, int], ...]]:
    """Yield all firms, then the groups of each entry of ``by``, in the order written."""
    yield ()
    for entry in estimate.by:
        codes = [entry] if isinstance(entry, str) else entry
        yield from product(*([(code, category.code) for category in wave.categories(code)] for code in codes))


def members_of(groups: Sequence[tuple[str, int]], columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (n,) which firms a group holds."""
    inside = np.ones(len(columns["record"]), dtype=bool)
    for code, level in groups:
        inside &= columns[code] == level
    return inside


def _slugs(wave: WaveSpec, groups: Sequence[tuple[str, int]]) -> list[tuple[str, str]]:
    return [
        (wave.slug(code), next(part.slug for part in wave.categories(code) if part.code == level))
        for code, level in groups
    ]


def _figure(row: Mapping[Any, Any]) -> Figure:
    return {"id": str(row["id"]), "value": tidy(float(row["value"])), "text": _local(row["text"])}


def _local(text: object) -> dict[str, str]:
    return dict(json.loads(str(text))) if text else {}


def tidy(value: float) -> float:
    """Return a figure at 12 significant digits, so that the noise of sums decides nothing."""
    return float(f"{value:.12g}")


def _recomputed(
    shown: Mapping[str, Group],
    columns: Mapping[str, np.ndarray],
    variable: str,
    others: np.ndarray,
    least: int,
    dominance: float = 1.0,
) -> dict[str, Group]:
    values = columns[variable]
    found: dict[str, Group] = {}
    for key, group in shown.items():
        members = members_of([_pair(part) for part in key.split(",") if part], columns) & ~np.isnan(values)
        left = values[members & others]
        if len(left) == members.sum():
            found[key] = dict(group)
        elif len(left) >= least and not is_dominated(left, dominance):
            found[key] = {
                name: _again(name, entry, left, group["n"]) if isinstance(entry, dict) and "id" in entry else entry
                for name, entry in group.items()
            } | {"n": len(left)}
    return found


def _pair(part: str) -> tuple[str, int]:
    code, _, level = part.partition("=")
    return code, int(level)


def _again(name: str, figure: Figure, values: np.ndarray, n: int) -> Figure:
    """Compute a figure of the ledger again for fewer firms; its text is left to whoever prints it."""
    share = np.array([0.5 if name == MEAN else int(name[1:]) / 100])
    value = values.mean() if name == MEAN else weighted_quantile(values, np.ones(len(values)), share, "hf7")[0]
    return {"id": figure["id"], "value": tidy(float(value)), "text": {}, "with_firm": {**figure, "n": n}}
