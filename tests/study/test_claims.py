"""Statements of the second survey: they hold as the data are, and changed data stop the run and name the sentence."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from surveyspec.problems import StudyError
from surveyspec.study import Study, load_study
from surveytrail.claims import judge_claims, require_supported
from surveytrail.pipeline import compute_ledger

ROOT = Path(__file__).resolve().parents[2]
CHANGED = {
    # claim: columns, and what is written into them
    "twitter_xing_used_or_planned": (["CHS[TW]", "CHS[XI]"], "6"),
    "fifth_undecided": (["CHS[FB]", "CHS[YT]", "CHS[LI]"], "5"),
    "small_posts": (["FTE"], "100"),
    "simple_metrics": (["KPI[REV]"], "Y"),
    "two_thirds_management": (["FUNC"], "3"),
}


def second_wave(folder: Path) -> Path:
    """Copy the study with its second wave alone, without tests and toolbox; claims keep what they say of estimates."""
    for name in ("data/codebooks", "data/raw"):
        shutil.copytree(ROOT / name, folder / name)
    config: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["waves"] = {"wave2": config["waves"]["wave2"]}
    config["estimates"] = [
        entry for entry in config["estimates"] if entry["wave"] == "wave2" and entry.get("items") != "DIM_*"
    ]
    statements = [entry for entry in config["claims"]["statements"] if entry["id"] in CHANGED]
    for entry in statements:
        parts = [part for part in entry["holds_if"].split(" and ") if ".H2" not in part]
        entry["holds_if"] = " and ".join(parts)
    config["claims"]["statements"] = statements
    config = {name: config[name] for name in ("study", "waves", "estimates", "claims")}
    config["report"] = {"languages": ["en"], "pages": ["report/index.qmd"]}
    (folder / "config.yaml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder


def judged(folder: Path) -> tuple[Study, pd.DataFrame]:
    study = load_study(folder)
    claims, unbound = judge_claims(study, compute_ledger(study, beside=[], with_lineage=False).frame)
    assert unbound == []
    return study, claims


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return second_wave(tmp_path_factory.mktemp("second"))


def test_they_hold_as_the_data_are(folder: Path) -> None:
    study, claims = judged(folder)
    assert dict(zip(claims["id"], claims["verdict"], strict=True)) == dict.fromkeys(claims["id"], "holds")
    assert set(claims["id"]) == set(CHANGED)
    require_supported(study, claims)


@pytest.mark.parametrize("claim", CHANGED)
def test_changed_data_stop_the_run_and_name_the_sentence(folder: Path, claim: str) -> None:
    raw = folder / "data/raw/wave2_limesurvey.csv"
    before = raw.read_bytes()
    header, *rows = csv.reader(io.StringIO(before.decode("utf-8-sig"), newline=""))
    columns, value = CHANGED[claim]
    for row in rows:
        for column in columns:
            place = header.index(column)
            row[place] = value if row[place] else row[place]
            if column.startswith("KPI") and row[header.index("lastpage")] == "17":
                row[place] = value
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    raw.write_bytes(text.getvalue().encode("utf-8-sig"))
    try:
        study, claims = judged(folder)
    finally:
        raw.write_bytes(before)
    verdicts = dict(zip(claims["id"], claims["verdict"], strict=True))
    assert verdicts[claim] == "fails"
    with pytest.raises(StudyError) as caught:
        require_supported(study, claims)
    sentence = next(entry.text["en"] for entry in study.config.claims.statements if entry.id == claim)  # type: ignore[union-attr]
    assert f"claims.statements.{claim}" in str(caught.value)
    assert f"'{sentence}' is not supported" in str(caught.value)


def test_the_list_of_statements_is_complete() -> None:
    """docs/claims.md names every claim and hypothesis of the study, and every estimate."""
    text = (ROOT / "docs/claims.md").read_text(encoding="utf-8")
    config = load_study(ROOT).config
    assert config.claims is not None
    assert [claim.id for claim in config.claims.statements if f"`{claim.id}`" not in text] == []
    short = [test.id for test in config.hypotheses if test.id not in text and not test.id.startswith(("H16", "E"))]
    assert short == []
    sources = {claim.source for claim in config.claims.statements}
    assert {f"P{number}" for number in range(1, 9)} | {"C16", "C25", "C27", "C28"} <= sources
