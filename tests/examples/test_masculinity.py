"""The example with a published table: codebook against the raw file, and every published figure recomputed."""

from __future__ import annotations

import csv
import json
import operator
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surveyspec.codebook import CODED
from surveyspec.conditions import Comparison, Constant, Membership, Variable
from surveyspec.config import Published
from surveyspec.plan import plan_numbers
from surveyspec.problems import StudyError
from surveyspec.study import Study, load_study
from surveytrail.published import compare_published, require_reproduced, summarise_published
from surveytrail.published_table import read_published

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "masculinity"
DATA = ROOT / ".." / "shared" / "real" / "published" / "masculinity"
FILES = ["raw-responses.csv", "masculinity-survey.csv"]
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="no data: ../shared/real/published/masculinity")
COMPARE = {"==": operator.eq, "<=": operator.le}


def copy_example(place: Path) -> Path:
    """Copy the example without linked data and results, and put the real files in."""
    ignored = shutil.ignore_patterns("*.csv", "results", ".snakemake")
    shutil.copytree(EXAMPLE, place, ignore=ignored)
    for name in FILES:
        shutil.copyfile(DATA / name, place / "data" / "raw" / name)
    return place


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return load_study(copy_example(tmp_path_factory.mktemp("example") / "masculinity"))


@pytest.fixture(scope="module")
def cells() -> list[list[str]]:
    with (DATA / FILES[0]).open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


@pytest.fixture(scope="module")
def answers(study: Study, cells: list[list[str]]) -> dict[str, np.ndarray]:
    """Codes (NaN: missing) and weights per variable, read without the engine."""
    header, found = cells[0], {}
    for variable in study.waves["men"].codebook.variables:
        at = header.index(variable.column) if isinstance(variable.column, str) else variable.column.position - 1
        column = [record[at] for record in cells[1:]]
        if variable.type in CODED:
            codes = {part.cell: part.code for part in study.waves["men"].categories(variable.code)}
            found[variable.code] = np.array([codes.get(cell, np.nan) for cell in column], dtype=float)
        elif variable.type == "numeric":
            found[variable.code] = np.array(column, dtype=float)
    return found


@pytest.fixture(scope="module")
def ledger(study: Study, answers: dict[str, np.ndarray]) -> pd.DataFrame:
    """Every planned share, computed by a few lines that share nothing with either engine."""
    rows = []
    for spec in plan_numbers(study):
        assert isinstance(spec.value, Comparison)
        assert isinstance(spec.value.left, Variable) and isinstance(spec.value.right, Constant)
        answer = answers[spec.value.left.name]
        base = ~np.isnan(answer)
        for code, level in spec.groups:
            base &= answers[code] == level
        true = base & COMPARE[spec.value.operator](answer, spec.value.right.value)
        weights = np.ones(len(answer)) if spec.weight == "unweighted" else answers["WEIGHT"]
        value = weights[true].sum() / weights[base].sum() if base.any() else None
        rows.append({"id": spec.id, "value": value, "numerator": None, "denominator": None})
    return pd.DataFrame(rows)


def test_the_study_file_loads_without_the_data() -> None:
    study = load_study(EXAMPLE)
    assert len({number.id for number in plan_numbers(study)}) == 3140
    assert study.config.published[0].on_mismatch == "stop"


@needs_data
def test_the_codebook_describes_every_raw_column(study: Study, cells: list[list[str]]) -> None:
    header = cells[0]
    assert len(header) == 98 and len(cells) == 1616
    described = [variable.column if isinstance(variable.column, str) else header[variable.column.position - 1]
                 for variable in study.waves["men"].codebook.variables]  # fmt: skip
    assert described == header


@needs_data
def test_every_cell_is_an_answer_or_missing_for_a_stated_reason(study: Study, cells: list[list[str]]) -> None:
    codebook = study.waves["men"].codebook
    for at, variable in enumerate(codebook.variables):
        found = {record[at] for record in cells[1:]}
        if variable.type in CODED:
            missing = set(codebook.missing[variable.missing]) if variable.missing else set()
            known = {part.cell for part in codebook.categories(variable)}
            assert known & found, variable.code
            assert not found - known - missing, variable.code
            assert not missing - found, variable.code
        assert "" not in found, variable.code


