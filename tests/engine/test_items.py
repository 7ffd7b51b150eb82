"""Scales and missing answers: by hand, alike in both engines, and traced like any other number."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recount.cli import recount
from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveytrail.frames import write_frame
from surveytrail.pipeline import compute_ledger
from surveytrail.proof.census import take_census
from surveytrail.proof.tamper import Tamperer, tamper
from surveytrail.reporting.tables import fragments
from tests.proof.studies import finished
from tests.tiny import CODEBOOK, CONFIG, write_tiny

THIRD = """\
  - {code: USE_C, column: v_5, slug: gamma, type: scale, scale: FREQ, missing: closed, label: {en: Gamma}}
dropped:
"""
CODEBOOK_3 = CODEBOOK.replace("dropped:\n", THIRD)
SCALE = """\
      USE:
        slug: use_scale
        label: {en: Use}
        mean_of: USE_*
        min_answered: 2
        reverse: [USE_C]
    cleaning:
"""
CONFIG_3 = CONFIG.replace("    cleaning:\n", SCALE).replace(
    "    weights:\n", "    scales: [USE]\n    item_nonresponse: true\n    weights:\n", 1
)
CONFIG_3 = CONFIG_3.replace(
    "report:\n",
    """\
  - {id: score, label: {en: Score}, wave: w1, mean: USE, weights: [unweighted]}
