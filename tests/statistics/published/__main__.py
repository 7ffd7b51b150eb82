"""`python -m tests.statistics.published`: k of k published figures per data set; exit code 1 if one is off."""

from __future__ import annotations

import sys

from tests.statistics.published import comparison


def main(folders: list[str]) -> int:
    """Compare all data sets, or those named by their folder below ../shared/real."""
    if not comparison.REAL.is_dir():
        print(f"skipped: {comparison.ABSENT}")
        return 0
    known = comparison.datasets()
    unknown = [folder for folder in folders if folder not in known]
    if unknown:
        print(f"no such data set: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    comparisons = [comparison.compare(folder) for folder in folders or known]
    print("\n".join(comparison.report(comparisons)))
    return 0 if all(one.figures and not one.missed and not one.unflagged for one in comparisons) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
