"""Scores, levels, gates, peers and recommendations of single firms, against figures worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from surveytrail.toolbox.answers import Firm
from surveytrail.toolbox.assessment import assess
from tests.toolbox.conftest import Bench

PROFILE = {"SMUSE": 1, "SIZE": 2, "NOGA": 1, "CANT": 1, "B2B": 1, "EXPO": 1}
NO_BARRIERS = {"BAR_PRIV": 0, "BAR_SEP": 0, "BAR_KNOW": 0, "BAR_REL": 0}
BEST = {
    **PROFILE, **NO_BARRIERS, "CHS_WEB": 1, "CHS_NL": 1, "CHS_FB": 1, "CHS_YT": 6, "CHS_LI": 1, "CHS_XI": 6,
    "CHS_TW": 6, "CHS_GP": 6, "CHS_BL": 6, "CHS_IG": 6, "FREQ": 1, "STRAT": 4, "PLAN": 1, "MGMT": 6, "BUDG": 50_000,
    "FTE": 100, "RESP": 4, "GUIDE": 1, "TRAIN": 1, "CT_NEWS": 1, "CT_PROD": 1, "CT_KNOW": 1, "CT_VIDEO": 1,
    "CT_CASE": 1, "CT_EVENT": 1, "CT_JOBS": 1, "DIAL": 6, "RESPT": 1, "UGCSH": 30, "PR_MARK": 1, "PR_SALE": 1,
    "PR_SERV": 1, "PR_HR": 1, "PR_RD": 1, "KPI_FOLL": 1, "KPI_INTER": 1, "KPI_WEB": 1, "KPI_LEAD": 1, "KPI_CONV": 1,
    "KPI_REV": 1, "KPI_NONE": 0, "MONI": 1, "COSTB": 3, "PRS_CU": 3, "PRS_MG": 6, "TRU_DATA": 6, "TRU_INFO": 6,
    "TRU_REL": 6, "POT": 6, "FIRM_WIKI": 4, "FIRM_BLOG": 4,
    **{f"{battery}_{goal}": 6 for battery in ("GOAL", "ATTN")
       for goal in ("REACH", "IMAGE", "LEAD", "CONV", "LOYAL", "SERV", "RECR", "INNO")},
}  # fmt: skip


def assessed(bench: Bench, answers: dict[str, float]) -> dict[str, Any]:
    return assess(bench.form, bench.peers, [Firm("a firm", "en", answers)])[0]


def dimension(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in found["dimensions"] if entry["id"] == name)


def test_the_best_firm_is_strategic_and_hears_of_level_three_advice(bench: Bench) -> None:
    found = assessed(bench, BEST)
    assert [entry["score"] for entry in found["dimensions"]] == [100] * 8
    assert found["overall"]["level"] == 4
    assert [entry["id"] for entry in found["recommendations"]] == ["R07", "R23"]
    assert found["open"] == []


def test_scores_worked_out_by_hand(bench: Bench) -> None:
    found = assessed(bench, {**BEST, "STRAT": 3, "PLAN": 0, "MGMT": 4, "FTE": 20, "RESP": 2, "GUIDE": 0, "FREQ": 3})
    assert dimension(found, "strategy")["score"] == pytest.approx((200 / 3 + 0 + 60) / 3, rel=1e-11)
    assert dimension(found, "organisation")["score"] == pytest.approx((75 + 50 + 100 + 0 + 100) / 5)
    assert dimension(found, "content")["score"] == pytest.approx((100 + 50) / 2)


@pytest.mark.parametrize(("left_out", "score"), [(["PLAN"], 100), (["PLAN", "MGMT"], None)])
def test_a_score_needs_60_per_cent_of_its_items(bench: Bench, left_out: list[str], score: float | None) -> None:
    found = assessed(bench, {code: answer for code, answer in BEST.items() if code not in left_out})
    assert dimension(found, "strategy")["score"] == score
    assert dimension(found, "strategy")["known"] == 3 - len(left_out)


def test_dont_know_is_no_answer(bench: Bench) -> None:
    found = assessed(bench, {**BEST, "MGMT": 8})
    assert dimension(found, "strategy")["known"] == 2
    assert "MGMT" in found["open"]


def test_gates_hold_a_firm_back_and_are_named(bench: Bench) -> None:
    without_strategy = assessed(bench, {**BEST, "STRAT": 2})["overall"]
    assert (without_strategy["level_by_score"], without_strategy["level"]) == (4, 2)
    assert [gate["id"] for gate in without_strategy["gates"] if gate["held"]] == ["strategy"]
    no_metric = assessed(bench, {**BEST, "KPI_LEAD": 0, "KPI_CONV": 0, "KPI_REV": 0})["overall"]
    assert (no_metric["level_by_score"], no_metric["level"]) == (4, 3)
    assert [gate["id"] for gate in no_metric["gates"] if gate["held"]] == ["business_metric"]


def test_a_gate_that_nobody_can_judge_holds(bench: Bench) -> None:
    overall = assessed(bench, {code: answer for code, answer in BEST.items() if code != "STRAT"})["overall"]
    assert overall["level"] == 2
    assert overall["gates"][0] == {"id": "strategy", "open": False, "known": False, "held": True}


def test_a_firm_without_social_media_is_absent_and_may_be_told_to_pilot(bench: Bench) -> None:
    found = assessed(bench, {**BEST, "SMUSE": 3, "EXPO": 1})
    assert found["absent"]
    assert (found["overall"]["score"], found["overall"]["level"]) == (None, 0)
    assert dimension(found, "strategy")["score"] is None
    assert found["asked"] == 18
    assert "R01" in [entry["id"] for entry in found["recommendations"]]


def test_a_wiki_inside_only(bench: Bench) -> None:
    ids = [entry["id"] for entry in assessed(bench, {**BEST, "FIRM_WIKI": 3})["recommendations"]]
    assert "R18" in ids


def test_peers_fall_back_until_a_group_is_shown(bench: Bench) -> None:
    industry = dimension(assessed(bench, BEST), "strategy")["peers"]
    assert (industry["group"], industry["n"], industry["fallback"]) == ("SIZE=2,SECTOR=1", 14, 1)
    services = dimension(assessed(bench, {**BEST, "NOGA": 6}), "strategy")["peers"]
    assert (services["group"], services["fallback"]) == ("SIZE=2,LANGREG=3", 2)
    micro = dimension(assessed(bench, {**BEST, "SIZE": 1}), "strategy")["peers"]
    assert (micro["group"], micro["n"], micro["fallback"]) == ("SIZE=1", 20, 3)
    unknown = {code: answer for code, answer in BEST.items() if code != "SIZE"}
    everybody = dimension(assessed(bench, unknown), "strategy")["peers"]
    assert (everybody["group"], everybody["n"], everybody["fallback"]) == ("", 116, 4)


def test_means_are_drawn_to_the_next_wider_group(bench: Bench) -> None:
    shown = bench.peers.dimensions["strategy"]
    whole, size, group = (shown[key]["mean"]["value"] for key in ("", "SIZE=2", "SIZE=2,SECTOR=1"))
    wider = (33 * size + 10 * whole) / 43
    peers = dimension(assessed(bench, BEST), "strategy")["peers"]
    assert peers["chain"] == ["SIZE=2,SECTOR=1", "SIZE=2", ""]
    assert peers["shrunk"] == pytest.approx((14 * group + 10 * wider) / 24, rel=1e-11)


def test_the_standing_counts_the_quantiles_reached(bench: Bench) -> None:
    assert dimension(assessed(bench, BEST), "strategy")["band"] == 3
    worst = dimension(assessed(bench, {**BEST, "STRAT": 1, "PLAN": 0, "MGMT": 1}), "strategy")
    assert worst["band"] == 0
    micro = dimension(assessed(bench, {**BEST, "SIZE": 1}), "strategy")
    assert micro["band"] == 5  # of 20 firms there are percentiles


def test_at_most_five_by_gap_times_importance(bench: Bench) -> None:
    weak = {**BEST, "STRAT": 1, "PLAN": 0, "MGMT": 1, "MONI": 0, "KPI_LEAD": 0, "KPI_CONV": 0, "KPI_REV": 0,
            "CT_KNOW": 0, "GUIDE": 0, "TRAIN": 0, "TRU_REL": 1, "CHS_NL": 6}  # fmt: skip
    found = assessed(bench, weak)
    assert len(found["recommendations"]) == 5
    assert found["further"]
    weights = [entry["weight"] for entry in found["recommendations"]]
    assert weights == sorted(weights, reverse=True)
    first, gap = found["recommendations"][0], dimension(found, "strategy")["gap"]
    assert first["id"] == "R02"
    assert first["weight"] == pytest.approx(5 * gap, rel=1e-11)
    assert gap == pytest.approx(dimension(found, "strategy")["peers"]["shrunk"] - 0, rel=1e-11)


def test_of_conflicting_rules_the_first_in_priority_speaks(bench: Bench) -> None:
    both = {**BEST, "CHS_LI": 6, "CHS_XI": 6, "CHS_YT": 1, "CHS_TW": 1, "CHS_IG": 1, "FTE": 10, "PR_SALE": 0,
            "PR_SERV": 0, "PR_HR": 0, "PR_RD": 0}  # fmt: skip
    found = assessed(bench, both)
    given = [entry["id"] for entry in found["recommendations"]] + found["further"]
    assert "R05" in given
    assert {"R06", "R19"}.isdisjoint(given)
    assert found["withheld"] == [{"id": "R06", "because": "R05"}, {"id": "R19", "because": "R05"}]


def test_too_many_missing_answers_give_one_recommendation(bench: Bench) -> None:
    found = assessed(bench, {**PROFILE, "STRAT": 1, "BAR_PRIV": 1})
    assert [entry["id"] for entry in found["recommendations"]] == ["R24"]
    assert found["further"] == []
    assert "PLAN" in found["open"]
    assert found["overall"]["level"] is None


def test_a_recommendation_names_the_answers_behind_it(bench: Bench) -> None:
    found = assessed(bench, {**BEST, "ATTN_SERV": 2, "ATTN_LEAD": 1})
    given = next(entry for entry in found["recommendations"] if entry["id"] == "R09")
    assert given["values"] == [["GOAL_LEAD", 6], ["ATTN_LEAD", 1], ["GOAL_SERV", 6], ["ATTN_SERV", 2]]
