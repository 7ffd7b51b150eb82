"""Designed changes between two runs: exactly the designed numbers, each with the designed cause."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy
import pytest

from surveytrail.comparing.causes import Change, Comparison
from surveytrail.comparing.code import functions_of
from surveytrail.comparing.runs import Run, keep_run, open_run, present_run
from tests.finished import copy_workflow, finish_run
from tests.tiny import CODEBOOK, CONFIG, MARGINS, RECORDS, write_tiny

ROOT = Path(__file__).resolve().parents[2]
ALPHA = {f"w1.use.alpha{group}.{weight}" for group in ("", ".size=small") for weight in ("unweighted", "raked")}
LEVEL = {"w1.level.unweighted", "w1.level.raked"}
TWO_TESTS = """\
hypotheses:
  - {id: H1, label: {en: One}, wave: w1, plan: confirmatory, family: f, test: spearman, x: USE_A, y: TIME,
     expect: positive}
  - {id: H2, label: {en: Two}, wave: w1, plan: confirmatory, family: f, test: spearman, x: USE_B, y: TIME,
     expect: positive}
report:
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run that all others are compared with, kept away from its study."""
    study = write_tiny(tmp_path_factory.mktemp("first"))
    finish_run(study)
    return open_run(str(keep_run(study, tmp_path_factory.mktemp("kept") / "first")), study)


def compare(first: Run, folder: Path, **changed: object) -> Comparison:
    finish_run(write_tiny(folder, **changed))  # type: ignore[arg-type]
    return Comparison(first, present_run(folder))


def with_cause(comparison: Comparison, *kinds: str) -> set[str]:
    """Return the numbers whose causes are of exactly these kinds."""
    return {change.difference.id for change in comparison.changes
            if tuple(cause.kind for cause in change.causes) == kinds}  # fmt: skip


def places(changes: Iterable[Change]) -> set[str]:
    return {place for change in changes for cause in change.causes for place in cause.where}


def numbers(comparison: Comparison) -> set[str]:
    return {change.difference.id for change in comparison.changes}


def altered(place: int, old: str, new: str) -> list[str]:
    """Return the tiny study's records with a part of one replaced."""
    assert old in RECORDS[place]
    return [record.replace(old, new, 1) if at == place else record for at, record in enumerate(RECORDS)]


def test_a_rebuild_in_another_folder_changes_nothing(first: Run, tmp_path: Path) -> None:
    comparison = compare(first, tmp_path / "a folder with spaces")
    assert comparison.changes == []
    assert (comparison.compared, comparison.explained, comparison.differing_files) == (31, True, {})
    assert comparison.a.seal.root == comparison.b.seal.root


def test_a_raw_cell(first: Run, tmp_path: Path) -> None:
    # record 1 said 'never' to Alpha and was therefore not asked about Beta
    comparison = compare(first, tmp_path, records=altered(0, '"1";"1";"-77"', '"1";"3";"-77"'))
    printed = {change.difference.id for change in comparison.changes if change.in_print}
    assert printed == ALPHA | LEVEL
    # Beta's values are the same, but why record 1 has none is not: NOT_REACHED instead of NOT_ASKED
    assert numbers(comparison) == with_cause(comparison, "data")
    assert numbers(comparison) - printed == {number.replace("alpha", "beta") for number in ALPHA}
    assert places(comparison.changes) == {"data/raw/w1.csv: record 1, column v_2"}
    assert not any(change.also for change in comparison.changes)


def test_a_raw_cell_that_no_number_uses(first: Run, tmp_path: Path) -> None:
    comparison = compare(first, tmp_path, records=altered(0, '"-77";""', '"-77";"a comment"'))
    assert comparison.changes == []
    assert comparison.data["w1"].described == ["data/raw/w1.csv: record 1, column v_4"]


def test_a_dropped_record_and_the_numbers_of_those_after_it(first: Run, tmp_path: Path) -> None:
    comparison = compare(first, tmp_path, records=RECORDS[:4] + RECORDS[5:])
    assert {"w1.flow.records.unweighted", "w1.flow.excluded.speeders.unweighted"} <= numbers(comparison)
    assert numbers(comparison) == with_cause(comparison, "data")
    raw = "data/raw/w1.csv: "
    assert comparison.data["w1"].described == [
        f"{raw}record 5 of A not in B", f"{raw}records 6, 7, 8 of A numbered otherwise"
    ]  # fmt: skip


