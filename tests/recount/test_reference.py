"""From raw bytes to the figures of R's survey package: weighted means, intervals, Rao and Scott's test."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from recount.results import Result
from tests.recount.studies import recounted

REFERENCE = Path(__file__).parents[1] / "reference"
INDUSTRIES = ["constr", "info", "manuf", "other", "prof", "trade"]
CODEBOOK = """\
wave: w1
title: {en: Business survey}
languages: [en]
scales:
  ITEM: [{code: 0, slug: not_named, label: {en: not named}}, {code: 1, slug: named, label: {en: named}}]
  SIZE:
    - {code: 1, slug: micro, raw: micro, label: {en: micro}}
    - {code: 2, slug: small, raw: small, label: {en: small}}
    - {code: 3, slug: medium, raw: medium, label: {en: medium}}
    - {code: 4, slug: large, raw: large, label: {en: large}}
  INDUSTRY:
    - {code: 1, slug: constr, raw: constr, label: {en: construction}}
    - {code: 2, slug: info, raw: info, label: {en: information}}
    - {code: 3, slug: manuf, raw: manuf, label: {en: manufacturing}}
    - {code: 4, slug: other, raw: other, label: {en: other}}
    - {code: 5, slug: prof, raw: prof, label: {en: professional}}
    - {code: 6, slug: trade, raw: trade, label: {en: trade}}
variables:
  - {code: ID, column: firm_id, slug: id, type: numeric, label: {en: Firm}}
  - {code: NRW, column: nrw, slug: nrw, type: numeric, label: {en: Weight}}
  - {code: LIKERT, column: likert, slug: likert, type: numeric, range: [1, 5], label: {en: Agreement}}
  - {code: AI, column: uses_ai, slug: ai, type: single, scale: ITEM, label: {en: Uses AI}}
  - {code: RARE, column: rare_item, slug: rare, type: single, scale: ITEM, label: {en: Rare item}}
  - {code: SIZE, column: size, slug: size, type: single, scale: SIZE, label: {en: Size}}
  - {code: INDUSTRY, column: industry, slug: industry, type: single, scale: INDUSTRY, label: {en: Industry}}
"""
CONFIG = """\
study: {id: business, title: {en: Business survey}, languages: [en]}
waves:
  w1:
    label: {en: Business survey}
    raw: biz.csv
    reader: {tool: csv, encoding: utf-8, delimiter: ","}
    codebook: codebook.yaml
    respondent: ID
    weights:
      given: {label: {en: Weight of the file}, method: column, variable: NRW}
estimates:
  - {id: ai, label: {en: Uses AI}, wave: w1, share: AI == 1, by: [INDUSTRY], weights: [given]}
  - {id: ai_mean, label: {en: Uses AI}, wave: w1, mean: AI, by: [INDUSTRY], weights: [given]}
  - {id: rare, label: {en: Rare}, wave: w1, share: RARE == 1, weights: [given]}
  - {id: likert, label: {en: Agreement}, wave: w1, mean: LIKERT, weights: [given]}
hypotheses:
  - {id: T1, label: {en: AI by size}, wave: w1, plan: confirmatory, family: one, test: rao_scott, x: AI, y: SIZE,
     expect: different, weight: given}
  - {id: T2, label: {en: Agreement by size}, wave: w1, plan: confirmatory, family: one, test: rao_scott, x: LIKERT,
     y: SIZE, expect: different, weight: given}
report: {languages: [en], pages: [report/index.qmd]}
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    folder = tmp_path_factory.mktemp("business")
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "codebook.yaml").write_text(CODEBOOK, encoding="utf-8")
    shutil.copy(REFERENCE / "data" / "biz.csv", folder)
    return recounted(folder)


def case(group: str, identifier: str) -> dict[str, Any]:
    cases = json.loads((REFERENCE / "cases" / f"{group}.json").read_text(encoding="utf-8"))
    return next(entry for entry in cases if entry["id"] == identifier)


@pytest.mark.parametrize(("estimate", "y"), [("ai_mean", "uses_ai"), ("likert", "likert")])
def test_weighted_means(found: dict[str, Result], estimate: str, y: str) -> None:
    ours, expected = found[f"w1.{estimate}.given"], case("mean", f"biz_w.mean.{y}")
    assert ours.df == expected["df"]
    assert (ours.value, ours.se) == pytest.approx((expected["value"][0], expected["se"][0]), rel=1e-12)
    assert ours.limits == pytest.approx((expected["ci_lower"][0], expected["ci_upper"][0]), rel=1e-11)


@pytest.mark.parametrize(("estimate", "y"), [("ai", "uses_ai"), ("rare", "rare_item")])
def test_logit_intervals(found: dict[str, Result], estimate: str, y: str) -> None:
    ours, expected = found[f"w1.{estimate}.given"], case("ciprop", f"ciprop.biz_w.{y}.logit.95")
    # R finds these by iteration, stopped at 1e-8
    assert ours.limits == pytest.approx((expected["ci_lower"], expected["ci_upper"]), rel=1e-8)
    assert ours.se == pytest.approx(expected["se"], rel=1e-9)


@pytest.mark.parametrize("place", range(6))
def test_domains(found: dict[str, Result], place: int) -> None:
    ours = found[f"w1.ai_mean.industry={INDUSTRIES[place]}.given"]
    expected = case("domain", "by.biz_w.mean.uses_ai.industry")
    assert ours.df == expected["domain_df"][place]
    assert (ours.value, ours.se) == pytest.approx((expected["value"][place], expected["se"][place]), rel=1e-12)
    limits = (expected["ci_domdf_lower"][place], expected["ci_domdf_upper"][place])
    assert ours.limits == pytest.approx(limits, rel=1e-11)


@pytest.mark.parametrize(("test", "row"), [("T1", "uses_ai"), ("T2", "likert_f")])
def test_rao_scott(found: dict[str, Result], test: str, row: str) -> None:
    expected = case("chisq", f"chisq.biz_w.{row}.size.F")
    ours = {name: found[f"w1.{test}.{name}.given"] for name in ("f", "df1", "df2", "p", "n")}
    assert ours["f"].value == pytest.approx(expected["statistic"], rel=1e-10)
    assert [ours["df1"].value, ours["df2"].value] == pytest.approx(expected["parameter"], rel=1e-10)
    assert ours["p"].value == pytest.approx(expected["p"], rel=1e-9)
    assert ours["p"].log_p == pytest.approx(math.log(expected["p"]), rel=1e-9)
    assert ours["n"].value == 571
    both = sorted(case("chisq", f"chisq.biz_w.{name}.size.F")["p"] for name in ("uses_ai", "likert_f"))
    adjusted = 2 * both[0] if expected["p"] == both[0] else max(2 * both[0], both[1])  # Holm
    assert found[f"w1.{test}.p_adjusted.given"].value == pytest.approx(adjusted, rel=1e-9)
