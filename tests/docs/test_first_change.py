"""The first how-to does what it says: its own YAML, applied to the study, in fewer than twenty lines."""

import csv
import re
import shutil
from pathlib import Path

from surveyspec.study import load_study
from surveytrail.figures.drawing import draw_figure
from surveytrail.pipeline import compute_ledger

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "first-change.md"
SNIPPET = re.compile(r"<!-- (\S+) (\S+) -->\n```yaml\n(.*?)```", re.DOTALL)


def snippets() -> list[tuple[str, str, str]]:
    """Return (file, section, lines) of every block of YAML that the page tells the reader to add."""
    return SNIPPET.findall(PAGE.read_text(encoding="utf-8"))


def scratch_study(folder: Path) -> Path:
    """Copy the study, with one more column in the raw file, as the next wave's export would have it."""
    for name in ("config.yaml", "data", "report"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("_extensions"))
        else:
            shutil.copy(source, folder / name)
    raw = folder / "data/raw/wave1_unipark.csv"
    with raw.open(encoding="utf-8-sig", newline="") as stream:
        header, *records = csv.reader(stream, delimiter=";")
    with raw.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writerow([*header, "v_92"])
        writer.writerows([*record, str(place % 5 + 1)] for place, record in enumerate(records))
    return folder


def add(folder: Path, file: str, section: str, text: str) -> None:
    path = folder / file
    written = path.read_text(encoding="utf-8")
    assert f"\n{section}:\n" in written
    path.write_text(written.replace(f"\n{section}:\n", f"\n{section}:\n{text}", 1), encoding="utf-8")


def test_the_page_needs_fewer_than_twenty_lines() -> None:
    found = snippets()
    assert [section for _, section, _ in found] == ["variables", "hypotheses", "figures"]
    assert sum(text.count("\n") for _, _, text in found) < 20


def test_item_hypothesis_and_figure_come_out(tmp_path: Path) -> None:
    folder = scratch_study(tmp_path)
    for file, section, text in snippets():
        add(folder, file, section, text)
    study = load_study(folder)
    ledger = compute_ledger(study).frame
    ids = set(ledger["id"])
    assert {"wave1.private_use.pinterest.unweighted", "wave1.private_use.pinterest.size=small.raked"} <= ids
    assert {"wave1.N1.rho.unweighted", "wave1.N1.verdict.unweighted"} <= ids
    figure = next(figure for figure in study.config.figures if figure.id == "private_use")
    drawn = draw_figure(study, figure, ledger, "en", tmp_path / "figures")
    assert "Pinterest" in drawn[0].read_text(encoding="utf-8")
