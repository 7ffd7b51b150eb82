"""What a page refers to, checked before rendering: every unknown key is named with its file and line.

The filter stops at the first unknown key and cannot know lines; Quarto renders on where a cross-reference, a citation
or a shortcode is unknown. So both are found here first, all together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surveyspec.problems import Problem, did_you_mean
from surveytrail.reporting.pages import Page, beside_pages
from surveytrail.reporting.waves_apart import parts_of, waves_of

if TYPE_CHECKING:
    from surveyspec.study import Study

SPAN = re.compile(r"\[(?P<text>[^\[\]]*)\]\{(?P<attributes>[^{}]*)\}")
ATTRIBUTE = re.compile(r"""(?P<key>[\w-]+)=(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'}]+))""")
SHORTCODE = re.compile(r"\{\{<\s*(?P<name>\S+)\s*(?P<argument>\S*)\s*>\}\}")
TARGET = re.compile(r"\{[^{}]*#(?P<id>(?:fig|tbl|sec)-[\w-]+)[^{}]*\}")
REFERENCE = re.compile(r"(?<![\w/.])-?@\{?(?P<key>[A-Za-z][\w:./-]*\w)")
FOOTNOTE = re.compile(r"(?P<written>^ {0,3}(?=\[\^[^\]\s]+\]:))?(?<!\\)\[\^(?P<name>[^\]\s]+)\]", re.MULTILINE)
CROSS_REFERENCE = re.compile(r"(?:fig|tbl|sec)-")
FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})[^\n]*\n.*?^(?P=fence)[`~]*[ \t]*$", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"^(?:`{3,}|~{3,})\s*\{(?P<language>=?\w+)[^}]*\}", re.MULTILINE)
CODE = re.compile(r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)|<!--.*?-->", re.DOTALL)
TAG = re.compile(r"<(?P<tag>/?[A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*)?>")
BIBLIOGRAPHY_KEY = re.compile(
    r"^\s*@(?!comment|string|preamble)\w+\s*\{\s*(?P<key>[^,\s]+)\s*,", re.MULTILINE | re.IGNORECASE
)
FIGURE = re.compile(r"\(figures/(?P<figure>\w+)\.svg\)")
PRINTING = re.compile(f"{SPAN.pattern}|{FIGURE.pattern}")
METADATA = re.compile(r"(?:\A|\n[ \t]*\n)(?P<line>---[ \t]*\n)(?=\S)")  # where a YAML block begins
HEADING = re.compile(r"#{1,6} |title:")
KINDS = ("num", "param", "quote", "segment", "claim", "codebook", "word", "waive")
TYPED = ("quote", "claim", "waive")  # spans that hold words of the page's own
FIGURES = {"value": "text", "interval": "interval", "n": "n", "level": "level"}  # shown -> name in the ledger
SHOWN = {**FIGURES, "label": "label", "group": "group_label", "question": "question"}


@dataclass
class Source:
    """A file that goes into a page: its name for messages, text and lines, and the text with all code blanked out."""

    name: str
    text: str
    prose: str = field(init=False)
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.text.splitlines()
        self.prose = _blanked(_blanked(self.text, FENCE), CODE)

    def line(self, position: int) -> int:
        """Return the 1-based line of a position."""
        return self.text.count("\n", 0, position) + 1


def citation_keys(paths: Iterable[Path]) -> set[str]:
    """Return the keys of BibTeX files."""
    return {
        match.group("key") for path in paths for match in BIBLIOGRAPHY_KEY.finditer(path.read_text(encoding="utf-8"))
    }


def attributes_of(written: str) -> dict[str, str]:
    """Return the attributes of a span by name, from what stands in its braces."""
    return {
        part.group("key"): part.group("double") or part.group("single") or part.group("bare") or ""
        for part in ATTRIBUTE.finditer(written)
    }


def quoted_segments(study: Study) -> list[str]:
    """Return the keys of the segments of interviews that pages, or files beside them, quote, sorted."""
    beside = [source for name, source in beside_pages(study).items() if name.endswith(".md")]
    texts = [(study.directory / name).read_text(encoding="utf-8-sig")
             for name in [*study.config.report.pages, *beside]]  # fmt: skip
    spans = (attributes_of(match.group("attributes")) for text in texts for match in SPAN.finditer(text))
    return sorted({attributes["segment"] for attributes in spans if "segment" in attributes})


