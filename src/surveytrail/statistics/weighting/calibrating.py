"""Calibration: the weights closest to the base weights that reproduce known population totals.

Deville & Särndal (1992). With ``w_i = d_i F(x_i' eta / v_i)`` the totals ``sum w_i x_i = T`` determine ``eta``; the
equations are the gradient of a convex function, minimised here by Newton steps with a line search. The unbounded linear
distance needs one step (the GREG estimator).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from surveytrail.statistics.arrays import FloatArray, as_matrix
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.weighting.distances import Bound, Distance, DistanceName, distance
from surveytrail.statistics.weighting.margins import check_base_weights

# Sums of a million products carry this much rounding; what is left beyond it is a failure to converge.
_ROUNDING = 1e-10
# Newton steps in a row that may fail to bring the totals nearer.
_PATIENCE = 40


@dataclass(frozen=True)
class CalibratedTotal:
    """One auxiliary variable: its population total `target` and its weighted totals `before` and `after`."""

    name: str
    target: float
    before: float
    after: float

    @property
    def relative_error(self) -> float:
        """(after - target) / (1 + |target|): the measure by which convergence is judged."""
        return (self.after - self.target) / (1 + abs(self.target))


@dataclass(frozen=True, eq=False)
class CalibrateResult:
    """Calibrated weights and how they came about.

    Attributes: `weights` (n,), `adjustments` (n,) calibrated over base weight, `iterations`, `totals` per variable,
    `trimmed` the number of adjustments cut at the end (0 without `cut_adjustments`).
    """

    weights: FloatArray
    adjustments: FloatArray
    iterations: int
    totals: tuple[CalibratedTotal, ...]
    trimmed: int = 0

    @property
    def largest_error(self) -> float:
        """Largest distance of an achieved total from its target, relative to 1 + |target|."""
        return max(abs(row.relative_error) for row in self.totals)


def calibrate(
    base_weights: FloatArray,
    auxiliaries: FloatArray,
    totals: FloatArray,
    *,
    names: Sequence[str] = (),
    calibration_distance: DistanceName = "linear",
    bounds: tuple[Bound, Bound] | None = None,
    cut_adjustments: tuple[float, float] | None = None,
    variances: FloatArray | None = None,
    tolerance: float = 1e-12,
    max_iterations: int = 500,
) -> CalibrateResult:
    """Calibrate weights to population totals of auxiliary variables.

    Parameters
    ----------
    base_weights: (n,) weights before, >= 0.
    auxiliaries: (n, p) model matrix; include a column of ones to fix the population size.
    totals: (p,) population totals of its columns.
    names: the p names, for messages and the report.
    calibration_distance: `linear` (GREG), `raking` (exponential) or `logit` (needs bounds).
    bounds: lowest and highest weight / base weight, scalars or (n,); None = unbounded.
    cut_adjustments: lowest and highest weight / base weight enforced after convergence, what is cut off being spread
        over the others in proportion to their base weights; the totals then hold only approximately, except for that
        of the weights themselves.
    variances: (n,) working residual variances of the regression, 1 when absent.
    tolerance: |achieved - target| / (1 + |target|) at which to stop; where rounding allows no more, 1e-10 will do.

    Returns: CalibrateResult. Errors: StatisticsError naming the total that is missed, target, achieved, likely cause.

    Source: Deville & Särndal (1992), JASA 87, 376-382.
    """
    base = check_base_weights(base_weights)
    model = as_matrix(auxiliaries, base.shape[0], "auxiliaries")
    goal, labels = _check_totals(base, model, totals, names)
    spread = np.ones_like(base) if variances is None else np.asarray(variances, dtype=np.float64)
    form = distance(calibration_distance, bounds)
    # Columns of comparable size, so that a turnover beside a column of ones costs no digits.
    size = np.sqrt((model * model).mean(axis=0))
    unit = np.where(size > 0, size, 1.0)
    if calibration_distance == "linear" and bounds is None:
        factors, iterations = _solve_linear(base, model / unit, goal / unit, spread), 1
    else:
        factors, iterations = _solve(base, model / unit, goal / unit, spread, form, tolerance, max_iterations)
    achieved = model.T @ (base * factors)
    if np.max(np.abs(achieved - goal) / (1 + np.abs(goal))) > max(tolerance, _ROUNDING):
        raise _failure(base, model, goal, achieved, labels, bounds, iterations)
    trimmed = 0
    if cut_adjustments is not None:
        factors, trimmed = _cut(factors, base, *cut_adjustments)
    weights = base * factors
    before, after = model.T @ base, model.T @ weights
    table = tuple(
        CalibratedTotal(label, float(t), float(old), float(new))
        for label, t, old, new in zip(labels, goal, before, after, strict=True)
    )
    return CalibrateResult(weights, factors, iterations, table, trimmed)


def _check_totals(
    base: FloatArray, model: FloatArray, totals: FloatArray, names: Sequence[str]
) -> tuple[FloatArray, list[str]]:
    goal = np.asarray(totals, dtype=np.float64)
    labels = list(names) or [f"column {i + 1}" for i in range(model.shape[1])]
    if goal.shape != (model.shape[1],) or len(labels) != model.shape[1]:
        raise StatisticsError(
            "Population totals do not fit",
            expected=f"{model.shape[1]} totals and names, one per auxiliary column",
            got=f"{goal.size} totals, {len(labels)} names",
            hint="give every column of the model matrix one total",
        )
    if not np.isfinite(goal).all() or not np.isfinite(model).all():
        bad = [
            label
            for label, ok in zip(labels, np.isfinite(goal) & np.isfinite(model).all(axis=0), strict=True)
            if not ok
        ]
        raise StatisticsError(
            "Missing value in calibration",
            f"auxiliary `{bad[0]}`",
            expected="finite totals and auxiliary values",
            got=f"missing or infinite values in {', '.join(bad)}",
            hint="impute auxiliary variables by a declared rule, or leave the variable out",
        )
    absent = ~(model[base > 0] != 0).any(axis=0) & (goal != 0)
    if absent.any():
        label = labels[int(np.flatnonzero(absent)[0])]
        raise StatisticsError(
            "Empty category",
            f"auxiliary `{label}`: target {goal[absent][0]:.10g}, achieved 0",
            expected="at least one respondent with a value other than 0",
            got="0 in every row with weight",
            hint="likely cause: nobody of this kind answered; merge the category with a neighbour by name",
        )
    return goal, labels


def _solve_linear(base: FloatArray, model: FloatArray, goal: FloatArray, spread: FloatArray) -> FloatArray:
    """Factors of the unbounded linear distance, by the singular values of the model (stable if collinear)."""
    root = np.sqrt(base / spread)
    _, values, right = np.linalg.svd(model * root[:, None], full_matrices=False)
    keep = values > values.max(initial=0.0) * 1e-12
    factors = np.ones_like(base)
    # A second round on what rounding left over takes the totals to the last digits.
    for _ in range(2):
        missing = goal - model.T @ (base * factors)
        step = right[keep].T @ ((right[keep] @ missing) / values[keep] ** 2)
        factors = factors + (model @ step) / spread
    return factors


def _solve(
    base: FloatArray,
    model: FloatArray,
    goal: FloatArray,
    spread: FloatArray,
    form: Distance,
    tolerance: float,
    limit: int,
) -> tuple[FloatArray, int]:
    """Newton's method on the convex dual; returns the factors (n,) and the number of steps."""
    scale = 1 + np.abs(goal)
    eta = np.zeros(model.shape[1])

    def dual(candidate: FloatArray) -> float:
        u = model @ candidate / spread
        return float((base * spread) @ form.integral(u) - goal @ candidate)

    value = dual(eta)
    best, stalled = np.inf, 0
    for iteration in range(1, limit + 1):
        u = model @ eta / spread
        factors = form.factor(u)
        missing = goal - model.T @ (base * factors)
        error = float(np.max(np.abs(missing) / scale))
        stalled = stalled + 1 if error >= best / 4 else 0
        if stalled and (error <= tolerance or stalled >= _PATIENCE):
            return factors, iteration - 1
        best = min(best, error)
        hessian = (model * (base * form.slope(u) / spread)[:, None]).T @ model
        step = np.linalg.pinv(hessian, rcond=1e-13, hermitian=True) @ missing
        if not step.any():
            return factors, iteration
        eta, value = _line_search(dual, eta, step, value, float(missing @ step))
    return form.factor(model @ eta / spread), limit


