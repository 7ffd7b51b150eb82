"""Rendering: the same bytes every time, whole or not at all, and by Quarto where it is found."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from surveyspec.problems import StudyError
from surveytrail.reporting.extension import EXTENSION, PROJECT, extension_files
from surveytrail.reporting.ledger_document import ledger_text
from surveytrail.reporting.pages import document_names, load_pages
from surveytrail.reporting.render import choose_renderer
from tests.reporting.conftest import Rendered
from tests.reporting.documents import pdf_entries, pdf_links, pdf_texts, read_docx, read_html
from tests.reporting.fixtures.small_report import CONFIG, INDEX, ledger_of, verification_of, write_study
from tests.reporting.whole import render_report

ROOT = Path(__file__).resolve().parents[2]
ONE_PAGE = CONFIG.replace("pages: [report/index.qmd, report/tables.qmd]", "pages: [report/index.qmd]")
FAKE_QUARTO = """\
#!/bin/sh
if [ "$1" = "--version" ]; then echo 1.9.99; exit 0; fi
test -f _quarto.yml && test -f "${2%.qmd}.ledger.json" && test -f _extensions/surveytrail/surveytrail.lua || exit 3
page=${2%.qmd}
case "$4" in typst) ending=pdf;; *) ending=$4;; esac
mkdir -p _rendered
echo "by quarto to $4" > "_rendered/$page.$ending"
MESSAGE
"""


@pytest.fixture()
def quarto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program called quarto on the path that checks its project and writes what is asked for."""
    program = tmp_path / "bin" / "quarto"
    program.parent.mkdir()
    program.write_text(FAKE_QUARTO.replace("MESSAGE", ""), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return program


def test_documents_are_those_announced(rendered: Rendered) -> None:
    documents = [path for result in rendered.results for path in result.documents]
    announced = document_names(load_pages(rendered.study))
    assert [path.name for path in documents] == announced
    assert {path.name for path in rendered.folder.iterdir()} == {*announced, "source"}
    assert all(path.stat().st_size > 5_000 for path in documents)


def test_a_second_rendering_gives_the_same_bytes_and_drops_outdated_documents(
    rendered: Rendered, tmp_path: Path
) -> None:
    study = write_study(tmp_path)
    ledger = ledger_of(study)
    out = tmp_path / "results" / "report"
    out.mkdir(parents=True)
    (out / "source").mkdir()
    for name in ("removed_page.html", "source/removed_page.qmd", "source/removed.bib"):
        (out / name).write_text("old", encoding="utf-8")
    (out / "notes.json").write_text("of another rule", encoding="utf-8")
    render_report(study, ledger, verification_of(ledger), tmp_path / "results" / "figures", out, "pandoc")
    files = sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())
    expected = [path.relative_to(rendered.folder) for path in rendered.folder.rglob("*") if path.is_file()]
    assert files == sorted([*expected, Path("notes.json")])
    for name in expected:
        assert (out / name).read_bytes() == (rendered.folder / name).read_bytes(), name


def test_real_data_are_not_called_synthetic(tmp_path: Path) -> None:
    study = write_study(tmp_path, status="real", config=ONE_PAGE)
    out = tmp_path / "results" / "report"
    render_report(study, ledger_of(study), None, tmp_path / "results" / "figures", out, "pandoc")
    page = read_html(out / "index.html")
    assert not page.all(id="data-status")
    assert "ynthetic" not in page.one("body").text.replace("PDF", "")
    assert read_docx(out / "index.docx").header == ""
    assert page.all("dd", data_field="verdict")[0].text == "not recomputed"