def page_sources(page: Page, staged: Path) -> list[Source]:
    """Return a page and the files that it includes in the order of reading: parts of the page, files between them."""
    prose, sources, last = Source(page.source, page.text).prose, [], 0
    for match in SHORTCODE.finditer(prose):
        path = staged / match.group("argument")
        if path.is_file():
            before = Source(page.source, page.text[last : match.start()])
            sources += [before, Source(path.name, path.read_text(encoding="utf-8-sig"))]
            last = match.end()
    return [*sources, Source(page.source, page.text[last:])]


def page_texts(page: Page, staged: Path) -> list[str]:
    """Return the texts of a page and of the files that it includes, in the order of reading, without code."""
    return [source.prose for source in page_sources(page, staged)]


def written_keys(texts: Iterable[str]) -> set[str]:
    """Return every value of an attribute in texts: among them are the keys of all that they print."""
    return {part.group("double") or part.group("single") or part.group("bare") or ""
            for text in texts for part in ATTRIBUTE.finditer(text)}  # fmt: skip


def shown_figures(texts: Iterable[str], ledger: Mapping[str, Any]) -> list[str]:
    """Return the ids of the study's figures that texts show, sorted."""
    return sorted({match.group(1) for text in texts for match in FIGURE.finditer(text)} & set(ledger["figures"]))


