"""Raw records: what becomes of each person's answers, and the text that the survey tool writes for them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from studygenerator.draws import stream
from studygenerator.people import NO_ANSWER, NOT_ASKED, People
from studygenerator.wave1.people import NO_BARRIER, simulate_people
from studygenerator.wave1.plan import Plan
from surveyspec.codebook import Variable

Kind = Literal[
    "valid", "speeder", "straight_liner", "duplicate", "break_off", "partial", "screen_out", "tester"
]  # fmt: skip
CLOSED_UNANSWERED, CLOSED_UNSEEN, OPEN_UNANSWERED, OPEN_UNSEEN = "0", "-77", "-99", "-66"
BROKEN_OFF, COMPLETED, COMPLETED_AFTER_BREAK, SCREENED_OUT = 22, 31, 32, 37
OPEN_TYPES = {"open", "numeric"}


@dataclass
class Record:
    """One raw record.

    Parameters
    ----------
    cells : text of the cell per question
    language : code of the questionnaire's language
    last_page : place of the last page seen
    of : the record that this one repeats or preceded, sharing its invitation
    """

    kind: Kind
    cells: dict[str, str]
    language: int
    partner: int
    disposition: int
    last_page: int
    of: Record | None = None
    invitation: str = ""
    token: str = ""
    start: int = 0
    duration: int = -1
    page_seconds: list[int | None] = field(default_factory=list)
    machine: dict[str, str] = field(default_factory=dict)


def build_records(plan: Plan) -> list[Record]:
    """Build all raw records without times and machines, in no particular order."""
    cases = plan.settings.cases
    valid = _complete(plan, simulate_people(plan, "valid", cases.valid))
    others = _complete(plan, simulate_people(plan, "others", cases.others))
    _leave_out_barriers(plan, valid)
    speeders, straight, left, screened, testers = _split(
        others,
        [cases.speeders, cases.straight_liners, cases.break_offs + cases.partials, cases.screen_outs, cases.testers],
    )
    repeated = _choose(plan, "duplicates", valid, cases.duplicates)
    records = [
        *valid,
        *(replace(record, kind="speeder") for record in speeders),
        *_straight_liners(plan, straight),
        *_break_offs(plan, valid, left),
        *_screen_outs(plan, screened),
        *_testers(plan, testers),
        *(_second_answer(plan, record, number) for number, record in enumerate(repeated)),
    ]
    for record in _choose(plan, "resumed", valid, cases.resumed):
        record.disposition = COMPLETED_AFTER_BREAK
    _comments(plan, valid)
    _odd_cells(plan, valid)
    return records


def _complete(plan: Plan, people: People) -> list[Record]:
    """Turn people into complete, valid interviews; open questions stay unanswered unless they ticked "other"."""
    last = len(plan.pages) - 1
    questions = [code for _, codes in plan.pages for code in codes]
    records = []
    for row in range(people.n):
        cells = {
            code: cell_text(plan.codebook.by_code[code], plan, int(people.answers[code][row]))
            for code in questions
            if code in people.answers
        }
        cells["W1_OPEN"] = OPEN_UNANSWERED
        cells["W1_BAR_TXT"] = OPEN_UNSEEN
        language, partner = (int(people.answers[code][row]) for code in ("LANGUAGE", "PARTNER"))
        records.append(Record("valid", cells, language, partner, COMPLETED, last))
    _other_barriers(plan, records)
    return records


def cell_text(variable: Variable, plan: Plan, code: int) -> str:
    """Return what the tool writes for an answer, a skipped question or a filtered one."""
    if code == NOT_ASKED:
        return unseen(variable)
    if code == NO_ANSWER:
        return unanswered(variable)
    cells = {category.code: category.cell for category in plan.codebook.categories(variable)}
    return cells.get(code, str(code))


def unseen(variable: Variable) -> str:
    """Return the cell of a question that was not shown."""
    return OPEN_UNSEEN if variable.type in OPEN_TYPES else CLOSED_UNSEEN


def unanswered(variable: Variable) -> str:
    """Return the cell of a question that was shown and left empty (for options: not ticked)."""
    return OPEN_UNANSWERED if variable.type in OPEN_TYPES else CLOSED_UNANSWERED


def _split(records: list[Record], counts: list[int]) -> list[list[Record]]:
    edges = np.cumsum([0, *counts])
    return [records[begin:end] for begin, end in pairwise(edges)]


def _choose(plan: Plan, name: str, records: list[Record], count: int) -> list[Record]:
    rows = stream(plan.settings.seed, "choose", name).choice(len(records), count, replace=False)
    return [records[row] for row in rows]


def _other_barriers(plan: Plan, records: list[Record]) -> None:
    """Write what people typed after ticking "other"; some leave it empty."""
    generator = stream(plan.settings.seed, "texts", "barriers", str(len(records)))
    hostile = list(plan.texts.barrier_hostile)
    for record in records:
        if record.cells["W1_BAR_OTH"] == "1":
            texts = plan.texts.barrier_other[record.language]
            text, empty = texts[int(generator.integers(len(texts)))], generator.random()
            text = hostile.pop() if hostile else text
            record.cells["W1_BAR_TXT"] = (
                OPEN_UNANSWERED if empty < plan.settings.nonresponse.texts["W1_BAR_TXT"] else text
            )


def _leave_out_barriers(plan: Plan, valid: list[Record]) -> None:
    """Let some tick no barrier at all, and some tick "none" beside a barrier."""
    rules = plan.settings.nonresponse
    options = [code for code in plan.settings.barriers if code != NO_BARRIER]
    hindered = [r for r in valid if r.cells[NO_BARRIER] == "0" and r.cells["W1_BAR_OTH"] == "0"]
    chosen = _choose(plan, "barriers", hindered, rules.nothing_ticked + rules.contradictory)
    for record in chosen[: rules.nothing_ticked]:
        record.cells.update(dict.fromkeys(options, "0"))
    for record in chosen[rules.nothing_ticked :]:
        record.cells[NO_BARRIER] = "1"


def _straight_liners(plan: Plan, records: list[Record]) -> list[Record]:
    """Give the same answer to every scale, other than "never", so that all questions are shown."""
    generator = stream(plan.settings.seed, "straight_liners")
    for record in records:
        answer = int(generator.integers(2, 5))
        for variable in plan.codebook.variables:
            if variable.code in record.cells and (variable.type == "scale" or variable.battery == "W1_FIRM"):
                record.cells[variable.code] = str(answer)
        record.cells["W1_POSTS"] = "0"
        record.kind = "straight_liner"
    return records


def _truncate(plan: Plan, record: Record, last_page: int, shown: bool) -> None:
    """Empty what lies behind a page; the page itself was shown but not sent off if `shown`.

    Where the tool would skip that page because nobody is asked anything on it, the next one takes its place.
    """
    codebook = plan.codebook.by_code
    pages = [codes for _, codes in plan.pages]
    while shown and pages[last_page] and all(record.cells[c] == unseen(codebook[c]) for c in pages[last_page]):
        last_page += 1
    for place, codes in enumerate(pages):
        for code in codes:
            variable = codebook[code]
            if place > last_page:
                record.cells[code] = unseen(variable)
            elif place == last_page and shown and record.cells[code] != unseen(variable):
                record.cells[code] = unanswered(variable)
    record.last_page = last_page
    if shown and "W1_BAR_TXT" in pages[last_page]:
        record.cells["W1_BAR_TXT"] = OPEN_UNSEEN  # "other" was not ticked


def _break_offs(plan: Plan, valid: list[Record], left: list[Record]) -> list[Record]:
    """Let people leave at some page; the first ones come back and are among the valid, over the same invitation."""
    cases, seed = plan.settings.cases, plan.settings.seed
    for record, complete in zip(left, _choose(plan, "returned", valid, cases.returned), strict=False):
        record.cells = dict(complete.cells)
        record.language, record.partner, record.of = complete.language, complete.partner, complete
    questions = [len(codes) for _, codes in plan.pages]
    answered = np.cumsum([0, *questions])[:-1] / sum(questions)
    early = np.flatnonzero(answered < 0.48)
    late = np.flatnonzero((answered >= 0.55) & (answered < 0.75))
    fading = 0.85 ** np.arange(len(early))
    generator = stream(seed, "break_offs")
    for number, record in enumerate(left):
        partial = number >= cases.break_offs
        page = generator.choice(late) if partial else generator.choice(early, p=fading / fading.sum())
        record.kind, record.disposition = ("partial" if partial else "break_off"), BROKEN_OFF
        _truncate(plan, record, int(page), shown=True)
    return left


def _screen_outs(plan: Plan, records: list[Record]) -> list[Record]:
    """Give an answer that ends the questionnaire: function, size or business."""
    generator = stream(plan.settings.seed, "screen_outs")
    ends = [("W1_ROLE", "9"), ("W1_SIZE", "4"), ("W1_B2B", "5")]
    for record in records:
        code, cell = ends[int(generator.choice(3, p=[0.45, 0.25, 0.30]))]
        record.cells[code] = cell
        page = next(place for place, (_, codes) in enumerate(plan.pages) if code in codes)
        record.kind, record.disposition = "screen_out", SCREENED_OUT
        _truncate(plan, record, page, shown=False)
    return records


def _testers(plan: Plan, records: list[Record]) -> list[Record]:
    """Turn people into the research team trying the questionnaire; every third breaks off."""
    for number, record in enumerate(records):
        record.kind = "tester"
        record.cells["W1_OPEN"] = plan.texts.tester_texts[number % len(plan.texts.tester_texts)]
        if number % 3 == 2:
            record.disposition = BROKEN_OFF
            _truncate(plan, record, len(plan.pages) // 2, shown=True)
    return records


def _second_answer(plan: Plan, record: Record, number: int) -> Record:
    """Return a second interview of the same person: nearly the same answers, no comment."""
    generator = stream(plan.settings.seed, "duplicates", str(number))
    cells = {**record.cells, "W1_OPEN": OPEN_UNANSWERED}
    for variable in plan.codebook.variables:
        changes = generator.random() < 0.2
        step = 1 if generator.random() < 0.5 else -1
        if variable.scale in {"AGR5", "USE5", "PRES5"} and changes and cells[variable.code] in {"2", "3", "4"}:
            cells[variable.code] = str(int(cells[variable.code]) + step)
    return replace(record, kind="duplicate", cells=cells, of=record)


def _comments(plan: Plan, valid: list[Record]) -> None:
    """Hand out the comments, each once, to people of their language, and the hostile ones to anybody."""
    seed = plan.settings.seed
    for language, texts in plan.texts.comments.items():
        speakers = [record for record in valid if record.language == language]
        for record, text in zip(_choose(plan, f"comments/{language}", speakers, len(texts)), texts, strict=True):
            record.cells["W1_OPEN"] = text
    silent = [record for record in valid if record.cells["W1_OPEN"] == OPEN_UNANSWERED]
    rows = stream(seed, "texts", "hostile").choice(len(silent), len(plan.texts.hostile), replace=False)
    for row, text in zip(rows, plan.texts.hostile, strict=True):
        silent[row].cells["W1_OPEN"] = text


def _odd_cells(plan: Plan, valid: list[Record]) -> None:
    """Overwrite single answered cells by what no codebook explains, each in another record."""
    used: set[int] = set()
    for number, odd in enumerate(plan.settings.odd_cells):
        variable = plan.codebook.by_code[odd.variable]
        empty = {unseen(variable), unanswered(variable)}
        rows = [row for row, r in enumerate(valid) if r.cells[odd.variable] not in empty and row not in used]
        row = rows[int(stream(plan.settings.seed, "odd_cells", str(number)).integers(len(rows)))]
        used.add(row)
        valid[row].cells[odd.variable] = odd.cell