report:
""",
)
HEADER = '"lfdn";"duration";"v_1";"v_2";"v_3";"v_4";"ip";"v_5"'


def records(count: int = 40) -> list[str]:
    """Return records in which the third item runs against the other two; some answers are missing."""
    draws = np.random.default_rng(3)
    found = []
    for number in range(1, count + 1):
        alpha = int(draws.integers(1, 4))
        beta = int(np.clip(alpha + draws.integers(-1, 2), 1, 3))
        gamma = int(np.clip(4 - alpha + draws.integers(-1, 2), 1, 3))
        cells = [alpha, beta if alpha >= 2 else draws.choice([-77, 1]), gamma if number % 7 else 8]
        cells[0] = 0 if number % 11 == 0 else cells[0]
        size = 1 + number % 2
        found.append(f'"{number}";"{100 + number}";"{size}";"{cells[0]}";"{cells[1]}";"";"";"{cells[2]}"')
    return found


def study_of(folder: Path, rows: list[str] | None = None, config: str = CONFIG_3) -> Path:
    return write_tiny(folder, config=config, codebook=CODEBOOK_3, header=HEADER, records=rows or records())


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return compute_ledger(load_study(study_of(tmp_path_factory.mktemp("items")))).frame.set_index("id")


def answers() -> list[list[int | None]]:
    """Read the three answers with a reader of its own; an answer that is none is None."""
    return [
        [int(cell.strip('"')) if cell.strip('"') in {"1", "2", "3"} else None for cell in (row[3], row[4], row[7])]
        for row in (line.split(";") for line in records())
    ]


def test_alpha_honours_the_reversed_item(ledger: pd.DataFrame) -> None:
    scored = np.array([[a, b, 4 - c] for a, b, c in answers() if None not in (a, b, c)])
    k, total = 3, scored.sum(axis=1)
    alpha = k / (k - 1) * (1 - scored.var(axis=0, ddof=1).sum() / total.var(ddof=1))
    row = ledger.loc["w1.scale.alpha.use_scale.unweighted"]
    assert row["value"] == pytest.approx(alpha, rel=1e-12) and row["value"] > 0.5
    assert row["n_used"] == len(scored) < row["n_in"] == 40
    assert row["lower"] < row["value"] < row["upper"] and row["interval_method"] == "feldt"
    mean = ledger.loc["w1.scale.item_mean.use_scale.gamma.unweighted", "value"]
    assert mean == pytest.approx(scored[:, 2].mean(), rel=1e-12)
    rest = np.corrcoef(scored[:, 2], scored[:, :2].sum(axis=1))[0, 1]
    assert ledger.loc["w1.scale.item_rest.use_scale.gamma.unweighted", "value"] == pytest.approx(rest, rel=1e-12)


def test_the_score_itself_is_reversed_too(ledger: pd.DataFrame) -> None:
    scores = []
    for a, b, c in answers():
        known = [value for value in (a, b, None if c is None else 4 - c) if value is not None]
        scores += [sum(known) / len(known)] if len(known) >= 2 else []
    row = ledger.loc["w1.score.unweighted"]
    assert (row["value"], row["n_used"]) == (pytest.approx(np.mean(scores), rel=1e-12), len(scores))


def test_outcomes_of_a_question_add_up_to_everybody(ledger: pd.DataFrame) -> None:
    found = ledger[ledger["kind"] == "nonresponse"]
    counts = {
        name: found.loc[f"w1.nonresponse.{name}.USE_B.unweighted", "value"]
        for name in ("answered", "not_asked", "not_reached", "no_answer", "dont_know", "implausible")
    }
    assert sum(counts.values()) == 40
    assert counts["answered"] == sum(b is not None for _, b, _ in answers())
    assert counts["not_asked"] > 0
    assert found.loc["w1.nonresponse.dont_know.USE_C.unweighted", "value"] == sum(c is None for _, _, c in answers())
    assert set(found["item"]) == {"SIZE", "USE_A", "USE_B", "USE_C"}
    assert json.loads(found.loc["w1.nonresponse.no_answer.USE_A.unweighted", "label"]) == {"en": "Alpha – no answer"}


@pytest.mark.parametrize("count", [2, 3, 40])
def test_both_engines_agree(tmp_path: Path, count: int) -> None:
    study = load_study(study_of(tmp_path, records(count)))
    frame = compute_ledger(study).frame
    write_frame(frame, tmp_path / "ledger.parquet")
    outcome = recount(study, tmp_path / "ledger.parquet", ["w1"])
    assert outcome.summary()["mismatches"] == {}
    assert outcome.summary()["by_kind"]["scale"]["numbers"] == 13
    assert outcome.summary()["by_kind"]["nonresponse"]["numbers"] == 24


def test_tables_of_the_appendix_hold_spans_only(tmp_path: Path) -> None:
    study = load_study(study_of(tmp_path))
    made = fragments(study, compute_ledger(study, with_lineage=False).frame, True)
    scales, missing = made["scales_w1.md"], made["nonresponse_w1.md"]
    assert '[]{num="w1.scale.alpha.use_scale.unweighted" show="interval"}' in scales
    assert '[]{num="w1.scale.item_rest.use_scale.gamma.unweighted"}' in scales
    assert '[]{num="w1.nonresponse.not_asked.USE_B.unweighted"}' in missing
    assert '[]{word="tables.nonresponse.implausible"}' not in missing  # a reason that nobody had
    for text in (scales, missing):
        assert not re.search(r"\d", re.sub(r"\[\]\{[^}]*\}|\{#[^}]*\}", "", text))
    plain = load_study(write_tiny(tmp_path / "plain"))
    none = fragments(plain, compute_ledger(plain, with_lineage=False).frame, True)
    assert (none["scales_w1.md"], none["nonresponse_w1.md"], none["calibration.md"]) == ("", "", "")


def test_answers_that_do_not_vary_have_no_alpha(tmp_path: Path) -> None:
    same = [f'"{number}";"100";"{1 + number % 2}";"2";"2";"";"";"2"' for number in range(1, 9)]
    study = load_study(study_of(tmp_path, same))
    frame = compute_ledger(study).frame
    write_frame(frame, tmp_path / "ledger.parquet")
    values = frame.set_index("id")["value"]
    assert np.isnan(values["w1.scale.alpha.use_scale.unweighted"])
    assert np.isnan(values["w1.scale.item_rest.use_scale.gamma.unweighted"])
    assert values["w1.scale.item_sd.use_scale.gamma.unweighted"] == 0
    assert recount(study, tmp_path / "ledger.parquet", ["w1"]).summary()["mismatches"] == {}


def test_changed_cells_are_predicted_and_every_cell_is_classed(tmp_path: Path) -> None:
    study = finished(study_of(tmp_path))
    found = tamper(Tamperer(study), 25, seed=1)
    assert found.holds
    assert all(census.holds for census in take_census(study))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scales: [USE]", "scales: [USES]", "unknown mean of items 'USES'"),
        ("scales: [USE]", "scales: [ANY]", "unknown mean of items 'ANY'"),
        ("mean_of: USE_*", "mean_of: USE_C", "'USE', a mean of a single item"),
        ("reverse: [USE_C]", "reverse: [SIZE]", "unknown item 'SIZE'"),
        ("mean_of: USE_*\n        min_answered: 2\n", "value: USE_A\n", "'reverse' together with 'mean_of'"),
    ],
)
def test_what_cannot_be_a_scale_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(StudyError) as caught:
        load_study(study_of(tmp_path, config=CONFIG_3.replace(old, new)))
    assert said in str(caught.value)
    assert "config.yaml:" in str(caught.value)
