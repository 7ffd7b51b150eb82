"""The interactive page: one self-contained HTML file that computes in the browser and sends nothing."""

from __future__ import annotations

import html
import json
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from surveyspec.documents import load_document
from surveyspec.study import Study
from surveytrail.manifest import DataStatus
from surveytrail.reporting.extension import EXTENSION
from surveytrail.toolbox.answers import Firm, form_of
from surveytrail.toolbox.compiled import compile_toolbox
from surveytrail.toolbox.peers import Peers

ASSETS = Path(__file__).parent / "assets"
LANGUAGE_NAMES = {"fr": "Français", "de": "Deutsch", "en": "English", "it": "Italiano"}


def asset_files() -> list[Path]:
    """Return all files that decide how page and reports look, for the digest of the rules that write them."""
    return [EXTENSION / "report.css", *sorted(path for path in ASSETS.iterdir() if path.is_file())]


@cache
def words() -> dict[str, Any]:
    """Return the toolbox's fixed words, a tree whose leaves are texts per language."""
    tree = load_document(ASSETS / "words.yaml", "src/surveytrail/toolbox/assets/words.yaml").data
    assert isinstance(tree, dict)
    return tree


def word(path: str, language: str, **values: object) -> str:
    """Return one of the fixed words with its placeholders filled."""
    found: Any = words()
    for part in path.split("."):
        found = found[part]
    text = str(found[language])
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def style() -> str:
    """Return the style sheet of page and reports: the report's own, then what the toolbox adds."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for folder, name in
                     ((EXTENSION, "report.css"), (ASSETS, "toolbox.css")))  # fmt: skip


def page_html(study: Study, peers: Peers, status: DataStatus, example: Firm | None = None) -> str:
    """Return the page.

    Parameters
    ----------
    peers : figures of peers that may be shown
    status : whether the peers are synthetic
    example : a firm whose answers the page offers to fill in
    """
    form = form_of(study)
    toolbox = form.spec.toolbox
    language = toolbox.languages[0]
    program = compile_toolbox(form, peers) | {
        "title": toolbox.title,
        "study": study.config.study.title,
        "words": words(),
        "languageNames": {code: LANGUAGE_NAMES.get(code, code) for code in toolbox.languages},
        "status": status,
        "least": toolbox.peers.least_n,
        "example": dict(example.answers) if example is not None else None,
    }
    fixed = {name: html.escape(word(name, language)) for name in ("intro", "privacy", "skip")}
    return Template((ASSETS / "page.html").read_text(encoding="utf-8")).substitute(
        fixed,
        language=language,
        language_label=html.escape(word("language", language)),
        title=html.escape(toolbox.title[language]),
        study=html.escape(study.config.study.title.get(language, "")),
        notice=notice_html(status, language),
        no_script=" ".join(html.escape(word("no_script", code)) for code in toolbox.languages),
        style=style(),
        # an opening bracket in data must not end the script
        program=json.dumps(program, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        engine=(ASSETS / "engine.js").read_text(encoding="utf-8"),
        script=(ASSETS / "page.js").read_text(encoding="utf-8"),
    )


def notice_html(status: DataStatus, language: str) -> str:
    """Return what says that peers are synthetic; nothing where they are real."""
    if status != "synthetic":
        return ""
    text = html.escape(word("notice", language))
    return f'<aside class="st-notice" id="data-status"><p data-word="notice">{text}</p></aside>'
