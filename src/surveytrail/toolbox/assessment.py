"""A firm's scores, level and peers, and what it is advised: plain JSON values, the same that a browser computes.

Figures are taken to 12 significant digits wherever something is decided by them, so that the order in which a sum was
made decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from surveyspec.conditions import variables_of
from surveyspec.toolbox import BUILT_IN, LEVEL, MATURITY, UNANSWERED, Rule
from surveytrail.masks import evaluate
from surveytrail.toolbox.answers import NOT_ASKED, Firm, Form
from surveytrail.toolbox.peers import MEAN, Group, Peers, tidy

STRENGTHS = 3
Assessment = dict[str, Any]


@dataclass(frozen=True)
class Scored:
    """What is known of firms before peers are looked at, all firms at once.

    Parameters
    ----------
    columns : answers and derived variables, and what rules may read beside them
    asked, missing : (n, questions) who was asked what, and who left it open
    absent : (n,) at the lowest level by definition
    overall, by_score, level : (n,) overall score, the level that it takes, the level that the gates leave; NaN unknown
    gates : per gate (n,) whether its condition is true, known, and whether it held the firm back
    """

    columns: dict[str, np.ndarray]
    asked: np.ndarray
    missing: np.ndarray
    absent: np.ndarray
    overall: np.ndarray
    by_score: np.ndarray
    level: np.ndarray
    gates: list[tuple[np.ndarray, np.ndarray, np.ndarray]]


def score_firms(form: Form, columns: dict[str, np.ndarray]) -> Scored:
    """Return scores and levels of firms from the columns of their answers."""
    toolbox = form.spec.toolbox
    reasons = np.column_stack([columns[f"{question.code}:reason"] for question in form.questions])
    asked = reasons != NOT_ASKED
    missing = asked & pd.notna(reasons)
    absent = evaluate(form.spec.absent_if, columns)[0]
    scores = np.column_stack([columns[dimension.variable] for dimension in toolbox.dimensions])
    known = ~np.isnan(scores)
    enough = (known.sum(axis=1) >= toolbox.needed(len(toolbox.dimensions))) & ~absent
    total = np.zeros(len(absent))
    for place in range(scores.shape[1]):
        total += np.where(known[:, place], [tidy(score) for score in scores[:, place]], 0.0)
    overall = np.full(len(absent), np.nan)
    overall[enough] = [tidy(value) for value in total[enough] / known.sum(axis=1)[enough]]
    by_score = np.where(absent, 0.0, np.nan)
    for entry in toolbox.levels:
        by_score[overall >= entry.at_least] = entry.code
    level, gates = by_score.copy(), []
    for gate, condition in form.spec.gates:
        true, is_known = evaluate(condition, columns)
        held = (level > gate.above) & ~true
        level[held] = gate.above
        gates.append((true, is_known, held))
    open_share = np.array([tidy(share) for share in missing.sum(axis=1) / asked.sum(axis=1)])
    extended = {**columns, LEVEL: level, MATURITY: overall, UNANSWERED: open_share}
    return Scored(extended, asked, missing, absent, overall, by_score, level, gates)


def assess(form: Form, peers: Peers, firms: Sequence[Firm]) -> list[Assessment]:
    """Score firms, set them beside their peers and advise them.

    Parameters
    ----------
    peers : figures of peers that may be shown

    Returns
    -------
    one assessment per firm: ``asked``, ``open`` and ``unanswered``, ``dimensions`` with scores and peers, ``overall``
    with level and gates, ``amounts``, ``strengths``, ``recommendations``, and why others are ``withheld``
    """
    scored = score_firms(form, form.columns(firms))
    holding = [[evaluate(condition, scored.columns)[0] for condition in found] for _, found in form.spec.rules]
    found = []
    for place in range(len(firms)):
        base = _base(form, scored, place)
        _set_beside(form, peers, base, scored.columns, place)
        found.append(base | _advice(form, base, scored.columns, holding, place))
    return found


def fires(form: Form, answers: Mapping[str, float], rule: Rule) -> bool:
    """Say whether a rule speaks for answers, among which ``LEVEL`` and the like may be given as such."""
    columns = form.columns([Firm("", form.spec.toolbox.languages[0], answers)])
    scored = score_firms(form, columns)
    given = {name: np.array([float(answers[name])]) for name in BUILT_IN if name in answers}
    return bool(evaluate(form.spec.condition_of(rule), {**scored.columns, **given})[0][0])


def _base(form: Form, scored: Scored, place: int) -> Assessment:
    """Return what does not depend on peers: questions left open, scores, level and gates."""
    toolbox, columns = form.spec.toolbox, scored.columns
    dimensions = []
    for dimension in toolbox.dimensions:
        items = [columns[dimension.item_variable(item)][place] for item in dimension.items]
        known = sum(not np.isnan(item) for item in items)
        score = _known(columns[dimension.variable][place])
        dimensions.append({"id": dimension.id, "score": score, "known": known, "items": len(items)})
    gates = [
        {"id": gate.id, "open": bool(true[place]), "known": bool(known[place]), "held": bool(held[place])}
        for (gate, _), (true, known, held) in zip(form.spec.gates, scored.gates, strict=True)
    ]
    return {
        "asked": int(scored.asked[place].sum()),
        "open": [question.code for question, gone in zip(form.questions, scored.missing[place], strict=True) if gone],
        "unanswered": float(columns[UNANSWERED][place]),
        "absent": bool(scored.absent[place]),
        "dimensions": dimensions,
        "overall": {
            "score": _known(scored.overall[place]),
            "level_by_score": _code(scored.by_score[place]),
            "level": _code(scored.level[place]),
            "gates": gates,
        },
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else tidy(float(value))


def _code(value: float) -> int | None:
    return None if np.isnan(value) else int(value)


def _set_beside(form: Form, peers: Peers, base: Assessment, columns: Mapping[str, np.ndarray], place: int) -> None:
    """Add to an assessment each dimension's peers, the strengths, and the amounts."""
    toolbox = form.spec.toolbox
    ahead = []
    for at, entry in enumerate(base["dimensions"]):
        shown = peers.dimensions[entry["id"]]
        beside = _beside(form, peers, shown, columns, place)
        entry["peers"] = beside
        entry["band"] = _band(entry["score"], shown[beside["group"]]) if beside is not None else None
        entry["gap"] = _gap(entry, toolbox.recommendations.least_gap)
        if entry["score"] is not None and beside is not None and entry["score"] > beside["shrunk"]:
            ahead.append((tidy(beside["shrunk"] - entry["score"]), at))
    base["strengths"] = [base["dimensions"][at]["id"] for _, at in sorted(ahead)[:STRENGTHS]]
    base["amounts"] = [
        {
            "id": amount.id,
            "own": _known(columns[amount.variable][place]),
            "peers": _beside(form, peers, peers.amounts[amount.id], columns, place),
        }
        for amount in toolbox.peers.amounts
    ]