def test_a_population_margin(first: Run, tmp_path: Path) -> None:
    comparison = compare(first, tmp_path, margins=MARGINS.replace("small,0.8", "small,0.7"))
    assert numbers(comparison) == with_cause(comparison, "data")
    assert numbers(comparison) == {number for number in comparison.b.ledger if number.endswith(".raked")}
    assert places(comparison.changes) == {"data/raw/margins.csv:2 SIZE small: share 0.8 → 0.7"}


def test_a_threshold_in_the_config(first: Run, tmp_path: Path) -> None:
    changed = CONFIG.replace("faster_than: 0.5", "faster_than: 0.9")
    comparison = compare(first, tmp_path, config=changed)
    assert numbers(comparison) == with_cause(comparison, "specification")
    # record 1 is excluded now: it is in every number but the counts before the rule
    assert set(comparison.b.ledger) - numbers(comparison) == {
        "w1.flow.records.unweighted", "w1.flow.excluded.no_size.unweighted"
    }  # fmt: skip
    line = CONFIG.splitlines().index(next(text for text in CONFIG.splitlines() if "speeders" in text)) + 1
    (place,) = places(comparison.changes)
    assert place.startswith(f"config.yaml:{line} '- {{id: speeders")
    assert place.endswith("faster_than: 0.9, variable: TIME}'")


def test_a_missing_code_in_the_codebook(first: Run, tmp_path: Path) -> None:
    comparison = compare(first, tmp_path, codebook=CODEBOOK.replace('"0": NO_ANSWER', '"0": DONT_KNOW'))
    assert numbers(comparison) == with_cause(comparison, "specification")
    line = CODEBOOK.splitlines().index('  closed: {"0": NO_ANSWER, "-77": NOT_REACHED}') + 1
    assert all(place.startswith(f"data/codebooks/w1.yaml:{line} ") for place in places(comparison.changes))


def test_a_new_estimate_and_one_taken_out(first: Run, tmp_path: Path) -> None:
    start = CONFIG.index("  - id: level")
    other = CONFIG[:start] + CONFIG[start:].replace("id: level", "id: time").replace("mean: USE_A", "mean: TIME")
    comparison = compare(first, tmp_path, config=other)
    statuses = {change.difference.id: change.difference.status for change in comparison.changes}
    assert statuses == {**dict.fromkeys(LEVEL, "only in A"),
                        "w1.time.unweighted": "only in B", "w1.time.raked": "only in B"}  # fmt: skip
    assert with_cause(comparison, "specification") == set(statuses)
    line = CONFIG[:start].count("\n") + 1
    assert f"removed config.yaml:{line + 3} 'mean: USE_A'" in places(comparison.changes)
    assert f"added config.yaml:{line + 3} 'mean: TIME'" in places(comparison.changes)


def test_decimals_are_format_and_labels_are_wording(first: Run, tmp_path: Path) -> None:
    config = CONFIG.replace("mean: USE_A", "mean: USE_A\n    decimals: 3").replace(
        "Use at least monthly", "At least monthly"
    )
    comparison = compare(first, tmp_path, config=config)
    uses = {number for number in comparison.b.ledger if number.startswith("w1.use.")}
    assert with_cause(comparison, "format") == LEVEL
    assert with_cause(comparison, "wording") == uses
    assert numbers(comparison) == LEVEL | uses
    formats = places(change for change in comparison.changes if change.difference.id in LEVEL)
    assert formats == {f"added config.yaml:{config.splitlines().index('    decimals: 3') + 1} 'decimals: 3'"}


def test_a_label_of_the_codebook(first: Run, tmp_path: Path) -> None:
    comparison = compare(first, tmp_path, codebook=CODEBOOK.replace("label: {en: Beta}", "label: {en: Item B}"))
    assert numbers(comparison) == {number for number in comparison.b.ledger if number.startswith("w1.use.beta")}
    assert numbers(comparison) == with_cause(comparison, "wording")


