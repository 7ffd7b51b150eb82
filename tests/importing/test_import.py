"""Raw exports: what is read, what is lost, and what stops the import."""

from pathlib import Path

import pytest

from surveyspec.problems import StudyError
from surveyspec.study import load_study
from surveytrail.importing.coding import Responses, code_responses
from surveytrail.importing.reading import read_raw
from tests.tiny import CODEBOOK, CONFIG, HEADER, RECORDS, write_tiny


def imported(folder: Path) -> Responses:
    study = load_study(folder)
    wave = study.waves["w1"]
    return code_responses(read_raw(folder / wave.wave.raw, wave.wave.reader, wave.wave.raw), wave.wave, wave.codebook)


def failing(folder: Path) -> str:
    with pytest.raises(StudyError) as caught:
        imported(folder)
    return str(caught.value)


def test_codes_reasons_and_lines(tmp_path: Path) -> None:
    frame = imported(write_tiny(tmp_path)).frame.set_index("record")
    assert frame["USE_A"].dropna().to_dict() == {1: 1, 2: 2, 3: 3, 5: 2, 6: 2, 8: 3}
    reasons = {code: frame[f"{code}:reason"].dropna().to_dict() for code in ("SIZE", "USE_A", "USE_B")}
    assert reasons == {
        "SIZE": {6: "NO_ANSWER"},
        "USE_A": {4: "DONT_KNOW", 7: "IMPLAUSIBLE"},
        # record 1 was filtered out, of record 4 the filter question itself is missing
        "USE_B": {1: "NOT_ASKED", 4: "NOT_REACHED"},
    }
    assert frame.loc[2, ["first_line", "last_line"]].tolist() == [3, 4]
    assert frame.loc[3, "first_line"] == 5
    assert frame.loc[2, "TEXT"] == 'two\r\nlines; and a "quote"'
    assert frame.loc[3, "TEXT"] == "=1+1"
    assert frame["respondent"].tolist() == [str(number) for number in range(1, 9)]


def test_identifiers_never_leave_and_losses_are_written_down(tmp_path: Path) -> None:
    responses = imported(write_tiny(tmp_path))
    assert not responses.frame.map(lambda cell: "10.0.0." in str(cell)).any().any()
    rows = responses.losses.fillna("").to_dict("records")
    assert [(row["column"], row["loss"]) for row in rows] == [
        ("ip", "identifier dropped"),
        ("v_2", "cell not understood"),
    ]
    assert (rows[1]["record"], rows[1]["line"], rows[1]["found"]) == (7, 9, "7")


def test_restricted_text_is_not_quoted_in_the_loss_report(tmp_path: Path) -> None:
    codebook = CODEBOOK.replace("code: TIME, column: duration", "code: TIME, sensitivity: restricted, column: duration")
    records = [RECORDS[0].replace('"100"', '"four"'), *RECORDS[1:]]
    losses = imported(write_tiny(tmp_path, codebook=codebook, records=records)).losses
    assert losses.loc[losses["variable"] == "TIME", "found"].tolist() == ["(restricted)"]


def test_cells_are_compared_without_surrounding_spaces(tmp_path: Path) -> None:
    frame = imported(write_tiny(tmp_path, records=['"1"; "100";" 2 ";"1";"-77";"";""', *RECORDS[1:]])).frame
    # a space before an opening quote makes the quote part of the cell: not understood, and said so
    assert frame.loc[0, "SIZE"] == 2
    assert frame.loc[0, "TIME:reason"] == "IMPLAUSIBLE"


def test_columns_by_position(tmp_path: Path) -> None:
    header = HEADER.replace('"v_2"', '""').replace('"v_3"', '"v_1"')
    codebook = (
        CODEBOOK.replace("column: v_1,", "column: {position: 3},")
        .replace("column: v_2", "column: {position: 4}")
        .replace("column: v_3", "column: {position: 5}")
    )
    frame = imported(write_tiny(tmp_path, header=header, codebook=codebook)).frame
    assert frame["USE_B"].tolist()[1] == 3


@pytest.mark.parametrize(
    ("header", "codebook", "said"),
    [
        (HEADER.replace("v_3", "v_9"), CODEBOOK, ["column 'v_3'", "no such column", "did you mean", "columns v_9"]),
        (HEADER.replace("v_3", "v_2"), CODEBOOK, ["2 columns called 'v_2'", "{position: N}"]),
        (HEADER, CODEBOOK.replace("column: ip", "column: host"), ["columns ip", "not_analysed"]),
        (HEADER, CODEBOOK.replace("column: v_4", "column: {position: 12}"), ["column 12", "7 columns"]),
    ],
)
def test_columns_that_do_not_fit(tmp_path: Path, header: str, codebook: str, said: list[str]) -> None:
    text = failing(write_tiny(tmp_path, header=header, codebook=codebook))
    assert "data/raw/w1.csv:1" in text
    for words in said:
        assert words in text


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([], ["a header and at least one record"]),
        ([*RECORDS, '"9";"100"'], ["data/raw/w1.csv:11: record 9", "2 cells", "7 cells as in the header"]),
        ([*RECORDS, '"9";"100";"1";"1";"1";"never closed'], ["data/raw/w1.csv:11", "a quote is probably missing"]),
        ([*RECORDS, RECORDS[2]], ["data/raw/w1.csv:11: record 9, variable ID", "the id '3' of record 3 again"]),
        ([*RECORDS, '"";"100";"1";"1";"1";"";""'], ["record 9, variable ID", "no respondent id"]),
        ([*RECORDS, '"9";"1\x00";"1";"1";"1";"";""'], ["data/raw/w1.csv:11", "a NUL character"]),
    ],
)
def test_damaged_files(tmp_path: Path, records: list[str], said: list[str]) -> None:
    text = failing(write_tiny(tmp_path, records=records))
    for words in said:
        assert words in text


def test_bytes_outside_the_encoding(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path)
    raw = folder / "data/raw/w1.csv"
    raw.write_bytes(raw.read_bytes().replace(b"=1+1", b"caf\xe9"))
    text = failing(folder)
    assert "data/raw/w1.csv:5" in text
    assert "byte 0xe9" in text
    assert "cp1252" in text
    config = CONFIG.replace("utf-8-sig", "cp1252")
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    raw.write_bytes(raw.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    assert imported(folder).frame.loc[2, "TEXT"] == "café"


def test_missing_and_empty_files(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path)
    (folder / "data/raw/w1.csv").write_bytes(b"\xef\xbb\xbf"[:0])
    assert "an empty file" in failing(folder)
    (folder / "data/raw/w1.csv").unlink()
    assert "no such file" in failing(folder)
