"""The codebook of the second wave: complete in four languages, and in step with the export."""

from __future__ import annotations

import csv
import re
from collections import Counter
from fnmatch import fnmatchcase

import pytest

from surveyspec.codebook import Codebook
from surveyspec.study import load_codebook
from tests.generator.independent_wave2 import PAGES, QUESTIONS, ROOT, raw_records
from tests.generator.test_codebook import DOMAIN, LANGUAGES, beside, plain

TRANSLATED_NAMES = {"YN": {"Y": 1, "N": 0}}


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    return load_codebook(ROOT, "data/codebooks/wave2.yaml")


def test_questions_and_pages(codebook: Codebook) -> None:
    questions = [variable for variable in codebook.variables if variable.page is not None]
    assert [variable.column for variable in questions] == QUESTIONS
    assert len(questions) == 90
    for variable in questions:
        assert str(variable.column) in PAGES[(variable.page or 0) - 1]
        assert variable.missing == "lime"
    assert codebook.by_code["LASTPAGE"].range == (0, len(PAGES))


def test_every_text_in_every_language(codebook: Codebook) -> None:
    texts = [codebook.title, *codebook.stems.values()]
    texts += [variable.label for variable in codebook.variables]
    texts += [category.label for categories in codebook.scales.values() for category in categories]
    assert len(texts) > 230
    for text in texts:
        assert set(text) == LANGUAGES
        assert all(wording.strip() == wording and wording for wording in text.values())
        assert "ß" not in text["de"]
        assert not re.search(r"[ \u00a0][?!:;»]", text["fr"]), text["fr"]  # a narrow space that does not break


def test_each_column_has_one_place(codebook: Codebook) -> None:
    claims: Counter[str] = Counter()
    used = [*codebook.dropped, *codebook.not_analysed]
    for column in raw_records()[0]:
        claims[column] += sum(variable.column == column for variable in codebook.variables)
        claims[column] += sum(fnmatchcase(column, entry.column) for entry in used)
    assert set(claims.values()) == {1}
    assert all(any(fnmatchcase(column, entry.column) for column in claims) and entry.reason for entry in used)


def test_sensitivity(codebook: Codebook) -> None:
    assert {entry.column for entry in codebook.dropped} == {"token", "ipaddr", "refurl"}
    restricted = {variable.code for variable in codebook.variables if variable.sensitivity == "restricted"}
    assert {
        "RESPONSE_ID",
        "INVITATION",
        "SUBMITDATE",
        "CANT",
        "FOUND",
        "BUDG",
        "TXT",
        "CT_OTHER",
        "BAR_OTHER",
    } <= restricted


def test_options_left_empty_are_not_ticked(codebook: Codebook) -> None:
    for variable in codebook.variables:
        assert codebook.empty_answer(variable) == (0 if variable.type == "multiple" else None)


def test_scales_shared_with_the_first_wave_are_the_same(codebook: Codebook) -> None:
    first = load_codebook(ROOT, "data/codebooks/wave1.yaml")
    shared = set(first.scales) & set(codebook.scales)
    assert shared == {"SIZE", "NOGA10", "CANTON", "B2BSH", "EXPSH", "STRAT4", "LANG"}
    for name in shared:
        assert codebook.scales[name] == first.scales[name]
    for code, other in (("TRU_DATA", "W1_TR_DATA"), ("PRS_CU", "W1_PRES_CU"), ("BAR_ROI", "W1_BAR_ROI")):
        assert codebook.by_code[code].slug == first.by_code[other].slug
        assert codebook.by_code[code].label == first.by_code[other].label


def test_batteries_share_scale_stem_and_page(codebook: Codebook) -> None:
    batteries = {variable.battery for variable in codebook.variables} - {None}
    assert batteries == {"CHS", "GOAL", "ATTN", "CT", "PR", "KPI", "PRS", "TRU", "BAR"}
    for battery in batteries:
        items = [variable for variable in codebook.variables if variable.battery == battery]
        assert len(items) > 1
        assert len({(item.scale, item.stem, item.type, item.missing, item.page) for item in items}) == 1, battery


@beside
def test_wording_is_that_of_the_instrument(codebook: Codebook) -> None:
    with (DOMAIN / "wave2_variables.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["code"] for row in rows] == [v.code for v in codebook.variables if v.page is not None]
    for row in rows:
        variable = codebook.by_code[row["code"]]
        assert variable.column == row["export_column"]
        question = codebook.question(variable)
        for language in LANGUAGES:
            assert plain(question[language]) == plain(row[f"label_{language}"])
        assert (row["base_filter"] == "all") == (variable.filter is None)
        assert ("GOAL" in row["base_filter"]) == ("GOAL" in (variable.filter or ""))


@beside
def test_answers_are_those_of_the_scales(codebook: Codebook) -> None:
    with (DOMAIN / "scales.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["scale"] in codebook.scales]
    assert len(rows) == 80
    for row in rows:
        value = row["value"].split()[0]
        code = TRANSLATED_NAMES[row["scale"]][value] if row["scale"] in TRANSLATED_NAMES else int(value)
        category = next(category for category in codebook.scales[row["scale"]] if category.code == code)
        for language in LANGUAGES:
            assert plain(category.label[language]) == plain(re.sub(" → .*", "", row[f"label_{language}"]))
