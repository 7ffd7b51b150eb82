"""Link the raw files of an example, which are not in the repository, into its data/raw/ folder.

    make example DATA=path
    python scripts/link_example.py masculinity path [--copy]

The path is the folder that holds the files, or one of the files (the others are then looked for beside it). Nothing is
linked unless the sha256 of every file is the one that the example's manifest records.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from surveyspec.problems import Problem, StudyError
from surveytrail.digests import file_digest
from surveytrail.manifest import MANIFEST, RawFile, load_manifest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def link_example(data: Path, example: Path, copy: bool = False) -> list[Path]:
    """Put the files of an example's manifest into its ``data/raw`` folder.

    Parameters
    ----------
    data : folder with the files, or one of the files
    example : the example's folder
    copy : copy instead of linking (for a file system without links, or to keep the files)

    Returns
    -------
    the places linked or copied to, in the manifest's order

    Raises
    ------
    StudyError : every file that is missing or has another digest, together; nothing is linked then
    """
    files = load_manifest(example).files
    names = [Path(entry.path).name for entry in files]
    if not files:
        raise StudyError(Problem(str(example / MANIFEST), "files", "0 files", "at least one", "list the files"))
    if not data.is_dir() and data.name not in names:
        found = "a file that is not of this example" if data.exists() else "no such file or folder"
        expected = f"a folder with {', '.join(names)}, or one of them"
        raise StudyError(Problem(str(data), "", found, expected, f"get the files from {files[0].source}"))
    folder = data if data.is_dir() else data.parent
    problems: list[Problem] = []
    planned: list[tuple[Path, Path]] = []
    for entry, name in zip(files, names, strict=True):
        source, target = (folder / name).resolve(), example / entry.path
        problem = _wrong_source(source, entry) or _wrong_target(target, entry)
        if problem is not None:
            problems.append(problem)
        planned.append((source, target))
    if problems:
        raise StudyError(problems)
    for source, target in planned:
        _place(source, target, copy)
    return [target for _, target in planned]


def _wrong_source(source: Path, entry: RawFile) -> Problem | None:
    """Return what is wrong with a file that is to be linked, if anything."""
    expected = f"sha256 {entry.sha256} ({entry.bytes} bytes)"
    todo = f"get it from {entry.source}"
    if not source.is_file():
        return Problem(str(source), "", "no such file", expected, todo)
    found = file_digest(source)
    if found != entry.sha256:
        return Problem(str(source), "", f"sha256 {found} ({source.stat().st_size} bytes)", expected, todo)
    return None


def _wrong_target(target: Path, entry: RawFile) -> Problem | None:
    """Refuse to replace somebody's own file; a link, or the very same content, may be replaced."""
    if target.is_symlink() or not target.exists() or file_digest(target) == entry.sha256:
        return None
    return Problem(
        str(target), "", "another file of this name", "nothing, or a link", "move it away, then run this again"
    )


def _place(source: Path, target: Path, copy: bool) -> None:
    """Link or copy one file; a file that already lies in its place stays."""
    if not target.is_symlink() and target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    if copy:
        shutil.copyfile(source, target)
    else:
        target.symlink_to(source)


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; 0 if every file is in place."""
    known = sorted(folder.parents[2].name for folder in EXAMPLES.glob(f"*/{MANIFEST}"))
    parser = argparse.ArgumentParser(description="Link an example's raw files after checking their sha256.")
    parser.add_argument("example", choices=known, help="name of a folder under examples/")
    parser.add_argument("data", help="folder with the raw files, or one of them")
    parser.add_argument("--copy", action="store_true", help="copy the files instead of linking them")
    given = parser.parse_args(arguments)
    if not given.data:
        parser.error("no path to the data; say where they are: make example DATA=path/to/folder")
    try:
        placed = link_example(Path(given.data), EXAMPLES / given.example, given.copy)
    except StudyError as error:
        print(error, file=sys.stderr)
        return 1
    for path in placed:
        print(f"{'linked' if path.is_symlink() else 'in place'}: {path.relative_to(EXAMPLES.parent)}")
    print(f"{len(placed)} files in place, digests as recorded in examples/{given.example}/{MANIFEST}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
