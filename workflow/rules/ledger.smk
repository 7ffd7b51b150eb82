STAGES = [
    "import_responses",
    "clean_responses",
    "weight_responses",
    "estimate_numbers",
    "test_hypotheses",
    "describe_items",
]
# stages of what a study need not have
OTHER_STAGES = [
    "compare_specifications",
    "compute_response_rates",
    "analyse_interviews",
]


rule collect_ledger:
    """Collect all numbers with labels, printed texts, places and digests: the only door to the report."""
    input:
        raw=[STUDY.waves[wave].wave.raw for wave in WAVES],
        responses=per_wave("results/{wave}/responses.parquet"),
        analysis=per_wave("results/{wave}/analysis.parquet"),
        flow=per_wave("results/{wave}/flow.csv"),
        diagnostics=per_wave("results/{wave}/weighting_diagnostics.csv"),
        numbers=per_wave("results/{wave}/numbers.parquet"),
        number_edges=per_wave("results/{wave}/numbers_edges.parquet"),
        number_row_sets=per_wave("results/{wave}/numbers_row_sets.parquet"),
        tests=per_wave("results/{wave}/tests.parquet"),
        test_edges=per_wave("results/{wave}/tests_edges.parquet"),
        test_row_sets=per_wave("results/{wave}/tests_row_sets.parquet"),
        described=per_wave("results/{wave}/items.parquet"),
        described_edges=per_wave("results/{wave}/items_edges.parquet"),
        described_row_sets=per_wave("results/{wave}/items_row_sets.parquet"),
        sensitivity=SENSITIVITY_FILES,
        beside=BESIDE_FILES,
        response=RESPONSE_FILES,
        interviews=INTERVIEW_FILES,
    output:
        ledger="results/ledger/ledger.parquet",
        readable="results/ledger/ledger.json",
        lineage="results/ledger/lineage.parquet",
        row_sets="results/ledger/row_sets.parquet",
    log:
        "results/logs/collect_ledger.log",
    params:
        study=slices.ledger_slice(STUDY),
        code=code("collect_ledger.py"),
        stages={stage: code(f"{stage}.py") for stage in [*STAGES, *OTHER_STAGES]},
        lock=LOCK,
        workflow=str(WORKFLOW),
    script:
        "../../scripts/collect_ledger.py"
