"""A wave from raw bytes to numbers, against figures computed by hand."""

import math
from pathlib import Path

import pytest

from recount.cleaning import exclude_records
from recount.coding import code_answers, names_of
from recount.raw import connect, load_raw
from surveyspec.problems import StudyError
from surveyspec.study import load_study
from tests.recount.studies import recounted
from tests.tiny import CODEBOOK, CONFIG, HEADER, MARGINS, RECORDS, write_tiny


def coded(folder: Path, *columns: str) -> list[tuple[object, ...]]:
    """Return columns of the coded answers, record by record."""
    wave = load_study(folder).waves["w1"]
    with connect(folder) as connection:
        raw = load_raw(connection, folder / wave.wave.raw, wave.wave.reader, wave.wave.raw, "raw_cells")
        code_answers(connection, raw, wave, "coded")
        return connection.execute(f"SELECT {', '.join(columns)} FROM coded ORDER BY record").fetchall()


def failing(folder: Path) -> str:
    with pytest.raises(StudyError) as caught:
        recounted(folder)
    return str(caught.value)


def test_cells_become_codes_or_reasons(tmp_path: Path) -> None:
    rows = coded(write_tiny(tmp_path), '"v_USE_A"', '"r_USE_A"', '"v_USE_B"', '"r_USE_B"', '"v_ANY"')
    assert rows == [
        (1, None, None, "NOT_ASKED", 0),
        (2, None, 3, None, 1),
        (3, None, 1, None, 1),
        (None, "DONT_KNOW", None, "NOT_REACHED", None),  # not known whether it was asked
        (2, None, 2, None, 1),
        (2, None, 2, None, 1),
        (None, "IMPLAUSIBLE", 2, None, 1),
        (3, None, 3, None, 1),
    ]


def test_texts_stay_as_they_stand_and_numbers_must_be_in_range(tmp_path: Path) -> None:
    records = ['"1";" 12.5 ";"1";"1";"1";" two\nlines ";""', '"2";"1e3";"1";"1";"1";"\u202f";""']
    records += ['"3";"-1";"1";"1";"1";"";""', '"4";"9999";"1";"1";"1";"x";""', '"5";"1,5";"1";"1";"1";"x";""']
    rows = coded(write_tiny(tmp_path, records=records), '"v_TIME"', '"r_TIME"', '"v_TEXT"', '"r_TEXT"')
    assert rows == [
        (12.5, None, " two\r\nlines ", None),
        (None, "IMPLAUSIBLE", None, "NO_ANSWER"),
        (None, "IMPLAUSIBLE", None, "NO_ANSWER"),
        (9999, None, "x", None),
        (None, "IMPLAUSIBLE", "x", None),
    ]


def test_cells_that_hold_text_and_columns_by_place(tmp_path: Path) -> None:
    codebook = CODEBOOK.replace("{code: 1, slug: small,", '{code: 1, slug: small, raw: "up to 9",')
    codebook = codebook.replace("code: SIZE, column: v_1", "code: SIZE, column: {position: 3}")
    records = ['1;100;"up to 9";1;1;;', "2;100;2;1;1;;", "3;100;1;1;1;;"]
    folder = write_tiny(tmp_path, codebook=codebook, records=records, header="lfdn;duration;;v_2;v_3;v_4;ip")
    assert coded(folder, '"v_SIZE"', '"r_SIZE"') == [(1, None), (2, None), (None, "IMPLAUSIBLE")]


def test_names_know_texts_from_numbers(tmp_path: Path) -> None:
    names = names_of(load_study(write_tiny(tmp_path)).waves["w1"])
    assert names.texts == {"TEXT"}
    assert "ANY" not in names.reasons