def test_the_staged_project_is_complete_and_relative(rendered: Rendered) -> None:
    source = rendered.folder / "source"
    for name in ("_quarto.yml", "index.qmd", "tables.en.qmd", "tables.fr.qmd", "more.md", "references.bib",
                 "ledger.json", "_extensions/surveytrail/surveytrail.lua", "generated/table_by_size.md",
                 "generated/hypotheses.md", "figures/channels.fr.svg", "figures/channels.fr.png",
                 "fonts/DejaVuSans.ttf", "reference.en.docx", "reference.fr.docx"):  # fmt: skip
        assert (source / name).is_file(), name
    texts = [
        path.read_text(encoding="utf-8")
        for path in source.rglob("*")
        if path.suffix in {".qmd", ".md", ".json", ".yml"}
    ]
    assert not any(str(rendered.study.directory) in text for text in texts)
    assert (source / "tables.fr.qmd").read_text(encoding="utf-8").startswith(
        "---\nreference-doc: reference.fr.docx\nledger: tables.fr.ledger.json\nlang: fr\n")  # fmt: skip


def test_ledger_json_follows_its_contract(rendered: Rendered) -> None:
    document = json.loads((rendered.folder / "source" / "ledger.json").read_text(encoding="utf-8"))
    assert document["synthetic"] is True and set(document["notice"]) == {"en", "fr"}
    number = document["numbers"]["w1.use.facebook.size=small.unweighted"]
    assert number["text"] == {"en": "14.0%", "fr": "14,0\u202f%"}
    assert number["base"]["en"].endswith("respondents (small firms)")
    assert number["anchor"].startswith("n-") and len(number["anchor"]) == 14
    assert set(document["numbers"]) == set(rendered.ledger["id"])
    assert document["parameters"]["waves.w1.weights.raked.trim.upper"] == {"en": "2.5", "fr": "2,5"}
    assert document["percentages"]["estimates.use.level"] == {"en": "95%", "fr": "95\u202f%"}
    assert document["codebook"]["w1.SIZE.1"]["fr"] == "petites entreprises"


def test_control_characters_do_not_reach_the_documents() -> None:
    text = ledger_text({"label": "a\x01b\x7fc\ufffed\n", "plain": "\\u0001"})
    assert json.loads(text) == {"label": "a\ufffdb\ufffdc\ufffdd\n", "plain": "\\u0001"}


def test_generated_tables_hold_keys_and_no_text_of_people(rendered: Rendered) -> None:
    for path in (rendered.folder / "source" / "generated").iterdir():
        assert "script" not in path.read_text(encoding="utf-8"), path.name


def test_quarto_is_used_where_it_is_found(tmp_path: Path, quarto: Path) -> None:
    study = write_study(tmp_path, config=ONE_PAGE)
    out = tmp_path / "results" / "report"
    (result,) = render_report(study, ledger_of(study), None, tmp_path / "results" / "figures", out)
    assert (result.renderer, result.version) == ("quarto", "1.9.99")
    assert [path.name for path in result.documents] == ["index.html", "index.pdf", "index.docx"]
    assert (out / "index.pdf").read_text(encoding="utf-8") == "by quarto to typst\n"


