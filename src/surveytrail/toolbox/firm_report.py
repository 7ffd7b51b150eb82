"""A firm's report as HTML and as a PDF of two pages, from the same content; what people typed stays plain text."""

from __future__ import annotations

import html
import json
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from surveyspec.identifiers import short_anchor
from surveyspec.study import Study
from surveytrail.frames import write_whole
from surveytrail.manifest import DataStatus
from surveytrail.toolbox.answers import Firm, Form
from surveytrail.toolbox.assessment import assess
from surveytrail.toolbox.page import ASSETS, style
from surveytrail.toolbox.peers import Peers, without_firm
from surveytrail.toolbox.report_content import Content, report_content

HERE = ' class="tb-here" aria-current="true"'
STAMP = datetime(1980, 1, 1, tzinfo=UTC)  # the same firm gives the same bytes


def write_reports(
    study: Study, form: Form, peers: Peers, firms: Sequence[Firm], status: DataStatus, out: Path,
    analysis: pd.DataFrame | None = None,
) -> list[Path]:  # fmt: skip
    """Write HTML and PDF of each firm.

    Parameters
    ----------
    analysis : analysed records of the survey, needed for firms that answered it: they are left out of their peers
    out : folder of the reports

    Returns
    -------
    paths written, two per firm
    """
    written: list[Path] = []
    taken: set[str] = set()
    for firm in firms:
        own = peers
        if firm.record is not None and analysis is not None:
            own = without_firm(study, form.spec, peers, analysis, firm.record)
        content = report_content(study, form, own, firm, assess(form, own, [firm])[0], status)
        name = file_name(firm.name, taken)
        taken.add(name)
        for ending, data in (("html", report_html(content).encode()), ("pdf", report_pdf(content))):
            path = out / f"{name}.{ending}"
            write_whole(path, data)
            written.append(path)
    return written


