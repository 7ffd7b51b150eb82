"""Statements in words, held against the ledger: each is bound to a condition over numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from surveyspec.condition_parser import parse_condition
from surveyspec.conditions import ConditionError, bind, variables_of
from surveyspec.config import Claim
from surveyspec.problems import Problem, StudyError
from surveyspec.study import CONFIG, Study
from surveytrail.masks import evaluate

Verdict = Literal["holds", "fails", "unknown"]
CLAIM_COLUMNS = ["id", "source", "verdict", "condition", "numbers", "printed", "text", "config_line"]


def check_claims(study: Study, ledger: pd.DataFrame) -> pd.DataFrame:
    """Judge every claim of a study.

    Returns
    -------
    one row per claim: ``verdict`` is ``unknown`` where a number it needs has no value; ``printed`` shows the numbers

    Raises
    ------
    StudyError : a condition names a number that the ledger does not have
    """
    claims, problems = judge_claims(study, ledger)
    if problems:
        raise StudyError(problems)
    return claims


def judge_claims(study: Study, ledger: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Judge the claims whose numbers are in the ledger.

    Returns
    -------
    one row per claim that is bound to numbers, as ``check_claims`` gives it, and one problem per claim that is not
    """
    values = dict(zip(ledger["id"], ledger["value"].astype(np.float64), strict=True))
    texts = dict(zip(ledger["id"], ledger["text"], strict=True))
    rows: list[dict[str, object]] = []
    problems: list[Problem] = []
    for index, claim in enumerate(study.config.claims.statements if study.config.claims else []):
        line = study.line("claims", "statements", index)
        try:
            rows.append({**_judged(claim, values, texts), "config_line": line})
        except ConditionError as error:
            where = f"claims.statements.{claim.id}.holds_if"
            todo = "name a number of the ledger (results/ledger/ledger.json)"
            problems.append(Problem(CONFIG, where, str(error), "a condition over number ids", todo, line))
    return pd.DataFrame(rows, columns=CLAIM_COLUMNS), problems


def opposite(study: Study) -> Study:
    """Return a study that states the opposite of each of its claims: the negative control of judging them."""
    claims = study.config.claims
    if claims is None:
        return study
    turned = [claim.model_copy(update={"holds_if": f"not ({claim.holds_if})"}) for claim in claims.statements]
    other = claims.model_copy(update={"statements": turned})
    return replace(study, config=study.config.model_copy(update={"claims": other}))


def require_supported(study: Study, claims: pd.DataFrame) -> None:
    """Stop where the study says so and the data do not support a claim.

    Raises
    ------
    StudyError : one problem per sentence, with the condition and the numbers as they are
    """
    if study.config.claims is None or study.config.claims.on_unsupported == "mark":
        return
    problems = [
        Problem(
            CONFIG,
            f"claims.statements.{row['id']}",
            f"'{_sentence(study, str(row['text']))}' is not supported: {row['printed']}",
            str(row["condition"]),
            "correct the sentence, or set 'claims: on_unsupported: mark' to have it marked in the documents",
            int(row["config_line"]),
        )
        for row in claims[claims["verdict"] != "holds"].to_dict("records")
    ]
    if problems:
        raise StudyError(problems)


def _judged(claim: Claim, values: dict[str, float], texts: dict[str, str]) -> dict[str, object]:
    condition = bind(parse_condition(claim.holds_if), list(values))
    names = variables_of(condition)
    true, known = evaluate(condition, {name: np.array([values[name]]) for name in names})
    verdict: Verdict = "unknown" if not known[0] else "holds" if true[0] else "fails"
    language = next(iter(claim.text))
    printed = [f"{name} = {json.loads(texts[name]).get(language, values[name])}" for name in names]
    return {
        "id": claim.id,
        "source": claim.source,
        "verdict": verdict,
        "condition": claim.holds_if,
        "numbers": list(names),
        "printed": "; ".join(printed),
        "text": json.dumps(claim.text, ensure_ascii=False, sort_keys=True),
    }


def _sentence(study: Study, written: str) -> str:
    """Return a statement in the first of the study's languages that has it."""
    texts = json.loads(written)
    return next(str(texts[language]) for language in study.config.study.languages if language in texts)
