"""The audit of a small report: clean it passes, and whatever is planted into it is named with its place."""

from __future__ import annotations

import ast
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from surveyspec.identifiers import short_anchor
from surveyspec.problems import StudyError
from surveyspec.study import Study
from surveytrail.auditing.audit import audit_report, class_table
from surveytrail.auditing.golden import compare_golden, golden_set, load_golden, save_golden
from tests.auditing.planting import plant_and_audit
from tests.auditing.small import NUMBER, render_small

AUDITING = Path(__file__).parents[2] / "src" / "surveytrail" / "auditing"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return render_small(tmp_path_factory.mktemp("audited"))


def altered(small: Study, folder: Path, name: str, change: Callable[[str], str]) -> Path:
    """Copy the documents and change one of them: HTML as text, DOCX in its main part."""
    report = folder / "report"
    shutil.copytree(small.directory / "results/report", report)
    path = report / name
    if path.suffix == ".html":
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        return report
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    parts["word/document.xml"] = change(parts["word/document.xml"].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return report


def test_the_audit_shares_nothing_with_the_report() -> None:
    modules = [node for path in AUDITING.glob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    imported = [node.module or "" for node in modules if isinstance(node, ast.ImportFrom)]
    assert imported and not [name for name in imported if name.startswith("surveytrail.reporting")]


def test_a_clean_report_is_classed_to_the_last_token(small: Study) -> None:
    audit = audit_report(small)
    assert audit.ok, "\n".join([*map(str, audit.violations), *audit.differences, *audit.orphans, *audit.inconsistent])
    assert audit.total == audit.classed > 1000
    assert "id sets equal, 0 orphans, 0 violations" in audit.summary()
    assert len(class_table(audit)) == 10  # 3 documents in 3 formats, and their sum
    for judged in audit.judged:
        assert judged.classes["R"] and judged.classes["S"] and judged.classes["C"]


def test_planted_literals_are_caught(tmp_path: Path) -> None:
    planted, audit = plant_and_audit(tmp_path, 40, 1)
    assert len({plant.kind for plant in planted}) == 11
    assert [plant for plant in planted if not plant.caught(audit)] == []


@pytest.mark.parametrize("name", ["index.html", "index.docx"])
def test_a_number_of_another_value_is_named(small: Study, tmp_path: Path, name: str) -> None:
    report = altered(small, tmp_path, name, lambda text: text.replace(">8.1%<", ">9.1%<", 2))
    audit = audit_report(small, report)
    assert not audit.ok
    assert any(found.found == "9.1%" and f"for {NUMBER}" in found.why for found in audit.violations)


def test_a_number_without_link_is_an_unbound_token_and_a_difference(small: Study, tmp_path: Path) -> None:
    def unlink(text: str) -> str:
        start = text.index('<a href="#n-', text.index("In prose"))
        end = text.index("</a>", start) + 4
        return text[:start] + "8.1%" + text[end:]

    audit = audit_report(small, altered(small, tmp_path, "index.html", unlink))
    assert any("In prose: 8.1%" in found.context and found.found == "8.1" for found in audit.violations)
    assert any(NUMBER in difference for difference in audit.differences)


def test_a_word_that_compares_is_named_with_its_sentence(small: Study, tmp_path: Path) -> None:
    def compare(text: str) -> str:
        return text.replace("In prose:", "Most say so. In prose:")

    audit = audit_report(small, altered(small, tmp_path, "index.html", compare))
    (found,) = [violation for violation in audit.violations if violation.found == "Most"]
    assert found.context == "Most say so." and "[word]{waive=" in found.why
    assert not audit.ok and " 0 orphans, 1 violations" in audit.summary()


def test_an_entry_that_is_missing_is_an_orphan(small: Study, tmp_path: Path) -> None:
    report = altered(small, tmp_path, "index.html", lambda text: text.replace("st-entry", "st-gone"))
    orphans = audit_report(small, report).orphans
    assert f"index.html: {NUMBER} is printed and has no entry" in orphans


def test_a_field_that_an_entry_leaves_out_is_named(small: Study, tmp_path: Path) -> None:
    def without_weight(text: str) -> str:
        entry = text.index(f'data-entry="{NUMBER}"')
        field = text.index('<dd data-field="weight">', entry)
        return text[:field] + text[text.index("</dd>", field) + 5 :]

    (found,) = audit_report(small, altered(small, tmp_path, "index.html", without_weight)).violations
    assert found.found == NUMBER and "leaves out 'weight'" in found.why


def test_a_field_that_says_nothing_or_something_else_is_named(small: Study, tmp_path: Path) -> None:
    for name, said in (("weight", "–"), ("verdict", "–"), ("estimator", "arithmetic mean")):

        def change(text: str, name: str = name, said: str = said) -> str:
            start = text.index(f'<dd data-field="{name}">', text.index(f'data-entry="{NUMBER}"'))
            return f'{text[:start]}<dd data-field="{name}">{said}{text[text.index("</dd>", start) :]}'

        (found,) = audit_report(small, altered(small, tmp_path / name, "index.html", change)).violations
        assert found.found == said and f"the field '{name}' of {NUMBER} is" in found.why


@pytest.mark.parametrize("part", ["value", "label"])
def test_an_entry_without_its_value_or_label_is_named(small: Study, tmp_path: Path, part: str) -> None:
    def without(text: str) -> str:
        return re.sub(f'<span class="st-{part}" data-{part}-of="{re.escape(NUMBER)}">.*?</span>', "", text)

    (found,) = audit_report(small, altered(small, tmp_path, "index.html", without)).violations
    assert found.found == NUMBER and f"leaves out '{part}'" in found.why


def test_an_entry_without_its_label_is_named_in_docx(small: Study, tmp_path: Path) -> None:
    def without(text: str) -> str:
        name = f"f-{short_anchor(NUMBER).removeprefix('n-')}-label"
        found = re.search(f'<w:bookmarkStart [^>]*w:name="{name}"[^>]*/>(?P<runs>.*?)<w:bookmarkEnd', text)
        assert found is not None
        return text[: found.start("runs")] + text[found.end("runs") :]

    (found,) = audit_report(small, altered(small, tmp_path, "index.docx", without)).violations
    assert found.found == NUMBER and "leaves out 'label'" in found.why


def test_an_entry_that_is_set_as_complete_and_is_not_is_named(small: Study, tmp_path: Path) -> None:
    def complete(text: str) -> str:
        return text.replace("AuditHeadNext", "AuditHead").replace("AuditEntryNext", "AuditEntry")

    found = audit_report(small, altered(small, tmp_path, "index.docx", complete)).violations
    assert {"weight", "verdict", "script"} <= {violation.context for violation in found}


def test_an_entry_that_only_says_how_it_differs_needs_the_complete_one_before_it(small: Study, tmp_path: Path) -> None:
    def without_the_complete_one(text: str) -> str:
        paragraphs = re.findall(r"<w:p><w:pPr><w:pStyle w:val=\"Audit.*?</w:p>", text)
        at = next(at for at, part in enumerate(paragraphs) if "trail trace w1.flow.records.unweighted" in part)
        assert "AuditHeadNext" in paragraphs[at + 1]
        return text.replace(paragraphs[at - 1], "").replace(paragraphs[at], "")

    audit = audit_report(small, altered(small, tmp_path, "index.docx", without_the_complete_one))
    left_out = {found.context for found in audit.violations if "no complete entry that it follows" in found.why}
    assert {"interval", "question", "estimator", "raw"} <= left_out


def test_the_golden_set_tells_another_rendering_apart(small: Study, tmp_path: Path) -> None:
    golden = golden_set([judged.rendering for judged in audit_report(small).judged])
    save_golden(golden, tmp_path / "golden.json")
    compared, same = compare_golden(golden, load_golden(small, tmp_path / "golden.json"))
    assert compared > 500 and same == []
    report = altered(small, tmp_path, "index.html", lambda text: text.replace("In prose:", "In verse:"))
    _, differing = compare_golden(golden, load_golden(small, report))
    assert differing == ["index.html: texts: here prose:, there verse:"]


def test_what_is_not_there_is_said(small: Study, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"no document of this page[\s\S]*report/index.qmd rendered"):
        audit_report(small, tmp_path)
    (tmp_path / "broken.json").write_text(json.dumps([]), encoding="utf-8")
    with pytest.raises(StudyError, match="no golden set"):
        load_golden(small, tmp_path / "broken.json")
