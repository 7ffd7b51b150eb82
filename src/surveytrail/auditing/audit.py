"""The audit of a study's documents: all formats judged, and held against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from surveyspec.problems import Problem, StudyError
from surveyspec.study import Study
from surveytrail.auditing.consistency import Check, consistency
from surveytrail.auditing.content import FORMATS, Rendering
from surveytrail.auditing.docx import read_docx
from surveytrail.auditing.expected import Expected, rendered_names
from surveytrail.auditing.figures import Figures
from surveytrail.auditing.html import read_html
from surveytrail.auditing.judging import CLASSES, Judged, Violation, judge
from surveytrail.auditing.pdf import read_pdf
from surveytrail.auditing.plotted import plotted
from surveytrail.auditing.wording import KINDS

REPORT = Path("results/report")


@dataclass
class Audit:
    """What the audit found.

    Parameters
    ----------
    judged : every document in every format
    checks : printed numbers held against each other, document by document joined; marks of figures against their axis
    differences : where formats of one document do not carry the same numbers, equally often, with the same text
    orphans : numbers printed without an entry in the audit appendix, and entries of numbers that are printed nowhere
    """

    judged: list[Judged]
    checks: list[Check] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)

    @property
    def violations(self) -> list[Violation]:
        """Return all violations, document by document."""
        return [violation for judged in self.judged for violation in judged.violations]

    @property
    def total(self) -> int:
        """Return how many tokens were found."""
        return sum(judged.total for judged in self.judged)

    @property
    def classed(self) -> int:
        """Return how many of them have a class."""
        return sum(sum(judged.classes.values()) for judged in self.judged)

    @property
    def ok(self) -> bool:
        """Whether all holds, and there was something to look at in every document."""
        return (
            bool(self.judged)
            and all(judged.total for judged in self.judged)
            and not (self.violations or self.differences or self.orphans or self.inconsistent)
        )

    @property
    def wording(self) -> Counter[str]:
        """Return how many words that count or compare there are, by what binds them."""
        return sum((judged.wording for judged in self.judged), Counter())

    @property
    def inconsistent(self) -> list[str]:
        """Return the printed numbers that contradict each other, and the checks that could read none of theirs."""
        found = [problem for check in self.checks for problem in check.problems]
        return found + [
            f"{check.what}: 0 of 0, although {check.printed} are printed"
            for check in self.checks
            if check.printed and not check.checked
        ]

    def summary(self) -> str:
        """Return the one sentence that says what was found."""
        documents = len({judged.rendering.name for judged in self.judged})
        return (
            f"{self.classed} of {self.total} tokens classed in {documents} documents ({len(self.judged)} files), "
            f"id sets {'equal' if not self.differences else f'differ {len(self.differences)} times'}, "
            f"{len(self.orphans)} orphans, {len(self.violations)} violations; {self._words()}"
        )

    def _words(self) -> str:
        """Return what the summary says of words that count or compare, and of the checks."""
        words = self.wording
        apart = words["fixed"] + words["methods"]
        results = sum(words.values()) - apart
        held = "; ".join(map(str, self.checks))
        return (
            f"{results - words['unbound']} of {results} words that count or compare bound in results ("
            f"{words['statement']} by statements, {words['waived']} waived; {apart} in fixed texts and methods); {held}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return everything for ``--json``."""
        return {
            "documents": [
                {
                    "document": judged.rendering.name,
                    "format": judged.rendering.format,
                    "tokens": judged.total,
                    **{name: judged.classes[name] for name in CLASSES},
                    "unclassed": judged.unclassed,
                    "numbers": len({number for number, _ in judged.printed}),
                    "entries": len(judged.entries),
                }
                for judged in self.judged
            ],
            "violations": [violation.as_json() for violation in self.violations],
            "differences": self.differences,
            "orphans": self.orphans,
            "wording": {kind: self.wording[kind] for kind in KINDS},
            "checks": {check.name: {"checked": check.checked, "problems": check.problems} for check in self.checks},
        }


def audit_report(study: Study, report: Path | None = None) -> Audit:
    """Audit the rendered documents of a study.

    Parameters
    ----------
    report : folder of the documents, ``results/report`` of the study by default

    Raises
    ------
    StudyError : there are no documents, or one is missing in a format
    """
    folder = report if report is not None else study.directory / REPORT
    expected = Expected.load(study, folder)
    drawings = study.directory / "results/figures"
    figures = Figures.load(drawings)
    judged = [judge(rendering, expected, figures) for rendering in read_documents(study, folder, expected)]
    audit = Audit(judged, [*_checks(judged, expected), plotted(drawings, expected)])
    for name in dict.fromkeys(part.rendering.name for part in judged):
        parts = [part for part in judged if part.rendering.name == name]
        audit.differences += list(_differences(parts))
        audit.orphans += list(_orphans(parts))
    return audit


