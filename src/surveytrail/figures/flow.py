"""The flow of respondents: who was invited, who answered, which records are analysed and why others are not.

The form is that of CONSORT (Schulz, Altman & Moher 2010, BMJ 340:c332): what goes on stands in the first column, what
leaves stands beside it. Invitations and records are two flows that add up each for itself: a raw file also holds test
records and second answers, which no invitation stands for.
"""

from __future__ import annotations

from surveyspec.figures import FlowFigure
from surveyspec.identifiers import TOTAL, UNWEIGHTED, number_id
from surveyspec.response import DISPOSITIONS, INVITED, RARE_DISPOSITIONS
from surveyspec.study import Study
from surveytrail.figures.content import FigureContent, Gathering, Parts, Row

BEGINS, GOES_ON, LEAVES = 0, 1, 2


def flow_content(source: Gathering[FlowFigure]) -> FigureContent:
    """Gather what a flow diagram shows."""
    study, wave = source.study, source.figure.wave
    steps = [*_invitations(study, wave), *_records(study, wave)]
    values = source.rows(number for number, _ in steps)
    rows = [
        Row(source.label_of(values[number]), (source.mark(values[number], column),))
        for number, column in steps
        if column != LEAVES or values[number]["value"]
    ]
    return source.complete(Parts("count", None, (), tuple(rows), ()))


def _invitations(study: Study, wave: str) -> list[tuple[str, int]]:
    """Return the numbers of what became of the invitations; nothing where the study does not say."""
    declared = study.waves[wave].wave.dispositions
    if declared is None:
        return []
    frame = TOTAL if len(declared.frames) > 1 else next(iter(declared.frames))
    steps = [(INVITED, BEGINS), *((name, LEAVES) for name in (*DISPOSITIONS, *RARE_DISPOSITIONS))]
    return [(number_id(wave, "response", UNWEIGHTED, [name, frame]), column) for name, column in steps]


def _records(study: Study, wave: str) -> list[tuple[str, int]]:
    """Return the numbers from the raw file to the analysis, in the order of the cleaning rules."""
    rules = [rule.id for rule in study.waves[wave].wave.cleaning]
    steps = [(["records"], BEGINS), *((["excluded", rule], LEAVES) for rule in rules), (["analysed"], GOES_ON)]
    return [(number_id(wave, "flow", UNWEIGHTED, parts), column) for parts, column in steps]
