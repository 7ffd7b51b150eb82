"""A sealed run: every changed, missing and new file is found and named, and so is every ledger row."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveytrail.cli.app import app
from surveytrail.frames import read_frame, write_frame
from surveytrail.integrity.check import check_seal
from surveytrail.integrity.files import LEDGER_ROWS, RECORD, SEAL, WORKFLOW, RunFile
from surveytrail.integrity.seal import LEDGER_FILE, Seal, inputs_digest, make_seal, read_seal
from tests.finished import copy_workflow, finish_run
from tests.tiny import write_tiny

FOLDERS = ["results/w1", "results/ledger", "results/report", "results/figures", "results/verification"]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished study and a workflow of its own, sealed together; tests put back what they change."""
    study = write_tiny(tmp_path_factory.mktemp("study"))
    finish_run(study)
    workflow = copy_workflow(tmp_path_factory.mktemp("workflow") / "checkout")
    seal = make_seal(load_study(study), FOLDERS, workflow)
    (study / SEAL).write_bytes(seal.written())
    return study, workflow


@pytest.fixture
def restoring(sealed: tuple[Path, Path]) -> object:
    """Put back files that a test replaced."""
    saved: dict[Path, bytes] = {}

    def replace(path: Path, content: bytes) -> None:
        saved.setdefault(path, path.read_bytes())
        path.write_bytes(content)

    yield replace
    for path, content in saved.items():
        path.write_bytes(content)


Replace = Callable[[Path, bytes], None]


def found(sealed: tuple[Path, Path], root: str = "") -> set[tuple[str, str, str]]:
    study, workflow = sealed
    return {(part.what, part.kind, part.name) for part in check_seal(study, workflow, root).findings}


def one_of_each_class(seal: Seal) -> list[RunFile]:
    return [RunFile(kind, sorted(leaves)[-1]) for kind, leaves in seal.classes.items() if kind != LEDGER_ROWS]


def test_everything_is_sealed(sealed: tuple[Path, Path]) -> None:
    study, workflow = sealed
    seal = read_seal(study / SEAL)
    assert set(seal.classes) == {
        "raw data", "manifest", "codebooks", "config", "report pages", "code", "lock file", "wave results", "ledger",
        "ledger rows", "figures", "documents", "verification",
    }  # fmt: skip
    assert set(seal.classes["raw data"]) == {"data/raw/w1.csv", "data/raw/margins.csv"}
    code = seal.classes["code"]
    assert {
        "Snakefile", "workflow/rules/seal.smk", "scripts/seal_run.py", "src/surveytrail/integrity/seal.py",
        "src/surveyspec/plan.py", "src/recount/raw.py", "report/_extensions/surveytrail/surveytrail.lua",
    } <= set(code)  # fmt: skip
    assert not any("__pycache__" in name for name in code)
    assert set(seal.classes["ledger rows"]) == set(read_frame(study / LEDGER_FILE)["id"])
    checked = check_seal(study, workflow)
    assert checked.holds
    assert (checked.files, checked.rows, checked.root) == (
        sum(map(len, seal.classes.values())) - checked.rows, 31, seal.root,
    )  # fmt: skip


def test_the_same_run_in_another_place_has_the_same_root(sealed: tuple[Path, Path], tmp_path: Path) -> None:
    study, workflow = sealed
    elsewhere = tmp_path / "a folder with spaces"
    shutil.copytree(study, elsewhere, ignore=shutil.ignore_patterns("results"))
    finish_run(elsewhere)
    assert make_seal(load_study(elsewhere), FOLDERS, workflow).root == read_seal(study / SEAL).root


