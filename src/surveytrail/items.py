"""Numbers about the questions themselves: reliability of scales and their items, and why answers are missing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from surveyspec.items import LEVEL, SMALLEST, ItemSpec
from surveyspec.sources import sources
from surveyspec.study import WaveSpec
from surveytrail.computed import Computed
from surveytrail.frames import columns_of
from surveytrail.inputs import base_digest, identities, missing_reasons
from surveytrail.lineage import Lineage, add_base_edges, add_exclusion_edges
from surveytrail.masks import Columns
from surveytrail.statistics.arrays import FloatArray
from surveytrail.statistics.unweighted.libraries import pingouin, translate


@dataclass(frozen=True)
class _Base:
    """Answers to some items: (n, k) as scored, whether a respondent answered all, and why not."""

    answers: FloatArray
    complete: np.ndarray
    reasons: np.ndarray
    input_digest: str


def describe_items(
    analysis: pd.DataFrame,
    responses: pd.DataFrame,
    wave: WaveSpec,
    specs: Sequence[ItemSpec],
    with_lineage: bool = True,
) -> Computed:
    """Compute the numbers about a wave's questions.

    Parameters
    ----------
    analysis : analysed records
    responses : all raw records, for the edges of exclusions
    specs : the wave's part of the plan
    with_lineage : whether to say where the numbers come from
    """
    columns, lineage = columns_of(analysis), Lineage()
    identity = identities(columns["record"], columns["respondent"])
    everybody, every_record = np.ones(len(identity), dtype=bool), responses["record"].to_numpy()
    bases: dict[object, _Base] = {}
    rows = []
    for spec in specs:
        key = (spec.items, spec.reverse)
        if key not in bases:
            bases[key] = _base(wave, spec, columns, identity, everybody)
        base = bases[key]
        computed = _scale(spec, base) if spec.kind == "scale" else _nonresponse(spec, base)
        digests = {"spec_digest": spec.digest, "input_digest": base.input_digest}
        rows.append({"id": spec.id, "n_in": len(everybody), **computed, **digests})
        if with_lineage:
            add_base_edges(
                lineage, spec.id, wave, spec.items, columns["record"], everybody, base.complete, base.reasons
            )
            add_exclusion_edges(lineage, spec.id, wave, every_record)
    return Computed(pd.DataFrame(rows, columns=None if rows else ["id"]), lineage)


def _base(wave: WaveSpec, spec: ItemSpec, columns: Columns, identity: np.ndarray, everybody: np.ndarray) -> _Base:
    answers = np.column_stack([columns[item].astype(np.float64) for item in spec.items])
    complete = np.asarray(~np.isnan(answers).any(axis=1))
    reasons = missing_reasons([columns[f"{code}:reason"] for code in sources(wave, spec.items)], complete)
    read = base_digest("", identity, everybody, complete, answers, reasons, everybody.astype(np.float64))
    for item, total in spec.reverse:
        place = spec.items.index(item)
        answers[:, place] = total - answers[:, place]
    return _Base(answers, complete, reasons, read)


def _nonresponse(spec: ItemSpec, base: _Base) -> dict[str, object]:
    """Count those who answered, or those whose answer is missing for one reason."""
    counts = Counter(base.reasons[~base.complete])
    count = int(base.complete.sum()) if spec.statistic == "answered" else counts[spec.statistic.upper()]
    return {"value": float(count), "numerator": count, "n_used": len(base.complete)}


def _scale(spec: ItemSpec, base: _Base) -> dict[str, object]:
    """Compute a statistic of a scale over those who answered all of its items."""
    answers = base.answers[base.complete]
    excluded = dict(sorted(Counter(base.reasons[~base.complete]).items()))
    interval = {"interval_level": LEVEL, "interval_method": "feldt"} if spec.statistic == "alpha" else {}
    row = {"value": None, "n_used": len(answers), "n_excluded": json.dumps(excluded), **interval}
    if len(answers) < SMALLEST:
        return row
    place = None if spec.item is None else spec.items.index(spec.item)
    value = _statistic(spec.statistic, answers.tobytes(), len(answers), place)
    row["value"] = _number(value)
    if interval:
        row["lower"], row["upper"] = map(_number, _feldt(value, *answers.shape))
    return row


@lru_cache(maxsize=1024)
def _statistic(statistic: str, content: bytes, n: int, place: int | None) -> float:
    """Return a statistic of complete answers, given as the bytes of (n, k) numbers: proofs ask again."""
    answers = np.frombuffer(content).reshape(n, -1)
    if place is None:
        return _alpha(answers)
    own, others = answers[:, place], np.delete(answers, place, axis=1)
    if statistic == "item_mean":
        return float(own.mean())
    if statistic == "item_sd":
        return float(own.std(ddof=1))
    return _alpha(others) if statistic == "alpha_without" else _correlation(own, others.sum(axis=1))


def _alpha(answers: FloatArray) -> float:
    """Return Cronbach's alpha (1951) of (n, k) complete answers; NaN where all sums are alike."""
    if answers.sum(axis=1).std() == 0:
        return float("nan")
    with pingouin() as library:
        return float(library.cronbach_alpha(pd.DataFrame(answers))[0])


def _feldt(alpha: float, n: int, k: int) -> tuple[float, float]:
    """Return Feldt's (1965) interval of alpha from n respondents and k items; the library's own is rounded."""
    from scipy.stats import f

    df1, df2, tail = n - 1, (n - 1) * (k - 1), (1 - LEVEL) / 2
    return 1 - (1 - alpha) * float(f.isf(tail, df1, df2)), 1 - (1 - alpha) * float(f.ppf(tail, df1, df2))


def _correlation(own: FloatArray, rest: FloatArray) -> float:
    if own.std() == 0 or rest.std() == 0:
        return float("nan")
    with pingouin() as library:
        return translate("corr", library.corr(own, rest, method="pearson"))["statistic"]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value
