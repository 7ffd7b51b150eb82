"""Weights as declared: raked to the margins, trimmed, diagnosed; and what stops them."""

from pathlib import Path

import numpy as np
import pytest

from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveytrail.weighting import Weights, read_margins, weight_responses
from tests.engine.test_cleaning import cleaned
from tests.tiny import CONFIG, MARGINS, RECORDS, write_tiny


def weighted(folder: Path) -> Weights:
    wave = load_study(folder).waves["w1"]
    margins = {
        name: read_margins(folder / weight.margins, wave, name, weight)
        for name, weight in wave.wave.weights.items()
        if weight.method == "raking"
    }
    return weight_responses(cleaned(folder).analysis, wave, margins)


def failing(folder: Path) -> str:
    with pytest.raises(StudyError) as caught:
        weighted(folder)
    return str(caught.value)


def test_margins_are_met_and_diagnosed(tmp_path: Path) -> None:
    weights = weighted(write_tiny(tmp_path))
    assert weights.frame["raked"].tolist() == pytest.approx([1.6, 1.6, 0.4, 0.4, 0.4, 1.6], abs=1e-12)
    found = weights.diagnostics.set_index(["statistic", "level"])["value"]
    assert found[("margin_before", 1)] == 0.5
    assert found[("margin_after", 1)] == pytest.approx(0.8, abs=1e-12)
    table = weights.diagnostics.set_index("statistic")["value"]
    assert table["deff"] == pytest.approx(1.36)
    assert table["n_effective"] == pytest.approx(6 / 1.36)


def test_trimming_cuts_at_the_bound_and_keeps_the_sum(tmp_path: Path) -> None:
    trim = CONFIG.replace(
        "        variables: [SIZE]\n", "        variables: [SIZE]\n        trim: {upper: 1.5, relative_to: median}\n"
    )
    weights = weighted(write_tiny(tmp_path, config=trim))
    final = weights.frame["raked"].to_numpy()
    assert final.max() <= 1.5 * np.median(weights.frame["raked:raked"]) + 1e-12
    assert final.sum() == pytest.approx(6)
    assert weights.diagnostics.set_index("statistic")["value"]["trimmed"] > 0


def test_a_bound_that_cannot_hold_stops(tmp_path: Path) -> None:
    low = CONFIG.replace(
        "        variables: [SIZE]\n", "        variables: [SIZE]\n        trim: {upper: 1.01, relative_to: median}\n"
    )
    heavy = [record.replace('"110";"1"', '"110";"2"') for record in RECORDS]
    text = failing(write_tiny(tmp_path, config=low, records=heavy))
    assert "weight 'raked' of w1" in text
    assert "raise trim.upper" in text


def test_records_outside_the_population_get_no_weight(tmp_path: Path) -> None:
    only = CONFIG.replace("        variables: [SIZE]\n", "        variables: [SIZE]\n        population: SIZE == 1\n")
    weights = weighted(write_tiny(tmp_path, config=only))
    assert weights.frame["raked"].tolist() == pytest.approx([1, 1, 0, 0, 0, 1], abs=1e-12)
    assert weights.diagnostics.set_index("statistic")["value"]["records_outside"] == 3


def test_a_weight_from_the_file(tmp_path: Path) -> None:
    column = CONFIG[: CONFIG.index("        method: raking")] + "        method: column\n        variable: TIME\n"
    column += CONFIG[CONFIG.index("estimates:") :]
    assert weighted(write_tiny(tmp_path, config=column)).frame["raked"].tolist() == [100, 110, 120, 130, 150, 160]
    text = failing(write_tiny(tmp_path, config=column.replace("variable: TIME", "variable: USE_A")))
    assert "first at record 4" in text
    assert "2 missing or negative weights" in text


@pytest.mark.parametrize(
    ("margins", "said"),
    [
        (MARGINS.replace("SIZE,large", "SIZE,huge"), ["margins.csv:3", "level huge", "one of small, large"]),
        (MARGINS.replace("0.2,20", "two,20"), ["share 'two'", "a number above 0"]),
        (MARGINS.replace("assumed", "guessed"), ["status 'guessed'", "one of published, derived, assumed"]),
        (MARGINS.replace("SIZE,", "SICE,"), ["margin 'SIZE'", "no row", "did you mean 'SICE'"]),
        (MARGINS.replace("margin,level", "margin,code"), ["header", "also level"]),
        (MARGINS.replace("SIZE,large,0.2,20,register,2020,assumed,\n", ""), ["code 2", "3 respondents and no row"]),
    ],
)
def test_margins_that_do_not_fit(tmp_path: Path, margins: str, said: list[str]) -> None:
    text = failing(write_tiny(tmp_path, margins=margins))
    assert "data/raw/margins.csv" in text
    for words in said:
        assert words in text


def test_a_margin_category_without_respondents_stops(tmp_path: Path) -> None:
    rules = CONFIG.replace("exclude: missing(SIZE)}", "exclude: not SIZE == 1}")
    text = failing(write_tiny(tmp_path, config=rules))
    assert "data/raw/margins.csv:3: margin SIZE, level large" in text
    assert "a population share of 0.2 and no respondent" in text
    assert "restrict 'population'" in text
