"""Spearman's rank correlation and adjusted p-values, by hand and against SciPy."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from recount.hypotheses import holm
from tests.recount.studies import recounted
from tests.tiny import CONFIG, write_tiny


def spearman_study(folder: Path, expect: str, pairs: list[tuple[str, str]]) -> dict[str, float | None]:
    """Return the test rows of a study that correlates TIME with USE_A."""
    start, end = CONFIG.index("    cleaning:"), CONFIG.index("    weights:")
    hypothesis = (
        "hypotheses:\n  - {id: H1, label: {en: Together}, wave: w1, plan: confirmatory, family: f, test: spearman,\n"
        f"     x: TIME, y: USE_A, expect: {expect}, weight: unweighted}}\nreport:"
    )
    config = (CONFIG[:start] + CONFIG[end:]).replace("report:", hypothesis)
    records = [f"{place};{time};{place % 2 + 1};{use};1;;" for place, (time, use) in enumerate(pairs, 1)]
    found = recounted(write_tiny(folder, config=config, records=records))
    return {name.split(".")[2]: result.value for name, result in found.items() if name.startswith("w1.H1.")}


def test_against_scipy_with_ties_and_missing_answers(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    use = chance.integers(1, 4, 60)
    time = 100 * use + chance.integers(0, 400, 60) // 50 * 50
    pairs = [(str(seconds), str(level)) for seconds, level in zip(time, use, strict=True)]
    found = spearman_study(tmp_path, "different", [*pairs, ("100", "8"), ("", "2")])
    expected = stats.spearmanr(time, use)
    assert (found["n"], found["df"]) == (60, 58)
    assert found["rho"] == pytest.approx(expected.statistic, rel=1e-12)
    assert found["p"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert found["p_adjusted"] == found["p"]


def test_by_hand_without_ties(tmp_path: Path) -> None:
    found = spearman_study(tmp_path, "different", [("10", "1"), ("30", "3"), ("20", "2")])
    assert (found["rho"], found["n"]) == (1, 3)
    assert found["p"] == 0


def test_a_constant_has_no_correlation(tmp_path: Path) -> None:
    found = spearman_study(tmp_path, "different", [("10", "2"), ("30", "2"), ("20", "2")])
    assert found["rho"] is None and found["p"] is None


def test_holm_by_hand() -> None:
    adjusted = holm([math.log(0.04), math.log(0.01), math.log(0.03)])
    assert [math.exp(log_p) for log_p in adjusted] == pytest.approx([0.06, 0.03, 0.06])
    assert holm([math.log(0.9), math.log(0.8)]) == [0.0, 0.0]
    undefined, alone = holm([math.nan, math.log(0.02)])
    assert math.isnan(undefined) and math.exp(alone) == pytest.approx(0.02)
