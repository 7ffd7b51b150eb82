"""Interviews: files that fit together, a real quotation that is kept apart, coders who agree."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from studygenerator.interviews import load_interviews
from surveyspec.problems import StudyError
from tests.generator.independent import COLUMN
from tests.generator.independent import raw_records as first_wave
from tests.generator.independent_wave2 import ROOT, raw_records

ARTICLE_TEXT = (
    "J’utilise les médias sociaux en privé mais je ne suis pas très actif. J’ai un compte Facebook, Twitter, Xing, "
    "LinkedIn et YouTube, mais je ne publie que très peu moi-même car je ne souhaite pas en révéler trop sur moi et je "
    "préfère aller regarder ce que font mes amis. Sur Twitter j’ai l’habitude de suivre principalement des actualités"
)
ARTICLE = ROOT / ".." / "shared" / "domain" / "article_fr.txt"


def table(name: str) -> list[dict[str, str]]:
    content = (ROOT / "data/raw" / name).read_bytes()
    assert b"\r" not in content and content.endswith(b"\n")
    return list(csv.DictReader(content.decode("utf-8").splitlines(), strict=True))


def metadata() -> list[dict[str, str]]:
    return table("interviews_metadata.csv")


def segments(status: str = "synthetic") -> list[dict[str, str]]:
    return [row for row in table("interview_segments.csv") if row["status"] == status]


@cache
def codebook() -> dict[str, Any]:
    text = (ROOT / "data/codebooks/interviews.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def alpha(rows: list[dict[str, str]], coders: list[str]) -> float:
    """Krippendorff's alpha of two coders, nominal: is this code in this segment, yes or no, over all pairs."""
    given = {(row["seg_id"], row["code"], row["coder"]) for row in rows}
    units = [(seg, code["code"]) for seg in sorted({row["seg_id"] for row in rows}) for code in codebook()["codes"]]
    pairs = [tuple((*unit, coder) in given for coder in coders) for unit in units]
    values = Counter(value for pair in pairs for value in pair)
    n = sum(values.values())
    observed = sum(first != second for first, second in pairs) / len(pairs)
    expected = 2 * values[True] * values[False] / (n * (n - 1))
    return 1 - observed / expected


def test_eighteen_interviews() -> None:
    rows = metadata()
    assert Counter(row["language"] for row in rows) == {"de": 12, "fr": 5, "it": 1}
    assert [row["iv_id"] for row in rows] == [f"IV{number:02d}" for number in range(1, 19)]
    assert all(30 <= int(row["minutes"]) <= 45 for row in rows)
    assert {row["consent"] for row in rows} == {"recorded"}
    assert {row["status"] for row in rows} == {"synthetic"}
    assert {row["mode"] for row in rows} == {"face_to_face", "telephone"}
    days = [date.fromisoformat(row["date"]) for row in rows]
    assert days == sorted(days) and all(day.weekday() < 5 for day in days)


def test_words_of_the_metadata_are_the_first_waves() -> None:
    scales = yaml.safe_load((ROOT / "data/codebooks/wave1.yaml").read_text(encoding="utf-8"))["scales"]
    for column, scale in (("role", "ROLE"), ("size", "SIZE"), ("noga", "NOGA10")):
        assert {row[column] for row in metadata()} <= {category["slug"] for category in scales[scale]}
    assert {row["canton"] for row in metadata()} <= {category["raw"] for category in scales["CANTON"]}


def test_columns_are_those_of_the_codebook() -> None:
    files = codebook()["files"]
    assert list(metadata()[0]) == list(files["metadata"])
    assert list(segments()[0]) == list(files["segments"])


def test_every_segment_belongs_to_an_interview_and_to_both_coders() -> None:
    known = {row["iv_id"]: row for row in metadata()}
    by_segment = defaultdict(list)
    for row in segments():
        by_segment[row["seg_id"]].append(row)
    assert len(by_segment) == 72
    for seg_id, rows in by_segment.items():
        interview = known[rows[0]["iv_id"]]
        assert seg_id.startswith(interview["iv_id"])
        assert {row["coder"] for row in rows} == {interview["coder1"], interview["coder2"]}
        assert len({(row["text"], row["start"], row["end"], row["language"]) for row in rows}) == 1
        assert rows[0]["language"] == interview["language"]
        assert 0 < int(rows[0]["start"]) < int(rows[0]["end"]) <= int(interview["minutes"]) * 60
        assert len({(row["coder"], row["code"]) for row in rows}) == len(rows)
    starts = [(row["iv_id"], int(row["start"])) for row in segments()]
    assert starts == sorted(starts)


