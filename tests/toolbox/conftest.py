"""The study's own toolbox, with peers from its synthetic second survey."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from surveyspec.study import Study, load_study
from surveytrail.cleaning import clean_responses
from surveytrail.importing.coding import code_responses
from surveytrail.importing.reading import read_raw
from surveytrail.ledger.collect import collect_ledger
from surveytrail.pipeline import compute_wave
from surveytrail.toolbox.answers import Form, form_of
from surveytrail.toolbox.peers import Peers, find_peers

ROOT = Path(__file__).parents[2]
FILE = "data/toolbox/toolbox.yaml"


@dataclass(frozen=True)
class Bench:
    """A toolbox ready to use."""

    study: Study
    form: Form
    peers: Peers
    analysis: pd.DataFrame
    ledger: pd.DataFrame


def make_bench(folder: Path = ROOT) -> Bench:
    """Compute the second survey and choose its peers."""
    study = load_study(folder)
    assert study.toolbox is not None
    wave = study.waves[study.toolbox.wave.id]
    table = read_raw(folder / wave.wave.raw, wave.wave.reader, wave.wave.raw)
    analysis = clean_responses(code_responses(table, wave.wave, wave.codebook).frame, wave).analysis
    ledger = collect_ledger(study, {wave.id: compute_wave(study, wave, table, with_lineage=False)}, "").frame
    return Bench(study, form_of(study), find_peers(study, study.toolbox, ledger), analysis, ledger)


@pytest.fixture(scope="session")
def bench() -> Bench:
    return make_bench()


@pytest.fixture()
def edited(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that copies the study and replaces texts in its toolbox file."""

    def edit(*pairs: tuple[str, str]) -> Path:
        written = [path.relative_to(ROOT).as_posix() for path in (ROOT / "data").rglob("*.yaml")]
        for name in ("config.yaml", *written):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
        text = (tmp_path / FILE).read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new, 1)
        (tmp_path / FILE).write_text(text, encoding="utf-8")
        return tmp_path

    return edit
