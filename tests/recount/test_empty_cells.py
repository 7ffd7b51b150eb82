"""The second engine on cells that the tool leaves empty for three reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from recount.coding import code_answers
from recount.raw import connect, load_raw
from surveyspec.study import load_study
from tests.recount.studies import recounted
from tests.tiny_pages import CODEBOOK, EXPECTED, write_pages


def coded(folder: Path, code: str) -> list[object]:
    """Return per record the answer, or the reason why there is none; never both."""
    wave = load_study(folder).waves["w1"]
    with connect(folder) as connection:
        raw = load_raw(connection, folder / wave.wave.raw, wave.wave.reader, wave.wave.raw, "raw_cells")
        code_answers(connection, raw, wave, "coded")
        rows = connection.execute(f'SELECT "v_{code}", "r_{code}" FROM coded ORDER BY record').fetchall()
    assert all((answer is None) != (reason is None) for answer, reason in rows)
    return [answer if reason is None else reason for answer, reason in rows]


@pytest.mark.parametrize("code", EXPECTED)
def test_every_record(tmp_path: Path, code: str) -> None:
    assert coded(write_pages(tmp_path), code) == EXPECTED[code]


def test_the_share_counts_options_not_ticked(tmp_path: Path) -> None:
    found = recounted(write_pages(tmp_path))
    assert (found["w1.ticked.alpha.unweighted"].numerator, found["w1.ticked.alpha.unweighted"].n_used) == (2, 3)
    assert (found["w1.ticked.beta.unweighted"].numerator, found["w1.ticked.beta.unweighted"].n_used) == (1, 4)


def test_without_pages_what_is_unreached_stays_so(tmp_path: Path) -> None:
    codebook = "\n".join(line for line in CODEBOOK.splitlines() if not line.startswith("last_page"))
    for page in range(1, 5):
        codebook = codebook.replace(f" page: {page},", "")
    folder = write_pages(tmp_path, codebook=codebook)
    assert coded(folder, "TICK_A") == [1, "NOT_REACHED", "NOT_ASKED", 1, *["NOT_REACHED"] * 4]
    assert coded(folder, "COUNT") == [7, *["NOT_REACHED"] * 7]
