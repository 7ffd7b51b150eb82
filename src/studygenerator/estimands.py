"""The statistics that calibration targets name, computed from the codes of valid records."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from studygenerator.plan import Plan
from studygenerator.settings import Target

EXCLUDED_CHANNELS = {"WK", "SS"}  # not among the nine social channels
Answers = dict[str, np.ndarray]
Found = tuple[list[float], list[float]]
Estimand = Callable[[Plan, Answers, Target], Found]


def _share(condition: np.ndarray, base: np.ndarray) -> float:
    return float(condition[base].mean())


def _answered(values: np.ndarray) -> np.ndarray:
    return ~np.isnan(values)


def _cases(plan: Plan, answers: Answers, target: Target) -> Found:
    return [float(len(answers["W1_ROLE"]))], []


def _shares(plan: Plan, answers: Answers, target: Target) -> Found:
    values = answers[target.variables[0]]
    return [_share(values == code, _answered(values)) for code in target.codes], []


def _at_least(plan: Plan, answers: Answers, target: Target) -> Found:
    columns = [answers[code] for code in target.variables]
    return [_share(values >= code, _answered(values)) for values in columns for code in target.codes], []


def _at_most(plan: Plan, answers: Answers, target: Target) -> Found:
    values = answers[target.variables[0]]
    return [_share(values <= target.codes[0], _answered(values))], []


def _means(plan: Plan, answers: Answers, target: Target) -> Found:
    return [float(np.nanmean(answers[code])) for code in target.variables], []


def _complete(answers: Answers, codes: list[str]) -> np.ndarray:
    values = np.column_stack([answers[code] for code in codes])
    return values[_answered(values).all(axis=1)]


def _alpha(plan: Plan, answers: Answers, target: Target) -> Found:
    values = _complete(answers, target.variables)
    k = values.shape[1]
    return [k / (k - 1) * (1 - values.var(axis=0, ddof=1).sum() / values.sum(axis=1).var(ddof=1))], []


def _social(plan: Plan, context: str) -> list[str]:
    return [code for code in plan.battery(f"W1_{context}") if code.split("_")[2] not in EXCLUDED_CHANNELS]


def _low_use(plan: Plan, answers: Answers, target: Target) -> Found:
    return [float((_complete(answers, _social(plan, "PRIV")) < 4).all(axis=1).mean())], []


def _any_private(plan: Plan, answers: Answers, target: Target) -> Found:
    return [float((_complete(answers, _social(plan, "PRIV")) >= 2).any(axis=1).mean())], []


def _both_contexts(plan: Plan, answers: Answers, target: Target) -> Found:
    private = _social(plan, "PRIV")
    used = _complete(answers, [*private, *_social(plan, "PROF")]) >= 2
    return [float((used[:, : len(private)].any(axis=1) & used[:, len(private) :].any(axis=1)).mean())], []


def _index(answers: Answers, codes: list[str]) -> np.ndarray:
    """Mean of the answers given; NaN without any."""
    values = np.column_stack([answers[code] for code in codes])
    counts = _answered(values).sum(axis=1)
    return np.divide(np.nansum(values, axis=1), counts, out=np.full(len(counts), np.nan), where=counts > 0)


def _spearman_use(plan: Plan, answers: Answers, target: Target) -> Found:
    private, professional = (_index(answers, plan.battery(name)) for name in ("W1_PRIV", "W1_PROF"))
    return [float(stats.spearmanr(private, professional, nan_policy="omit").statistic)], []


def _pearson(plan: Plan, answers: Answers, target: Target) -> Found:
    return [float(np.corrcoef(_complete(answers, target.variables), rowvar=False)[0, 1])], []


def _joint(plan: Plan, answers: Answers, target: Target) -> Found:
    return [float((_complete(answers, target.variables) >= target.codes[0]).all(axis=1).mean())], []


def _lift(plan: Plan, answers: Answers, target: Target) -> Found:
    agree = _complete(answers, target.variables) >= target.codes[0]
    return [float(agree.all(axis=1).mean() / agree.mean(axis=0).prod())], []


def _paired_d(plan: Plan, answers: Answers, target: Target) -> Found:
    values = _complete(answers, target.variables)
    difference = values[:, 0] - values[:, 1]
    return [float(difference.mean() / difference.std(ddof=1))], []


def _zero_share(plan: Plan, answers: Answers, target: Target) -> Found:
    values = answers[target.variables[0]]
    return [_share(values == 0, _answered(values))], []


def _median_positive(plan: Plan, answers: Answers, target: Target) -> Found:
    values = answers[target.variables[0]]
    return [float(np.median(values[values > 0]))], []


def _planned_or_external(plan: Plan, answers: Answers, target: Target) -> Found:
    columns = [answers[code] for code in target.variables]
    return [_share(np.isin(values, [2, 4]), _answered(values)) for values in columns], []


def _internal_only(plan: Plan, answers: Answers, target: Target) -> Found:
    columns = [answers[code] for code in target.variables]
    return [_share(values == 3, values >= 3) for values in columns], []


def _adoption(plan: Plan, answers: Answers) -> np.ndarray:
    """1 with an external channel, 0 without, NaN where an unanswered channel leaves it open."""
    status = np.column_stack([answers[code] for code in plan.battery("W1_FIRM", "single")])
    external = (status == 4).any(axis=1)
    return np.where(external, 1.0, np.where(_answered(status).all(axis=1), 0.0, np.nan))


def _adopters(plan: Plan, answers: Answers, target: Target) -> Found:
    return [float(np.nanmean(_adoption(plan, answers)))], []


def _ticked(plan: Plan, answers: Answers, target: Target) -> Found:
    options = plan.battery("W1_BAR", "multiple")
    base = np.any([answers[code] == 1 for code in options], axis=0)
    return [_share(answers[code] == 1, base) for code in target.variables], []


def _leads(plan: Plan, answers: Answers, target: Target) -> Found:
    """1 if the variables named are the first of their battery, in any order; by share, or by mean without codes."""
    variable = plan.codebook.by_code[target.variables[0]]
    battery = plan.battery(variable.battery or "", variable.type)

    def size(code: str) -> float:
        values = answers[code]
        return _share(values >= target.codes[0], _answered(values)) if target.codes else float(np.nanmean(values))

    first = sorted(battery, key=size, reverse=True)[: len(target.variables)]
    return [float(set(first) == set(target.variables))], []


def _model(plan: Plan, answers: Answers) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Fit presence on use, trust, pressure and size (standardised); return coefficients, their errors, y, fitted."""
    columns = [_index(answers, plan.battery(name)) for name in ("W1_PRIV", "W1_TR", "W1_PRES")]
    columns.append(plan.log_size(answers["W1_SIZE"]))
    outcome = _adoption(plan, answers)
    values = np.column_stack([outcome, *columns])
    values = values[_answered(values).all(axis=1)]
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
    "cases": _cases, "shares": _shares, "at_least": _at_least, "at_most": _at_most, "means": _means, "alpha": _alpha,
    "low_use": _low_use, "any_private": _any_private, "both_contexts": _both_contexts, "spearman_use": _spearman_use,
    "pearson": _pearson, "joint": _joint, "lift": _lift, "paired_d": _paired_d, "zero_share": _zero_share,
    "median_positive": _median_positive, "planned_or_external": _planned_or_external, "adopters": _adopters,
    "internal_only": _internal_only, "ticked": _ticked, "leads": _leads, "logit": _logit, "nagelkerke": _nagelkerke,
    "auc": _auc,
}  # fmt: skip
