"""What a figure of a weight shows: each margin in the population, before and after weighting, and what it cost."""

from __future__ import annotations

import json

import pandas as pd

from surveyspec.figures import WeightingFigure
from surveyspec.identifiers import number_id
from surveyspec.study import Study
from surveytrail.figures.content import (
    FigureContent,
    LedgerRow,
    Parts,
    Row,
    complete,
    label_token,
    ledger_rows,
    mark_of,
)
from surveytrail.figures.tokens import Token, words

STEPS = ("target", "before", "after")


def weighting_content(study: Study, figure: WeightingFigure, ledger: pd.DataFrame, language: str) -> FigureContent:
    """Gather what a figure of a weight shows.

    Parameters
    ----------
    ledger : the ledger's frame
    language : language of all labels

    Raises
    ------
    StudyError : a number of the figure is not in the ledger, a label without this language
    """
    wave, known = study.waves[figure.wave], set(ledger["id"])
    weight = wave.wave.weights[figure.weight]
    margins = {}
    for code in weight.variables if weight.method == "raking" else []:
        for category in wave.categories(code):
            group = [(wave.slug(code), category.slug)]
            ids = [number_id(wave.id, "weights", weight=figure.weight, parts=[f"margin_{step}"], groups=group)
                   for step in STEPS]  # fmt: skip
            if ids[0] in known:  # levels that only records outside the population have are in no margin
                margins[code, category.code] = (dict(category.label), ids)
    costs = [number_id(wave.id, "weights", figure.weight, [name]) for name in ("n", "deff", "n_effective")]
    values = ledger_rows(study, figure, ledger, [*(one for _, ids in margins.values() for one in ids), *costs])
    rows = [
        Row(
            label_token(study, label, f"{wave.id}.{code}.{level}", language),
            tuple(mark_of(values[one], place, language) for place, one in enumerate(ids)),
        )
        for (code, level), (label, ids) in margins.items()
    ]
    n, deff, n_effective = ([_printed(values[one], language)] for one in costs)
    name = label_token(study, weight.label, f"waves.{wave.id}.weights.{figure.weight}.label", language)
    parts = Parts(
        scale="share",
        axis=label_token(study, figure.axis, f"figures.{figure.id}.axis", language),
        series=tuple(words(f"margin_{step}", language)[0] for step in STEPS),
        rows=tuple(rows),
        notes=((name,), words("weighting_cost", language, n=n, deff=deff, n_effective=n_effective)),
    )
    return complete(study, figure, parts, language)


def _printed(row: LedgerRow, language: str) -> Token:
    return Token("R", json.loads(row["text"])[language], str(row["id"]), "value")
