"""Exclusions: in the order written, counted so that they add up, with unknown never excluding."""

from pathlib import Path

from surveyspec.study import load_study
from surveytrail.cleaning import CleanResponses, clean_responses
from surveytrail.importing.coding import code_responses
from surveytrail.importing.reading import read_raw
from tests.tiny import CONFIG, RECORDS, write_tiny


def cleaned(folder: Path) -> CleanResponses:
    wave = load_study(folder).waves["w1"]
    table = read_raw(folder / wave.wave.raw, wave.wave.reader, wave.wave.raw)
    return clean_responses(code_responses(table, wave.wave, wave.codebook).frame, wave)


def test_flow_adds_up_and_names_every_record(tmp_path: Path) -> None:
    clean = cleaned(write_tiny(tmp_path))
    counts = clean.flow["count"].tolist()
    assert counts == [8, 1, 1, 6]
    assert counts[0] - sum(counts[1:-1]) == counts[-1] == len(clean.analysis)
    assert clean.exclusions.to_dict("records") == [
        {"record": 5, "line": 7, "rule": "speeders", "order": 2},
        {"record": 6, "line": 8, "rule": "no_size", "order": 1},
    ]


def test_derived_variables(tmp_path: Path) -> None:
    analysis = cleaned(write_tiny(tmp_path)).analysis.set_index("record")
    assert analysis["ANY"].dropna().to_dict() == {1: 0, 2: 1, 3: 1, 7: 1, 8: 1}
    mean = CONFIG.replace(
        "    cleaning:",
        "      LEVEL: {slug: level, label: {en: Level}, mean_of: USE_*, min_answered: 1}\n    cleaning:",
    )
    analysis = cleaned(write_tiny(tmp_path, config=mean)).analysis.set_index("record")
    assert analysis["LEVEL"].dropna().to_dict() == {1: 1, 2: 2.5, 3: 2, 7: 2, 8: 3}


def test_duplicates_keep_the_first_or_the_last_of_those_not_excluded_before(tmp_path: Path) -> None:
    records = [*RECORDS[:5], RECORDS[5].replace('"6";"140";"0"', '"6";"110";"0"'), *RECORDS[6:]]
    records.append(RECORDS[1].replace('"2";"110"', '"9";"110"').replace("10.0.0.2", "10.0.0.9"))
    for keep, excluded in (("first", 9), ("last", 2)):
        rule = f"      - {{id: twice, label: {{en: Twice}}, duplicates_of: [TIME], keep: {keep}}}\n"
        config = CONFIG.replace("      - {id: speeders", rule + "      - {id: speeders")
        exclusions = cleaned(write_tiny(tmp_path / keep, config=config, records=records)).exclusions
        # record 6 has the same time but was excluded by an earlier rule
        assert exclusions.loc[exclusions["rule"] == "twice", "record"].tolist() == [excluded]
