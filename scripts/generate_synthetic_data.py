"""Make the synthetic first wave, byte for byte the same each time; not part of the pipeline.

    python scripts/generate_synthetic_data.py                 write data/raw/wave1_unipark.csv anew
    python scripts/generate_synthetic_data.py --check         is the file what the settings give?
    python scripts/generate_synthetic_data.py --calibration   what the file achieves against the targets

Settings, targets and open answers stand in data/generator*.yaml; why data are made up is said in data/raw/README.md.
After a change of settings, `trail manifest --update data/raw/wave1_unipark.csv` records the new digest.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from studygenerator.calibration import calibration_table
from studygenerator.wave1.calibration import calibrate
from studygenerator.wave1.export import export_wave
from studygenerator.wave1.plan import load_plan
from surveyspec.problems import Problem, StudyError

SETTINGS = "data/generator.yaml"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--directory", type=Path, default=Path(), help="folder of the study (default: here)")
    parser.add_argument("--output", type=Path, help="write to another file than the settings name")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="compare the file with the settings, write nothing")
    action.add_argument("--calibration", action="store_true", help="print what the file achieves, write nothing")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except StudyError as error:
        print(error, file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    plan = load_plan(options.directory, SETTINGS)
    file: Path = options.output or options.directory / plan.settings.output
    if options.calibration:
        results = calibrate(plan, _content(file))
        print(calibration_table(results))
        return 0 if all(result.holds for result in results) else 1
    content = export_wave(plan)
    if options.check:
        same = _content(file) == content
        print(f"{file}: {'as' if same else 'NOT as'} {SETTINGS} gives it ({len(content)} bytes)")
        return 0 if same else 1
    file.write_bytes(content)
    print(f"{file}: {len(content)} bytes")
    return 0


def _content(file: Path) -> bytes:
    if not file.is_file():
        raise StudyError(Problem(str(file), "", "no such file", "the export", "generate it: leave out the option"))
    return file.read_bytes()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