def test_the_tree_is_complete_and_used() -> None:
    codes = [entry["code"] for entry in codebook()["codes"]]
    assert len(codes) == len(set(codes)) == 43
    assert {row["code"] for row in segments()} == set(codes)
    for entry in codebook()["codes"]:
        assert set(entry["label"]) == {"de", "fr", "it", "en"}
    assert len(codebook()["guide"]) == 10


def test_coders_agree_but_not_always() -> None:
    assert 0.80 <= alpha(segments(), ["A", "B"]) < 0.99


def test_alpha_of_a_known_table() -> None:
    """The measure itself, on a case computed by hand: 1 of 86 decisions differs, 5 ticks among 172 marks."""
    rows = [
        {"seg_id": "1", "code": "POT", "coder": "A"}, {"seg_id": "1", "code": "POT", "coder": "B"},
        {"seg_id": "2", "code": "WAIT", "coder": "A"}, {"seg_id": "2", "code": "WAIT", "coder": "B"},
        {"seg_id": "2", "code": "DT", "coder": "B"},
    ]  # fmt: skip
    assert alpha(rows, ["A", "B"]) == pytest.approx(1 - (1 / 86) / (2 * 5 * 167 / (172 * 171)))


def test_the_one_real_quotation_is_kept_apart() -> None:
    rows = segments("real")
    assert {row["iv_id"] for row in rows} == {"ARTICLE"}
    assert not {row["iv_id"] for row in segments()} & {"ARTICLE"}
    assert {(row["coder"], row["start"], row["end"], row["language"]) for row in rows} == {("project", "", "", "fr")}
    spans = dict.fromkeys((row["seg_id"], row["text"]) for row in rows)
    assert " ".join(text for _, text in spans) == ARTICLE_TEXT
    codes = defaultdict(set)
    for row in rows:
        codes[row["seg_id"]].add(row["code"])
    assert list(codes.values()) == [
        {"USE.PRIV.PASSIVE"}, {"CHAN.FB", "CHAN.TW", "CHAN.XI", "CHAN.LI", "CHAN.YT"}, {"USE.PRIV.PASSIVE"},
        {"BAR.SELFDISC", "BAR.PRIVACY"}, {"USE.PRIV.PASSIVE", "CONTENT.SOCIAL"},
        {"CHAN.TW", "CONTENT.NEWS", "SEP.CHANNEL"},
    ]  # fmt: skip


@pytest.mark.skipif(not ARTICLE.exists(), reason="the article's text is not beside this checkout")
def test_the_quotation_is_the_articles() -> None:
    assert ARTICLE_TEXT in " ".join(ARTICLE.read_text(encoding="utf-8").split())


def test_no_sentence_is_used_twice() -> None:
    texts = {row["text"] for row in segments()}
    assert len(texts) == 72
    answers = {record["TXT"] for record in raw_records()} | {record[COLUMN["OPEN"]] for record in first_wave()}
    assert not texts & answers


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("codes: [PRESS.MGMT, WAIT]}", "codes: [PRESS.MGT, WAIT]}", ["unknown code 'PRESS.MGT'", "'PRESS.MGMT'"]),
        ("  - id: IV02", "  - id: IV01", ["'IV01' more than once", "interviews.0.id", "interviews.1.id"]),
        ("codes: [SEP.ACCOUNT]", "code: [SEP.ACCOUNT]", ["unknown key 'code'", "did you mean 'codes'?"]),
        ('date: "2015-06-15"', 'date: "15.06.2015"', ["interviews.0.date"]),
    ],
)
def test_wrong_settings_are_explained(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    for name in ("generator_interviews.yaml", "codebooks/interviews.yaml"):
        target = tmp_path / "data" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / "data" / name).read_text(encoding="utf-8")
        target.write_text(text.replace(old, new, 1) if name.startswith("generator") else text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_interviews(tmp_path, "data/generator_interviews.yaml")
    message = str(caught.value)
    assert "data/generator_interviews.yaml:" in message
    assert all(words in message for words in said), message
