"""Conditions on arrays: each becomes two masks, where it is true and where it is known (Kleene's logic)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from surveyspec.conditions import (
    ITEM,
    Absolute,
    Aggregate,
    All,
    AnyOf,
    Arithmetic,
    Comparison,
    Condition,
    Constant,
    Count,
    Membership,
    Missing,
    Not,
    Value,
    Variable,
)

Columns = Mapping[str, np.ndarray]
Masks = tuple[np.ndarray, np.ndarray]
_COMPARE = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


_COMPUTE = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def is_known(values: np.ndarray) -> np.ndarray:
    """Return where a column holds an answer: not NaN in numbers, not None in texts."""
    if values.dtype == object:
        return np.array([value is not None for value in values], dtype=bool)
    return ~np.isnan(values)


def evaluate(condition: Condition, columns: Columns) -> Masks:
    """Evaluate a bound condition for every record.

    Parameters
    ----------
    condition : bound condition
    columns : per variable code a (n,) float array (NaN = missing) or object array of str (None = missing); for
        ``missing(VAR, REASON)`` also ``VAR:reason``

    Returns
    -------
    (true, known) : two (n,) boolean arrays; ``true`` implies ``known``
    """
    match condition:
        case Comparison():
            left, left_known = evaluate_value(condition.left, columns)
            right, right_known = evaluate_value(condition.right, columns)
            known = left_known & right_known
            true = np.zeros(known.shape, dtype=bool)
            true[known] = _COMPARE[condition.operator](left[known], right[known]).astype(bool)
            return true, known
        case Membership():
            values, known = evaluate_value(condition.left, columns)
            true = np.zeros(known.shape, dtype=bool)
            true[known] = np.isin(values[known], np.array(condition.members, dtype=values.dtype))
            return true, known
        case Missing():
            missing = ~is_known(columns[condition.name])
            if condition.reason is not None:
                missing &= columns[f"{condition.name}:reason"] == condition.reason
            return missing, np.ones(missing.shape, dtype=bool)
        case Not():
            true, known = evaluate(condition.condition, columns)
            return known & ~true, known
        case All():
            parts = [evaluate(part, columns) for part in condition.conditions]
            true = np.logical_and.reduce([part[0] for part in parts])
            false = np.logical_or.reduce([known & ~part_true for part_true, known in parts])
            return true, true | false
        case AnyOf():
            parts = [evaluate(part, columns) for part in condition.conditions]
            true = np.logical_or.reduce([part[0] for part in parts])
            false = np.logical_and.reduce([known & ~part_true for part_true, known in parts])
            return true, true | false


def evaluate_value(value: Value, columns: Columns) -> Masks:
    """Return a bound value for every record, and where it is known."""
    match value:
        case Arithmetic():
            left, left_known = evaluate_value(value.left, columns)
            right, right_known = evaluate_value(value.right, columns)
            known = left_known & right_known & ((value.operator != "/") | (right != 0))
            computed = np.full(known.shape, np.nan)
            computed[known] = _COMPUTE[value.operator](left[known], right[known])
            return computed, known
        case Absolute():
            inner, known = evaluate_value(value.value, columns)
            return np.abs(inner), known
        case Variable():
            found = columns[value.name]
            return found, is_known(found)
        case Constant():
            size = len(next(iter(columns.values())))
            kind = object if isinstance(value.value, str) else np.float64
            return np.full(size, value.value, dtype=kind), np.ones(size, dtype=bool)
        case Aggregate():
            totals = dict(value.reverse)
            items = np.column_stack(
                [totals[item] - columns[item] if item in totals else columns[item] for item in value.items]
            )
            return aggregate(items, value.function, value.min_answered)
        case Count():
            masks = [evaluate(value.condition, {**columns, ITEM: columns[item]}) for item in value.items]
            answered = np.sum([known for _, known in masks], axis=0)
            least = len(value.items) if value.min_answered is None else value.min_answered
            return np.sum([true for true, _ in masks], axis=0).astype(np.float64), answered >= least


def aggregate(items: np.ndarray, function: str, min_answered: int | None) -> Masks:
    """Aggregate (n, k) items per record over the answered ones.

    Returns
    -------
    (values, known) : known where at least ``min_answered`` items (default: all) are answered
    """
    answered = ~np.isnan(items)
    count = answered.sum(axis=1)
    known = (count >= (items.shape[1] if min_answered is None else min_answered)) & (count > 0)
    if function in {"min", "max"}:
        fill = np.inf if function == "min" else -np.inf
        filled = np.where(answered, items, fill)
        values = filled.min(axis=1) if function == "min" else filled.max(axis=1)
    else:
        values = np.where(answered, items, 0.0).sum(axis=1)
        if function == "mean":
            values = np.divide(values, count, out=np.full(values.shape, np.nan), where=count > 0)
    return np.where(known, values, np.nan), known
