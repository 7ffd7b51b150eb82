"""Raw bytes to cells: what survey tools write, and what broken files are told."""

from pathlib import Path

import duckdb
import pytest

from recount.raw import RawFile, connect, load_raw
from surveyspec.codebook import Position
from surveyspec.config import Reader
from surveyspec.problems import StudyError

UTF8 = Reader(tool="unipark")


def load(folder: Path, content: bytes, reader: Reader = UTF8) -> tuple[RawFile, list[tuple[object, ...]]]:
    path = folder / "raw.csv"
    path.write_bytes(content)
    with connect(folder) as connection:
        raw = load_raw(connection, path, reader, "data/raw/raw.csv", "cells")
        return raw, connection.execute("SELECT * FROM cells ORDER BY record").fetchall()


def failing(folder: Path, content: bytes, reader: Reader = UTF8) -> str:
    with pytest.raises(StudyError) as caught:
        load(folder, content, reader)
    return str(caught.value)


def test_quotes_delimiters_and_line_breaks_inside_cells(tmp_path: Path) -> None:
    content = '\ufeff"a";"b";"c"\r\n"1";"x; ""y""\r\nz;";" é\u202f"\r\n2;;\r\n\r\n"3";in"ch;"last"'
    raw, rows = load(tmp_path, content.encode())
    assert raw.header == ("a", "b", "c")
    assert raw.records == 3
    assert rows == [(1, "1", 'x; "y"\r\nz;', " é\u202f"), (2, "2", None, None), (3, "3", 'in"ch', "last")]


def test_a_header_with_line_breaks_and_delimiters(tmp_path: Path) -> None:
    raw, rows = load(tmp_path, b'\n"a\nfirst; second";b\n1;2\n')
    assert raw.header == ("a\nfirst; second", "b")
    assert rows == [(1, "1", "2")]


def test_windows_1252(tmp_path: Path) -> None:
    reader = Reader(tool="csv", encoding="cp1252", delimiter=",")
    _, rows = load(tmp_path, 'id,text\r\n1,"Zürich – 5 €"\r\n'.encode("cp1252"), reader)
    assert rows == [(1, "1", "Zürich – 5 €")]


def test_tab_delimited_one_record_without_a_line_end(tmp_path: Path) -> None:
    _, rows = load(tmp_path, b"a\tb\n1\t2", Reader(tool="csv", encoding="utf-8", delimiter="\t"))
    assert rows == [(1, "1", "2")]


def test_columns_by_name_and_by_place(tmp_path: Path) -> None:
    raw, _ = load(tmp_path, b"id;;v_1;v_1\n1;2;3;4\n")
    assert raw.column("id") == "c1"
    assert raw.column(Position(position=4)) == "c4"
    for column, said in (
        ("v_1", ["2 such columns", "{position: 3}"]),
        ("v_2", ["no such column", "did you mean 'v_1'?"]),
        (Position(position=9), ["column 9", "no such column", "the header has 4 columns"]),
    ):
        with pytest.raises(StudyError) as caught:
            raw.column(column)
        assert all(part in str(caught.value) for part in said), str(caught.value)


def test_longer_than_one_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recount.raw._CHUNK", 7)
    records = "".join(f'{place};"öä\r\n{place}"\r\n' for place in range(1, 200))
    raw, rows = load(tmp_path, f'"number";"a ""name"""\r\n{records}'.encode())
    assert raw.header == ("number", 'a "name"')
    assert raw.records == 199
    assert rows[-1] == (199, "199", "öä\r\n199")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ["an empty file", "export the survey again"]),
        (b"\xef\xbb\xbf\r\n", ["an empty file"]),
        (b"a;b\r\n", ["a header without records"]),
        (b"a;b\r\n1;2\r\n3\r\n", ["raw.csv:3", "1 cells", "2 cells as in the header"]),
        (b"a;b\r\n1;2;3\r\n", ["raw.csv:2", "3 cells", "2 cells as in the header"]),
        (b'a;b\n1;"2\n3;4\n', ["a quote that is opened and never closed"]),
        (b'a;b\n1;"2"x\n', ["raw.csv:2", "text after a closing quote"]),
        (b"a;b\n1;2\n3;\xe9\n", ["raw.csv:3", "byte 0xe9", "not utf-8-sig", "older exports are cp1252"]),
    ],
)
def test_broken_files(tmp_path: Path, content: bytes, said: list[str]) -> None:
    text = failing(tmp_path, content)
    assert "data/raw/raw.csv" in text
    assert all(part in text for part in said), text


def test_no_such_file(tmp_path: Path) -> None:
    with connect(tmp_path) as connection, pytest.raises(StudyError) as caught:
        load_raw(connection, tmp_path / "absent.csv", UTF8, "data/raw/absent.csv", "cells")
    assert "data/raw/absent.csv" in str(caught.value)
    assert "no such file" in str(caught.value)


def test_one_thread_and_nothing_fetched_from_elsewhere(tmp_path: Path) -> None:
    with connect(tmp_path) as connection:
        assert connection.execute("SELECT current_setting('threads')").fetchone() == (1,)
        with pytest.raises(duckdb.Error):
            connection.execute("LOAD httpfs")
