"""The study as declared: who is analysed in each wave, and the response rates of its address lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from surveyspec.study import Study, load_study
from surveytrail.pipeline import compute_beside
from surveytrail.response import compute_response_rates

ROOT = Path(__file__).resolve().parents[2]
# AAPOR's RR1 to RR6 in per cent, as the scenario of this project gives them
RATES = {
    "wave1.w1": (6.29, 6.99, 7.32, 8.14, 62.95, 70.01),
    "wave2.w2_sge": (2.23, 2.69, 3.26, 3.93, 46.95, 56.71),
    "wave2.w2_alumni": (5.09, 5.87, 6.50, 7.50, 58.21, 67.16),
    "wave2.total": (2.75, 3.27, 3.85, 4.58, 50.22, 59.74),
}


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(ROOT)


@pytest.mark.parametrize("key", RATES)
def test_rates_of_all_frames_to_two_decimals(study: Study, key: str) -> None:
    wave, frame = key.split(".")
    frame_of = compute_response_rates(study, wave).frame.set_index("id")["value"]
    found = [frame_of[f"{wave}.response.rr{number}.{frame}.unweighted"] for number in range(1, 7)]
    assert [round(100 * rate, 2) for rate in found] == pytest.approx(RATES[key], abs=0.001)


def test_both_waves_hold_completes_to_what_is_analysed(study: Study) -> None:
    declared = {name: wave.wave.dispositions for name, wave in study.waves.items()}
    assert {name: part.complete_is if part else None for name, part in declared.items()} == {
        "wave1": "analysed", "wave2": "analysed",
    }  # fmt: skip


def test_interviews_are_coded_alike_and_the_quotation_is_not_counted(study: Study) -> None:
    interviews = next(part for part in compute_beside(study) if part.section == "interviews").numbers
    numbers = interviews.set_index("id")["value"]
    assert numbers["interviews.counts.interviews.unweighted"] == 18
    assert numbers["interviews.counts.segments.unweighted"] == 72
    assert numbers["interviews.alpha.decisions.unweighted"] > 0.8
    assert json.dumps(study.parameter("interviews.quoted")) == '["ARTICLE"]'
