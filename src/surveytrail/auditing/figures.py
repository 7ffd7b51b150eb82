"""Judging pictures: what stands on a figure is listed in its manifest, part by part, with the class of each part."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lxml import etree

from surveytrail.auditing.content import Picture, Rendering
from surveytrail.auditing.expected import Expected
from surveytrail.auditing.plotted import plotted
from surveytrail.auditing.tokens import numerals, squeezed

Fault = tuple[str, str, str]


@dataclass(frozen=True)
class Figures:
    """The manifests of all drawn figures, by the stem of their files (``figure.language``)."""

    manifests: Mapping[str, Mapping[str, Any]]

    @classmethod
    def load(cls, folder: Path) -> Figures:
        """Read all manifests in a folder."""
        found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
        return cls(
            {stem: content for stem, content in found.items() if isinstance(content, dict) and "files" in content}
        )

    def of(self, picture: Picture) -> Mapping[str, Any] | None:
        """Return the manifest of a picture: by the digest of its bytes, else by its name, else by its description."""
        for stem, manifest in self.manifests.items():
            if picture.sha256 is not None:
                if picture.sha256 in manifest["files"].values():
                    return manifest
            elif picture.name:
                if PurePosixPath(picture.name).stem == stem or picture.name == stem.replace(".", "-"):
                    return manifest
            elif picture.alt and squeezed(picture.alt) == squeezed(manifest["alt"]["text"]):
                return manifest
        return None


def drawn_faults(folder: Path, expected: Expected) -> list[Fault]:
    """Judge the drawings in a folder as in a page that shows them: texts by their manifests, marks by their axis."""
    figures = Figures.load(folder)
    faults: list[Fault] = []
    for stem, manifest in figures.manifests.items():
        root = etree.fromstring((folder / f"{stem}.svg").read_bytes())
        texts = tuple("".join(map(str, element.itertext())) for element in root.iterfind(".//{*}text"))
        described = "".join(map(str, element.itertext())) if (element := root.find("{*}desc")) is not None else ""
        rendering = Rendering(stem, "html", str(manifest["language"]))
        faults += judge_picture(Picture(stem, described, None, texts, f"{stem}.svg"), rendering, expected, figures)[1]
    return faults + [("mark", problem, "it stands elsewhere") for problem in plotted(folder, expected).problems]


def judge_picture(
    picture: Picture, rendering: Rendering, expected: Expected, figures: Figures
) -> tuple[Counter[str], list[Fault], set[str]]:
    """Class the texts of a picture.

    Returns
    -------
    tokens per class; faults as (found, context, why); ids of the numbers drawn
    """
    language = rendering.language
    manifest = figures.of(picture)
    if manifest is None:
        said = [*(picture.texts or ()), picture.alt]
        odd = [(word, text) for text in said for word in numerals(text, language)]
        if picture.sha256 is not None and picture.texts is None:
            odd.append((picture.name or "picture", picture.alt))
        why = "a picture that no manifest of figures describes"
        return Counter(), [(word, squeezed(text)[:160], why) for word, text in odd], set()
    faults: list[Fault] = []
    classes: Counter[str] = Counter()
    place = f"figure {manifest['figure']}"
    if manifest["language"] != language:
        faults.append(
            (place, str(manifest["language"]), f"a figure in another language than the document's '{language}'")
        )
    if picture.alt:
        if squeezed(picture.alt) != squeezed(manifest["alt"]["text"]):
            faults += [
                (word, squeezed(picture.alt)[:160], "an alternative text that the figure's manifest does not have")
                for word in numerals(picture.alt, language) or ["alt"]
            ][:1]
        classes += _classed(manifest["alt"]["parts"], language)
        faults += list(_odd_parts(manifest["alt"]["parts"], expected, language))
    if picture.texts is not None or picture.sha256 is not None:
        for text in manifest["texts"]:
            classes += _classed(text["parts"], language)
            faults += list(_odd_parts(text["parts"], expected, language))
    if picture.texts is not None:
        faults += list(_differences(picture.texts, manifest, language))
    return classes, faults, {str(number) for number in manifest["numbers"]}


def _classed(parts: list[Mapping[str, str]], language: str) -> Counter[str]:
    return Counter(
        {
            kind: count
            for kind in "RPQCS"
            if (count := sum(len(numerals(part["text"], language)) for part in parts if part["class"] == kind))
        }
    )


def _differences(texts: tuple[str, ...], manifest: Mapping[str, Any], language: str) -> Iterator[Fault]:
    """Tell the tokens of the picture that its manifest does not list, and those that it lists in vain."""
    read = Counter(numerals("\n".join(texts), language))
    listed = Counter(numerals("\n".join(line for text in manifest["texts"] for line in text["lines"]), language))
    for word in read - listed:
        for line in [line for line in texts if word in numerals(line, language)] or [""]:
            yield word, f"figure {manifest['figure']}: {line}", "stands on the figure and not in its manifest"
    for word in listed - read:
        yield word, f"figure {manifest['figure']}", "stands in the figure's manifest and not on the figure"


def _odd_parts(parts: list[Mapping[str, str]], expected: Expected, language: str) -> Iterator[Fault]:
    """Tell the parts of a manifest whose text is not what their source says."""
    for part in parts:
        text, source, kind = part["text"], part["source"], part["class"]
        if not numerals(text, language):
            continue
        if kind == "R":
            said = [expected.number(source, part.get("show", "value"), language)]
        elif kind == "P":
            said = [expected.parameter(source, show, language) for show in ("", "percent")]
        elif kind == "C":
            said = [expected.number(source, "label", language), expected.number(source, "group", language)]
            said += [expected.parameter(source, "", language), expected.parameter(f"{source}.label", "", language)]
            said += [
                texts.get(language)
                for key, texts in expected.codebook.items()
                if key == source or source.startswith(f"{key}.")
            ]
            said.append(" – ".join(filter(None, said)))
            if "show" in part:  # a label that the ledger made of others
                said.append(expected.number(source, part["show"], language))
        else:
            continue
        if not any(one is not None and squeezed(text) in squeezed(one) for one in said):
            yield (
                text,
                f"{kind} {source}",
                f"its source says {' or '.join(repr(one) for one in said if one) or 'nothing'}",
            )
