"""Pictures that the layout moves to the top of a page, into the midst of a text that runs over from the page before."""

from __future__ import annotations

from pathlib import Path

import typst

from surveytrail.auditing.pdf import read_pdf
from tests.auditing.small import NUMBER

LAYOUT = Path(__file__).parents[2] / "report" / "_extensions" / "surveytrail" / "typst-template.typ"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="50"><text x="9" y="20">73%</text></svg>'
# the second figure is called for inside the claim, and lands at the top of the page where the claim goes on
PAGE = f"""
#import "layout.typ": *
#show: doc => report(title: [Floats], doc)
#let picture = figure(image("picture.svg", alt: "a picture", width: 100%))
#picture
#lorem(420) #st-mark("claim:long")[#lorem(60)#picture#lorem(260)] #link(<n-000000000000>)[73%]
#picture
== Entry <n-000000000000>
{NUMBER}
"""


def test_a_text_over_two_pages_leaves_a_picture_between_its_parts_to_the_picture(tmp_path: Path) -> None:
    (tmp_path / "layout.typ").write_text(LAYOUT.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "picture.svg").write_text(PICTURE, encoding="utf-8")
    source = tmp_path / "floats.typ"
    source.write_text(PAGE, encoding="utf-8")
    typst.compile(str(source), output=str(tmp_path / "floats.pdf"), root=str(tmp_path), ignore_system_fonts=True)
    rendering = read_pdf(tmp_path / "floats.pdf", "en")
    shown = [picture for picture in rendering.pictures if picture.name == "picture.svg"]
    assert [picture.texts for picture in shown] == [("73%",)] * 3
    claims = [
        piece for block in rendering.blocks for piece in block.pieces if piece.mark and piece.mark.kind == "claim"
    ]
    assert claims and not [piece for piece in claims if "73" in piece.text]
