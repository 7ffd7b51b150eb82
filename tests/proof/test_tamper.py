"""Tampering: nothing is missed, and whatever is taken out of the lineage is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyroaring import BitMap

from surveyspec.problems import StudyError
from surveyspec.study import Study, load_study
from surveytrail.digests import file_digest
from surveytrail.frames import read_frame, write_frame
from surveytrail.lineage import COUNT, EXCLUSION, FILTER, NOT_USED, RESPONDENT, SKIPPED, VALUE, WEIGHT
from surveytrail.pipeline import compute_ledger
from surveytrail.proof.changes import Change
from surveytrail.proof.index import CellIndex
from surveytrail.proof.rebuild import Judge, Rows, rows_by_id
from surveytrail.proof.results import LEDGER
from surveytrail.proof.tamper import KINDS, Tally, Tamperer, Tampering, negative_control, tamper
from tests.proof.studies import CODEBOOK, CONFIG, HEADER, finished, records
from tests.tiny import write_tiny

# the reason of an edge -> changes that show that it is gone
REASONS = {
    VALUE: "another answer",
    NOT_USED: "another answer",
    SKIPPED: "filter variable",
    RESPONDENT: "respondent id",
    FILTER: "filter variable",
    f"{EXCLUSION} no_size": "exclusion variable",
    f"{EXCLUSION} again": "exclusion variable",
    f"{EXCLUSION} speeders": "exclusion variable",
    f"{WEIGHT} raked": "weight variable",
    f"{WEIGHT} post": "weight variable",
    COUNT: "exclusion variable",
}


def change_cell(tamperer: Tamperer, record: int, column: str, new: str) -> Change:
    table = tamperer.judge.tables["w1"]
    cells = table.cells[record - 1].copy()
    place = table.columns.index(column)
    old, cells[place] = cells[place], new
    return Change("another answer", "w1", record, column, old, new, cells)


def cell(tamperer: Tamperer, record: int, column: str) -> str:
    table = tamperer.judge.tables["w1"]
    return str(table.cells[record - 1, table.columns.index(column)])


def record_where(tamperer: Tamperer, **cells: tuple[str, ...]) -> int:
    """Return the first analysed record with one of the given cells in each column."""
    analysed = np.flatnonzero(tamperer.predictors["w1"].analysed) + 1
    fits = (
        record
        for record in analysed.tolist()
        if all(cell(tamperer, record, column) in texts for column, texts in cells.items())
    )
    return next(fits)


def test_nothing_is_missed_and_nothing_is_predicted_in_vain(tamperer: Tamperer) -> None:
    found = tamper(tamperer, 50, seed=1)
    assert [str(trial.change) for trial in found.failures] == []
    assert found.holds
    total = found.total
    assert (total.trials, total.missed, total.uncovered, total.refused) == (50, 0, 0, 0)
    assert total.compared == 50 * found.numbers
    assert total.predicted == total.changed and not total.extra
    assert total.printed <= total.computed <= total.changed
    assert {kind: tally.trials for kind, tally in found.tallies.items()} == dict.fromkeys(KINDS, 5)
    assert all(tally.changed > 0 for tally in found.tallies.values())


def test_the_first_wave(wave1_tamperer: Tamperer) -> None:
    found = tamper(wave1_tamperer, 10, seed=4)
    assert [(str(trial.change), sorted(trial.missed)) for trial in found.failures] == []
    assert found.holds and found.total.compared == 10 * found.numbers


def test_several_processes_find_what_one_finds(tamperer: Tamperer) -> None:
    told: list[int] = []
    alone, shared = tamper(tamperer, 12, seed=5), tamper(tamperer, 12, seed=5, progress=told.append, cores=2)
    assert (shared.tallies, shared.failures) == (alone.tallies, alone.failures)
    assert told == list(range(1, 13))


def test_a_rebuild_is_what_the_pipeline_computes_anew(small: Study, tamperer: Tamperer) -> None:
    """Whatever the judge takes from before (tests run, rows collected) is what a first computation gives."""
    for number, change in tamperer.changes(20, seed=11):
        table = change.apply(tamperer.judge.tables["w1"])
        anew = rows_by_id(compute_ledger(small, {"w1": table}, with_lineage=False).frame)
        assert tamperer.judge.rebuild({"w1": table}) == anew, (number, str(change))


def test_raw_files_are_never_written(small: Study, tamperer: Tamperer) -> None:
    raw = small.directory / "data/raw/w1.csv"
    before = file_digest(raw)
    tables = {name: table.cells.copy() for name, table in tamperer.judge.tables.items()}
    tamper(tamperer, 10, seed=9)
    assert file_digest(raw) == before
    assert all((table.cells == tables[name]).all() for name, table in tamperer.judge.tables.items())


@pytest.mark.parametrize("why", REASONS)
def test_edges_of_every_reason_are_needed(tamperer: Tamperer, why: str) -> None:
    """Without the edges of one reason, changes that only they know of are reported as missed."""
    spoiled = CellIndex([tie for tie in tamperer.index.ties if tie.why != why], tamperer.index.records)
    blind = tamperer.without(spoiled)
    turn = KINDS.index(REASONS[why])
    for number in range(turn, turn + 60 * len(KINDS), len(KINDS)):
        change = tamperer.change(number, 2)
        assert change is not None
        full = tamperer.predictors["w1"].predict(change)
        if full.keys() == blind.predictors["w1"].predict(change).keys():
            continue  # the edges that are gone had no say in this change
        trial = blind.judged(number, change)
        assert trial.missed and not trial.holds
        assert trial.missed <= full.keys()
        return
    pytest.fail(f"no change needed an edge '{why}'")


def test_the_control_reports_the_cell_left_out(tamperer: Tamperer, wave1_tamperer: Tamperer) -> None:
    for judged in (tamperer, wave1_tamperer):
        control = negative_control(judged, seed=1)
        assert control is not None and control.reported
        assert control.kind == "DIRECT"


def test_an_edge_too_many_is_predicted_in_vain(tamperer: Tamperer) -> None:
    """A DIRECT edge that names an excluded record fails as soon as its answer changes."""
    excluded = int(np.flatnonzero(~tamperer.predictors["w1"].analysed)[0]) + 1
    number, everybody = "w1.use.alpha.unweighted", len(tamperer.judge.tables["w1"].cells)
    records = {**tamperer.index.records, "all": BitMap(range(1, everybody + 1))}
    ties = [
        replace(tie, row_set="all") if (tie.number, tie.why) == (number, VALUE) else tie for tie in tamperer.index.ties
    ]
    change = change_cell(tamperer, excluded, "v_2", "3" if cell(tamperer, excluded, "v_2") == "1" else "1")
    assert tamperer.judged(0, change).holds
    trial = tamperer.without(CellIndex(ties, records)).judged(0, change)
    assert trial.extra == {number: {"DIRECT"}}
    assert not trial.holds


def test_a_value_that_changes_without_its_input_fails(tamperer: Tamperer, monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild = tamperer.judge.rebuild

    def careless(changed: dict) -> Rows:
        rows = rebuild(changed)
        number = "w1.late.unweighted"
        return rows | {number: replace(rows[number], computed=("something else",))}

    monkeypatch.setattr(tamperer.judge, "rebuild", careless)
    trial = tamperer.judged(0, change_cell(tamperer, 1, "ip", "x"))
    assert trial.uncovered == {"w1.late.unweighted"}
    assert not trial.holds


def test_what_is_refused_is_counted_and_compared_with_nothing(tamperer: Tamperer) -> None:
    record = record_where(tamperer)
    trial = tamperer.judged(0, change_cell(tamperer, record, "weight", ""))
    assert trial.found is None and "missing or negative weights" in trial.refused
    tally = Tally()
    tally.add(trial, 70)
    assert (tally.trials, tally.refused, tally.compared, tally.changed) == (1, 1, 0, 0)
    twice = tamperer.judged(0, change_cell(tamperer, 2, "lfdn", "1"))
    assert twice.found is None and "the id '1' of record 1 again" in twice.refused


def test_nothing_compared_is_a_failure() -> None:
    assert not Tampering(70, {kind: Tally() for kind in KINDS}, []).holds


def test_skip_logic_changes_reasons_and_no_value(tamperer: Tamperer) -> None:
    """Whether beta was asked depends on alpha: the count of reasons changes with it, the share does not."""
    record = record_where(tamperer, v_2=("8",), v_3=("-77",))
    trial = tamperer.judged(0, change_cell(tamperer, record, "v_2", "1"))
    assert trial.holds and trial.found is not None
    assert "w1.use.beta.unweighted" in trial.found.inputs
    assert "w1.use.beta.unweighted" in trial.found.computed - trial.found.printed
    assert trial.predicted["w1.use.beta.unweighted"] == {"INDIRECT"}


def test_a_weight_of_zero_is_tied_to_its_number(tamperer: Tamperer) -> None:
    record = record_where(tamperer, weight=("0",), v_2=("1", "2", "3"))
    trial = tamperer.judged(0, change_cell(tamperer, record, "weight", "1"))
    assert trial.holds and trial.found is not None
    assert trial.predicted["w1.use.alpha.post"] == {"INDIRECT"}
    assert "w1.use.alpha.post" in trial.found.computed


def test_the_family_of_an_adjusted_p_value_is_its_input(tamperer: Tamperer) -> None:
    record = record_where(tamperer, v_2=("1", "2", "3"), v_4=("2",))
    trial = tamperer.judged(0, change_cell(tamperer, record, "v_4", "3"))
    assert trial.holds and trial.found is not None
    assert {"w1.H2.p.unweighted", "w1.H1.p_adjusted.unweighted", "w1.H1.verdict.unweighted"} <= trial.found.inputs
    assert "w1.H1.p.unweighted" not in trial.found.inputs


def test_a_study_without_weights_or_filters_passes_these_kinds_over(tmp_path: Path) -> None:
    study = finished(write_tiny(tmp_path, config=plain_config()))
    found = tamper(Tamperer(study), 24, seed=1)
    assert found.holds and found.total.trials == 24
    assert found.tallies["weight variable"].trials == found.tallies["exclusion variable"].trials == 0


def plain_config() -> str:
    from tests.tiny import CONFIG as TINY

    head, tail = TINY.split("    cleaning:\n")
    config = head + tail[tail.index("estimates:") :]
    return config.replace("weights: [unweighted, raked]", "weights: [unweighted]").replace("    by: [SIZE]\n", "")


def test_no_ledger_and_a_ledger_of_other_data_are_told(own: Study) -> None:
    path = own.directory / LEDGER
    ledger = read_frame(path)
    write_frame(ledger.assign(value=ledger["value"].where(ledger["id"] != "w1.level.raked", 2.0)), path)
    with pytest.raises(StudyError, match=r"1 of \d+ numbers differ from a rebuild, first w1\.level\.raked"):
        Judge(own)
    path.unlink()
    with pytest.raises(StudyError, match="no such file"):
        Judge(own)


def test_the_lineage_of_the_last_run_is_what_is_tried(own: Study) -> None:
    (own.directory / "results/ledger/lineage.parquet").unlink()
    with pytest.raises(StudyError, match="run 'make'"):
        Tamperer(own)


def test_pages_and_codebook_of_the_small_study_load(tmp_path: Path) -> None:
    write_tiny(tmp_path, config=CONFIG, codebook=CODEBOOK, header=HEADER, records=records(12))
    assert load_study(tmp_path).waves["w1"].codebook.not_analysed[0].column == "rts*"
