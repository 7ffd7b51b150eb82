"""A tiny study as a tool exports it that leaves a cell empty for all it has no answer to; worked out by hand."""

from __future__ import annotations

from pathlib import Path

from tests.tiny import write_tiny

CODEBOOK = """\
wave: w1
title: {en: Tiny survey over four pages}
languages: [en]
scales:
  USE:
    - {code: 1, slug: "yes", raw: A1, label: {en: "yes"}}
    - {code: 2, slug: "no", raw: A2, label: {en: "no"}}
    - {code: 8, slug: dont_know, reason: DONT_KNOW, label: {en: don't know}}
  TICK:
    - {code: 0, slug: not_ticked, raw: "", label: {en: not ticked}}
    - {code: 1, slug: ticked, raw: "Y", label: {en: ticked}}
missing:
  unseen: {"": NOT_REACHED}
last_page: LAST
variables:
  - {code: ID, column: id, slug: id, type: numeric, label: {en: Respondent}}
  - {code: LAST, column: lastpage, slug: last, type: numeric, range: [0, 4], label: {en: Last page sent off}}
  - {code: USE, column: USE, slug: use, type: single, scale: USE, missing: unseen, page: 1, label: {en: Use}}
  - {code: TICK_A, column: "T[A]", slug: alpha, type: multiple, battery: T, scale: TICK, missing: unseen, page: 2,
     filter: USE == 1, label: {en: Alpha}}
  - {code: TICK_B, column: "T[B]", slug: beta, type: multiple, battery: T, scale: TICK, missing: unseen, page: 2,
     filter: USE == 1, label: {en: Beta}}
  - {code: COUNT, column: N, slug: count, type: numeric, range: [0, 99], missing: unseen, page: 3,
     filter: TICK_A == 1, label: {en: Number}}
  - {code: TEXT, column: "T[other]", slug: text, type: open, missing: unseen, page: 4, label: {en: Comment}}
  - {code: LOOSE, column: loose, slug: loose, type: multiple, scale: TICK, label: {en: Newsletter}}
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
    reader: {tool: csv, encoding: utf-8-sig, delimiter: ","}
    codebook: data/codebooks/w1.yaml
    respondent: ID
estimates:
  - id: ticked
    label: {en: Ticked}
    wave: w1
    items: TICK_*
    share: "== 1"
    weights: [unweighted]
report:
  languages: [en]
  pages: [report/index.qmd]
"""
HEADER = '"id","lastpage","USE","T[A]","T[B]","N","T[other]","loose"'
# id, last page, USE, alpha, beta, number, comment, newsletter
RECORDS = [
    '"1","4","A1","Y","","7","a, ""b""\nc",""',
    '"2","4","A1","",""," ","","Y"',
    '"3","4","A2","","","","","Y"',
    '"4","2","A1","Y","","","",""',
    '"5","0","","","","","",""',
    '"6","1","A1","","","","",""',
    '"7","4","8","","Y","","",""',
    '"8","","A1","","","","","N"',
]
# record by record: the answer, or why there is none
EXPECTED: dict[str, list[object]] = {
    "USE": [1, 1, 2, 1, "NOT_REACHED", 1, "DONT_KNOW", 1],
    # of record 7 it is not known whether it was asked, of record 8 not how far it came
    "TICK_A": [1, 0, "NOT_ASKED", 1, "NOT_REACHED", "NOT_REACHED", "NO_ANSWER", "NOT_REACHED"],
    "TICK_B": [0, 0, "NOT_ASKED", 0, "NOT_REACHED", "NOT_REACHED", 1, "NOT_REACHED"],
    # the filter of record 2 reads an option that is known not to be ticked only once its page is
    "COUNT": [7, "NOT_ASKED", "NO_ANSWER", "NOT_REACHED", "NOT_REACHED", "NOT_REACHED", "NO_ANSWER", "NOT_REACHED"],
    "TEXT": ['a, "b"\r\nc', *["NO_ANSWER"] * 2, *["NOT_REACHED"] * 3, "NO_ANSWER", "NOT_REACHED"],
    # without a page and without a code for it, an empty cell is the answer that the scale says it is
    "LOOSE": [0, 1, 1, 0, 0, 0, 0, "IMPLAUSIBLE"],
}


def write_pages(folder: Path, *, codebook: str = CODEBOOK) -> Path:
    """Write the study to a folder and return the folder."""
    return write_tiny(folder, config=CONFIG, codebook=codebook, header=HEADER, records=RECORDS)
