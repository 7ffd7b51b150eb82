"""The golden set: ids, texts and table cells of rendered documents, to hold another rendering against."""

from __future__ import annotations

import json
from collections.abc import Iterable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from surveyspec.problems import Problem, StudyError
from surveyspec.study import Study
from surveytrail.auditing.content import FORMATS, Mark, Rendering
from surveytrail.auditing.docx import read_docx
from surveytrail.auditing.expected import Expected, rendered_names
from surveytrail.auditing.html import read_html
from surveytrail.auditing.pdf import read_pdf
from surveytrail.auditing.tokens import squeezed
from surveytrail.frames import write_whole

VERSION = 1
# What a renderer decides by itself: words around numbers of figures, tables and pages, and its own version.
OF_THE_RENDERER = {Mark("colophon", "renderer")}
MADE = {"caption", "page", "contents", "footnote", "list", "back"}
Golden = dict[str, dict[str, list[Any]]]


def golden_set(renderings: Iterable[Rendering]) -> Golden:
    """Return per document and format the ids printed in order, the texts in order, and the cells of tables."""
    found: Golden = {}
    for rendering in renderings:
        ids = [
            [piece.mark.key, piece.mark.show, squeezed(piece.text)]
            for _, piece in rendering.marks("num")
            if piece.mark is not None
        ]
        found[f"{rendering.name}.{rendering.format}"] = {
            "ids": ids,
            "texts": [text for block in rendering.blocks for text in [_text(block.pieces)] if text],
            "cells": [cell for table in rendering.tables for row in table for cell in row],
            "entries": list(rendering.entries),
        }
    return found


def save_golden(golden: Golden, path: Path) -> None:
    """Write a golden set, whole or not at all."""
    content = {"version": VERSION, "documents": golden}
    write_whole(path, (json.dumps(content, ensure_ascii=False, indent=0) + "\n").encode())


def load_golden(study: Study, path: Path) -> Golden:
    """Read a golden set from a file, or make it of the documents in a folder.

    Raises
    ------
    StudyError : neither a golden set nor a folder with documents
    """
    if path.is_dir():
        expected = Expected.load(study, path)
        found = [rendering for name in rendered_names(study, path) for rendering in _renderings(path, name, expected)]
        if found:
            return golden_set(found)
        raise StudyError(
            Problem(
                str(path),
                "",
                "no HTML document",
                "a folder of rendered documents",
                "name the folder that holds index.html, index.pdf and index.docx",
            )
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        documents: Golden = content["documents"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudyError(
            Problem(
                str(path),
                "",
                f"no golden set: {error}",
                "a file by --write-golden, or a folder",
                "write one: trail audit --write-golden FILE",
            )
        ) from None
    return documents


def _renderings(folder: Path, name: str, expected: Expected) -> Iterable[Rendering]:
    page = read_html(folder / f"{name}.html")
    yield page
    for ending in FORMATS:
        path = folder / f"{name}.{ending}"
        if ending == "pdf" and path.is_file():
            yield read_pdf(path, page.language)
        if ending == "docx" and path.is_file():
            yield read_docx(path, expected.digests)


def compare_golden(mine: Golden, other: Golden) -> tuple[int, list[str]]:
    """Compare two golden sets.

    Returns
    -------
    how many ids, texts and cells were compared, and every difference in words
    """
    compared, differences = 0, []
    for name in sorted(set(mine) | set(other)):
        if name not in mine or name not in other:
            differences.append(f"{name}: only in {'this' if name in mine else 'the other'} rendering")
            continue
        for part in ("ids", "texts", "cells", "entries"):
            here = [json.dumps(item, ensure_ascii=False) for item in mine[name][part]]
            there = [json.dumps(item, ensure_ascii=False) for item in other[name][part]]
            if part == "texts":  # where a text ends, a block or a page, is the renderer's; its words are not
                here, there = " ".join(mine[name][part]).split(), " ".join(other[name][part]).split()
            compared += max(len(here), len(there))
            matcher = SequenceMatcher(None, here, there, autojunk=False) if here != there else None
            for kind, a, b, c, d in matcher.get_opcodes() if matcher else ():
                if kind != "equal":
                    left, right = (" ".join(part)[:120] or "nothing" for part in (here[a:b], there[c:d]))
                    differences.append(f"{name}: {part}: here {left}, there {right}")
    return compared, differences


def _text(pieces: Iterable[Any]) -> str:
    shown = "".join(
        piece.text
        for piece in pieces
        if piece.mark is None
        or not (piece.mark in OF_THE_RENDERER or (piece.mark.kind == "made" and piece.mark.key in MADE))
    )
    return squeezed(shown)
