"""What is wrong in a page is found before rendering, all of it, with file and line."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from surveyspec.problems import StudyError
from surveytrail.reporting.checks import FIGURES, printed_numbers
from surveytrail.reporting.pages import load_pages
from surveytrail.reporting.render import pandoc_program
from tests.reporting.conftest import Rendered
from tests.reporting.documents import read_html
from tests.reporting.fixtures.small_report import CONFIG, INDEX, MORE, ledger_of, line_of, write_study
from tests.reporting.whole import render_report, stage_whole


def problems_of(folder: Path, **files: str) -> StudyError:
    study = write_study(folder, **files)
    with pytest.raises(StudyError) as caught:
        stage_whole(study, ledger_of(study), folder / "results" / "figures", folder / "staged")
    return caught.value


@pytest.fixture(autouse=True)
def no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the DOCX reference: pages are checked without it."""
    monkeypatch.setattr("surveytrail.reporting.staging.docx_reference", lambda *_: b"")


@pytest.mark.parametrize(
    ("written", "found", "todo"),
    [
        ('[]{num="w1.use.facebok.unweighted"}', "unknown number 'w1.use.facebok.unweighted'",
         "did you mean 'w1.use.facebook.unweighted'?"),
        ('[]{num="w1.use.facebook.unweighted" show="intervall"}', "show='intervall'", "did you mean 'interval'?"),
        ('[]{num="w1.flow.records.unweighted" show="interval"}', "has nothing to show in 'en'", "show something else"),
        ('[58%]{num="w1.use.facebook.unweighted"}', "'58%' in the brackets", "remove the text"),
        ('[]{param="waves.w1.weights.raked.trim.uper"}', "unknown key", "'waves.w1.weights.raked.trim.upper'?"),
        ('[]{param="waves.w1.weights.raked.trim.upper" show="percent"}', "unknown key", ""),
        ('[]{codebook="w1.USE_FX"}', "unknown key 'w1.USE_FX'", "did you mean 'w1.USE_"),
        ('[571]{quote="kish1956"}', "unknown citation key 'kish1956'", "did you mean 'kish1965'?"),
        ('[]{quote="kish1965"}', "nothing quoted", "the quoted words"),
        ('[]{nun="w1.use.facebook.unweighted"}', "an empty span with 'nun'", "did you mean 'num'?"),
        ('### []{num="w1.use.facebook.unweighted"} use it', "a number in a heading", "move the number into the text"),
        ('[Some]{claim="some"}', "'Some'", "change the text under claims.statements"),
        ('[]{claim="sone"}', "unknown claim 'sone'", "did you mean 'some'?"),
        ('[more]{waive=""}', "a waiver without words, or without a reason", "the reason in the braces"),
        ('[]{waive="says what was asked"}', "a waiver without words, or without a reason", "the words in the brackets"),
        ("See @fig-chanels.", "an unknown cross-reference", "did you mean 'fig-channels'?"),
        ("As in [@kish1956, p. 3].", "an unknown citation", "did you mean 'kish1965'?"),
        ("{{< include generated/table_by_sice.md >}}", "no file generated/table_by_sice.md",
         "did you mean 'generated/table_by_size.md'?"),
        ("text {{< include more.md >}}", "an include inside a paragraph", "move it"),
        ("{{< var version >}}", "the shortcode 'var'", "print it by its key"),
        ("Text.[^noet]", "a mark of no footnote", "did you mean 'note'?"),
        ("[^alone]: Said below.", "a footnote without a mark", "set its mark"),
        ("[^same]: One.\n\n[^same]: Two.\n\nText[^same]: it is.", "a name that several footnotes have", "of their own"),
        ("```{python}\n1 + 1\n```", "a 'python' cell or raw block", "print it by its id"),
        ("```{=html}\n<b>58</b>\n```", "a '=html' cell or raw block", "print it by its id"),
        ("Some <b>bold</b> words", "an HTML tag", "see docs/writing-the-report.md"),
        ("## Again {#sec-results}", "the same label again", "another label"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_file_and_line(tmp_path: Path, written: str, found: str, todo: str) -> None:
    text = INDEX + f"\n## More\n\n{written}\n"
    error = problems_of(tmp_path, index=text)
    problem = error.problems[0]
    assert problem.file == "report/index.qmd"
    assert problem.line == line_of(text, written)
    assert found in str(problem) and todo in str(problem)
    assert f"report/index.qmd:{problem.line}: " in str(error)


def test_a_mistake_in_an_included_file_is_named_there(tmp_path: Path) -> None:
    error = problems_of(tmp_path, more=MORE + '\nMore: []{num="w1.nothing.unweighted"}.\n')
    assert [(problem.file, problem.line) for problem in error.problems] == [("report/more.md", 3)]


@pytest.mark.parametrize("written", ["text\n{{< include more.md >}}\n\ntext", "- item\n\n  {{< include more.md >}}"])
def test_an_include_stands_alone(tmp_path: Path, written: str) -> None:
    (problem,) = problems_of(tmp_path, index=INDEX + f"\n{written}\n").problems
    assert "an include on a line of its own, blank lines around it" in str(problem)


def test_included_files_do_not_include(tmp_path: Path) -> None:
    error = problems_of(tmp_path, more=MORE + "\n{{< include generated/flow_w1.md >}}\n")
    assert "report/more.md:3" in str(error) and "one level of files" in str(error)


def test_all_mistakes_are_reported_together(tmp_path: Path) -> None:
    error = problems_of(tmp_path, index=INDEX + '\n[]{num="a.b.c"}\n\n[]{num="d.e.f"} and @tbl-none\n')
    assert len(error.problems) == 3


def test_code_is_not_read_as_spans(tmp_path: Path) -> None:
    text = INDEX + '\nWrite `[]{num="a.b.c"}` or\n\n```\n[]{num="d.e.f"} @fig-none {{< var x >}} <b>\n```\n'
    study = write_study(tmp_path, index=text)
    stage_whole(study, ledger_of(study), tmp_path / "results" / "figures", tmp_path / "staged")


@pytest.mark.parametrize(
    ("files", "place", "message"),
    [
        ({"index": INDEX.replace("lang: en", "lang: de")}, "report/index.qmd:4: lang", "one of en, fr"),
        ({"index": "Text only\n"}, "report/index.qmd:1", "no YAML header"),
        ({"index": "---\nlang: en\n---\n\nText\n"}, "report/index.qmd:1: title", "no title"),
        ({"index": '---\ntitle: "a" b\n---\n\nText\n'}, "report/index.qmd:2", "quote texts"),
        ({"index": INDEX.replace("references.bib", "refs.bib")}, "index.qmd:5: bibliography", "no file refs.bib"),
        ({"config": CONFIG.replace("tables.qmd]", "missing.qmd]")}, "config.yaml:", "missing.qmd"),
        ({"config": CONFIG.replace("tables.qmd]", "index.qmd, other/index.qmd]")}, "config.yaml:", "index"),
        ({"config": CONFIG.replace("group: size=small", "group: size=smal")}, "config.yaml:", "'size=small'?"),
    ],
)  # fmt: skip
def test_wrong_headers_pages_and_tables_are_named(
    tmp_path: Path, files: dict[str, str], place: str, message: str
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.qmd").write_text("---\ntitle: Another\nlang: en\n---\n\nText\n", encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        raise problems_of(tmp_path, **files)
    assert place in str(caught.value) and message in str(caught.value)


def test_a_figure_that_was_not_drawn_is_named(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    (tmp_path / "results" / "figures" / "channels.fr.json").unlink()
    with pytest.raises(StudyError, match=r"config\.yaml:\d+: figures\.0\n.*no channels\.fr\.json"):
        stage_whole(study, ledger_of(study), tmp_path / "results" / "figures", tmp_path / "staged")


def test_an_unknown_number_leaves_no_report_behind(tmp_path: Path) -> None:
    study = write_study(tmp_path, index=INDEX + '\n[]{num="a.b.c"}\n')
    out = tmp_path / "results" / "report"
    with pytest.raises(StudyError, match=r"report/index\.qmd:\d+"):
        render_report(study, ledger_of(study), None, tmp_path / "results" / "figures", out, "pandoc")
    assert not [path for path in out.rglob("*.*") if path.stem == "index"]
    assert sorted(path.name for path in out.parent.iterdir()) == ["figures", "report"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('[]{num="a.b.c"}', 'unknown number "a.b.c"'),
        ('[]{param="a.b"}', 'unknown parameter "a.b"'),
        ('[571]{quote="nobody"}', 'unknown citation "nobody"'),
        ('[]{codebook="a.b"}', 'unknown codebook "a.b"'),
        ("See @fig-none.", "unknown cross-reference @fig-none"),
    ],
)
def test_the_filter_stops_by_itself(rendered: Rendered, written: str, message: str) -> None:
    source = rendered.folder / "source"
    page = f"---\ntitle: T\nlang: en\nledger: index.ledger.json\n---\n\n{written}\n"
    command = [pandoc_program(), "--from", "markdown", "--to", "html", "--lua-filter",
               "_extensions/surveytrail/surveytrail.lua"]  # fmt: skip
    done = subprocess.run(command, cwd=source, input=page, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert message in done.stderr


def test_under_quarto_the_filter_leaves_to_quarto_what_quarto_does(rendered: Rendered, tmp_path: Path) -> None:
    extension = rendered.folder / "source" / "_extensions" / "surveytrail" / "surveytrail.lua"
    as_quarto = tmp_path / "as_quarto.lua"
    as_quarto.write_text(f"quarto = {{ version = {{ 1, 9, 38 }} }}\nreturn dofile('{extension}')\n", encoding="utf-8")
    page = (rendered.folder / "source" / "index.qmd").read_text(encoding="utf-8")
    command = [pandoc_program(), "--from", "markdown", "--to", "html", "--wrap", "none", "--lua-filter", as_quarto]
    done = subprocess.run(
        command, cwd=rendered.folder / "source", input=page, capture_output=True, text=True, check=True
    )
    assert 'data-cites="fig-channels"' in done.stdout and "{{&lt; include more.md &gt;}}" in done.stdout
    assert 'class="callout-note"' in done.stdout
    assert "Figure\u00a01:" not in done.stdout
    assert 'data-num="w1.use.facebook.unweighted"' in done.stdout and "Section\u00a02</a>" in done.stdout
    assert "Quarto 1.9.38, Pandoc" in done.stdout


def test_the_numbers_of_a_page_are_found_in_text_included_files_and_figures(rendered: Rendered) -> None:
    staged = rendered.folder / "source"
    ledger = json.loads((staged / "ledger.json").read_text(encoding="utf-8"))
    page = next(page for page in load_pages(rendered.study) if page.stem == "index")
    found = printed_numbers(page, staged, ledger)
    html = read_html(rendered.folder / "index.html")
    links = [link.attributes["data-num"] for link in html.all("a", class_="st-num")]
    assert {number for number, shows in found.items() if shows & set(FIGURES)} == set(links)
    figure = (staged / "figures" / "channels.en.svg").read_text(encoding="utf-8")
    assert set(re.findall(r'data-number="([^"]+)"', figure)) <= set(found)
    assert set(found) < set(ledger["numbers"])


def test_numbers_in_code_are_not_printed(rendered: Rendered) -> None:
    staged = rendered.folder / "source"
    ledger = json.loads((staged / "ledger.json").read_text(encoding="utf-8"))
    page = next(page for page in load_pages(rendered.study) if page.stem == "index")
    first, second, third, *_ = ledger["numbers"]
    text = f"""[]{{num="{second}" show="label"}}\n![A share of []{{num="{first}"}}](map.svg)\n`[]{{num="{third}"}}`\n"""
    assert printed_numbers(replace(page, text=text), staged, ledger) == {second: {"label"}, first: {"value"}}
