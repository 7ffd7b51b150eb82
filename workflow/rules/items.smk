rule describe_items:
    """Describe the questions of a wave: reliability of scales, and why answers are missing."""
    input:
        responses="results/{wave}/responses.parquet",
        analysis="results/{wave}/analysis.parquet",
    output:
        numbers="results/{wave}/items.parquet",
        edges="results/{wave}/items_edges.parquet",
        row_sets="results/{wave}/items_row_sets.parquet",
    log:
        "results/logs/describe_items.{wave}.log",
    params:
        study=lambda wildcards: slices.items_slice(STUDY, wildcards.wave),
        code=code("describe_items.py"),
        lock=LOCK,
    script:
        "../../scripts/describe_items.py"
