"""The PDF and the Word file carry the same numbers as the HTML, linked to their entries and called synthetic."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile

import pytest

from surveyspec.identifiers import short_anchor
from tests.reporting.conftest import Rendered
from tests.reporting.documents import Docx, pdf_destinations, pdf_entries, pdf_links, read_docx, read_html
from tests.reporting.fixtures.small_report import HOSTILE

PAGES = ["index", "tables.en", "tables.fr"]


def printed_anchors(rendered: Rendered, stem: str) -> set[str]:
    page = read_html(rendered.folder / f"{stem}.html")
    return {short_anchor(number.attributes["data-num"]) for number in page.all("a", class_="st-num")}


@pytest.fixture(scope="module")
def document(rendered: Rendered) -> Docx:
    return read_docx(rendered.folder / "index.docx")


@pytest.mark.parametrize("stem", PAGES)
def test_docx_links_and_bookmarks_are_the_numbers_of_the_html(rendered: Rendered, stem: str) -> None:
    document = read_docx(rendered.folder / f"{stem}.docx")
    anchors = printed_anchors(rendered, stem)
    assert anchors
    assert {link for link in document.links if link.startswith("n-") and link.count("-") == 1} == anchors
    assert {mark for mark in document.bookmarks if mark.startswith("n-") and mark.count("-") == 1} == anchors
    assert all(len(mark) <= 40 for mark in document.bookmarks)


@pytest.mark.parametrize("stem", PAGES)
def test_pdf_links_lead_to_an_entry_of_each_number(rendered: Rendered, stem: str) -> None:
    assert pdf_destinations(rendered.folder / f"{stem}.pdf") == printed_anchors(rendered, stem)


@pytest.mark.parametrize("stem", PAGES)
def test_an_entry_of_the_pdf_names_the_pages_on_which_its_number_is_printed(rendered: Rendered, stem: str) -> None:
    path = rendered.folder / f"{stem}.pdf"
    assert pdf_entries(path) == pdf_links(path)
    assert any(len(pages) > 1 for pages in pdf_links(path).values()) or stem != "index"


def test_every_link_of_the_docx_leads_somewhere(document: Docx) -> None:
    assert document.links
    assert set(document.links) <= set(document.bookmarks)


def test_docx_says_synthetic_in_the_header_of_every_page(document: Docx) -> None:
    assert document.header.startswith("Synthetic data")
    assert document.headers_used == 1
    assert document.footer.startswith("A small study")


def test_french_docx_says_it_in_french(rendered: Rendered) -> None:
    assert read_docx(rendered.folder / "tables.fr.docx").header.startswith("Données synthétiques")


def test_pdf_says_synthetic_on_every_page(rendered: Rendered) -> None:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext (Debian package poppler-utils) is not installed")
    text = subprocess.run([program, "-layout", rendered.folder / "index.pdf", "-"], capture_output=True, text=True,
                          check=True).stdout  # fmt: skip
    pages = text.split("\f")[:-1]
    assert len(pages) > 2
    assert all("Synthetic data: answers invented by a program" in page for page in pages)
    assert "Use by size" in text and "Table 1:" in text and "Figure 1:" in text


def test_pdf_meets_the_accessibility_standard(rendered: Rendered) -> None:
    log = [line for result in rendered.results for line in result.log]
    assert [line for line in log if "typst" in line and "PDF/UA-1" not in line] == []
    assert sum("PDF/UA-1" in line for line in log) == len(PAGES)


def test_hostile_labels_stay_text_in_docx(document: Docx) -> None:
    assert HOSTILE in document.text


def test_docx_holds_the_picture_as_png(document: Docx) -> None:
    assert [name[-4:] for name in document.parts if name.startswith("word/media/")] == [".png"]


def test_pictures_fill_the_cell_that_holds_them(rendered: Rendered) -> None:
    with zipfile.ZipFile(rendered.folder / "index.docx") as archive:
        body = archive.read("word/document.xml").decode()
    widths = [int(width) for width in re.findall(r'<wp:extent cx="(\d+)"', body)]
    twips = [int(width) for width in re.findall(r'"FigureTable".*?<w:gridCol w:w="(\d+)"', body)]
    margins = 2 * 108  # of a cell, where the style says nothing
    assert widths and twips and set(widths) == {635 * (width - margins) for width in twips}  # 635 EMU are a twip


def test_cross_references_and_callout_stand_in_the_docx(document: Docx) -> None:
    assert "See Figure\u00a01, Table\u00a01, 2 and Section\u00a02." in document.text
    assert "A callout" in document.text and "{{<" not in document.text.replace(HOSTILE, "")