def _line_search(
    dual: Callable[[FloatArray], float], eta: FloatArray, step: FloatArray, value: float, descent: float
) -> tuple[FloatArray, float]:
    """Halve the Newton step until the dual falls (or moves by rounding only)."""
    length = 1.0
    for _ in range(40):
        candidate = eta + length * step
        with np.errstate(over="ignore", invalid="ignore"):
            new = dual(candidate)
        if np.isfinite(new) and new <= value - 1e-4 * length * descent + 1e-12 * (1 + abs(value)):
            return candidate, new
        length /= 2
    return candidate, new


def _cut(factors: FloatArray, base: FloatArray, low: float, high: float) -> tuple[FloatArray, int]:
    outside = ((factors < low) | (factors > high)) & (base > 0)
    if not outside.any():
        return factors, 0
    cut = np.where(base > 0, np.clip(factors, low, high), factors)
    spare = float(((factors - cut) * base).sum())
    inside = ~outside & (base > 0)
    if not inside.any():
        raise StatisticsError(
            "Every adjustment is outside its limits",
            expected=f"some factors between {low:g} and {high:g}",
            got=f"{float(factors.min()):.4g} to {float(factors.max()):.4g}",
            hint="widen the limits",
        )
    return np.where(inside, cut + spare / float(base[inside].sum()), cut), int(outside.sum())


