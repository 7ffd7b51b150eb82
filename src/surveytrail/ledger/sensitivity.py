"""What config and codebook say of a headline number's specifications, and of the numbers about all of them."""

from __future__ import annotations

from collections.abc import Iterable

from surveyspec.plan import canonical, joined
from surveyspec.sensitivity import KIND, Multiverse, Specification, Summary
from surveyspec.study import Study
from surveytrail.ledger.wording import SENSITIVITY


def specification_fields(study: Study, spec: Specification, headline: dict[str, object]) -> dict[str, object]:
    """Return the fields of one specification: those of the headline number, but for what is decided otherwise.

    Parameters
    ----------
    headline : the same fields of the number as reported
    """
    bases = [option.where for _, option in spec.choices if option.where is not None]
    return {
        **headline,
        "kind": KIND,
        "weight": spec.number.weight,
        "variables": list(spec.number.value_variables),
        "filter": bases[-1] if bases else headline["filter"],
        "label": spec.number.label,
        "settings": {"level": spec.number.level, "options": spec.options, **spec.changes},
        "stage": "compare",
        "config_line": study.line(*spec.keys),
    }


def summary_fields(
    study: Study, multiverse: Multiverse, summary: Summary, headline: dict[str, object]
) -> dict[str, object]:
    """Return the fields of a number about all specifications of a headline number."""
    reported = multiverse.reported.number
    said = SENSITIVITY[summary.statistic if summary.claim is None else "claim"]
    about = [] if summary.claim is None else [_statement(study, summary.claim, reported.label)]
    of_value = summary.unit == "value"
    condition = {} if summary.condition is None else {"condition": canonical(summary.condition)}
    return {
        **{name: headline[name] for name in ("estimate", "item", "category", "groups", "weight", "group_label")},
        "kind": KIND,
        "estimator": "count" if summary.unit == "count" else reported.estimator if of_value else "share",
        "statistic": summary.statistic,
        "variables": headline["variables"],
        "filter": headline["filter"],
        "label": joined([reported.label, *about, said]),
        "unit": reported.estimator if of_value else summary.unit,
        "decimals": reported.decimals if of_value else 0 if summary.unit == "count" else 1,
        "settings": {"reported": reported.id, **condition},
        "stage": "compare",
        "config_line": study.line(*multiverse.keys),
    }


def _statement(study: Study, claim: str, languages: Iterable[str]) -> dict[str, str]:
    """Return the text of a claim per language, and its id where it has no text."""
    statements = study.config.claims.statements if study.config.claims is not None else []
    texts = next(dict(entry.text) for entry in statements if entry.id == claim)
    return {language: texts.get(language, claim) for language in languages}
