rule estimate_numbers:
    """Estimate every planned number of a wave, with the raw cells that it comes from."""
    input:
        responses="results/{wave}/responses.parquet",
        analysis="results/{wave}/analysis.parquet",
        weights="results/{wave}/weights.parquet",
    output:
        numbers="results/{wave}/numbers.parquet",
        edges="results/{wave}/numbers_edges.parquet",
        row_sets="results/{wave}/numbers_row_sets.parquet",
    log:
        "results/logs/estimate_numbers.{wave}.log",
    params:
        study=lambda wildcards: slices.estimate_slice(STUDY, wildcards.wave),
        code=code("estimate_numbers.py"),
        lock=LOCK,
    script:
        "../../scripts/estimate_numbers.py"
