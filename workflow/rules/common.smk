"""The study, read and checked before any rule is; and what the rules share."""

import os
import re
import sys
from pathlib import Path

WORKFLOW = Path(workflow.basedir)
sys.path.insert(0, str(WORKFLOW / "src"))
# jobs run in processes of their own and find the packages the same way
inherited = dict(os.environ).get("PYTHONPATH")
os.environ.update(
    PYTHONPATH=os.pathsep.join(filter(None, [str(WORKFLOW / "src"), inherited]))
)

from snakemake.exceptions import WorkflowError

from surveyspec import slices
from surveyspec.problems import StudyError
from surveyspec.sensitivity import plan_sensitivity
from surveyspec.study import load_study
from surveytrail.digests import code_digest, file_digest, file_digests
from surveytrail.manifest import check_manifest, data_status, wave_status
from surveytrail.reporting.checks import quoted_segments
from surveytrail.reporting.extension import extension_files
from surveytrail.reporting.pages import (
    ENDINGS,
    beside_pages,
    document_names,
    load_pages,
    reference_name,
)
from surveytrail.toolbox.admissible import check_rules
from surveytrail.toolbox.page import asset_files

try:
    STUDY = load_study(Path.cwd())
    check_manifest(STUDY)
    PAGES = {page.stem: page for page in load_pages(STUDY)}
    check_rules(STUDY)
except StudyError as error:
    raise WorkflowError(str(error)) from None


WAVES = list(STUDY.waves)
LANGUAGES = STUDY.config.report.languages
DOCUMENTS = [f"results/report/{name}" for name in document_names(PAGES.values())]


wildcard_constraints:
    wave="|".join(WAVES),


def code(*scripts):
    """Digest of scripts and of the engine modules that they import."""
    return code_digest(WORKFLOW / "scripts" / script for script in scripts)


def wave_of(wildcards):
    """The wave that a job is about."""
    return STUDY.waves[wildcards.wave]


def raw_file(wildcards):
    """The raw export of a wave."""
    return wave_of(wildcards).wave.raw


def margin_files(wildcards):
    """The files of population margins that a wave's weights name."""
    weights = wave_of(wildcards).wave.weights.values()
    return sorted({weight.margins for weight in weights if weight.method == "raking"})


RESPONSE_WAVES = [
    name for name, spec in STUDY.waves.items() if spec.wave.dispositions is not None
]
# the files beside the survey exports; each stands for itself where waves stand for theirs
BESIDE_FILES = [path for name, path in STUDY.raw_files.items() if name == path]


def dispositions_file(wildcards):
    """The file that counts what became of a wave's invitations."""
    return wave_of(wildcards).wave.dispositions.file


def per_wave(pattern):
    """A result of every wave, keyed for the rule's script."""
    return [pattern.format(wave=wave) for wave in WAVES]


# the toolbox: figures of peers, the page, and the reports of the example firms
TOOLBOX_FILES = (
    [
        "results/toolbox/peers.json",
        "results/report/toolbox.html",
        "results/toolbox/example",
    ]
    if STUDY.toolbox is not None
    else []
)


LOCK = file_digest(WORKFLOW / "requirements.lock")


def finished_results():
    """What a whole run makes, before it is sealed."""
    published = ["results/published/comparison.csv"] if STUDY.config.published else []
    claims = ["results/claims/claims.parquet"] if STUDY.config.claims else []
    return [
        "results/verification/summary.json",
        *published,
        *claims,
        *DOCUMENTS,
        "results/audit/audit.json",
        *TOOLBOX_FILES,
    ]


def final_outputs():
    """What a whole run makes: its results and the seal over them."""
    return [*finished_results(), "results/SEAL.json"]
