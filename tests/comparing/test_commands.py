"""``trail keep`` and ``trail diff``: what they print, what they keep, what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from surveytrail.cli.app import app
from tests.finished import finish_run
from tests.tiny import CONFIG, RECORDS, write_tiny


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that was kept as 'submitted', and whose record 1 and one label changed since."""
    folder = write_tiny(tmp_path_factory.mktemp("study"))
    finish_run(folder)
    kept = trail("keep", "submitted", "-d", folder)
    assert kept.exit_code == 0, kept.output
    write_tiny(
        folder,
        records=[RECORDS[0].replace('"1";"1";"-77"', '"1";"3";"-77"'), *RECORDS[1:]],
        config=CONFIG.replace("Mean use", "Mean | use"),
    )
    finish_run(folder)
    return folder


def trail(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def last_line(result: Result) -> str:
    return result.output.strip().splitlines()[-1]


SUMMARY = (
    "31 numbers compared: 10 changed (6 in print), 0 only in A, 0 only in B, 21 the same; causes: 10 data, 2 wording"
)


def test_a_kept_run_holds_what_comparing_reads_and_no_raw_export(study: Path) -> None:
    kept = study / "results/kept/submitted"
    names = {path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file()}
    assert {
        "SEAL.json", "run.json", "config.yaml", "data/codebooks/w1.yaml", "data/raw/MANIFEST.yaml",
        "data/raw/margins.csv", "results/ledger/ledger.parquet", "results/ledger/lineage.parquet",
        "results/ledger/row_sets.parquet", "raw_cells/w1.parquet", "code/requirements.lock",
        "code/src/surveytrail/masks.py", "code/scripts/estimate_numbers.py",
    } <= names  # fmt: skip
    assert "data/raw/w1.csv" not in names
    cells = pd.read_parquet(kept / "raw_cells/w1.parquet")
    # the column that the codebook drops (an IP address) is not even there as a digest
    columns = [f"column {name}" for name in ("lfdn", "duration", "v_1", "v_2", "v_3", "v_4")]
    assert list(cells.columns) == ["record", "key", *columns]
    assert list(cells["key"]) == ["1", "2", "3", "4", "5", "6", "7", "8"]
    assert (cells["column v_2"].to_numpy()[[1, 4, 5]] == cells["column v_2"][1]).all()


def test_diff_as_text(study: Path) -> None:
    result = trail("diff", "submitted", "-d", study)
    assert result.exit_code == 0
    assert last_line(result) == SUMMARY
    for line in (
        "data\n  data: data/raw/w1.csv: record 1, column v_2\n",
        "    w1.use.alpha.unweighted  Use at least monthly – Alpha\n"
        "      75.0% (30.1–95.4%, n = 4) → 100.0% (51.0–100.0%, n = 4)  [input, text, value]\n",
        "data, wording\n",
        "  wording: config.yaml:38 'label: {en: Mean use}' → config.yaml:38 'label: {en: Mean | use}'\n",
        "what differs between the runs\n  data: data/raw/w1.csv: record 1, column v_2\n",
    ):
        assert line in result.output, line


def test_diff_as_markdown(study: Path) -> None:
    result = trail("diff", "submitted", "-d", study, "--markdown", "--printed")
    lines = result.output.splitlines()
    assert lines[0].startswith("- Run A: submitted, root ")
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + 6
    assert table[2] == (
        "| `w1.use.alpha.unweighted` | Use at least monthly – Alpha | 75.0% (30.1–95.4%, n = 4) | "
        "100.0% (51.0–100.0%, n = 4) | input, text, value | data (1) |"
    )
    assert "| `w1.level.unweighted` | Mean \\| use | 2.25 (0.80–3.70, n = 4) | 2.75 " in result.output
    assert "1. `data: data/raw/w1.csv: record 1, column v_2`" in lines
    assert last_line(result) == SUMMARY


def test_diff_as_json(study: Path) -> None:
    content = json.loads(trail("diff", "submitted", "-d", study, "--json").stdout)
    assert (content["ok"], content["compared"], content["causes"]) == (True, 31, {"data": 10, "wording": 2})
    change = next(part for part in content["changes"] if part["id"] == "w1.level.unweighted")
    assert change["facets"] == ["input", "text", "value", "wording"]
    assert change["texts"] == [{"en": "2.25"}, {"en": "2.75"}]
    assert [cause["kind"] for cause in change["causes"]] == ["data", "wording"]
    assert content["runs"]["a"]["record"]["root"] == content["runs"]["a"]["root"]


def test_a_rebuild_must_be_the_same(study: Path, tmp_path: Path) -> None:
    assert trail("diff", "submitted", "-d", study, "--same").exit_code == 1
    finish_run(write_tiny(tmp_path))
    result = trail("diff", "submitted", tmp_path, "-d", study, "--same")
    assert result.exit_code == 0
    assert last_line(result) == "31 numbers compared: 0 changed (0 in print), 0 only in A, 0 only in B, 31 the same"
    assert "nothing differs between the runs" in result.output


def test_keep_refuses_to_replace_a_kept_run(study: Path) -> None:
    again = trail("keep", "submitted", "-d", study)
    assert again.exit_code == 1
    assert "found:    a run that was kept before (root " in again.stderr
    assert "to do:    keep it under another name" in again.stderr
    assert "found:    '../x'" in trail("keep", "../x", "-d", study).stderr


def test_keep_elsewhere_and_compare_by_folder(study: Path, tmp_path: Path) -> None:
    assert trail("keep", "now", "-d", study, "--to", tmp_path).exit_code == 0
    result = trail("diff", tmp_path / "now", study, "--same")
    assert (result.exit_code, result.output.count("31 the same")) == (0, 1)


def test_an_unknown_run_names_those_that_are_kept(study: Path) -> None:
    result = trail("diff", "revised", "-d", study)
    assert result.exit_code == 1
    assert "revised\n    found:    no sealed run of this name\n    expected: a kept run (submitted)" in result.stderr


def test_a_run_whose_files_changed_is_refused(study: Path, tmp_path: Path) -> None:
    trail("keep", "x", "-d", study, "--to", tmp_path)
    config = tmp_path / "x" / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("0.5", "0.6"), encoding="utf-8")
    changed = trail("diff", tmp_path / "x", study)
    assert changed.exit_code == 1
    assert f"{config}\n    found:    changed since the run was sealed" in changed.stderr
    assert "to do:    restore it, or keep the run again" in changed.stderr
    (tmp_path / "x" / "results/ledger/lineage.parquet").unlink()
    assert "lineage.parquet\n    found:    no such file" in trail("diff", tmp_path / "x", study).stderr


def test_present_results_older_than_the_study_file_are_refused(tmp_path: Path) -> None:
    finish_run(write_tiny(tmp_path))
    write_tiny(tmp_path, config=CONFIG.replace("0.5", "0.6"))
    result = trail("keep", "late", "-d", tmp_path)
    assert result.exit_code == 1
    assert "config.yaml\n    found:    changed since the run was sealed" in result.stderr
    assert "to do:    run the pipeline again, then compare" in result.stderr