@needs_data
def test_not_asked_is_exactly_where_the_filter_is_false(
    study: Study, cells: list[list[str]], answers: dict[str, np.ndarray]
) -> None:
    codebook = study.waves["men"].codebook
    filtered = [variable for variable in codebook.variables if variable.filter]
    assert len(filtered) == 30
    for variable in filtered:
        condition = codebook.filter_of(variable)
        match condition:
            case Membership(Variable(name), members):
                asked = np.isin(answers[name], members)
            case Comparison(Variable(name), "==", Constant(value)):
                asked = answers[name] == value
            case _:
                pytest.fail(f"a filter of another form: {variable.filter}")
        at = cells[0].index(str(variable.column))
        assert [record[at] != "NA" for record in cells[1:]] == asked.tolist(), variable.code
        assert variable.missing == "not_asked"


@needs_data
def test_every_published_figure_is_reproduced(study: Study, ledger: pd.DataFrame) -> None:
    comparison = compare_published(study, ledger)
    assert summarise_published(comparison) == (
        "1820 of 1820 published figures reproduced (1820 match, 0 tie, 0 mismatch)"
    )
    require_reproduced(study, comparison)
    with (DATA / FILES[1]).open(encoding="utf-8", newline="") as stream:
        printed = [cell for record in csv.reader(stream) for cell in record[2:] if cell.endswith("%")]
    assert comparison["published"].tolist() == printed


@needs_data
def test_each_comparison_agrees_with_a_list_made_elsewhere(study: Study, ledger: pd.DataFrame) -> None:
    """The list leaves out the table's last block, the age groups themselves: 30 of the 1,820 figures."""
    items = json.loads((DATA / "published.json").read_text(encoding="utf-8"))["items"]
    comparison = compare_published(study, ledger)
    rows = comparison[comparison["question"] != "age3"].to_dict("records")
    assert len(items) == len(rows) == 1790
    columns = {variable.code: variable.column for variable in study.waves["men"].codebook.variables}
    numbers = {spec.id: spec for spec in plan_numbers(study)}
    for item, row in zip(items, rows, strict=True):
        value = numbers[row["id"]].value
        assert isinstance(value, Comparison) and isinstance(value.left, Variable)
        assert columns[value.left.name] == item["variable"]
        assert float(row["published"].rstrip("%")) == item["published"]
        assert row["value"] == pytest.approx(item["reproduced"], abs=5.1e-5)


@needs_data
def test_a_share_that_is_off_by_a_thousandth_of_a_percent_is_noticed(study: Study, ledger: pd.DataFrame) -> None:
    changed = ledger.copy()
    changed.loc[changed["id"] == "men.answers.cry.no_answer.race=non_white.pollster", "value"] += 1e-5
    comparison = compare_published(study, changed)
    with pytest.raises(StudyError, match=r"masculinity-survey\.csv:53: column 8\n    found:    3%, where we find 4%"):
        require_reproduced(study, comparison)


@needs_data
def test_questions_in_the_wrong_order_are_not_paired(study: Study) -> None:
    """Two neighbours with the same answers, so that only their wording tells them apart."""
    table = study.config.published[0]
    order = list(table.questions)
    at = order.index("Q7_CRY")
    order[at], order[at + 1] = order[at + 1], order[at]
    swapped: Published = table.model_copy(update={"questions": order})
    config = study.config.model_copy(update={"published": [swapped]})
    with pytest.raises(StudyError) as error:
        read_published(Study(study.directory, config, study.document, study.waves), 0)
    assert [problem.line for problem in error.value.problems] == [47, 54]
    assert "found:    'Cry'\n    expected: Q7_FIGHT: " in str(error.value)
