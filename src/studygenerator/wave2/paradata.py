"""When people answered, how long each page took, over which invitation and from which machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np

from studygenerator.draws import stream
from studygenerator.wave2.plan import Plan
from studygenerator.wave2.records import EMPTY, Record
from studygenerator.wave2.settings import FRAMES

DAY, HOUR, MINUTE = 86400, 3600, 60
TOKEN_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
TOKEN_LENGTH = 15
FAST = (0.12, 0.26)  # of the median: well below a third
AGAIN_AFTER = (2 * HOUR, 30 * HOUR)
BREAK = (20 * MINUTE, 20 * HOUR)
TEST_INVITATION = "TEST"


def add_paradata(plan: Plan, records: list[Record]) -> list[Record]:
    """Fill invitation, times and machine of each record.

    Returns
    -------
    the records in the order in which the interviews began, no two in the same second
    """
    _invite(plan, records)
    _start(plan, records)
    ordered = sorted(records, key=lambda record: (record.start, record.invitation, record.kind))
    for earlier, later in pairwise(ordered):
        later.start = max(later.start, earlier.start + 1)
    _time(plan, records)
    _machines(plan, records)
    return ordered


def _invite(plan: Plan, records: list[Record]) -> None:
    """Give each person an invitation: a number without meaning, and the token that opens the questionnaire."""
    invited, generator = plan.settings.cases.invited, stream(plan.settings.seed, "invitations")
    numbers = generator.permutation(sum(invited.values())) + 1
    free = {frame: list(part) for frame, part in zip(FRAMES, np.split(numbers, [invited[FRAMES[0]]]), strict=True)}
    for record in records:
        record.token = "".join(generator.choice(list(TOKEN_LETTERS), TOKEN_LENGTH))
        known = record.kind != "tester" and record.of is None
        record.invitation = f"{int(free[record.frame].pop()):04d}" if known else TEST_INVITATION
    for record in records:
        if record.of is not None:
            record.invitation, record.token = record.of.invitation, record.of.token


def _start(plan: Plan, records: list[Record]) -> None:
    """Draw the second at which each interview began: some days after a mailing, in office hours, seldom on weekends.

    Some of the valid answers follow a later mailing. People with two interviews gave the valid one some hours after the
    other.
    """
    field, seed = plan.settings.fieldwork, plan.settings.seed
    generator = stream(seed, "start")
    valid = [record for record in records if record.kind == "valid"]
    for row in stream(seed, "late").choice(len(valid), plan.settings.cases.late, replace=False):
        valid[row].late = True
    for record in records:
        mailing = field.late_mailing if record.late else field.mailings[int(generator.random() < field.second_mailing)]
        lag = min(int(generator.exponential(field.mean_lag_days)), field.longest_lag_days)
        day = datetime.fromisoformat(mailing).replace(tzinfo=UTC) + timedelta(days=lag)
        works_on_weekends = generator.random() < 0.15
        if day.weekday() >= 5 and not works_on_weekends:
            day += timedelta(days=7 - day.weekday())
        hour = generator.normal(10.0, 1.3) if generator.random() < 0.55 else generator.normal(15.0, 1.8)
        record.start = int(day.timestamp()) + int(np.clip(hour, 6.5, 22.5) * HOUR)
        if record.kind == "tester":
            record.start = int(
                datetime.fromisoformat(field.mailings[0]).replace(tzinfo=UTC).timestamp()
            ) - record.start % (6 * DAY)
    for record in records:
        if record.of is not None:
            record.start = record.of.start
            record.of.start += int(generator.integers(*AGAIN_AFTER))


def _time(plan: Plan, records: list[Record]) -> None:
    """Draw the seconds spent on each page sent off, and when the last of them was."""
    field = plan.settings.fieldwork
    generator = stream(plan.settings.seed, "time")
    work = np.array([1.0 + len(codes) for codes in plan.pages])
    for record in records:
        draw = field.seconds * np.exp(field.spread * generator.standard_normal())
        total = float(np.clip(draw, 0.5 * field.seconds, field.slowest))
        fraction, pause = float(generator.uniform(*FAST)), int(generator.integers(*BREAK))
        if record.fast or record.kind == "speeder":
            total = fraction * field.seconds
        pace = generator.gamma(6.0, 1 / 6.0, len(work)) * work
        seconds = np.maximum(0.5, total * pace / pace.sum())
        record.page_seconds = [
            round(float(seconds[page]), 2) if page < record.last_page and _shown(plan, record, codes) else None
            for page, codes in enumerate(plan.pages)
        ]
        spent = sum(value for value in record.page_seconds if value is not None)
        record.end = record.start + round(spent) + (pause if record.resumed else 0)


def _shown(plan: Plan, record: Record, codes: list[str]) -> bool:
    """Say whether a page had anything on it for somebody: the tool skips it otherwise."""
    user = record.cells["SMUSE"] in {"1", EMPTY}
    if codes[0].startswith("ATTN_"):
        return user and any(record.cells[code.replace("ATTN", "GOAL")] in {"3", "4", "5", "6"} for code in codes)
    return user or any(code not in plan.users_only for code in codes)


def _machines(plan: Plan, records: list[Record]) -> None:
    """Invent each machine's address and the page that people came from; most use the same one again."""
    machines = plan.settings.machines
    generator = stream(plan.settings.seed, "machines")
    for record in records:
        network = machines.networks[int(generator.integers(len(machines.networks)))]
        referer = machines.referers[int(generator.integers(len(machines.referers)))]
        drawn = {"ipaddr": f"{network}.{int(generator.integers(1, 255))}", "refurl": referer}
        same = generator.random() < 0.7
        record.machine = dict(record.of.machine) if record.of is not None and same and record.of.machine else drawn
