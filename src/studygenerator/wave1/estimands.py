"""Statistics that only targets of the first wave name."""

from __future__ import annotations

import numpy as np
from scipy import stats

from studygenerator.estimands import GENERIC, Answers, Estimand, Found, answered, complete, share
from studygenerator.targets import Target
from studygenerator.wave1.plan import Plan

EXCLUDED_CHANNELS = {"WK", "SS"}  # not among the nine social channels


def _alpha(plan: Plan, answers: Answers, target: Target) -> Found:
    values = complete(answers, target.variables)
    k = values.shape[1]
    return [k / (k - 1) * (1 - values.var(axis=0, ddof=1).sum() / values.sum(axis=1).var(ddof=1))], []


def _social(plan: Plan, context: str) -> list[str]:
    return [code for code in plan.battery(f"W1_{context}") if code.split("_")[2] not in EXCLUDED_CHANNELS]


def _low_use(plan: Plan, answers: Answers, target: Target) -> Found:
    return [float((complete(answers, _social(plan, "PRIV")) < 4).all(axis=1).mean())], []


def _any_private(plan: Plan, answers: Answers, target: Target) -> Found:
    return [float((complete(answers, _social(plan, "PRIV")) >= 2).any(axis=1).mean())], []


def _both_contexts(plan: Plan, answers: Answers, target: Target) -> Found:
    private = _social(plan, "PRIV")
    used = complete(answers, [*private, *_social(plan, "PROF")]) >= 2
    return [float((used[:, : len(private)].any(axis=1) & used[:, len(private) :].any(axis=1)).mean())], []


def _index(answers: Answers, codes: list[str]) -> np.ndarray:
    """Mean of the answers given; NaN without any."""
    values = np.column_stack([answers[code] for code in codes])
    counts = answered(values).sum(axis=1)
    return np.divide(np.nansum(values, axis=1), counts, out=np.full(len(counts), np.nan), where=counts > 0)


def _spearman_use(plan: Plan, answers: Answers, target: Target) -> Found:
    private, professional = (_index(answers, plan.battery(name)) for name in ("W1_PRIV", "W1_PROF"))
    return [float(stats.spearmanr(private, professional, nan_policy="omit").statistic)], []


def _pearson(plan: Plan, answers: Answers, target: Target) -> Found:
    return [float(np.corrcoef(complete(answers, target.variables), rowvar=False)[0, 1])], []


def _joint(plan: Plan, answers: Answers, target: Target) -> Found:
    return [float((complete(answers, target.variables) >= target.codes[0]).all(axis=1).mean())], []


def _lift(plan: Plan, answers: Answers, target: Target) -> Found:
    agree = complete(answers, target.variables) >= target.codes[0]
    return [float(agree.all(axis=1).mean() / agree.mean(axis=0).prod())], []


def _paired_d(plan: Plan, answers: Answers, target: Target) -> Found:
    values = complete(answers, target.variables)
    difference = values[:, 0] - values[:, 1]
    return [float(difference.mean() / difference.std(ddof=1))], []


def _zero_share(plan: Plan, answers: Answers, target: Target) -> Found:
    values = answers[target.variables[0]]
    return [share(values == 0, answered(values))], []


def _median_positive(plan: Plan, answers: Answers, target: Target) -> Found:
    values = answers[target.variables[0]]
    return [float(np.median(values[values > 0]))], []


def _planned_or_external(plan: Plan, answers: Answers, target: Target) -> Found:
    columns = [answers[code] for code in target.variables]
    return [share(np.isin(values, [2, 4]), answered(values)) for values in columns], []


def _internal_only(plan: Plan, answers: Answers, target: Target) -> Found:
    columns = [answers[code] for code in target.variables]
    return [share(values == 3, values >= 3) for values in columns], []


def _adoption(plan: Plan, answers: Answers) -> np.ndarray:
    """1 with an external channel, 0 without, NaN where an unanswered channel leaves it open."""
    status = np.column_stack([answers[code] for code in plan.battery("W1_FIRM", "single")])
    external = (status == 4).any(axis=1)
    return np.where(external, 1.0, np.where(answered(status).all(axis=1), 0.0, np.nan))


def _adopters(plan: Plan, answers: Answers, target: Target) -> Found:
    return [float(np.nanmean(_adoption(plan, answers)))], []


def _model(plan: Plan, answers: Answers) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Fit presence on use, trust, pressure and size (standardised); return coefficients, their errors, y, fitted."""
    columns = [_index(answers, plan.battery(name)) for name in ("W1_PRIV", "W1_TR", "W1_PRES")]
    columns.append(plan.log_size(answers["W1_SIZE"]))
    outcome = _adoption(plan, answers)
    values = np.column_stack([outcome, *columns])
    values = values[answered(values).all(axis=1)]
    y, x = values[:, 0], values[:, 1:]
    X = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)])
    beta = np.zeros(X.shape[1])
    for _ in range(50):
        fitted = 1 / (1 + np.exp(-X @ beta))
        information = X.T @ (X * (fitted * (1 - fitted))[:, None])
        step = np.linalg.solve(information, X.T @ (y - fitted))
        beta = beta + step
        if np.abs(step).max() < 1e-12:
            break
    return beta[1:], np.sqrt(np.diag(np.linalg.inv(information)))[1:], y, fitted


def _logit(plan: Plan, answers: Answers, target: Target) -> Found:
    beta, errors, _, _ = _model(plan, answers)
    return beta.tolist(), errors.tolist()


def _nagelkerke(plan: Plan, answers: Answers, target: Target) -> Found:
    _, _, y, fitted = _model(plan, answers)
    n, p = len(y), y.mean()
    null = n * (p * np.log(p) + (1 - p) * np.log(1 - p))
    full = float(np.sum(y * np.log(fitted) + (1 - y) * np.log(1 - fitted)))
    return [float((1 - np.exp(2 * (null - full) / n)) / (1 - np.exp(2 * null / n)))], []


def _auc(plan: Plan, answers: Answers, target: Target) -> Found:
    _, _, y, fitted = _model(plan, answers)
    rank_sum = stats.rankdata(fitted)[y == 1].sum()
    positive, negative = (y == 1).sum(), (y == 0).sum()
    return [float((rank_sum - positive * (positive + 1) / 2) / (positive * negative))], []


ESTIMANDS: dict[str, Estimand] = {
    **GENERIC, "alpha": _alpha, "low_use": _low_use, "any_private": _any_private, "both_contexts": _both_contexts,
    "spearman_use": _spearman_use, "pearson": _pearson, "joint": _joint, "lift": _lift, "paired_d": _paired_d,
    "zero_share": _zero_share, "median_positive": _median_positive, "planned_or_external": _planned_or_external,
    "adopters": _adopters, "internal_only": _internal_only, "logit": _logit, "nagelkerke": _nagelkerke, "auc": _auc,
}  # fmt: skip
