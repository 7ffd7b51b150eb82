"""Rules seen with the eyes of all firms that could answer: one that nobody's answers can make speak is a mistake.

Only answers that the codebook allows are tried, and a question that its filter hides has none. Where a rule reads few
questions, every combination is tried; else many firms are drawn, whose answers lean high or low throughout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from surveyspec.conditions import variables_of
from surveyspec.problems import Problem, StudyError
from surveyspec.study import Study
from surveyspec.toolbox import BUILT_IN, AskedQuestion, Rule
from surveytrail.masks import evaluate
from surveytrail.toolbox.answers import Firm, Form, form_of
from surveytrail.toolbox.assessment import score_firms

EVERY_UP_TO, DRAWN, SEED = 20_000, 2_000, 20160101
PRESENT = 0.75  # share of drawn firms that are not at the lowest level by definition
STEPS = 5  # numbers tried between the ends of a range


def check_rules(study: Study) -> None:
    """Stop if a rule can speak for no firm at all.

    Raises
    ------
    StudyError : every such rule, with its line in the toolbox file
    """
    if study.toolbox is None:
        return
    problems = unreachable_problems(form_of(study))
    if problems:
        raise StudyError(problems)


def unreachable_problems(form: Form) -> list[Problem]:
    """Return a problem for each rule that no admissible answers make speak."""
    spec = form.spec
    drawn: Mapping[str, np.ndarray] | None = None
    problems = []
    for place, rule in enumerate(spec.toolbox.rules):
        columns: Mapping[str, np.ndarray] | None = _every_combination(form, rule)
        tried = "all combinations of the answers that it reads"
        if columns is None:
            if drawn is None:
                drawn = score_firms(form, form.columns_of(drawn_answers(form, DRAWN, SEED))).columns
            columns, tried = drawn, f"{DRAWN} firms drawn"
        if evaluate(spec.condition_of(rule), columns)[0].any():
            continue
        problems.append(
            Problem(
                spec.document.path, f"rules.{place}.when",
                f"'{rule.when}' of {rule.id}, which is true for no answers ({tried})",
                "a condition that some firm can fulfil",
                "correct the condition; mind codes, and filters that hide a question",
                spec.document.line(("rules", place, "when")),
            )
        )  # fmt: skip
    return problems


def admissible_answers(question: AskedQuestion) -> list[float]:
    """Return what may be answered to a question: its categories, or numbers over its range."""
    if question.variable.scale is not None:
        return [float(part.code) for part in question.codebook.categories(question.variable)]
    low, high = question.variable.range or (0.0, 100.0)
    near = [min(low + step, high) for step in (0, 1, 5, 10, 20, 50, 100)]
    steps = [float(round(low + (high - low) * step / STEPS)) for step in range(STEPS + 1)]
    return sorted({*near, *steps})


def drawn_answers(form: Form, count: int, seed: int, missing: float = 0.05) -> dict[str, np.ndarray]:
    """Draw (count,) answers to each question, of firms that lean high or low throughout, more or less strongly.

    Parameters
    ----------
    missing : share of questions that most firms leave open; one in five leaves any share open
    """
    rng = np.random.default_rng(seed)
    lean, strength = rng.random(count), 1 + 8 * rng.random(count)
    gone = np.where(rng.random(count) < 0.8, missing, rng.random(count))
    answers: dict[str, np.ndarray] = {}
    for question in form.questions:
        pool = np.array(admissible_answers(question))
        share = rng.beta(strength * lean + 0.3, strength * (1 - lean) + 0.3)
        share = np.where(rng.random(count) < 0.2, rng.random(count), share)
        chosen = pool[np.minimum((share * len(pool)).astype(np.int64), len(pool) - 1)]
        answers[question.code] = np.where(rng.random(count) < gone, np.nan, chosen)
    _make_present(form, answers, rng.random(count) < PRESENT)
    languages = form.spec.wave.categories(form.spec.toolbox.language_variable)
    codes = [part.code for part in languages if part.cell in form.spec.toolbox.languages]
    answers[form.spec.toolbox.language_variable] = rng.choice(np.array(codes, dtype=np.float64), count)
    return answers


def drawn_firms(form: Form, count: int, seed: int) -> list[Firm]:
    """Draw firms as ``drawn_answers`` does."""
    answers = drawn_answers(form, count, seed)
    variable = form.spec.toolbox.language_variable
    cells = {float(part.code): part.cell for part in form.spec.wave.categories(variable)}
    languages = [cells[float(code)] for code in answers.pop(variable)]
    return [
        Firm(f"drawn {place}", language, {code: float(given[place]) for code, given in answers.items()
                                          if not np.isnan(given[place])})
        for place, language in enumerate(languages)
    ]  # fmt: skip


def _make_present(form: Form, answers: dict[str, np.ndarray], chosen: np.ndarray) -> None:
    """Give some firms answers with which they are not at the lowest level by definition."""
    codes = [code for code in form.spec.roots(form.spec.absent_if) if code in answers]
    grid = _grid([admissible_answers(form.by_code[code]) for code in codes])
    absent = evaluate(form.spec.absent_if, dict(zip(codes, grid, strict=True)))[0]
    if len(codes) and not absent.all():
        first = int(np.flatnonzero(~absent)[0])
        for code, column in zip(codes, grid, strict=True):
            answers[code] = np.where(chosen, column[first], answers[code])


def _grid(pools: Sequence[Sequence[float]]) -> list[np.ndarray]:
    return [axis.ravel() for axis in np.meshgrid(*(np.array(pool) for pool in pools), indexing="ij")]


def _every_combination(form: Form, rule: Rule) -> dict[str, np.ndarray] | None:
    """Return the columns of every combination of answers to the questions behind a rule; None if there are too many."""
    condition = form.spec.condition_of(rule)
    if any(name in BUILT_IN for name in variables_of(condition)):
        return None
    codes = [code for code in form.spec.roots(condition) if code in form.by_code]
    for code in codes:  # grows: what decides who is asked is answered as well
        asked_if = form.by_code[code].asked_if
        codes += [name for name in form.spec.roots(asked_if) if name not in codes] if asked_if is not None else []
    pools = [admissible_answers(form.by_code[code]) for code in codes]
    if np.prod([float(len(pool)) for pool in pools]) > EVERY_UP_TO:
        return None
    return form.columns_of(dict(zip(codes, _grid(pools), strict=True)))
