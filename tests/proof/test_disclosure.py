"""Guarded numbers: what decides on their publication is part of their input, of their ties and of the census."""

import numpy as np
import pytest

from surveyspec.plan import plan_numbers
from surveyspec.problems import StudyError
from surveyspec.study import Study
from surveytrail.lineage import DISCLOSURE
from surveytrail.proof.blank import Blanker, blank
from surveytrail.proof.census import take_census
from surveytrail.proof.index import CellIndex
from surveytrail.proof.tamper import Tamperer, tamper
from surveytrail.tracing.trace import trace_number
from tests.proof.studies import GUARDED, small_study


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return small_study(tmp_path_factory.mktemp("guarded"), GUARDED)


@pytest.fixture(scope="module")
def tamperer(guarded: Study) -> Tamperer:
    return Tamperer(guarded)


def test_no_change_is_missed(tamperer: Tamperer) -> None:
    found = tamper(tamperer, 30, seed=3)
    assert [(str(trial.change), sorted(trial.missed)) for trial in found.failures] == []
    assert found.holds
    assert found.total.predicted == found.total.changed
    assert any(number.startswith("w1.peers.") for number in tamperer.judge.published)


def test_what_decides_on_publication_is_tied(tamperer: Tamperer) -> None:
    """Without these ties, a change elsewhere that changes the decision is reported as missed."""
    ties = [tie for tie in tamperer.index.ties if tie.why != DISCLOSURE]
    assert len(ties) < len(tamperer.index.ties)
    blind = tamperer.without(CellIndex(ties, tamperer.index.records))
    for number in range(200):
        change = tamperer.change(number, 2)
        assert change is not None
        full = tamperer.predictors["w1"].predict(change).keys()
        if full == blind.predictors["w1"].predict(change).keys():
            continue  # these ties had no say in this change
        missed = blind.judged(number, change).missed
        assert missed
        assert {identifier.split(".")[1] for identifier in missed} <= {"peers", "peers_quartiles", "peers_late"}
        return
    pytest.fail("no change needed these ties")


def test_redrawing_what_a_number_does_not_read_leaves_it_published(guarded: Study, tamperer: Tamperer) -> None:
    found = blank(Blanker(guarded, tamperer.judge, tamperer.index), 8, seed=1)
    assert found.failures == []
    assert found.holds
    blanker = Blanker(guarded, tamperer.judge, tamperer.index)
    number = next(name for name in tamperer.judge.published if name.startswith("w1.peers."))
    assert blanker.blank([number], np.random.default_rng(2))[0].holds


def test_the_census_knows_what_decides_on_publication(guarded: Study) -> None:
    assert all(found.holds for found in take_census(guarded))


def test_a_withheld_number_is_called_so(guarded: Study, tamperer: Tamperer) -> None:
    withheld = [spec for spec in plan_numbers(guarded) if spec.id not in tamperer.judge.published]
    assert {spec.min_n for spec in withheld} == {5, 8}
    with pytest.raises(StudyError) as told:
        trace_number(guarded, withheld[0].id)
    assert f"'{withheld[0].id}' is withheld" in str(told.value)
    assert "a number about 5 answers or more" in str(told.value)
