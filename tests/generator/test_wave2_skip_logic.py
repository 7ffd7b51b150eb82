"""Who was asked what in the second wave, in every record: what was not shown, not reached or not sent off is empty."""

from __future__ import annotations

import pytest

from tests.generator.independent_wave2 import GOALS, PAGES, QUESTIONS, USERS_ONLY, answer, page_of, raw_records

MANDATORY = ["CONSENT", "SMUSE", "SIZE", "NOGA", "B2B"]


def asked(record: dict[str, str], name: str) -> bool:
    """Whether somebody who got that far was shown a question."""
    page = page_of(name)
    if record["CONSENT"] == "N":
        return page == 0
    if page in USERS_ONLY and record["SMUSE"] != "1":
        return False
    if name.startswith("ATTN"):
        return (answer(record, name.replace("ATTN", "GOAL")) or 0) >= 3
    return True


def test_nothing_stands_where_nothing_was_asked_or_reached() -> None:
    checked = 0
    for record in raw_records():
        for name in QUESTIONS:
            if page_of(name) >= int(record["lastpage"]) or not asked(record, name):
                assert record[name] == "", f"record {record['id']}, {name}"
                checked += 1
    assert checked > 5000


def test_complete_interviews_answer_nearly_all_they_are_asked() -> None:
    complete = [record for record in raw_records() if record["submitdate"]]
    single = [name for name in QUESTIONS if name.split("[")[0] not in {"CT", "PR", "KPI", "BAR", "TXT"}]
    shown = [(record, name) for record in complete for name in single if asked(record, name)]
    empty = sum(record[name] == "" for record, name in shown)
    assert 0.005 < empty / len(shown) < 0.04
    for name in MANDATORY:
        assert all(record[name] for record in complete), name


@pytest.mark.parametrize("goal", GOALS)
def test_attainment_is_asked_of_those_to_whom_the_goal_matters(goal: str) -> None:
    users = [record for record in raw_records() if record["submitdate"] and record["SMUSE"] == "1"]
    shown = {record["id"] for record in users if record[f"ATTN[{goal}]"]}
    matters = {record["id"] for record in users if (answer(record, f"GOAL[{goal}]") or 0) >= 3}
    assert shown <= matters
    assert len(matters - shown) < 0.08 * len(matters)


def test_the_short_way() -> None:
    others = [record for record in raw_records() if record["SMUSE"] in {"2", "3", "4"}]
    assert len(others) == 60
    assert {record["SMUSE"] for record in others} == {"2", "3", "4"}
    for record in others:
        assert all(record[name] == "" for place in USERS_ONLY for name in PAGES[place])
        assert record["submitdate"] == "" or (record["lastpage"] == "17" and record["POT"] + record["INT12"])


def test_refusals_leave_nothing_but_the_refusal() -> None:
    refused = [record for record in raw_records() if record["CONSENT"] == "N"]
    assert len(refused) == 7
    for record in refused:
        assert record["lastpage"] == "1"
        assert all(record[name] == "" for name in QUESTIONS if name != "CONSENT")


def test_times_stand_on_the_pages_shown_and_sent_off() -> None:
    for record in raw_records():
        times = [cell for name, cell in record.items() if name.startswith("groupTime")]
        assert len(times) == len(PAGES)
        for place, cell in enumerate(times):
            shown = any(asked(record, name) for name in PAGES[place])
            assert bool(cell) == (place < int(record["lastpage"]) and shown), (record["id"], place)
        total = sum(float(cell) for cell in times if cell)
        assert (record["interviewtime"] == "") == (total == 0)
        assert total == 0 or abs(float(record["interviewtime"]) - total) < 0.01
