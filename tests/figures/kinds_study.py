"""A study with a figure of every kind, and a ledger written by a rule: what is drawn can be said beforehand."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pandas as pd

from surveyspec.identifiers import number_id
from surveyspec.plan import plan_numbers, plan_tests
from surveyspec.response import plan_response
from surveyspec.study import Study, load_study
from surveytrail.ledger.columns import typed
from surveytrail.ledger.display import interval_text, value_text
from tests.tracing import small_study

LANGUAGES = ["en", "fr", "de"]
TESTS = """\
hypotheses:
  - id: R1
    label: {en: Rank, fr: Rang, de: Rang}
    wave: w1
    plan: exploratory
    family: ranks
    test: bootstrap_ranks
    items: PRIV_*
    answer: ">= 3"
    expect: different
    seed: 1
    draws: 500
  - id: M1
    label: {en: Model, fr: Modèle, de: Modell}
    wave: w1
    plan: exploratory
    family: models
    test: logit
    y: PRIV_FB >= 3
    given: [INDEX, AGE, SIZE]
    expect: positive
"""
FIGURES = """\
  - id: answers
    kind: stacked_bars
    title: {en: Answers, fr: Réponses, de: Antworten}
    axis: {en: Share, fr: Part, de: Anteil}
    estimate: frequency
    weight: unweighted
  - id: ranks
    kind: ranks
    title: {en: Ranks, fr: Rangs, de: Ränge}
    axis: {en: Rank, fr: Rang, de: Rang}
    series: [{hypothesis: R1, label: {en: all, fr: tous, de: alle}}]
  - id: drivers
    kind: forest
    title: {en: Drivers, fr: Moteurs, de: Treiber}
    axis: {en: Odds ratio, fr: Rapport de cotes, de: Odds Ratio}
    series: [{hypothesis: M1, label: {en: odds ratio, fr: rapport, de: Odds Ratio}}]
  - id: sizes
    kind: dots
    title: {en: By size, fr: Selon la taille, de: Nach Grösse}
    axis: {en: Share, fr: Part, de: Anteil}
    weight: unweighted
    series:
      - {estimate: professional_use, group: size=small, label: {en: small, fr: petites, de: kleine}}
      - {estimate: professional_use, group: size=large, label: {en: large, fr: grandes, de: grosse}}
  - id: flow
    kind: flow
    title: {en: Flow, fr: Flux, de: Fluss}
    wave: w1
"""
RULES = """\
    cleaning:
      - {id: minors, label: {en: Minors, fr: Mineurs, de: Minderjährige}, exclude: AGE < 18}
      - {id: large, label: {en: Large firms, fr: Grandes, de: Grosse}, exclude: SIZE == 2}
    dispositions:
      file: data/raw/dispositions.csv
      frames:
        list: {en: List, fr: Liste, de: Liste}
"""
FREQUENCY = """\
  - id: frequency
    label: {en: Frequency, fr: Fréquence, de: Häufigkeit}
    wave: w1
    items: PRIV_*
    distribution: item
    weights: [unweighted]
"""


def write_kinds_study(directory: Path) -> Study:
    """Write the study into a folder and load it."""
    small_study.write_study(directory)
    config = small_study.CONFIG.replace("    weights:\n      raked:", f"{RULES}    weights:\n      raked:", 1)
    config = config.replace("figures:\n", f"{FREQUENCY}{TESTS}figures:\n{FIGURES}", 1)
    (directory / "config.yaml").write_text(config, encoding="utf-8")
    counted = b"frame,disposition,count\n"
    (directory / "data/raw/dispositions.csv").write_bytes(counted)
    with (directory / "data/raw/MANIFEST.yaml").open("a", encoding="utf-8") as manifest:
        manifest.write(
            f"  - path: data/raw/dispositions.csv\n    sha256: {sha256(counted).hexdigest()}\n"
            f"    bytes: {len(counted)}\n    kind: dispositions\n    status: synthetic\n"
            "    source: made for tests\n    licence: CC0-1.0\n    description: dispositions\n"
        )
    return load_study(directory)


def kinds_ledger(study: Study) -> pd.DataFrame:
    """Return a ledger for the study: the n-th answer of an item has the share 0.6, 0.3, 0.1, the n-th rank is n."""
    shares = {1: 0.61, 3: 0.345, 5: 0.045}
    rows = []
    for place, spec in enumerate(plan_numbers(study)):
        value = shares[spec.category] if spec.category else 0.5 + place / 100
        rows.append(_row(spec.id, spec.estimator, value, (value - 0.02, value + 0.03)))
    wave = study.waves["w1"]
    for test in plan_tests(study):
        ranks = test.hypothesis.test == "bootstrap_ranks"
        codes = wave.items(str(test.hypothesis.items)) if ranks else test.hypothesis.given or []
        for place, code in enumerate(codes):
            name, unit, value = ("rank", "rank", float(len(codes) - place)) if ranks else ("odds_ratio", "statistic",
                                                                                         0.5 * 2**place)  # fmt: skip
            identifier = number_id("w1", test.id, "unweighted", [wave.slug(str(code)), name])
            rows.append(_row(identifier, unit, value, (value * 0.8, value * 1.25)))
    for step, count in (("records", 100), ("excluded.minors", 7), ("excluded.large", 0), ("analysed", 93)):
        rows.append(_row(f"w1.flow.{step}.unweighted", "count", count, None))
    for place, response in enumerate(plan_response(study, "w1")):
        rows.append(_row(response.id, response.unit, 200 - place, None))
    return typed(rows)


def _row(identifier: str, unit: str, value: float, interval: tuple[float, float] | None) -> dict[str, object]:
    lower, upper = interval or (None, None)
    decimals = 0 if unit == "count" else 1
    return {
        "id": identifier,
        "unit": unit,
        "value": value,
        "lower": lower,
        "upper": upper,
        "n_used": 93,
        "interval_level": 0.95,
        "label": json.dumps(dict.fromkeys(LANGUAGES, f"Step {identifier}")),
        "text": json.dumps({language: value_text(value, unit, decimals, language) for language in LANGUAGES}),
        "interval_text": json.dumps({language: interval_text(lower, upper, unit, decimals, language)
                                     for language in LANGUAGES}) if interval else None,
    }  # fmt: skip
