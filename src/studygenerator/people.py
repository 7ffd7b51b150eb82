"""Simulated respondents: latent scores, answers, and answers left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from studygenerator.draws import stream, top

NOT_ASKED, NO_ANSWER, DONT_KNOW = -2, -1, 8


@dataclass
class People:
    """Respondents of one group.

    Parameters
    ----------
    n : number of people
    answers : (n,) int codes per question, with NOT_ASKED and NO_ANSWER
    scores : (n,) latent columns that scores are built from
    own : (n,) part of each question's score that it shares with no other
    """

    n: int
    answers: dict[str, np.ndarray] = field(default_factory=dict)
    scores: dict[str, np.ndarray] = field(default_factory=dict)
    own: dict[str, np.ndarray] = field(default_factory=dict)

    def score(self, name: str, loads: Mapping[str, float]) -> np.ndarray:
        """Return a latent score: factors times loadings plus the question's own part, of about variance 1."""
        rest = max(1 - sum(loading**2 for loading in loads.values()), 0.05)
        return sum((loading * self.scores[factor] for factor, loading in loads.items()), rest**0.5 * self.own[name])

    def observed(self, codes: list[str]) -> np.ndarray:
        """Return the mean of the answers given to some questions (no `don't know`), NaN where there is none."""
        values = np.column_stack([self.answers[code] for code in codes]).astype(float)
        values[(values < 1) | (values == DONT_KNOW)] = np.nan
        counts = (~np.isnan(values)).sum(axis=1)
        sums = np.nansum(values, axis=1)
        return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)


def blanked(
    seed: int, group: str, people: People, code: str, answers: np.ndarray, rates: Mapping[int, float], clustering: float
) -> np.ndarray:
    """Replace some answers by `don't know` or none at all; the same people tend to do so again.

    Parameters
    ----------
    answers : (n,) int codes of a question
    rates : share of those asked who give DONT_KNOW, then share of the rest who give NO_ANSWER
    clustering : loading of the tendency on the score `reluctance`
    """
    answers = answers.copy()
    for value, rate in rates.items():
        base = (answers >= 0) & (answers != DONT_KNOW)
        own = stream(seed, group, "missing", str(value), code).standard_normal(people.n)
        score = clustering * people.scores["reluctance"] + (1 - clustering**2) ** 0.5 * own
        answers[top(score, round(rate * int(base.sum())), base)] = value
    return answers
