"""People who answer the questionnaire: profile, latent scores, answers, skip logic, missing answers."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist

import numpy as np

from studygenerator.draws import cut, dealt, everybody_ticks, standardised, stream, top, uncorrelated
from studygenerator.people import DONT_KNOW, NO_ANSWER, NOT_ASKED, People, blanked
from studygenerator.wave1.plan import Plan
from studygenerator.wave1.settings import FACTORS, PROFILE_SCORES

NO_BARRIER = "W1_BAR_NONE"
ROMANDE = 2  # code of French in LANGUAGE
SECONDARY = (1, 2, 3)  # codes of W1_NOGA in industry, energy and construction


def simulate_people(plan: Plan, group: str, n: int) -> People:
    """Simulate the complete answers of n people who are not screened out.

    Parameters
    ----------
    group : name of the group, part of every stream's name
    n : people; more than there are latent columns (about 150)
    """
    people = People(n)
    _profile(plan, group, people)
    _latent_columns(plan, group, people)
    items = plan.settings.items
    for context in ("PRIV", "PROF"):
        for code in plan.battery(f"W1_{context}"):
            _answer(plan, group, people, code, _use_loads(plan, code))
    asked = _asked(plan, people)
    later = [code for code in items if code not in people.answers and "adoption" in items[code].loads]
    for code in items:
        if code not in people.answers and code not in later:
            _answer(plan, group, people, code, items[code].loads, asked.get(code))
    adopters = _adopt(plan, group, people)
    _firm(plan, group, people, adopters)
    for code in later:
        _answer(plan, group, people, code, items[code].loads, asked.get(code))
    _barriers(plan, people)
    _posts(plan, group, people)
    for code in ("W1_SEX", "W1_RECON"):
        people.answers[code] = _blanked(plan, group, people, code, people.answers[code])
    return people


def _profile(plan: Plan, group: str, people: People) -> None:
    settings, answers, n = plan.settings, people.answers, people.n
    for code, shares in settings.profile.items():
        answers[code] = dealt(stream(settings.seed, group, code), shares, n)
    answers["W1_CANT"] = np.zeros(n, dtype=np.int64)
    for language, shares in settings.cantons.items():
        rows = np.flatnonzero(answers["LANGUAGE"] == language)
        generator = stream(settings.seed, group, "W1_CANT", str(language))
        answers["W1_CANT"][rows] = dealt(generator, shares, len(rows))
    draw = stream(settings.seed, group, "age").standard_normal(n)
    age = np.clip(settings.age.mean + settings.age.deviation * draw, settings.age.youngest, settings.age.oldest)
    years = settings.year - np.rint(age).astype(np.int64)
    people.scores |= {
        "age": standardised(age),
        "size": standardised(plan.log_size(answers["W1_SIZE"])),
        "french": standardised((answers["LANGUAGE"] == ROMANDE).astype(float)),
        "manufacturing": standardised(np.isin(answers["W1_NOGA"], SECONDARY).astype(float)),
    }
    leave_out = stream(settings.seed, group, "missing", "W1_YOB").random(n) < settings.nonresponse.numbers["W1_YOB"]
    answers["W1_YOB"] = np.where(leave_out, NO_ANSWER, years)


def _latent_columns(plan: Plan, group: str, people: People) -> None:
    settings = plan.settings
    factors = [*FACTORS, *(f"channel_{channel}" for channel in settings.latent.channels)]
    firm = [f"{code}:{part}" for code in settings.firm.shares for part in ("external", "internal", "planned")]
    own = [*settings.items, *firm, *settings.barriers, "W1_POSTS"]
    given = [people.scores[name] for name in PROFILE_SCORES]
    columns = uncorrelated(settings.seed, group, [*factors, *own], people.n, given)
    people.scores |= {name: columns[name] for name in factors}
    people.own = {name: columns[name] for name in own}
    r = settings.latent.context_correlation
    people.scores["professional"] = r * columns["private"] + (1 - r**2) ** 0.5 * columns["professional_own"]


def _use_loads(plan: Plan, code: str) -> dict[str, float]:
    """Return the loadings of a question on use: its context's factor, its channel's, and what the settings add."""
    latent = plan.settings.latent
    _, context, channel = code.split("_")
    factor = {"PRIV": "private", "PROF": "professional"}[context]
    shared = (latent.channel_correlation * (1 - latent.loading**2)) ** 0.5
    return {factor: latent.loading, f"channel_{channel}": shared, **plan.settings.items[code].loads}


def _asked(plan: Plan, people: People) -> dict[str, np.ndarray]:
    """Return who is asked the questions on how social media are used: only those who use them."""
    uses = {
        context: np.any([people.answers[code] >= 2 for code in plan.battery(f"W1_{context}")], axis=0)
        for context in ("PRIV", "PROF")
    }
    both = uses["PRIV"] & uses["PROF"]
    return {
        "W1_MODE_PRIV": uses["PRIV"],
        "W1_CONT_PRIV": uses["PRIV"],
        "W1_MODE_PROF": uses["PROF"],
        "W1_CONT_PROF": uses["PROF"],
        "W1_SEP_CHAN": both,
        "W1_SEP_CONT": both,
    }


def _answer(
    plan: Plan, group: str, people: People, code: str, loads: Mapping[str, float], asked: np.ndarray | None = None
) -> None:
    """Cut a question's score into answers, then leave some out."""
    base = np.ones(people.n, dtype=bool) if asked is None else asked
    answers = cut(people.score(code, loads), plan.settings.items[code].distribution, base)
    people.answers[code] = _blanked(plan, group, people, code, np.where(base, answers, NOT_ASKED))


