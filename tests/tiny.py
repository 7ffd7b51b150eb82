"""A study small enough to compute by hand, written to a folder; tests change one thing at a time."""

from __future__ import annotations

import hashlib
from pathlib import Path

CODEBOOK = """\
wave: w1
title: {en: Tiny survey}
languages: [en]
scales:
  FREQ:
    - {code: 1, slug: never, label: {en: never}}
    - {code: 2, slug: monthly, label: {en: monthly}}
    - {code: 3, slug: weekly, label: {en: weekly}}
    - {code: 8, slug: dont_know, reason: DONT_KNOW, label: {en: don't know}}
  SIZE:
    - {code: 1, slug: small, label: {en: small}}
    - {code: 2, slug: large, label: {en: large}}
missing:
  closed: {"0": NO_ANSWER, "-77": NOT_REACHED}
variables:
  - {code: ID, column: lfdn, slug: id, type: numeric, label: {en: Respondent}}
  - {code: TIME, column: duration, slug: time, type: numeric, range: [0, 9999], label: {en: Seconds}}
  - {code: SIZE, column: v_1, slug: size, type: single, scale: SIZE, missing: closed, label: {en: Size}}
  - {code: USE_A, column: v_2, slug: alpha, type: scale, scale: FREQ, missing: closed, label: {en: Alpha}}
  - {code: USE_B, column: v_3, slug: beta, type: scale, scale: FREQ, missing: closed, filter: USE_A >= 2,
     label: {en: Beta}}
  - {code: TEXT, column: v_4, slug: text, type: open, sensitivity: restricted, label: {en: Comment}}
dropped:
  - {column: ip, reason: direct identifier}
"""

CONFIG = """\
study:
  id: tiny
  title: {en: A tiny study}
  languages: [en]
waves:
  w1:
    label: {en: Wave one}
    raw: data/raw/w1.csv
    reader: {tool: unipark, encoding: utf-8-sig, delimiter: ";"}
    codebook: data/codebooks/w1.yaml
    respondent: ID
    derived:
      ANY:
        slug: any
        label: {en: Any use}
        categories:
          - {code: 1, slug: "yes", label: {en: some}, when: "max(USE_*, min_answered=1) >= 2"}
          - {code: 0, slug: "no", label: {en: none}, when: "max(USE_*, min_answered=1) < 2"}
    cleaning:
      - {id: no_size, label: {en: Size not given}, exclude: missing(SIZE)}
      - {id: speeders, label: {en: Too fast}, faster_than: 0.5, variable: TIME}
    weights:
      raked:
        label: {en: Weighted by size}
        method: raking
        base: none
        margins: data/raw/margins.csv
        variables: [SIZE]
estimates:
  - id: use
    label: {en: Use at least monthly}
    wave: w1
    items: USE_*
    share: ">= 2"
    by: [SIZE]
    weights: [unweighted, raked]
  - id: level
    label: {en: Mean use}
    wave: w1
    mean: USE_A
    weights: [unweighted, raked]
report:
  languages: [en]
  pages: [report/index.qmd]
"""

HEADER = '"lfdn";"duration";"v_1";"v_2";"v_3";"v_4";"ip"'
RECORDS = [
    '"1";"100";"1";"1";"-77";"";"10.0.0.1"',
    '"2";"110";"1";"2";"3";"two\nlines; and a ""quote""";"10.0.0.2"',
    '"3";"120";"2";"3";"1";"=1+1";"10.0.0.3"',
    '"4";"130";"2";"8";"-77";"";"10.0.0.4"',
    '"5";"10";"1";"2";"2";"";"10.0.0.5"',
    '"6";"140";"0";"2";"2";"";"10.0.0.6"',
    '"7";"150";"2";"7";"2";"";"10.0.0.7"',
    '"8";"160";"1";"3";"3";"";"10.0.0.8"',
]
MARGINS = """\
margin,level,share,count,source,year,status,comment
SIZE,small,0.8,80,register,2020,published,
SIZE,large,0.2,20,register,2020,assumed,
"""
PAGE = '---\ntitle: Tiny\nlang: en\n---\n\nAlpha is used by []{num="w1.use.alpha.unweighted"}.\n'


def write_tiny(
    folder: Path,
    *,
    config: str = CONFIG,
    codebook: str = CODEBOOK,
    records: list[str] | None = None,
    header: str = HEADER,
    margins: str = MARGINS,
    page: str = PAGE,
) -> Path:
    """Write the tiny study and its manifest to a folder and return the folder."""
    raw = "\n".join([header, *(RECORDS if records is None else records)]).replace("\n", "\r\n") + "\r\n"
    for path, content in {
        "config.yaml": config,
        "data/codebooks/w1.yaml": codebook,
        "data/raw/w1.csv": "\ufeff" + raw,
        "data/raw/margins.csv": margins,
        "report/index.qmd": page,
    }.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode("utf-8"))
    seal(folder)
    return folder


def seal(folder: Path) -> None:
    """Write the manifest of a folder's raw files as they are now."""
    entries = []
    for name, kind, status in (
        ("w1.csv", "survey export", "synthetic"),
        ("margins.csv", "population margins", "published+assumed"),
    ):
        content = (folder / "data" / "raw" / name).read_bytes()
        entries.append(
            f"  - path: data/raw/{name}\n    sha256: {hashlib.sha256(content).hexdigest()}\n    bytes: {len(content)}\n"
            f"    kind: {kind}\n    status: {status}\n    source: made for tests\n    licence: CC0-1.0\n"
            f"    description: tiny\n"
        )
    (folder / "data" / "raw" / "MANIFEST.yaml").write_text("files:\n" + "".join(entries), encoding="utf-8")
