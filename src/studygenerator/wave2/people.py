"""People who answer the second questionnaire: profile, latent scores, answers, skip logic, missing answers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from studygenerator.draws import cut, dealt, everybody_ticks, standardised, stream, top, uncorrelated
from studygenerator.people import DONT_KNOW, NO_ANSWER, NOT_ASKED, People, blanked
from studygenerator.wave2.plan import Plan
from studygenerator.wave2.settings import FACTORS, PROFILE_SCORES, Number

LARGE = 4  # code of SIZE
FRENCH = 2  # code of LANGUAGE
USED, PLANNED = 3, 4  # codes of CHS up to which a channel is used; planned
ASKED_FROM = 3  # importance from which attainment is asked


def simulate_people(plan: Plan, group: str, frames: np.ndarray) -> People:
    """Simulate the complete answers of people whose companies use social media.

    Parameters
    ----------
    group : name of the group, part of every stream's name
    frames : (n,) address list of each
    """
    people = People(len(frames))
    _profile(plan, group, people, frames)
    _latent_columns(plan, group, people)
    _channels(plan, group, people)
    for code in [code for code in plan.questions if code in plan.settings.items]:
        _answer(plan, group, people, code)
    for code, tick in plan.settings.yes_no.items():
        chosen = top(people.score(code, tick.loads), round(tick.share * people.n), _everybody(people))
        people.answers[code] = _blanked(plan, group, people, code, chosen.astype(np.int64))
    for battery in plan.settings.ticks:
        _ticks(plan, people, battery)
    for code, number in plan.settings.numbers.items():
        people.answers[code] = _number(plan, group, people, code, number)
    _founded(plan, group, people)
    _main_channel(plan, group, people)
    for code in plan.settings.profile.everybody:
        people.answers[code] = _blanked(plan, group, people, code, people.answers[code])
    return people


def _everybody(people: People) -> np.ndarray:
    return np.ones(people.n, dtype=bool)


def _profile(plan: Plan, group: str, people: People, frames: np.ndarray) -> None:
    seed, profile, answers = plan.settings.seed, plan.settings.profile, people.answers
    answers["FRAME"] = frames
    for code, shares in profile.everybody.items():
        answers[code] = dealt(stream(seed, group, code), shares, people.n)
    for frame, tables in profile.by_frame.items():
        rows = np.flatnonzero(frames == frame)
        for code, shares in tables.items():
            answers.setdefault(code, np.zeros(people.n, dtype=np.int64))
            answers[code][rows] = dealt(stream(seed, group, code, str(frame)), shares, len(rows))
    answers["CANT"] = np.zeros(people.n, dtype=np.int64)
    for language, shares in profile.cantons.items():
        rows = np.flatnonzero(answers["LANGUAGE"] == language)
        answers["CANT"][rows] = dealt(stream(seed, group, "CANT", str(language)), shares, len(rows))
    people.scores |= {
        "size": standardised(plan.log_size(answers["SIZE"])),
        "large": standardised((answers["SIZE"] == LARGE).astype(float)),
        "french": standardised((answers["LANGUAGE"] == FRENCH).astype(float)),
        "exporter": standardised(answers["EXPO"].astype(float)),
    }


def _latent_columns(plan: Plan, group: str, people: People) -> None:
    """Draw factors uncorrelated with profile and each other, and each question's own part uncorrelated with both."""
    settings = plan.settings
    profile = [people.scores[name] for name in PROFILE_SCORES]
    people.scores |= uncorrelated(settings.seed, f"{group}/factors", FACTORS, people.n, profile)
    given = [people.scores[name] for name in (*PROFILE_SCORES, *FACTORS)]
    channels = [f"{code}:{part}" for code in settings.channels.shares for part in ("used", "years", "plans")]
    options = [code for ticks in settings.ticks.values() for code in ticks.options]
    for name in [*channels, *settings.items, *settings.yes_no, *options, *settings.numbers]:
        people.own |= uncorrelated(settings.seed, group, [name], people.n, given)


def _answer(plan: Plan, group: str, people: People, code: str) -> None:
    """Cut a question's score into answers, then leave some out; attainment is asked for goals that matter."""
    item = plan.settings.items[code]
    asked = _everybody(people)
    if code.startswith("ATTN_"):
        asked = people.answers[code.replace("ATTN", "GOAL")] >= ASKED_FROM
    answers = cut(people.score(code, item.loads), item.distribution, asked)
    people.answers[code] = _blanked(plan, group, people, code, np.where(asked, answers, NOT_ASKED))


def _blanked(plan: Plan, group: str, people: People, code: str, answers: np.ndarray) -> np.ndarray:
    """Leave out some answers, unless the question is mandatory."""
    rules = plan.settings.nonresponse
    scale = plan.codebook.by_code[code].scale or ""
    if code in rules.mandatory:
        return answers
    rates = {
        DONT_KNOW: rules.dont_know.get(code, rules.dont_know.get(scale, 0.0)),
        NO_ANSWER: rules.no_answer.get(code, rules.no_answer.get(scale, 0.0)),
    }
    return blanked(plan.settings.seed, group, people, code, answers, rates, rules.clustering)


