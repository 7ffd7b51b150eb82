"""Raw records: what becomes of each person's answers, and the text that LimeSurvey writes for them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from studygenerator.draws import stream
from studygenerator.people import NO_ANSWER, NOT_ASKED, People
from studygenerator.wave2.people import simulate_people
from studygenerator.wave2.plan import Plan
from studygenerator.wave2.settings import FRAMES
from surveyspec.codebook import Variable

Kind = Literal[
    "valid", "speeder", "straight_liner", "no_consent", "break_off", "partial", "screen_out", "tester", "duplicate",
    "earlier_attempt",
]  # fmt: skip
KINDS: dict[str, Kind] = {
    "speeders": "speeder", "straight_liners": "straight_liner", "no_consent": "no_consent", "break_offs": "break_off",
    "partials": "partial", "screen_outs": "screen_out",
}  # fmt: skip
EMPTY = ""  # not shown, not reached, not answered, not ticked: the tool makes no difference
TEST_FRAME = 9
ALIKE = ("GOAL", "PRS", "TRU")  # batteries in which straight-liners give the same answer throughout


@dataclass
class Record:
    """One raw record.

    Parameters
    ----------
    cells : text of the cell per question
    frame : address list
    language : code of the questionnaire's language
    last_page : last page sent off; 0 if none was
    complete : whether the last page was sent off
    of : the valid record over the same invitation, which this one precedes
    """

    kind: Kind
    cells: dict[str, str]
    frame: int
    language: int
    last_page: int
    complete: bool = True
    of: Record | None = None
    invitation: str = ""
    token: str = ""
    start: int = 0
    end: int = 0
    late: bool = False
    resumed: bool = False
    fast: bool = False
    page_seconds: list[float | None] = field(default_factory=list)
    machine: dict[str, str] = field(default_factory=dict)


def build_records(plan: Plan) -> list[Record]:
    """Build all raw records without times and machines, in no particular order."""
    cases = plan.settings.cases
    valid = _complete(plan, simulate(plan, "valid", [cases.valid]))
    counts = [getattr(cases, name) for name in cases.others]
    others = _complete(plan, simulate(plan, "others", [*counts, {1: cases.testers, 2: 0}]))
    testers = others[len(others) - cases.testers :]
    records = list(valid)
    place = 0
    for name in cases.others:
        count = sum(getattr(cases, name).values())
        records += [replace(record, kind=KINDS[name]) for record in others[place : place + count]]
        place += count
    _shape(plan, records)
    _testers(plan, testers)
    _leave_out_ticks(plan, valid)
    repeated = _choose(plan, "repeated", valid, cases.duplicates + cases.earlier_attempts)
    records += [*testers, *_repetitions(plan, repeated)]
    for record in _choose(plan, "resumed", valid, cases.resumed):
        record.resumed = True
    _support(plan, valid)
    _odd_cells(plan, valid)
    return records


def simulate(plan: Plan, group: str, counts: list[dict[int, int]]) -> People:
    """Simulate people by kind and, within each, by address list."""
    frames = [frame for by_frame in counts for frame in FRAMES for _ in range(by_frame[frame])]
    return simulate_people(plan, group, np.array(frames))


def _complete(plan: Plan, people: People) -> list[Record]:
    """Turn people into complete interviews of users; open questions stay empty but for the text of "other"."""
    records = []
    for row in range(people.n):
        cells = dict.fromkeys(plan.questions, EMPTY) | {"CONSENT": "Y", "SMUSE": "1"}
        for code in plan.questions:
            if code in people.answers:
                cells[code] = cell_text(plan.codebook.by_code[code], plan, int(people.answers[code][row]))
        frame, language = (int(people.answers[code][row]) for code in ("FRAME", "LANGUAGE"))
        records.append(Record("valid", cells, frame, language, len(plan.pages)))
    for ticks in plan.settings.ticks.values():
        if ticks.other is not None:
            _other_texts(plan, records, ticks.other, ticks.other_share)
    return records


def cell_text(variable: Variable, plan: Plan, code: int) -> str:
    """Return what the tool writes for an answer; nothing for a question that was skipped or not shown."""
    if code in {NOT_ASKED, NO_ANSWER}:
        return EMPTY
    cells = {category.code: category.cell for category in plan.codebook.categories(variable)}
    return cells.get(code, str(code))


def _choose(plan: Plan, name: str, records: list[Record], count: int) -> list[Record]:
    rows = stream(plan.settings.seed, "choose", name).choice(len(records), count, replace=False)
    return [records[row] for row in rows]


def _other_texts(plan: Plan, records: list[Record], code: str, share: float) -> None:
    """Write what some people typed beside "other"; the box has no cell of its own."""
    generator = stream(plan.settings.seed, "texts", code, str(len(records)))
    hostile = list(plan.texts.other_hostile.get(code, []))
    writers = generator.choice(len(records), round(share * len(records)), replace=False)
    for row in writers:
        texts = plan.texts.other[code][records[row].language]
        text = texts[int(generator.integers(len(texts)))]
        records[row].cells[code] = hostile.pop() if hostile else text


def _shape(plan: Plan, records: list[Record]) -> None:
    """Make of complete interviews what their kind says."""
    for kind, shape in (
        ("straight_liner", _straight_line), ("no_consent", _refuse), ("screen_out", _screen_out),
        ("break_off", _break_off), ("partial", _break_off),
    ):  # fmt: skip
        generator = stream(plan.settings.seed, kind)
        chosen = [record for record in records if record.kind == kind]
        for number, row in enumerate(generator.permutation(len(chosen))):
            shape(plan, chosen[row], generator, number)


def _straight_line(plan: Plan, record: Record, generator: np.random.Generator, number: int) -> None:
    """Give the same answer to goals, pressure and trust; all goals matter enough for attainment to be asked."""
    answer = str(int(generator.integers(3, 7)))
    for battery in (*ALIKE, "ATTN"):
        record.cells.update(dict.fromkeys(plan.battery(battery), answer))


def _refuse(plan: Plan, record: Record, generator: np.random.Generator, number: int) -> None:
    record.cells["CONSENT"] = "N"
    _truncate(plan, record, 1)


def _screen_out(plan: Plan, record: Record, generator: np.random.Generator, number: int) -> None:
    """Take the short way of companies that don't use social media; some leave before its end."""
    shares = plan.settings.use_of_screened_out
    codes = sorted(shares)
    record.cells["SMUSE"] = str(generator.choice(codes, p=[shares[code] for code in codes]))
    record.cells.update(dict.fromkeys(plan.users_only, EMPTY))
    short_way = sorted({plan.page(code) for code in plan.questions if code not in plan.users_only})
    left = int(generator.choice(short_way[2:-1]))
    if number < plan.settings.cases.unfinished:
        _truncate(plan, record, left)


