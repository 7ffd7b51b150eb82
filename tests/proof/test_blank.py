"""Blanking: numbers stay as they are when all that they do not read is redrawn."""

from dataclasses import replace

import numpy as np
import pytest
from pyroaring import BitMap

from surveyspec.study import Study
from surveytrail.lineage import VALUE
from surveytrail.proof.blank import ATTEMPTS, Blanker, Blanking, blank
from surveytrail.proof.index import CellIndex
from surveytrail.proof.tamper import Tamperer


@pytest.fixture(scope="module")
def blanker(small: Study, tamperer: Tamperer) -> Blanker:
    return Blanker(small, tamperer.judge, tamperer.index)


def test_numbers_stay_bit_identical(blanker: Blanker) -> None:
    found = blank(blanker, 0, seed=1)
    assert found.failures == []
    assert found.holds and found.numbers == len(found.trials) == len(blanker.judge.published)
    assert 0.3 < found.median_share < 0.95


def test_several_processes_redraw_the_same_cells(blanker: Blanker) -> None:
    alone, shared = blank(blanker, 6, seed=4), blank(blanker, 6, seed=4, cores=2)
    assert shared.trials == alone.trials


def test_the_first_wave(wave1: Study, wave1_tamperer: Tamperer) -> None:
    found = blank(Blanker(wave1, wave1_tamperer.judge, wave1_tamperer.index), 5, seed=2)
    assert found.failures == []
    assert found.holds and found.redraws == 5 and found.numbers >= 5
    assert found.median_share > 0.5


def test_every_number_comes_once_before_any_comes_twice(blanker: Blanker, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = blanker.blank(["w1.flow.records.unweighted"], np.random.default_rng(1))
    monkeypatch.setattr(
        Blanker, "blank", lambda self, numbers, rng: [replace(first, number=number) for number in numbers]
    )
    numbers, sets = len(blanker.judge.published), len(blanker.sets())
    whole = blank(blanker, 0, seed=1)
    assert (whole.numbers, len(whole.trials), whole.redraws) == (numbers, numbers, sets)
    twice = blank(blanker, 2 * sets, seed=1)
    assert (twice.numbers, len(twice.trials)) == (numbers, 2 * numbers)
    assert blank(blanker, sets - 1, seed=1).numbers < numbers


def test_numbers_of_one_set_read_the_very_same_cells(blanker: Blanker) -> None:
    sets = blanker.sets()
    assert sorted(number for numbers in sets for number in numbers) == sorted(blanker.judge.published)
    cells = [[blanker.index.cells(number) for number in numbers] for numbers in sets]
    assert all(read == every[0] for every in cells for read in every)
    distinct = [every[0] for every in cells]
    assert all(one != other for place, one in enumerate(distinct) for other in distinct[:place])
    assert any(len(numbers) > 3 for numbers in sets)


def test_a_rebuild_of_some_numbers_gives_them_as_the_whole_one_does(blanker: Blanker) -> None:
    rng = np.random.default_rng(8)
    tables = {
        name: blanker._redrawn(blanker.study.waves[name], table, {}, rng)[0]
        for name, table in blanker.judge.tables.items()
    }
    whole = blanker.judge.rebuild(tables)
    for numbers in blanker.sets():
        part = blanker.judge.rebuild(tables, numbers)
        assert [part.get(number) for number in numbers] == [whole.get(number) for number in numbers]


def test_what_is_redrawn_is_all_that_is_not_read(blanker: Blanker) -> None:
    """The counting of records reads ids only: every other cell of the file is redrawn."""
    found = blanker.blank(["w1.flow.records.unweighted"], np.random.default_rng(3))[0]
    rows, columns = blanker.judge.tables["w1"].cells.shape
    assert found.holds
    assert (found.redrawn, found.cells) == (rows * (columns - 1), rows * columns)


def test_the_control_reports_numbers_whose_own_cells_are_redrawn(blanker: Blanker) -> None:
    found = blanker.without_direct().blank(["w1.use.alpha.unweighted"], np.random.default_rng(1))[0]
    assert not found.holds
    assert {"input_digest", "value", "text"} <= set(found.differs)


@pytest.mark.parametrize(
    ("number", "why", "differs"),
    [
        ("w1.late.unweighted", "filter and groups", "n_in"),
        ("w1.use.beta.unweighted", "skip logic", "n_excluded"),
        ("w1.use.alpha.post", "weight post", "value"),
        ("w1.level.unweighted", "exclusion speeders", "n_in"),
    ],
)
def test_edges_that_are_missing_let_numbers_change(blanker: Blanker, number: str, why: str, differs: str) -> None:
    ties = [tie for tie in blanker.index.ties if tie.why != why]
    blind = Blanker(blanker.study, blanker.judge, CellIndex(ties, blanker.index.records))
    found = blind.blank([number], np.random.default_rng(4))[0]
    assert differs in found.differs


def test_an_index_that_names_every_cell_proves_nothing(blanker: Blanker) -> None:
    table = blanker.judge.tables["w1"]
    tie = next(tie for tie in blanker.index.ties if tie.why == VALUE)
    records = {"all": BitMap(range(1, len(table.cells) + 1))}
    everything = CellIndex([replace(tie, row_set="all", columns=tuple(table.column_names))], records)
    found = Blanker(blanker.study, blanker.judge, everything).blank([tie.number], np.random.default_rng(1))[0]
    assert found.redrawn == 0 and not found.holds


def test_data_from_which_no_study_can_be_computed_are_drawn_again(
    blanker: Blanker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blanker.admissible["w1"], "any", lambda column: ["1"] if column == "v_1" else ["-77"])
    found = blanker.blank(["w1.flow.records.unweighted"], np.random.default_rng(1))[0]
    assert (found.computed, found.attempts, found.holds) == (False, ATTEMPTS, False)


def test_nothing_tried_is_a_failure() -> None:
    assert not Blanking([], 0).holds