def _channels(plan: Plan, group: str, people: People) -> None:
    """Fill the status of each channel: everybody uses a social one; who uses many has used them for longer."""
    channels, codes = plan.settings.channels, list(plan.settings.channels.shares)
    shares = {code: np.array(values) for code, values in channels.shares.items()}
    scores = {code: people.score(f"{code}:used", channels.loads) for code in codes}
    used = {
        code: top(scores[code], round(float(shares[code][:USED].sum()) * people.n), _everybody(people))
        for code in codes
    }
    social = everybody_ticks(
        np.column_stack([used[code] for code in channels.social]),
        np.column_stack([scores[code] for code in channels.social]),
        _everybody(people),
    )
    used |= {code: social[:, place] for place, code in enumerate(channels.social)}
    for code in codes:
        years, rest = shares[code][:USED], shares[code][USED:]
        recent = cut(-people.score(f"{code}:years", channels.years), years / years.sum(), used[code])
        far = cut(-people.score(f"{code}:plans", channels.plans), rest / max(rest.sum(), 1e-9), ~used[code])
        status = np.where(used[code], recent, USED + far)
        people.answers[code] = _blanked(plan, group, people, code, status)


def _ticks(plan: Plan, people: People, battery: str) -> None:
    """Fill a question with several answers: nobody ticks "none" beside another."""
    ticks = plan.settings.ticks[battery]
    scores = {code: people.score(code, tick.loads) for code, tick in ticks.options.items()}
    open_to = _everybody(people)
    if ticks.none is not None:
        nothing = top(scores[ticks.none], round(ticks.options[ticks.none].share * people.n), open_to)
        people.answers[ticks.none] = nothing.astype(np.int64)
        open_to = ~nothing
    codes = [code for code in ticks.options if code != ticks.none]
    ticked = np.column_stack(
        [top(scores[code], round(ticks.options[code].share * people.n), open_to) for code in codes]
    )
    if ticks.needed:
        ticked = everybody_ticks(ticked, np.column_stack([scores[code] for code in codes]), open_to)
    people.answers |= {code: ticked[:, place].astype(np.int64) for place, code in enumerate(codes)}


def _number(plan: Plan, group: str, people: People, code: str, number: Number) -> np.ndarray:
    """Return round figures whose distribution is lognormal with a share of zeros; some are left out."""
    score = people.score(code, number.loads)
    order = np.argsort(np.argsort(score, kind="stable"), kind="stable")
    zeros = round(number.zero * people.n)
    ranks = (order - zeros + 0.5) / (people.n - zeros)
    exact = np.array([_lognormal(number.median, number.spread, rank) if rank > 0 else 0.0 for rank in ranks])
    said = np.rint([_nearest(number.said, value) for value in exact]).astype(np.int64)
    return _skipped(plan, group, people, code, said, number.no_answer)


def _lognormal(median: float, spread: float, rank: float) -> float:
    return float(median * np.exp(spread * NormalDist().inv_cdf(rank)))


def _nearest(said: list[float], value: float) -> float:
    """Return the figure that people say for an exact number: the next one, by proportion."""
    if value == 0:
        return 0.0
    figures = sorted(figure for figure in said if figure > 0)
    for low, high in pairwise(figures):
        if value < (low * high) ** 0.5:
            return low
    return figures[-1]


def _skipped(plan: Plan, group: str, people: People, code: str, answers: np.ndarray, rate: float) -> np.ndarray:
    chosen = stream(plan.settings.seed, group, "missing", code).random(people.n)
    return np.where(chosen < rate, NO_ANSWER, answers)


def _founded(plan: Plan, group: str, people: People) -> None:
    rules = plan.settings.founded
    draw = stream(plan.settings.seed, group, "FOUND").standard_normal(people.n)
    age = np.clip(rules.median_age * np.exp(rules.spread * draw), 1, rules.oldest)
    years = rules.year - np.rint(age).astype(np.int64)
    people.answers["FOUND"] = _skipped(plan, group, people, "FOUND", years, rules.no_answer)


def _main_channel(plan: Plan, group: str, people: People) -> None:
    """Choose the most important channel among the social ones in use."""
    main: Mapping[str, float] = plan.settings.channels.main
    codes = sorted(main)
    noise = stream(plan.settings.seed, group, "MAINCH").gumbel(size=(people.n, len(codes)))
    status = np.column_stack([people.answers[code] for code in codes])
    used = (status >= 1) & (status <= USED)
    appeal = np.where(used, np.log([main[code] for code in codes]) + noise, -np.inf)
    numbers = {category.cell: category.code for category in plan.codebook.scales["CHLIST"]}
    chosen = np.array([numbers[code.split("_")[1]] for code in codes])[appeal.argmax(axis=1)]
    people.answers["MAINCH"] = _blanked(plan, group, people, "MAINCH", chosen)