def test_several_changes_at_once_are_told_apart(first: Run, tmp_path: Path) -> None:
    config = CONFIG.replace("Mean use", "Average use").replace("by: [SIZE]", "by: [SIZE]\n    level: 0.9")
    comparison = compare(first, tmp_path, config=config, margins=MARGINS.replace("small,0.8", "small,0.7"))
    assert with_cause(comparison, "wording") == {"w1.level.unweighted"}
    assert with_cause(comparison, "data", "wording") == {"w1.level.raked"}
    shares = {number for number in comparison.b.ledger if number.startswith("w1.use.")}
    assert with_cause(comparison, "specification") == {number for number in shares if number.endswith("unweighted")}
    assert with_cause(comparison, "data", "specification") == {number for number in shares if number.endswith("raked")}


@pytest.mark.filterwarnings("ignore:Sample size is too small")
def test_a_test_feels_the_others_of_its_family(tmp_path: Path) -> None:
    config = CONFIG.replace("report:\n", TWO_TESTS)
    runs = []
    for name, text in (("before", config), ("after", config.replace("x: USE_B", "x: SIZE"))):
        finish_run(write_tiny(tmp_path / name, config=text))
        runs.append(present_run(tmp_path / name))
    comparison = Comparison(*runs)
    assert numbers(comparison) == with_cause(comparison, "specification")
    assert {number for number in numbers(comparison) if ".H1." in number} <= {
        "w1.H1.p_adjusted.unweighted", "w1.H1.verdict.unweighted"
    }  # fmt: skip
    assert any(".H2." in number for number in numbers(comparison))


