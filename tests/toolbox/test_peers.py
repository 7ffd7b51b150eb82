"""Peers stay hidden: no figure of fewer firms than allowed, and none that can be worked out from those published."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from surveytrail.toolbox.peers import without_firm
from tests.toolbox import differencing
from tests.toolbox.conftest import ROOT, Bench

LEAST = 10
LIMITS = differencing.guarded(ROOT)


def test_nothing_in_the_ledger_gives_away_few_firms(bench: Bench) -> None:
    attack = differencing.attack_ledger(bench.ledger, bench.analysis, LIMITS)
    assert attack.found == []
    assert attack.statistics == 9  # eight dimensions and the budget
    assert attack.combinations > 9 * 3**8


def test_the_attack_finds_what_one_more_group_gives_away(bench: Bench) -> None:
    # 20 micro firms, of which 16 German-speaking: both have enough firms, their difference is about 4
    groups = differencing.withheld_group(bench.ledger, bench.analysis, LEAST)
    assert groups == '[["SIZE", 1], ["LANGREG", 3]]'
    assert int(differencing.members(bench.analysis, ["DIM_STRATEGY"], groups).sum()) == 16
    attack = differencing.attack_ledger(bench.ledger, bench.analysis, LIMITS, [groups])
    assert "DIM_STRATEGY: a sum over 4 firms" in attack.found


def test_the_attack_reads_every_file(bench: Bench, tmp_path: Path) -> None:
    for name in ("ledger", "wave2"):
        (tmp_path / "results" / name).mkdir(parents=True)
    shutil.copy(ROOT / "config.yaml", tmp_path)
    bench.ledger.to_parquet(tmp_path / "results/ledger/ledger.parquet")
    bench.analysis.to_parquet(tmp_path / "results/wave2/analysis.parquet")
    assert differencing.attack_run(tmp_path).found == []
    hidden = "wave2.peer_means.strategy.size=micro.language=german.unweighted"
    (tmp_path / "results/page.html").write_text(f"<p>{hidden}</p>", encoding="utf-8")
    assert differencing.attack_run(tmp_path).found == [f"{hidden}: in page.html, not in the ledger"]


def test_peers_are_what_the_ledger_has_of_them(bench: Bench) -> None:
    rows = bench.ledger.set_index("id")
    figures = [
        (figure, group["n"])
        for shown in (*bench.peers.dimensions.values(), *bench.peers.amounts.values())
        for group in shown.values()
        for figure in group.values()
        if isinstance(figure, dict) and "id" in figure
    ]
    assert len(figures) > 300
    for figure, n in figures:
        assert rows.loc[figure["id"], "value"] == pytest.approx(figure["value"], rel=1e-11)
        assert rows.loc[figure["id"], "n_used"] == n
        assert rows.loc[figure["id"], "disclosure"].startswith("released, min_n ")


def test_no_figure_of_the_ledger_is_about_fewer_firms(bench: Bench) -> None:
    peers = bench.ledger[bench.ledger["estimate"].str.startswith("peer_")]
    assert len(peers) > 300
    assert peers["n_used"].min() >= LEAST
    percentiles = peers[peers["estimate"] == "peer_percentiles"]
    assert percentiles["n_used"].min() >= 20


def test_a_firm_of_the_survey_is_left_out(bench: Bench) -> None:
    first = bench.analysis[bench.analysis["SIZE"] == 2].iloc[0]
    others = without_firm(bench.study, bench.form.spec, bench.peers, bench.analysis, int(first["record"]))
    for name, shown in bench.peers.dimensions.items():
        own = float(first[f"DIM_{name.upper()}"])
        if np.isnan(own):
            continue
        group, left = shown["SIZE=2"], others.dimensions[name]["SIZE=2"]
        assert left["n"] == group["n"] - 1
        expected = (group["n"] * group["mean"]["value"] - own) / (group["n"] - 1)
        assert left["mean"]["value"] == pytest.approx(expected, rel=1e-9)
        assert left["mean"]["id"] == group["mean"]["id"]
        assert left["mean"]["with_firm"] == {**group["mean"], "n": group["n"]}
        assert others.dimensions[name]["SIZE=3"] == shown["SIZE=3"]


def test_a_group_that_would_be_too_small_without_the_firm_is_hidden(bench: Bench) -> None:
    key, analysis = "SIZE=2,SECTOR=3", bench.analysis.copy()
    inside = (analysis["SIZE"] == 2) & (analysis["SECTOR"] == 3) & analysis["BUDG"].notna()
    assert bench.peers.amounts["budget"][key]["n"] == inside.sum() == 11
    first, second = analysis.index[inside][:2]
    record = int(analysis.loc[first, "record"])
    assert without_firm(bench.study, bench.form.spec, bench.peers, analysis, record).amounts["budget"][key]["n"] == 10
    analysis.loc[second, "BUDG"] = np.nan
    assert key not in without_firm(bench.study, bench.form.spec, bench.peers, analysis, record).amounts["budget"]
