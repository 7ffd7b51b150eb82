"""When people answered, how long each page took, over which invitation and from which machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np

from studygenerator.draws import stream
from studygenerator.wave1.plan import Plan
from studygenerator.wave1.records import COMPLETED, COMPLETED_AFTER_BREAK, SCREENED_OUT, Record, unseen

DAY, HOUR, MINUTE = 86400, 3600, 60
TOKEN_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
FAST = (0.12, 0.26)  # of the median: well below a third
BROKE_OFF_BEFORE = (10 * MINUTE, 5 * DAY)
CAME_AGAIN_AFTER = (2 * HOUR, 20 * DAY)
BREAK = (20 * MINUTE, 2 * DAY)


def add_paradata(plan: Plan, records: list[Record]) -> list[Record]:
    """Fill invitation, times and machine of each record.

    Returns
    -------
    the records in the order in which the interviews began, no two in the same second
    """
    _invite(plan, records)
    _start(plan, records)
    _time(plan, records)
    _machines(plan, records)
    ordered = sorted(records, key=lambda record: (record.start, record.invitation, record.kind))
    for earlier, later in pairwise(ordered):
        later.start = max(later.start, earlier.start + 1)
    return ordered


def _invite(plan: Plan, records: list[Record]) -> None:
    """Give each person an invitation: a number without meaning, and the token that opens the questionnaire."""
    generator = stream(plan.settings.seed, "invitations")
    numbers = generator.choice(plan.settings.cases.invited, len(records), replace=False) + 1
    for record, number in zip(records, numbers, strict=True):
        letters = generator.choice(list(TOKEN_LETTERS), 12)
        record.invitation = "TEST" if record.kind == "tester" else f"{int(number):05d}"
        record.token = "".join(letters)
    for record in records:
        if record.of is not None:
            record.invitation, record.token = record.of.invitation, record.of.token


def _start(plan: Plan, records: list[Record]) -> None:
    """Draw the second at which each interview began: some days after a mailing, in office hours, seldom on weekends."""
    field = plan.settings.fieldwork
    generator = stream(plan.settings.seed, "start")
    mailings = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in field.mailings]
    for record in records:
        mailing = mailings[int(generator.random() < field.second_mailing)]
        day = mailing + timedelta(days=int(generator.exponential(field.mean_lag_days)))
        works_on_weekends = generator.random() < 0.15
        if day.weekday() >= 5 and not works_on_weekends:
            day += timedelta(days=7 - day.weekday())
        hour = generator.normal(10.0, 1.3) if generator.random() < 0.55 else generator.normal(15.0, 1.8)
        record.start = int(day.timestamp()) + int(np.clip(hour, 6.5, 22.5) * HOUR)
        if record.kind == "tester":
            record.start -= 6 * DAY
    for record in records:
        if record.of is not None:
            before = record.kind == "break_off"
            low, high = BROKE_OFF_BEFORE if before else CAME_AGAIN_AFTER
            lag = int(generator.integers(low, high))
            record.start = record.of.start - lag if before else record.of.start + lag


def _time(plan: Plan, records: list[Record]) -> None:
    """Draw the seconds after which each page was sent off; a duration only where there was no break."""
    field = plan.settings.fieldwork
    generator = stream(plan.settings.seed, "time")
    fast_duplicates = plan.settings.cases.fast_duplicates
    for record in records:
        draw = field.seconds * np.exp(field.spread * generator.standard_normal())
        total = float(np.clip(draw, 0.5 * field.seconds, field.slowest))
        fast = record.kind == "speeder"
        if record.kind == "duplicate":
            fast = fast_duplicates > 0
            fast_duplicates -= fast
        fraction = float(generator.uniform(*FAST))
        if fast:
            total = fraction * field.seconds
        elapsed = _time_pages(plan, record, total, generator)
        record.duration = elapsed if record.disposition in {COMPLETED, SCREENED_OUT} else -1


def _time_pages(plan: Plan, record: Record, total: float, generator: np.random.Generator) -> int:
    """Split the time of a whole interview over the pages seen; return the seconds until the last of them."""
    codebook = plan.codebook.by_code
    work = np.array([1.0 + len(codes) for _, codes in plan.pages])
    pace = generator.gamma(6.0, 1 / 6.0, len(work)) * work
    seconds = np.maximum(1, np.rint(total * pace / pace.sum())).astype(np.int64)
    pause_page, pause = int(generator.integers(3, len(work) - 1)), int(generator.integers(*BREAK))
    clock = 0
    record.page_seconds = []
    for place, (_, codes) in enumerate(plan.pages):
        skipped = bool(codes) and all(record.cells[code] == unseen(codebook[code]) for code in codes)
        if place > record.last_page or skipped:
            record.page_seconds.append(None)
            continue
        if record.disposition == COMPLETED_AFTER_BREAK and place == pause_page:
            clock += pause
        clock += int(seconds[place])
        record.page_seconds.append(clock)
    return clock


def _machines(plan: Plan, records: list[Record]) -> None:
    """Invent address, browser and place of each machine; somebody who answers again mostly uses the same one."""
    machines = plan.settings.machines
    generator = stream(plan.settings.seed, "machines")
    shares = np.array([browser[0] for browser in machines.browsers])
    for record in records:
        network = machines.networks[int(generator.integers(len(machines.networks)))]
        host = int(generator.integers(1, 255))
        browser = machines.browsers[int(generator.choice(len(shares), p=shares / shares.sum()))]
        places = machines.places[record.language]
        region, city, latitude, longitude = places[int(generator.integers(len(places)))]
        referer = machines.referers[int(generator.integers(len(machines.referers)))]
        _, agent, name, version, system, device, brand, model = browser
        drawn = {
            "ext_host": f"host-{network.replace('.', '-')}-{host}.{machines.host}",
            "ip_addr": f"{network}.{host}",
            "browser": agent,
            "referer": referer,
            "device_type": device,
            "participant_browser": name,
            "participant_browser_version": version,
            "participant_os": system,
            "participant_device": device,
            "participant_brand": brand,
            "participant_model": model,
            "participant_isbot": "0",
            "participant_continent": "Europe",
            "participant_country": "Switzerland",
            "participant_region": region,
            "participant_city": city,
            "participant_latitude": latitude,
            "participant_longitude": longitude,
        }
        same = generator.random() < 0.7
        session = generator.bytes(16).hex()
        record.machine = dict(record.of.machine) if record.of is not None and same and record.of.machine else drawn
        record.machine["session_id"] = session
