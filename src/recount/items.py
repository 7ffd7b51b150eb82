"""Statistics of scales and of missing answers, from their formulas.

Alpha from the mean variance v and the mean covariance c of k items is ``k c / (v + (k - 1) c)`` (Cronbach 1951). The
correlation of an item with the sum of the others follows from that with the sum t of all:
``(r s_t - s_i) / sqrt(s_t^2 + s_i^2 - 2 r s_t s_i)``. Its interval is Feldt's (1965): ``(1 - alpha) / (1 - population
alpha)`` is distributed as F with n - 1 and (n - 1)(k - 1) degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import duckdb
import numpy as np

from recount.coding import left_out_sql
from recount.conditions import answer, reason, text_literal
from recount.distributions import f_quantile
from recount.intervals import NONE, Limits
from recount.results import Result
from recount.tables import FloatArray, arrays, number
from surveyspec.conditions import Variable
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.items import ANSWERED, LEVEL, SMALLEST, ItemSpec
from surveyspec.plan import digest
from surveyspec.study import WaveSpec

COLUMNS_AT_ONCE = 200


def recount_items(
    connection: duckdb.DuckDBPyConnection, wave: WaveSpec, specs: Sequence[ItemSpec], analysed: str
) -> list[Result]:
    """Recompute the numbers about a wave's questions from the table of analysed records."""
    size = number(connection, f"SELECT count(*) FROM {analysed}")
    counted = [spec for spec in specs if spec.kind == "nonresponse"]
    counts: list[int] = []
    for start in range(0, len(counted), COLUMNS_AT_ONCE):
        conditions = [_outcome_sql(spec) for spec in counted[start : start + COLUMNS_AT_ONCE]]
        chosen = ", ".join(f"count(*) FILTER ({condition})" for condition in conditions)
        counts += connection.execute(f"SELECT {chosen} FROM {analysed}").fetchall()[0]
    scales = [spec for spec in specs if spec.kind == "scale"]
    return [
        *(_scale(connection, wave, spec, analysed, size) for spec in scales),
        *(_nonresponse(spec, int(count), size) for spec, count in zip(counted, counts, strict=True)),
    ]


def _identity(spec: ItemSpec) -> dict[str, object]:
    interval = spec.statistic == "alpha"
    return {
        "wave": spec.wave, "kind": spec.kind, "estimate": spec.kind, "item": spec.item or spec.scale,
        "weight": UNWEIGHTED, "statistic": spec.statistic, "spec_digest": digest(spec.canonical()),
        **({"interval_level": LEVEL, "interval_method": "feldt"} if interval else {}),
    }  # fmt: skip


def _outcome_sql(spec: ItemSpec) -> str:
    """Return in SQL that a question was answered, or that its answer is missing for one reason."""
    assert spec.item is not None
    if spec.statistic == ANSWERED:
        return f"{answer(spec.item)} IS NOT NULL"
    return f"{answer(spec.item)} IS NULL AND {reason(spec.item)} = {text_literal(spec.statistic.upper())}"


def _nonresponse(spec: ItemSpec, count: int, size: int) -> Result:
    return Result(
        spec.id, float(count), spec.unit, spec.decimals, n_in=size, n_used=size, numerator=count,
        identity=_identity(spec),
    )  # fmt: skip


def _scale(connection: duckdb.DuckDBPyConnection, wave: WaveSpec, spec: ItemSpec, analysed: str, size: int) -> Result:
    columns = ", ".join(answer(item) for item in spec.items)
    known = " AND ".join(f"{answer(item)} IS NOT NULL" for item in spec.items)
    found = arrays(connection, f"SELECT {columns} FROM {analysed} WHERE {known} ORDER BY record")
    answers = np.column_stack(list(found.values()))
    for item, total in spec.reverse:
        answers[:, spec.items.index(item)] = total - answers[:, spec.items.index(item)]
    why = left_out_sql(wave, [Variable(item) for item in spec.items], known)
    left_out = connection.execute(f"SELECT histogram({why}) FROM {analysed} WHERE NOT ({known})").fetchall()[0][0]
    value, limits = _statistic(spec, answers) if len(answers) >= SMALLEST else (None, NONE)
    return Result(
        spec.id, value, spec.unit, spec.decimals, n_in=size,
        n_used=len(answers), n_excluded=dict(left_out or {}), limits=limits, identity=_identity(spec),
    )  # fmt: skip


def _statistic(spec: ItemSpec, answers: FloatArray) -> tuple[float | None, Limits]:
    """Return a statistic of complete answers (n, k); None where nothing varies."""
    covariances = np.cov(answers, rowvar=False)
    if spec.item is None:
        alpha = _alpha(covariances)
        return (alpha, NONE) if alpha is None else (alpha, _feldt(alpha, *answers.shape))
    place = spec.items.index(spec.item)
    if spec.statistic == "item_mean":
        return math.fsum(answers[:, place]) / len(answers), NONE
    if spec.statistic == "item_sd":
        return math.sqrt(covariances[place, place]), NONE
    if spec.statistic == "alpha_without":
        return _alpha(np.delete(np.delete(covariances, place, 0), place, 1)), NONE
    return _item_rest(covariances, place), NONE


def _alpha(covariances: FloatArray) -> float | None:
    k = len(covariances)
    variance = float(np.trace(covariances)) / k
    covariance = float(covariances.sum() - np.trace(covariances)) / (k * (k - 1))
    whole = variance + (k - 1) * covariance
    return k * covariance / whole if whole > 1e-12 * variance else None


def _feldt(alpha: float, n: int, k: int) -> Limits:
    df1, df2 = n - 1, (n - 1) * (k - 1)
    tail = (1 - LEVEL) / 2
    return 1 - (1 - alpha) * f_quantile(tail, df1, df2), 1 - (1 - alpha) * f_quantile(1 - tail, df1, df2)


def _item_rest(covariances: FloatArray, place: int) -> float | None:
    own, whole = float(covariances[place, place]), float(covariances.sum())
    rest = whole + own - 2 * float(covariances[place].sum())
    if own <= 0 or rest <= 1e-12 * own:
        return None
    s_i, s_t = math.sqrt(own), math.sqrt(whole)
    r = float(covariances[place].sum()) / (s_i * s_t)
    return (r * s_t - s_i) / math.sqrt(rest)