def _checks(judged: list[Judged], expected: Expected) -> list[Check]:
    """Hold the numbers that each page prints against each other; the checks of all pages are added up."""
    found: dict[str, Check] = {}
    for page in judged:
        if page.rendering.format == "html":
            printed = {number for number, _ in page.printed}
            for check in consistency(expected, printed, page.rendering.language):
                total = found.setdefault(check.name, Check(check.name, check.what))
                total.printed += check.printed
                total.checked += check.checked
                total.problems += [f"{page.rendering.name}: {problem}" for problem in check.problems]
    return list(found.values())


def read_documents(study: Study, folder: Path, expected: Expected) -> Iterator[Rendering]:
    """Read every document in every format; the HTML says in which language the others are."""
    names = document_names(study, folder)
    for name in names:
        page = read_html(folder / f"{name}.html")
        yield page
        yield read_pdf(folder / f"{name}.pdf", page.language)
        docx = read_docx(folder / f"{name}.docx", expected.digests)
        docx.language = docx.language or page.language
        yield docx


def document_names(study: Study, folder: Path) -> list[str]:
    """Return the documents of a folder by name; every page of the study must be among them, in all formats."""
    names = rendered_names(study, folder)
    problems = []
    for page in study.config.report.pages:
        if not any(name == Path(page).stem or name.startswith(f"{Path(page).stem}.") for name in names):
            problems.append(
                Problem(
                    str(folder),
                    Path(page).stem,
                    "no document of this page",
                    f"{page} rendered",
                    "run the pipeline: snakemake --cores 2",
                )
            )
    for name in names:
        for ending in FORMATS:
            if not (folder / f"{name}.{ending}").is_file():
                problems.append(
                    Problem(
                        str(folder),
                        f"{name}.{ending}",
                        "no such file",
                        f"{name} in all formats",
                        "run the pipeline: snakemake --cores 2",
                    )
                )
    if problems:
        raise StudyError(problems)
    return names


def _differences(parts: list[Judged]) -> Iterator[str]:
    """Say which numbers are not printed equally often, with the same texts, in all formats; and which other keys."""
    first = parts[0]
    for other in parts[1:]:
        where = f"{first.rendering.name}: {first.rendering.format} and {other.rendering.format}"
        for (number, text), count in sorted(
            ((first.printed - other.printed) + (other.printed - first.printed)).items()
        ):
            more = first if first.printed[number, text] > other.printed[number, text] else other
            yield f"{where}: {number} '{text}' {count} times more in {more.rendering.format}"
        for kind, key in sorted(first.keys ^ other.keys):
            having = first if (kind, key) in first.keys else other
            yield f"{where}: {kind} '{key}' only in {having.rendering.format}"
        for number in sorted(first.drawn ^ other.drawn):
            yield f"{where}: {number} on a figure of one only"
        for number in sorted(first.entries ^ other.entries):
            yield f"{where}: {number} has an entry in one only"


def _orphans(parts: list[Judged]) -> Iterator[str]:
    for judged in parts:
        printed = {number for number, _ in judged.printed}
        name = f"{judged.rendering.name}.{judged.rendering.format}"
        yield from (f"{name}: {number} is printed and has no entry" for number in sorted(printed - judged.entries))
        yield from (
            f"{name}: {number} stands on a figure and has no entry" for number in sorted(judged.drawn - judged.entries)
        )
        yield from (
            f"{name}: {number} has an entry and is not printed"
            for number in sorted(judged.entries - printed - judged.drawn)
        )


def class_table(audit: Audit) -> list[tuple[str, ...]]:
    """Return the table that the command prints: tokens per class, document by document and format by format."""
    rows = []
    for judged in audit.judged:
        counts = [str(judged.classes[name]) for name in CLASSES]
        total = f"{sum(judged.classes.values())} of {judged.total}"
        numbers = str(len({number for number, _ in judged.printed}))
        rows.append((judged.rendering.name, judged.rendering.format, *counts, total, numbers, str(len(judged.entries))))
    sums: Counter[str] = sum((judged.classes for judged in audit.judged), Counter())
    rows.append(("all", "", *(str(sums[name]) for name in CLASSES), f"{audit.classed} of {audit.total}", "", ""))
    return rows
