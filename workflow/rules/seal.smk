from surveytrail.integrity.record import mark_start
from surveytrail.integrity.seal import inputs_digest

# Everything that the rules make, each once; `trail check` names a result that is not in here as new.
SEALED = dict.fromkeys(
    [
        *(
            output
            for stage in STAGES
            for output in expand(getattr(rules, stage).output, wave=WAVES)
        ),
        *SENSITIVITY_FILES,
        *RESPONSE_FILES,
        *INTERVIEW_FILES,
        *rules.collect_ledger.output,
        *rules.verify_numbers.output,
        *FIGURE_FILES,
        *rules.stage_report.output,
        *expand(rules.render_report.output, document=PAGES),
        *TOOLBOX_FILES,
        *finished_results(),
    ]
)


onstart:
    mark_start(Path.cwd())


rule seal_run:
    """Seal the finished run: one root over the digests of all that went in and came out."""
    input:
        results=list(SEALED),
    output:
        seal="results/SEAL.json",
        record="results/run.json",
    log:
        "results/logs/seal_run.log",
    params:
        written=inputs_digest(STUDY),
    script:
        "../../scripts/seal_run.py"


rule keep_run:
    """Keep a finished run to compare later ones with: snakemake results/kept/NAME/SEAL.json."""
    input:
        ancient("results/SEAL.json"),
    output:
        seal=protected("results/kept/{name}/SEAL.json"),
    log:
        "results/logs/keep_run.{name}.log",
    wildcard_constraints:
        name="[A-Za-z0-9][A-Za-z0-9_.-]*",
    script:
        "../../scripts/keep_run.py"