def _beside(
    form: Form, peers: Peers, shown: Mapping[str, Group], columns: Mapping[str, np.ndarray], place: int
) -> Assessment | None:
    """Return the narrowest group of peers that is shown, and its mean drawn towards the wider ones'."""
    found: list[tuple[int, tuple[str, ...], str]] = []
    for level, codes in enumerate(peers.fallback):
        own = [columns[code][place] for code in codes]
        key = ",".join(f"{code}={int(value)}" for code, value in zip(codes, own, strict=True) if not np.isnan(value))
        if not np.isnan(own).any() and key in shown:
            found.append((level, codes, key))
    if not found:
        return None
    level, codes, key = found[0]
    chain = [key]
    for _, wider, name in found[1:]:
        if set(wider) < set(codes):
            chain.append(name)
            codes = wider
    shrunk = shown[chain[-1]][MEAN]["value"]
    for name in reversed(chain[:-1]):
        group, weight = shown[name], form.spec.toolbox.peers.shrink
        shrunk = (group["n"] * group[MEAN]["value"] + weight * shrunk) / (group["n"] + weight)
    return {"fallback": level, "group": key, "n": shown[key]["n"], "shrunk": tidy(shrunk), "chain": chain}


def cuts_of(group: Group) -> list[str]:
    """Return the quantiles that a group has, from the lowest."""
    return sorted((name for name in group if name[0] == "q" and name[1:].isdigit()), key=lambda name: int(name[1:]))


def _band(score: float | None, group: Group) -> int | None:
    """Return how many of a group's quantiles a score reaches."""
    if score is None:
        return None
    return sum(score >= group[name]["value"] for name in cuts_of(group))


def _gap(entry: Assessment, least: float) -> float:
    """Return by how many points peers are ahead, at least ``least``."""
    if entry["score"] is None or entry["peers"] is None:
        return least
    return max(tidy(entry["peers"]["shrunk"] - entry["score"]), least)


def _advice(
    form: Form,
    base: Assessment,
    columns: Mapping[str, np.ndarray],
    holding: Sequence[Sequence[np.ndarray]],
    place: int,
) -> Assessment:
    """Return the recommendations in order, those withheld by another, and those beyond the number given."""
    toolbox = form.spec.toolbox
    gaps = {entry["id"]: entry["gap"] for entry in base["dimensions"]}
    speaking = []
    for (rule, conditions), masks in zip(form.spec.rules, holding, strict=True):
        true = [condition for condition, mask in zip(conditions, masks, strict=True) if mask[place]]
        if true:
            read = dict.fromkeys(name for condition in true for name in variables_of(condition))
            answers = [(name, float(columns[name][place])) for name in read]
            values = [[name, tidy(answer)] for name, answer in answers if not np.isnan(answer)]
            weight = tidy(gaps[rule.dimension] * rule.importance)
            speaking.append({"id": rule.id, "gap": gaps[rule.dimension], "weight": weight, "values": values})
    rules = {rule.id: rule for rule in toolbox.rules}
    order = {rule.id: number for number, rule in enumerate(toolbox.rules)}
    alone = [entry for entry in speaking if rules[entry["id"]].alone]
    withheld = _withheld([rules[entry["id"]] for entry in speaking])
    given = [entry for entry in speaking if entry["id"] not in withheld]
    given.sort(key=lambda entry: (-entry["weight"], -rules[entry["id"]].importance, order[entry["id"]]))
    if alone:
        withheld, given = {}, alone[:1]
    most = toolbox.recommendations.at_most
    return {
        "recommendations": given[:most],
        "further": [entry["id"] for entry in given[most:]],
        "withheld": [{"id": name, "because": other} for name, other in sorted(withheld.items())],
    }


def _withheld(speaking: Sequence[Rule]) -> dict[str, str]:
    """Return the rules that a conflicting one silences, in order of priority, each with the one that speaks."""
    silenced: dict[str, str] = {}
    for rule in sorted(speaking, key=lambda rule: (rule.priority is None, rule.priority or 0)):
        if rule.id in silenced:
            continue
        for other in speaking:
            conflict = other.id in rule.conflicts_with or rule.id in other.conflicts_with
            if conflict and other.id not in silenced and (other.priority or 0) > (rule.priority or 0):
                silenced[other.id] = rule.id
    return silenced
