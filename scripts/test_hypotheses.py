"""Test the declared hypotheses of one wave."""

from pathlib import Path

from surveyspec.plan import plan_tests
from surveyspec.study import load_study
from surveytrail.frames import read_frame, write_frame
from surveytrail.jobs import logged
from surveytrail.testing import test_hypotheses

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    wave = snakemake.wildcards.wave
    responses = read_frame(Path(snakemake.input.responses))
    analysis = read_frame(Path(snakemake.input.analysis))
    weights = read_frame(Path(snakemake.input.weights))
    tests = test_hypotheses(analysis, weights, responses, study.waves[wave], plan_tests(study, wave))
    write_frame(tests.frame, Path(snakemake.output.tests))
    write_frame(tests.lineage.edges, Path(snakemake.output.edges))
    write_frame(tests.lineage.row_sets, Path(snakemake.output.row_sets))
