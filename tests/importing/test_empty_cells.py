"""What an empty cell means where the tool leaves it empty for three reasons: not asked, not reached, not answered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from surveyspec.study import load_study
from surveytrail.importing.coding import code_responses
from surveytrail.importing.reading import read_raw
from tests.tiny_pages import CODEBOOK, EXPECTED, write_pages


def coded(folder: Path) -> dict[str, list[object]]:
    """Return per variable and record the answer, or the reason why there is none."""
    wave = load_study(folder).waves["w1"]
    table = read_raw(folder / wave.wave.raw, wave.wave.reader, wave.wave.raw)
    frame = code_responses(table, wave.wave, wave.codebook).frame
    return {
        code: [
            answer if reason is None or reason is np.nan else reason
            for answer, reason in zip(frame[code], frame[f"{code}:reason"].astype(object), strict=True)
        ]
        for code in EXPECTED
    }


@pytest.mark.parametrize("code", EXPECTED)
def test_every_record(tmp_path: Path, code: str) -> None:
    assert coded(write_pages(tmp_path))[code] == EXPECTED[code]


def test_an_answer_and_a_reason_exclude_each_other(tmp_path: Path) -> None:
    wave = load_study(write_pages(tmp_path)).waves["w1"]
    table = read_raw(tmp_path / wave.wave.raw, wave.wave.reader, wave.wave.raw)
    frame = code_responses(table, wave.wave, wave.codebook).frame
    for code in EXPECTED:
        assert (frame[code].isna() == frame[f"{code}:reason"].notna()).all(), code


def test_without_pages_what_is_unreached_stays_so(tmp_path: Path) -> None:
    codebook = "\n".join(line for line in CODEBOOK.splitlines() if not line.startswith("last_page"))
    for page in range(1, 5):
        codebook = codebook.replace(f" page: {page},", "")
    found = coded(write_pages(tmp_path, codebook=codebook))
    assert found["TICK_A"] == [1, "NOT_REACHED", "NOT_ASKED", 1, *["NOT_REACHED"] * 4]
    assert found["COUNT"] == [7, *["NOT_REACHED"] * 7]
