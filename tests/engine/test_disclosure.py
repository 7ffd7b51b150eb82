"""Which numbers are published: each engine decides alone, and so that no sum over few can be worked out."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from recount.__main__ import main as recount_main
from recount.disclosure import is_dominated as dominated_again
from recount.disclosure import released as released_again
from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveytrail.disclosure import is_dominated, released
from surveytrail.frames import write_frame
from surveytrail.pipeline import compute_ledger
from tests.proof.studies import CODEBOOK, GUARDED, HEADER, records
from tests.tiny import MARGINS, write_tiny

LEAST = 10


def attack(memberships: list[np.ndarray]) -> int:
    """Add and subtract the sums of groups in every way; return the fewest respondents that a result is about."""
    matrix = np.array(memberships, dtype=np.int64)
    about = [int(np.count_nonzero(np.array(signs) @ matrix)) for signs in product((-1, 0, 1), repeat=len(matrix))]
    return min(count for count in about if count)


def again(memberships: list[np.ndarray], least: int) -> list[bool]:
    """Let the second engine decide."""
    atoms = Counter(zip(*(mask.tolist() for mask in memberships), strict=True))
    return released_again(atoms, len(memberships), least)


def part(low: int, high: int, size: int = 40) -> np.ndarray:
    mask = np.zeros(size, dtype=bool)
    mask[low:high] = True
    return mask


@pytest.mark.parametrize(
    ("masks", "shown"),
    [
        ([part(0, 30), part(0, 12)], [True, True]),                     # 12 and the other 18
        ([part(0, 30), part(0, 25)], [True, False]),                    # 30 - 25 = 5
        ([part(0, 30), part(0, 20)], [True, True]),                     # 30 - 20 = 10
        ([part(0, 9)], [False]),
        ([part(0, 33), part(0, 14), part(14, 30)], [True, True, False]),  # 33 - 14 - 16 = 3
        ([part(0, 33), part(0, 33)], [True, True]),                     # the same twice says nothing new
        ([part(0, 25), part(5, 30), part(0, 30)], [True, True, False]),   # 30 - 25 = 5
    ],
)  # fmt: skip
def test_groups_beside_one_another(masks: list[np.ndarray], shown: list[bool]) -> None:
    assert released(masks, LEAST) == shown
    assert again(masks, LEAST) == shown


def test_both_engines_agree_on_random_groups_and_the_attack_finds_nothing() -> None:
    rng = np.random.default_rng(7)
    counts = Counter[bool]()
    for _ in range(60):
        atoms = rng.integers(2, 8, size=9)  # respondents that the same groups hold
        groups = [np.repeat(rng.random(9) < rng.uniform(0.3, 0.9), atoms) for _ in range(5)]
        masks = [np.ones(atoms.sum(), dtype=bool), *groups, groups[0] & groups[1]]
        verdicts = released(masks, LEAST)
        assert again(masks, LEAST) == verdicts
        assert attack([mask for mask, safe in zip(masks, verdicts, strict=True) if safe]) >= LEAST
        counts.update(verdicts)
    assert min(counts[True], counts[False]) > 60


def test_where_sets_of_few_are_too_many_both_engines_leave_a_group_out(monkeypatch: pytest.MonkeyPatch) -> None:
    masks = [np.ones(60, dtype=bool), *(np.arange(60) // 2**power % 2 == 0 for power in range(5))]
    assert released(masks, 3) == again(masks, 3)
    for module in ("surveytrail.disclosure", "recount.disclosure"):
        monkeypatch.setattr(f"{module}.SETS_LOOKED_AT", 30)
    verdicts = released(masks, 3)
    assert again(masks, 3) == verdicts
    assert not all(verdicts)


@pytest.mark.parametrize("decide", [is_dominated, lambda amounts, share: dominated_again(amounts.tolist(), share)])
def test_one_answer_that_makes_up_most_of_an_amount(decide: object) -> None:
    assert callable(decide)
    assert decide(np.array([71.0, 20.0, 9.0]), 0.7)
    assert not decide(np.array([70.0, 20.0, 10.0]), 0.7)
    assert decide(np.array([-71.0, 20.0, 9.0]), 0.7)
    assert not decide(np.zeros(3), 0.7)


def small(folder: Path, config: str) -> Path:
    return write_tiny(folder, config=config, codebook=CODEBOOK, header=HEADER, records=records(), margins=MARGINS)


def test_the_ledger_holds_what_is_released_and_the_second_engine_agrees(tmp_path: Path) -> None:
    study = load_study(small(tmp_path, GUARDED))
    frame = compute_ledger(study).frame
    held = frame[frame["estimate"].str.startswith("peers")]
    planned = 1 + 2 + 3 + 6
    assert 3 < (held["estimate"] == "peers").sum() < planned
    assert set(held["disclosure"]) == {"released, min_n 5", "released, min_n 8"}
    assert set(frame.loc[~frame["estimate"].str.startswith("peers"), "disclosure"]) == {"not assessed"}
    write_frame(frame, tmp_path / "ledger.parquet")
    arguments = ["--directory", str(tmp_path), "--ledger", str(tmp_path / "ledger.parquet"), "--out", str(tmp_path)]
    assert recount_main(arguments) == 0
    one = held.iloc[-1:]["id"].tolist()
    write_frame(frame[~frame["id"].isin(one)], tmp_path / "ledger.parquet")
    assert recount_main(arguments) == 1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("    weights: [unweighted]\n    min_n: 5", "    weights: [unweighted, raked]\n    min_n: 5",
         "'min_n' with 'weights: [unweighted]'"),
        ("    min_n: 8", "    min_n: 8\n    dominance: 0.7", "'dominance' together with 'mean' and 'min_n'"),
        ("    min_n: 8\n", "", "'peers_quartiles' of USE_A without min_n, beside 'peers'"),
    ],
)  # fmt: skip
def test_what_undoes_the_guard_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GUARDED
    with pytest.raises(StudyError) as stopped:
        load_study(small(tmp_path, GUARDED.replace(old, new)))
    assert told in str(stopped.value)
    assert "config.yaml:" in str(stopped.value)
