"""`python -m benchmarks [rows ...]`: run every `bench_*.py` of this folder and print its measurements.

Each module has `run(sizes)`, which yields records as they are measured: `work`, `rows`, `seconds` and whatever else
was measured.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DEFAULT_SIZES = (571, 3_500, 100_000, 1_000_000)


def line(record: Mapping[str, Any]) -> str:
    """One measurement as text."""
    if "skipped" in record:
        return f"{record['work']:<62}  skipped: {record['skipped']}"
    rows = f"{record['rows']:>10,}" if "rows" in record else " " * 10
    seconds = f"{record['seconds']:>11.4f} s" if "seconds" in record else " " * 13
    more = [
        f"{key.replace('_', ' ')} {value:.3g}" if isinstance(value, float) else f"{key.replace('_', ' ')} {value}"
        for key, value in record.items()
        if key not in ("work", "rows", "seconds")
    ]
    return f"{record['work']:<62}{rows}{seconds}  {', '.join(more)}"


def main(arguments: list[str]) -> int:
    """Run all benchmarks at the sizes given."""
    sizes = [int(value.replace("_", "")) for value in arguments] or list(DEFAULT_SIZES)
    print(f"{'work':<62}{'rows':>10}{'seconds':>13}  more")
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        print(f"\n{path.stem}")
        for record in importlib.import_module(f"benchmarks.{path.stem}").run(sizes):
            print(line(record), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
