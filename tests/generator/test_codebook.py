"""The codebook of the first wave: complete in four languages, and in step with the export."""

from __future__ import annotations

import csv
import re
from collections import Counter
from fnmatch import fnmatchcase

import pytest

from surveyspec.codebook import Codebook
from surveyspec.study import load_codebook
from tests.generator.independent import COLUMN, ROOT, raw_records

LANGUAGES = {"de", "fr", "it", "en"}
DOMAIN = ROOT / ".." / "shared" / "domain"
beside = pytest.mark.skipif(not DOMAIN.exists(), reason="the collection of domain facts is not beside this checkout")


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    return load_codebook(ROOT, "data/codebooks/wave1.yaml")


def plain(text: str) -> str:
    """Return a text without its typography: spaces that break, straight apostrophes."""
    return re.sub("[\u00a0\u202f]", " ", text).replace("’", "'").strip()


def test_questions(codebook: Codebook) -> None:
    questions = {v.code.removeprefix("W1_"): v.column for v in codebook.variables if v.code.startswith("W1_")}
    assert questions == COLUMN
    assert len(questions) == 91


def test_every_text_in_every_language(codebook: Codebook) -> None:
    texts = [codebook.title, *codebook.stems.values()]
    texts += [variable.label for variable in codebook.variables]
    texts += [category.label for categories in codebook.scales.values() for category in categories]
    assert len(texts) > 220
    for text in texts:
        assert set(text) == LANGUAGES
        assert all(wording.strip() == wording and wording for wording in text.values())
        assert "ß" not in text["de"]
        assert not re.search(r"[ \u00a0][?!:;»]", text["fr"]), text["fr"]  # a narrow space that does not break


def test_each_column_has_one_place(codebook: Codebook) -> None:
    """Every column of the export is a variable, dropped, or left out for a reason: exactly one of them."""
    claims: Counter[str] = Counter()
    for column in raw_records()[0]:
        claims[column] += sum(variable.column == column for variable in codebook.variables)
        claims[column] += sum(
            fnmatchcase(column, entry.column) for entry in [*codebook.dropped, *codebook.not_analysed]
        )
    assert set(claims.values()) == {1}
    used = [*codebook.dropped, *codebook.not_analysed]
    assert all(any(fnmatchcase(column, entry.column) for column in claims) and entry.reason for entry in used)


def test_identifiers_never_leave_the_importer(codebook: Codebook) -> None:
    dropped = {entry.column for entry in codebook.dropped}
    identifying = {"external_lfdn", "ip_addr", "ext_host", "browser", "referer", "session_id"}
    identifying |= {column for column in raw_records()[0] if column.startswith("participant_")}
    assert identifying <= dropped
    restricted = {variable.code for variable in codebook.variables if variable.sensitivity == "restricted"}
    assert {"LFDN", "INVITATION", "DATETIME", "W1_OPEN", "W1_BAR_TXT", "W1_YOB", "W1_CANT"} <= restricted


def test_every_cell_is_explained_but_the_odd_ones(codebook: Codebook) -> None:
    unexplained = []
    for variable in codebook.variables:
        if variable.type in {"open", "metadata", "date"}:
            continue
        known = {category.cell for category in codebook.categories(variable)}
        known |= set(codebook.missing.get(variable.missing or "", {}))
        for record in raw_records():
            cell = record[str(variable.column)]
            in_range = variable.range and cell.isdigit() and variable.range[0] <= int(cell) <= variable.range[1]
            if cell not in known and not in_range:
                unexplained.append((variable.code, cell))
    assert len(unexplained) == 14


def test_every_category_has_a_slug_of_its_own(codebook: Codebook) -> None:
    for name, categories in codebook.scales.items():
        slugs = [category.slug for category in categories]
        assert len(set(slugs)) == len(slugs), name
        reasons = {category.slug for category in categories if category.reason is not None}
        assert reasons == ({"dont_know"} if 8 in {c.code for c in categories} and "dont_know" in slugs else set())
    assert [category.slug for category in codebook.scales["SIZE"]] == ["micro", "small", "medium", "large"]
    cantons = codebook.scales["CANTON"]
    assert [canton.code for canton in cantons] == list(range(1, 27))
    assert all(re.fullmatch("[A-Z]{2}", canton.raw or "") for canton in cantons)


def test_batteries_share_scale_and_stem(codebook: Codebook) -> None:
    batteries = {variable.battery for variable in codebook.variables} - {None}
    assert len(batteries) == 11
    for battery in batteries:
        items = [variable for variable in codebook.variables if variable.battery == battery]
        assert len(items) > 1
        assert len({(item.scale, item.stem, item.type, item.missing) for item in items}) == 1, battery


@beside
def test_wording_is_that_of_the_instrument(codebook: Codebook) -> None:
    """Stem and label together are the wording of the proposal, in each language."""
    with (DOMAIN / "wave1_variables.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 91
    for row in rows:
        variable = codebook.by_code[row["code"]]
        assert variable.column == row["export_column"]
        question = codebook.question(variable)
        for language in LANGUAGES:
            assert plain(question[language]) == plain(row[f"label_{language}"])
        assert (row["base_filter"] == "all") == (variable.filter is None)


@beside
def test_answers_are_those_of_the_scales(codebook: Codebook) -> None:
    with (DOMAIN / "scales.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["scale"] in codebook.scales and "–" not in row["value"][:2]]
    assert len(rows) == 70
    for row in rows:
        category = next(c for c in codebook.scales[row["scale"]] if c.code == int(row["value"].split()[0]))
        for language in LANGUAGES:
            wanted = re.sub(" → .*", "", row[f"label_{language}"])
            assert plain(category.label[language]) == plain(wanted)