def test_flow_adds_up(tmp_path: Path) -> None:
    found = recounted(write_tiny(tmp_path))
    flow = {name.split(".", 2)[2]: result.value for name, result in found.items() if ".flow." in name}
    assert flow == {
        "records.unweighted": 8, "excluded.no_size.unweighted": 1, "excluded.speeders.unweighted": 1,
        "analysed.unweighted": 6,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "excluded"),
    [
        ("duplicates_of: [SIZE, USE_A]", {5}),  # 2 and 5 agree; 4 and 7 lack an answer
        ("duplicates_of: [SIZE, USE_A], keep: last", {2}),
        ("faster_than: 0.95, variable: TIME, among: USE_A == 2", {1, 5}),  # 110, 10 and 140: median 110
        ("faster_than: 0.95, variable: TIME, among: USE_A == 3", {1, 2, 3, 4, 5}),  # 120 and 160: median 140
        ("faster_than: 0.95, variable: TIME, among: SIZE == 9", set()),
        ("exclude: USE_A >= 2", {2, 3, 5, 6, 8}),  # unknown stays
        ("exclude: not USE_A >= 2", {1}),
    ],
)
def test_cleaning_rules(tmp_path: Path, rule: str, excluded: set[int]) -> None:
    start, end = CONFIG.index("    cleaning:"), CONFIG.index("    weights:")
    config = f"{CONFIG[:start]}    cleaning:\n      - {{id: only, label: {{en: Only}}, {rule}}}\n{CONFIG[end:]}"
    folder = write_tiny(tmp_path, config=config, records=[record.replace('"0"', '"2"') for record in RECORDS])
    wave = load_study(folder).waves["w1"]
    with connect(folder) as connection:
        raw = load_raw(connection, folder / wave.wave.raw, wave.wave.reader, wave.wave.raw, "raw_cells")
        code_answers(connection, raw, wave, "coded")
        flow = exclude_records(connection, wave, names_of(wave), "coded", "analysed")
        left = {record for (record,) in connection.execute("SELECT record FROM analysed").fetchall()}
    assert set(range(1, 9)) - left == excluded
    assert flow == {"records": 8, "excluded.only": len(excluded), "analysed": 8 - len(excluded)}


def test_unweighted_shares_and_means(tmp_path: Path) -> None:
    found = recounted(write_tiny(tmp_path))
    alpha = found["w1.use.alpha.unweighted"]
    assert (alpha.value, alpha.numerator, alpha.denominator, alpha.n_used) == (0.75, 3, 4, 4)
    assert alpha.limits == pytest.approx((0.3006418, 0.9544127), abs=1e-7)  # Wilson's interval of 3 in 4
    small, large = (found[f"w1.use.alpha.size={size}.unweighted"] for size in ("small", "large"))
    assert (small.numerator, small.denominator, large.numerator, large.denominator) == (2, 3, 1, 1)
    mean = found["w1.level.unweighted"]
    squares = 1.25**2 + 0.25**2 + 2 * 0.75**2
    assert (mean.value, mean.n_used, mean.df) == (2.25, 4, 3)
    assert mean.se == pytest.approx(math.sqrt(6 / 5 * squares) / 4)  # a domain of the six analysed records
    assert mean.limits == pytest.approx((2.25 - 3.182446305 * mean.se, 2.25 + 3.182446305 * mean.se))


def test_raked_shares_and_means(tmp_path: Path) -> None:
    found = recounted(write_tiny(tmp_path))
    share, mean = found["w1.use.alpha.raked"], found["w1.level.raked"]
    assert share.value == pytest.approx(3.6 / 5.2)
    assert mean.value == pytest.approx(10.8 / 5.2)
    p = 3.6 / 5.2
    small = [1.6 * (deviation - (2 - 3 * p) / 3) for deviation in (-p, 1 - p, 1 - p)]  # residuals from the cell means
    large = [0.4 * (deviation - (1 - p) / 3) for deviation in (1 - p, 0, 0)]
    variance = 6 / 5 * sum((residual / 5.2) ** 2 for residual in small + large)
    assert share.se == pytest.approx(math.sqrt(variance))
    odds, half = math.log(p / (1 - p)), 3.182446305 * math.sqrt(variance) / (p * (1 - p))
    expected = [1 / (1 + math.exp(-(odds + sign * half))) for sign in (-1, 1)]
    assert share.limits == pytest.approx(tuple(expected))
    assert found["w1.weights.deff.raked"].value == pytest.approx(1.36)
    assert found["w1.weights.margin_after.size=small.raked"].value == pytest.approx(0.8)
    assert found["w1.weights.margin_before.size=small.raked"].value == 0.5


