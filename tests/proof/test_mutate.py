"""Seeded faults: their file against the engine as it is, what becomes of some, and what the command says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from surveyspec.problems import StudyError
from surveytrail.cli.app import app
from surveytrail.proof import mutate
from surveytrail.proof.mutate import Judged, Mutant, Trials, choose, judge_mutants, load_mutants, summary
from tests.tiny import CONFIG, write_tiny


def mutant(name: str, file: str = "masks.py", old: str = "x", new: str = "y") -> Mutant:
    return Mutant(id=name, kind="test", file=file, old=old, new=new, description="a fault")


def test_every_fault_fits_the_engine_as_it_is() -> None:
    mutants = load_mutants()
    assert len(mutants) >= 60
    files = {entry.file for entry in mutants}
    assert {
        "masks.py", "cleaning.py", "weighting.py", "estimating.py", "testing.py", "importing/coding.py",
        "ledger/display.py", "ledger/collect.py", "statistics/smooth.py", "statistics/linearise.py", "sensitivity.py",
        "items.py", "response.py", "interviews.py", "claims.py", "figures/dots.py", "figures/bars.py",
        "figures/curve.py",
    } <= files  # fmt: skip
    assert len({entry.kind for entry in mutants}) >= 20


def test_what_does_not_fit_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "masks.py").write_text("a = 1\nb = 1\nc = 2\n", encoding="utf-8")
    entry = "  - {{id: {id}, kind: k, file: {file}, old: {old}, new: {new}, description: d}}\n"
    entries = [
        entry.format(id="good", file="masks.py", old="c = 2", new="c = 3"),
        entry.format(id="good", file="masks.py", old="c = 2", new="c = 4"),
        entry.format(id="gone", file="mask.py", old="c = 2", new="c = 3"),
        entry.format(id="absent", file="masks.py", old="d = 2", new="d = 3"),
        entry.format(id="twice", file="masks.py", old="= 1", new="= 2"),
        entry.format(id="broken", file="masks.py", old="c = 2", new="c ="),
    ]
    path = tmp_path / "mutants.yaml"
    path.write_text("mutants:\n" + "".join(entries), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_mutants(path, tmp_path / "engine")
    message = str(caught.value)
    assert message.startswith("5 problems found")
    for text in (
        "mutants.yaml:3: mutants.good.id\n    found:    'good' again",
        "mutants.yaml:4: mutants.gone.file\n    found:    no file mask.py",
        "mutants.yaml:5: mutants.absent.old\n    found:    0 times in masks.py: 'd = 2'\n    expected: exactly once",
        "mutants.yaml:6: mutants.twice.old\n    found:    2 times in masks.py",
        "mutants.yaml:7: mutants.broken.new\n    found:    no Python: invalid syntax",
        "to do:    copy the line from the file as it is now",
    ):
        assert text in message, text


def test_a_sample_is_drawn_by_its_seed_and_keeps_the_order() -> None:
    mutants = [mutant(f"m{number}") for number in range(20)]
    drawn = choose(mutants, sample=6, seed=1)
    assert len(drawn) == 6
    assert drawn == choose(mutants, sample=6, seed=1) != choose(mutants, sample=6, seed=2)
    assert drawn == sorted(drawn, key=mutants.index)
    assert choose(mutants) == choose(mutants, sample=99) == mutants
    assert [entry.id for entry in choose(mutants, only=["m3", "m1"])] == ["m1", "m3"]
    with pytest.raises(StudyError, match=r"'m33'\n.*one of 20 ids\n.*did you mean 'm3'"):
        choose(mutants, only=["m33"])


def test_faults_that_change_printed_digits_must_be_caught() -> None:
    caught = Judged(mutant("a"), "printed digits", numbers=4, found=4)
    missed = Judged(mutant("b"), "printed digits", numbers=4)
    label, nothing, stopped = (Judged(mutant("c"), what) for what in ("wording", "nothing", "no ledger"))
    assert Trials([caught, label, nothing, stopped], missed).holds
    assert not Trials([caught, missed], missed).holds
    assert not Trials([label, nothing, stopped], None).holds  # none of none
    assert not Trials([], None).holds
    assert not Trials([caught], caught).holds  # the control was not reported
    assert summary(Trials([caught, missed, label], missed)).endswith(
        "(the others change: 0 no ledger, 1 wording, 0 unprinted figures, 0 nothing); NOT CAUGHT: b; "
        "negative control reported"
    )
    assert summary(Trials([caught], caught)).startswith("1 seeded faults: 1 of 1 that change printed digits are caught")
    assert summary(Trials([caught], caught)).endswith("negative control NOT REPORTED")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("study"))


def test_what_becomes_of_faults(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutate, "SECONDS", 5)
    sample = choose(load_mutants(), only=["unknown_in_the_base", "median_over_everybody", "groups_ignored"])
    own = [
        mutant("nothing", "ledger/columns.py", '"""Return ledger rows', '"""Return the ledger rows'),
        mutant("words", "ledger/collect.py", '"label": spec.label,', '"label": {"en": "x"},'),
        mutant("stops", "cleaning.py", "excluded_by[kept & hit] = place", "excluded_by[no_such_name] = place"),
        mutant("hangs", "cleaning.py", "hit = _hits(rule, wave, columns, kept)", "while True: pass"),
    ]
    trials = judge_mutants(study, [*sample, *own], cores=2)
    assert trials.control is not None and trials.control.survives and trials.holds
    results = {judged.mutant.id: judged for judged in trials.judged}
    assert {name: (judged.changes, judged.caught) for name, judged in results.items()} == {
        "unknown_in_the_base": ("printed digits", True),
        "median_over_everybody": ("nothing", False),  # the excluded were neither fast nor slow
        "groups_ignored": ("printed digits", True),
        "nothing": ("nothing", False),
        "words": ("wording", False),
        "stops": ("no ledger", True),
        "hangs": ("no ledger", True),
    }
    assert "NameError: name 'no_such_name' is not defined (cleaning.py:" in results["stops"].said
    assert results["hangs"].said == "nothing made after 5 seconds of computing"
    assert "in the ledger," in results["groups_ignored"].said
    assert results["groups_ignored"].found > 5


SAID = """\
claims:
  on_unsupported: mark
  statements:
    - {id: some, text: {en: some}, holds_if: w1.level.unweighted > 0}
    - {id: none, text: {en: none}, holds_if: w1.level.unweighted < 0}
