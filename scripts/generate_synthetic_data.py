"""Make the synthetic raw files, byte for byte the same each time; not part of the pipeline.

    python scripts/generate_synthetic_data.py                 write the raw files anew
    python scripts/generate_synthetic_data.py --check         are the files what the settings give?
    python scripts/generate_synthetic_data.py --calibration   what the survey files achieve against the targets
    python scripts/generate_synthetic_data.py --only wave2    one of wave1, wave2, interviews

Settings, targets and texts stand in data/generator*.yaml; why data are made up is said in data/raw/README.md.
After a change of settings, `trail manifest --update data/raw/FILE` records the new digest.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from studygenerator import interviews, wave1, wave2
from studygenerator.calibration import Result, calibration_table
from surveyspec.problems import Problem, StudyError

SETTINGS = {
    "wave1": "data/generator.yaml",
    "wave2": "data/generator_wave2.yaml",
    "interviews": "data/generator_interviews.yaml",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--directory", type=Path, default=Path(), help="folder of the study (default: here)")
    parser.add_argument("--output", type=Path, help="write to (or look in) this folder instead of the study's")
    parser.add_argument("--only", choices=SETTINGS, help="these raw files only")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="compare the files with the settings, write nothing")
    action.add_argument("--calibration", action="store_true", help="print what the files achieve, write nothing")
    options = parser.parse_args(arguments)
    chosen = [options.only] if options.only else list(SETTINGS)
    run = _calibrate if options.calibration else _compare if options.check else _write
    try:
        return max([run(options, name) for name in chosen])
    except StudyError as error:
        print(error, file=sys.stderr)
        return 1


def _files(directory: Path, name: str) -> dict[str, Callable[[], bytes]]:
    """Return the path of each raw file of a part and what makes it."""
    settings = SETTINGS[name]
    if name == "interviews":
        plan = interviews.load_interviews(directory, settings)
        return {
            plan.settings.metadata: lambda: interviews.export_metadata(plan),
            plan.settings.segments: lambda: interviews.export_segments(plan),
        }
    if name == "wave1":
        first = wave1.load_plan(directory, settings)
        return {first.settings.output: lambda: wave1.export_wave(first)}
    second = wave2.load_plan(directory, settings)
    return {second.settings.output: lambda: wave2.export_wave(second)}


def _place(options: argparse.Namespace, path: str) -> Path:
    folder: Path | None = options.output
    return options.directory / path if folder is None else folder / Path(path).name


def _write(options: argparse.Namespace, name: str) -> int:
    for path, make in _files(options.directory, name).items():
        content = make()
        _place(options, path).write_bytes(content)
        print(f"{_place(options, path)}: {len(content)} bytes")
    return 0


def _compare(options: argparse.Namespace, name: str) -> int:
    same = []
    for path, make in _files(options.directory, name).items():
        content = make()
        same.append(_content(_place(options, path)) == content)
        verdict = "as" if same[-1] else "NOT as"
        print(f"{_place(options, path)}: {verdict} {SETTINGS[name]} gives it ({len(content)} bytes)")
    return 0 if all(same) else 1


def _calibrate(options: argparse.Namespace, name: str) -> int:
    results: list[Result] = []
    if name == "wave1":
        first = wave1.load_plan(options.directory, SETTINGS[name])
        results = wave1.calibrate(first, _content(_place(options, first.settings.output)))
    if name == "wave2":
        second = wave2.load_plan(options.directory, SETTINGS[name])
        results = wave2.calibrate(second, _content(_place(options, second.settings.output)))
    if results:
        print(f"{name}\n{calibration_table(results)}")
    return 0 if all(result.holds for result in results) else 1


def _content(file: Path) -> bytes:
    if not file.is_file():
        raise StudyError(Problem(str(file), "", "no such file", "the export", "generate it: leave out the option"))
    return file.read_bytes()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
