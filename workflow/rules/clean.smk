rule clean_responses:
    """Derive variables and exclude records by the declared rules, with counts that add up."""
    input:
        responses="results/{wave}/responses.parquet",
    output:
        analysis="results/{wave}/analysis.parquet",
        exclusions="results/{wave}/exclusions.csv",
        flow="results/{wave}/flow.csv",
    log:
        "results/logs/clean_responses.{wave}.log",
    params:
        study=lambda wildcards: slices.clean_slice(wave_of(wildcards)),
        code=code("clean_responses.py"),
        lock=LOCK,
    script:
        "../../scripts/clean_responses.py"
