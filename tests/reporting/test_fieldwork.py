"""Tables of response and interviews, and segments that pages quote by their key."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from surveyspec.problems import StudyError
from surveyspec.study import Study, load_study
from surveytrail.manifest import check_manifest, data_status
from surveytrail.pipeline import compute_ledger
from surveytrail.reporting.checks import page_sources
from surveytrail.reporting.pages import load_pages
from surveytrail.reporting.render import pandoc_program
from surveytrail.reporting.tables import fragments
from tests.reporting.whole import stage_whole
from tests.tiny import PAGE
from tests.tiny_fieldwork import write_fieldwork

QUOTING = (
    PAGE
    + """
{{< include generated/response_w1.md >}}

{{< include generated/interviews.md >}}

They said “[]{segment="P1"}” and “[]{segment='B1'}” (see @tbl-response-w1, @tbl-interviews).
"""
)


@pytest.fixture(autouse=True)
def no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the DOCX reference: it is not looked at here."""
    monkeypatch.setattr("surveytrail.reporting.staging.docx_reference", lambda *_: b"")


def made(folder: Path, **changed: str) -> tuple[Study, pd.DataFrame]:
    study = load_study(write_fieldwork(folder, **changed))
    return study, compute_ledger(study).frame


def staged(folder: Path, page: str) -> dict[str, Any]:
    study, ledger = made(folder, page=page)
    stage_whole(study, ledger, folder / "figures", folder / "staged")
    return json.loads((folder / "staged/ledger.json").read_text(encoding="utf-8"))


def test_tables_hold_spans_only(tmp_path: Path) -> None:
    study, ledger = made(tmp_path)
    texts = fragments(study, ledger, True)
    response, interviews = texts["response_w1.md"], texts["interviews.md"]
    for frame in ("members", "others", "total"):
        for statistic in ("invited", "no_reply", "rr1", "rr6", "break_off"):
            assert f'[]{{num="w1.response.{statistic}.{frame}.unweighted"}}' in response
    assert '[]{param="waves.w1.dispositions.frames.members"}' in response
    assert "w1.response.other.total" in response
    assert "no_contact" not in response  # nobody in any frame
    assert '[]{codebook="interviews.BAR.TIME"} | []{num="interviews.codes.bar_time.unweighted"}' in interviews
    assert '[]{num="interviews.alpha.bar_time.unweighted" show="interval"}' in interviews
    never = next(line for line in interviews.splitlines() if "interviews.NEVER" in line)
    assert never.endswith("| – |")
    typed = re.sub(r"\[\]\{[^}]*\}|\{#[^}]*\}|::: \{[^}]*\}", "", response + interviews)
    assert re.findall(r"\w+", typed) == []


def test_a_study_with_neither_has_empty_tables(tmp_path: Path) -> None:
    study, ledger = made(tmp_path, frames="", interviews="")
    texts = fragments(study, ledger, True)
    assert (texts["response_w1.md"], texts["interviews.md"]) == ("", "")


def test_only_what_a_page_quotes_leaves_the_interviews(tmp_path: Path) -> None:
    document = staged(tmp_path, QUOTING)
    assert document["segments"] == {
        "P1": {"text": "They never asked us", "status": "real", "language": "en"},
        "B1": {"text": "Pas le temps", "status": "synthetic", "language": "fr"},
    }
    assert document["numbers"]["interviews.alpha.wait.unweighted"]["base"] == {"en": "5 segments"}
    assert document["numbers"]["interviews.codes.wait.unweighted"]["base"] == {"en": "3 interviews"}
    assert document["numbers"]["w1.response.rr1.members.unweighted"]["base"] == {"en": "9 invitations (Members)"}
    assert document["codebook"]["interviews.WAIT"] == {"en": "Waiting"}
    data = [line["text"]["en"] for line in document["colophon"] if line["key"] == "data"]
    assert [text.split(",")[0] for text in data] == [
        "data/raw/w1.csv", "data/raw/dispositions.csv", "data/raw/interviews_metadata.csv",
        "data/raw/interview_segments.csv",
    ]  # fmt: skip


def test_the_words_of_an_interview_in_html(tmp_path: Path) -> None:
    staged(tmp_path, QUOTING)
    folder = tmp_path / "staged"
    (page,) = load_pages(load_study(tmp_path))
    text = "".join(source.text for source in page_sources(replace(page, text=page.staged_text()), folder))
    command = [pandoc_program(), "--from", "markdown", "--to", "html", "-L", "_extensions/surveytrail/surveytrail.lua"]
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=True)
    html = " ".join(done.stdout.split())
    assert '<span class="st-segment" data-segment="P1" data-status="real" lang="en">They never asked us</span>”' in html
    invented = '<span class="st-segment" data-segment="B1" data-status="synthetic" lang="fr">Pas le temps</span>'
    marked = '<span class="st-unsupported"><span class="st-word" data-word="invented">[synthetic]</span></span>'
    assert f"{invented} {marked}”" in html
    assert "44.44%" in html


def test_an_unknown_segment_is_named_with_its_line(tmp_path: Path) -> None:
    page = PAGE + '\n[]{segment="P9"}\n'
    with pytest.raises(StudyError) as caught:
        staged(tmp_path, page)
    line = page.splitlines().index('[]{segment="P9"}') + 1
    assert f"report/index.qmd:{line}" in str(caught.value)
    assert "unknown segment 'P9'" in str(caught.value)


def test_the_manifest_covers_the_files_beside_the_exports(tmp_path: Path) -> None:
    study, _ = made(tmp_path)
    check_manifest(study)
    assert data_status(study) == "synthetic"
    manifest = tmp_path / "data/raw/MANIFEST.yaml"
    entries = manifest.read_text(encoding="utf-8").split("  - path: ")
    manifest.write_text("  - path: ".join(entry for entry in entries if "segments" not in entry), encoding="utf-8")
    with pytest.raises(StudyError, match=r"no entry for data/raw/interview_segments\.csv"):
        check_manifest(study)
    # one invented file is enough for all pages to say so
    real = "  - path: ".join(entries).replace("status: synthetic", "status: real")
    manifest.write_text(real, encoding="utf-8")
    assert data_status(study) == "real"
    manifest.write_text(real[::-1].replace("laer :sutats", "citehtnys :sutats", 1)[::-1], encoding="utf-8")
    assert data_status(study) == "synthetic"
