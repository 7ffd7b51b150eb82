"""A page becomes one file."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from surveytrail.reporting.embedding import embed_resources

PAGE = """\
<link rel="stylesheet" href="look.css">
<p>&lt;img src="not_there.png"&gt; <a href="#n-1">1</a></p>
<img class="wide" src="figures/a.svg" alt="x" />
<script src="act.js"></script>
"""


def test_what_a_page_refers_to_is_written_into_it(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    for name, content in {"look.css": "p { }\n", "figures/a.svg": "<svg/>", "act.js": "go();\n"}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    embed_resources(page)
    picture = base64.b64encode(b"<svg/>").decode()
    assert page.read_text(encoding="utf-8") == (
        "<style>\np { }\n</style>\n"
        '<p>&lt;img src="not_there.png"&gt; <a href="#n-1">1</a></p>\n'
        f'<img class="wide" src="data:image/svg+xml;base64,{picture}" alt="x" />\n'
        "<script>\ngo();\n</script>\n"
    )


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<script src="act.js"></script>', encoding="utf-8")
    with pytest.raises(FileNotFoundError, match=r"act\.js"):
        embed_resources(tmp_path / "page.html")
