rule import_responses:
    """Code the raw export; every missing answer keeps its reason, every loss is written down."""
    input:
        raw=raw_file,
    output:
        responses="results/{wave}/responses.parquet",
        losses="results/{wave}/loss_report.csv",
    log:
        "results/logs/import_responses.{wave}.log",
    params:
        study=lambda wildcards: slices.import_slice(wave_of(wildcards)),
        code=code("import_responses.py"),
        lock=LOCK,
    script:
        "../../scripts/import_responses.py"
