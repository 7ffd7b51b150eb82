SOURCE = "results/report/source"
BESIDE_PAGES = beside_pages(STUDY)


rule stage_report:
    """Stage what all pages share as a Quarto project: ledger, tables, figures, bibliographies, extension."""
    input:
        ledger="results/ledger/ledger.parquet",
        lineage="results/ledger/lineage.parquet",
        row_sets="results/ledger/row_sets.parquet",
        responses=per_wave("results/{wave}/responses.parquet"),
        analysis=per_wave("results/{wave}/analysis.parquet"),
        verification="results/verification/verification.parquet",
        figures=FIGURE_FILES,
        beside=[*BESIDE_FILES, *BESIDE_PAGES.values()],
    output:
        f"{SOURCE}/ledger.json",
        f"{SOURCE}/_quarto.yml",
        [f"{SOURCE}/{reference_name(language)}" for language in LANGUAGES],
        [f"{SOURCE}/{name}" for name in BESIDE_PAGES],
        [
            directory(f"{SOURCE}/{folder}")
            for folder in ["_extensions", "fonts", "generated", "figures"]
        ],
    log:
        "results/logs/stage_report.log",
    params:
        study=slices.ledger_slice(STUDY)
        + slices.section_slice(STUDY, "report", "figures", "disclosure")
        + slices.calibration_slice(STUDY),
        status=data_status(STUDY),
        quoted=quoted_segments(STUDY),
        extension=file_digests(extension_files()),
        code=code("stage_report.py"),
        lock=LOCK,
    script:
        "../../scripts/stage_report.py"


rule render_report:
    """Render one page to HTML, PDF and DOCX, by Quarto where it is found and by Pandoc and Typst otherwise."""
    input:
        rules.stage_report.output,
        page=lambda wildcards: PAGES[wildcards.document].source,
    output:
        multiext("results/report/{document}", *(f".{ending}" for ending in ENDINGS)),
        page=f"{SOURCE}/{{document}}.qmd",
        ledger=f"{SOURCE}/{{document}}.ledger.json",
    log:
        "results/logs/render_report.{document}.log",
    wildcard_constraints:
        document="|".join(map(re.escape, PAGES)),
    params:
        language=lambda wildcards: PAGES[wildcards.document].language,
        code=code("render_report.py"),
        lock=LOCK,
    script:
        "../../scripts/render_report.py"
