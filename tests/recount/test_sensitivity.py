"""The second engine on headline numbers under other decisions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from recount.cli import recount
from recount.reporting import Outcome
from surveyspec.study import load_study
from surveytrail.frames import write_frame
from surveytrail.pipeline import compute_ledger
from tests.proof.studies import CODEBOOK, HEADER, records
from tests.proof.studies import VARIED as SMALL
from tests.tiny import write_tiny
from tests.tiny_sensitivity import VARIED


def outcome(folder: Path, spoil: Callable[[pd.DataFrame], None] = lambda frame: None) -> Outcome:
    study = load_study(folder)
    frame = compute_ledger(study).frame
    spoil(frame)
    write_frame(frame, folder / "ledger.parquet")
    return recount(study, folder / "ledger.parquet", ["w1"])


def test_every_specification_is_reproduced(tmp_path: Path) -> None:
    found = outcome(write_tiny(tmp_path, config=VARIED)).summary()
    assert found["holds"]
    assert found["by_kind"]["sensitivity"] == {"numbers": 6 + 5 + 2 + 4, "reproduced": 17}


def test_so_are_those_without_weights(tmp_path: Path) -> None:
    """Of weights of the file, of the last answer instead of the first, and of respondents that cannot be weighted."""
    found = outcome(write_tiny(tmp_path, config=SMALL, codebook=CODEBOOK, header=HEADER, records=records())).summary()
    assert found["mismatches"] == {}
    assert found["by_kind"]["sensitivity"]["numbers"] > 20


@pytest.mark.parametrize(
    ("number", "column", "value", "words"),
    [
        ("fast=kept.unweighted", "value", 0.75, "value 0.75 in the ledger, 0.8 recomputed"),
        ("weighting=raked.raked", "upper", 0.5, "upper 0.5 in the ledger"),
        ("most.unweighted", "numerator", 7, "numerator 7 in the ledger, 6 recomputed"),
        ("smallest.unweighted", "statistic", "largest", "statistic 'largest' in the ledger, 'smallest' in the study"),
        ("covering.unweighted", "spec_digest", "0", "spec_digest '0' in the ledger"),
    ],
)
def test_differences_are_told(tmp_path: Path, number: str, column: str, value: object, words: str) -> None:
    identifier = f"w1.sensitivity.use.alpha.{number}"

    def spoil(frame: pd.DataFrame) -> None:
        frame.loc[frame["id"] == identifier, column] = value

    found = outcome(write_tiny(tmp_path, config=VARIED), spoil).summary()
    assert list(found["mismatches"]) == [identifier]
    assert words in found["mismatches"][identifier]
