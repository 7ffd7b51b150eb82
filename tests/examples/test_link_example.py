"""Linking an example's raw files: only the very files that its manifest records."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from surveyspec.problems import StudyError

SCRIPT = Path(__file__).parents[2] / "scripts" / "link_example.py"
CONTENT = {"answers.csv": b"id,q1\n1,2\n", "table.csv": b"a,b\n"}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("link_example", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def download(tmp_path: Path) -> Path:
    folder = tmp_path / "download"
    folder.mkdir()
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def example(tmp_path: Path) -> Path:
    folder = tmp_path / "examples" / "small"
    lines = ["files:"]
    for name, content in CONTENT.items():
        digest = hashlib.sha256(content).hexdigest()
        lines.append(
            f"  - {{path: data/raw/{name}, sha256: {digest}, bytes: {len(content)}, kind: responses, status: real,"
        )
        lines.append(f"     source: https://example.org/{name}, licence: CC BY 4.0, description: a file}}")
    (folder / "data" / "raw").mkdir(parents=True)
    (folder / "data" / "raw" / "MANIFEST.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def contents(example: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (example / "data" / "raw").glob("*.csv")}


def test_a_folder_is_linked(script: ModuleType, download: Path, example: Path) -> None:
    placed = script.link_example(download, example)
    assert placed == [example / "data" / "raw" / name for name in CONTENT]
    assert all(path.is_symlink() for path in placed)
    assert contents(example) == CONTENT


def test_one_file_brings_those_beside_it(script: ModuleType, download: Path, example: Path) -> None:
    script.link_example(download / "answers.csv", example)
    assert contents(example) == CONTENT


def test_copies_stand_on_their_own(script: ModuleType, download: Path, example: Path) -> None:
    script.link_example(download, example)
    placed = script.link_example(download, example, copy=True)
    assert not any(path.is_symlink() for path in placed)
    for name in CONTENT:
        (download / name).unlink()
    assert contents(example) == CONTENT


def test_linking_again_changes_nothing_also_from_the_example_itself(
    script: ModuleType, download: Path, example: Path
) -> None:
    script.link_example(download, example)
    script.link_example(download, example)
    script.link_example(example / "data" / "raw", example)
    assert contents(example) == CONTENT


def test_a_wrong_digest_links_nothing_and_says_where_the_file_is_from(
    script: ModuleType, download: Path, example: Path
) -> None:
    (download / "table.csv").write_bytes(b"a,c\n")
    with pytest.raises(StudyError) as error:
        script.link_example(download, example)
    message = str(error.value)
    assert message.startswith(f"1 problem found\n{download / 'table.csv'}\n")
    assert f"found:    sha256 {hashlib.sha256(b'a,c' + bytes([10])).hexdigest()} (4 bytes)" in message
    assert f"expected: sha256 {hashlib.sha256(CONTENT['table.csv']).hexdigest()} (4 bytes)" in message
    assert "to do:    get it from https://example.org/table.csv" in message
    assert contents(example) == {}


def test_missing_files_are_all_named(script: ModuleType, tmp_path: Path, example: Path) -> None:
    with pytest.raises(StudyError) as error:
        script.link_example(tmp_path, example)
    assert [problem.file for problem in error.value.problems] == [str(tmp_path / name) for name in CONTENT]
    assert str(error.value).count("found:    no such file") == 2


@pytest.mark.parametrize(("name", "found"), [("nowhere", "no such file or folder"), ("x.csv", "a file that is not of")])
def test_a_wrong_path_says_what_is_looked_for(
    script: ModuleType, download: Path, example: Path, name: str, found: str
) -> None:
    (download / "x.csv").write_bytes(b"")
    with pytest.raises(StudyError, match=f"(?s){found}.*a folder with answers.csv, table.csv, or one of them"):
        script.link_example(download / name, example)


def test_somebodys_own_file_is_not_replaced(script: ModuleType, download: Path, example: Path) -> None:
    own = example / "data" / "raw" / "answers.csv"
    own.write_bytes(b"mine")
    with pytest.raises(StudyError, match="another file of this name") as error:
        script.link_example(download, example)
    assert str(own) in str(error.value)
    assert contents(example) == {"answers.csv": b"mine"}


def test_a_manifest_without_files_is_an_error(script: ModuleType, download: Path, example: Path) -> None:
    (example / "data" / "raw" / "MANIFEST.yaml").write_text("files: []\n", encoding="utf-8")
    with pytest.raises(StudyError, match="0 files"):
        script.link_example(download, example)


def test_the_command_line(
    script: ModuleType,
    download: Path,
    example: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(script, "EXAMPLES", example.parent)
    assert script.main(["small", str(download)]) == 0
    assert "2 files in place, digests as recorded in examples/small/data/raw/MANIFEST.yaml" in capsys.readouterr().out
    (download / "answers.csv").write_bytes(b"")
    assert script.main(["small", str(download)]) == 1
    assert "1 problem found" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        script.main(["small", ""])
    assert "make example DATA=path/to/folder" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        script.main(["large", str(download)])
    assert "invalid choice: 'large'" in capsys.readouterr().err
