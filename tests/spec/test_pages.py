"""Pages in a codebook: what must be there for an empty cell to be understood, and what the message says."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveyspec.problems import StudyError
from surveyspec.sources import skip_logic_sources, sources
from surveyspec.study import load_study
from tests.tiny_pages import CODEBOOK, write_pages


def test_the_option_that_an_empty_cell_stands_for(tmp_path: Path) -> None:
    codebook = load_study(write_pages(tmp_path)).waves["w1"].codebook
    assert codebook.empty_answer(codebook.by_code["TICK_A"]) == 0
    assert codebook.empty_answer(codebook.by_code["USE"]) is None
    assert codebook.empty_answer(codebook.by_code["COUNT"]) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("last_page: LAST\n", "", ["variables.2.page", "found:    a page", "'last_page' at the top"]),
        ("last_page: LAST", "last_page: LATS", ["last_page", "'LATS'", "the code of a numeric variable"]),
        ("last_page: LAST", "last_page: USE", ["last_page", "'USE'", "the code of a numeric variable without a page"]),
        ("range: [0, 4],", "sensitivity: drop,", ["last_page", "'LAST'", "not dropped"]),
        ('unseen: {"": NOT_REACHED}', 'unseen: {"": NO_ANSWER}',
         ["variables.2.page", "no missing code for NOT_REACHED", "a missing set with such a code"]),
        ('unseen: {"": NOT_REACHED}', 'unseen: {"": NOT_REACHED, "-77": NOT_REACHED}',
         ["variables.3.page", "cells '', '-77' for NOT_REACHED", "an empty cell, and no other"]),
        ("page: 1,", "page: 0,", ["variables.2.page", "greater than or equal to 1"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_pages(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    codebook = CODEBOOK.replace(old, new, 1)
    assert codebook != CODEBOOK
    with pytest.raises(StudyError) as caught:
        load_study(write_pages(tmp_path, codebook=codebook))
    message = str(caught.value)
    assert "data/codebooks/w1.yaml:" in message
    for words in said:
        assert words in message, message


def test_what_decides_whether_a_question_was_reached_is_read_too(tmp_path: Path) -> None:
    """An option that is not ticked owes its value to the last page and to its filter; an answered number does not."""
    wave = load_study(write_pages(tmp_path)).waves["w1"]
    assert sources(wave, ["TICK_A"]) == ("TICK_A", "USE", "LAST")
    assert sources(wave, ["COUNT"]) == ("COUNT",)
    assert skip_logic_sources(wave, ["COUNT"]) == ("TICK_A", "USE", "LAST")
    assert skip_logic_sources(wave, ["LOOSE"]) == ()
