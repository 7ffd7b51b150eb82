"""The codebook as tables: every variable with its wording, answers, missing codes and filter, and nothing typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from surveyspec.study import load_study
from surveytrail.pipeline import compute_ledger
from surveytrail.reporting.checks import SPAN, attributes_of
from surveytrail.reporting.codebook_tables import codebook_tables
from surveytrail.reporting.codebook_texts import codebook_texts
from tests.reporting.whole import stage_whole
from tests.tiny import CODEBOOK, PAGE, write_tiny

BATTERY = CODEBOOK.replace(
    "missing: closed, label: {en: Alpha}", "missing: closed, battery: USE, stem: USE, label: {en: Alpha}"
)
BATTERY = BATTERY.replace("filter: USE_A >= 2,", "filter: USE_A >= 2, battery: USE, stem: USE,")
BATTERY = BATTERY.replace("scales:\n", "stems:\n  USE: {en: How often do you use …}\nscales:\n", 1)


def test_what_describes_a_variable(tmp_path: Path) -> None:
    texts = codebook_texts(load_study(write_tiny(tmp_path)), ["en"])
    found = {key: text["en"] for key, text in texts.items()}
    assert found["w1.USE_B.name"] == "USE_B"
    assert found["w1.USE_B.column"] == "v_3"
    assert found["w1.USE_B.answers"] == "1 never · 2 monthly · 3 weekly"
    assert found["w1.USE_B.missing"] == "8 don't know · 0 no answer · -77 not asked or not reached"
    assert found["w1.USE_B.filter"] == "USE_A >= 2"
    assert "w1.USE_A.filter" not in found
    assert found["w1.TIME.answers"] == "0–9,999"
    assert (found["w1.unused.0"], found["w1.unused.0.reason"]) == ("ip", "direct identifier")


def test_the_tables_hold_spans_only_and_every_variable_once(tmp_path: Path) -> None:
    study = load_study(write_tiny(tmp_path))
    written = codebook_tables(study, "w1")
    typed = re.sub(r"\[\]\{[^}]*\}|\{#[^}]*\}|::: \{[^}]*\}", "", written)
    assert re.findall(r"\w+", typed) == []
    keys = [attributes_of(span["attributes"]).get("codebook", "") for span in SPAN.finditer(written)]
    names = [key.split(".")[1] for key in keys if key.endswith(".name")]
    assert names == ["ID", "TIME", "SIZE", "USE_A", "USE_B", "TEXT", "ANY"]
    assert '[]{word="sensitivity.restricted"}' in written
    assert '[]{param="waves.w1.derived.ANY.categories.0.when"}' in written


def test_items_of_a_battery_share_a_row_for_what_they_share(tmp_path: Path) -> None:
    written = codebook_tables(load_study(write_tiny(tmp_path, codebook=BATTERY)), "w1")
    shared = next(line for line in written.splitlines() if "USE_A.stem" in line)
    assert "w1.USE_A.answers" in shared and "filter" not in shared
    beta = next(line for line in written.splitlines() if "w1.USE_B.name" in line)
    assert "w1.USE_B.filter" in beta and "answers" not in beta


def test_a_page_can_include_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveytrail.reporting.staging.docx_reference", lambda *_: b"")
    page = PAGE + "\n{{< include generated/codebook_w1.md >}}\n\nSee @tbl-codebook-w1 and @tbl-unused-w1.\n"
    study = load_study(write_tiny(tmp_path, page=page))
    stage_whole(study, compute_ledger(study).frame, tmp_path / "figures", tmp_path / "staged")
