"""Who was asked what, in every record."""

from __future__ import annotations

from tests.generator.independent import CHANNELS, COLUMN, QUESTIONS, answer, last_page, page_of, raw_records

TEXT = {"OPEN", "BAR_TXT", "YOB", "POSTS"}


def unseen(name: str) -> str:
    return "-66" if name in TEXT else "-77"


def seen(record: dict[str, str], name: str) -> bool:
    return record[COLUMN[name]] != unseen(name)


def uses(record: dict[str, str], context: str) -> bool:
    return any((answer(record, f"{context}_{channel}") or 0) >= 2 for channel in CHANNELS)


def asked(record: dict[str, str], name: str) -> bool:
    if name in {"MODE_PRIV", "CONT_PRIV"}:
        return uses(record, "PRIV")
    if name in {"MODE_PROF", "CONT_PROF"}:
        return uses(record, "PROF")
    if name in {"SEP_CHAN", "SEP_CONT"}:
        return uses(record, "PRIV") and uses(record, "PROF")
    if name == "POSTS":
        return (answer(record, "MODE_PROF") or 0) >= 2
    if name == "BAR_TXT":
        return answer(record, "BAR_OTH") == 1
    return True


def test_complete_interviews_show_what_is_asked_and_nothing_else() -> None:
    complete = [record for record in raw_records() if record["dispcode"] in {"31", "32"}]
    checked = 0
    for record in complete:
        for name in QUESTIONS:
            if record[COLUMN[name]] in {"", " "}:
                continue  # two cells overwritten on purpose
            assert seen(record, name) == asked(record, name), f"record {record['lfdn']}, {name}"
            checked += 1
    assert checked > 50_000


def test_filters_are_used() -> None:
    complete = [record for record in raw_records() if record["dispcode"] in {"31", "32"}]
    for name in ("MODE_PRIV", "MODE_PROF", "POSTS", "CONT_PRIV", "CONT_PROF", "SEP_CHAN", "SEP_CONT", "BAR_TXT"):
        states = {seen(record, name) for record in complete}
        assert states == {True, False}, name


def test_break_offs_end_at_their_last_page() -> None:
    broken = [record for record in raw_records() if record["dispcode"] == "22"]
    assert len(broken) == 278
    for record in broken:
        last = last_page(record)
        for name in QUESTIONS:
            page, cell = page_of(name), record[COLUMN[name]]
            if page > last:
                assert cell == unseen(name)
            elif page == last and asked(record, name):
                assert cell == ("-99" if name in TEXT else "0")
            else:
                assert seen(record, name) == asked(record, name)


def test_screen_outs_gave_a_reason_and_saw_nothing_more() -> None:
    for record in raw_records():
        ends = [answer(record, "ROLE") == 9, answer(record, "SIZE") == 4, answer(record, "B2B") == 5]
        assert any(ends) == (record["dispcode"] == "37")
        if any(ends):
            last = 1 if ends[2] else 0
            assert all(not seen(record, name) for name in QUESTIONS if page_of(name) > last)
            assert all(seen(record, name) for name in QUESTIONS if page_of(name) <= last)
