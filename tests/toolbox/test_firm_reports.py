"""Files of firms, their reports, and what is told of mistakes in them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import lxml.html
import pypdfium2
import pytest
from typer.testing import CliRunner

from surveyspec.problems import StudyError
from surveytrail.cli.app import app
from surveytrail.toolbox.answers import Firm
from surveytrail.toolbox.assessment import assess
from surveytrail.toolbox.firm_file import firms_of_survey, read_firms
from surveytrail.toolbox.firm_report import file_name, write_reports
from surveytrail.toolbox.page import word
from tests.toolbox.conftest import ROOT, Bench
from tests.toolbox.test_assessment import BEST

EXAMPLE = ROOT / "data/toolbox/example_firms.csv"


def failing(path: Path, bench: Bench) -> str:
    with pytest.raises(StudyError) as caught:
        read_firms(path, bench.form, path.name)
    return str(caught.value)


def write(folder: Path, text: str, name: str = "firms.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_cells_hold_codes_or_what_the_export_holds(tmp_path: Path, bench: Bench) -> None:
    path = write(tmp_path, "firm;language;CANT;PLAN;STRAT;BUDG\nMine;de;ZH;Y;3;\nYours;fr;22;0;8;1500.5\n")
    mine, yours = read_firms(path, bench.form, "firms.csv")
    assert (mine.name, mine.language, mine.answers) == ("Mine", "de", {"CANT": 1, "PLAN": 1, "STRAT": 3})
    assert mine.places["STRAT"] == "firms.csv:2, STRAT"
    assert yours.answers == {"CANT": 22, "PLAN": 0, "STRAT": 8, "BUDG": 1500.5}


def test_yaml_of_one_firm_or_many(tmp_path: Path, bench: Bench) -> None:
    one = read_firms(write(tmp_path, "firm: Mine\nPLAN: Y\nSTRAT: 3\n", "one.yaml"), bench.form, "one.yaml")
    assert one[0].answers == {"PLAN": 1, "STRAT": 3}
    assert one[0].places["STRAT"] == "one.yaml:3, STRAT"
    many = write(tmp_path, "firms:\n  - {firm: A, PLAN: N}\n  - {firm: B, PLAN: Y}\n", "many.yaml")
    assert [firm.answers["PLAN"] for firm in read_firms(many, bench.form)] == [0, 1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["firms.csv:1", "an empty file"]),
        ("firm,STRAT\n", ["no firm", "add a row"]),
        ("firm,STRATT\nA,1\nB,1\n", ["firms.csv:1: STRATT", "an unknown column", "did you mean 'STRAT'?"]),
        ("firm\tSTRATT\nA\t1\n", ["firms.csv:1: STRATT"]),
        ("firm,BUDG\nA,=1+1\n", ["firms.csv:2: BUDG", "'=1+1'", "a number from 0 to 5000000"]),
        ("firm,STRAT\nA,7\n", ["firms.csv:2: STRAT", "'7'", "1 (nein, und auch nicht geplant)"]),
        ("firm,FTE\nA,5000\n", ["'5000'", "a number from 0 to 2000"]),
        ("firm,FTE\nA,1e3\n", ["'1e3'", "a number from 0 to 2000"]),
        ("firm,STRAT\nA,1,2\n", ["firms.csv:2", "3 cells", "2, as in the header"]),
        ("firm,STRAT,STRAT\nA,1,2\n", ["'STRAT' twice"]),
        ("firm,language,STRAT\nA,es,1\n", ["language", "'es'", "one of fr, de, en"]),
        ("firm,STRAT\nA,1\nA,2\n", ["firms.csv:3", "'A' twice", "the first is on line 2"]),
        ("firm,STRAT\n" + "x" * 81 + ",1\n", ["81 characters", "at most 80"]),
    ],
)  # fmt: skip
def test_mistakes_name_the_line_and_what_to_do(tmp_path: Path, bench: Bench, text: str, told: list[str]) -> None:
    message = failing(write(tmp_path, text), bench)
    for part in told:
        assert part in message


def test_files_that_are_none(tmp_path: Path, bench: Bench) -> None:
    assert "no such file" in failing(tmp_path / "gone.csv", bench)
    for name in ("folder.csv", "folder.yaml"):
        (tmp_path / name).mkdir()
        assert "is a directory" in failing(tmp_path / name, bench)
    assert ".csv, .yaml or .yml" in failing(write(tmp_path, "x", "firms.xlsx"), bench)
    bad = tmp_path / "latin.csv"
    bad.write_bytes("firm,STRAT\nZür".encode() + b"\xfc,1\n")
    assert "latin.csv:2" in failing(bad, bench)
    assert "question codes with their answers" in failing(write(tmp_path, "- 3\n", "list.yaml"), bench)


def texts(pdf: Path) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded() for page in document]


def test_two_pages_and_html_for_each_example_firm(tmp_path: Path, bench: Bench) -> None:
    firms = read_firms(EXAMPLE, bench.form, "example_firms.csv")
    assert {firm.language for firm in firms} == {"fr", "de", "en"}
    written = write_reports(bench.study, bench.form, bench.peers, firms, "synthetic", tmp_path)
    assert len(written) == 2 * len(firms)
    for firm, page, pdf in zip(firms, written[::2], written[1::2], strict=True):
        pages = texts(pdf)
        assert len(pages) == 2, firm.name
        assert firm.name in pages[0]
        document = lxml.html.fromstring(page.read_bytes())
        assert document.get("lang") == firm.language
        assert document.xpath("//script") == []
        assert {"fr": "synthétiques", "de": "Synthetische", "en": "Synthetic"}[firm.language] in document.text_content()
        cards = document.xpath("//article")
        assert 1 <= len(cards) <= 5
    again = write_reports(bench.study, bench.form, bench.peers, firms, "synthetic", tmp_path / "again")
    assert [path.read_bytes() for path in written] == [path.read_bytes() for path in again]


def test_every_figure_of_peers_is_printed_as_the_ledger_has_it_and_can_be_traced(tmp_path: Path, bench: Bench) -> None:
    firms = read_firms(EXAMPLE, bench.form, "example_firms.csv")
    page = write_reports(bench.study, bench.form, bench.peers, firms[:1], "synthetic", tmp_path)[0]
    document = lxml.html.fromstring(page.read_bytes())
    printed = {row["id"]: json.loads(row["text"])[firms[0].language] for _, row in bench.ledger.iterrows()}
    numbers = document.xpath("//a[@data-num]")
    assert len(numbers) > 30
    for number in numbers:
        assert number.text == printed[number.get("data-num")]
        assert len(document.xpath(f"//*[@id='{number.get('href')[1:]}']")) == 1
    assert "example_firms.csv:2, STRAT" in document.text_content()


def value_of(formula: lxml.html.HtmlElement, values: dict[str, float]) -> float:
    """Work out a formula as it is printed, with a value for each number that it links to."""
    text = formula.text.partition(" = ")[2]
    for link in formula.findall("a"):
        text += repr(values[link.get("data-num")]) + (link.tail or "")
    text = text.replace("\u00d7", "*")
    assert re.fullmatch(r"[\d.()*/+ e-]+", text)
    return float(eval(text))  # arithmetic only, by the line above


def test_references_follow_from_the_numbers_they_link_to(tmp_path: Path, bench: Bench) -> None:
    values = {row["id"]: row["value"] for _, row in bench.ledger.iterrows()}
    firms = read_firms(EXAMPLE, bench.form, "example_firms.csv")
    compared = 0
    for firm, found in zip(firms, assess(bench.form, bench.peers, firms), strict=True):
        page = write_reports(bench.study, bench.form, bench.peers, [firm], "synthetic", tmp_path)[0]
        formulas = lxml.html.fromstring(page.read_bytes()).xpath("//ul[@class='tb-formulas']/li")
        rows = [entry for entry in found["dimensions"] if entry["peers"]]
        for formula, entry in zip(formulas, rows, strict=True):
            assert value_of(formula, values) == pytest.approx(entry["peers"]["shrunk"], rel=1e-9)
            compared += 1
    assert compared == 8 * len(firms)


def test_figures_without_a_firm_stand_beside_those_of_the_ledger(tmp_path: Path, bench: Bench) -> None:
    firms = firms_of_survey(bench.form, bench.analysis, [str(bench.analysis["respondent"].iloc[5])])
    page, pdf = write_reports(bench.study, bench.form, bench.peers, firms, "synthetic", tmp_path, bench.analysis)
    rows = bench.ledger.set_index("id")
    listed = lxml.html.fromstring(page.read_bytes()).xpath("//div[@class='tb-origin']//li[@id]")
    assert len(listed) > 30
    for entry in listed:
        row = rows.loc[entry.find("code").text.removeprefix("trail trace ")]
        with_firm = word(
            "with_firm", firms[0].language, text=json.loads(row["text"])[firms[0].language], n=row["n_used"]
        )
        assert f"n = {row['n_used'] - 1} {with_firm}" in entry.text_content()
    assert word("in_brackets", firms[0].language)[:20] in texts(pdf)[0]


def test_the_longest_report_has_two_pages(tmp_path: Path, bench: Bench) -> None:
    weak = {**BEST, "STRAT": 1, "PLAN": 0, "MGMT": 1, "KPI_LEAD": 0, "KPI_CONV": 0, "KPI_REV": 0, "CHS_YT": 1,
            "CHS_TW": 1, "CHS_IG": 1, "FTE": 1, "CHS_NL": 6, **{f"ATTN_{goal}": 1 for goal in (
                "REACH", "IMAGE", "LEAD", "CONV", "LOYAL", "SERV", "RECR", "INNO")}}  # fmt: skip
    for language in ("fr", "de", "en"):
        places = {code: f"a/rather/long/path/to/the/answers-of-our-firm.csv:12, {code}" for code in weak}
        firm = Firm("W" * 60, language, weak, places)
        pdf = write_reports(bench.study, bench.form, bench.peers, [firm], "synthetic", tmp_path)[1]
        assert len(texts(pdf)) == 2


def test_what_people_typed_stays_text(tmp_path: Path, bench: Bench) -> None:
    name = '<script>alert(1)</script> #pagebreak() "$x$" = ../../etc'
    firm = Firm(name, "en", BEST, {"STRAT": "<b>x</b>"})
    page, pdf = write_reports(bench.study, bench.form, bench.peers, [firm], "synthetic", tmp_path)
    assert page.parent == tmp_path
    assert re.fullmatch(r"[a-z0-9-]+", page.stem)
    document = lxml.html.fromstring(page.read_bytes())
    assert document.xpath("//script | //b") == []
    assert name in document.text_content()
    assert "#pagebreak()" in texts(pdf)[0]
    assert file_name("!!", {"firm"}) == "firm-2"


def test_real_peers_are_not_called_synthetic(tmp_path: Path, bench: Bench) -> None:
    page, _ = write_reports(bench.study, bench.form, bench.peers, [Firm("A", "en", BEST)], "real", tmp_path)
    assert "ynthetic" not in lxml.html.fromstring(page.read_bytes()).text_content()


def test_a_firm_of_the_survey_is_named_by_its_id(tmp_path: Path, bench: Bench) -> None:
    respondent = str(bench.analysis["respondent"].iloc[3])
    firms = firms_of_survey(bench.form, bench.analysis, [respondent])
    assert firms[0].record == int(bench.analysis["record"].iloc[3])
    line = int(bench.analysis["first_line"].iloc[3])
    assert firms[0].places["SIZE"] == f"data/raw/wave2_limesurvey.csv:{line}, SIZE"
    page, _ = write_reports(bench.study, bench.form, bench.peers, firms, "synthetic", tmp_path, bench.analysis)
    header = lxml.html.fromstring(page.read_bytes()).find(".//header").text_content()
    assert word("left_out", firms[0].language) in header
    with pytest.raises(StudyError, match="the id of an analysed record"):
        firms_of_survey(bench.form, bench.analysis, ["no such id"])


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["firm", "--directory", str(ROOT)])
    assert result.exit_code == 1
    assert "a file, or --respondent" in result.output
