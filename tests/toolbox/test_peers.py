"""Peers stay hidden: no figure of fewer firms than allowed, and none that can be worked out from those shown."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from surveytrail.toolbox.disclosure import is_dominated, is_safe, released
from surveytrail.toolbox.peers import members_of, without_firm
from tests.toolbox.conftest import Bench

LEAST = 10


def attack(memberships: list[np.ndarray]) -> int | None:
    """Add and subtract the sums of groups in every way; return the fewest firms that a result is about."""
    matrix = np.array(memberships, dtype=np.int64)
    fewest: int | None = None
    for signs in product((-1, 0, 1), repeat=len(matrix)):
        about = int(np.count_nonzero(np.array(signs) @ matrix))
        if about and (fewest is None or about < fewest):
            fewest = about
    return fewest


def masks_of(bench: Bench, shown: dict[str, object], variable: str) -> list[np.ndarray]:
    columns = {str(name): bench.analysis[name].to_numpy() for name in bench.analysis.columns}
    known = ~np.isnan(columns[variable].astype(float))
    pairs = [[(part.split("=")[0], int(part.split("=")[1])) for part in key.split(",") if part] for key in shown]
    return [known & members_of(pair, columns) for pair in pairs]


def test_nothing_shown_is_about_few_firms_and_no_difference_is(bench: Bench) -> None:
    for dimension in bench.form.spec.toolbox.dimensions:
        shown = bench.peers.dimensions[dimension.id]
        masks = masks_of(bench, shown, dimension.variable)
        assert [int(mask.sum()) for mask in masks] == [group["n"] for group in shown.values()]
        fewest = attack(masks)
        assert fewest is not None
        assert fewest >= LEAST
    for amount in bench.form.spec.toolbox.peers.amounts:
        fewest = attack(masks_of(bench, bench.peers.amounts[amount.id], amount.variable))
        assert fewest is not None
        assert fewest >= LEAST


def test_the_attack_would_find_what_the_ledger_alone_gives_away(bench: Bench) -> None:
    # 20 micro firms, of which 16 German-speaking: both have enough firms, their difference is about 4
    groups = {"SIZE=1": None, "SIZE=1,LANGREG=3": None}
    masks = masks_of(bench, groups, "DIM_STRATEGY")
    assert min(int(mask.sum()) for mask in masks) >= LEAST
    assert attack(masks) == 4
    assert "SIZE=1,LANGREG=3" not in bench.peers.dimensions["strategy"]
    ids = set(bench.ledger["id"])
    assert "wave2.peer_means.strategy.size=micro.language=german.unweighted" in ids


def test_no_figure_of_the_ledger_is_about_fewer_firms(bench: Bench) -> None:
    peers = bench.ledger[bench.ledger["estimate"].str.startswith("peer_")]
    assert len(peers) > 500
    assert peers["n_used"].min() >= LEAST
    percentiles = peers[peers["estimate"] == "peer_percentiles"]
    assert percentiles["n_used"].min() >= 20


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ([[30], [12], [12]], [True, True, True]),      # the rest: 30 - 12 - 12 overlaps nothing here: 18 and 18
        ([[30], [25]], [True, False]),                 # 30 - 25 = 5
        ([[30], [20]], [True, True]),                  # 30 - 20 = 10
        ([[9]], [False]),
    ],
)  # fmt: skip
def test_groups_inside_one_another(sizes: list[list[int]], shown: list[bool]) -> None:
    masks = []
    for (size,) in sizes:
        mask = np.zeros(40, dtype=bool)
        mask[:size] = True
        masks.append(mask)
    assert released(masks, LEAST) == shown


def test_parts_that_leave_a_small_rest() -> None:
    def part(low: int, high: int) -> np.ndarray:
        mask = np.zeros(33, dtype=bool)
        mask[low:high] = True
        return mask

    whole, industry, services = part(0, 33), part(0, 14), part(14, 30)
    assert released([whole, industry, services], LEAST) == [True, True, False]  # 33 - 14 - 16 = 3
    assert is_safe([industry, services], LEAST)
    crossed = part(5, 20)  # 5 firms of industry are not in it
    assert not is_safe([whole, industry, crossed], LEAST) or attack([whole, industry, crossed]) >= LEAST


def test_the_check_agrees_with_the_attack_on_random_groups() -> None:
    rng = np.random.default_rng(7)
    verdicts = set()
    for _ in range(60):
        masks = [np.ones(40, dtype=bool), *(rng.random(40) < rng.uniform(0.3, 0.9) for _ in range(4))]
        chosen = [mask for mask, safe in zip(masks, released(masks, LEAST), strict=True) if safe]
        fewest = attack(chosen)
        verdicts.add(len(chosen))
        assert fewest is not None
        assert fewest >= LEAST
    assert len(verdicts) > 1


def test_one_firm_that_holds_most_of_an_amount() -> None:
    assert is_dominated(np.array([71.0, 20.0, 9.0]), 0.7)
    assert not is_dominated(np.array([70.0, 20.0, 10.0]), 0.7)
    assert not is_dominated(np.zeros(3), 0.7)


def test_a_firm_of_the_survey_is_left_out(bench: Bench) -> None:
    spec = bench.form.spec
    first = bench.analysis[bench.analysis["SIZE"] == 2].iloc[0]
    others = without_firm(spec, bench.peers, bench.analysis, int(first["record"]))
    for name, shown in bench.peers.dimensions.items():
        own = float(first[f"DIM_{name.upper()}"])
        if np.isnan(own):
            continue
        group, left = shown["SIZE=2"], others.dimensions[name]["SIZE=2"]
        assert left["n"] == group["n"] - 1
        expected = (group["n"] * group["mean"]["value"] - own) / (group["n"] - 1)
        assert left["mean"]["value"] == pytest.approx(expected, rel=1e-9)
        assert left["mean"]["id"] == group["mean"]["id"]
        assert others.dimensions[name]["SIZE=3"] == shown["SIZE=3"]


def test_a_group_that_would_be_too_small_without_the_firm_is_hidden(bench: Bench) -> None:
    key, analysis = "SIZE=2,SECTOR=3", bench.analysis.copy()
    inside = (analysis["SIZE"] == 2) & (analysis["SECTOR"] == 3) & analysis["BUDG"].notna()
    assert bench.peers.amounts["budget"][key]["n"] == inside.sum() == 11
    first, second = analysis.index[inside][:2]
    record = int(analysis.loc[first, "record"])
    assert without_firm(bench.form.spec, bench.peers, analysis, record).amounts["budget"][key]["n"] == 10
    analysis.loc[second, "BUDG"] = np.nan
    assert key not in without_firm(bench.form.spec, bench.peers, analysis, record).amounts["budget"]
