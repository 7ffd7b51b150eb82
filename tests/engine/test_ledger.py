"""The ledger of the tiny study, against numbers computed by hand."""

import json
from pathlib import Path

import pandas as pd
import pytest
from pyroaring import BitMap

from recount.cli import recount
from surveyspec.study import load_study
from surveytrail.frames import write_frame
from surveytrail.ledger.collect import Ledger
from surveytrail.ledger.columns import COLUMNS
from surveytrail.pipeline import compute_ledger
from tests.tiny import CONFIG, write_tiny


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return compute_ledger(load_study(write_tiny(tmp_path_factory.mktemp("tiny"))))


def row(ledger: Ledger, identifier: str) -> pd.Series:
    found = ledger.frame[ledger.frame["id"] == identifier]
    assert len(found) == 1, identifier
    return found.iloc[0]


def test_columns_and_ids(ledger: Ledger) -> None:
    assert list(ledger.frame.columns) == list(COLUMNS)
    assert ledger.frame["id"].is_unique
    assert len(ledger.frame) == 14 + 4 + 13


def test_unweighted_share(ledger: Ledger) -> None:
    # records 1, 2, 3, 4, 7, 8 are analysed; of 4 (don't know) and 7 (implausible) USE_A is missing
    alpha = row(ledger, "w1.use.alpha.unweighted")
    assert (alpha["value"], alpha["numerator"], alpha["denominator"]) == (0.75, 3, 4)
    assert (alpha["n_in"], alpha["n_used"]) == (6, 4)
    assert json.loads(alpha["n_excluded"]) == {"DONT_KNOW": 1, "IMPLAUSIBLE": 1}
    assert json.loads(alpha["text"]) == {"en": "75.0%"}
    assert alpha["lower"] == pytest.approx(0.300642, abs=1e-6)  # Wilson (1927), 3 of 4
    assert alpha["upper"] == pytest.approx(0.954413, abs=1e-6)
    assert alpha["columns"] == ["v_2"]


def test_weighted_share_and_mean(ledger: Ledger) -> None:
    # weights 1.6 for small (records 1, 2, 8) and 0.4 for large (3)
    assert row(ledger, "w1.use.alpha.raked")["value"] == pytest.approx((1.6 + 1.6 + 0.4) / (3 * 1.6 + 0.4), rel=1e-12)
    mean = row(ledger, "w1.level.raked")
    assert mean["value"] == pytest.approx((1.6 * (1 + 2 + 3) + 0.4 * 3) / (3 * 1.6 + 0.4), rel=1e-12)
    assert mean["n_weighted"] == pytest.approx(5.2)
    assert mean["n_effective"] == pytest.approx(5.2**2 / (3 * 1.6**2 + 0.4**2))


def test_flow_counts(ledger: Ledger) -> None:
    counts = {
        name: row(ledger, f"w1.flow.{name}.unweighted")["value"]
        for name in ("records", "excluded.no_size", "excluded.speeders", "analysed")
    }
    assert counts == {"records": 8, "excluded.no_size": 1, "excluded.speeders": 1, "analysed": 6}


def test_lineage_of_a_share(ledger: Ledger) -> None:
    sets = {key: set(BitMap.deserialize(content)) for key, content in ledger.row_sets[["row_set", "bitmap"]].to_numpy()}
    edges = [
        (edge.kind, edge.why, sets[edge.row_set], list(edge.columns))
        for edge in ledger.edges[ledger.edges["number_id"] == "w1.use.alpha.size=small.unweighted"].itertuples()
    ]
    everybody = set(range(1, 9))
    assert edges == [
        ("DIRECT", "value", {1, 2, 8}, ["v_2"]),
        ("INDIRECT", "respondent", {1, 2, 8}, ["lfdn"]),
        ("INDIRECT", "filter and groups", {1, 2, 3, 4, 7, 8}, ["v_1"]),
        ("INDIRECT", "exclusion no_size", everybody, ["v_1"]),
        ("GLOBAL", "exclusion speeders", everybody, ["duration"]),
    ]


def test_raking_makes_the_margins_global(ledger: Ledger) -> None:
    edges = ledger.edges[ledger.edges["number_id"] == "w1.use.alpha.raked"]
    found = edges[edges["why"] == "weight raked"].iloc[0]
    assert (found["kind"], list(found["columns"])) == ("GLOBAL", ["v_1"])


def test_a_rebuild_changes_no_byte(ledger: Ledger, tmp_path: Path) -> None:
    again = compute_ledger(load_study(write_tiny(tmp_path)))
    pd.testing.assert_frame_equal(again.frame, ledger.frame)
    pd.testing.assert_frame_equal(again.edges, ledger.edges)


def test_a_label_changes_texts_only(ledger: Ledger, tmp_path: Path) -> None:
    relabelled = write_tiny(tmp_path, config=CONFIG.replace("Use at least monthly", "Monthly use"))
    other = compute_ledger(load_study(relabelled)).frame
    changed = [name for name in COLUMNS if not other[name].equals(ledger.frame[name])]
    assert changed == ["label"]


def test_empty_groups_are_defined_and_say_so(tmp_path: Path) -> None:
    config = CONFIG.replace('share: ">= 2"', 'share: ">= 2"\n    where: TIME > 1000')
    empty = row(compute_ledger(load_study(write_tiny(tmp_path, config=config))), "w1.use.alpha.unweighted")
    assert pd.isna(empty["value"])
    assert json.loads(empty["text"]) == {"en": "–"}
    assert "no respondent" in empty["warning"]
    assert (empty["numerator"], empty["denominator"]) == (0, 0)


QUANTILES = """\
  - id: middle
    label: {en: Use}
    wave: w1
    quantiles: [0.5, 0.75]
    of: USE_A
    by: [SIZE]
    weights: [unweighted]
report:
"""


def test_quantiles_and_both_engines_agree(tmp_path: Path) -> None:
    study = write_tiny(tmp_path, config=CONFIG.replace("report:\n", QUANTILES))
    ledger = compute_ledger(load_study(study))
    # USE_A of the records 1, 2, 3 and 8 is 1, 2, 3, 3; the large firms have one answer
    found = ledger.frame[ledger.frame["estimate"] == "middle"].set_index("id")
    assert found["value"].to_dict() == {
        "w1.middle.q50.unweighted": 2.5, "w1.middle.q50.size=small.unweighted": 2.0,
        "w1.middle.q50.size=large.unweighted": 3.0,
        "w1.middle.q75.unweighted": 3.0, "w1.middle.q75.size=small.unweighted": 2.5,
        "w1.middle.q75.size=large.unweighted": 3.0,
    }  # fmt: skip
    assert set(found["estimator"]) == {"quantile"}
    assert json.loads(found.loc["w1.middle.q75.unweighted", "label"]) == {"en": "Use – quantile at 75 %"}
    assert found["lower"].isna().all()
    assert found["se"].isna().all()
    write_frame(ledger.frame, tmp_path / "ledger.parquet")
    outcome = recount(load_study(study), tmp_path / "ledger.parquet", ["w1"])
    assert outcome.line.startswith(f"{len(ledger.frame)} of {len(ledger.frame)} numbers")
    edges = ledger.edges[ledger.edges["number_id"] == "w1.middle.q50.size=small.unweighted"]
    assert {"v_2", "v_1"} <= {column for columns in edges["columns"] for column in columns}
