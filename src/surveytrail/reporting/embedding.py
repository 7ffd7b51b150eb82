"""One self-contained HTML file: stylesheets, scripts and pictures are written into it.

Pandoc can do this too, but reads the whole page again as HTML for it, which takes longer than all the rest. Pages hold
no raw HTML, so that the template's own tags are the only ones to replace.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

STYLESHEET = re.compile(r'<link rel="stylesheet" href="(?P<path>[^"]+)"\s*/?>')
SCRIPT = re.compile(r'<script src="(?P<path>[^"]+)"></script>')
PICTURE = re.compile(r'(?P<tag><img\s[^>]*?src=")(?P<path>[^":]+)(?=")')
MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


def embed_resources(page: Path) -> None:
    """Write the content of every file that an HTML page refers to into the page.

    Parameters
    ----------
    page : the file; what it refers to is found from its folder

    Raises
    ------
    FileNotFoundError : it refers to a file that is not there
    """

    def read(found: re.Match[str]) -> bytes:
        return (page.parent / found["path"]).read_bytes()

    def picture(found: re.Match[str]) -> str:
        media = MEDIA_TYPES[Path(found["path"]).suffix.lower()]
        return f"{found['tag']}data:{media};base64,{base64.b64encode(read(found)).decode()}"

    text = page.read_text(encoding="utf-8")
    text = STYLESHEET.sub(lambda found: f"<style>\n{read(found).decode()}</style>", text)
    text = SCRIPT.sub(lambda found: f"<script>\n{read(found).decode()}</script>", text)
    page.write_text(PICTURE.sub(picture, text), encoding="utf-8")
