rule weight_responses:
    """Weight the analysed records to the population as declared, and say what it cost."""
    input:
        analysis="results/{wave}/analysis.parquet",
        margins=margin_files,
    output:
        weights="results/{wave}/weights.parquet",
        diagnostics="results/{wave}/weighting_diagnostics.csv",
    log:
        "results/logs/weight_responses.{wave}.log",
    params:
        study=lambda wildcards: slices.weight_slice(wave_of(wildcards)),
        code=code("weight_responses.py"),
        lock=LOCK,
    script:
        "../../scripts/weight_responses.py"
