"""The toolbox as one JSON value for a browser: questions, conditions as parsed trees, rules, figures of peers."""

from __future__ import annotations

from typing import Any

from surveyspec.conditions import variables_of
from surveyspec.identifiers import short_anchor
from surveyspec.locales import LOCALES, MINUS
from surveyspec.plan import canonical
from surveyspec.toolbox import AskedQuestion, Rule
from surveytrail.toolbox.answers import Form
from surveytrail.toolbox.peers import Peers

Json = dict[str, Any]


def compile_toolbox(form: Form, peers: Peers) -> Json:
    """Return everything that ``assets/engine.js`` needs to assess a firm."""
    spec, toolbox = form.spec, form.spec.toolbox
    languages = spec.wave.categories(toolbox.language_variable)
    return {
        "languages": toolbox.languages,
        "languageVariable": toolbox.language_variable,
        "languageCodes": {part.cell: part.code for part in languages},
        "locales": {
            name: {"decimal": locale.decimal, "thousands": locale.thousands, "minus": MINUS}
            for name, locale in LOCALES.items()
        },
        "questions": [_question(question) for question in form.questions],
        "derived": [_derived(form, code) for code in form.derived],
        "absentIf": canonical(spec.absent_if),
        "gates": [
            {"id": gate.id, "above": gate.above, "requires": canonical(condition), "label": gate.label}
            for gate, condition in spec.gates
        ],
        "levels": [
            {"code": level.code, "atLeast": level.at_least, "label": level.label, "meaning": level.meaning}
            for level in toolbox.levels
        ],
        "headings": toolbox.headings,
        "dimensions": [
            {
                "id": dimension.id, "variable": dimension.variable, "label": dimension.label,
                "meaning": dimension.meaning, "items": [dimension.item_variable(item) for item in dimension.items],
            }
            for dimension in toolbox.dimensions
        ],
        "needed": toolbox.needed(len(toolbox.dimensions)),
        "amounts": [
            {"id": amount.id, "variable": amount.variable, "label": amount.label} for amount in toolbox.peers.amounts
        ],
        "shrink": toolbox.peers.shrink,
        "recommendations": {
            "atMost": toolbox.recommendations.at_most, "leastGap": toolbox.recommendations.least_gap,
        },
        "rules": [_rule(form, rule) for rule in toolbox.rules],
        "sources": toolbox.sources,
        "peers": _with_anchors(peers.as_json()),
        "grouping": {code: spec.wave.label(code) for code in form.grouped_by},
    }  # fmt: skip


def _question(question: AskedQuestion) -> Json:
    variable, codebook = question.variable, question.codebook
    return {
        "code": question.code,
        "type": variable.type,
        "page": variable.page if question.asked_here else None,
        "exclusive": variable.type == "multiple" and variable.slug == "none",
        "stem": dict(codebook.stems[variable.stem]) if variable.stem is not None else None,
        "label": dict(variable.label),
        "categories": [
            {"code": part.code, "label": dict(part.label), "missing": part.reason is not None}
            for part in codebook.categories(variable)
        ],
        "range": list(variable.range) if variable.range is not None else None,
        "askedIf": canonical(question.asked_if) if question.asked_if is not None else None,
    }


def _derived(form: Form, code: str) -> Json:
    conditions, value = form.spec.wave.derived_parts(code)
    if value is not None:
        return {"code": code, "value": canonical(value)}
    return {"code": code, "categories": [{"code": part, "when": canonical(when)} for part, when in conditions]}


def _rule(form: Form, rule: Rule) -> Json:
    conditions = next(found for known, found in form.spec.rules if known is rule)
    return {
        "id": rule.id,
        "dimension": rule.dimension,
        "conditions": [{"tree": canonical(tree), "reads": list(variables_of(tree))} for tree in conditions],
        "alone": rule.alone,
        "importance": rule.importance,
        "priority": rule.priority,
        "conflictsWith": rule.conflicts_with,
        "title": rule.title,
        "advice": rule.advice,
        "firstStep": rule.first_step,
        "evidence": rule.evidence,
        "sources": rule.sources,
        "effort": rule.effort,
    }


def _with_anchors(peers: Json) -> Json:
    """Add to each figure the anchor of its entry in the page."""
    return {
        **peers,
        **{
            part: {
                name: {key: {at: _anchored(entry) for at, entry in group.items()} for key, group in groups.items()}
                for name, groups in peers[part].items()
            }
            for part in ("dimensions", "amounts")
        },
    }


def _anchored(entry: Any) -> Any:
    return {**entry, "anchor": short_anchor(entry["id"])} if isinstance(entry, dict) and "id" in entry else entry
