rule verify_numbers:
    """Recompute the ledger from the raw bytes with the second engine, in a process of its own."""
    input:
        raw=[*STUDY.raw_files.values()],
        ledger="results/ledger/ledger.parquet",
    output:
        verification="results/verification/verification.parquet",
        summary="results/verification/summary.json",
    log:
        "results/logs/verify_numbers.log",
    params:
        study=slices.ledger_slice(STUDY),
        # the script starts the second engine and does not import it
        code=code("verify_numbers.py", "../src/recount/__main__.py"),
        lock=LOCK,
    script:
        "../../scripts/verify_numbers.py"
