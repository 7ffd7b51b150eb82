FIGURE_FILES = [
    f"results/figures/{figure.id}.{language}.{ending}"
    for figure in STUDY.config.figures
    for language in LANGUAGES
    for ending in ["svg", "png", "json"]
]

if FIGURE_FILES:

    rule draw_figures:
        """Draw the figures; every mark is a ledger value and carries its id."""
        input:
            ledger="results/ledger/ledger.parquet",
        output:
            FIGURE_FILES,
        log:
            "results/logs/draw_figures.log",
        params:
            study=slices.section_slice(STUDY, "figures", "study", "report"),
            status=data_status(STUDY),
            code=code("draw_figures.py"),
            lock=LOCK,
        script:
            "../../scripts/draw_figures.py"