def _failure(
    base: FloatArray,
    model: FloatArray,
    goal: FloatArray,
    achieved: FloatArray,
    labels: list[str],
    bounds: tuple[Bound, Bound] | None,
    iterations: int,
) -> StatisticsError:
    worst = int(np.argmax(np.abs(achieved - goal) / (1 + np.abs(goal))))
    cause = "no weights of this form meet all totals together; widen the bounds, drop an auxiliary or merge categories"
    reachable = model.T @ np.linalg.lstsq(model.T, goal, rcond=None)[0]
    if np.max(np.abs(reachable - goal) / (1 + np.abs(goal))) > 1e-8:
        worst = int(np.argmax(np.abs(reachable - goal) / (1 + np.abs(goal))))
        cause = (
            f"the totals contradict each other: `{labels[worst]}` depends on other auxiliaries, which imply "
            f"{reachable[worst]:.10g}; correct the totals or leave one of the variables out"
        )
    elif bounds is not None:
        low, high = (model * base[:, None] * np.asarray(b).reshape(-1, 1) for b in bounds)
        least, most = np.minimum(low, high).sum(axis=0), np.maximum(low, high).sum(axis=0)
        beyond = np.flatnonzero((goal < least) | (goal > most))
        if beyond.size:
            worst = int(beyond[0])
            cause = (
                f"weights within the bounds can reach {least[worst]:.6g} to {most[worst]:.6g} only; widen the bounds, "
                "or scale the base weights to the population size first"
            )
    return StatisticsError(
        "Calibration did not converge",
        f"auxiliary `{labels[worst]}`: target {goal[worst]:.10g}, achieved {achieved[worst]:.10g}",
        expected="all totals met",
        got=f"a distance of {abs(achieved[worst] - goal[worst]):.4g} after {iterations} steps",
        hint=f"likely cause: {cause}",
    )
