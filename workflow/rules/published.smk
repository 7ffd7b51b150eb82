if STUDY.config.published:

    rule compare_published:
        """Hold the ledger against published tables of the same data, figure by figure."""
        input:
            tables=[table.file for table in STUDY.config.published],
            ledger="results/ledger/ledger.parquet",
        output:
            comparison="results/published/comparison.csv",
        log:
            "results/logs/compare_published.log",
        params:
            study=slices.section_slice(STUDY, "published"),
            code=code("compare_published.py"),
            lock=LOCK,
        script:
            "../../scripts/compare_published.py"