def printed_numbers(page: Page, staged: Path, ledger: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the numbers that a page prints, itself, in its included files and in figures, in order of appearance.

    Returns
    -------
    What is shown of each: ``value``, ``interval``, ``label`` and the like. Brackets of pictures count: they are
    captions or alternative texts, and the filter knows which.
    """
    printed: dict[str, set[str]] = {}
    for text in page_texts(page, staged):
        for match in PRINTING.finditer(text):
            figure = ledger["figures"].get(match.group("figure") or "")
            attributes = attributes_of(match.group("attributes") or "")
            shown = [(place["number"], "value") for place in figure["places"][page.language]] if figure else []
            if "num" in attributes:
                shown = [(attributes["num"], attributes.get("show", "value"))]
            for number, show in shown:
                printed.setdefault(number, set()).add(show)
    return {number: shows for number, shows in printed.items() if number in ledger["numbers"]}


def check_page(page: Page, staged: Path, ledger: Mapping[str, Any], citations: set[str]) -> list[Problem]:
    """Find everything in a page and its included files that does not exist or that pages may not hold.

    Parameters
    ----------
    page : the page
    staged : the folder it is staged in, from which included files are found
    ledger : the content of ``ledger.json``
    citations : keys of the page's bibliographies
    """
    main = Source(page.source, page.text)
    problems: list[Problem] = []
    sources = [main, *_included(main, page, staged, problems)]
    targets = [match.group("id") for source in sources for match in TARGET.finditer(source.prose)]
    for source in sources:
        problems += _span_problems(source, page.language, ledger, citations)
        problems += _reference_problems(source, set(targets), citations)
        problems += _syntax_problems(source)
        problems += _wave_problems(source, ledger)
    problems += _footnote_problems(sources)
    for target in sorted({target for target in targets if targets.count(target) > 1}):
        source, match = [(source, match) for source in sources for match in TARGET.finditer(source.prose)
                         if match.group("id") == target][1]  # fmt: skip
        problems.append(Problem(source.name, f"#{target}", "the same label again", "each label once in a page",
                                "give one of them another label", source.line(match.start())))  # fmt: skip
    return problems


def _included(main: Source, page: Page, staged: Path, problems: list[Problem]) -> Iterator[Source]:
    lines = ["", *main.lines, ""]
    for match in SHORTCODE.finditer(main.prose):
        path, line = match.group("argument"), main.line(match.start())
        if match.group("name") != "include":
            problems.append(Problem(main.name, match.group(0), f"the shortcode '{match.group('name')}'",
                                    "only include",
                                    "write its content out, or print it by its key", line))  # fmt: skip
        elif not (staged / path).is_file():
            available = sorted(file.relative_to(staged).as_posix() for file in staged.rglob("*.md"))
            todo = did_you_mean(path, available) or "correct the path, or declare the table or figure in config.yaml"
            problems.append(Problem(main.name, match.group(0), f"no file {path}", "a file beside the page, or a "
                                    "generated one", todo, line))  # fmt: skip
        elif [text.rstrip() for text in lines[line - 1 : line + 2]] != ["", match.group(0), ""]:
            problems.append(Problem(main.name, match.group(0), "an include inside a paragraph", "an include on a line "
                                    "of its own, blank lines around it", "move it", line))  # fmt: skip
        else:
            name = path if path.startswith("generated/") else (Path(page.source).parent / path).as_posix()
            source = Source(name, (staged / path).read_text(encoding="utf-8-sig"))
            for header in METADATA.finditer(source.prose):
                problems.append(Problem(name, "---", "a YAML header in an included file", "headers in pages only",
                                        "move it to the page", source.line(header.start("line"))))  # fmt: skip
            for nested in SHORTCODE.finditer(source.prose):
                problems.append(Problem(name, nested.group(0), "an include in an included file", "one level of files",
                                        "include it from the page", source.line(nested.start())))  # fmt: skip
            yield source


def _wave_problems(source: Source, ledger: Mapping[str, Any]) -> Iterator[Problem]:
    """Find sentences, items and rows that set answers of two waves side by side."""
    for start, part in parts_of(source.prose):
        seen: set[str] = set()
        for match in SPAN.finditer(part):
            seen |= waves_of(attributes_of(match.group("attributes")), ledger)
            if len(seen) > 1:
                yield Problem(source.name, match.group(0), f"numbers of {' and '.join(sorted(seen))} in one paragraph, "
                              "list item or table row", "one wave: other people were asked otherwise, so a difference "
                              "is no trend", "give each wave a paragraph of its own, or declare 'study: "
                              "waves_comparable: true' in config.yaml", source.line(start + match.start()))  # fmt: skip
                break


def _span_problems(source: Source, language: str, ledger: Mapping[str, Any], citations: set[str]) -> Iterator[Problem]:
    for match in SPAN.finditer(source.prose):
        attributes = attributes_of(match.group("attributes"))
        text, line = match.group("text"), source.line(match.start())
        kinds = [kind for kind in KINDS if kind in attributes]
        if not kinds:
            if not text.strip():
                unknown = next(iter(attributes), "")
                yield Problem(source.name, match.group(0), f"an empty span with '{unknown}'",
                              f"one of {', '.join(KINDS)}",
                              did_you_mean(unknown, KINDS) or "name what the span prints", line)  # fmt: skip
            continue
        kind = kinds[0]
        key = attributes[kind]
        if kind == "quote" and not text.strip():
            yield Problem(source.name, match.group(0), "nothing quoted", "the quoted words in the brackets",
                          f'[571]{{quote="{key}"}}', line)  # fmt: skip
        elif kind == "claim" and text.strip() and not _is_said(text, key, language, ledger):
            said = ledger["claims"].get(key, {}).get("text", {}).get(language, "")
            yield Problem(source.name, match.group(0), f"'{text}'",
                          f"the claim's own words '{said}', or empty brackets",
                          "change the text under claims.statements in config.yaml, or here", line)  # fmt: skip
        elif kind == "waive" and not (text.strip() and key.strip()):
            yield Problem(source.name, match.group(0), "a waiver without words, or without a reason",
                          "the words in the brackets, the reason in the braces",
                          '[more]{waive="no result: says what was asked"}', line)  # fmt: skip
        elif kind not in TYPED and text.strip():
            yield Problem(source.name, match.group(0), f"'{text}' in the brackets", "empty brackets",
                          "remove the text: it comes from ledger, study file or codebook", line)  # fmt: skip
        elif kind == "num" and HEADING.match(source.lines[line - 1]):
            yield Problem(source.name, match.group(0), "a number in a heading or title",
                          "words: contents and window titles repeat headings without links",
                          "move the number into the text", line)  # fmt: skip
        else:
            problem = _key_problem(kind, key, attributes.get("show"), language, ledger, citations)
            if problem is not None:
                found, expected, todo = problem
                yield Problem(source.name, match.group(0), found, expected, todo, line)


def _key_problem(
    kind: str, key: str, show: str | None, language: str, ledger: Mapping[str, Any], citations: set[str]
) -> tuple[str, str, str] | None:
    """Return (found, expected, to do) if a key does not exist, or has no text in the page's language."""
    if kind == "num":
        if key not in ledger["numbers"]:
            return (
                f"unknown number '{key}'",
                "the id of a number in the ledger",
                (did_you_mean(key, ledger["numbers"]) or "add the estimate to config.yaml, or correct the id"),
            )
        if show is not None and show not in SHOWN:
            return f"show='{show}'", f"one of {', '.join(SHOWN)}", did_you_mean(show, SHOWN) or "correct it"
        texts = ledger["numbers"][key].get(SHOWN[show or "value"])
    elif kind == "quote":
        return None if key in citations else (
            f"unknown citation key '{key}'", "a key of the page's bibliography",
            did_you_mean(key, citations) or "add the source to the bibliography",
        )  # fmt: skip
    elif kind == "waive":
        return None
    elif kind == "segment":
        return None if key in ledger["segments"] else (
            f"unknown segment '{key}'", "the seg_id of a segment of the interviews",
            "look it up in the file that 'interviews: segments:' names",
        )  # fmt: skip
    elif kind == "word":
        texts = _word(key, ledger["words"])
    elif kind == "claim":
        if key not in ledger["claims"]:
            return (
                f"unknown claim '{key}'",
                "a claim of config.yaml",
                (did_you_mean(key, ledger["claims"]) or "declare it under claims.statements, with its condition"),
            )
        texts = ledger["claims"][key]["text"]
    else:
        if kind == "param" and show not in {None, "percent"}:
            return f"show='{show}'", "percent, or no show at all", did_you_mean(show, ["percent"]) or "correct it"
        known = ledger["codebook" if kind == "codebook" else "percentages" if show == "percent" else "parameters"]
        place = "the codebook" if kind == "codebook" else "config.yaml"
        if key not in known:
            return f"unknown key '{key}'", f"a key of {place}", did_you_mean(key, known) or "correct the key"
        texts = known[key]
    if not isinstance(texts, dict) or language not in texts:
        return (
            f"'{key}' has nothing to show in '{language}'",
            f"a {show or 'text'} in the page's language",
            ("add the translation, or show something else"),
        )
    return None


def _reference_problems(source: Source, targets: set[str], citations: set[str]) -> Iterator[Problem]:
    for match in REFERENCE.finditer(SPAN.sub(lambda found: " " * len(found.group(0)), source.prose)):
        key, line = match.group("key"), source.line(match.start())
        if CROSS_REFERENCE.match(key):
            if key not in targets:
                yield Problem(source.name, f"@{key}", "an unknown cross-reference", "a label of this page or its files",
                              did_you_mean(key, targets) or f"add {{#{key}}} to what is meant", line)  # fmt: skip
        elif key not in citations:
            yield Problem(source.name, f"@{key}", "an unknown citation", "a key of the page's bibliography",
                          did_you_mean(key, citations) or "add the source to the bibliography", line)  # fmt: skip


def _footnote_problems(sources: Iterable[Source]) -> Iterator[Problem]:
    """Find footnotes that stand twice or have no mark, and marks of none, over a page and its included files."""
    found = [(source, match, match.group("name"), match.group("written") is not None)
             for source in sources for match in FOOTNOTE.finditer(source.prose)]  # fmt: skip
    notes = Counter(name for *_, name, is_note in found if is_note)
    marks = {name for *_, name, is_note in found if not is_note}
    for source, match, name, is_note in found:
        line = source.line(match.start("name"))
        if not is_note and name not in notes:
            yield Problem(source.name, f"[^{name}]", "a mark of no footnote", f"a line '[^{name}]: …' in the page",
                          did_you_mean(name, notes) or "write the footnote, or remove the mark", line)  # fmt: skip
        elif is_note and name not in marks:
            yield Problem(source.name, f"[^{name}]", "a footnote without a mark", f"[^{name}] in the text",
                          did_you_mean(name, marks) or "set its mark, or remove the footnote", line)  # fmt: skip
        elif is_note and notes[name] > 1:
            yield Problem(source.name, f"[^{name}]", "a name that several footnotes have", "one footnote of each name "
                          "in a page and its files", "give them names of their own", line)  # fmt: skip


def _syntax_problems(source: Source) -> Iterator[Problem]:
    for match in CELL.finditer(source.text):
        yield Problem(source.name, match.group(0), f"a '{match.group('language')}' cell or raw block",
                      "prose and tables", "declare the number, table or figure in config.yaml and print it by its id",
                      source.line(match.start()))  # fmt: skip
    for match in TAG.finditer(source.prose):
        yield Problem(source.name, match.group(0), "an HTML tag", "Markdown: PDF and DOCX would lose the tag",
                      "see docs/writing-the-report.md for what pages may hold", source.line(match.start()))  # fmt: skip


def _is_said(text: str, key: str, language: str, ledger: Mapping[str, Any]) -> bool:
    """Say whether the words in the brackets are those that the claim is judged by (unknown claims: told elsewhere)."""
    claim = ledger["claims"].get(key)
    return claim is None or " ".join(text.split()).lower() == claim["text"].get(language, "").lower()


def _word(path: str, words: Mapping[str, Any]) -> object:
    node: object = words
    for part in path.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node


def _blanked(text: str, pattern: re.Pattern[str]) -> str:
    """Replace what a pattern finds by spaces, keeping every line break and position."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)
