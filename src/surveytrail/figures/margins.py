"""What a figure of a weight shows: each margin in the population, before and after weighting, and what it cost."""

from __future__ import annotations

from surveyspec.figures import WeightingFigure
from surveyspec.identifiers import number_id
from surveytrail.figures.content import FigureContent, Gathering, Parts, Row

STEPS = ("target", "before", "after")


def weighting_content(source: Gathering[WeightingFigure]) -> FigureContent:
    """Gather what a figure of a weight shows."""
    figure, wave, known = source.figure, source.study.waves[source.figure.wave], set(source.ledger["id"])
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
    values = source.rows([*(one for _, ids in margins.values() for one in ids), *costs])
    rows = [
        Row(
            source.label(label, f"{wave.id}.{code}.{level}"),
            tuple(source.mark(values[one], place) for place, one in enumerate(ids)),
        )
        for (code, level), (label, ids) in margins.items()
    ]
    n, deff, n_effective = ([source.value(values[one])] for one in costs)
    name = source.label(weight.label, f"waves.{wave.id}.weights.{figure.weight}.label")
    parts = Parts(
        scale="share",
        axis=source.own_label(figure.axis, "axis"),
        series=tuple(source.words(f"margin_{step}")[0] for step in STEPS),
        rows=tuple(rows),
        notes=((name,), source.words("weighting_cost", n=n, deff=deff, n_effective=n_effective)),
    )
    return source.complete(parts)