def file_name(name: str, taken: set[str]) -> str:
    """Return a file name for a firm: letters, digits and hyphens only, and not taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "firm"
    number = 2
    candidate = stem
    while candidate in taken:
        candidate = f"{stem}-{number}"
        number += 1
    return candidate


def report_pdf(content: Content) -> bytes:
    """Return the report as PDF/UA."""
    import typst

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copy(ASSETS / "firm.typ", folder / "firm.typ")
        (folder / "data.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        pdf = typst.compile(str(folder / "firm.typ"), root=str(folder), timestamp=STAMP, ignore_system_fonts=True)
        assert isinstance(pdf, bytes)
        return pdf


def report_html(content: Content) -> str:
    """Return the report as one self-contained HTML file without scripts."""
    words = content["words"]
    notice = (
        f'<aside class="st-notice" id="data-status"><p>{_text(content["notice"])}</p></aside>'
        if content["notice"]
        else ""
    )
    left_out = f'<p class="tb-privacy">{_text(content["left_out"])}</p>' if content["left_out"] else ""
    parts = [_levels(content), _position(content), _strengths(content), _recommendations(content), _open(content),
             _answers(content), _origin(content)]  # fmt: skip
    return (
        f'<!DOCTYPE html>\n<html lang="{_text(content["language"])}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(content['report'])} – {_text(content['firm'])}</title>\n<style>\n{style()}\n</style>\n</head>\n"
        f'<body>\n<a class="st-skip" href="#content">{_text(words["skip"])}</a>\n{notice}\n'
        f'<header class="st-title"><p class="st-series">{_text(content["title"])} – {_text(content["study"])}</p>'
        f"<h1>{_text(content['report'])} – {_text(content['firm'])}</h1>{left_out}</header>\n"
        f'<main id="content" class="tb-main">\n{"".join(parts)}\n</main>\n</body>\n</html>\n'
    )


def _text(value: object) -> str:
    return html.escape(str(value))


def _figure(figure: Content) -> str:
    anchor = short_anchor(figure["id"])
    return f'<a class="st-num" data-num="{_text(figure["id"])}" href="#{anchor}">{_text(figure["text"])}</a>'


def _section(title: str, *parts: str) -> str:
    return f"<section><h2>{_text(title)}</h2>{''.join(parts)}</section>\n"


def _levels(content: Content) -> str:
    items = "".join(
        f"<li{HERE if level['here'] else ''}><strong>{level['code']} {_text(level['label'])}</strong>"
        f"<span>{_text(level['meaning'])}</span></li>"
        for level in content["levels"]
    )
    gates = "".join(
        f'<li class="{"tb-held" if gate["held"] else "tb-gate"}">{_text(gate["text"])}</li>'
        for gate in content["gates"]
    )
    return _section(
        content["words"]["level"], f'<ol class="tb-levels" start="0">{items}</ol><p>{_text(content["score"])}</p>',
        f"<h3>{_text(content['words']['gates'])}</h3><ul class='tb-gates'>{gates}</ul>",
    )  # fmt: skip


def _position(content: Content) -> str:
    words = content["words"]
    heads = "".join(f'<th scope="col">{_text(name)}</th>' for name in content["columns"])
    rows = "".join(_row(row) for row in content["rows"])
    amounts = "".join(
        f"<p><strong>{_text(entry['label'])}</strong>. {_text(entry['own'])}{_figure(entry['figure'])}"
        f"{words['semicolon']}{_text(entry['group'])}</p>"
        for entry in content["amounts"]
    )
    return _section(
        words["position"],
        f"<figure>{_plot(content)}<figcaption>{_text(words['plot'])}</figcaption></figure>",
        f'<div class="st-scroll" tabindex="0" role="region" aria-label="{_text(words["position"])}"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>",
        f'<p class="st-note">{_text(words["how_peers"])}</p>{amounts}',
    )


def _row(row: Content) -> str:
    head = f'<th scope="row">{_text(row["label"])}<span class="tb-meaning">{_text(row["meaning"])}</span></th>'
    if row["peers"] is None:
        return f'<tr>{head}<td>{_text(row["own"])}</td><td colspan="6">{_text(row["no_peers"])}</td></tr>'
    peers = row["peers"]
    shown = {name: _figure(peers[name]) if name in peers else "–" for name in ("q25", "q50", "q75", "mean")}
    texts = [_text(peers[name]) for name in ("reference", "standing", "group")]
    cells = [_text(row["own"]), shown["q50"], f"{shown['q25']}–{shown['q75']}", shown["mean"], *texts]
    return f"<tr>{head}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _plot(content: Content, left: int = 150, width: int = 480, step: int = 34) -> str:
    """Draw each dimension's score (dot) and its peers' middle half and median."""

    def at(score: float) -> str:
        return f"{left + score / 100 * (width - left - 20):.1f}"

    height = len(content["rows"]) * step + 34
    marks = [
        f'<line x1="{at(tick)}" x2="{at(tick)}" y1="6" y2="{height - 26}" class="tb-grid"/>'
        f'<text x="{at(tick)}" y="{height - 8}" text-anchor="middle" class="tb-tick-text">{tick}</text>'
        for tick in range(0, 101, 25)
    ]
    for place, row in enumerate(content["rows"]):
        y, peers = place * step + 22, row["peers"] or {}
        marks.append(f'<text x="{left - 12}" y="{y + 5}" text-anchor="end">{_text(row["label"])}</text>')
        if "q25" in peers and "q75" in peers:
            wide = max(1.0, float(at(peers["q75"]["value"])) - float(at(peers["q25"]["value"])))
            marks.append(
                f'<rect x="{at(peers["q25"]["value"])}" y="{y - 6}" width="{wide:.1f}" height="12" class="tb-bar"/>'
            )
        if "q50" in peers:
            x = at(peers["q50"]["value"])
            marks.append(f'<line x1="{x}" x2="{x}" y1="{y - 10}" y2="{y + 10}" class="tb-median"/>')
        if row["score"] is not None:
            marks.append(f'<circle cx="{at(row["score"])}" cy="{y}" r="6" class="tb-dot"/>')
    label = _text(content["words"]["plot"])
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}" class="tb-plot">{"".join(marks)}</svg>'


def _strengths(content: Content) -> str:
    if not content["strengths"]:
        return _section(content["words"]["strengths"], f"<p>{_text(content['no_strengths'])}</p>")
    items = "".join(f"<li><strong>{_text(name)}</strong> – {_text(what)}</li>" for name, what in content["strengths"])
    return _section(content["words"]["strengths"], f"<ul>{items}</ul>")


def _recommendations(content: Content) -> str:
    words = content["words"]
    cards = [_card(place, given, words) for place, given in enumerate(content["recommendations"], 1)]
    notes = "".join(f'<p class="st-note">{_text(entry)}</p>' for entry in content["notes"])
    return _section(words["recommendations"], "".join(cards) or f"<p>{_text(content['no_recommendations'])}</p>", notes)


def _card(place: int, given: Content, words: dict[str, str]) -> str:
    because = "<br>".join(
        (f"<em>{_text(part['stem'])}</em> " if part["stem"] else "")
        + words["semicolon"].join(
            _text(item["text"]) + (f" <code>{_text(item['place'])}</code>" if item["place"] else "")
            for item in part["items"]
        )
        for part in given["because"]
    )
    figure = words["colon"] if given["figure"] is None else f" {_figure(given['figure'])}{words['semicolon']}"
    pairs = [
        (words["first_step"], _text(given["first_step"])), (words["because"], because),
        (words["peer_value"], f"{_text(given['dimension'])}{figure}{_text(given['group'])}"),
        (given["evidence"][0], _text(given["evidence"][1])), (given["effort"][0], _text(given["effort"][1])),
    ]  # fmt: skip
    listed = "".join(f"<dt>{_text(name)}</dt><dd>{text}</dd>" for name, text in pairs)
    return (
        f'<article class="tb-card"><h3>{place}. {_text(given["title"])} '
        f'<span class="tb-rule">{_text(given["rule"])}</span></h3>'
        f"<p>{_text(given['advice'])}</p><dl>{listed}</dl></article>"
    )


def _open(content: Content) -> str:
    if not content["open"]:
        return ""
    items = "".join(f"<li>{_text(question)}</li>" for question in content["open"])
    return _section(content["words"]["open_questions"], f"<ul>{items}</ul>")


def _answers(content: Content) -> str:
    words = content["words"]
    heads = "".join(f'<th scope="col">{_text(words[name])}</th>' for name in ("question", "answer", "place"))
    rows = "".join(
        f"<tr><td>{_text(question)}</td><td>{_text(answer)}</td><td><code>{_text(place)}</code></td></tr>"
        for question, answer, place in content["answers"]
    )
    title = _text(words["own_cells"])
    return _section(
        words["own_cells"],
        f'<div class="st-scroll" tabindex="0" role="region" aria-label="{title}"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>",
    )


def _origin(content: Content) -> str:
    items = "".join(
        f'<li id="{short_anchor(entry["id"])}">{_text(entry["text"])}, n = {_text(entry["n"])} '
        f"{_text(entry['with_firm'])} <code>trail trace {_text(entry['id'])}</code></li>"
        for entry in content["figures"]
    )
    words: dict[str, Any] = content["words"]
    formulas = "".join(
        f"<li>{_text(entry['text'])}"
        + "".join(_text(part) if isinstance(part, str) else _figure(part) for part in entry["parts"])
        + "</li>"
        for entry in content["references"]
    )
    section = _section(
        words["origin"], f"<p>{_text(content['origin_text'])}</p>", f"<ul>{items}</ul>",
        f"<p>{_text(words['references'])}</p><ul class='tb-formulas'>{formulas}</ul>" if formulas else "",
    )  # fmt: skip
    return f'<div class="tb-origin">{section}</div>'