def _blanked(plan: Plan, group: str, people: People, code: str, answers: np.ndarray) -> np.ndarray:
    """Leave out some answers, unless the question is mandatory."""
    rules = plan.settings.nonresponse
    scale = plan.codebook.by_code[code].scale or ""
    if code in rules.mandatory:
        return answers
    rates = {DONT_KNOW: rules.dont_know.get(scale, 0.0), NO_ANSWER: rules.no_answer.get(scale, 0.0)}
    return blanked(plan.settings.seed, group, people, code, answers, rates, rules.clustering)


def _adopt(plan: Plan, group: str, people: People) -> np.ndarray:
    """Decide which companies are present on social media, by a logistic model of what their people answered.

    The logistic noise is made uncorrelated with the predictors, so that a fit finds the coefficients again.
    """
    model = plan.settings.adoption
    predictors = {
        "private": people.observed(plan.battery("W1_PRIV")),
        "trust": people.observed(plan.battery("W1_TR")),
        "pressure": people.observed(plan.battery("W1_PRES")),
        "size": plan.log_size(people.answers["W1_SIZE"]),
    }
    z = np.column_stack([np.nan_to_num(standardised(values)) for values in predictors.values()])
    ranks = (np.arange(people.n) + 0.5) / people.n
    noise = stream(plan.settings.seed, group, "adoption").permutation(np.log(ranks / (1 - ranks)))
    spread = noise.std()
    noise = standardised(noise - z @ np.linalg.lstsq(z, noise, rcond=None)[0]) * spread
    score = z @ np.array([getattr(model, name) for name in predictors]) + noise
    people.scores["adoption"] = standardised(score)
    return top(score, round(model.share * people.n), np.ones(people.n, dtype=bool))


def _firm(plan: Plan, group: str, people: People, adopters: np.ndarray) -> None:
    """Fill what the company does on each channel: external for adopters only, and for each of them at least once."""
    firm, n = plan.settings.firm, people.n
    codes = list(firm.shares)
    scores = np.column_stack([people.score(f"{code}:external", firm.loads) for code in codes])
    counts = [round(firm.shares[code][3] * n) for code in codes]
    chosen = [top(scores[:, place], count, adopters) for place, count in enumerate(counts)]
    external = everybody_ticks(np.column_stack(chosen), scores, adopters)
    for place, code in enumerate(codes):
        free = ~external[:, place]
        inside = people.score(f"{code}:internal", {"internal": 0.6})
        internal = top(inside, round(firm.shares[code][2] * n), free)
        plans = people.score(f"{code}:planned", {"optimism": 0.5, "company": 0.3})
        planned = top(plans, round(firm.shares[code][1] * n), free & ~internal)
        status = 1 + planned + 2 * internal + 3 * external[:, place]
        people.answers[code] = _blanked(plan, group, people, code, status)


def _barriers(plan: Plan, people: People) -> None:
    """Fill the question with several answers: nobody ticks "none" beside another, everybody ticks something."""
    barriers, n = plan.settings.barriers, people.n
    none, options = NO_BARRIER, [code for code in barriers if code != NO_BARRIER]
    scores = {code: people.score(code, barriers[code].loads) for code in barriers}
    unhindered = top(scores[none], round(barriers[none].share * n), np.ones(n, dtype=bool))
    ticks = [top(scores[code], round(barriers[code].share * n), ~unhindered) for code in options]
    matrix = np.column_stack([scores[code] for code in options])
    ticked = everybody_ticks(np.column_stack(ticks), matrix, ~unhindered)
    people.answers |= {code: ticked[:, place].astype(np.int64) for place, code in enumerate(options)}
    people.answers[none] = unhindered.astype(np.int64)


def _posts(plan: Plan, group: str, people: People) -> None:
    """Fill the number of contributions: asked of those who are not merely passive, many of them none."""
    posts = plan.settings.posts
    asked = people.answers["W1_MODE_PROF"] >= 2
    score = people.score("W1_POSTS", posts.loads)
    positive = top(score, round((1 - posts.zero) * int(asked.sum())), asked)
    rows = np.flatnonzero(positive)
    ranks = (np.argsort(np.argsort(score[rows], kind="stable"), kind="stable") + 0.5) / len(rows)
    normal = np.array([NormalDist().inv_cdf(rank) for rank in ranks])
    numbers = np.where(asked, 0, NOT_ASKED)
    numbers[rows] = np.maximum(1, np.rint(posts.median * np.exp(posts.spread * normal))).astype(np.int64)
    rate = plan.settings.nonresponse.numbers["W1_POSTS"]
    skipped = stream(plan.settings.seed, group, "missing", "W1_POSTS").random(people.n) < rate
    people.answers["W1_POSTS"] = np.where(skipped & asked, NO_ANSWER, numbers)