def test_comments_and_docstrings_are_no_change_of_code(tmp_path: Path) -> None:
    text = (
        'X = 1\n\n\nclass A:\n    """Doc."""\n\n    b = 2\n\n    def f(self):\n        """Doc."""\n        return 1\n'
    )
    module = tmp_path / "module.py"
    module.write_text(text, encoding="utf-8")
    before = functions_of(module)
    assert set(before) == {"A.f", "A (attributes)", "module level"}
    module.write_text(text.replace("Doc.", "Other words.").replace("return 1", "return 1  # one"), encoding="utf-8")
    assert functions_of(module) == before
    module.write_text(text.replace("return 1", "return 2").replace("class A:", "class A(B):"), encoding="utf-8")
    after = functions_of(module)
    assert {name for name in after if after[name] != before.get(name)} == {"A", "A.f"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of code and lock file, which tests change."""
    return copy_workflow(tmp_path_factory.mktemp("engine") / "checkout")


def kept_by(engine: Path, study: Path, target: Path, *more_path: Path) -> Run:
    """Finish and keep a run with another engine, in a process of its own."""
    program = (
        "import sys; from pathlib import Path; from tests.finished import finish_run; "
        "from surveytrail.comparing.runs import keep_run; study, target = map(Path, sys.argv[1:]); "
        "finish_run(study); keep_run(study, target)"
    )
    path = os.pathsep.join(map(str, (*more_path, engine / "src", ROOT)))
    command = [sys.executable, "-c", program, str(study), str(target)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": path})
    return open_run(str(target), study)


def replace_once(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_function_of_the_engine(first: Run, engine: Path, tmp_path: Path) -> None:
    intervals = engine / "src/surveytrail/statistics/count_intervals.py"
    before = intervals.read_text(encoding="utf-8")
    narrow = "_plain = wilson\n\n\ndef wilson(successes, n, level=0.95):\n    return _plain(successes, n, 0.9)\n"
    intervals.write_text(f"{before}\n\n{narrow}", encoding="utf-8")
    comparison = Comparison(first, kept_by(engine, write_tiny(tmp_path / "study"), tmp_path / "kept"))
    intervals.write_text(before, encoding="utf-8")
    shares = {number for number, row in comparison.b.ledger.items() if row["interval_method"] == "wilson"}
    assert len(shares) == 6
    assert numbers(comparison) == with_cause(comparison, "code") == shares
    assert places(comparison.changes) == {"src/surveytrail/statistics/count_intervals.py (wilson, module level)"}


def test_printing_code_is_format(first: Run, engine: Path, tmp_path: Path) -> None:
    display = engine / "src/surveytrail/ledger/display.py"
    before = display.read_text(encoding="utf-8")
    replace_once(display, 'return f"{low}{RANGE}{high}{percent}"', 'return f"{low} to {high}{percent}"')
    comparison = Comparison(first, kept_by(engine, write_tiny(tmp_path / "study"), tmp_path / "kept"))
    display.write_text(before, encoding="utf-8")
    with_interval = {number for number, row in comparison.b.ledger.items() if row["interval_text"] is not None}
    assert numbers(comparison) == with_cause(comparison, "format") == with_interval
    assert places(comparison.changes) == {"src/surveytrail/ledger/display.py (interval_text)"}


def pinned_otherwise(lock: str, *packages: str) -> str:
    for package in packages:
        lock = re.sub(rf"(?m)^{package}==\S+", f"{package}==99.1", lock)
    return lock


def test_other_versions_in_the_lock_file_that_change_nothing(first: Run, engine: Path, tmp_path: Path) -> None:
    lock = engine / "requirements.lock"
    before = lock.read_text(encoding="utf-8")
    lock.write_text(pinned_otherwise(before, "numpy", "typst"), encoding="utf-8")
    comparison = Comparison(first, kept_by(engine, write_tiny(tmp_path / "study"), tmp_path / "kept"))
    lock.write_text(before, encoding="utf-8")
    assert comparison.changes == []
    assert comparison.differing_files == {"ledger": ["results/ledger/ledger.parquet"], "lock file": [lock.name]}
    upgrade = f"numpy {numpy.__version__} → 99.1"
    assert comparison.environment.versions == {"numpy": upgrade, "typst": f"typst {version('typst')} → 99.1"}
    assert comparison.environment.of_stages(["estimate"]) == [upgrade]  # typst sets documents


def test_another_version_of_a_package_that_computes_otherwise(first: Run, engine: Path, tmp_path: Path) -> None:
    # another numpy, in which the median of a column is another: the speeders' limit moves, as by another threshold
    (tmp_path / "sitecustomize.py").write_text(
        "import numpy\nplain = numpy.median\nnumpy.median = lambda *given, **options: 1.8 * plain(*given, **options)\n",
        encoding="utf-8",
    )
    lock = engine / "requirements.lock"
    before = lock.read_text(encoding="utf-8")
    lock.write_text(pinned_otherwise(before, "numpy"), encoding="utf-8")
    felt = Comparison(first, kept_by(engine, write_tiny(tmp_path / "study"), tmp_path / "kept", tmp_path))
    lock.write_text(before, encoding="utf-8")
    threshold = compare(first, tmp_path / "threshold", config=CONFIG.replace("faster_than: 0.5", "faster_than: 0.9"))
    assert numbers(felt) == with_cause(felt, "environment") == numbers(threshold)
    assert places(felt.changes) == {f"numpy {numpy.__version__} → 99.1"}


def test_code_that_differs_beside_data_is_shown_beside_it(first: Run, engine: Path, tmp_path: Path) -> None:
    masks = engine / "src/surveytrail/masks.py"
    before = masks.read_text(encoding="utf-8")
    masks.write_text(before + "\n\nUNUSED = 1\n", encoding="utf-8")
    records = altered(0, '"1";"1";"-77"', '"1";"3";"-77"')
    comparison = Comparison(first, kept_by(engine, write_tiny(tmp_path / "study", records=records), tmp_path / "kept"))
    masks.write_text(before, encoding="utf-8")
    assert numbers(comparison) == with_cause(comparison, "data")
    assert {str(cause) for change in comparison.changes for cause in change.also} == {
        "Cause(kind='code', where=('src/surveytrail/masks.py (module level)',))"
    }  # fmt: skip


def test_a_change_without_any_cause_is_called_unexplained(first: Run, tmp_path: Path) -> None:
    comparison = compare(first, tmp_path)
    comparison.b.ledger["w1.level.unweighted"]["value"] = 2.0
    assert with_cause(comparison, "unexplained") == {"w1.level.unweighted"}
    assert not comparison.explained
