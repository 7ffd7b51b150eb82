"""What rendering costs: CPU seconds of staging and of each document, as jobs of their own, and how fast a panel opens.

Every job is a process of its own, as in the pipeline, and its time is that of the process and of all that it starts
(Pandoc, or Quarto). The documents are those of the finished run in the working folder; they are made again in a folder
beside it and thrown away.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from surveyspec.study import load_study
from surveytrail.reporting.pages import SOURCE, load_pages

REPORT = Path("results/report")
CHROMIUM = Path("/usr/bin/chromium")
OPENINGS = 9
JOB = """
from snakemake import script  # what Snakemake's jobs load as well
import os, sys
from pathlib import Path
from surveytrail.jobs import logged
"""
STAGE = """
from surveyspec.study import load_study
from surveytrail.reporting.checks import quoted_segments
from surveytrail.reporting.records import run_records
from surveytrail.reporting.staging import stage_report
from surveytrail.frames import read_frame
with logged(os.devnull):
    study, results = load_study(Path.cwd()), Path("results")
    frames = (read_frame(results / f"{name}.parquet") for name in ("ledger/ledger", "verification/verification"))
    stage_report(study, *frames, results / "figures", quoted_segments(study), Path(sys.argv[1]),
                 run_records(results, study.waves))
"""
RENDER = """
from surveytrail.reporting.pages import read_page
from surveytrail.reporting.render import render_document
with logged(os.devnull):
    render_document(read_page(Path.cwd(), *sys.argv[2:5]), Path(sys.argv[1]))
"""
OPEN = """async (number) => {
  const panel = document.getElementById("st-popover"), start = performance.now();
  number.click();
  if (panel.hidden) throw new Error("no panel");
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  const taken = performance.now() - start;
  panel.querySelector(".st-close").click();
  return taken / 1000;
}"""


def run(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Measure on the study as it is; ``sizes`` are of no use here."""
    if not (REPORT / SOURCE).is_dir():
        return [{"work": "rendering", "skipped": "no finished run in this folder"}]
    study = load_study(Path.cwd())
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report"
        costs = {"staging": cpu_seconds(STAGE, str(out))}
        for page in load_pages(study):
            costs[page.stem] = cpu_seconds(RENDER, str(out), page.source, page.stem, page.language)
        records = [{"work": f"CPU: {name}", "seconds": seconds} for name, seconds in costs.items()]
        largest = max(out.glob("*.html"), key=lambda path: path.stat().st_size)
        return [*records, {"work": "CPU: all documents", "seconds": sum(costs.values())}, panel_opening(largest)]


def cpu_seconds(program: str, *arguments: str) -> float:
    """Run a program in a process of its own, and return the CPU time that it and its children took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", JOB + program, *arguments], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def panel_opening(page: Path) -> dict[str, Any]:
    """Open the panel of a page's last number again and again, each time until it is painted."""
    work = f"panel of {page.name}, {page.stat().st_size / 1e6:.1f} MB"
    if not CHROMIUM.is_file() or find_spec("playwright") is None:
        return {"work": work, "skipped": f"no {CHROMIUM}, or no package playwright"}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_page()
        opened.goto(page.resolve().as_uri())
        numbers = opened.locator("main a.st-num")
        taken = [opened.evaluate(OPEN, numbers.last.element_handle()) for _ in range(OPENINGS)]
        measured = {
            "work": work,
            "seconds": statistics.median(taken),
            "slowest": max(taken),
            "numbers": numbers.count(),
        }
        browser.close()
    return measured
