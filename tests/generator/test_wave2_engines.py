"""Both engines read the second wave alike: why cells are empty, who is left after cleaning, what is not ticked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from recount.cleaning import exclude_records
from recount.coding import code_answers, names_of
from recount.raw import connect, load_raw
from surveyspec.study import WaveSpec, load_study
from surveytrail.cleaning import clean_responses
from surveytrail.importing.coding import Responses, code_responses
from surveytrail.importing.reading import read_raw
from tests.generator.independent_wave2 import PAGES, RAW, ROOT, answer, page_of, raw_records, valid_records
from tests.generator.test_wave2_cleaning import COUNTS
from tests.generator.test_wave2_skip_logic import asked

CONFIG = """\
study: {id: second, title: {en: Second wave}, languages: [en]}
waves:
  wave2:
    label: {en: Second survey}
    raw: data/raw/wave2_limesurvey.csv
    reader: {tool: limesurvey, encoding: utf-8-sig, delimiter: ","}
    codebook: data/codebooks/wave2.yaml
    respondent: RESPONSE_ID
    cleaning:
      - {id: test_records, label: {en: Trials}, exclude: FRAME == 9}
      - {id: no_consent, label: {en: No consent}, exclude: CONSENT == 0}
      - {id: not_users, label: {en: No social media}, exclude: "SMUSE in {2, 3, 4}"}
      - {id: broke_off, label: {en: Not completed}, exclude: missing(SUBMITDATE)}
      - {id: duplicates, label: {en: Earlier answer}, duplicates_of: [INVITATION], keep: last}
      - {id: speeders, label: {en: Too fast}, faster_than: 0.3333333333333333, variable: DURATION}
      - id: straight_liners
        label: {en: Same answer throughout}
        exclude: max(GOAL_*, PRS_*, TRU_*) == min(GOAL_*, PRS_*, TRU_*)
estimates:
  - {id: measures, label: {en: Measures}, wave: wave2, items: KPI_*, share: "== 1", weights: [unweighted]}
report: {languages: [en], pages: [report/index.qmd]}
"""


@pytest.fixture(scope="module")
def wave(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WaveSpec, Path]]:
    folder = tmp_path_factory.mktemp("second")
    for path in ("data/raw/wave2_limesurvey.csv", "data/codebooks/wave2.yaml"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes((ROOT / path).read_bytes())
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    yield load_study(folder).waves["wave2"], folder


@pytest.fixture(scope="module")
def responses(wave: tuple[WaveSpec, Path]) -> Responses:
    spec, _ = wave
    return code_responses(read_raw(RAW, spec.wave.reader, spec.wave.raw), spec.wave, spec.codebook)


@pytest.fixture(scope="module")
def coded(wave: tuple[WaveSpec, Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    spec, folder = wave
    with connect(folder / "scratch") as connection:
        raw = load_raw(connection, RAW, spec.wave.reader, spec.wave.raw, "raw_cells")
        code_answers(connection, raw, spec, "coded")
        yield connection


def test_why_cells_are_empty(responses: Responses) -> None:
    """Every empty cell of every record, judged by a reader that knows the questionnaire and not the codebook."""
    checked: Counter[str] = Counter()
    for name in (name for page in PAGES for name in page):
        code = name.replace("[", "_").replace("]", "").upper()
        reasons = responses.frame[f"{code}:reason"].tolist()
        values = responses.frame[code].tolist()
        option = name.split("[")[0] in {"CT", "PR", "KPI", "BAR"} and not name.endswith("[other]")
        for record, reason, value in zip(raw_records(), reasons, values, strict=True):
            if record[name] != "":
                assert reason in {None, "DONT_KNOW", "IMPLAUSIBLE"}
                continue
            unknown = record["CONSENT"] == "N" or int(record["lastpage"]) < 2
            reached = page_of(name) < int(record["lastpage"])
            goal_known = not name.startswith("ATTN") or int(record["lastpage"]) > 5
            if not unknown and goal_known and not asked(record, name):
                wanted = "NOT_ASKED"
            elif not reached:
                wanted = "NOT_REACHED"
            else:
                wanted = "not ticked" if option else "NO_ANSWER"
            assert ("not ticked" if reason is None and value == 0 else reason) == wanted, (record["id"], name)
            checked[wanted] += 1
    assert min(checked[kind] for kind in ("NOT_ASKED", "NOT_REACHED", "NO_ANSWER", "not ticked")) > 250


def test_second_engine_codes_every_cell_alike(responses: Responses, coded: Any) -> None:
    frame = coded.execute("SELECT * FROM coded ORDER BY record").df()
    codes = [name for name in responses.frame.columns if f"{name}:reason" in responses.frame.columns]
    assert len(codes) == 98
    for code in codes:
        for ours, theirs in ((code, f"v_{code}"), (f"{code}:reason", f"r_{code}")):
            first = responses.frame[ours].astype(object).where(responses.frame[ours].notna(), None).tolist()
            second = frame[theirs].astype(object).where(frame[theirs].notna(), None).tolist()
            assert first == second, ours


def test_cleaning_leaves_116_in_both_engines(wave: tuple[WaveSpec, Path], responses: Responses, coded: Any) -> None:
    spec, _ = wave
    clean = clean_responses(responses.frame, spec)
    flow = dict(zip(clean.flow["rule"], clean.flow["count"], strict=True))
    assert {rule: flow[rule] for rule in COUNTS if rule != "valid"} == {
        rule: count for rule, count in COUNTS.items() if rule != "valid"
    }
    valid = [int(record["id"]) for record in valid_records()]
    assert clean.analysis["respondent"].astype(int).tolist() == valid
    again = exclude_records(coded, spec, names_of(spec), "coded", "analysed")
    assert again == {
        "records": 278, **{f"excluded.{rule}": count for rule, count in COUNTS.items() if rule != "valid"},
        "analysed": 116,
    }  # fmt: skip


def test_losses_are_the_odd_cells_and_what_identifies_people(responses: Responses) -> None:
    losses = responses.losses
    odd = losses[losses["loss"] == "cell not understood"]
    assert sorted(odd["variable"]) == sorted(
        ["FOUND", "FOUND", "BUDG", "BUDG", "FTE", "UGCSH", "CHS_IG", "PRS_SU", "RESPT", "TRAIN"]
    )
    assert set(odd.loc[odd["variable"].isin(["FOUND", "BUDG"]), "found"]) == {"(restricted)"}
    assert set(losses.loc[losses["loss"] == "identifier dropped", "column"]) == {"token", "ipaddr", "refurl"}
    everything = "\n".join(map(str, responses.frame.select_dtypes(object).stack()))
    assert not any(record[name] in everything for record in raw_records() for name in ("token", "ipaddr"))


def test_hostile_cells_come_through_unchanged(responses: Responses) -> None:
    frame = responses.frame.set_index("respondent")
    written = {record["id"]: record["TXT"] for record in raw_records() if record["TXT"]}
    assert {key: frame.loc[key, "TXT"] for key in written} == written
    assert all(pd.isna(frame.loc[record["id"], "TXT"]) for record in raw_records() if not record["TXT"])


def test_an_answer_of_the_reader_is_the_importers(responses: Responses) -> None:
    frame = responses.frame.set_index("respondent")
    for name, code in (("CHS[XI]", "CHS_XI"), ("GOAL[LEAD]", "GOAL_LEAD"), ("FTE", "FTE"), ("TRU[REL]", "TRU_REL")):
        for record in raw_records():
            ours = frame.loc[record["id"], code]
            assert (None if pd.isna(ours) else int(ours)) == answer(record, name) or record[name] == "8"
