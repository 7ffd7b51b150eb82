# A survey study from raw export to traced report. `snakemake --cores 4` makes everything;
# `snakemake --cores 4 --directory examples/masculinity` does the same for another study folder.
from snakemake.utils import min_version

min_version("9.0")


container: "docker://condaforge/miniforge3:latest"


include: "workflow/rules/common.smk"
include: "workflow/rules/import.smk"
include: "workflow/rules/clean.smk"
include: "workflow/rules/weight.smk"
include: "workflow/rules/estimate.smk"
include: "workflow/rules/test.smk"
include: "workflow/rules/items.smk"
include: "workflow/rules/compare.smk"
include: "workflow/rules/response.smk"
include: "workflow/rules/interviews.smk"
include: "workflow/rules/ledger.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/verify.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/toolbox.smk"
include: "workflow/rules/audit.smk"
include: "workflow/rules/published.smk"
include: "workflow/rules/seal.smk"


rule all:
    default_target: True
    input:
        final_outputs(),