def _break_off(plan: Plan, record: Record, generator: np.random.Generator, number: int) -> None:
    """Let people leave in the first half, mostly early, or in the second, before all that matters is answered."""
    lengths = np.array([len(codes) for codes in plan.pages])
    answered = np.cumsum(lengths) / lengths.sum()
    if record.kind == "partial":
        pages = np.flatnonzero((answered >= 0.55) & (answered < 0.8)) + 1
        _truncate(plan, record, int(generator.choice(pages)))
        return
    pages = np.arange(np.flatnonzero(answered < 0.45)[-1] + 2)
    fading = 0.85 ** np.arange(len(pages))
    _truncate(plan, record, int(generator.choice(pages, p=fading / fading.sum())))


def _truncate(plan: Plan, record: Record, last_page: int) -> None:
    """Empty what lies behind the last page sent off: the tool stores a page only then."""
    record.last_page, record.complete = last_page, False
    for codes in plan.pages[last_page:]:
        record.cells.update(dict.fromkeys(codes, EMPTY))


def _testers(plan: Plan, records: list[Record]) -> None:
    """Turn people into the research team trying the questionnaire; every other one leaves in the middle."""
    for number, record in enumerate(records):
        record.kind, record.frame = "tester", TEST_FRAME
        record.cells["TXT"] = plan.texts.tester_texts[number % len(plan.texts.tester_texts)]
        if number % 2:
            _truncate(plan, record, len(plan.pages) // 2)


def _leave_out_ticks(plan: Plan, valid: list[Record]) -> None:
    """Let some tick nothing where everybody should, and some tick "none" beside something."""
    rules = plan.settings.nonresponse
    for battery, ticks in plan.settings.ticks.items():
        none, options = ticks.none, list(ticks.options)
        if none is None:
            continue
        nothing, both = rules.nothing_ticked.get(battery, 0), rules.contradictory.get(battery, 0)
        ticking = [record for record in valid if record.cells[none] == EMPTY]
        chosen = _choose(plan, f"ticks/{battery}", ticking, nothing + both)
        for record in chosen[:nothing]:
            record.cells.update(dict.fromkeys(options, EMPTY))
        for record in chosen[nothing:]:
            record.cells[none] = "Y"


def _repetitions(plan: Plan, repeated: list[Record]) -> list[Record]:
    """Return earlier interviews of the same people: complete with slightly other answers, or left half-way."""
    cases, found = plan.settings.cases, []
    for number, record in enumerate(repeated):
        generator = stream(plan.settings.seed, "repetitions", str(number))
        cells = {**record.cells, "TXT": EMPTY}
        for code in [*plan.battery("PRS"), *plan.battery("TRU")]:
            changes, step = generator.random() < 0.3, 1 if generator.random() < 0.5 else -1
            if changes and cells[code] in {"2", "3", "4", "5"}:
                cells[code] = str(int(cells[code]) + step)
        complete = number < cases.duplicates
        earlier = replace(record, kind="duplicate" if complete else "earlier_attempt", cells=cells, of=record)
        earlier.fast = number < cases.fast_duplicates
        if not complete:
            _truncate(plan, earlier, int(generator.integers(4, 9)))
        found.append(earlier)
    return found


def _support(plan: Plan, valid: list[Record]) -> None:
    """Hand out the open answers, each once, to people of their language, and the hostile ones to anybody."""
    seed = plan.settings.seed
    for language, texts in plan.texts.support.items():
        speakers = [record for record in valid if record.language == language]
        for record, text in zip(_choose(plan, f"support/{language}", speakers, len(texts)), texts, strict=True):
            record.cells["TXT"] = text
    silent = [record for record in valid if record.cells["TXT"] == EMPTY]
    rows = stream(seed, "texts", "hostile").choice(len(silent), len(plan.texts.hostile), replace=False)
    for row, text in zip(rows, plan.texts.hostile, strict=True):
        silent[row].cells["TXT"] = text


def _odd_cells(plan: Plan, valid: list[Record]) -> None:
    """Overwrite single answered cells by what no codebook explains, each in another record."""
    used: set[int] = set()
    for number, odd in enumerate(plan.settings.odd_cells):
        rows = [row for row, record in enumerate(valid) if record.cells[odd.variable] and row not in used]
        row = rows[int(stream(plan.settings.seed, "odd_cells", str(number)).integers(len(rows)))]
        used.add(row)
        valid[row].cells[odd.variable] = odd.cell
