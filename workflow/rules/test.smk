rule test_hypotheses:
    """Test the declared hypotheses of a wave, planned and exploratory ones kept apart."""
    input:
        responses="results/{wave}/responses.parquet",
        analysis="results/{wave}/analysis.parquet",
        weights="results/{wave}/weights.parquet",
    output:
        tests="results/{wave}/tests.parquet",
        edges="results/{wave}/tests_edges.parquet",
        row_sets="results/{wave}/tests_row_sets.parquet",
    log:
        "results/logs/test_hypotheses.{wave}.log",
    params:
        study=lambda wildcards: slices.testing_slice(STUDY, wildcards.wave),
        code=code("test_hypotheses.py"),
        lock=LOCK,
    script:
        "../../scripts/test_hypotheses.py"
