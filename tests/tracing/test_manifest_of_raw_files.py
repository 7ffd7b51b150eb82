"""Raw files are those that the manifest records, or the study stops and says what to do."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveytrail.manifest import MANIFEST, check_manifest, data_status, load_manifest, trail_command, update_entry
from tests.tracing.small_study import RAW, write_manifest, write_study

ANSWERS = "data/raw/answers.csv"


def message(directory: Path) -> str:
    with pytest.raises(StudyError) as caught:
        check_manifest(load_study(directory))
    return str(caught.value)


def test_unchanged_files_pass(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    assert [entry.path for entry in check_manifest(study).files] == [ANSWERS, "data/raw/margins.csv"]


def test_one_changed_byte_names_both_digests_and_the_way_out(tmp_path: Path) -> None:
    write_study(tmp_path)
    changed = RAW.encode().replace(b'"101";"5"', b'"101";"3"')
    (tmp_path / ANSWERS).write_bytes(changed)
    text = message(tmp_path)
    assert text.startswith(f"1 problem found\n{ANSWERS}\n")
    assert f"found:    sha256 {sha256(changed).hexdigest()} ({len(changed)} bytes)" in text
    recorded = sha256(RAW.encode()).hexdigest()
    assert f"expected: sha256 {recorded} ({len(RAW.encode())} bytes), as {MANIFEST}:3 records" in text
    update = f"trail manifest --directory {tmp_path} --update {ANSWERS}"
    assert f"restore the file: raw files are never edited. If it is meant to be new, record it: {update}" in text


def test_a_missing_file_names_its_source(tmp_path: Path) -> None:
    write_study(tmp_path)
    (tmp_path / ANSWERS).unlink()
    text = message(tmp_path)
    assert f"{ANSWERS}\n    found:    no such file\n" in text
    assert "to do:    put the file there (source: made for tests)" in text
    assert "make example" not in text


def test_a_missing_file_of_an_example_names_the_command_that_links_it(tmp_path: Path) -> None:
    example = tmp_path / "examples/small"
    write_study(example)
    (example / ANSWERS).unlink()
    (example / ANSWERS).symlink_to(tmp_path / "gone.csv")
    text = message(example)
    assert "found:    a link to a file that is gone" in text
    assert "with: make example DATA=path/to/folder" in text


def test_a_file_without_an_entry_gets_its_entry_written_out(tmp_path: Path) -> None:
    write_study(tmp_path)
    (tmp_path / "data/raw/extra.csv").write_bytes(b"a;b\n")
    (tmp_path / "data/raw/README.md").write_text("where the files come from")
    text = message(tmp_path)
    assert text.startswith(f"1 problem found\n{MANIFEST}:2: files\n    found:    no entry for data/raw/extra.csv\n")
    assert (
        f"- {{path: data/raw/extra.csv, sha256: {sha256(b'a;b' + bytes([10])).hexdigest()}, bytes: 4, kind: …" in text
    )


def test_an_entry_twice_is_named(tmp_path: Path) -> None:
    write_study(tmp_path)
    path = tmp_path / MANIFEST
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, *lines[2:10]]), encoding="utf-8")
    assert f"{MANIFEST}:19: files.2\n    found:    '{ANSWERS}' again" in message(tmp_path)


def test_wrong_keys_name_their_line(tmp_path: Path) -> None:
    write_study(tmp_path)
    path = tmp_path / MANIFEST
    path.write_text(path.read_text(encoding="utf-8").replace("licence:", "license:", 1), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_manifest(tmp_path)
    assert "unknown key 'license'" in str(caught.value)
    assert "did you mean 'licence'?" in str(caught.value)


def test_no_manifest(tmp_path: Path) -> None:
    write_study(tmp_path)
    (tmp_path / MANIFEST).unlink()
    assert f"{MANIFEST}\n    found:    no such file" in message(tmp_path)


@pytest.mark.parametrize("status", ["synthetic", "real"])
def test_data_status_is_that_of_the_waves_raw_file(tmp_path: Path, status: str) -> None:
    assert data_status(write_study(tmp_path, status)) == status


def test_data_status_needs_an_entry(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    (tmp_path / MANIFEST).write_text("files: []\n")
    with pytest.raises(StudyError, match=r"no entry for data/raw/answers\.csv"):
        data_status(study)


def test_update_rewrites_two_values_and_nothing_else(tmp_path: Path) -> None:
    write_study(tmp_path)
    path = tmp_path / MANIFEST
    before = path.read_text(encoding="utf-8")
    (tmp_path / ANSWERS).write_bytes(RAW.encode() + b"x")
    resealed = update_entry(tmp_path, ANSWERS)
    assert resealed.changed
    assert resealed.old_bytes + 1 == resealed.new_bytes
    expected = before.replace(resealed.old_sha256, resealed.new_sha256).replace(
        f"bytes: {resealed.old_bytes}", f"bytes: {resealed.new_bytes}"
    )
    assert path.read_text(encoding="utf-8") == expected
    check_manifest(load_study(tmp_path))
    assert not update_entry(tmp_path, ANSWERS).changed


def test_update_finds_the_file_as_typed_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_study(tmp_path / "study")
    (tmp_path / "study" / ANSWERS).write_bytes(b"new")
    monkeypatch.chdir(tmp_path)
    assert update_entry(Path("study"), f"study/{ANSWERS}").path == ANSWERS


def test_update_of_an_unknown_file_suggests_the_closest(tmp_path: Path) -> None:
    write_study(tmp_path)
    with pytest.raises(StudyError) as caught:
        update_entry(tmp_path, "data/raw/answer.csv")
    assert "no entry 'data/raw/answer.csv'" in str(caught.value)
    assert f"did you mean '{ANSWERS}'?" in str(caught.value)


def test_update_of_a_file_without_an_entry_writes_the_entry_out(tmp_path: Path) -> None:
    write_study(tmp_path)
    (tmp_path / "data/raw/extra.csv").write_bytes(b"a;b\n")
    with pytest.raises(StudyError, match=r"- \{path: data/raw/extra\.csv, sha256: [0-9a-f]{64}, bytes: 4"):
        update_entry(tmp_path, "data/raw/extra.csv")


def test_update_of_a_file_that_is_gone(tmp_path: Path) -> None:
    write_study(tmp_path)
    (tmp_path / ANSWERS).unlink()
    with pytest.raises(StudyError, match=r"answers\.csv\n    found:    no such file"):
        update_entry(tmp_path, ANSWERS)


def test_the_command_in_a_message_names_the_folder_only_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert trail_command(Path(), "manifest", "--update", "a b.csv") == "trail manifest --update 'a b.csv'"
    assert trail_command(tmp_path / "s", "manifest") == f"trail manifest --directory {tmp_path / 's'}"


def test_the_fixture_seals_what_it_wrote(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    (tmp_path / ANSWERS).write_bytes(b"other")
    write_manifest(tmp_path)
    check_manifest(study)