@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_one_flipped_byte_is_found_in_every_class_of_file(
    sealed: tuple[Path, Path], restoring: Replace, where: str
) -> None:
    study, workflow = sealed
    files = one_of_each_class(read_seal(study / SEAL))
    assert len(files) == 12
    for file in files:
        path = file.path(study, workflow)
        content = bytearray(path.read_bytes())
        at = {"first": 0, "middle": len(content) // 2, "last": len(content) - 1}[where]
        content[at] ^= 1
        restoring(path, bytes(content))
        named = {part for part in found(sealed) if part[1] != LEDGER_ROWS}
        assert named == {("differs", file.kind, file.name)}
        content[at] ^= 1
        path.write_bytes(content)
    assert found(sealed) == set()


def test_flipped_bytes_anywhere_in_seal_and_ledger_are_found(sealed: tuple[Path, Path], restoring: Replace) -> None:
    study, _ = sealed
    draw = random.Random(20161117)
    for name, kind in ((SEAL, "seal"), (LEDGER_FILE, "ledger")):
        path = study / name
        whole = path.read_bytes()
        for at in draw.sample(range(len(whole)), 25):
            changed = bytearray(whole)
            changed[at] ^= 1 << draw.randrange(8)
            restoring(path, bytes(changed))
            assert ("differs", kind, name) in found(sealed), (name, at)
        path.write_bytes(whole)


def test_a_missing_and_a_new_file_are_found_in_every_class(sealed: tuple[Path, Path]) -> None:
    study, workflow = sealed
    for file in one_of_each_class(read_seal(study / SEAL)):
        path = file.path(study, workflow)
        away = path.with_name("away")
        away.parent.mkdir(exist_ok=True)
        path.rename(away)
        named = {part for part in found(sealed) if part[1] != LEDGER_ROWS}
        assert ("missing", file.kind, file.name) in named
        new = (Path(file.name).parent / "away").as_posix()
        # beside config, codebook and lock file lie files of other people
        alone = file.kind in {"codebooks", "config", "lock file"} or file.name in {"Snakefile", "report/_quarto.yml"}
        assert {part for part in named if part[0] == "new"} == (
            set() if alone else {("new", "raw data" if file.kind == "manifest" else file.kind, new)}
        )
        away.rename(path)
    assert found(sealed) == set()


def test_a_result_that_no_rule_made_is_new(sealed: tuple[Path, Path]) -> None:
    study, _ = sealed
    for name in ("claims/verdicts.csv", "toolbox/peers.csv"):
        path = study / "results" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x", encoding="utf-8")
        assert found(sealed) == {("new", path.parent.name, f"results/{name}")}
        shutil.rmtree(path.parent)


def test_what_is_written_about_a_run_later_is_not_new(sealed: tuple[Path, Path]) -> None:
    study, _ = sealed
    made = ("kept/x/SEAL.json", "logs/a.log", "proof/mutants.json", "toolbox/firms/a.pdf", ".hidden")
    for name in made:
        path = study / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    assert found(sealed) == set()
    for folder in ("kept", "proof", "toolbox/firms"):
        shutil.rmtree(study / "results" / folder)


def rewritten(sealed: tuple[Path, Path], restoring: Replace, frame: pd.DataFrame) -> set[tuple[str, str, str]]:
    path = sealed[0] / LEDGER_FILE
    restoring(path, path.read_bytes())
    write_frame(frame, path)
    return found(sealed)


def test_a_deleted_ledger_row_is_named(sealed: tuple[Path, Path], restoring: Replace) -> None:
    frame = read_frame(sealed[0] / LEDGER_FILE)
    number = frame["id"][20]
    assert rewritten(sealed, restoring, frame.drop(index=20)) == {
        ("differs", "ledger", LEDGER_FILE), ("missing", "ledger rows", number)
    }  # fmt: skip


def test_two_swapped_ids_are_named(sealed: tuple[Path, Path], restoring: Replace) -> None:
    frame = read_frame(sealed[0] / LEDGER_FILE)
    swapped = ["w1.use.alpha.unweighted", "w1.use.beta.unweighted"]
    frame["id"] = frame["id"].replace(dict(zip(swapped, swapped[::-1], strict=True)))
    assert rewritten(sealed, restoring, frame) == {
        ("differs", "ledger", LEDGER_FILE), *(("differs", "ledger rows", number) for number in swapped)
    }  # fmt: skip


def test_a_repeated_and_an_added_row_are_named(sealed: tuple[Path, Path], restoring: Replace) -> None:
    frame = read_frame(sealed[0] / LEDGER_FILE)
    extra = frame.iloc[[20]].assign(id="w1.use.gamma.unweighted")
    number = frame["id"][20]
    assert rewritten(sealed, restoring, pd.concat([frame, frame.iloc[[20]], extra])) == {
        ("differs", "ledger", LEDGER_FILE), ("new", "ledger rows", f"{number}#2"),
        ("new", "ledger rows", "w1.use.gamma.unweighted"),
    }  # fmt: skip


def test_a_seal_that_was_changed_to_fit_has_another_root(sealed: tuple[Path, Path], restoring: Replace) -> None:
    study, workflow = sealed
    root = read_seal(study / SEAL).root
    config = study / "config.yaml"
    restoring(config, config.read_bytes().replace(b"Tiny", b"tiny").replace(b"0.5", b"0.6"))
    forged = make_seal(load_study(study), FOLDERS, workflow)
    restoring(study / SEAL, forged.written())
    assert found(sealed) == set()
    assert found(sealed, root[:16]) == {("differs", "seal", SEAL)}
    assert root != forged.root


def test_a_leaf_that_was_changed_in_the_seal_names_seal_and_file(sealed: tuple[Path, Path], restoring: Replace) -> None:
    study, _ = sealed
    content = json.loads((study / SEAL).read_bytes())
    content["classes"]["config"]["leaves"]["config.yaml"] = "0" * 64
    restoring(study / SEAL, (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())
    assert found(sealed) == {("differs", "seal", SEAL), ("differs", "config", "config.yaml")}


def test_the_digest_of_inputs_follows_code_config_and_pages(sealed: tuple[Path, Path], restoring: Replace) -> None:
    study, workflow = sealed
    before = inputs_digest(load_study(study), workflow)
    assert inputs_digest(load_study(study), workflow) == before
    for path in (study / "report/index.qmd", study / "config.yaml", workflow / "src/surveytrail/masks.py",
                 workflow / "requirements.lock"):  # fmt: skip
        restoring(path, path.read_bytes() + b"\n# more\n")
        after = inputs_digest(load_study(study), workflow)
        assert after != before
        before = after


def test_an_empty_ledger_is_not_sealed(tmp_path: Path) -> None:
    study = write_tiny(tmp_path)
    finish_run(study)
    write_frame(read_frame(study / LEDGER_FILE).iloc[:0], study / LEDGER_FILE)
    with pytest.raises(StudyError, match="0 numbers"):
        make_seal(load_study(study), FOLDERS)


def trail(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_says_what_changed_and_fails(tmp_path: Path) -> None:
    study = write_tiny(tmp_path)
    seal = finish_run(study)
    whole = trail("check", "-d", study)
    files = sum(map(len, seal.classes.values())) - 31
    assert whole.output.strip().splitlines()[-1] == (
        f"{files} of {files} files and 31 of 31 ledger rows are as sealed, 0 new; root {seal.root}"
    )
    assert whole.exit_code == 0
    page = study / "report/index.qmd"
    page.write_text(page.read_text(encoding="utf-8") + "!", encoding="utf-8")
    (study / "results/w1/extra.csv").write_text("x", encoding="utf-8")
    changed = trail("check", "-d", study)
    assert changed.exit_code == 1
    assert "differs report pages: report/index.qmd\n        to do: restore it, or run the pipeline" in changed.output
    assert "new     wave results: results/w1/extra.csv\n        to do: no rule of the sealed run" in changed.output
    assert f"{files - 1} of {files} files and 31 of 31 ledger rows are as sealed, 1 new; root" in changed.output
    as_json = json.loads(trail("check", "-d", study, "--json").stdout)
    assert as_json["ok"] is False
    assert {part["name"] for part in as_json["findings"]} == {"report/index.qmd", "results/w1/extra.csv"}
    assert "THE SEAL ITSELF IS NOT INTACT" in trail("check", "-d", study, "--root", "00").output
    (study / SEAL).write_bytes(b"{}")
    assert "0 of 0 files and 0 of 0 ledger rows are as sealed" in trail("check", "-d", study).output
    (study / SEAL).unlink()
    absent = trail("check", "-d", study)
    assert absent.exit_code == 1
    assert "results/SEAL.json\n    found:    no such file" in absent.stderr


def test_the_record_of_a_run(tmp_path: Path) -> None:
    study = write_tiny(tmp_path)
    seal = finish_run(study)
    record = json.loads((study / RECORD).read_text(encoding="utf-8"))
    assert record["root"] == seal.root
    assert record["started"] <= record["ended"]
    assert record["packages"]["numpy"]
    assert record["renderer"]["name"] in {"pandoc", "quarto"}
    assert record["study"] is None  # a folder outside any checkout
    assert set(record) >= {"workflow", "python", "platform"}
    if (WORKFLOW / ".git").exists():
        assert len(record["workflow"]["commit"]) == 40
