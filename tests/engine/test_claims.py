"""Statements in words: bound to numbers, and stopped or marked when the data stop supporting them."""

from pathlib import Path

import pytest

from surveyspec.problems import StudyError
from surveyspec.study import Study, load_study
from surveytrail.claims import check_claims, require_supported
from surveytrail.pipeline import compute_ledger
from tests.tiny import CONFIG, RECORDS, write_tiny

CLAIMS = """\
claims:
  on_unsupported: {mode}
  statements:
    - {{id: most, source: C1, text: {{en: most use Alpha}}, holds_if: "w1.use.alpha.unweighted > 0.5"}}
    - {{id: more, text: {{en: more than Beta}}, holds_if: "{other}"}}
report:
"""


def claimed(
    folder: Path, *, mode: str = "stop", other: str = "w1.level.unweighted >= 1", records: object = None
) -> Study:
    config = CONFIG.replace("report:\n", CLAIMS.format(mode=mode, other=other))
    return load_study(write_tiny(folder, config=config, records=records))  # type: ignore[arg-type]


def test_claims_are_judged_on_the_ledger(tmp_path: Path) -> None:
    study = claimed(tmp_path)
    claims = check_claims(study, compute_ledger(study).frame)
    assert claims["verdict"].tolist() == ["holds", "holds"]
    assert claims["printed"].tolist() == ["w1.use.alpha.unweighted = 75.0%", "w1.level.unweighted = 2.25"]
    require_supported(study, claims)


def test_changed_data_flip_a_claim_and_the_sentence_is_named(tmp_path: Path) -> None:
    records = [record.replace('"2";"3"', '"1";"-77"').replace('"3";"1"', '"1";"-77"') for record in RECORDS]
    study = claimed(tmp_path / "stop", records=records)
    claims = check_claims(study, compute_ledger(study).frame)
    assert claims["verdict"].tolist() == ["fails", "holds"]
    with pytest.raises(StudyError) as caught:
        require_supported(study, claims)
    said = str(caught.value)
    assert "config.yaml:" in said
    assert "claims.statements.most" in said
    assert "'most use Alpha' is not supported: w1.use.alpha.unweighted = 33.3%" in said
    assert "w1.use.alpha.unweighted > 0.5" in said
    marked = claimed(tmp_path / "mark", mode="mark", records=records)
    require_supported(marked, check_claims(marked, compute_ledger(marked).frame))


def test_a_number_without_a_value_leaves_a_claim_unknown(tmp_path: Path) -> None:
    records = [record.replace('"1";"1";"-77"', '"1";"0";"0"') for record in RECORDS[:1]] + [
        '"2";"100";"2";"0";"0";"";""'
    ]
    study = claimed(tmp_path, records=records)
    assert check_claims(study, compute_ledger(study).frame)["verdict"].tolist() == ["unknown", "unknown"]


def test_an_unknown_number_names_the_line_and_the_closest_id(tmp_path: Path) -> None:
    study = claimed(tmp_path, other="w1.use.alfa.unweighted > 0")
    with pytest.raises(StudyError) as caught:
        check_claims(study, compute_ledger(study).frame)
    assert "did you mean 'w1.use.alpha.unweighted'" in str(caught.value)
    assert "claims.statements.more.holds_if" in str(caught.value)


def test_a_condition_that_does_not_parse(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"claims\.statements\.1\.holds_if"):
        claimed(tmp_path, other="w1.level.unweighted >=")
