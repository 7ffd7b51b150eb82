"""The DOCX reference: Pandoc's own, with the house's styles and with the data status in header and footer.

Word takes running headers from the reference file, not from the text, so this file is made for every run: the notice
comes from ``ledger.json`` and is never typed.
"""

from __future__ import annotations

import io
import re
import zipfile
from xml.sax.saxutils import escape

from surveytrail.reporting.extension import EXTENSION

EARLIEST = (1980, 1, 1, 0, 0, 0)
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
STYLE = re.compile(r'\s*<w:style [^>]*?w:styleId="(?P<id>[^"]+)".*?</w:style>', re.DOTALL)
DEFAULTS = re.compile(r"<w:docDefaults>.*?</w:docDefaults>", re.DOTALL)
SECTION = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rIdHeader"/>'
    '<w:footerReference w:type="default" r:id="rIdFooter"/>'
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1560" w:right="1418" w:bottom="1418" w:left="1418" w:header="680" w:footer="624" w:gutter="0"/>'
    "</w:sectPr>"
)


def docx_reference(pandoc_default: bytes, notice: str, title: str) -> bytes:
    """Build the reference file of one language.

    Parameters
    ----------
    pandoc_default : Pandoc's ``reference.docx``
    notice : data status for the header; empty if the data are real
    title : study title for the footer
    """
    with zipfile.ZipFile(io.BytesIO(pandoc_default)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["word/styles.xml"] = _styles(parts["word/styles.xml"].decode()).encode()
    parts["word/header1.xml"] = _header(notice).encode()
    parts["word/footer1.xml"] = _footer(title).encode()
    relations = "".join(
        f'<Relationship Type="{RELATION}/{kind}" Id="rId{kind.title()}" Target="{kind}1.xml" />'
        for kind in ("header", "footer")
    )
    parts["word/_rels/document.xml.rels"] = _before(
        parts["word/_rels/document.xml.rels"], "</Relationships>", relations
    )
    types = "".join(
        f'<Override PartName="/word/{kind}1.xml" ContentType="{CONTENT}.{kind}+xml" />' for kind in ("header", "footer")
    )
    parts["[Content_Types].xml"] = _before(parts["[Content_Types].xml"], "</Types>", types)
    document = re.sub(r"<w:sectPr>.*?</w:sectPr>", SECTION, parts["word/document.xml"].decode(), flags=re.DOTALL)
    parts["word/document.xml"] = document.encode()
    return _zipped(parts)


def _styles(default: str) -> str:
    """Replace Pandoc's styles by the house's where these have the same id; keep the others; add the new ones."""
    house = (EXTENSION / "docx-styles.xml").read_text(encoding="utf-8")
    ours = {match.group("id"): match.group(0) for match in STYLE.finditer(house)}
    defaults = DEFAULTS.search(house)
    assert defaults is not None
    kept = STYLE.sub(lambda match: ours.pop(match.group("id"), match.group(0)), default)
    kept = DEFAULTS.sub(lambda _: defaults.group(0), kept)
    return kept.replace("</w:styles>", "".join(ours.values()) + "\n</w:styles>")


def _header(notice: str) -> str:
    run = f'<w:r><w:t xml:space="preserve">{escape(notice)}</w:t></w:r>' if notice else ""
    return _part("hdr", f'<w:p><w:pPr><w:pStyle w:val="DataStatus"/></w:pPr>{run}</w:p>')


def _footer(title: str) -> str:
    def field(code: str) -> str:
        return f'<w:fldSimple w:instr=" {code} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'

    content = (
        f'<w:r><w:t xml:space="preserve">{escape(title)}</w:t></w:r><w:r><w:tab/></w:r>{field("PAGE")}'
        f'<w:r><w:t xml:space="preserve"> / </w:t></w:r>{field("NUMPAGES")}'
    )
    return _part("ftr", f'<w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>{content}</w:p>')


def _part(root: str, content: str) -> str:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return f"{head}<w:{root} {NAMESPACES}>{content}</w:{root}>"


def _before(part: bytes, tag: str, addition: str) -> bytes:
    return part.decode().replace(tag, addition + tag).encode()


def _zipped(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, EARLIEST), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
