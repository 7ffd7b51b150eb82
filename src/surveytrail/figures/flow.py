"""The flow of respondents: who was invited, who answered, which records are analysed and why others are not.

The form is that of CONSORT (Schulz, Altman & Moher 2010, BMJ 340:c332): what goes on stands in the first column, what
leaves stands beside it. Invitations and records are two flows that add up each for itself: a raw file also holds test
records and second answers, which no invitation stands for.
"""

from __future__ import annotations

import json

import pandas as pd

from surveyspec.figures import FlowFigure
from surveyspec.identifiers import TOTAL, UNWEIGHTED, number_id
from surveyspec.response import DISPOSITIONS, INVITED, RARE_DISPOSITIONS
from surveyspec.study import Study
from surveytrail.figures.content import FigureContent, LedgerRow, Parts, Row, complete, ledger_rows, mark_of
from surveytrail.figures.tokens import Token

BEGINS, GOES_ON, LEAVES = 0, 1, 2


def flow_content(study: Study, figure: FlowFigure, ledger: pd.DataFrame, language: str) -> FigureContent:
    """Gather what a flow diagram shows.

    Parameters
    ----------
    ledger : the ledger's frame
    language : language of all labels

    Raises
    ------
    StudyError : a number of the figure is not in the ledger
    """
    steps = [*_invitations(study, figure.wave), *_records(study, figure.wave)]
    values = ledger_rows(study, figure, ledger, (number for number, _ in steps))
    rows = [
        Row(_label(values[number], language), (mark_of(values[number], column, language),))
        for number, column in steps
        if column != LEAVES or values[number]["value"]
    ]
    return complete(study, figure, Parts("count", None, (), tuple(rows), ()), language)


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


def _label(row: LedgerRow, language: str) -> Token:
    """Return what a step is called: the ledger's own label, of an exclusion the label of its rule."""
    return Token("C", json.loads(row["label"])[language], str(row["id"]), "label")
