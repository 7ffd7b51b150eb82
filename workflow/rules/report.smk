rule render_report:
    """Render every page to HTML, PDF and DOCX, by Quarto where it is found and by Pandoc and Typst otherwise."""
    input:
        ledger="results/ledger/ledger.parquet",
        verification="results/verification/verification.parquet",
        figures=FIGURE_FILES,
        beside=BESIDE_FILES,
        pages=page_files(),
    output:
        DOCUMENTS,
        source=directory("results/report/source"),
    log:
        "results/logs/render_report.log",
    params:
        study=slices.ledger_slice(STUDY)
        + slices.section_slice(STUDY, "report", "figures"),
        status=data_status(STUDY),
        extension=file_digests(extension_files()),
        code=code("render_report.py"),
        lock=LOCK,
    script:
        "../../scripts/render_report.py"
