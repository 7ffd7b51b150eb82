"""Words that count or compare: bound by a statement, waived in the page, part of a fixed text, or named."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveytrail.auditing.content import Block, Mark, Piece, Rendering
from surveytrail.auditing.html import read_html
from surveytrail.auditing.wording import judge_wording, quantifiers, sentence_at

PAGE = """<!DOCTYPE html><html lang="en"><head><title>Page</title></head><body>
<section><h2>Results</h2><p>Told first. Most of them wait. Then more.</p>
<p><span data-claim="some">Most wait</span>, and <span data-waive="a date">more</span> is
<span data-codebook="w1.A">less often</span>.</p></section>
<section><h2 class="methods">Methods</h2><p>We asked more people.</p><h3>Detail</h3><p>Rarely.</p></section>
<section><h2>Again</h2><p>It is rarely so.</p></section></body></html>"""


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Most, if not the majority, rarely wait; a foremost almost-miss.", ["Most", "majority", "rarely"]),
        ("fr", "La plupart sont plus souvent là ; non plus, surplus.", ["plupart", "plus", "souvent"]),
        ("de", "Die meisten sind häufiger da, kaum grösser, mehrfach.", ["meisten", "häufiger", "kaum", "grösser"]),
        ("it", "La maggioranza è più spesso qui.", ["maggioranza", "più", "spesso"]),
    ],
)  # fmt: skip
def test_the_lists_find_whole_words(language: str, text: str, expected: list[str]) -> None:
    found = quantifiers(language)
    assert found is not None and found.findall(text) == expected


def test_a_language_without_a_list_has_nothing_to_judge() -> None:
    assert quantifiers("rm") is None
    counts, unbound = judge_wording(Rendering("page", "html", "rm", [Block("p", (Piece("most"),))]))
    assert not unbound and sum(counts.values()) == 0


def test_each_word_is_bound_waived_fixed_spared_or_named_with_its_sentence(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    counts, unbound = judge_wording(read_html(path))
    assert dict(counts) == {"statement": 1, "waived": 1, "fixed": 2, "methods": 2, "unbound": 3}
    named = [(block.place, word, sentence) for block, word, sentence in unbound]
    assert named == [
        ("p, section 'Results'", "Most", "Most of them wait."),
        ("p, section 'Results'", "more", "Then more."),
        ("p, section 'Again'", "rarely", "It is rarely so."),
    ]


def test_a_claim_with_a_mark_of_another_kind_inside_counts_by_the_inner_mark() -> None:
    pieces = (Piece("more than "), Piece("half", Mark("claim", "some")))
    counts, unbound = judge_wording(Rendering("page", "html", "en", [Block("p", pieces)]))
    assert counts["unbound"] == 1 and unbound[0][1:] == ("more", "more than half")


def test_sentences_end_where_a_capital_follows() -> None:
    text = "About 3. Then some, e.g. these. Last!"
    assert sentence_at(text, text.index("these")) == "Then some, e.g. these."
    assert sentence_at(text, 0) == "About 3."
    assert sentence_at(text, len(text) - 1) == "Last!"
