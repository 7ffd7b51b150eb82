"""Numbers that are published only where they give away nothing about few respondents (``min_n``), and beside which.

Whoever knows two sums over the same answers knows their difference. Numbers about the same variables are therefore
decided on together, in the order written: one is published if enough answers stand behind it, and if it does not let
anybody work out a sum over fewer from those published before it. Both engines take this rule from here and decide each
by code of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from surveyspec.plan import NumberSpec, variables_of_values
from surveyspec.problems import Problem
from surveyspec.study import CONFIG, Study

SETS_LOOKED_AT = 20_000  # sets of few answers that are looked at for one number; where there are more, it is left out


def families(numbers: Iterable[NumberSpec]) -> list[list[NumberSpec]]:
    """Return the guarded numbers that are decided on together: of one wave, with values of the same variables.

    Returns
    -------
    families in the order of their first number, numbers in the order given
    """
    found: dict[tuple[str, frozenset[str]], list[NumberSpec]] = {}
    for spec in numbers:
        if spec.min_n is not None:
            found.setdefault((spec.wave, frozenset(spec.value_variables)), []).append(spec)
    return list(found.values())


def least_of(family: Iterable[NumberSpec]) -> int:
    """Return the fewest answers that anything may be about which can be worked out from a family."""
    return min(spec.min_n for spec in family if spec.min_n is not None)


def guard_problems(study: Study) -> list[Problem]:
    """Return the estimates that undo what ``min_n`` of others guards: they read the same variables and have none."""
    guarded = {
        (estimate.wave, variables): estimate
        for estimate in study.config.estimates
        if estimate.min_n is not None
        for variables in variables_of_values(study.waves[estimate.wave], estimate)
    }
    problems = []
    for place, estimate in enumerate(study.config.estimates):
        if estimate.min_n is not None or not guarded:
            continue
        for variables in variables_of_values(study.waves[estimate.wave], estimate):
            other = guarded.get((estimate.wave, variables))
            if other is not None:
                problems.append(Problem(
                    CONFIG, f"estimates.{place}",
                    f"'{estimate.id}' of {', '.join(sorted(variables))} without min_n, beside '{other.id}'",
                    "'min_n' in all estimates of the same variables: what one hides another could give away",
                    f"add 'min_n: {other.min_n}'", study.line("estimates", place),
                ))  # fmt: skip
                break
    return problems
