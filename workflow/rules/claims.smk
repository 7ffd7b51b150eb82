rule check_claims:
    """Judge every statement in words; stop or mark where the data do not support it."""
    input:
        ledger="results/ledger/ledger.parquet",
    output:
        claims="results/claims/claims.parquet",
    log:
        "results/logs/check_claims.log",
    params:
        study=slices.section_slice(STUDY, "claims"),
        code=code("check_claims.py"),
        lock=LOCK,
    script:
        "../../scripts/check_claims.py"
