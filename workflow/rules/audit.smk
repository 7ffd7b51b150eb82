rule audit_report:
    """Account for every digit and number word of the documents; one without an origin fails the run."""
    input:
        DOCUMENTS,
        source=rules.stage_report.output,
        ledger="results/ledger/ledger.parquet",
        lineage="results/ledger/lineage.parquet",
        row_sets="results/ledger/row_sets.parquet",
        responses=per_wave("results/{wave}/responses.parquet"),
        analysis=per_wave("results/{wave}/analysis.parquet"),
        verification="results/verification/verification.parquet",
        figures=FIGURE_FILES,
        beside=BESIDE_FILES,
    output:
        audit="results/audit/audit.json",
    log:
        "results/logs/audit_report.log",
    params:
        study=slices.ledger_slice(STUDY)
        + slices.section_slice(STUDY, "report", "figures", "study", "disclosure"),
        code=code("audit_report.py"),
        word_lists=file_digest(WORKFLOW / "src/surveytrail/auditing/quantifiers.yaml"),
        lock=LOCK,
    script:
        "../../scripts/audit_report.py"