figures:
  - {id: use, kind: dots, title: {en: Use}, axis: {en: Share}, weight: unweighted,
     series: [{estimate: use, label: {en: Use}}]}
report:
"""


def test_faults_in_claims_and_figures_have_judges_of_their_own(tmp_path: Path) -> None:
    study = write_tiny(tmp_path, config=CONFIG.replace("report:\n", SAID))
    names = ["claims_turned_round", "unknown_claims_fail", "dots_at_the_lower_end", "values_in_another_language"]
    own_title = 'title = self.own_label(self.figure.title, "title")'
    title = mutant("title", "figures/content.py", own_title, own_title.replace("self.figure.title", '{"en": "Other"}'))
    trials = judge_mutants(study, [*choose(load_mutants(), only=names), title], cores=2)
    found = {one.mutant.id: (one.mutant.stage, one.changes, one.caught) for one in trials.judged}
    assert found == {
        "claims_turned_round": ("claims", "printed digits", True),
        "unknown_claims_fail": ("claims", "nothing", False),  # every number has a value
        "dots_at_the_lower_end": ("figures", "printed digits", True),
        "values_in_another_language": ("figures", "nothing", False),  # there is one language
        "title": ("figures", "wording", False),
    }
    assert trials.holds and trials.control is not None and trials.control.mutant.id == "claims_turned_round"
    said = {one.mutant.id: (one.numbers, one.found, one.said) for one in trials.judged}
    assert said["claims_turned_round"][:2] == (2, 2) and "recomputed" in said["claims_turned_round"][2]
    assert said["dots_at_the_lower_end"][0] == 1 and "use.en: the dot of w1.use." in said["dots_at_the_lower_end"][2]


def test_the_command(study: Path) -> None:
    words = ["mutate", "-d", str(study), "--only", "divisor_n", "--only", "locale_of_another_language"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "caught     divisor_n  statistics/linearise.py, ddof\n" in result.output
    assert result.output.strip().splitlines()[-1] == (
        "2 seeded faults: 1 of 1 that change printed digits are caught (the others change: 0 no ledger, 0 wording, "
        "0 unprinted figures, 1 nothing); negative control reported"
    )
    nothing = CliRunner().invoke(app, [*words[:3], "--only", "locale_of_another_language", "--json"])
    assert nothing.exit_code == 1
    content = json.loads(nothing.stdout)
    assert (content["ok"], content["mutants"][0]["changes"]) == (False, "nothing")


def test_a_study_that_cannot_be_computed_is_no_ground_for_a_verdict(tmp_path: Path) -> None:
    study = write_tiny(tmp_path, config=CONFIG.replace("variables: [SIZE]", "variables: [USE_A]"))
    result = CliRunner().invoke(app, ["mutate", "-d", str(study), "--only", "divisor_n"])
    assert result.exit_code == 1
    assert "expected: a study whose ledger can be computed" in result.stderr
    assert "mend that first: a fault can only be told from a whole engine" in result.stderr
