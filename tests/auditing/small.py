"""The small report with a figure that is what its manifest says, rendered with all that the audit reads."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from xml.sax.saxutils import escape

from surveyspec.study import Study
from surveytrail.frames import write_frame
from tests.reporting.fixtures.small_report import ledger_of, verification_of, write_study
from tests.reporting.whole import render_report

NUMBER = "w1.use.facebook.unweighted"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def render_small(folder: Path, labels: tuple[str, ...] = (), **files: str) -> Study:
    """Render the small report.

    Parameters
    ----------
    labels : texts that stand on the figure and not in its manifest
    files : see ``write_study``
    """
    study = write_study(folder, **files)
    ledger = ledger_of(study)
    verification = verification_of(ledger)
    write_frame(ledger, folder / "results/ledger/ledger.parquet")
    write_frame(verification, folder / "results/verification/verification.parquet")
    texts = json.loads(ledger.set_index("id").loc[NUMBER, "text"])
    for language in study.config.report.languages:
        _draw(folder / "results/figures", language, texts[language], labels)
    render_report(study, ledger, verification, folder / "results/figures", folder / "results/report", "pandoc")
    return study


def _draw(figures: Path, language: str, printed: str, labels: tuple[str, ...]) -> None:
    """Write a figure that prints one number and a tick of its axis, and its manifest."""
    parts = [{"class": "R", "text": printed, "source": NUMBER, "show": "value"}]
    tick = {"class": "S", "text": "50%", "source": "axis tick"}
    texts = [{"text": printed, "lines": [printed], "parts": parts}, {"text": "50%", "lines": ["50%"], "parts": [tick]}]
    shown = [printed, "50%", *labels]
    lines = "".join(
        f'<text x="10" y="{20 * at + 20}" font-size="9">{escape(text)}</text>' for at, text in enumerate(shown)
    )
    size = f'width="400" height="{20 * len(shown) + 30}"'
    alt = [{"class": "S", "text": "Dots: ", "source": "figure words: dots"}, *parts]
    described = "".join(part["text"] for part in alt)
    name = f"channels-{language}"
    head = f'<title id="{name}-t">Channels</title><desc id="{name}-d">{escape(described)}</desc>'
    named = f'role="group" aria-labelledby="{name}-t" aria-describedby="{name}-d"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {named}>{head}{lines}</svg>'.encode()
    manifest = {
        "figure": "channels", "language": language, "texts": texts, "numbers": [NUMBER],
        "places": [],
        "alt": {"text": described, "parts": alt},
        "files": {f"channels.{language}.{ending}": hashlib.sha256(content).hexdigest()
                  for ending, content in (("svg", svg), ("png", PIXEL))},
    }  # fmt: skip
    if labels:
        manifest["files"][f"channels.{language}.svg"] = hashlib.sha256(b"before").hexdigest()
    (figures / f"channels.{language}.svg").write_bytes(svg)
    (figures / f"channels.{language}.png").write_bytes(PIXEL)
    (figures / f"channels.{language}.json").write_text(json.dumps(manifest), encoding="utf-8")
