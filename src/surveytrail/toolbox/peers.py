"""Peers: the ledger's figures of groups of firms that may be shown, and the group that a firm is set beside."""

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
from surveytrail.frames import columns_of
from surveytrail.statistics.quantiles import weighted_quantile
from surveytrail.toolbox.disclosure import is_dominated, released

MEAN = "mean"
Figure = dict[str, Any]  # id in the ledger, value, text per language
Group = dict[str, Any]  # n, label per language, and figures by statistic: mean, q25 …
Shown = dict[str, dict[str, Group]]  # by dimension (or amount), by group


@dataclass(frozen=True)
class Peers:
    """What may be shown of peers.

    Parameters
    ----------
    fallback : variables that make the groups, from the narrowest to all firms (none)
    dimensions, amounts : groups that may be shown, by dimension or amount and by ``group_key``
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


def find_peers(study: Study, spec: ToolboxSpec, analysis: pd.DataFrame, ledger: pd.DataFrame) -> Peers:
    """Choose the figures of peers that may be shown.

    Parameters
    ----------
    analysis : analysed records of the toolbox's wave, with derived variables
    ledger : the ledger, which holds a figure only where enough firms stand behind it
    """
    toolbox = spec.toolbox
    columns, rows = columns_of(analysis), {str(row["id"]): dict(row) for row in ledger.to_dict("records")}
    estimates = {estimate.id: estimate for estimate in study.config.estimates}
    quantiles = [name for name in (toolbox.peers.quartiles, toolbox.peers.percentiles) if name is not None]
    dimensions: Shown = {}
    for dimension in toolbox.dimensions:
        means = estimates[toolbox.peers.means]
        shown = _shown(spec, means, columns, dimension.variable, rows, [dimension.id])
        for key, groups in shown.items():
            for name in quantiles:
                _add_quantiles(spec.wave, estimates[name], dimension.id, rows, groups)
            dimensions.setdefault(dimension.id, {})[key] = _public(groups)
    amounts: Shown = {}
    for amount in toolbox.peers.amounts:
        estimate = estimates[amount.estimate]
        shown = _shown(spec, estimate, columns, amount.variable, rows, [], amount.dominance)
        amounts[amount.id] = {key: _public(groups) for key, groups in shown.items()}
    return Peers(spec.levels_of_peers(estimates[toolbox.peers.means].by), dimensions, amounts)


def without_firm(spec: ToolboxSpec, peers: Peers, analysis: pd.DataFrame, record: int) -> Peers:
    """Return the same peers without one of the firms: its figures computed again, where enough others are left.

    Groups that were not shown stay hidden. The ids are those of the ledger's figures with the firm.
    """
    columns = columns_of(analysis)
    others = columns["record"] != record
    dimensions = {
        dimension.id: _recomputed(spec, peers.dimensions[dimension.id], columns, dimension.variable, others)
        for dimension in spec.toolbox.dimensions
    }
    amounts = {
        amount.id: _recomputed(spec, peers.amounts[amount.id], columns, amount.variable, others, amount.dominance)
        for amount in spec.toolbox.peers.amounts
    }
    return Peers(peers.fallback, dimensions, amounts)


def _shown(
    spec: ToolboxSpec,
    estimate: Estimate,
    columns: Mapping[str, np.ndarray],
    variable: str,
    rows: Mapping[str, Mapping[Any, Any]],
    parts: list[str],
    dominance: float = 1.0,
) -> dict[str, Group]:
    """Return the groups of one mean that may be shown, from all firms to the narrowest."""
    wave, values = spec.wave, columns[variable]
    known = ~np.isnan(values)
    found: list[tuple[str, Group, np.ndarray]] = []
    for groups in groups_of(wave, estimate):
        levels = _slugs(wave, groups)
        row = rows.get(number_id(wave.id, estimate.id, UNWEIGHTED, parts, levels))
        members = known & members_of(groups, columns)
        if row is not None and not is_dominated(values[members], dominance):
            group = {"n": int(row["n_used"]), "label": _local(row["group_label"]), MEAN: _figure(row), "levels": levels}
            found.append((group_key(groups), group, members))
    verdicts = released([members for _, _, members in found], spec.toolbox.peers.least_n)
    return {key: group for (key, group, _), safe in zip(found, verdicts, strict=True) if safe}


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


def _add_quantiles(
    wave: WaveSpec, estimate: Estimate, dimension: str, rows: Mapping[str, Mapping[Any, Any]], group: Group
) -> None:
    """Add the quantiles that the ledger has for a group; percentiles need more firms than quartiles."""
    for share in estimate.quantiles or []:
        name = f"q{round(100 * share)}"
        row = rows.get(number_id(wave.id, estimate.id, UNWEIGHTED, [dimension, name], group["levels"]))
        if row is not None:
            group[name] = _figure(row)


def _public(group: Group) -> Group:
    return {name: value for name, value in group.items() if name != "levels"}


def _figure(row: Mapping[Any, Any]) -> Figure:
    return {"id": str(row["id"]), "value": tidy(float(row["value"])), "text": _local(row["text"])}


def _local(text: object) -> dict[str, str]:
    return dict(json.loads(str(text))) if text else {}


def tidy(value: float) -> float:
    """Return a figure at 12 significant digits, so that the noise of sums decides nothing."""
    return float(f"{value:.12g}")


def _recomputed(
    spec: ToolboxSpec,
    shown: Mapping[str, Group],
    columns: Mapping[str, np.ndarray],
    variable: str,
    others: np.ndarray,
    dominance: float = 1.0,
) -> dict[str, Group]:
    values = columns[variable]
    found: dict[str, Group] = {}
    for key, group in shown.items():
        members = members_of([_pair(part) for part in key.split(",") if part], columns) & ~np.isnan(values)
        left = values[members & others]
        if len(left) == members.sum():
            found[key] = dict(group)
        elif len(left) >= spec.toolbox.peers.least_n and not is_dominated(left, dominance):
            found[key] = {
                name: _again(name, entry, left) if isinstance(entry, dict) and "id" in entry else entry
                for name, entry in group.items()
            } | {"n": len(left)}
    return found


def _pair(part: str) -> tuple[str, int]:
    code, _, level = part.partition("=")
    return code, int(level)


def _again(name: str, figure: Figure, values: np.ndarray) -> Figure:
    """Compute a figure of the ledger again for fewer firms; its text is left to whoever prints it."""
    share = np.array([0.5 if name == MEAN else int(name[1:]) / 100])
    value = values.mean() if name == MEAN else weighted_quantile(values, np.ones(len(values)), share, "hf7")[0]
    return {"id": figure["id"], "value": tidy(float(value)), "text": {}}
