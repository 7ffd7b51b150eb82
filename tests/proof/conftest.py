"""Finished studies, made once for all tests of proofs."""

from pathlib import Path

import pytest

from surveyspec.study import Study
from surveytrail.proof.tamper import Tamperer
from tests.proof.studies import VARIED, first_wave, small_study


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return small_study(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The small study with headline numbers under other decisions."""
    return small_study(tmp_path_factory.mktemp("varied"), VARIED)


@pytest.fixture(scope="session")
def wave1(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return first_wave(tmp_path_factory.mktemp("wave1"))


@pytest.fixture(scope="session")
def tamperer(small: Study) -> Tamperer:
    return Tamperer(small)


@pytest.fixture(scope="session")
def wave1_tamperer(wave1: Study) -> Tamperer:
    return Tamperer(wave1)


@pytest.fixture
def own(tmp_path: Path) -> Study:
    """A small study that a test may change."""
    return small_study(tmp_path)