def test_records_outside_the_population_have_no_weight(tmp_path: Path) -> None:
    only = CONFIG.replace("        variables: [SIZE]\n", "        variables: [SIZE]\n        population: SIZE == 1\n")
    found = recounted(write_tiny(tmp_path, config=only))
    assert found["w1.weights.records_outside.raked"].value == 3
    assert found["w1.use.alpha.raked"].value == pytest.approx(2 / 3)
    empty = found["w1.use.alpha.size=large.raked"]
    assert (empty.value, empty.n_used, empty.limits) == (None, 0, (None, None))


def test_weighted_shares_of_none_and_all(tmp_path: Path) -> None:
    found = recounted(write_tiny(tmp_path))
    everybody = found["w1.use.beta.size=small.raked"]
    assert (everybody.value, everybody.se, everybody.n_used) == (1, 0, 2)
    assert everybody.limits == pytest.approx((math.sqrt(0.025), 1))  # Clopper and Pearson's for 2 in 2
    single = found["w1.use.alpha.size=large.raked"]
    assert (single.value, single.se, single.df) == (1, None, 0)
    assert single.limits == pytest.approx((0.025, 1))


def test_weights_cut_in_the_end_are_counted(tmp_path: Path) -> None:
    # raked: three weights of 1.8 and three of 0.2; the bound is 1.5 times the median, 1
    trim = CONFIG.replace(
        "        variables: [SIZE]\n", "        variables: [SIZE]\n        trim: {upper: 1.5, relative_to: median}\n"
    )
    margins = MARGINS.replace("0.8", "0.9").replace("0.2", "0.1")
    found = recounted(write_tiny(tmp_path, config=trim, margins=margins))
    assert found["w1.weights.trimmed.raked"].value == 3
    assert found["w1.weights.maximum.raked"].value == pytest.approx(1.5)
    assert found["w1.weights.minimum.raked"].value == pytest.approx(0.5)


def test_a_weight_from_the_file(tmp_path: Path) -> None:
    column = CONFIG[: CONFIG.index("        method: raking")] + "        method: column\n        variable: TIME\n"
    column += CONFIG[CONFIG.index("estimates:") :]
    found = recounted(write_tiny(tmp_path, config=column))
    assert found["w1.use.alpha.raked"].value == pytest.approx((110 + 120 + 160) / 490)
    text = failing(write_tiny(tmp_path, config=column.replace("variable: TIME", "variable: USE_A")))
    assert "variable USE_A" in text and "2 missing or negative weights" in text


def test_a_column_that_the_file_lacks(tmp_path: Path) -> None:
    text = failing(write_tiny(tmp_path, header=HEADER.replace("v_2", "w_2")))
    assert "data/raw/w1.csv" in text and "column 'v_2'" in text and "did you mean" in text


def test_respondents_need_ids_of_their_own(tmp_path: Path) -> None:
    text = failing(write_tiny(tmp_path, records=[*RECORDS, RECORDS[2], RECORDS[0].replace('"1"', '""', 1)]))
    assert "records 3, 9, variable ID" in text and "records 10, variable ID" in text


@pytest.mark.parametrize(
    ("margins", "said"),
    [
        ("margin,level,share\nSIZE,huge,0.2\n", ["level huge", "one of small, large"]),
        ("margin,level,share\nSIZE,small,two\n", ["share 'two'", "a number above 0"]),
        ("margin,level,share\nAGE,small,0.2\n", ["margin 'SIZE'", "no row"]),
        ("margin,level,share\nSIZE,small,1\n", ["codes 2 without a row"]),
        ("margin,part\nSIZE,small\n", ["data/raw/margins.csv", "the columns margin, level, share"]),
    ],
)
def test_margins_that_do_not_fit(tmp_path: Path, margins: str, said: list[str]) -> None:
    text = failing(write_tiny(tmp_path, margins=margins))
    assert all(part in text for part in said), text