def test_a_killed_job_leaves_the_last_report(tmp_path: Path, quarto: Path) -> None:
    study = write_study(tmp_path, config=ONE_PAGE)
    figures, out = tmp_path / "results" / "figures", tmp_path / "results" / "report"
    render_report(study, ledger_of(study), None, figures, out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    started = tmp_path / "started"
    quarto.write_text(FAKE_QUARTO.replace("MESSAGE", f"touch {started}; exec sleep 60"), encoding="utf-8")
    program = (
        "import sys; from pathlib import Path; from tests.reporting.whole import render_report; "
        "from surveyspec.study import load_study; from tests.reporting.fixtures.small_report import ledger_of; "
        f"study = load_study(Path({str(tmp_path)!r})); "
        f"render_report(study, ledger_of(study), None, Path({str(figures)!r}), Path({str(out)!r}))"
    )
    job = subprocess.Popen([sys.executable, "-c", program], start_new_session=True, cwd=ROOT,
                           env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"})  # fmt: skip
    for _ in range(600):
        if started.exists() or job.poll() is not None:
            break
        time.sleep(0.05)
    os.killpg(job.pid, signal.SIGKILL)
    job.wait()
    assert started.exists()
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert list(out.parent.glob(".report-*"))
    quarto.write_text(FAKE_QUARTO.replace("MESSAGE", ""), encoding="utf-8")
    render_report(study, ledger_of(study), None, figures, out)
    assert not list(out.parent.glob(".report-*"))


@pytest.mark.parametrize("message", ["Unable to resolve crossref @fig-x", "Citeproc: citation x not found"])
def test_what_quarto_only_warns_of_is_an_error(tmp_path: Path, quarto: Path, message: str) -> None:
    quarto.write_text(FAKE_QUARTO.replace("MESSAGE", f"echo '{message}' >&2"), encoding="utf-8")
    study = write_study(tmp_path, config=ONE_PAGE)
    out = tmp_path / "results" / "report"
    with pytest.raises(StudyError, match=r"report/index\.qmd\n.*" + message):
        render_report(study, ledger_of(study), None, tmp_path / "results" / "figures", out)
    assert [path.name for path in out.iterdir()] == ["source"]
    assert not list(out.rglob("index.*"))


def test_a_failing_quarto_is_quoted(tmp_path: Path, quarto: Path) -> None:
    quarto.write_text(FAKE_QUARTO.replace("MESSAGE", "echo 'no such thing' >&2; exit 1"), encoding="utf-8")
    study = write_study(tmp_path, config=ONE_PAGE)
    with pytest.raises(StudyError, match="found:    no such thing\n    expected: a page that quarto can render"):
        render_report(study, ledger_of(study), None, tmp_path / "results" / "figures", tmp_path / "results" / "report")


def test_what_pandoc_only_warns_of_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveytrail.reporting.render.check_page", lambda *_: [])  # which would find it before
    study = write_study(tmp_path, config=ONE_PAGE, index=f"{INDEX}\nAs was said [@nobody].\n")
    out = tmp_path / "results" / "report"
    with pytest.raises(StudyError, match=r"citation nobody not found(.|\n)*expected: a page that pandoc can render"):
        render_report(study, ledger_of(study), None, tmp_path / "results" / "figures", out, "pandoc")
    assert not list(out.glob("*.html"))


def test_an_included_file_may_begin_with_a_byte_order_mark_and_with_no_header(tmp_path: Path) -> None:
    arguments = {"config": ONE_PAGE, "index": INDEX, "more": "\ufeff## Of the file {#sec-file}\n\nText.\n"}
    study = write_study(tmp_path, **arguments)
    out = tmp_path / "results" / "report"
    render_report(study, ledger_of(study), None, tmp_path / "results" / "figures", out, "pandoc")
    assert read_html(out / "index.html").one(id="sec-file").text.endswith("Of the file")
    study = write_study(tmp_path, **{**arguments, "more": "---\ntitle: Other\n---\n\nText.\n"})
    with pytest.raises(
        StudyError, match=r"more\.md:1(.|\n)*a YAML header in an included file(.|\n)*move it to the page"
    ):
        render_report(study, ledger_of(study), None, tmp_path / "results" / "figures", out, "pandoc")


def test_numbers_in_captions_have_entries_and_those_that_code_shows_hold_no_block(tmp_path: Path) -> None:
    page = """---\ntitle: T\nlang: en\n---\n\n    []{num="w1.use.facebook.unweighted"}\n
![Caption []{num="w1.use.linkedin.unweighted"} here](figures/channels.svg){#fig-x}\n
In prose: []{num="w1.use.linkedin.raked"}.\n"""
    study = write_study(tmp_path, config=ONE_PAGE, index=page)
    out = tmp_path / "results" / "report"
    render_report(study, ledger_of(study), None, tmp_path / "results" / "figures", out, "pandoc")
    with zipfile.ZipFile(out / "index.docx") as archive:
        text = archive.read("word/document.xml").decode()
    assert re.findall(r'pStyle w:val="AuditHead(\w*)"', text)[0] == ""
    entries = [entry.attributes["data-entry"] for entry in read_html(out / "index.html").all("div", class_="st-entry")]
    assert "w1.use.linkedin.unweighted" in entries and "w1.use.linkedin.raked" in entries


def test_headings_may_be_called_as_the_appendix_and_notes_may_stand_in_the_header(tmp_path: Path) -> None:
    page = """---\ntitle: T\nsubtitle: 'S^[First note: []{num="w1.use.facebook.raked"}.]'\nlang: en\n---\n
## Audit\n\nHere: []{num="w1.use.facebook.unweighted"}.^[Second note.]\n
## Colophon {#colophon}\n\nThere: []{num="w1.use.linkedin.unweighted"}.\n"""
    study = write_study(tmp_path, config=ONE_PAGE, index=page)
    out = tmp_path / "results" / "report"
    render_report(study, ledger_of(study), None, tmp_path / "results" / "figures", out, "pandoc")
    html = read_html(out / "index.html")
    anchors = [element.attributes["id"] for element in html.all() if "id" in element.attributes]
    assert len(anchors) == len(set(anchors))
    notes = [note.text for note in html.all("li") if note.attributes.get("id", "").startswith("fn")]
    assert [note.partition(" note")[0] for note in notes] == ["First", "Second"]
    assert pdf_entries(out / "index.pdf") == pdf_links(out / "index.pdf")
    assert sorted(map(len, pdf_links(out / "index.pdf").values())) == [1, 1, 1]


def test_line_ends_and_tabs_in_texts_of_the_study_are_spaces_in_every_format(tmp_path: Path) -> None:
    config = ONE_PAGE.replace("text: {en: some of them", 'text: {en: "  some\\n\\n of\\tthem’s 4’085\\n"')
    study = write_study(tmp_path, config=config, index='---\ntitle: T\nlang: en\n---\n\nIs it []{claim="some"}?\n')
    out = tmp_path / "results" / "report"
    render_report(study, ledger_of(study), None, tmp_path / "results" / "figures", out, "pandoc")
    texts = [read_html(out / "index.html").one("main").text, read_docx(out / "index.docx").text,
             "".join(pdf_texts(out / "index.pdf"))]  # fmt: skip
    for text in texts:
        assert "Is it some of them’s 4’085 ?" in " ".join(text.replace("\u200d", "").split())
    assert "some of them’s 4’085" in texts[2].replace("\u200d", "")  # on one line


def test_a_page_can_name_another_form_of_citations(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    own = (
        (EXTENSION / "citations.csl")
        .read_text(encoding="utf-8")
        .replace('prefix="(" suffix=")" delimiter', 'prefix="[" suffix="]" delimiter')
    )
    (tmp_path / "report" / "own.csl").write_text(own, encoding="utf-8")
    for form, written in (("", "("), ("csl: own.csl\n", "[")):
        study = write_study(tmp_path, config=ONE_PAGE, index=INDEX.replace("---\n", f"---\n{form}", 1))
        out = tmp_path / "results" / "report"
        render_report(study, ledger_of(study), None, tmp_path / "results" / "figures", out, "pandoc")
        html = (out / "index.html").read_text(encoding="utf-8")
        assert re.search(rf'<span class="citation"[^>]*>{re.escape(written)}<a', html)


def test_choosing_a_renderer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert choose_renderer().name == "pandoc"
    assert choose_renderer("pandoc").version[0].isdigit()
    with pytest.raises(StudyError, match="no program of this name on the path"):
        choose_renderer("quarto")


def test_one_filter_of_about_four_hundred_lines() -> None:
    scripts = {path.name: path.read_text(encoding="utf-8") for path in PROJECT.rglob("*.lua")}
    assert set(scripts) == {"surveytrail.lua", "formats.lua"}  # the second has Pandoc apply the first
    assert len(scripts["surveytrail.lua"].splitlines()) <= 400
    assert {"surveytrail.lua", "formats.lua", "template.html", "_quarto.yml", "words.yaml"} <= {
        path.name for path in extension_files()
    }
