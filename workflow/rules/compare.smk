SENSITIVITY_WAVES = [name for name in WAVES if plan_sensitivity(STUDY, name)]
SENSITIVITY_OUTPUTS = [
    "results/{wave}/sensitivity.parquet",
    "results/{wave}/sensitivity_edges.parquet",
    "results/{wave}/sensitivity_row_sets.parquet",
]
SENSITIVITY_FILES = [
    name.format(wave=wave) for wave in SENSITIVITY_WAVES for name in SENSITIVITY_OUTPUTS
]

if SENSITIVITY_WAVES:

    rule compare_specifications:
        """Compute the headline numbers of a wave under other decisions, cleaned and weighted anew for each."""
        input:
            responses="results/{wave}/responses.parquet",
            margins=margin_files,
        output:
            numbers=SENSITIVITY_OUTPUTS[0],
            edges=SENSITIVITY_OUTPUTS[1],
            row_sets=SENSITIVITY_OUTPUTS[2],
        log:
            "results/logs/compare_specifications.{wave}.log",
        wildcard_constraints:
            wave="|".join(SENSITIVITY_WAVES),
        params:
            study=lambda wildcards: slices.sensitivity_slice(STUDY, wildcards.wave),
            code=code("compare_specifications.py"),
            lock=LOCK,
        script:
            "../../scripts/compare_specifications.py"
